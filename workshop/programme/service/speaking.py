"""What those who speak say of themselves: whether they come, and what is to be written about them and their talks."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.chatham.rule import ConsentKind
from workshop.core.errors import ConflictError
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.localized import Localized
from workshop.people.checks import Checker
from workshop.people.models import ChangeState, Person, SpeakerChange
from workshop.people.service import raise_revision
from workshop.people.values import PersonValues, clean_person, person_values
from workshop.programme import emails
from workshop.programme.models import Item, Section, Series, SpeakerSlot, WorkshopSession
from workshop.programme.queries import list_sessions_of_person
from workshop.programme.service import versions
from workshop.programme.service.checks import clean_sections
from workshop.programme.service.consents import set_consent
from workshop.programme.service.people import NewPost, change_person, with_post
from workshop.programme.service.values import SectionValues, item_values, section_values
from workshop.programme.view.consents import BY_SPEAKER, consents_of

_NAMING = (ConsentKind.ANNOUNCE_NAME, ConsentKind.ANNOUNCE_AFFILIATION)
KEEP_CHANGES = timedelta(days=30)
"""How long they and the organisers see what became of a change."""
SINCE = "since"
"""In a change: from which day another role or affiliation holds; absent where it corrects what was wrong."""


class DecidedError(ConflictError):
    """A change that somebody decided on meanwhile, or took back."""

    code = "change_decided"


def confirm(session: Session, *, now: datetime, slot: SpeakerSlot, actor: str) -> bool:
    """Note that somebody comes; returns whether that changed anything. Flushes.

    Whoever had declined agrees anew to being announced, if they want to: this does not do it for them.
    """
    if slot.confirmed_at is not None and slot.declined_at is None:
        return False
    had_declined = slot.declined_at is not None
    slot.confirmed_at, slot.declined_at = now, None
    session.flush()
    raise_revision(session, now=now, series_id=slot.person.series_id)
    if had_declined and actor == BY_SPEAKER:
        _tell_organisers(session, now, slot.person, emails.RETURNED, slot.workshop_session_id)
    _log_part(session, now, actor, "programme.confirm_part", slot)
    return True


def decline(session: Session, *, now: datetime, slot: SpeakerSlot, actor: str) -> bool:
    """Note that somebody does not come; returns whether that changed anything. Flushes.

    Their name is announced no more from the next request on, and the organisers are told.
    """
    if slot.declined_at is not None:
        return False
    stands = consents_of(slot)
    for kind in _NAMING:
        if getattr(stands, kind.value):
            set_consent(session, now=now, slot=slot, kind=kind, given=False, recorded_by=actor)
    # Nothing more is told to whoever does not come.
    slot.confirmed_at, slot.declined_at, slot.told, slot.told_level = None, now, None, None
    session.flush()
    raise_revision(session, now=now, series_id=slot.person.series_id)
    if actor == BY_SPEAKER:
        _tell_organisers(session, now, slot.person, emails.DECLINED, slot.workshop_session_id)
    _log_part(session, now, actor, "programme.decline_part", slot)
    return True


def ask_person_change(
    session: Session,
    *,
    now: datetime,
    series: Series,
    person: Person,
    wanted: Mapping[str, Any],
    since: date | None,
    languages: Sequence[str],
) -> SpeakerChange | None:
    """Keep, or make at once where the series lets it through, what somebody wrote about themselves. Flushes.

    Args:
        session: the database.
        now: the present instant.
        series: the person's.
        person: who writes.
        wanted: `name`, `role`, `affiliations`, `biography` as they should be.
        since: from which day another role or affiliation holds; None: the one before was wrong.
        languages: of texts.

    Returns:
        The change; None where nothing is otherwise.

    Raises:
        InvalidValuesError: with every fault.
    """
    stands = {name: getattr(person, name) for name in ("name", "role", "affiliations", "biography")}
    content = {name: _plain(value) for name, value in wanted.items() if value != stands[name]}
    if since is not None and content.keys() & {"role", "affiliations"}:
        content[SINCE] = since.isoformat()
    was = {name: _plain(stands[name]) for name in content if name != SINCE}

    # What could not be stored is refused while they can still correct it, and not when an organiser accepts it.
    checker = Checker(languages)
    clean_person(_person_values(person, content), checker)
    checker.raise_any()
    return _ask(session, now, series, person, None, content, was, languages=languages)


def ask_talk_change(
    session: Session,
    *,
    now: datetime,
    series: Series,
    person: Person,
    item: Item,
    wanted: Mapping[str, Any],
    languages: Sequence[str],
) -> SpeakerChange | None:
    """Keep, or make at once, what somebody wrote about a talk of theirs: `title` and `abstract`. Flushes.

    Returns:
        The change; None where nothing is otherwise.

    Raises:
        InvalidValuesError: with every fault.
    """
    content = {name: _plain(value) for name, value in wanted.items() if value != getattr(item, name)}
    was = {name: _plain(getattr(item, name)) for name in content}

    checker = Checker(languages)
    values = dataclasses.replace(item_values(item), **wanted)
    clean_sections([SectionValues(items=(values,))], checker, session_level=item.level or series.level)
    faults = (one for one in checker.faults if one.field.split(".")[4:5] and one.field.split(".")[4] in wanted)
    if found := [Fault(one.field.split(".")[4], one.code, one.context) for one in faults]:
        raise InvalidValuesError(found)
    return _ask(session, now, series, person, item, content, was, languages=languages)


def _ask(
    session: Session,
    now: datetime,
    series: Series,
    person: Person,
    item: Item | None,
    content: dict[str, Any],
    was: dict[str, Any],
    *,
    languages: Sequence[str],
) -> SpeakerChange | None:
    item_id = item.id if item else None
    # What they write now takes the place of what waits: it was made from the same page.
    session.execute(
        sa.delete(SpeakerChange).where(
            SpeakerChange.person_id == person.id,
            SpeakerChange.item_id.is_not_distinct_from(item_id),
            SpeakerChange.state == ChangeState.WAITING,
        )
    )
    if not content:
        session.flush()
        return None
    waits = series.speaker_changes_wait
    change = SpeakerChange(
        series_id=series.id, person_id=person.id, item_id=item_id, content=content, was=was, asked_at=now
    )
    if not waits:
        change.state, change.decided_at, change.decided_by = ChangeState.MADE, now, BY_SPEAKER
    session.add(change)
    session.flush()
    if not waits:
        _make(session, now, change, actor=BY_SPEAKER, languages=languages)
        _tell_speaker(session, now, change, person, series)
    _tell_organisers(session, now, person, emails.WAITING if waits else emails.MADE, None)
    _log_change(session, now, BY_SPEAKER, "programme.ask_change" if waits else "programme.make_change", change)
    return change


def decide(
    session: Session, *, now: datetime, change: SpeakerChange, accepts: bool, actor: str, languages: Sequence[str]
) -> None:
    """Make a change that waits, or refuse it; whoever asked is told. Flushes.

    Raises:
        DecidedError: it no longer waits.
        InvalidValuesError: it cannot be stored as things stand now.
    """
    if change.state is not ChangeState.WAITING:
        raise DecidedError
    if accepts:
        _make(session, now, change, actor=actor, languages=languages)
    change.state = ChangeState.MADE if accepts else ChangeState.REFUSED
    change.decided_at, change.decided_by = now, actor
    session.flush()
    person = session.get_one(Person, change.person_id)
    _tell_speaker(session, now, change, person, session.get_one(Series, change.series_id))
    _log_change(session, now, actor, "programme.make_change" if accepts else "programme.refuse_change", change)


def forget_changes(session: Session, *, now: datetime) -> int:
    """Forget what was decided KEEP_CHANGES ago: what somebody was called before is nobody's business. Flushes."""
    old = sa.delete(SpeakerChange).where(SpeakerChange.decided_at <= now - KEEP_CHANGES)
    return len(session.execute(old.returning(SpeakerChange.id)).all())


