"""One search over what somebody may see in the workspace: pages ask it, it knows of roles and of no page.

Words are compared with case and accents folded, in every language of a text; each of them must be found. What was
looked for is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from workshop.accounts.models import Role
from workshop.accounts.rule import LISTERS, PLANNERS, READERS, WRITERS
from workshop.chatham.rule import Audience, Surface
from workshop.core.folding import fold
from workshop.core.localized import Localized
from workshop.people.models import Person
from workshop.programme.models import Item, Section, Series, WorkshopSession
from workshop.programme.view import default_label, session_disclosure, workspace_name
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.view.lists import state_words

SHOWN: Final = 20
"""So many of a kind are shown; the lists of a series show all."""
SHORTEST: Final = 2
"""Letters: with fewer, everybody would be found."""
LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class SeriesHit:
    """A series."""

    slug: str
    title: Localized


@dataclass(frozen=True, slots=True)
class SessionHit:
    """A session, and the talks in it that were found."""

    series: str
    """Slug, as below."""
    series_title: Localized
    slug: str
    name: Localized
    starts_at: datetime
    tzid: str
    talks: tuple[Localized, ...]
    may_write: bool


@dataclass(frozen=True, slots=True)
class PersonHit:
    """Somebody who speaks, moderates or organises."""

    series: str
    series_title: Localized
    id: int
    name: str
    affiliations: tuple[Localized, ...]


@dataclass(frozen=True, slots=True)
class AnswerHit:
    """Somebody's answer, as the list of the session shows it."""

    series: str
    series_title: Localized
    session: str
    session_name: Localized
    name: str
    affiliation: str
    state: str
    """In a word or two."""


@dataclass(frozen=True, slots=True)
class Hits:
    """What was found, at most SHOWN of a kind."""

    series: tuple[SeriesHit, ...] = ()
    sessions: tuple[SessionHit, ...] = ()
    people: tuple[PersonHit, ...] = ()
    answers: tuple[AnswerHit, ...] = ()
    looked: Mapping[int, int] | None = None
    """Id of each series whose lists were looked through → how many rows of it are shown."""
    is_cut: bool = False
    """There is more of some kind."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing was found."""
        return not (self.series or self.sessions or self.people or self.answers)


def find(session: Session, words: str, *, roles: Mapping[int, Role]) -> Hits:
    """Return what somebody finds; the same few statements, however much there is.

    Args:
        session: the database.
        words: as typed.
        roles: series' id → theirs.
    """
    wanted = fold(words[:LONGEST]).split()
    own = {series_id: role for series_id, role in roles.items() if role in READERS}
    if len("".join(wanted)) < SHORTEST or not own:
        return Hits()
    titles = _titles(session, own)
    series = [SeriesHit(slug, title) for slug, title, subtitle in titles.values() if _has(wanted, title, subtitle)]
    sessions = _sessions(session, wanted, own, titles)
    people = _people(session, wanted, {one for one, role in own.items() if role in PLANNERS}, titles)
    listed = {one for one, role in own.items() if role in LISTERS}
    answers, numbers = _answers(session, wanted, listed, titles)
    return Hits(
        tuple(series[:SHOWN]),
        tuple(sessions[:SHOWN]),
        tuple(people[:SHOWN]),
        tuple(answers[:SHOWN]),
        looked=numbers,
        is_cut=any(len(part) > SHOWN for part in (series, sessions, people, answers)),
    )


_Titles = Mapping[int, tuple[str, Localized, Localized]]
"""Series' id → slug, title, subtitle."""


def _has(wanted: Iterable[str], *texts: Localized | str | None) -> bool:
    whole = fold(" ".join(value for text in texts if text for value in _values(text)))
    return all(word in whole for word in wanted)


def _values(text: Localized | str) -> tuple[str, ...]:
    """Return a text in all its languages, or the one that stands for them all."""
    return (text,) if isinstance(text, str) else (*text.values(),) or (text.pick("").value,)


