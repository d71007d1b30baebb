"""What pages are given of announcements: rows and facts for organisers, messages for whoever got them."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from workshop.announcements.models import Announcement
from workshop.announcements.queries import ANY, Group, Whom
from workshop.announcements.rule import Paragraph, paragraphs
from workshop.chatham.rule import Audience, Surface
from workshop.core.language import language_name, languages
from workshop.core.localized import Localized
from workshop.core.typography import typeset
from workshop.mail.models import OutboxState
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.view import session_disclosure
from workshop.rsvp.view.lists import STATES as ANSWER_STATES
from workshop.rsvp.view.lists import session_name


class State(enum.StrEnum):
    """Where an announcement stands."""

    DRAFT = "draft"
    PLANNED = "planned"
    LEAVING = "leaving"
    PAUSED = "paused"
    STOPPED = "stopped"
    WRITTEN = "written"


STATES = {
    State.DRAFT: _("a draft: nothing of it leaves"),
    State.PLANNED: _("planned to leave"),
    State.LEAVING: _("leaving now"),
    State.PAUSED: _("held back"),
    State.STOPPED: _("ended for good"),
    State.WRITTEN: _("sent to everybody"),
}
WHOM = {
    Whom.ANSWERED: _("Those who answered"),
    Whom.INFORMED: _("Those who asked for announcements"),
}
NO_FILTER = _("coming, perhaps, or waiting")
_MESSAGES = (
    (_("Messages sent"), (OutboxState.SENT,)),
    (_("Messages that wait to leave"), (OutboxState.QUEUED, OutboxState.CLAIMED)),
    (_("Messages that did not arrive"), (OutboxState.FAILED,)),
    (_("Messages that may have left"), (OutboxState.UNCERTAIN,)),
    (
        _("Messages not sent, as they were no longer right"),
        (OutboxState.DISCARDED, OutboxState.SUPERSEDED, OutboxState.EXPIRED),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnouncementRow:
    """An announcement as its organisers see it."""

    key: str
    subject: Localized
    state: State
    state_words: str
    version: int
    created_at: datetime
    confirmed_at: datetime | None
    leaves_at: datetime | None
    tested_at: datetime | None
    has_begun: bool
    may_be_held: bool
    """Whether there is anything left to pause or stop."""

    @property
    def is_draft(self) -> bool:
        """Whether it can still be changed."""
        return self.state is State.DRAFT


@dataclass(frozen=True, slots=True)
class MessageView:
    """An announcement as whoever got it reads it."""

    subject: str
    paragraphs: Sequence[Paragraph]
    language: str | None
    """Of the text, where it is another than the page's."""
    at: datetime


def state_of(announcement: Announcement, *, now: datetime) -> State:
    """Return where an announcement stands."""
    if announcement.stopped_at is not None:
        return State.STOPPED
    if announcement.confirmed_at is None or announcement.leaves_at is None:
        return State.DRAFT
    if announcement.paused_at is not None:
        return State.PAUSED
    if announcement.finished_at is not None:
        return State.WRITTEN
    return State.PLANNED if announcement.leaves_at > now else State.LEAVING


def announcement_row(announcement: Announcement, *, now: datetime, waiting: int = 0) -> AnnouncementRow:
    """Return an announcement as its organisers see it; `waiting`: how many of its messages are in the outbox."""
    state = state_of(announcement, now=now)
    return AnnouncementRow(
        key=announcement.key,
        subject=announcement.subject,
        state=state,
        state_words=str(STATES[state]),
        version=announcement.version,
        created_at=announcement.created_at,
        confirmed_at=announcement.confirmed_at,
        leaves_at=announcement.leaves_at,
        tested_at=announcement.tested_at,
        has_begun=bool(announcement.cursor or announcement.is_at_subscribers or announcement.finished_at),
        may_be_held=state in {State.PLANNED, State.LEAVING} or (state is State.WRITTEN and waiting > 0),
    )


def group_facts(group: Group, sessions: Iterable[WorkshopSession], language: str) -> list[tuple[str, str]]:
    """Return whom an announcement is for, in words: (what is asked for, answer)."""
    facts = [(gettext("Whom it is for"), str(WHOM[group.whom]))]
    if group.whom is Whom.ANSWERED:
        names = [
            session_name(one).pick(language, languages()).value for one in sessions if one.id in group.sessions
        ] or ([] if group.sessions else [gettext("all of the series")])
        facts.append((gettext("Sessions"), ", ".join(names) or gettext("none that still exists")))
        states = [str(ANSWER_STATES[state]) for state in group.states] or [str(NO_FILTER)]
        facts.append((gettext("State of the answer"), ", ".join(states)))
    if group.languages:
        named = ", ".join(language_name(code, language) for code in group.languages)
        facts.append((gettext("Language of the messages"), named))
    if group.interpretation:
        into = gettext("any language") if group.interpretation == ANY else language_name(group.interpretation, language)
        facts.append((gettext("Interpretation needed into"), into))
    if group.has_needs:
        facts.append((gettext("Access needs"), gettext("told to you")))
    return facts


def message_facts(states: Mapping[OutboxState, int]) -> list[tuple[str, int]]:
    """Return how many messages stand how, in words; what is none is left out."""
    counted = ((str(words), sum(states.get(state, 0) for state in of)) for words, of in _MESSAGES)
    return [(words, number) for words, number in counted if number]


def message_view(announcement: Announcement, at: datetime, language: str) -> MessageView:
    """Return an announcement for a reader of `language` who got it at that instant."""
    order = announcement.series.languages
    body, subject = announcement.body.pick(language, order), announcement.subject.pick(language, order)
    other = body.language if body.language not in {None, language} else None
    words, text = typeset(subject.value, subject.language), typeset(body.value, body.language)
    return MessageView(words, paragraphs(text), other, at)


def listed(series: Series) -> list[WorkshopSession]:
    """Return the sessions whose list the Rule lets organisers have, in order."""
    return [
        one
        for one in series.sessions
        if session_disclosure(one, audience=Audience.ORGANISER, surface=Surface.PAGE).participant_names
    ]


def interpreted_into(sessions: Collection[WorkshopSession]) -> tuple[str, ...]:
    """Return the languages into which any of these sessions is interpreted."""
    return tuple(sorted({str(offer["into"]) for one in sessions for offer in one.interpretation}))