def _make(session: Session, now: datetime, change: SpeakerChange, *, actor: str, languages: Sequence[str]) -> None:
    if change.item_id is None:
        person = session.get_one(Person, change.person_id)
        _write_person(session, now, person, change.content, actor=actor, languages=languages)
        return
    item = session.get_one(Item, change.item_id)
    _write_item(session, now, item, change.content, actor=actor, languages=languages)


def _write_person(
    session: Session, now: datetime, person: Person, content: Mapping[str, Any], *, actor: str, languages: Sequence[str]
) -> None:
    values = _person_values(person, content)
    change_person(session, now=now, person=person, values=values, actor=actor, languages=languages)


def _person_values(person: Person, content: Mapping[str, Any]) -> PersonValues:
    """Return what is to be said of somebody once a change is made; raises InvalidValuesError for its day."""
    before = person_values(person)
    role = Localized.from_json(content["role"]) if "role" in content else before.role
    affiliations = before.affiliations
    if "affiliations" in content:
        affiliations = tuple(Localized.from_json(text) for text in content["affiliations"])
    since = date.fromisoformat(content[SINCE]) if SINCE in content else None
    biography = Localized.from_json(content["biography"]) if "biography" in content else before.biography
    values = dataclasses.replace(before, name=content.get("name", before.name), biography=biography)
    return with_post(values, NewPost(role=role, affiliations=affiliations, since=since), before=before)


