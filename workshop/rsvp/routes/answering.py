"""The answer form for one session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from wtforms.fields.choices import SelectChoice

from workshop.chatham.rule import Audience, Surface
from workshop.core import clock
from workshop.core.db import db, reading
from workshop.core.errors import NotFoundError
from workshop.core.kept import has_message
from workshop.core.limits import limited
from workshop.programme.models import Question, WorkshopSession
from workshop.programme.queries import (
    find_current_slugs,
    find_known_session,
    find_session_to_answer,
    list_questions,
)
from workshop.programme.view import SessionView, session_view
from workshop.rsvp import queries
from workshop.rsvp.forms import AnswerForm, make_answer_form
from workshop.rsvp.models import AnswerState, Choice
from workshop.rsvp.routes.blueprint import blueprint
from workshop.rsvp.routes.receiving import LIMITS, kept_form, mail_languages, own_page, receive
from workshop.rsvp.rule import SessionFullError, notice_id, takes_answers
from workshop.rsvp.schedule import Phase, Places, erases_at, places, refusal, standing


def _open_session(session: Session, series_slug: str, slug: str) -> tuple[WorkshopSession, SessionView]:
    """Return the session that takes answers under these slugs; hidden and unknown raise the same NotFoundError."""
    found = find_known_session(session, series_slug, slug)
    view = (
        session_view(found, audience=Audience.PUBLIC, surface=Surface.PAGE, has_address=True)
        if found is not None and takes_answers(found)
        else None
    )
    if found is None or view is None:
        raise NotFoundError("no such session")
    return found, view


def _session_to_answer(series_slug: str, slug: str) -> tuple[WorkshopSession, Sequence[Question]]:
    """Return the same session, and its questions, with what a form is checked against and no more.

    Asked before the transaction that writes, since on SQLite nobody else can write from its first statement on. What is
    found belongs to no database session and is shared: only to be read.
    """
    mark = queries.find_session_mark(db.engine, series_slug, slug)
    found, questions = (None, ()) if mark is None else _read(db.engine, series_slug, slug, mark._replace(held=0))
    if found is None or not takes_answers(found):
        raise NotFoundError("no such session")
    return found, questions


@lru_cache(maxsize=64)
def _read(
    engine: Engine,
    series_slug: str,
    slug: str,
    mark: queries.SessionMark,  # noqa: ARG001 (tells whether what is kept is still right)
) -> tuple[WorkshopSession | None, Sequence[Question]]:
    with reading(), Session(engine) as session:
        found = find_session_to_answer(session, series_slug, slug)
        return found, () if found is None else tuple(list_questions(session, found.series_id, [found.id]))


def _moved_to(series_slug: str, slug: str, endpoint: str) -> ResponseReturnValue:
    """Return a redirect for an old slug of something that takes answers; raises NotFoundError for anything else."""
    now_called = find_current_slugs(db.session(), series_slug, slug)
    if now_called is None or now_called == (series_slug, slug):
        raise NotFoundError("no such session")
    _open_session(db.session(), *now_called)
    code = 301 if request.method in {"GET", "HEAD"} else 308
    return redirect(url_for(endpoint, series=now_called[0], session=now_called[1]), code)


@blueprint.route("/series/<series>/<session>/rsvp", methods=["GET", "POST"])
@limited(*LIMITS)
def answer(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show the form; a POST keeps what it says and mails the link to the button, or shows it where there is no mail."""
    now = clock.now()
    try:
        if request.method != "POST":
            return _first_form(lang, series, session, now)
        found, questions = _session_to_answer(series, session)
    except NotFoundError:
        return _moved_to(series, session, "rsvp.answer")
    if refused := refusal(found, now=now):
        raise refused
    form = _form(lang, found, questions)
    received = receive(form, lang=lang, now=now)
    if received.status == 303:  # noqa: PLR2004 (HTTP)
        return redirect(own_page(received) or url_for("rsvp.sent", series=series, session=session), 303)
    db.session.rollback()  # nobody else's answer waits while this page is made
    page = _form_page(form, *_open_session(db.session(), series, session), problem=received.problem)
    return page, received.status


def _first_form(lang: str, series: str, slug: str, now: datetime) -> str:
    """Return the form as everybody first sees it, kept where nothing is asked for in the address.

    Raises NotFoundError, and ConflictError when no answers are taken.
    """

    def render() -> str:
        found, view = _open_session(db.session(), series, slug)
        if refused := refusal(found, now=now):
            raise refused
        questions = list_questions(db.session(), found.series_id, [found.id])
        return _form_page(_form(lang, found, questions), found, view, problem="")

    # Looked at before anything else, so that an unknown session and a hidden one leave the same traces in the headers.
    is_own = has_message() or bool(request.query_string)
    mark = queries.find_session_mark(db.engine, series, slug)
    today = mark and standing(mark, now=now)
    if is_own or mark is None or today is None or today.phase is not Phase.OPEN:
        return render()
    return kept_form(("rsvp.answer", lang, mark.series_id, mark.revision, today), render)


def _form(lang: str, workshop_session: WorkshopSession, questions: Sequence[Question]) -> AnswerForm:
    return make_answer_form(
        [workshop_session],
        questions,
        codes=mail_languages(workshop_session.series.languages),
        lang=lang,
        needs_address=not workshop_session.series.without_address,
    )


def _form_page(form: AnswerForm, workshop_session: WorkshopSession, view: SessionView, *, problem: str) -> str:
    left = None
    if view.says_places and workshop_session.capacity is not None:
        held = queries.count_seats(db.session(), [workshop_session.id])[workshop_session.id]
        left = places(capacity=workshop_session.capacity, held=held)
    days = workshop_session.series.retention_days
    assert view.notice is not None
    form.notice.data = notice_id(view.notice)
    has_none = left is Places.NO or problem == SessionFullError.code
    joins_list = has_none and form.waiting_list is not None
    word_coming(form, joins_list=joins_list, needs_approval=workshop_session.needs_approval)
    return render_template(
        "rsvp/answer.html",
        form=form,
        view=view,
        problem=problem,
        has_few=left is Places.FEW,
        has_none=has_none,
        joins_list=joins_list,
        needs_approval=workshop_session.needs_approval,
        retention_days=days,
        erases_at=erases_at(
            [(AnswerState.PENDING, view.ends_at, view.ends_at)], created_at=view.ends_at, retention_days=days
        ),
    )


def word_coming(form: AnswerForm, *, joins_list: bool, needs_approval: bool) -> None:
    """Say what “I will come” leads to where it is not a place: the waiting list, or the organisers' decision."""
    if not (joins_list or needs_approval):
        return
    words = _("I would like to come") if needs_approval else _("Put me on the waiting list")
    form.answer.choices = [
        SelectChoice(value=one.value, label=words if one.value == Choice.ACCEPTED.value else one.label)
        for one in form.answer.choices
    ]


@blueprint.get("/series/<series>/<session>/rsvp/sent")
def sent(lang: str, series: str, session: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Say that a link was mailed: the same to everybody."""
    try:
        _found, view = _open_session(db.session(), series, session)
    except NotFoundError:
        return _moved_to(series, session, "rsvp.sent")
    back = url_for("public.session", series=view.series_slug, session=view.slug)
    return render_template("rsvp/sent.html", back=back, is_series=False)
