"""What a change of level does, to be shown before it is done. A file of its own: the act itself is performed first.

Nothing here is guessed. How a session is seen is asked of the Rule before and after the act, who will be told or asked
is counted as the worker will count them, and then all of it is rolled back until somebody confirms what they saw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from workshop.chatham.rule import Audience, Level, Surface, effective_level
from workshop.core.localized import Localized
from workshop.programme.models import Item, LevelProposal, WorkshopSession
from workshop.programme.queries import list_asked_people, list_proposals
from workshop.programme.view import SessionView, session_view, workspace_name
from workshop.rsvp.queries.levels import count_asked, count_people_told_looser, count_told_looser
from workshop.rsvp.rule import level_of
from workshop.summaries.models import Summary
from workshop.summaries.queries import list_published
from workshop.summaries.view import summary_view


@dataclass(frozen=True, slots=True)
class Seen:
    """How a session is seen from outside, as far as its level decides."""

    level: Level
    """Shown for it."""
    own: Level
    """Its own effective level, without its items."""
    items: tuple[tuple[int, Level], ...]
    """Its items' ids and effective levels."""
    is_public: bool
    """Whether anybody who has its address may open its page."""
    title: Localized
    """On that page; empty where there is none."""
    names: int
    """People named there."""
    has_content: bool
    """Whether abstract, place and titles of talks stand there."""
    slides: int
    """Of those who speak, on that page."""
    recordings: int
    """Published."""
    kept_recordings: int
    """Published or not."""
    has_summary: bool
    """Whether one is published and shown there."""
    is_neutral: bool
    """Whether mail and calendars name neither series nor topic."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many people something reaches: by mail, and those who have no address."""

    by_mail: int = 0
    without: int = 0

    @property
    def total(self) -> int:
        """Everybody."""
        return self.by_mail + self.without


@dataclass(frozen=True, slots=True)
class Effect:
    """What an act does to one session."""

    name: Localized
    before: Seen
    after: Seen
    """At once."""
    told: Counts
    """Participants who learn of a stricter level."""
    people_told: Counts
    """The same of those who speak or moderate."""
    proposed: Level | None
    """A looser level that is asked about instead of taking effect."""
    talk: Localized
    """The talk that it is about; empty for the whole session."""
    asked: Counts
    people_asked: Counts
    then: Seen | None
    """How it would be seen once each has agreed."""

    @property
    def is_stricter(self) -> bool:
        """Whether anything becomes stricter at once."""
        before = dict(self.before.items)
        return (
            self.after.level > self.before.level
            or self.after.own > self.before.own
            or any(level > before.get(item, self.before.own) for item, level in self.after.items)
        )

    @property
    def is_looser(self) -> bool:
        """Whether more may be said than people know of, at once or when each of them has agreed."""
        before = dict(self.before.items)
        return (
            self.proposed is not None
            or self.after.level < self.before.level
            or self.after.own < self.before.own
            or any(level < before.get(item, self.before.own) for item, level in self.after.items)
        )


def look(session: Session, sessions: Sequence[WorkshopSession]) -> dict[int, Seen]:
    """Return session's id → how it is seen as it stands in this transaction."""
    published = list_published(session, [one.id for one in sessions])
    return {one.id: _seen(one, published.get(one.id)) for one in sessions}


def proposed_levels(session: Session, sessions: Iterable[WorkshopSession]) -> dict[int, tuple[int | None, Level]]:
    """Return session's id → what is asked about it, for `find_effects`."""
    found = list_proposals(session, [one.id for one in sessions])
    return {one.workshop_session_id: (one.item_id, one.level) for one in found}


def find_effects(
    session: Session,
    sessions: Sequence[WorkshopSession],
    *,
    before: Mapping[int, Seen],
    proposed: Mapping[int, tuple[int | None, Level]],
) -> list[Effect]:
    """Return what an act that was just performed, and is not committed, does to people and pages.

    Drafts of which nobody has heard are left out.

    Args:
        session: the transaction of the act.
        sessions: those that it may have changed, as they stand after it.
        before: what `look` returned before it.
        proposed: what `proposed_levels` returned before it.
    """
    after = look(session, sessions)
    new = {
        one.workshop_session_id: one
        for one in list_proposals(session, [one.id for one in sessions])
        if proposed.get(one.workshop_session_id) != (one.item_id, one.level)
    }
    found = []
    for one in sessions:
        was, stands, proposal = before[one.id], after[one.id], new.get(one.id)
        if (_has_changed(was, stands) and one.is_published) or proposal is not None:
            found.append(_effect(session, one, was, stands, proposal))
    return found


