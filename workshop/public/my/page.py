"""The page itself: what waits for the button, all answers, all that is held. A new address has a page of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from workshop.chatham.rule import Surface
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.language import languages
from workshop.core.limits import Limit
from workshop.core.links import Purpose, find_tokens
from workshop.core.qr import make_qr
from workshop.core.urls import external_url
from workshop.privacy.view import held_view
from workshop.programme.queries import list_questions
from workshop.rsvp import queries, service
from workshop.rsvp.emails import erasure_of
from workshop.rsvp.forms import NewAddressForm
from workshop.rsvp.forms.preferences import ToldForm, make_preferences_form
from workshop.rsvp.models import Acknowledgement, AddressChange, Answer, AnswerState, Participant
from workshop.rsvp.queries.levels import list_own_agreements
from workshop.rsvp.rule import STANDS
from workshop.rsvp.schedule import REQUEST_LIFETIME, Door
from workshop.rsvp.view import ParticipantView, participant_view
from workshop.rsvp.view.own import AnswerView, own_audience
from workshop.summaries.queries import list_published
from workshop.summaries.view import SummaryView, summary_view

blueprint = Blueprint("my", "workshop.public", template_folder="templates", url_prefix="/<lang:lang>/my")

BY_CLIENT = Limit("my", 600, timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class Example:
    """Answers of a made-up reader, and the notices that they acknowledged: to show the page to organisers."""

    answers: Sequence[Answer]
    acknowledgements: Sequence[Acknowledgement]


def find_owner(token: str, now: datetime, *, is_confirmed: bool = False) -> Participant:
    """Return whose link this is; forged, erased, expired and, where asked, unconfirmed raise the same NotFoundError."""
    found = queries.find_participant(db.session(), purpose=Purpose.MY, token=token)
    is_known = found is not None and (
        found.confirmed_at is not None
        or (not is_confirmed and service.list_open_requests(db.session(), found, now=now))
    )
    if found is None or not is_known:
        raise NotFoundError("no such link")
    return found


def find_change(token: str, now: datetime) -> AddressChange | None:
    """Return the new address that this link confirms; None for any other link."""
    return queries.find_address_change(db.session(), token=token, asked_after=now - REQUEST_LIFETIME)


@blueprint.get("/<token>/")
def page(lang: str, token: str) -> ResponseReturnValue:
    """Show what waits for the button, and once confirmed all answers and all that is held."""
    now = clock.now()
    if change := find_change(token, now):
        return address_page(token, change)
    return own_page(lang, token, find_owner(token, now), now)


def address_page(token: str, change: AddressChange, *, problem: str = "", status: int = 200) -> ResponseReturnValue:
    """Return the page of a new address: one button while it waits, and nothing about anybody."""
    return render_template(
        "public/my_address.html", token=token, is_done=service.is_done(change), problem=problem
    ), status


def own_page(  # noqa: PLR0913 (what a verb may hand back to the page)
    lang: str,
    token: str,
    participant: Participant,
    now: datetime,
    *,
    problem: str = "",
    about: str = "",
    form: ToldForm | None = None,
    address_form: NewAddressForm | None = None,
    status: int = 200,
    example: Example | None = None,
) -> ResponseReturnValue:
    """Return the personal page.

    Args:
        lang: the page's language.
        token: of the address.
        participant: whose page it is.
        now: the present.
        problem: code of what stood in the way.
        about: slug of the session that the problem is about, where one is known.
        form: the choices as they were sent, with their faults.
        address_form: the new address as it was sent, with its faults.
        status: HTTP status.
        example: what a made-up reader has, who is in no database; their links lead nowhere.
    """
    session = db.session()
    answers = queries.list_own_answers(session, participant.id) if example is None else example.answers
    view = _view(participant, answers, now, example)
    seats = [
        answer.subject
        for answer in view.answers
        if answer.state is AnswerState.ACCEPTED and answer.door is not Door.OVER
    ]
    own_address = "" if participant.address else external_url("my.page", lang=lang, token=token)
    labels = {one.workshop_session_id: one.workshop_session.slug for one in participant.answers}
    html = render_template(
        "public/my.html",
        view=view,
        token=token,
        joins=find_tokens(db.session(), purpose=Purpose.JOIN, subjects=seats)
        if example is None
        else dict.fromkeys(seats, token),
        form=form or told_form(lang, participant),
        address_form=address_form or NewAddressForm(None),
        held=held_view(db.session(), participant) if view.is_confirmed else None,
        slugs=labels,
        problem=problem,
        about=about,
        own_address=own_address,
        qr=make_qr(own_address) if own_address else None,
        summaries=_summaries(answers),
        first_at=max((one.session.starts_at for one in view.answers), default=now),
    )
    return html, status


def _summaries(answers: Sequence[Answer]) -> dict[str, SummaryView]:
    """Return session's slug → what is published of it, of those that these answers let read it."""
    published = list_published(db.session(), [answer.workshop_session.id for answer in answers])
    views = {
        answer.workshop_session.slug: summary_view(
            answer.workshop_session,
            published.get(answer.workshop_session.id),
            audience=own_audience(answer.state, is_confirmed=True),
            surface=Surface.PERSONAL_PAGE,
        )
        for answer in answers
    }
    return {slug: view for slug, view in views.items() if view is not None}


def _view(
    participant: Participant, answers: Sequence[Answer], now: datetime, example: Example | None
) -> ParticipantView:
    session = db.session()
    change = session.get(AddressChange, participant.id)
    waits = change is not None and not service.is_done(change) and change.created_at > now - REQUEST_LIFETIME
    return participant_view(
        participant,
        answers,
        queries.list_acknowledgements(session, [answer.id for answer in answers])
        if example is None
        else example.acknowledgements,
        now=now,
        join_minutes=int(current_app.config["JOIN_OPENS_MINUTES"]),
        erases_at=erasure_of(participant),
        positions=queries.positions(session, answers),
        proposals=list_own_agreements(session, {answer.id: answer.workshop_session_id for answer in answers}),
        new_address=change.address if change is not None and waits else "",
    )


def shown_answers(participant: Participant, now: datetime) -> tuple[AnswerView, ...]:
    """Return the answers that their own page shows, each with its session as far as it may be seen."""
    return _view(participant, queries.list_own_answers(db.session(), participant.id), now, None).answers


def told_form(lang: str, participant: Participant, *, is_posted: bool = False) -> ToldForm:
    """Return the form of a participant's choices, with the questions of the sessions that they answered for."""
    session = db.session()
    standing = [answer for answer in participant.answers if answer.state in STANDS]
    questions = list_questions(session, participant.series_id, [answer.workshop_session_id for answer in standing])
    return make_preferences_form(
        participant,
        standing,
        questions,
        {question.key: reply.value for question, reply in queries.list_replies(session, participant.id)},
        codes=tuple(code for code in participant.series.languages if code in languages()) or languages(),
        lang=lang,
        is_posted=is_posted,
    )
