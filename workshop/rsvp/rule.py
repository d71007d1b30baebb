"""Who may answer, which notice must have been read, and the errors about it. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from workshop.chatham.notices import Notice, current_notice, notice, with_own_sentence
from workshop.chatham.rule import (
    Audience,
    Level,
    Surface,
    Visibility,
    disclosure,
    effective_level,
    effective_visibility,
    shown_level,
)
from workshop.core.errors import ConflictError, InvalidError
from workshop.core.localized import Localized
from workshop.rsvp.models import STANDING, AnswerState, Choice

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workshop.programme.models import LevelProposal, WorkshopSession
    from workshop.rsvp.models import Answer, AnswerRequest


class SessionFullError(ConflictError):
    """Every place is taken; declining or answering tentatively is still possible."""

    code = "session_full"


class OfferLapsedError(ConflictError):
    """The place offered was held until its time, and has gone to the next."""

    code = "offer_lapsed"


class UndoOverError(ConflictError):
    """What was given back went to somebody else; it can be asked for anew."""

    code = "undo_over"


class AnswerRefusedError(ConflictError):
    """An organiser declined the request; the participant cannot change that."""

    code = "answer_refused"


class AlreadyAnsweredError(ConflictError):
    """Whom an organiser would add has an answer that stands."""

    code = "already_answered"


class RoomMissingError(ConflictError):
    """The organisers have not given the room's address yet."""

    code = "room_missing"


class NoticeChangedError(InvalidError):
    """The notice is another than the one that was read; nothing was stored."""

    code = "notice_changed"


class RequestChangedError(ConflictError):
    """Another answer came from the same address while the page was open."""

    code = "request_changed"


Read: TypeAlias = tuple[Level, int, int]
"""A notice that was acknowledged: level, version, version of the organisers' own sentence (0 for none)."""
NEEDS_NOTICE = (Choice.ACCEPTED, Choice.TENTATIVE)
"""Declining needs no acknowledgement."""
BY_CALENDAR: Mapping[Choice, frozenset[AnswerState]] = {
    Choice.ACCEPTED: frozenset({AnswerState.TENTATIVE, AnswerState.DECLINED, AnswerState.WITHDRAWN}),
    Choice.TENTATIVE: frozenset({AnswerState.ACCEPTED, AnswerState.DECLINED}),
    Choice.DECLINED: frozenset({AnswerState.ACCEPTED, AnswerState.TENTATIVE}),
}
"""What a reply from a calendar may change; who waits for a place never had an invitation."""
STANDS = frozenset(STANDING)
"""Who comes, perhaps comes or waits to: what is hidden from everybody else since, they go on seeing."""


def level_of(workshop_session: WorkshopSession) -> Level:
    """Return the level shown and acknowledged: the strictest of the session and its items."""
    level, _ = effective_level(session=workshop_session.level, series=workshop_session.series.level)
    items = [item.level for section in workshop_session.sections for item in section.items]
    return shown_level(session=level, items=items)


def own_sequence(answer: Answer) -> int:
    """Return SEQUENCE of a participant's own entry, in feed and mail alike (RFC 5545, 3.8.7.4)."""
    return answer.workshop_session.sequence + (answer.sequence_offset or 0)


def notice_of(workshop_session: WorkshopSession) -> Notice:
    """Return the notice that holds for the session today, with the organisers' own sentence."""
    series = workshop_session.series
    notice = current_notice(level_of(workshop_session))
    return with_own_sentence(notice, series.own_sentence, series.own_sentence_version)


def notice_asked(
    proposal: LevelProposal, workshop_session: WorkshopSession, *, has_own_sentence: bool = True
) -> Notice:
    """Return the notice of the looser level that people are asked about, with the organisers' own sentence."""
    series, notice = workshop_session.series, current_notice(proposal.level)
    if not has_own_sentence:
        return notice
    return with_own_sentence(notice, series.own_sentence, series.own_sentence_version)


def takes_answers(workshop_session: WorkshopSession) -> bool:
    """Whether whoever knows the address may answer: published, and not for the invited only."""
    level, _ = effective_level(session=workshop_session.level, series=workshop_session.series.level)
    visibility = effective_visibility(
        series=workshop_session.series.visibility, session=workshop_session.visibility, level=level
    )
    return workshop_session.is_published and visibility is not Visibility.INVITE_ONLY