def is_lowered(sessions: Iterable[WorkshopSession], before: Mapping[int, Seen]) -> bool:
    """Whether any level that was there is a looser one now, be it a draft's.

    Args:
        sessions: as they stand after an act.
        before: what `look` returned before it.
    """
    for one in sessions:
        own, _source = effective_level(session=one.level, series=one.series.level)
        stands = {item.id: item.level or own for section in one.sections for item in section.items}
        was = before[one.id]
        if own < was.own or any(stands.get(item, level) < level for item, level in was.items):
            return True
    return False


def _has_changed(was: Seen, stands: Seen) -> bool:
    """Whether any level is another one; a part that came under the session's own, or went, changes none."""
    before = dict(was.items)
    is_other = any(level is not before.get(item, stands.own) for item, level in stands.items)
    return is_other or (was.level, was.own) != (stands.level, stands.own)


def mark_of(effects: Sequence[Effect]) -> str:
    """Return a short text that is another one as soon as anything of this is different."""
    return hashlib.sha256(repr(effects).encode()).hexdigest()[:16]


def _effect(session: Session, one: WorkshopSession, was: Seen, stands: Seen, proposal: LevelProposal | None) -> Effect:
    item = _item(one, proposal)
    asked, people = Counts(), Counts()
    if proposal is not None:
        number, without = count_asked(session, [one.id])[one.id]
        asked = Counts(number - without, without)
        speakers = [person for person, _at in list_asked_people(session, proposal)]
        people = Counts(sum(bool(person.email) for person in speakers), sum(not person.email for person in speakers))
    return Effect(
        name=workspace_name(one),
        before=was,
        after=stands,
        told=Counts(*count_told_looser(session, [one.id])),
        people_told=Counts(*count_people_told_looser(session, [one.id])),
        proposed=proposal.level if proposal is not None else None,
        talk=item.title if item is not None else Localized(),
        asked=asked,
        people_asked=people,
        then=_once_agreed(session, one, item, proposal) if proposal is not None else None,
    )


def _once_agreed(session: Session, one: WorkshopSession, item: Item | None, proposal: LevelProposal) -> Seen:
    """Return how the session would be seen at the level proposed; leaves it as it is."""
    target: WorkshopSession | Item = one if item is None else item
    kept = target.level
    with session.no_autoflush:
        target.level = proposal.level
        seen = _seen(one, list_published(session, [one.id]).get(one.id))
        target.level = kept
    return seen


def _item(one: WorkshopSession, proposal: LevelProposal | None) -> Item | None:
    if proposal is None or proposal.item_id is None:
        return None
    items = (item for section in one.sections for item in section.items)
    return next((item for item in items if item.id == proposal.item_id), None)


def _seen(one: WorkshopSession, summary: Summary | None) -> Seen:
    own, _source = effective_level(session=one.level, series=one.series.level)
    page = session_view(one, audience=Audience.PUBLIC, surface=Surface.PAGE, has_materials=True)
    mail = session_view(one, audience=Audience.PARTICIPANT, surface=Surface.MAIL)
    return Seen(
        level=level_of(one),
        own=own,
        items=tuple((item.id, item.level or own) for section in one.sections for item in section.items),
        is_public=page is not None,
        title=page.title if page is not None else Localized(),
        names=len(_names(page)) if page is not None else 0,
        has_content=page is not None and bool(page.abstract or page.sections or page.place),
        slides=_slides(page),
        recordings=sum(recording.published_at is not None for recording in one.recordings),
        kept_recordings=len(one.recordings),
        has_summary=summary_view(one, summary, audience=Audience.PUBLIC, surface=Surface.PAGE) is not None,
        is_neutral=mail is not None and mail.is_neutral,
    )


def _names(page: SessionView) -> set[str]:
    items = [item for section in page.sections for item in section.items]
    named = [*page.moderators, *(one for item in items for one in (*item.speakers, *item.moderators))]
    return {person.name for person in named}


def _slides(page: SessionView | None) -> int:
    if page is None:
        return 0
    return len(page.slides) + sum(len(item.slides) for section in page.sections for item in section.items)
