"""Who may answer, which notice must have been read, and the errors about it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.chatham.notices import Notice, current_notice
from workshop.chatham.rule import (
    Audience,
    Surface,
    Visibility,
    disclosure,
    effective_level,
    effective_visibility,
    shown_level,
)
from workshop.core.errors import ConflictError, InvalidError
from workshop.rsvp.models import AnswerState, Choice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workshop.chatham.rule import Level
    from workshop.programme.models import WorkshopSession


class SessionFullError(ConflictError):
    """Every place is taken; declining or answering tentatively is still possible."""

    code = "session_full"


class RoomMissingError(ConflictError):
    """The organisers have not given the room's address yet."""

    code = "room_missing"


class NoticeChangedError(InvalidError):
    """The notice is another than the one that was read; nothing was stored."""

    code = "notice_changed"


class RequestChangedError(ConflictError):
    """Another answer came from the same address while the page was open."""

    code = "request_changed"


NEEDS_NOTICE = (Choice.ACCEPTED, Choice.TENTATIVE)
"""Declining needs no acknowledgement."""
STANDS = frozenset({
    AnswerState.ACCEPTED, AnswerState.TENTATIVE, AnswerState.REQUESTED, AnswerState.WAITLISTED, AnswerState.OFFERED,
})  # fmt: skip
"""Who comes, perhaps comes or waits to: what is hidden from everybody else since, they go on seeing."""


def level_of(workshop_session: WorkshopSession) -> Level:
    """Return the level shown and acknowledged: the strictest of the session and its items."""
    level, _ = effective_level(session=workshop_session.level, series=workshop_session.series.level)
    items = [item.level for section in workshop_session.sections for item in section.items]
    return shown_level(session=level, items=items)


def notice_of(workshop_session: WorkshopSession) -> Notice:
    """Return the notice that holds for the session today."""
    return current_notice(level_of(workshop_session))


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
    return f"{notice.level.value}.{notice.version}"


def needs_box(notice: Notice, choice: Choice, *, known: Iterable[tuple[Level, int]] = ()) -> bool:
    """Whether `choice` asks for the notice's box, given the notices (level, version) acknowledged before."""
    return notice.box is not None and choice in NEEDS_NOTICE and (notice.level, notice.version) not in set(known)


def state_of(choice: Choice) -> AnswerState:
    """Return the state that a choice leads to."""
    return AnswerState(choice.value)