def _titles(session: Session, own: Collection[int]) -> _Titles:
    rows = session.execute(
        sa.select(Series.id, Series.slug, Series.title, Series.subtitle)
        .where(Series.id.in_(list(own)))
        .order_by(Series.id.desc())
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def _sessions(session: Session, wanted: list[str], own: Mapping[int, Role], titles: _Titles) -> list[SessionHit]:
    of_talks: dict[int, list[Localized]] = {}
    for session_id, title in session.execute(
        sa.select(Section.workshop_session_id, Item.title)
        .join(Item, Item.section_id == Section.id)
        .join(WorkshopSession, WorkshopSession.id == Section.workshop_session_id)
        .where(WorkshopSession.series_id.in_(list(own)))
        .order_by(Section.position, Item.position)
    ):
        if _has(wanted, title):
            of_talks.setdefault(session_id, []).append(title)
    one = WorkshopSession
    found = []
    for row in session.execute(
        sa.select(
            one.id, one.series_id, one.slug, one.number, one.label, one.short_title, one.title, one.public_title,
            one.starts_at, one.tzid,
        )
        .where(one.series_id.in_(list(own)))
        .order_by(one.starts_at.desc(), one.id)
    ):  # fmt: skip
        label = row.label or default_label(row.number)
        talks = tuple(of_talks.get(row.id, ()))
        if talks or _has(wanted, row.title, row.short_title, row.public_title, label):
            slug, title, _subtitle = titles[row.series_id]
            found.append(
                SessionHit(
                    slug, title, row.slug, row.title or label, row.starts_at, row.tzid, talks,
                    own[row.series_id] in WRITERS,
                )
            )  # fmt: skip
    return found


def _people(session: Session, wanted: list[str], series_ids: Collection[int], titles: _Titles) -> list[PersonHit]:
    if not series_ids:
        return []
    rows = session.execute(
        sa.select(Person.series_id, Person.id, Person.name, Person.affiliations)
        .where(Person.series_id.in_(list(series_ids)))
        .order_by(Person.name, Person.id)
    )
    return [
        PersonHit(*titles[row.series_id][:2], row.id, row.name, tuple(row.affiliations))
        for row in rows
        if _has(wanted, row.name, *row.affiliations)
    ]


def _answers(
    session: Session, wanted: list[str], series_ids: Collection[int], titles: _Titles
) -> tuple[list[AnswerHit], dict[int, int]]:
    """Return whose answers were found where the Rule gives a list, and how many of each series are shown."""
    numbers = dict.fromkeys(sorted(series_ids), 0)
    if not series_ids:
        return [], numbers
    answers = session.scalars(
        sa.select(Answer)
        .join(Answer.participant)
        .where(
            Participant.series_id.in_(list(series_ids)),
            Participant.erased_at.is_(None),
            Answer.state != AnswerState.PENDING,
            *(
                sa.or_(
                    Participant.name_folded.contains(word, autoescape=True),
                    Participant.affiliation_folded.contains(word, autoescape=True),
                )
                for word in wanted
            ),
        )
        .options(contains_eager(Answer.participant))
        .order_by(Participant.name_folded, Answer.id)
        .limit(SHOWN + 1)
    ).all()
    whole = _levels(session, {answer.workshop_session_id for answer in answers})
    hits: list[AnswerHit] = []
    for answer in answers:
        one = whole[answer.workshop_session_id]
        if not session_disclosure(one, audience=Audience.ORGANISER, surface=Surface.PAGE).participant_names:
            continue
        if len(hits) < SHOWN:
            numbers[one.series_id] += 1
        slug, title, _subtitle = titles[one.series_id]
        name = workspace_name(one)
        who = answer.participant
        hits.append(AnswerHit(slug, title, one.slug, name, who.name, who.affiliation, state_words(answer)))
    return hits, numbers


def _levels(session: Session, session_ids: Collection[int]) -> dict[int, WorkshopSession]:
    """Return sessions with all that decides whether they have a list, and no more."""
    found = session.scalars(
        sa.select(WorkshopSession)
        .where(WorkshopSession.id.in_(list(session_ids)))
        .options(
            joinedload(WorkshopSession.series, innerjoin=True),
            selectinload(WorkshopSession.sections).selectinload(Section.items),
        )
    )
    return {one.id: one for one in found}
