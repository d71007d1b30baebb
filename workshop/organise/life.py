"""What became of a message, in the reader's words: its life step by step, and why it did not arrive."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from workshop.mail.claims import WAITS
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.reminders.service.pausing import PAUSED

REASONS: Final = {
    # What the last look found (reminders.service.looking).
    "erased": _("The data of the person it was for has been erased, or there is no address any more."),
    "address refused": _("An earlier message came back: this address does not exist. Nothing more was sent there."),
    "another address": _("The address has changed since; the message for the new one is another."),
    "answer withdrawn": _("The answer was withdrawn before it left."),
    "answer changed": _("The answer changed before it left; another message says how it stands."),
    "no longer theirs": _("They no longer speak or moderate here."),
    "answered": _("The invitation was answered or taken back before it left."),
    "declined": _("The invitation was answered or taken back before it left."),
    "withdrawn": _("The invitation was answered or taken back before it left."),
    "no session left": _("None of its sessions could be answered any more."),
    "reminders stopped": _("The person wants no more reminders."),
    "reminder declined": _("The person does not want this reminder."),
    "reminders paused": _("Reminders were paused."),
    "session cancelled": _("The session was cancelled before it left."),
    "session reinstated": _("The session takes place after all; there was nothing left to say."),
    "session not confirmed": _("The session was a draft, or its date not certain, when it should have left."),
    "session moved": _("The session was moved before it left; it is planned anew for the new date."),
    "session begun": _("The session had begun."),
    "session over": _("The session was over."),
    "session not over": _("The session was not over yet."),
    "session no longer announced": _("The session was no longer published."),
    "level changed": _("The rule became stricter: it would have said too much. What may be said is written anew."),
    "discretion asked": _("The person asked for discretion: it would have said too much."),
    "no longer speaks": _("The person does not speak or moderate in this session any more."),
    "has agreed": _("The person had agreed already."),
    "no longer asked": _("The question was taken back."),
    "nothing to confirm": _("There was nothing left to confirm."),
    "not confirmed": _("The address had not been confirmed."),
    "no longer public": _("The series was no longer public."),
    "nothing to take out": _("No calendar held anything to take out."),
    "nothing left to tell": _("What it announced has been taken back."),
    "announcement paused": _("The announcement was paused."),
    "announcement stopped": _("The announcement was stopped."),
    "no longer concerned": _("The announcement is no longer for this person: their answer or choices changed."),
    "announcements stopped": _("The person wants no more announcements."),
    "no longer wanted": _("It is no longer wanted."),
    "superseded": _("A newer message says it better."),
    "a newer change": _("A newer message says it better."),
    "changed again": _("A newer message says it better."),
    "asked again": _("It was asked for again, and a newer message left."),
    "sent again": _("It was asked for again, and a newer message left."),
    "too late": _("It could not leave in time, and would have helped nobody any more."),
    # What the worker and the relay said (mail.delivery, mail.transport).
    "the worker fell silent": _("The worker stopped while it was leaving: it may have arrived, or not."),
    "the worker was interrupted": _("The worker was ended while it was leaving: it may have arrived, or not."),
    "the address needs SMTPUTF8, which the relay does not offer": _(
        "Our mail server cannot write to this address: the part before the @ has other letters than plain a to z."
    ),
}
"""Sentences for the reasons that are kept; lazily translated."""

# RFC 3463, 3: class and subject of a status code, the most telling first.
_STATUSES: Final = (
    (("5.1.10", "5.1."), _("This address does not exist.")),
    (("5.2.2", "4.2.2"), _("The mailbox is full.")),
    (("5.2.", "4.2."), _("The mailbox takes no mail at present.")),
    (("5.3.4", "5.2.3"), _("The message is too large for that mailbox.")),
    (("5.4.", "4.4."), _("The mail server of that address cannot be reached.")),
    (("5.7.", "4.7."), _("The mail server of that address refuses our mail.")),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step in a message's life."""

    words: str
    at: datetime
    is_to_come: bool = False


def reason_words(reason: str) -> str:
    """Return why a message did not leave, waits or may have left, as a sentence; a reason unknown here as it is."""
    if reason in REASONS:
        return str(REASONS[reason])
    for pattern, say in _PATTERNS:
        if found := pattern.match(reason):
            return say(found)
    return reason


