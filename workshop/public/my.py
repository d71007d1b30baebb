"""A participant's own page and its verbs; apart from routes.py because none of it is public."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.chatham.notices import Notice, notice
from workshop.chatham.rule import Level
from workshop.core import clock
from workshop.core.db import checkpoint, db
from workshop.core.errors import NotFoundError, WorkshopError
from workshop.core.fields import clean_line
from workshop.core.language import languages
from workshop.core.limits import Limit, limited
from workshop.core.links import Purpose, find_token
from workshop.privacy import service as privacy
from workshop.privacy.view import held_view
from workshop.rsvp import queries, service
from workshop.rsvp.emails import erasure_of
from workshop.rsvp.forms import ChangeForm, PreferencesForm
from workshop.rsvp.models import AnswerState, Choice, Participant
from workshop.rsvp.rule import RequestChangedError
from workshop.rsvp.schedule import Door
from workshop.rsvp.view import ParticipantView, participant_view, requests_mark

blueprint = Blueprint("my", __name__, template_folder="templates", url_prefix="/<lang:lang>/my")

_BY_CLIENT = Limit("my", 600, timedelta(minutes=10))


def _participant(token: str, now: datetime, *, is_confirmed: bool = False) -> Participant:
    """Return whose link this is; forged, erased, expired and, where asked, unconfirmed raise the same NotFoundError."""
    found = queries.find_participant(db.session(), purpose=Purpose.MY, token=token)
    is_known = found is not None and (
        found.confirmed_at is not None
        or (not is_confirmed and service.list_open_requests(db.session(), found, now=now))
    )
    if found is None or not is_known:
        raise NotFoundError("no such link")
    return found


def _view(participant: Participant, now: datetime) -> ParticipantView:
    answers = queries.list_own_answers(db.session(), participant.id)
    return participant_view(
        participant,
        answers,
        queries.list_acknowledgements(db.session(), [answer.id for answer in answers]),
        now=now,
        join_minutes=int(current_app.config["JOIN_OPENS_MINUTES"]),
        erases_at=erasure_of(participant),
    )


def _page(
    token: str,
    participant: Participant,
    now: datetime,
    *,
    problem: str = "",
    form: PreferencesForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    view = _view(participant, now)
    joins: Mapping[str, str | None] = {
        answer.subject: find_token(db.session(), purpose=Purpose.JOIN, subject=answer.subject)
        for answer in view.answers
        if answer.state is AnswerState.ACCEPTED and answer.door is not Door.OVER
    }
    page = render_template(
        "public/my.html",
        view=view,
        token=token,
        joins=joins,
        form=form or _preferences(participant),
        held=held_view(db.session(), participant) if view.is_confirmed else None,
        problem=problem,
        first_at=max((one.session.starts_at for one in view.answers), default=now),
    )
    return page, status


def _preferences(participant: Participant, *, is_posted: bool = False) -> PreferencesForm:
    codes = tuple(code for code in participant.series.languages if code in languages()) or languages()
    if is_posted:
        return PreferencesForm(codes=codes)
    return PreferencesForm(
        None,
        codes=codes,
        name=participant.name,
        language=participant.language,
        timezone=participant.tzid,
        affiliation=participant.affiliation,
        reminders=participant.wants_reminders,
    )


@blueprint.get("/<token>/")
def page(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Show what waits for the button, and once confirmed all answers and all that is held."""
    now = clock.now()
    return _page(token, _participant(token, now), now)


