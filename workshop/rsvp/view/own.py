"""What participants see of their own answers: all that templates receive."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workshop.chatham.notices import Notice
from workshop.chatham.rule import Audience, Surface
from workshop.core.localized import Localized
from workshop.programme.models import LevelProposal, Question, WorkshopSession
from workshop.programme.view import SessionView, session_view
from workshop.rsvp.models import Acknowledgement, Answer, AnswerState, Choice, Participant
from workshop.rsvp.rule import STANDS, Read, is_loosened, is_read, needs_box, notice_of, read_with, shares_of
from workshop.rsvp.schedule import (
    FIRST_COME,
    Door,
    Phase,
    door,
    door_opens_at,
    is_expired,
    is_open_offer,
    phase,
    refusal_of_change,
    undo_until,
)
from workshop.rsvp.view.levels import AskedView, asked_view

_NOT_TO_WITHDRAW = frozenset({AnswerState.WITHDRAWN, AnswerState.LAPSED, AnswerState.OFFERED})
"""An offer is passed on by a button of its own."""
_WAITING = frozenset({AnswerState.WAITLISTED, AnswerState.REQUESTED})


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
    is_discreet: bool
    wants_calendar: bool
    keeps_informed: bool
    follows: bool
    interpretation: str
    access_needs: str
    share: Localized
    """Name of the share of places that they count themselves to; empty for none."""
    joins_list: bool
    needs_approval: bool
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
    position: int | None
    """Place in the waiting list, 1 for the next; None where they do not wait."""
    offer_ends_at: datetime | None
    """Until when a place is held for them; None without an offer that can still be taken."""
    undo_until: datetime | None
    """Until when what was given up can be had back; None: it cannot."""
    has_list: bool
    """Whether one may wait for a place."""
    may_join_list: bool
    """Whether coming too late can be followed by joining the list in one press."""
    needs_approval: bool
    is_refused: bool
    refusal_text: Localized
    """What the organisers said to it; may be empty."""
    added_reason: str
    """Why the organisers added this answer; empty for one's own."""
    interpretation: str
    """Language into which interpretation is needed; empty for none."""
    share: Localized
    """Name of the share of places that they count themselves to; empty for none."""
    code: str
    """For the door; empty without a seat."""
    attended_at: datetime | None
    notice: Notice | None
    """Today's notice where coming, or perhaps coming, asks for its box; None where it was acknowledged."""
    asks_to_read: bool
    """Whether the answer stands and that notice was never acknowledged with it: it keeps its place, and is asked."""
    has_changed: bool
    """Whether another notice was acknowledged with it."""
    asked: AskedView | None
    """A looser level that waits for everybody's agreement."""
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
    """Empty: nothing can be mailed, and the page's address is the only key."""
    new_address: str
    """Given, and not confirmed yet; or empty."""
    language: str
    tzid: str
    wants_reminders: bool
    is_discreet: bool
    wants_calendar: bool
    access_needs: str
    informed_since: datetime | None
    follows_since: datetime | None
    is_confirmed: bool
    erases_at: datetime
    series_tzid: str
    requests: tuple[RequestView, ...]
    requests_mark: str
    """Changes with whatever waits, so that nobody confirms what they did not see."""
    answers: tuple[AnswerView, ...]


