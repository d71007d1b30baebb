"""What somebody who speaks or moderates agrees to: given and withdrawn for one part at a time, with effect at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.chatham.rule import DEFAULT_CONSENTS, ConsentKind, Level, effective_level
from workshop.core.errors import NotFoundError
from workshop.people.service import names_in_calendars, raise_revision
from workshop.programme.models import Item, SpeakerConsent, SpeakerSlot, WorkshopSession
from workshop.programme.service.locking import lock
from workshop.programme.service.materials import follow_consents
from workshop.programme.service.waiting import take_programme_out_of_waiting_mail
from workshop.programme.view.consents import is_given

_NAMING = frozenset({ConsentKind.ANNOUNCE_NAME, ConsentKind.ANNOUNCE_AFFILIATION})


def set_consent(
    session: Session,
    *,
    now: datetime,
    slot: SpeakerSlot,
    kind: ConsentKind,
    given: bool,
    recorded_by: str,
    details: Mapping[str, Any] | None = None,
) -> bool:
    """Give or withdraw one consent for one part; returns whether that changed anything. Flushes.

    Counts from the next request on, on every page, in every feed and mail: the series' revision rises, recordings that
    no longer qualify are unpublished, and calendar entries that wait in the outbox lose the names of the programme.

    Args:
        session: the database; the caller commits at once, since the log is held.
        now: the present instant.
        slot: the part.
        kind: what is agreed to or no longer agreed to.
        given: whether it is given.
        recorded_by: `speaker`, by their own link, or an organiser as the log names them.
        details: what else the log keeps, such as how it was said; never a name.

    Raises:
        NotFoundError: the part was taken out of the programme meanwhile.
    """
    workshop_session = session.get_one(WorkshopSession, slot.workshop_session_id)
    # Whoever publishes a recording holds the same lock, and so do two who decide about the same part.
    lock(session, [workshop_session])
    session.expire(workshop_session, ["recordings"])
    if session.scalar(sa.select(SpeakerSlot.id).where(SpeakerSlot.id == slot.id)) is None:
        raise NotFoundError("slot")
    said = session.get(SpeakerConsent, (slot.id, kind), populate_existing=True)
    if not _changes(said, kind, given=given):
        return False
    if said is None:
        said = SpeakerConsent(slot_id=slot.id, kind=kind)
        session.add(said)
    if given:
        said.given_at, said.withdrawn_at = now, None
    else:
        said.withdrawn_at = now
    said.recorded_by = recorded_by
    session.flush()
    session.expire(slot, ["consents"])
    raise_revision(session, now=now, series_id=slot.person.series_id)
    # A date is public: under a level whose calendars name nobody it would tell of what is decided here.
    if kind in _NAMING and names_in_calendars(_level_of(session, slot, workshop_session)):
        workshop_session.revised_at = now
    follow_consents(session, now=now, slot=slot, actor=recorded_by)
    if kind in _NAMING and not given:
        take_programme_out_of_waiting_mail(session, slot.workshop_session_id)
    record(
        session,
        now=now,
        actor=recorded_by,
        action="programme.give_consent" if given else "programme.withdraw_consent",
        object_=f"session:{slot.workshop_session_id}",
        details={"slot": slot.id, "kind": kind.value, **(details or {})},
    )
    return True


def _level_of(session: Session, slot: SpeakerSlot, workshop_session: WorkshopSession) -> Level:
    """Return the level that decides whether the part is announced with a name."""
    item = session.get(Item, slot.item_id) if slot.item_id is not None else None
    of_series = workshop_session.series.level
    return effective_level(item=item.level if item else None, session=workshop_session.level, series=of_series)[0]


def _changes(said: SpeakerConsent | None, kind: ConsentKind, *, given: bool) -> bool:
    """Whether there is something to write down; saying aloud what counted by default is."""
    if said is None:
        return given or bool(getattr(DEFAULT_CONSENTS, kind.value))
    if given:
        return not (is_given(said) and said.given_at is not None)
    return said.withdrawn_at is None