@blueprint.post("/<token>/confirm")
@limited(_BY_CLIENT)
def confirm(lang: str, token: str) -> ResponseReturnValue:
    """Press the button: what waits becomes an answer; too late is told on the page, with 409."""
    now = clock.now()
    session = db.session()
    participant = _participant(token, now)
    seen = request.form.get("waiting")
    if seen and seen != requests_mark(service.list_open_requests(session, participant, now=now)):
        if not service.list_open_requests(session, participant, now=now):
            return redirect(url_for("my.page", token=token), 303)  # pressed twice
        return _page(token, participant, now, problem=RequestChangedError.code, status=409)
    try:
        outcomes = service.confirm(
            session,
            now=now,
            participant=participant,
            acknowledged=request.form.getlist("acknowledge_rule"),
            language=lang,
        )
    except NotFoundError:
        raise
    except WorkshopError as fault:
        session.rollback()
        return _page(token, participant, now, problem=fault.code, status=fault.status)
    session.commit()
    refused = [outcome.refusal for outcome in outcomes if outcome.refusal]
    if refused and len(refused) == len(outcomes):
        return _page(token, participant, now, problem=refused[0].code, status=409)
    if outcomes:
        flash(_("Thank you: your answer is recorded."), "done")
    return redirect(url_for("my.page", token=token), 303)


@blueprint.post("/<token>/answer")
@limited(_BY_CLIENT)
def answer(lang: str, token: str) -> ResponseReturnValue:
    """Change one answer."""
    now = clock.now()
    session = db.session()
    participant = _participant(token, now, is_confirmed=True)
    form = ChangeForm()
    if not form.validate_on_submit():
        return _page(token, participant, now, problem="invalid", status=422)
    try:
        service.change_answer(
            session,
            now=now,
            participant=participant,
            slug=form.session.data or _only_session(participant),
            choice=Choice(form.answer.data),
            notice=_shown_notice(form.notice.data) if form.acknowledge_rule.data else None,
            language=lang,
        )
    except NotFoundError:
        raise
    except WorkshopError as fault:
        session.rollback()
        return _page(token, participant, now, problem=fault.code, status=fault.status)
    session.commit()
    flash(_("Your answer is changed."), "done")
    return redirect(url_for("my.page", token=token), 303)


def _shown_notice(text: str | None) -> Notice | None:
    """Return the notice that the form says it showed, None for one that does not exist."""
    level, _dot, version = (text or "").partition(".")
    try:
        return notice(Level(level), int(version))
    except (ValueError, LookupError):
        return None


def _only_session(participant: Participant) -> str:
    """Return the slug of the participant's one session; empty when there are several."""
    slugs = [found.workshop_session.slug for found in participant.answers if found.state is not AnswerState.PENDING]
    return slugs[0] if len(slugs) == 1 else ""


@blueprint.post("/<token>/withdraw")
@limited(_BY_CLIENT)
def withdraw(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Take one answer back."""
    now = clock.now()
    participant = _participant(token, now, is_confirmed=True)
    slug = clean_line(request.form.get("session")) or _only_session(participant)
    try:
        service.withdraw(db.session(), now=now, participant=participant, slug=slug)
    except NotFoundError:
        raise
    except WorkshopError as fault:
        db.session.rollback()
        return _page(token, participant, now, problem=fault.code, status=fault.status)
    db.session.commit()
    flash(_("Your answer is withdrawn."), "done")
    return redirect(url_for("my.page", token=token), 303)


@blueprint.post("/<token>/preferences")
@limited(_BY_CLIENT)
def preferences(lang: str, token: str) -> ResponseReturnValue:
    """Keep name, language, clock and reminders."""
    now = clock.now()
    participant = _participant(token, now, is_confirmed=True)
    form = _preferences(participant, is_posted=True)
    if not form.validate_on_submit():
        return _page(token, participant, now, form=form, status=422)
    is_other_language = participant.language != form.language.data
    service.update_preferences(
        db.session(),
        participant=participant,
        name=form.name.data,
        affiliation=form.affiliation.data or "",
        language=form.language.data,
        tzid=form.timezone.data,
        wants_reminders=form.reminders.data,
    )
    db.session.commit()
    flash(_("Your choices are saved."), "done")
    return redirect(url_for("my.page", lang=form.language.data if is_other_language else lang, token=token), 303)


@blueprint.post("/<token>/erase")
@limited(_BY_CLIENT)
def erase(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Erase the participant at once; all their links end."""
    now = clock.now()
    privacy.erase(db.session(), now=now, participant=_participant(token, now))
    db.session.commit()
    checkpoint()
    return render_template("public/my_erased.html")