def _write_item(
    session: Session, now: datetime, item: Item, content: Mapping[str, Any], *, actor: str, languages: Sequence[str]
) -> None:
    section = session.get_one(Section, item.section_id)
    workshop_session = session.get_one(WorkshopSession, section.workshop_session_id)
    texts: dict[str, Any] = {name: Localized.from_json(text) for name, text in content.items()}
    sections: list[SectionValues] = []
    for one in workshop_session.sections:
        values = section_values(one)
        items = tuple(dataclasses.replace(part, **texts) if part.id == item.id else part for part in values.items)
        sections.append(dataclasses.replace(values, items=items))
    versions.save(
        session,
        now=now,
        workshop_session=workshop_session,
        values=None,
        sections=sections,
        act=versions.Act.PUBLISH,
        # Texts only: what may not change once somebody has answered stays as it is.
        has_answers=True,
        actor=actor,
        instance_languages=languages,
        leaves_aside=True,
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Localized):
        return value.to_json()
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return value


def _tell_organisers(
    session: Session, now: datetime, person: Person, event: str, workshop_session_id: int | None
) -> None:
    emails.speaker_change(
        session,
        now=now,
        event=event,
        person=person,
        series=session.get_one(Series, person.series_id),
        sessions=list_sessions_of_person(session, person.id),
        workshop_session_id=workshop_session_id,
    )


def _tell_speaker(session: Session, now: datetime, change: SpeakerChange, person: Person, series: Series) -> None:
    sessions = list_sessions_of_person(session, person.id)
    emails.speaker_change_decided(session, now=now, change=change, person=person, series=series, sessions=sessions)


def _log_part(session: Session, now: datetime, actor: str, action: str, slot: SpeakerSlot) -> None:
    about = f"session:{slot.workshop_session_id}"
    record(session, now=now, actor=actor, action=action, object_=about, details={"slot": slot.id})


def _log_change(session: Session, now: datetime, actor: str, action: str, change: SpeakerChange) -> None:
    details: dict[str, Any] = {"fields": sorted(change.content)}
    details |= {} if change.item_id is None else {"item": change.item_id}
    record(session, now=now, actor=actor, action=action, object_=f"person:{change.person_id}", details=details)