def keeps_answer(workshop_session: WorkshopSession, state: AnswerState) -> bool:
    """Whether an answer that stands so may still be given another one; hidden meanwhile, it lets nobody new in."""
    return takes_answers(workshop_session) or (workshop_session.is_published and state in STANDS)


def tells_places(workshop_session: WorkshopSession) -> bool:
    """Whether the public may be told that every place is taken."""
    shown = disclosure(
        level=level_of(workshop_session), visibility=Visibility.PUBLIC, audience=Audience.PUBLIC, surface=Surface.PAGE
    )
    return shown.places_word


def notice_id(notice: Notice) -> str:
    """Return what a form carries to say which notice it showed, such as `discussion.1`."""
    return notice.id


def read_notice_id(text: str | None) -> Notice | None:
    """Return the notice that a form says it showed; None for one that does not exist.

    Of the organisers' own sentence it holds the version alone: enough to compare it with today's.
    """
    level, _dot, versions = (text or "").partition(".")
    version, _dot, own = versions.partition(".")
    if not (version.isdecimal() and (own.isdecimal() or not own)):
        return None
    try:
        return replace(notice(Level(level), int(version)), own_version=int(own or 0))
    except (ValueError, LookupError):
        return None


def read_with(request: AnswerRequest) -> list[Read]:
    """Return the notice that was acknowledged with a form, if one was."""
    if request.notice_level is None or request.notice_version is None:
        return []
    return [(request.notice_level, request.notice_version, request.notice_own_version)]


def is_read(notice: Notice, known: Iterable[Read]) -> bool:
    """Whether the notice is among those acknowledged before; a sentence that was taken away need not be read anew."""
    return any(
        (level, version) == (notice.level, notice.version) and notice.own_version in {0, own_version}
        for level, version, own_version in known
    )


def needs_box(notice: Notice, choice: Choice, *, known: Iterable[Read] = ()) -> bool:
    """Whether `choice` asks for the notice's box, given those acknowledged before."""
    return notice.box is not None and choice in NEEDS_NOTICE and not is_read(notice, known)


def is_loosened(notice: Notice, request: AnswerRequest) -> bool:
    """Whether a form was sent under a stricter level than holds now: also where no box is needed, that must be read."""
    return request.choice in NEEDS_NOTICE and request.notice_level is not None and notice.level < request.notice_level


def state_of(choice: Choice) -> AnswerState:
    """Return the state that a choice leads to."""
    return AnswerState(choice.value)


@dataclass(frozen=True, slots=True)
class Share:
    """Places of a session that are kept for some."""

    key: str
    name: Localized
    percent: int
    """Of the capacity, 1 to 100."""


def shares_of(workshop_session: WorkshopSession) -> tuple[Share, ...]:
    """Return the session's shares; none where it has no limit, since nothing needs to be kept then."""
    if workshop_session.capacity is None:
        return ()
    return tuple(
        Share(str(share["key"]), Localized.from_json(share["name"]), int(share["percent"]))
        for share in workshop_session.shares
    )


def places_kept(shares: Iterable[Share], capacity: int | None) -> dict[str, int]:
    """Return share's key → whole places kept for it, rounded down, so that all shares together fit."""
    return {} if capacity is None else {share.key: capacity * share.percent // 100 for share in shares}


class Seats:
    """The seats of one session while they are given out: how many are held, and which are kept for a share."""

    def __init__(self, capacity: int | None, held: Mapping[str, int], kept: Mapping[str, int]) -> None:
        """Begin with what is held.

        Args:
            capacity: seats; None for no limit. May be less than what is held, after it was lowered.
            held: share's key (empty for none) → seats held.
            kept: share's key → places kept for it; empty once they are for everybody.
        """
        self._capacity = capacity
        self._held = Counter(held)
        self._kept = dict(kept)

    def may_take(self, share: str) -> bool:
        """Whether somebody of this share may take a seat: within the capacity, and not one that is kept for others."""
        if self._capacity is None:
            return True
        left = self._capacity - self._held.total()
        if left <= 0:
            return False
        if self._held[share] < self._kept.get(share, 0):
            return True
        return left > sum(max(0, kept - self._held[key]) for key, kept in self._kept.items())

    def take(self, share: str) -> None:
        """Count one more seat as held."""
        self._held[share] += 1
