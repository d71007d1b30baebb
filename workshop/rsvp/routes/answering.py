"""The answer form."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import generate_csrf
from sqlalchemy.orm import Session

from workshop.chatham.notices import Notice
from workshop.chatham.rule import Audience, Surface
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.kept import KeptAnswer, has_message, keep, make_answer
from workshop.core.language import languages
from workshop.core.limits import Limit, limited
from workshop.programme.models import WorkshopSession
from workshop.programme.queries import find_current_slugs, find_known_session, find_session_to_answer
from workshop.programme.view import SessionView, session_view
from workshop.rsvp import queries, service
from workshop.rsvp.forms import AnswerForm
from workshop.rsvp.models import AnswerState, Choice
from workshop.rsvp.routes.blueprint import blueprint
from workshop.rsvp.rule import (
    NoticeChangedError,
    SessionFullError,
    needs_box,
    notice_id,
    notice_of,
    takes_answers,
)
from workshop.rsvp.schedule import (
    Phase,
    Places,
    erases_at,
    places,
    refusal,
    standing,
)

_TEN_MINUTES = timedelta(minutes=10)
_TOKEN_MARK = secrets.token_urlsafe(32)
"""Stands in a kept form where each reader's own token is put. Random, so that no text can hold it."""


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


def _session_to_answer(session: Session, series_slug: str, slug: str) -> WorkshopSession:
    """Return the same session with what a form is checked against, without what only a page shows."""
    found = find_session_to_answer(session, series_slug, slug)
    if found is None or not takes_answers(found):
        raise NotFoundError("no such session")
    return found


def _moved_to(series_slug: str, slug: str, endpoint: str) -> ResponseReturnValue:
    """Return a redirect for an old slug of something that takes answers; raises NotFoundError for anything else."""
    now_called = find_current_slugs(db.session(), series_slug, slug)
    if now_called is None or now_called == (series_slug, slug):
        raise NotFoundError("no such session")
    _open_session(db.session(), *now_called)
    code = 301 if request.method in {"GET", "HEAD"} else 308
    return redirect(url_for(endpoint, series=now_called[0], session=now_called[1]), code)


@blueprint.route("/series/<series>/<session>/rsvp", methods=["GET", "POST"])
@limited(Limit("answer", 120, _TEN_MINUTES), Limit("answer_all", 6000, _TEN_MINUTES, by_client=False))
def answer(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show the form; a POST keeps what it says and mails the link to the button."""
    now = clock.now()
    try:
        if request.method != "POST":
            return _first_form(lang, series, session, now)
        found = _session_to_answer(db.session(), series, session)
    except NotFoundError:
        return _moved_to(series, session, "rsvp.answer")
    if refused := refusal(found, now=now):
        raise refused
    form = _form(lang, found)
    status, problem = _receive(form, found, notice_of(found), lang, now)
    if status == 303:  # noqa: PLR2004 (HTTP)
        return redirect(url_for("rsvp.sent", series=series, session=session), 303)
    db.session.rollback()  # nobody else's answer waits while this page is made
    return _form_page(form, *_open_session(db.session(), series, session), problem=problem), status


def _first_form(lang: str, series: str, slug: str, now: datetime) -> str:
    """Return the form as everybody first sees it: kept but for the token, where nothing is asked for in the address.

    Raises NotFoundError, and ConflictError when no answers are taken.
    """

    def render() -> str:
        found, view = _open_session(db.session(), series, slug)
        if refused := refusal(found, now=now):
            raise refused
        return _form_page(_form(lang, found), found, view, problem="")

    def make() -> KeptAnswer:
        g.csrf_token = _TOKEN_MARK  # Flask-WTF puts into the page what it finds here
        try:
            return make_answer(render().encode())
        finally:
            g.pop("csrf_token")

    # Looked at before anything else, so that an unknown session and a hidden one leave the same traces in the headers.
    is_own = has_message() or bool(request.query_string)
    mark = queries.find_session_mark(db.engine, series, slug)
    today = mark and standing(mark, now=now)
    if is_own or mark is None or today is None or today.phase is not Phase.OPEN:
        return render()
    answer = keep(("rsvp.answer", lang, mark.series_id, mark.revision, today), make)
    return answer.body.decode().replace(_TOKEN_MARK, generate_csrf())


def _form(lang: str, workshop_session: WorkshopSession) -> AnswerForm:
    codes = _codes(workshop_session.series.languages)
    return AnswerForm(codes=codes, language=lang if lang in codes else codes[0], timezone=workshop_session.tzid)


def _receive(
    form: AnswerForm, workshop_session: WorkshopSession, notice: Notice, lang: str, now: datetime
) -> tuple[int, str]:
    """Take the form: the status to answer with, and the code of what stands in the way."""
    if form.is_trapped:
        return 303, ""
    is_valid = form.validate_on_submit()
    if is_valid and form.is_too_fast(now):
        return 422, "too_fast"
    if form.notice.data and form.notice.data != notice_id(notice):
        form.acknowledge_rule.data = False
        return 422, NoticeChangedError.code
    if (
        form.answer.data in set(Choice)
        and needs_box(notice, Choice(form.answer.data))
        and not form.acknowledge_rule.data
    ):
        form.acknowledge_rule.errors = [
            *form.acknowledge_rule.errors,
            _("Please read the rule of this session and tick the box; you may also decline without it."),
        ]
        is_valid = False
    if not is_valid:
        return 422, ""
    try:
        service.request_answer(
            db.session(), now=now, workshop_session=workshop_session, values=_asked(form, notice, lang)
        )
    except SessionFullError as fault:
        return fault.status, fault.code
    db.session.commit()
    return 303, ""


def _asked(form: AnswerForm, notice: Notice, lang: str) -> service.Asked:
    return service.Asked(
        name=form.name.data,
        address=form.email.data,
        choice=Choice(form.answer.data),
        language=form.language.data,
        tzid=form.timezone.data,
        affiliation=form.affiliation.data or "",
        wants_reminders=form.reminders.data,
        notice=notice if form.acknowledge_rule.data else None,
        notice_language=lang,
    )


def _form_page(form: AnswerForm, workshop_session: WorkshopSession, view: SessionView, *, problem: str) -> str:
    left = None
    if view.says_places and workshop_session.capacity is not None:
        held = queries.count_seats(db.session(), [workshop_session.id])[workshop_session.id]
        left = places(capacity=workshop_session.capacity, held=held)
    days = workshop_session.series.retention_days
    assert view.notice is not None
    form.notice.data = notice_id(view.notice)
    return render_template(
        "rsvp/answer.html",
        form=form,
        view=view,
        problem=problem,
        has_few=left is Places.FEW,
        has_none=left is Places.NO or problem == SessionFullError.code,
        retention_days=days,
        erases_at=erases_at(
            [(AnswerState.PENDING, view.ends_at, view.ends_at)], created_at=view.ends_at, retention_days=days
        ),
    )


def _codes(of_series: Collection[str]) -> tuple[str, ...]:
    """Return the languages to be written to in: the series', as far as the instance speaks them."""
    return tuple(code for code in of_series if code in languages()) or languages()


@blueprint.get("/series/<series>/<session>/rsvp/sent")
def sent(lang: str, series: str, session: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Say that a link was mailed: the same to everybody."""
    try:
        _, view = _open_session(db.session(), series, session)
    except NotFoundError:
        return _moved_to(series, session, "rsvp.sent")
    return render_template("rsvp/sent.html", view=view)
