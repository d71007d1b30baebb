"""A draft session made of what somebody checked in a pasted announcement: people, programme, committee, in one act."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.folding import fold
from workshop.core.localized import Localized
from workshop.people.models import Person
from workshop.people.service import list_by_key, set_committee
from workshop.people.values import PersonValues
from workshop.programme.models import ItemKind, Series, WorkshopSession
from workshop.programme.service.people import add_person
from workshop.programme.service.sessions import create_session
from workshop.programme.service.values import ItemValues, SectionValues, SessionValues


class PastedPerson(NamedTuple):
    """Somebody as written in an announcement."""

    name: str
    affiliation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedItem:
    """An item of the programme; `field` says where it was entered."""

    field: str
    kind: ItemKind
    title: Localized
    starts: str
    minutes: int | None
    speakers: tuple[PastedPerson, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedSection:
    """A section of the programme; `field` says where it was entered."""

    field: str
    title: Localized
    items: tuple[PastedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastedProgramme:
    """The programme, and who organises."""

    sections: tuple[PastedSection, ...]
    moderators: tuple[PastedPerson, ...]
    committee: tuple[PastedPerson, ...]

    def place_of(self, path: str) -> str:
        """Return where what a service calls `programme.0.items.1.title` was entered; empty for anything else."""
        parts = path.split(".")
        if parts[0] != "programme" or len(parts) < 2 or not parts[1].isdigit():  # noqa: PLR2004 (programme, its number)
            return ""
        section = self.sections[int(parts[1])]
        is_of_item = len(parts) > 3 and parts[2] == "items" and parts[3].isdigit()  # noqa: PLR2004 (items, their number)
        return section.items[int(parts[3])].field if is_of_item else section.field


def create_pasted(
    session: Session,
    *,
    now: datetime,
    series: Series,
    values: SessionValues,
    programme: PastedProgramme,
    actor: str,
    instance_languages: Sequence[str],
) -> WorkshopSession:
    """Create a draft session with its programme; whoever is not in the directory comes into it. Flushes.

    Args:
        session: the database.
        now: the present instant.
        series: the series.
        values: the session; never published here.
        programme: its programme, moderators, and who joins the committee.
        actor: as the log names who did it.
        instance_languages: in which texts may be.

    Raises:
        InvalidValuesError: with every fault; `several_people` where a name means several in the directory.
    """
    finder = _Finder(session, now, series, actor)
    sections = tuple(
        SectionValues(
            title=section.title,
            items=tuple(
                ItemValues(
                    kind=item.kind,
                    title=item.title,
                    starts=item.starts,
                    minutes=item.minutes,
                    speakers=finder.keys(item.speakers, item.field),
                )
                for item in section.items
            ),
        )
        for section in programme.sections
    )
    moderators = finder.keys(programme.moderators, "moderators")
    joining = finder.keys(programme.committee, "committee")
    if finder.faults:
        raise InvalidValuesError(finder.faults)
    made = create_session(
        session,
        now=now,
        series=series,
        values=dataclasses.replace(values, is_published=False, moderators=moderators),
        sections=sections,
        actor=actor,
        instance_languages=instance_languages,
    )
    standing = [member.person.key for member in series.committee]
    if new := [key for key in joining if key not in standing]:
        set_committee(session, now=now, series_id=series.id, keys=[*standing, *new])
        session.expire(series, ["committee"])
        record(session, now=now, actor=actor, action="programme.set_committee", object_=f"series:{series.id}")
    return made


class _Finder:
    """Finds people by name, accents and case aside, and adds those who are new."""

    def __init__(self, session: Session, now: datetime, series: Series, actor: str) -> None:
        self.session = session
        self.now = now
        self.series = series
        self.actor = actor
        self.faults: list[Fault] = []
        self.known: dict[str, list[Person]] = {}
        for person in list_by_key(session, series_id=series.id).values():
            self.known.setdefault(fold(person.name), []).append(person)

    def keys(self, people: Iterable[PastedPerson], field: str) -> tuple[str, ...]:
        """Return their keys, each once."""
        found = [self._key(person, field) for person in people]
        return tuple(dict.fromkeys(key for key in found if key))

    def _key(self, person: PastedPerson, field: str) -> str:
        name = fold(person.name)
        same = self.known.get(name, [])
        if len(same) > 1:
            self.faults.append(Fault(field, "several_people", {"name": person.name}))
            return ""
        if same:
            return same[0].key
        affiliations = (Localized.neutral(person.affiliation),) if person.affiliation else ()
        try:
            made = add_person(
                self.session,
                now=self.now,
                series=self.series,
                values=PersonValues(key="", name=person.name, affiliations=affiliations),
                actor=self.actor,
                languages=self.series.languages,
            )
        except InvalidValuesError as fault:
            self.faults += [Fault(field, one.code, one.context) for one in fault.faults]
            return ""
        self.known[name] = [made]
        return made.key
