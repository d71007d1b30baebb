"""What the workspace's own pages are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from flask_babel import ngettext

from workshop.core.addresses import mask_address
from workshop.core.links import cut
from workshop.core.localized import Localized
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.organise.queries import AnswerCounts
from workshop.people.models import Person
from workshop.programme.forms import KINDS as QUESTION_KINDS
from workshop.programme.models import Question, WorkshopSession
from workshop.rsvp.view.seats import seats_taken

KINDS = {
    "confirm_address": _("Confirm your address"),
    "answer_recorded": _("Answer recorded"),
    "answer_lapsed": _("Answer came too late"),
    "place_offered": _("Place offered"),
    "place_lapsed": _("Place offered, and not accepted in time"),
    "place_free": _("Place free for whoever comes first"),
    "answer_refused": _("Request declined"),
    "added_by_hand": _("Added by the organisers"),
    "answer_withdrawn": _("Answer withdrawn by the organisers"),
    "session_announced": _("Later session answered"),
    "invitation": _("Invitation"),
    "invitation_reminder": _("Reminder of an invitation"),
    "reminder": _("Reminder"),
    "speaker_link": _("Link of a speaker’s own page"),
    "session_moved": _("Session moved"),
    "session_cancelled": _("Session cancelled"),
    "break_glass_opened": _("Opened by an administrator"),
    "session_reinstated": _("Session takes place after all"),
    "level_raised": _("Stricter rule"),
    "level_raised_speaker": _("Stricter rule, to somebody who speaks"),
    "level_asked": _("Looser rule: agreement asked"),
    "level_asked_speaker": _("Looser rule: agreement asked of somebody who speaks"),
}
STATES = {
    OutboxState.QUEUED: _("waits to leave"),
    OutboxState.CLAIMED: _("is leaving"),
    OutboxState.SENT: _("sent"),
    OutboxState.FAILED: _("failed"),
    OutboxState.UNCERTAIN: _("may have left"),
    OutboxState.SUPERSEDED: _("replaced by a newer message"),
    OutboxState.EXPIRED: _("too late to be sent"),
    OutboxState.DISCARDED: _("not sent: no longer right"),
}


@dataclass(frozen=True, slots=True)
class MailRow:
    """A message as an organiser sees it: the address masked, the secret links cut."""

    kind: str
    """In words, as is `state`."""
    state: str
    reason: str
    at: datetime
    """When it was sent or given up; when it was written, while it waits."""
    address: str
    language: str
    subject: str
    text: str
    """Empty once erased."""


@dataclass(frozen=True, slots=True)
class StandingWords:
    """How the answers to a session stand, in words."""

    facts: tuple[str, ...]
    to_approve: str
    """What waits for the organisers; empty when nothing does."""


def standing_words(counts: Mapping[tuple[str, str], AnswerCounts]) -> dict[tuple[str, str], StandingWords]:
    """Return how the answers stand in words, for the sessions counted."""
    return {key: _standing_words(found) for key, found in counts.items()}


def _standing_words(found: AnswerCounts) -> StandingWords:
    seats = seats_taken(found.coming, found.capacity)
    facts = [seats] if seats else []
    if found.offered:
        facts.append(ngettext("%(num)s place offered", "%(num)s places offered", found.offered))
    if found.waiting:
        facts.append(ngettext("%(num)s on the waiting list", "%(num)s on the waiting list", found.waiting))
    to_approve = ngettext("%(num)s waits for your approval", "%(num)s wait for your approval", found.to_approve)
    return StandingWords(tuple(facts), to_approve if found.to_approve else "")


@dataclass(frozen=True, slots=True)
class AccessRow:
    """Somebody with a role in a series, as its owners see them."""

    id: int
    name: str
    email: str
    role: str
    """In a word."""
    organisation: str
    since: datetime
    is_oneself: bool
    form: Any
    """To give another role."""


@dataclass(frozen=True, slots=True)
class SpeakerRow:
    """Somebody who speaks or moderates in a series, as its organisers see them. Never an address, never the link."""

    id: int
    name: str
    has_address: bool
    language: str
    link_state: str
    """How the mail with their link stands, in words; empty: none was ever written."""
    link_at: datetime | None
    is_shown: bool
    """Whether their own page would show anything: a session of theirs is published."""


def speaker_row(
    person: Person, *, language: str, message: OutboxMessage | None, sessions: Iterable[WorkshopSession]
) -> SpeakerRow:
    """Return somebody who speaks as the organisers see them."""
    return SpeakerRow(
        id=person.id,
        name=person.name,
        has_address=bool(person.email),
        language=language,
        link_state=str(STATES[message.state]) if message else "",
        link_at=(message.finished_at or message.created_at) if message else None,
        is_shown=any(one.is_published for one in sessions),
    )


@dataclass(frozen=True, slots=True)
class QuestionRow:
    """A question as its organisers see it."""

    key: str
    text: Localized
    reason: Localized
    kind: str
    """In words."""
    options: tuple[Localized, ...]
    is_required: bool
    keep_days: int
    replies: int


def question_row(question: Question, *, replies: int) -> QuestionRow:
    """Return a question as its organisers see it."""
    return QuestionRow(
        key=question.key,
        text=question.text,
        reason=question.reason,
        kind=str(QUESTION_KINDS[question.kind]),
        options=tuple(Localized.from_json(option["text"]) for option in question.options),
        is_required=question.is_required,
        keep_days=question.keep_days,
        replies=replies,
    )


def mail_row(message: OutboxMessage) -> MailRow:
    """Return a message as an organiser sees it."""
    return MailRow(
        kind=str(KINDS.get(message.kind, message.kind)),
        state=str(STATES[message.state]),
        reason=message.reason,
        at=message.finished_at or message.created_at,
        address=mask_address(message.recipient),
        language=message.language,
        subject=cut(message.subject),
        text=cut(message.body_text),
    )
