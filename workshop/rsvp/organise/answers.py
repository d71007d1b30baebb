"""Who answered what to a session: the list, one address in it, who came."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import LISTERS
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.chatham.rule import Audience, Surface
from workshop.core import clock
from workshop.core.db import db, writing
from workshop.core.errors import NotFoundError
from workshop.mail.suppression import statuses_of
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.programme.organise import open_session, session_row
from workshop.programme.view import session_disclosure
from workshop.rsvp.forms.lists import ACTS, filter_args, read_filter, read_number
from workshop.rsvp.organise.blueprint import blueprint
from workshop.rsvp.organise.paging import PAGE, make_pager
from workshop.rsvp.queries import lists
from workshop.rsvp.service.attending import mark_attendance
from workshop.rsvp.view.lists import STATES, answer_row, notes_people, session_counts

ATTENDANCE_FROM = timedelta(hours=12)
"""So long before the start the list begins to say who came."""


def open_list(series: str, session: str, *, surface: Surface = Surface.PAGE) -> WorkshopSession:
    """Return a session whose list may be shown there to whoever is signed in; raises NotFoundError."""
    workshop_session, _role = open_session(series, session, *LISTERS)
    if not session_disclosure(workshop_session, audience=Audience.ORGANISER, surface=surface).participant_names:
        raise NotFoundError
    return workshop_session


@blueprint.get("/series/<series>/<session>/answers")
def answers(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show the answers to a session; looking is written into the log."""
    workshop_session = open_list(series, session)
    now = clock.now()
    page = list_context(workshop_session, lang, now=now)
    details = {"rows": len(page["answers"])}
    object_ = f"session:{workshop_session.id}"
    with writing() as log:
        record(log, now=now, actor=_actor(), action="rsvp.view_answers", object_=object_, details=details)
    return render_template("rsvp/organise/answers.html", **page)


@blueprint.post("/series/<series>/<session>/answers/reveal")
def reveal(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show the list with one address whole; which, is written into the log."""
    workshop_session = open_list(series, session)
    if not session_disclosure(
        workshop_session, audience=Audience.ORGANISER, surface=Surface.PAGE
    ).participant_addresses:
        raise NotFoundError
    now, answer_id = clock.now(), read_number(request.form.get("reveal"))
    if not answer_id:
        return _nothing_chosen(workshop_session, lang, now)
    if not lists.list_chosen(db.session(), workshop_session.id, [answer_id]):
        raise NotFoundError
    page = list_context(workshop_session, lang, now=now, revealed=answer_id)
    object_, session_object = f"answer:{answer_id}", f"session:{workshop_session.id}"
    details = {"session": session_object}
    record(db.session(), now=now, actor=_actor(), action="rsvp.reveal_address", object_=object_, details=details)
    db.session.commit()
    return render_template("rsvp/organise/answers.html", **page)


@blueprint.post("/series/<series>/<session>/answers/attendance")
def attendance(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Note who came: `came` or `not_came` name one answer, or all those ticked."""
    workshop_session = open_list(series, session)
    now, has_come = clock.now(), "not_came" not in request.form
    which = request.form.get("came" if has_come else "not_came", "")
    chosen = request.form.getlist("answer") if which == "ticked" else [which]
    ids = [number for number in map(read_number, chosen) if number]
    if not ids:
        return _nothing_chosen(workshop_session, lang, now)
    number = mark_attendance(
        db.session(), now=now, workshop_session=workshop_session, answer_ids=ids, has_come=has_come, actor=_actor()
    )
    db.session.commit()
    flash(
        ngettext("%(num)d person is noted as having come.", "%(num)d people are noted as having come.", number)
        if has_come
        else ngettext("%(num)d attendance mark taken back.", "%(num)d attendance marks taken back.", number)
    )
    address = url_for("rsvp_organise.answers", lang=lang, series=series, session=session, **query_args())
    return redirect(f"{address}#list", 303)


def query_args() -> dict[str, Any]:
    """Return the parameters of this address that a list reads, to lead back to the same part of it."""
    names = ("state", "language", "interpretation", "needs", "organisation", "q", "sort", "page")
    return {name: request.args[name] for name in names if request.args.get(name)}


def _nothing_chosen(workshop_session: WorkshopSession, lang: str, now: datetime) -> ResponseReturnValue:
    page = list_context(workshop_session, lang, now=now, problem=_("Nobody was chosen. Tick at least one row."))
    return render_template("rsvp/organise/answers.html", **page), 422


def _actor() -> str:
    return actor_of(current_organiser())


def list_context(
    workshop_session: WorkshopSession, lang: str, *, now: datetime, revealed: int | None = None, problem: str = ""
) -> dict[str, Any]:
    """Return what the page of a session's list needs.

    Args:
        workshop_session: whose list.
        lang: the reader's language.
        now: the present.
        revealed: id of the answer whose address is shown whole.
        problem: what stands in the way of what was asked for, as a sentence.
    """
    database, session_id = db.session(), workshop_session.id
    organisations = lists.list_organisations(database, [session_id])
    found, is_understood = read_filter(request.args, organisations=dict.fromkeys(organisations, ""))
    arguments = filter_args(found)
    here = {"lang": lang, "series": workshop_session.series.slug, "session": workshop_session.slug}
    pager = make_pager("rsvp_organise.answers", lists.count_listed(database, session_id, found), here | arguments)
    listed = lists.list_listed(database, session_id, found, offset=pager.offset, limit=PAGE)
    # Not what each person is told: that counts within a share, and nobody sees another's share.
    ranks = lists.list_ranks(database, session_id)
    needs = lists.list_needs(database, session_id)
    is_cancelled = workshop_session.status is SessionStatus.CANCELLED
    shows_attendance = not is_cancelled and now >= workshop_session.starts_at - ATTENDANCE_FROM
    notes = notes_people(workshop_session)
    # Noted before the level became stricter: the worker turns these notes into a number.
    came = lists.count_attended(database, session_id) + (0 if notes else lists.count_attendance(database, session_id))
    refusing = statuses_of(database, [one.answer.participant.address or "" for one in listed])
    return {
        "page_language": lang,
        "row": session_row(workshop_session, workshop_session.series, now=now),
        "answers": [answer_row(one, ranks=ranks, revealed=revealed, refusing=refusing) for one in listed],
        "counts": session_counts(workshop_session, needs, lang),
        "pager": pager,
        "found": found,
        "arguments": arguments,
        "here": here | arguments | ({"page": str(pager.page)} if pager.page > 1 else {}),
        "is_understood": is_understood,
        "states": [(state.value, str(words)) for state, words in STATES.items() if state.value != "pending"],
        "languages_present": sorted({one.language for one in needs}),
        "interpretation_present": sorted({one.interpretation for one in needs} - {""}),
        "organisations": organisations,
        "acts": [(act.value, str(words)) for act, words in ACTS.items()],
        "shows_attendance": shows_attendance,
        "notes_people": notes,
        "came": came,
        "problem": problem,
    }
