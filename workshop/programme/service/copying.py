"""Making a session or a series after another one: what organisers chose comes along, people's own doings never do.

Answers, invitations, consents, slides, recordings, summaries, feedback and messages belong to what took place, and stay
there. What comes along is written through the services of the forms, so that a copy is checked like anything else.
"""

from __future__ import annotations

import dataclasses
import enum
import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from workshop.audit.service import record
from workshop.core.errors import ConflictError
from workshop.core.localized import Localized
from workshop.mail.texts import copy_own
from workshop.people.models import Person, Portrait
from workshop.people.service import save_person, set_committee
from workshop.people.staleness import forget
from workshop.people.values import person_values
from workshop.programme.models import GlossaryTerm, Item, Series, SessionStatus, SpeakerSlot, WorkshopSession
from workshop.programme.service.questions import write_questions
from workshop.programme.service.series import create_series
from workshop.programme.service.sessions import create_session
from workshop.programme.service.standing import touch
from workshop.programme.service.values import (
    ItemValues,
    SectionValues,
    SessionValues,
    item_values,
    question_values,
    section_values,
    series_values,
    session_values,
)
from workshop.programme.view import default_label

SHIFT = timedelta(weeks=52)
"""A year, so that a Monday stays a Monday."""


class NoDraftError(ConflictError):
    """What was published, or answered, is cancelled and never deleted."""

    code = "session_no_draft"


class Part(enum.StrEnum):
    """What may come along. A level and who may know of a session always do, so that no text becomes looser."""

    TEXTS = "texts"
    PROGRAMME = "programme"
    PEOPLE = "people"
    """Who speaks and moderates, but for who declined; what they agreed to never."""
    SETTINGS = "settings"
    QUESTIONS = "questions"
    PARTNERS = "partners"
    ROOM = "room"
    """The address of the online room."""
    GLOSSARY = "glossary"
    """A series' own terms; like the two that follow, of a series alone."""
    MAIL = "mail"
    """A series' own wording of mails."""
    PORTRAITS = "portraits"
    """Pictures of those people who come along."""


USUAL = (Part.TEXTS, Part.PROGRAMME, Part.PEOPLE, Part.SETTINGS, Part.QUESTIONS, Part.PARTNERS)
"""All but the room, whose address the people of the other session know."""
USUAL_OF_SERIES = (*USUAL, Part.GLOSSARY, Part.MAIL)
"""All but the room, and the pictures, which people gave for the other series."""
_TEXTS = ("title", "short_title", "public_title", "abstract", "objectives", "links", "monolingual", "format")
_SETTINGS = (
    "mode", "place", "floor_languages", "interpretation", "capacity", "has_waiting_list", "needs_approval", "shares",
    "reminders",
)  # fmt: skip


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """When a copy takes place: naive wall times in `tzid`, with which of two equal ones is meant."""

    starts_wall: datetime
    ends_wall: datetime
    tzid: str
    fold: int | None = None
    ends_fold: int | None = None


def values_after(
    source: WorkshopSession,
    parts: Collection[Part],
    when: When,
    *,
    number: int | None,
    slug: str = "",
    title: Localized | None = None,
) -> SessionValues:
    """Return what is said of a copy: a draft. Pure.

    Args:
        source: the session that it is made after.
        parts: what comes along.
        when: its time. When answers open and close moves with it.
        number: its own.
        slug: its own; empty: the number.
        title: its own; None: the other one's where texts come along.
    """
    stored = session_values(source)
    names = (*(_TEXTS if Part.TEXTS in parts else ()), *(_SETTINGS if Part.SETTINGS in parts else ()))
    given: dict[str, Any] = {name: getattr(stored, name) for name in names}
    given |= {"level": stored.level, "visibility": stored.visibility}
    if Part.SETTINGS in parts:
        given |= _answering(stored, when)
    if Part.TEXTS in parts:
        given["label"] = _renumbered(stored.label, stored.number, number)
    given.setdefault("floor_languages", stored.floor_languages)
    if title:
        given["title"] = title
    given.setdefault("title", default_label(number))
    return SessionValues(
        **given,
        **{field.name: getattr(when, field.name) for field in dataclasses.fields(when)},
        number=number,
        slug=slug,
        room_link=stored.room_link if Part.ROOM in parts else "",
        status=SessionStatus.CONFIRMED,
        moderators=_coming(stored.moderators or (), source.slots) if Part.PEOPLE in parts else None,
        partners=stored.partners if Part.PARTNERS in parts else None,
    )


