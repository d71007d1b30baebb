"""What participants see of their own answers: all that templates receive."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from workshop.chatham.notices import Notice
from workshop.chatham.rule import Audience, Level, Surface
from workshop.programme.models import WorkshopSession
from workshop.programme.view import SessionView, session_view
from workshop.rsvp.models import Acknowledgement, Answer, AnswerState, Choice, Participant
from workshop.rsvp.rule import STANDS, level_of, needs_box, notice_of
from workshop.rsvp.schedule import Door, Phase, door, door_opens_at, is_expired, phase, refusal_of_change


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestView:
    """What waits for the button, beside what stands."""

    session: SessionView
    choice: Choice
    name: str
    affiliation: str
    language: str
    tzid: str
    wants_reminders: bool
    asked_at: datetime
    standing: AnswerState | None
    """The answer that it would replace; None for a first one."""
    notice: Notice | None
    """The notice to acknowledge on this very page, because it changed since the form was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """A confirmed answer with its session, as far as its state lets see."""

    session: SessionView
    state: AnswerState
    answered_at: datetime
    phase: Phase
    choices: tuple[Choice, ...]
    """What the answer can be changed to now; a full session is found out by asking."""
    may_withdraw: bool
    notice: Notice | None
    """Today's notice where coming, or perhaps coming, asks for its box; None where it was acknowledged."""
    door: Door
    door_opens_at: datetime
    subject: str
    """Random id for the join link; not to be shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantView:
    """A participant as they see themselves."""

    name: str
    affiliation: str
    address: str
    language: str
    tzid: str
    wants_reminders: bool
    is_confirmed: bool
    erases_at: datetime
    series_tzid: str
    requests: tuple[RequestView, ...]
    requests_mark: str
    """Changes with whatever waits, so that nobody confirms what they did not see."""
    answers: tuple[AnswerView, ...]


def participant_view(
    participant: Participant,
    answers: Sequence[Answer],
    acknowledgements: Sequence[Acknowledgement],
    *,
    now: datetime,
    join_minutes: int,
    erases_at: datetime,
) -> ParticipantView:
    """Return what a participant sees of what is held.

    Args:
        participant: whose page it is.
        answers: theirs, with sessions and requests.
        acknowledgements: made with these answers.
        now: the present.
        join_minutes: before the start the join page opens.
        erases_at: when the identity is erased.
    """
    known = {(found.answer_id, found.level, found.version) for found in acknowledgements}
    is_confirmed = participant.confirmed_at is not None
    requests = [request for answer in answers if (request := _request(answer, is_confirmed=is_confirmed, now=now))]
    stands = [
        shown
        for answer in answers
        if is_confirmed and (shown := _answer(answer, known, now=now, join_minutes=join_minutes))
    ]
    return ParticipantView(
        name=participant.name,
        affiliation=participant.affiliation,
        address=participant.address or "",
        language=participant.language,
        tzid=participant.tzid,
        wants_reminders=participant.wants_reminders,
        is_confirmed=is_confirmed,
        erases_at=erases_at,
        series_tzid=participant.series.tzid,
        requests=tuple(requests),
        requests_mark=requests_mark(answers),
        answers=tuple(stands),
    )


def requests_mark(answers: Sequence[Answer]) -> str:
    """Return a short text that is another one as soon as something else waits for the button."""
    waiting = sorted(f"{answer.subject} {answer.request.created_at}" for answer in answers if answer.request)
    return hashlib.sha256("|".join(waiting).encode()).hexdigest()[:16]


def own_session(workshop_session: WorkshopSession, state: AnswerState, *, is_confirmed: bool) -> SessionView | None:
    """Return a session as the personal page may show it: speakers under the Rule only to whoever holds a seat.

    Whoever does not come has what the public has: nothing of a session that was hidden since.
    """
    if not is_confirmed or state not in STANDS:
        audience = Audience.PUBLIC
    else:
        audience = Audience.PARTICIPANT if state is AnswerState.ACCEPTED else Audience.INVITED
    return session_view(workshop_session, audience=audience, surface=Surface.PERSONAL_PAGE)


def _request(answer: Answer, *, is_confirmed: bool, now: datetime) -> RequestView | None:
    request = answer.request
    if request is None or is_expired(request.created_at, now=now):
        return None
    view = own_session(answer.workshop_session, answer.state, is_confirmed=is_confirmed)
    if view is None:
        return None
    today = notice_of(answer.workshop_session)
    read = [(request.notice_level, request.notice_version)] if request.notice_level and request.notice_version else []
    return RequestView(
        session=view,
        choice=request.choice,
        name=request.name,
        affiliation=request.affiliation,
        language=request.language,
        tzid=request.tzid,
        wants_reminders=request.wants_reminders,
        asked_at=request.created_at,
        standing=None if answer.state is AnswerState.PENDING else answer.state,
        notice=today if needs_box(today, request.choice, known=read) else None,
    )


def _answer(
    answer: Answer, known: set[tuple[int, Level, int]], *, now: datetime, join_minutes: int
) -> AnswerView | None:
    workshop_session = answer.workshop_session
    view = own_session(workshop_session, answer.state, is_confirmed=True)
    if answer.state is AnswerState.PENDING or view is None:
        return None
    today = notice_of(workshop_session)
    is_known = (answer.id, level_of(workshop_session), today.version) in known
    return AnswerView(
        session=view,
        state=answer.state,
        answered_at=answer.answered_at,
        phase=phase(view, now=now),
        choices=tuple(
            choice
            for choice in Choice
            if choice.value != answer.state.value and refusal_of_change(view, choice=choice, now=now) is None
        ),
        may_withdraw=answer.state not in {AnswerState.WITHDRAWN, AnswerState.LAPSED} and now < view.ends_at,
        notice=None if today.box is None or is_known else today,
        door=door(view, minutes=join_minutes, now=now),
        door_opens_at=door_opens_at(view, minutes=join_minutes),
        subject=answer.subject,
    )