def participant_view(  # noqa: PLR0913 (what the page shows stands in as many tables)
    participant: Participant,
    answers: Sequence[Answer],
    acknowledgements: Sequence[Acknowledgement],
    *,
    now: datetime,
    join_minutes: int,
    erases_at: datetime,
    positions: Mapping[int, int] | None = None,
    proposals: Mapping[int, tuple[LevelProposal, bool]] | None = None,
    new_address: str = "",
) -> ParticipantView:
    """Return what a participant sees of what is held.

    Args:
        participant: whose page it is.
        answers: theirs, with sessions and requests.
        acknowledgements: made with these answers.
        now: the present.
        join_minutes: before the start the join page opens.
        erases_at: when the identity is erased.
        positions: answer's id → place in the waiting list.
        proposals: answer's id → a looser level asked about, and whether it was agreed to with this answer.
        new_address: given and not confirmed yet.
    """
    known: dict[int, list[Read]] = {}
    for found in acknowledgements:
        known.setdefault(found.answer_id, []).append((found.level, found.version, found.own_version))
    is_confirmed = participant.confirmed_at is not None
    requests = [request for answer in answers if (request := _request(answer, is_confirmed=is_confirmed, now=now))]
    stands = [
        shown
        for answer in answers
        if is_confirmed
        and (
            shown := _answer(
                answer,
                known.get(answer.id, []),
                (positions or {}).get(answer.id),
                (proposals or {}).get(answer.id),
                now=now,
                join_minutes=join_minutes,
            )
        )
    ]
    return ParticipantView(
        name=participant.name,
        affiliation=participant.affiliation,
        address=participant.address or "",
        new_address=new_address,
        language=participant.language,
        tzid=participant.tzid,
        wants_reminders=participant.wants_reminders,
        is_discreet=participant.is_discreet,
        wants_calendar=participant.wants_calendar,
        access_needs=participant.access_needs,
        informed_since=participant.informed_since,
        follows_since=participant.follows_since,
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


def own_audience(state: AnswerState, *, is_confirmed: bool) -> Audience:
    """Return as whom somebody with such an answer reads of a session on their own page."""
    if not is_confirmed or state not in STANDS:
        return Audience.PUBLIC
    return Audience.PARTICIPANT if state is AnswerState.ACCEPTED else Audience.INVITED


def own_session(workshop_session: WorkshopSession, state: AnswerState, *, is_confirmed: bool) -> SessionView | None:
    """Return a session as the personal page may show it: speakers under the Rule only to whoever holds a seat.

    Whoever does not come has what the public has: nothing of a session that was hidden since.
    """
    audience = own_audience(state, is_confirmed=is_confirmed)
    return session_view(workshop_session, audience=audience, surface=Surface.PERSONAL_PAGE, has_materials=True)


def reply_erases_at(question: Question, answers: Sequence[Answer], *, identity: datetime) -> datetime:
    """Return when a reply is erased: so many days after the end of what the question is about, or with the identity.

    Args:
        question: what was asked, of one session or of the series.
        answers: the participant's own, with their sessions.
        identity: when the identity is erased.
    """
    ends = [
        answer.workshop_session.ends_at
        for answer in answers
        if question.workshop_session_id in {None, answer.workshop_session_id}
    ]
    return min(identity, max(ends) + timedelta(days=question.keep_days)) if ends else identity


def _audience_state(answer: Answer, now: datetime) -> AnswerState:
    """Return the state by which it is decided how much of the session is seen.

    Whoever can still undo, or was let in by an invitation, knows of a session that the public does not.
    """
    if answer.state in STANDS:
        return answer.state
    may_know = answer.invitation_id is not None or undo_until(answer, now=now) is not None
    return AnswerState.WAITLISTED if may_know else answer.state


def _request(answer: Answer, *, is_confirmed: bool, now: datetime) -> RequestView | None:
    request = answer.request
    if request is None or is_expired(request.created_at, now=now):
        return None
    is_let_in = request.invitation_id is not None
    view = own_session(
        answer.workshop_session,
        AnswerState.WAITLISTED if is_let_in and answer.state not in STANDS else answer.state,
        is_confirmed=is_confirmed or is_let_in,
    )
    if view is None:
        return None
    today = notice_of(answer.workshop_session)
    return RequestView(
        session=view,
        choice=request.choice,
        name=request.name,
        affiliation=request.affiliation,
        language=request.language,
        tzid=request.tzid,
        wants_reminders=request.wants_reminders,
        is_discreet=request.is_discreet,
        wants_calendar=request.wants_calendar,
        keeps_informed=request.keeps_informed,
        follows=request.follows,
        interpretation=request.interpretation,
        access_needs=request.access_needs,
        share=_share(answer.workshop_session, request.share),
        joins_list=request.joins_list,
        needs_approval=answer.workshop_session.needs_approval,
        asked_at=request.created_at,
        standing=None if answer.state is AnswerState.PENDING else answer.state,
        notice=today
        if needs_box(today, request.choice, known=read_with(request)) or is_loosened(today, request)
        else None,
    )


def _share(workshop_session: WorkshopSession, key: str) -> Localized:
    return next((share.name for share in shares_of(workshop_session) if share.key == key), Localized())


def _answer(
    answer: Answer,
    known: Sequence[Read],
    position: int | None,
    proposed: tuple[LevelProposal, bool] | None,
    *,
    now: datetime,
    join_minutes: int,
) -> AnswerView | None:
    workshop_session = answer.workshop_session
    view = own_session(workshop_session, _audience_state(answer, now), is_confirmed=True)
    if answer.state is AnswerState.PENDING or view is None:
        return None
    today = notice_of(workshop_session)
    is_to_read = today.box is not None and not is_read(today, known)
    has_offer = is_open_offer(answer.state, answer.offer_expires_at, view.starts_at, now=now)
    # Until the list is tended an offer that ran out still says that it stands.
    state = AnswerState.LAPSED if answer.state is AnswerState.OFFERED and not has_offer else answer.state
    has_list = (
        workshop_session.capacity is not None
        and workshop_session.has_waiting_list
        and not workshop_session.needs_approval
    )
    is_open = refusal_of_change(view, choice=Choice.ACCEPTED, now=now, state=state) is None
    return AnswerView(
        session=view,
        state=state,
        answered_at=answer.answered_at,
        phase=phase(view, now=now),
        choices=_choices(answer, state, view, now=now),
        may_withdraw=state not in _NOT_TO_WITHDRAW and answer.refused_at is None and now < view.ends_at,
        position=position if state is AnswerState.WAITLISTED else None,
        offer_ends_at=answer.offer_expires_at if has_offer else None,
        undo_until=undo_until(answer, now=now) if now < view.starts_at else None,
        has_list=has_list,
        may_join_list=has_list and state is AnswerState.LAPSED and is_open,
        needs_approval=workshop_session.needs_approval,
        is_refused=answer.refused_at is not None,
        refusal_text=answer.refusal_text,
        added_reason=answer.added_reason,
        interpretation=answer.interpretation,
        share=_share(answer.workshop_session, answer.share),
        code=answer.code if state is AnswerState.ACCEPTED else "",
        attended_at=answer.attended_at,
        notice=today if is_to_read else None,
        asks_to_read=is_to_read and answer.state in STANDS and state not in _NOT_TO_WITHDRAW,
        has_changed=is_to_read and bool(known),
        asked=_asked(answer, proposed, now=now),
        door=door(view, minutes=join_minutes, now=now),
        door_opens_at=door_opens_at(view, minutes=join_minutes),
        subject=answer.subject,
    )


def _asked(answer: Answer, proposed: tuple[LevelProposal, bool] | None, *, now: datetime) -> AskedView | None:
    if proposed is None or answer.state not in STANDS or answer.workshop_session.starts_at <= now:
        return None
    proposal, has_agreed = proposed
    return asked_view(
        proposal,
        answer.workshop_session,
        audience=own_audience(answer.state, is_confirmed=True),
        surface=Surface.PERSONAL_PAGE,
        has_agreed=has_agreed,
    )


def _choices(answer: Answer, state: AnswerState, view: SessionView, *, now: datetime) -> tuple[Choice, ...]:
    """Return what the answer can be changed to now; none for an offer, which has buttons of its own."""
    if answer.refused_at is not None or state is AnswerState.OFFERED:
        return ()
    is_first_come = now >= view.starts_at - FIRST_COME
    return tuple(
        choice
        for choice in Choice
        if choice.value != state.value
        and refusal_of_change(view, choice=choice, now=now, state=state) is None
        and (
            choice is not Choice.ACCEPTED
            or state not in _WAITING
            or (state is AnswerState.WAITLISTED and is_first_come)
        )
    )
