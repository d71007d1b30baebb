"""What the workspace's own pages are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from flask_babel import ngettext

from workshop.core.addresses import mask_address
from workshop.core.folding import fold
from workshop.core.links import cut
from workshop.core.localized import Localized
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.organise.life import Step, life_of, reason_words
from workshop.organise.queries import AnswerCounts, Fate, NotArrived, fate_of
from workshop.people.models import Person
from workshop.programme.forms import KINDS as QUESTION_KINDS
from workshop.programme.models import Question, WorkshopSession
from workshop.reminders.service.pausing import PAUSED
from workshop.rsvp.view.seats import seats_taken

KINDS = {
    "confirm_address": _("Confirm your address"),
    "confirm_new_address": _("Confirm a new address"),
    "link_resent": _("Link of the personal page"),
    "data_erased": _("Everything erased, as asked"),
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
    "announcement": _("Announcement"),
    "subscription_confirm": _("Confirm an address for announcements"),
    "thanks": _("Thanks after a session"),
    "reminder_test": _("Test of a reminder, to an organiser"),
    "digest": _("Daily digest for an organiser"),
    "role_changed": _("Another role in the workspace"),
    "speaker_link": _("Link of a speaker’s own page"),
    "speaker_change": _("A speaker’s answer or change, to an organiser"),
    "speaker_change_decided": _("What became of a speaker’s change"),
    "session_moved": _("Session moved"),
    "session_cancelled": _("Session cancelled"),
    "session_changed": _("Session changed"),
    "session_moved_speaker": _("Session moved, to somebody who speaks"),
    "session_cancelled_speaker": _("Session cancelled, to somebody who speaks"),
    "session_reinstated_speaker": _("Session takes place after all, to somebody who speaks"),
    "session_changed_speaker": _("Session changed, to somebody who speaks"),
    "break_glass_opened": _("Opened by an administrator"),
    "role_invitation": _("Invitation to the workspace"),
    "pass_phrase_reset": _("Link to a new pass phrase, for an organiser"),
    "address_change": _("Confirm a new address, for an organiser"),
    "account_changed": _("Change of an account, told to its organiser"),
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


FATES = {
    Fate.WAITING: _("waits to leave"),
    Fate.SENT: _("sent"),
    Fate.UNCERTAIN: _("may have left"),
    Fate.FAILED: _("failed"),
    Fate.DROPPED: _("never sent"),
}
"""States in as few words as the columns of a table have room for."""
_SIGNS = {
    Fate.WAITING: "tentative",
    Fate.SENT: "open",
    Fate.UNCERTAIN: "few",
    Fate.FAILED: "cancelled",
    Fate.DROPPED: "past",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRow:
    """A message as an organiser sees it in a list: the address masked, the secret links cut."""

    id: int
    kind: str
    """In words, as is `state`."""
    state: str
    sign: str
    """The state's shape: open, few, cancelled, tentative or past."""
    reason: str
    """A sentence, or empty."""
    at: datetime
    """When it was sent or given up; when it was written, while it waits."""
    address: str
    language: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView(MailRow):
    """A message with its life and its text."""

    steps: tuple[Step, ...]
    text: str
    """Empty once erased."""
    attempts: int
    may_send_again: bool
    may_correct: bool
    """Whether the address may be wrong, and is somebody's whose address can be corrected."""
    is_uncertain: bool


@dataclass(frozen=True, slots=True)
class KindRow:
    """How many messages of a kind had which fate."""

    kind: str
    """As it stands in an address."""
    words: str
    counts: tuple[tuple[Fate, int], ...]
    """In the order of the columns, 0 included."""


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
    door: Localized | None
    """A helper's session."""
    since: datetime
    until: datetime | None
    is_over: bool
    """The role has ended by itself."""
    is_oneself: bool
    may_own: bool
    """The series can be handed over to them."""
    form: Any
    """To give another role."""


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """Somebody invited to a role who has not accepted yet."""

    id: int
    email: str
    role: str
    """In a word."""
    organisation: str
    door: Localized | None
    since: datetime
    closes_at: datetime


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
    """Return a message as an organiser sees it in a list."""
    return MailRow(**_row(message))


def message_view(message: OutboxMessage, *, may_send_again: bool, may_correct: bool) -> MessageView:
    """Return a message with its life and its text."""
    return MessageView(
        **_row(message),
        steps=tuple(life_of(message)),
        text=cut(message.body_text),
        attempts=message.attempts,
        may_send_again=may_send_again,
        may_correct=may_correct,
        is_uncertain=message.uncertain_at is not None,
    )


def _row(message: OutboxMessage) -> dict[str, Any]:
    fate = fate_of(message)
    words = FATES[fate] if fate is Fate.FAILED or message.reason == PAUSED else STATES[message.state]
    return {
        "id": message.id,
        "kind": kind_words(message.kind),
        "state": str(words),
        "sign": _SIGNS[fate],
        "reason": reason_words(message.reason) if message.reason else "",
        "at": message.finished_at or message.created_at,
        "address": mask_address(message.recipient),
        "language": message.language,
        "subject": cut(message.subject),
    }


def kind_words(kind: str) -> str:
    """Return what kind of message it is, in words."""
    return str(KINDS.get(kind, kind))


def kind_rows(counts: Mapping[tuple[str, Fate], int]) -> list[KindRow]:
    """Return how many messages of each kind had which fate, by the kinds' names."""
    kinds = {kind for kind, _fate in counts}
    rows = [KindRow(one, kind_words(one), tuple((fate, counts.get((one, fate), 0)) for fate in Fate)) for one in kinds]
    return sorted(rows, key=lambda row: fold(row.words))


@dataclass(frozen=True, slots=True)
class Missed:
    """What did not arrive, in a sentence or two, and which part of the list shows it."""

    words: str
    fate: Fate


def missed_words(found: NotArrived) -> Missed:
    """Return what did not arrive, in words."""
    words = []
    if found.failed:
        words.append(ngettext("%(num)d message did not arrive.", "%(num)d messages did not arrive.", found.failed))
    if found.came_back:
        words.append(
            ngettext(
                "%(num)d came back, because its address does not exist.",
                "%(num)d came back, because their addresses do not exist.",
                found.came_back,
            )
        )
    if found.uncertain:
        words.append(
            ngettext(
                "It is not known whether %(num)d message arrived.",
                "It is not known whether %(num)d messages arrived.",
                found.uncertain,
            )
        )
    return Missed(" ".join(words), Fate.FAILED if found.failed else Fate.UNCERTAIN)
