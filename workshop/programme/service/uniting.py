"""Two entries of one person made one (apart from the directory's other acts: everything that names them follows)."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.chatham.rule import ConsentKind
from workshop.core.errors import ConflictError
from workshop.people.models import CommitteeMember, Person, Portrait, SpeakerChange
from workshop.people.service import raise_revision, revise_sessions_of, save_person
from workshop.people.values import PersonValues, person_values
from workshop.programme.models import LevelProposal, Slides, SpeakerAgreement, SpeakerConsent, SpeakerSlot
from workshop.programme.queries import asks_slot, list_sessions_of_person
from workshop.programme.service.history import replace_key
from workshop.programme.service.locking import lock
from workshop.programme.service.materials import follow_consents
from workshop.programme.service.people import forget
from workshop.programme.service.waiting import take_programme_out_of_waiting_mail


class SamePersonError(ConflictError):
    """An entry cannot be merged into itself, or into one of another series."""

    code = "same_person"


@dataclass(frozen=True, slots=True)
class Union:
    """What a merger would do, for whoever decides on it."""

    values: PersonValues
    """As the entry that stays would read."""
    parts: int
    """How many parts come to it."""
    double: int
    """How many of them it has already: of these two become one."""
    joins_committee: bool
    brings_portrait: bool


def foresee(session: Session, *, keeps: Person, goes: Person) -> Union:
    """Return what merging one entry into another would do; raises SamePersonError."""
    if keeps.id == goes.id or keeps.series_id != goes.series_id:
        raise SamePersonError
    theirs, own = _places(session, goes), _places(session, keeps)
    committee = set(
        session.scalars(sa.select(CommitteeMember.person_id).where(CommitteeMember.person_id.in_([keeps.id, goes.id])))
    )
    return Union(
        values=_joined(person_values(keeps), person_values(goes)),
        parts=len(theirs),
        double=sum(place in own for place in theirs),
        joins_committee=goes.id in committee and keeps.id not in committee,
        brings_portrait=goes.portrait is not None and keeps.portrait is None,
    )


def merge_people(
    session: Session, *, now: datetime, keeps: Person, goes: Person, actor: str, languages: Sequence[str]
) -> None:
    """Make two entries of one person one: parts, committee, portrait and what is kept aside follow. Flushes.

    What either withdrew or declined stays so; the links of the one that goes are dead, and their address is kept only
    where the other has none. To a looser level both must have agreed.

    Args:
        session: the database.
        now: the present instant.
        keeps: the entry that stays; what it says goes before what the other says.
        goes: the entry that goes; of the same series.
        actor: as the log names who did it.
        languages: of texts.

    Raises:
        SamePersonError: they are one already, or of two series.
    """
    planned = foresee(session, keeps=keeps, goes=goes)
    sessions = sorted(list_sessions_of_person(session, goes.id), key=lambda one: one.id)
    others = list_sessions_of_person(session, keeps.id)
    lock(session, {one.id: one for one in (*sessions, *others)}.values())
    old_key, gone_id, series_id = goes.key, goes.id, keeps.series_id
    # Before anything moves: afterwards nobody can tell who was asked.
    _merge_agreements(session, keeps, goes)
    revise_sessions_of(session, now=now, person_id=goes.id)
    _move_slots(session, now, keeps, goes, actor)
    _move_committee(session, keeps, goes)
    if planned.brings_portrait:
        session.execute(sa.update(Portrait).where(Portrait.person_id == goes.id).values(person_id=keeps.id))
    session.execute(sa.update(SpeakerChange).where(SpeakerChange.person_id == goes.id).values(person_id=keeps.id))
    replace_key(session, series_id=series_id, old=old_key, new=keeps.key)
    session.flush()
    # Before the values: two people of a series may not bear the same address for a moment.
    forget(session, now=now, person=goes)
    session.expire_all()
    save_person(session, now=now, series_id=series_id, values=planned.values, languages=languages, actor=actor)
    raise_revision(session, now=now, series_id=series_id)
    for one in sessions:
        take_programme_out_of_waiting_mail(session, one.id)
    details = {"gone": gone_id, "parts": planned.parts}
    record(
        session, now=now, actor=actor, action="programme.merge_people", object_=f"person:{keeps.id}", details=details
    )


def _joined(keeps: PersonValues, goes: PersonValues) -> PersonValues:
    """Return what the entry that stays says, with what only the other says."""
    filled = {
        name: getattr(goes, name) for name in ("role", "affiliations", "biography", "email") if not getattr(keeps, name)
    }
    known = {one.until for one in keeps.former}
    former = (*keeps.former, *(one for one in goes.former if one.until not in known))
    return dataclasses.replace(
        keeps,
        **filled,
        former=tuple(sorted(former, key=lambda one: one.until)),
        links=tuple(dict.fromkeys((*keeps.links, *goes.links))),
    )


def _slots(session: Session, person: Person) -> list[SpeakerSlot]:
    found = sa.select(SpeakerSlot).where(SpeakerSlot.person_id == person.id).order_by(SpeakerSlot.id)
    return list(session.scalars(found.execution_options(populate_existing=True)))


def _places(session: Session, person: Person) -> set[tuple[int, int | None, str]]:
    """Return where somebody has a part, without loading it."""
    rows = session.execute(
        sa.select(SpeakerSlot.workshop_session_id, SpeakerSlot.item_id, SpeakerSlot.role).where(
            SpeakerSlot.person_id == person.id
        )
    )
    return {(row[0], row[1], row[2].value) for row in rows}


def _place(slot: SpeakerSlot) -> tuple[int, int | None, str]:
    return slot.workshop_session_id, slot.item_id, slot.role.value


def _by_place(slots: Sequence[SpeakerSlot]) -> dict[tuple[int, int | None, str], SpeakerSlot]:
    return {_place(slot): slot for slot in slots}


def _move_slots(session: Session, now: datetime, keeps: Person, goes: Person, actor: str) -> None:
    own = _by_place(_slots(session, keeps))
    for slot in _slots(session, goes):
        twin = own.get(_place(slot))
        if twin is None:
            session.execute(sa.update(SpeakerSlot).where(SpeakerSlot.id == slot.id).values(person_id=keeps.id))
            session.expire(slot)
            continue
        _merge_consents(session, twin, slot)
        twin.declined_at = twin.declined_at or slot.declined_at
        twin.confirmed_at = None if twin.declined_at else twin.confirmed_at or slot.confirmed_at
        session.execute(sa.update(Slides).where(Slides.slot_id == slot.id).values(slot_id=twin.id))
        session.flush()
        session.execute(sa.delete(SpeakerSlot).where(SpeakerSlot.id == slot.id))
        session.expire(twin, ["slides", "consents"])
        follow_consents(session, now=now, slot=twin, actor=actor)


def _merge_consents(session: Session, twin: SpeakerSlot, slot: SpeakerSlot) -> None:
    """Let what was withdrawn in either stay withdrawn, and what was given in one only be given no further."""
    said = {one.kind: one for one in twin.consents}
    for other in slot.consents:
        mine = said.get(other.kind)
        if other.withdrawn_at is not None and (mine is None or mine.withdrawn_at is None):
            if mine is None:
                mine = SpeakerConsent(slot_id=twin.id, kind=ConsentKind(other.kind))
                session.add(mine)
            mine.given_at, mine.withdrawn_at = other.given_at, other.withdrawn_at
            mine.recorded_by = other.recorded_by
        elif mine is None and other.withdrawn_at is None:
            session.add(
                SpeakerConsent(slot_id=twin.id, kind=other.kind, given_at=other.given_at, recorded_by=other.recorded_by)
            )
    session.flush()


def _move_committee(session: Session, keeps: Person, goes: Person) -> None:
    found = {
        one.person_id: one
        for one in session.scalars(sa.select(CommitteeMember).where(CommitteeMember.person_id.in_([keeps.id, goes.id])))
    }
    left = found.get(goes.id)
    if left is None:
        return
    position = left.position
    session.execute(sa.delete(CommitteeMember).where(CommitteeMember.person_id == goes.id))
    session.expunge(left)
    if keeps.id not in found:
        session.add(CommitteeMember(series_id=keeps.series_id, person_id=keeps.id, position=position))
    session.flush()


def _merge_agreements(session: Session, keeps: Person, goes: Person) -> None:
    """Count an agreement only where each entry that was asked has agreed."""
    both = [keeps.id, goes.id]
    asked = session.execute(
        sa.select(LevelProposal.id, SpeakerSlot.person_id)
        .join(SpeakerSlot, asks_slot())
        .where(SpeakerSlot.person_id.in_(both))
        .distinct()
    ).all()
    agreed = {
        (one.proposal_id, one.person_id): one
        for one in session.scalars(sa.select(SpeakerAgreement).where(SpeakerAgreement.person_id.in_(both)))
    }
    for proposal_id in sorted({row[0] for row in asked}):
        people = {row[1] for row in asked if row[0] == proposal_id}
        theirs = [agreed.get((proposal_id, person)) for person in people]
        mine = agreed.get((proposal_id, keeps.id))
        if None in theirs and mine is not None:
            session.delete(mine)
        elif None not in theirs and mine is None:
            other = agreed[proposal_id, goes.id]
            session.add(
                SpeakerAgreement(
                    proposal_id=proposal_id,
                    person_id=keeps.id,
                    agreed_at=other.agreed_at,
                    recorded_by=other.recorded_by,
                )
            )
    session.flush()