def copy_session(
    session: Session,
    *,
    now: datetime,
    source: WorkshopSession,
    target: Series,
    values: SessionValues,
    parts: Collection[Part],
    actor: str = "command",
    instance_languages: Sequence[str] | None = None,
) -> WorkshopSession:
    """Make a draft after another session. Flushes.

    Args:
        session: the database.
        now: the present instant.
        source: the session that it is made after.
        target: the series that it belongs to, which knows the people by the same keys.
        values: from `values_after`.
        parts: what comes along.
        actor: as the log names who did it.
        instance_languages: in which texts may be; None: the series'.

    Raises:
        InvalidValuesError: with every fault.
    """
    made = create_session(
        session,
        now=now,
        series=target,
        values=values,
        sections=_sections(source, parts),
        actor=actor,
        instance_languages=instance_languages,
    )
    if Part.QUESTIONS in parts and source.questions:
        said = [question_values(question) for question in source.questions]
        write_questions(session, now=now, owner=made, values=said, actor=actor)
    return made


def copy_series(  # noqa: PLR0913 (everything that one page asks)
    session: Session,
    *,
    now: datetime,
    source: Series,
    slug: str,
    title: Localized,
    parts: Collection[Part],
    first_on: date | None,
    actor: str = "command",
    instance_languages: Sequence[str] | None = None,
) -> Series:
    """Make a series after another one, its sessions as drafts. Flushes; whoever makes it still has to be its owner.

    Args:
        session: the database.
        now: the present instant.
        source: the series that it is made after, whole.
        slug: its own address.
        title: its own.
        parts: what comes along; people come into the new series as entries of their own.
        first_on: on which day its first session is, the others at the same distance; None: without sessions.
        actor: as the log names who did it.
        instance_languages: in which texts may be; None: the series'.

    Raises:
        InvalidValuesError: with every fault.
    """
    values = dataclasses.replace(series_values(source), slug=slug, title=title, committee=None)
    if Part.PARTNERS not in parts:
        values = dataclasses.replace(values, partners=None)
    if Part.TEXTS not in parts:
        nothing = Localized()
        values = dataclasses.replace(values, subtitle=nothing, kind=nothing, description=nothing, links=())
    committee: tuple[str, ...] | None = None
    made = create_series(session, now=now, values=values, actor=actor, instance_languages=instance_languages)
    if Part.PEOPLE in parts:
        languages = instance_languages or source.languages
        for person in source.people:
            save_person(session, now=now, series_id=made.id, values=person_values(person), languages=languages)
        committee = tuple(member.person.key for member in source.committee)
        if Part.PORTRAITS in parts:
            _copy_portraits(session, source, made)
    _complete(session, now, source, made, parts, committee, actor)
    if first_on is not None:
        _copy_sessions(session, now, source, made, parts, first_on, actor, instance_languages)
    return made


def delete_draft(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, has_answers: bool, actor: str = "command"
) -> None:
    """Take a session away that was never published and that nobody has answered, with all that hangs on it. Flushes.

    Args:
        session: the database.
        now: the present instant.
        workshop_session: the session.
        has_answers: whether anyone has answered, counted under `lock`.
        actor: as the log names who did it.

    Raises:
        NoDraftError: somebody has answered, or it was published once: it is cancelled instead.
    """
    check_draft(workshop_session, has_answers=has_answers)
    series, number = workshop_session.series, workshop_session.id
    sections = list(workshop_session.sections)
    forget(
        session,
        [
            f"session:{number}",
            *(f"section:{section.id}" for section in sections),
            *(f"item:{item.id}" for section in sections for item in section.items),
        ],
    )
    session.delete(workshop_session)
    session.flush()
    session.expire(series, ["sessions"])
    touch(session, series, now=now)
    object_ = f"series:{series.id}"  # where its log is read; the session is no more
    record(
        session, now=now, actor=actor, action="programme.delete_session", object_=object_, details={"session": number}
    )


def check_draft(workshop_session: WorkshopSession, *, has_answers: bool) -> None:
    """Raise NoDraftError unless a session was never published and nobody has answered."""
    if has_answers or workshop_session.published_at is not None or workshop_session.is_published:
        raise NoDraftError


def _sections(source: WorkshopSession, parts: Collection[Part]) -> list[SectionValues]:
    if Part.PROGRAMME not in parts:
        return []
    has_people = Part.PEOPLE in parts
    return [
        dataclasses.replace(
            section_values(section),
            id=None,
            items=tuple(_item(item, has_people=has_people) for item in section.items),
        )
        for section in source.sections
    ]


