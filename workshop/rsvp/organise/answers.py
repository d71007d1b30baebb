"""Who answered what to a session."""

from __future__ import annotations

from dataclasses import dataclass

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _

from workshop.accounts.routes import current_organiser
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.chatham.rule import Audience, Surface
from workshop.core import clock
from workshop.core.addresses import mask_address
from workshop.core.db import db, writing
from workshop.core.errors import NotFoundError
from workshop.programme.organise import MANAGERS, open_session, session_row
from workshop.programme.view import session_disclosure
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.organise.blueprint import blueprint
from workshop.rsvp.queries import count_states, list_answers

STATES = {
    AnswerState.PENDING: _("not confirmed"),
    AnswerState.REQUESTED: _("waits for approval"),
    AnswerState.ACCEPTED: _("coming"),
    AnswerState.TENTATIVE: _("perhaps"),
    AnswerState.DECLINED: _("not coming"),
    AnswerState.WAITLISTED: _("on the waiting list"),
    AnswerState.OFFERED: _("has been offered a place"),
    AnswerState.WITHDRAWN: _("withdrawn"),
    AnswerState.LAPSED: _("came too late"),
}


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answer as an organiser sees it."""

    name: str
    affiliation: str
    address: str
    """Masked."""
    language: str
    state: str
    """In words."""
    is_erased: bool


def answer_row(answer: Answer) -> AnswerRow:
    """Return an answer as an organiser sees it."""
    participant = answer.participant
    return AnswerRow(
        name=participant.name,
        affiliation=participant.affiliation,
        address=mask_address(participant.address or ""),
        language=participant.language,
        state=str(STATES[answer.state]),
        is_erased=participant.erased_at is not None,
    )


@blueprint.get("/series/<series>/<session>/answers")
def answers(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show the answers to a session; looking is written into the log."""
    workshop_session, _role = open_session(series, session, *MANAGERS)
    if not session_disclosure(workshop_session, audience=Audience.ORGANISER, surface=Surface.PAGE).participant_names:
        raise NotFoundError
    now, actor = clock.now(), actor_of(current_organiser())
    rows = [answer_row(answer) for answer in list_answers(db.session(), workshop_session.id)]
    counts = [
        (str(STATES[state]), number)
        for state, number in count_states(db.session(), workshop_session.id).items()
        if number
    ]
    row = session_row(workshop_session, workshop_session.series, now=now)
    object_ = f"session:{workshop_session.id}"
    with writing() as log:
        record(log, now=now, actor=actor, action="rsvp.view_answers", object_=object_, details={"rows": len(rows)})
    return render_template("rsvp/organise/answers.html", answers=rows, counts=counts, row=row, page_language=lang)
