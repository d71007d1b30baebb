"""Who answered to a series: a row per person, a state per session."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import LISTERS
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.chatham.rule import Audience, Surface
from workshop.core import clock
from workshop.core.db import db, writing
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.organise import Depth, open_series, series_row
from workshop.programme.view import session_disclosure
from workshop.rsvp.forms.lists import filter_args, read_filter
from workshop.rsvp.models import AnswerState
from workshop.rsvp.organise.blueprint import blueprint
from workshop.rsvp.organise.paging import PAGE, make_pager
from workshop.rsvp.queries import lists
from workshop.rsvp.view.lists import STATES, Counts, by_language, person_rows, session_name


def listed_sessions(series: Series, *, surface: Surface) -> list[WorkshopSession]:
    """Return the sessions of a series whose lists may be shown there."""
    return [
        one
        for one in series.sessions
        if session_disclosure(one, audience=Audience.ORGANISER, surface=surface).participant_names
    ]


@blueprint.get("/series/<series>/answers")
def series_answers(lang: str, series: str) -> ResponseReturnValue:
    """Show who answered to a series; looking is written into the log."""
    found_series, role = open_series(series, *LISTERS, depth=Depth.LEVELS)
    now, database = clock.now(), db.session()
    sessions = listed_sessions(found_series, surface=Surface.PAGE)
    organisations = lists.list_organisations(database, [one.id for one in sessions])
    found, is_understood = read_filter(request.args, organisations=dict.fromkeys(organisations, ""))
    arguments = filter_args(found)
    here = {"lang": lang, "series": series}
    total = lists.count_people(database, found_series.id, found)
    pager = make_pager("rsvp_organise.series_answers", total, here | arguments)
    people = lists.list_people(database, found_series.id, found, offset=pager.offset, limit=PAGE)
    listed = lists.list_answers_of(database, [one.id for one in people])
    needs = lists.list_people_needs(database, found_series.id)
    page = render_template(
        "rsvp/organise/series_answers.html",
        page_language=lang,
        series=series_row(found_series, role),
        sessions=[(one.slug, session_name(one)) for one in sessions],
        people=person_rows(people, listed, sessions),
        counts=_counts(sessions, needs, lang),
        pager=pager,
        found=found,
        arguments=arguments,
        here=here,
        is_understood=is_understood,
        states=[(state.value, str(words)) for state, words in STATES.items() if state is not AnswerState.PENDING],
        languages_present=sorted({language for language, _ in needs}),
        interpretation_present=found_series.languages,
        organisations=organisations,
    )
    object_, details = f"series:{found_series.id}", {"rows": len(people)}
    actor = actor_of(current_organiser())
    with writing() as log:
        record(log, now=now, actor=actor, action="rsvp.view_answers", object_=object_, details=details)
    return page


def _counts(sessions: list[WorkshopSession], needs: list[tuple[str, bool]], language: str) -> Counts:
    """Return the numbers above the list of a series: by need only where the level of every session lets count so."""
    by_state = lists.count_states_of(db.session(), [one.id for one in sessions])
    states = tuple((str(words), by_state[state]) for state, words in STATES.items() if by_state.get(state))
    shown = [session_disclosure(one, audience=Audience.ORGANISER, surface=Surface.PAGE) for one in sessions]
    if not all(one.breakdowns for one in shown):
        return Counts(states=states, has_breakdowns=False)
    return Counts(
        states=states,
        languages=by_language((code for code, _ in needs), language),
        needs=sum(has_needs for _, has_needs in needs),
    )