def _item(item: Item, *, has_people: bool) -> ItemValues:
    values = dataclasses.replace(item_values(item), id=None)
    if not has_people:
        return dataclasses.replace(values, speakers=(), moderators=())
    return dataclasses.replace(
        values,
        speakers=_coming(values.speakers, item.slots),
        moderators=_coming(values.moderators, item.slots),
    )


def _coming(keys: Sequence[str], slots: Iterable[SpeakerSlot]) -> tuple[str, ...]:
    """Return those of the keys whose bearers did not say that they cannot: they are asked anew by organisers alone."""
    declined = {slot.person.key for slot in slots if slot.declined_at is not None}
    return tuple(key for key in keys if key not in declined)


def _answering(stored: SessionValues, when: When) -> dict[str, datetime | None]:
    """Return when answers open and close, at the same distance from the start."""
    moved = when.starts_wall - stored.starts_wall
    return {
        name: None if getattr(stored, name) is None else getattr(stored, name) + moved
        for name in ("rsvp_opens_wall", "rsvp_closes_wall")
    }


def _renumbered(label: Localized, before: int | None, after: int | None) -> Localized:
    """Return a label such as "Workshop 4" with the other number; one that does not name it stays."""
    if before is None or after is None:
        return label
    number = re.compile(rf"(?<!\d){before}(?!\d)")
    if label.is_neutral:
        return Localized.neutral(number.sub(str(after), str(label.to_json())))
    return Localized({language: number.sub(str(after), text) for language, text in label.items()})


def _copy_portraits(session: Session, source: Series, made: Series) -> None:
    """Give the people of a copy the pictures that they have in the series it is made after. Flushes."""
    own = aliased(Person)
    rows = session.execute(
        sa.select(own.id, Portrait.media_type, Portrait.content, Portrait.uploaded_at, Portrait.uploaded_by)
        .join(Person, Person.key == own.key)
        .join(Portrait, Portrait.person_id == Person.id)
        .where(Person.series_id == source.id, own.series_id == made.id)
    )
    names = ("person_id", "media_type", "content", "uploaded_at", "uploaded_by")
    session.add_all(Portrait(**dict(zip(names, row, strict=True))) for row in rows)
    session.flush()


def _complete(
    session: Session,
    now: datetime,
    source: Series,
    made: Series,
    parts: Collection[Part],
    committee: Sequence[str] | None,
    actor: str,
) -> None:
    """Write what stands beside a series' own values: committee, questions, wording of mails, terms."""
    if committee:
        set_committee(session, now=now, series_id=made.id, keys=committee)
    if Part.QUESTIONS in parts and source.questions:
        said = [question_values(question) for question in source.questions]
        write_questions(session, now=now, owner=made, values=said, actor=actor)
    if Part.MAIL in parts:
        copy_own(session, now=now, source=source.id, target=made.id)
    if Part.GLOSSARY in parts:
        terms = session.scalars(
            sa.select(GlossaryTerm).where(GlossaryTerm.series_id == source.id).order_by(GlossaryTerm.position)
        )
        session.add_all(
            GlossaryTerm(series_id=made.id, position=one.position, term=one.term, note=one.note) for one in terms
        )
    made.speaker_changes_wait = source.speaker_changes_wait
    session.flush()
    session.expire(made, ["people", "committee", "partners", "questions", "sessions"])


def _copy_sessions(
    session: Session,
    now: datetime,
    source: Series,
    made: Series,
    parts: Collection[Part],
    first_on: date,
    actor: str,
    instance_languages: Sequence[str] | None,
) -> None:
    stand = [one for one in source.sessions if one.status is not SessionStatus.CANCELLED]
    if not stand:
        return
    moved = timedelta(days=(first_on - min(one.starts_wall for one in stand).date()).days)
    for one in stand:
        when = When(
            starts_wall=one.starts_wall + moved,
            ends_wall=one.ends_wall + moved,
            tzid=one.tzid,
            # An hour that occurs twice on its new day: the first.
            fold=None if one.starts_wall + moved == one.starts_wall else 0,
            ends_fold=None if one.ends_wall + moved == one.ends_wall else 0,
        )
        values = values_after(one, parts, when, number=one.number, slug=one.slug)
        copy_session(
            session,
            now=now,
            source=one,
            target=made,
            values=values,
            parts=parts,
            actor=actor,
            instance_languages=instance_languages,
        )