def _came_back(found: re.Match[str]) -> str:
    return f"{gettext('It came back.')} {_status_words(found['status'])} ({found['status']})"


def _refused(found: re.Match[str]) -> str:
    return f"{_status_words(found['status'] or '', found['code'])} ({found.string})"


def _unmade(found: re.Match[str]) -> str:
    code = found[0]
    words = gettext("The message could not be put together; whoever runs this site can say why (%(code)s).", code=code)
    return str(words)


def _untrusted(found: re.Match[str]) -> str:
    code = found.string.removeprefix("no connection: ")
    return str(gettext("Our mail server showed a certificate that cannot be trusted (%(code)s).", code=code))


def _unconnected(found: re.Match[str]) -> str:
    code = found.string[found.end() :]
    return str(gettext("Our mail server does not answer, or does not let us in (%(code)s).", code=code))


def _interrupted(found: re.Match[str]) -> str:
    code = found.string[found.end() :]
    return str(gettext("The connection to our mail server broke off (%(code)s).", code=code))


def _status_words(status: str, code: str = "") -> str:
    for beginnings, words in _STATUSES:
        if status.startswith(beginnings):
            return str(words)
    if (code or status).startswith("4"):
        return str(gettext("The mail server does not take it for now."))
    return str(gettext("The mail server refused it for good."))


def life_of(message: OutboxMessage) -> list[Step]:
    """Return the life of a message, the earliest step first: what is known of it, and what comes next."""
    steps = [Step(gettext("Written"), message.created_at)]
    if message.claimed_at is not None and message.state is OutboxState.CLAIMED:
        steps.append(Step(gettext("Taken up by the worker"), message.claimed_at))
    if message.payload_begun_at is not None:
        steps.append(Step(_attempt_words(message.attempts), message.payload_begun_at))
    if message.uncertain_at is not None:
        steps.append(Step(gettext("The line broke off while it was leaving: it may have left"), message.uncertain_at))
    if message.finished_at is not None:
        words = _TAKEN_BACK if message.reason == PAUSED else _ENDS.get(message.state, message.state.value)
        steps.append(Step(str(words), message.finished_at))
    elif message.state in {OutboxState.QUEUED, OutboxState.UNCERTAIN}:
        steps.append(Step(_next_words(message), message.next_attempt_at, is_to_come=True))
        if message.expires_at is not None:
            steps.append(Step(gettext("Not sent after that time"), message.expires_at, is_to_come=True))
    if message.body_erased_at is not None:
        steps.append(Step(gettext("Its text was erased"), message.body_erased_at))
    return sorted(steps, key=lambda step: (step.is_to_come, step.at))


def _attempt_words(number: int) -> str:
    if number <= 1:
        return str(gettext("Handed to the mail server"))
    return str(ngettext("Attempt number %(num)d", "Attempt number %(num)d", number))


def _next_words(message: OutboxMessage) -> str:
    if message.uncertain_at is not None:
        return str(gettext("Sent once more, with the same number: a mail program that has it already shows it once"))
    if not message.attempts:
        return str(gettext("Leaves"))
    return str(gettext("Next attempt: number %(next)d of %(most)d", next=message.attempts + 1, most=len(WAITS) + 1))


_TAKEN_BACK: Final = _("Taken back")
_ENDS: Final = {
    OutboxState.SENT: _("Taken by the mail server"),
    OutboxState.FAILED: _("Given up"),
    OutboxState.UNCERTAIN: _("Given up: it may have left, and is not sent twice"),
    OutboxState.SUPERSEDED: _("Replaced by a newer message"),
    OutboxState.EXPIRED: _("Given up: too late"),
    OutboxState.DISCARDED: _("Not sent: no longer right"),
}
_PATTERNS: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]] = (
    (re.compile(r"bounced: (?P<status>[245]\.\d{1,3}\.\d{1,3})$"), _came_back),
    (re.compile(r"(?P<code>[245]\d\d)(?: (?P<status>[245]\.\d{1,3}\.\d{1,3}))?$"), _refused),
    (re.compile(r"(?:could not be made|file not written): \w+$"), _unmade),
    (re.compile(r"(?i).*\b(?:certificate|SSL\w*|TLS)\b"), _untrusted),
    (re.compile(r"no connection: "), _unconnected),
    (re.compile(r"connection lost: "), _interrupted),
)
