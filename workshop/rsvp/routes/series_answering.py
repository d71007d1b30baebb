"""One answer for several sessions of a series."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from workshop.chatham.rule import Audience, Surface, effective_level, is_in_series_list
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.kept import has_message
from workshop.core.limits import limited
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.queries import (
    SeriesMark,
    find_current_series_slug,
    find_series_mark,
    list_questions,
    list_sessions,
)
from workshop.programme.view import SessionView, session_view
from workshop.rsvp.forms import AnswerForm, make_answer_form
from workshop.rsvp.forms.answering import has_list
from workshop.rsvp.models import AnswerState
from workshop.rsvp.queries import list_coming_marks
from workshop.rsvp.routes.blueprint import blueprint
from workshop.rsvp.routes.receiving import LIMITS, Received, kept_form, mail_languages, own_page, receive
from workshop.rsvp.rule import takes_answers
from workshop.rsvp.schedule import NoOpenSessionError, Phase, Places, Standing, erases_at, standing


@dataclass(frozen=True, slots=True)
class Entry:
    """A session of the list: what the public sees of it, and the word for the places left, None where none is told."""

    view: SessionView
    places: Places | None
    has_list: bool
    """Whether whoever finds it full may wait."""
    needs_approval: bool


@dataclass(frozen=True, slots=True)
class Open:
    """What a series takes answers for at an instant."""

    sessions: Sequence[WorkshopSession]
    entries: Sequence[Entry]

    @property
    def series(self) -> Series:
        """Whose they are."""
        return self.sessions[0].series


@blueprint.route("/series/<series>/rsvp", methods=["GET", "POST"])
@limited(*LIMITS)
def answer_series(lang: str, series: str) -> ResponseReturnValue:
    """Show the form; a POST keeps what it says for every session ticked, and mails one link for all."""
    now = clock.now()
    mark = find_series_mark(db.engine, series)
    if mark is None:
        return _moved_to(series, "rsvp.answer_series")
    standings = _standings(mark, now)
    if request.method == "POST":
        return _answered(lang, mark, standings, now)

    def render() -> str:
        found = _open_sessions(standings)
        return _page(_form(lang, found), found, Received(200))

    if has_message() or request.query_string:
        return render()
    return kept_form(("rsvp.answer_series", lang, mark, tuple(standings.values())), render)


def _answered(lang: str, mark: SeriesMark, standings: dict[int, Standing], now: datetime) -> ResponseReturnValue:
    form = _form(lang, _open_sessions(standings))
    received = receive(form, lang=lang, now=now)
    if received.status == 303:  # noqa: PLR2004 (HTTP)
        return redirect(own_page(received) or url_for("rsvp.series_sent", series=mark.slug), 303)
    db.session.rollback()  # nobody else's answer waits while this page is made
    return _page(form, _open_sessions(_standings(mark, now)), received), received.status


def _standings(mark: SeriesMark, now: datetime) -> dict[int, Standing]:
    """Return session's id → standing of those that take answers now, hidden ones too."""
    marks = list_coming_marks(db.session.connection(), now=now, series_id=mark.id)
    found = {one.id: standing(one, now=now) for one in marks}
    return {id_: one for id_, one in found.items() if one.phase is Phase.OPEN}


def _open_sessions(standings: dict[int, Standing]) -> Open:
    """Return what the series' own page lists of these; raises NoOpenSessionError for nothing."""
    sessions, entries = [], []
    for one in list_sessions(db.session(), list(standings)):
        view = session_view(one, audience=Audience.PUBLIC, surface=Surface.LIST, has_address=True)
        if view is None or not _is_listed(one):
            continue
        sessions.append(one)
        word = standings[one.id].places if view.says_places else None
        entries.append(Entry(view, word, has_list(one), one.needs_approval))
    if not sessions:
        raise NoOpenSessionError
    return Open(sessions, entries)


def _is_listed(workshop_session: WorkshopSession) -> bool:
    series = workshop_session.series
    level, _source = effective_level(session=workshop_session.level, series=series.level)
    is_listed = is_in_series_list(series=series.visibility, session=workshop_session.visibility, level=level)
    return is_listed and takes_answers(workshop_session)


def _form(lang: str, found: Open) -> AnswerForm:
    return make_answer_form(
        found.sessions,
        list_questions(db.session(), found.series.id, [one.id for one in found.sessions]),
        codes=mail_languages(found.series.languages),
        lang=lang,
        needs_address=not found.series.without_address,
        has_several=True,
    )


def _page(form: AnswerForm, found: Open, received: Received) -> str:
    last = max(one.ends_at for one in found.sessions)
    days = found.series.retention_days
    full = next((one.view for one in found.entries if one.view.slug == received.session), None)
    return render_template(
        "rsvp/series_answer.html",
        form=form,
        series_slug=found.series.slug,
        series_title=found.series.title,
        tzid=found.series.tzid,
        first=found.entries[0].view,
        entries=found.entries,
        views={one.view.slug: one.view for one in found.entries},
        problem=received.problem,
        full=full,
        retention_days=days,
        erases_at=erases_at([(AnswerState.PENDING, last, last)], created_at=last, retention_days=days),
    )


def _moved_to(slug: str, endpoint: str) -> ResponseReturnValue:
    """Return a redirect for an old slug; unknown and hidden raise the same NotFoundError."""
    now_called = find_current_series_slug(db.session(), slug)
    if now_called is None:
        raise NotFoundError("no such series")
    return redirect(url_for(endpoint, series=now_called), 301 if request.method in {"GET", "HEAD"} else 308)


@blueprint.get("/series/<series>/rsvp/sent")
def series_sent(lang: str, series: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Say that a link was mailed: the same to everybody."""
    if find_series_mark(db.engine, series) is None:
        return _moved_to(series, "rsvp.series_sent")
    return render_template("rsvp/sent.html", back=url_for("public.series", series=series), is_series=True)
