"""What remains of a session: slides of those who speak, recordings, and what the Rule lets be published of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.chatham.rule import Level, may_store_recording
from workshop.core.errors import ConflictError, NotFoundError
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.uploads import clean_upload
from workshop.people.checks import Checker
from workshop.people.service import raise_revision
from workshop.programme.models import Item, Recording, Slides, SpeakerSlot, WorkshopSession
from workshop.programme.service.locking import lock
from workshop.programme.view.materials import Obstacle, has_recorded_consents, heard_in, level_of, obstacle_of

MAXIMUM_FILES = 6
"""Files of one slot."""
MAXIMUM_RECORDINGS = 20
"""Of one session."""


class RecordingClosedError(ConflictError):
    """Of what is closed no recording is kept."""

    code = "recording_closed"


class RecordingUnderRuleError(ConflictError):
    """What is not on the record is not published as a recording."""

    code = "recording_under_rule"


class RecordingNotAgreedError(ConflictError):
    """Nobody has declared that everybody heard in it agreed."""

    code = "recording_not_agreed"


class RecordingConsentMissingError(ConflictError):
    """Somebody announced as speaking in it has not agreed to be recorded, or has withdrawn that."""

    code = "recording_consent_missing"


_ERRORS = {
    Obstacle.UNDER_RULE: RecordingUnderRuleError,
    Obstacle.NOT_AGREED: RecordingNotAgreedError,
    Obstacle.CONSENT_MISSING: RecordingConsentMissingError,
}


def add_slides(session: Session, *, now: datetime, slot: SpeakerSlot, data: bytes, language: str, actor: str) -> Slides:
    """Keep a file for somebody's part in a session, made anew without its metadata. Flushes.

    Who gets it follows the level and their consent; this gives none. Looking into the file takes up to a minute: end
    your transaction first, and no more than that goes by before the database is asked again.

    Args:
        session: the database.
        now: the present instant.
        slot: whose part it belongs to.
        data: the file as it came.
        language: of the slides, or empty.
        actor: `speaker`, or an organiser as the log names them.

    Raises:
        UploadError: the file is not taken.
        NotFoundError: the part was taken out of the programme meanwhile.
        InvalidValuesError: the slot has as many as it may.
    """
    # Without a look at the database, which a transaction that is over would begin anew.
    identity = sa.inspect(slot).identity
    slot_id = identity[0] if identity else slot.id
    clean = clean_upload(data)
    # Counted after the slow part and under a lock, so that two presses do not make one too many.
    if session.scalar(sa.select(SpeakerSlot.id).where(SpeakerSlot.id == slot_id).with_for_update()) is None:
        raise NotFoundError("slot")
    count = session.scalar(sa.select(sa.func.count()).where(Slides.slot_id == slot.id)) or 0
    if count >= MAXIMUM_FILES:
        raise InvalidValuesError([Fault("file", "too_many_files", {"limit": MAXIMUM_FILES})])
    slides = Slides(
        slot_id=slot.id,
        media_type=clean.media_type,
        size=len(clean.content),
        language=language,
        content=clean.content,
        uploaded_at=now,
        uploaded_by=actor,
    )
    session.add(slides)
    session.flush()
    details = {"slides": slides.id, "slot": slot.id, "octets": slides.size}
    _changed(session, now=now, actor=actor, action="programme.add_slides", slot=slot, details=details)
    return slides


def remove_slides(session: Session, *, now: datetime, slides: Slides, actor: str) -> None:
    """Take a file away for good. Flushes."""
    slot = session.get_one(SpeakerSlot, slides.slot_id)
    details = {"slides": slides.id, "slot": slot.id}
    session.delete(slides)
    session.flush()
    _changed(session, now=now, actor=actor, action="programme.remove_slides", slot=slot, details=details)


def add_recording(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    item: Item | None,
    url: str,
    language: str,
    actor: str,
) -> Recording:
    """Keep where a recording can be seen, for the organisers only. Flushes.

    Args:
        session: the database.
        now: the present instant.
        workshop_session: loaded whole.
        item: the item that was recorded; None: the session from its beginning to its end.
        url: of the web.
        language: spoken in it, or empty.
        actor: as the log names who did it.

    Raises:
        InvalidValuesError: no address of the web, or one too many.
        RecordingClosedError: the session is closed.
    """
    checker = Checker(())
    url = checker.url("url", url, limit=1000)
    if not url:
        checker.add("url", "required")
    lock(session, [workshop_session])
    level = level_of(workshop_session, item.id if item else None)
    if not may_store_recording(level):
        raise RecordingClosedError
    if len(workshop_session.recordings) >= MAXIMUM_RECORDINGS:
        checker.add("url", "too_many", limit=MAXIMUM_RECORDINGS)
    checker.raise_any()
    recording = Recording(item_id=item.id if item else None, url=url, language=language, level=level, created_at=now)
    workshop_session.recordings.append(recording)
    session.flush()
    _log(session, now, actor, "add_recording", workshop_session, [recording])
    return recording


def declare_agreed(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    recording: Recording,
    actor: str,
    is_agreed: bool = True,
) -> None:
    """Keep an organiser's word that everybody heard in a recording agreed; taken back, it is unpublished. Flushes."""
    _lock(session, workshop_session, recording)
    if is_agreed is (recording.agreed_at is not None):
        return
    recording.agreed_at, recording.agreed_by = (now, actor) if is_agreed else (None, "")
    was_published = recording.published_at is not None
    if not is_agreed:
        recording.published_at = None
    session.flush()
    action = "declare_recording_agreed" if is_agreed else "take_back_recording_agreed"
    _log(session, now, actor, action, workshop_session, [recording])
    if was_published and not is_agreed:
        _log(session, now, actor, "unpublish_recording", workshop_session, [recording])
        raise_revision(session, now=now, series_id=workshop_session.series_id)


def publish_recording(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, recording: Recording, actor: str
) -> bool:
    """Show a recording to whoever sees the session's page; returns whether it was not shown before. Flushes.

    Raises:
        RecordingUnderRuleError: it, or for a whole session any part of it, is not on the record.
        RecordingNotAgreedError: nobody declared that everybody heard in it agreed.
        RecordingConsentMissingError: somebody announced in it did not agree to be recorded.
    """
    _lock(session, workshop_session, recording)
    if (obstacle := obstacle_of(workshop_session, recording)) is not None:
        raise _ERRORS[obstacle]
    if recording.published_at is not None:
        return False
    recording.level, recording.published_at = Level.ON_THE_RECORD, now
    session.flush()
    _log(session, now, actor, "publish_recording", workshop_session, [recording])
    raise_revision(session, now=now, series_id=workshop_session.series_id)
    return True


def unpublish_recording(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, recording: Recording, actor: str
) -> bool:
    """Take a recording off every page; returns whether it was shown. Flushes. Copies already made are not recalled."""
    _lock(session, workshop_session, recording)
    if recording.published_at is None:
        return False
    _unpublish(session, now=now, workshop_session=workshop_session, recordings=[recording], actor=actor)
    return True


def remove_recording(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, recording: Recording, actor: str
) -> None:
    """Forget where a recording is. Flushes."""
    _lock(session, workshop_session, recording)
    _log(session, now, actor, "remove_recording", workshop_session, [recording])
    was_published = recording.published_at is not None
    workshop_session.recordings.remove(recording)
    session.flush()
    if was_published:
        raise_revision(session, now=now, series_id=workshop_session.series_id)


def follow_level(
    session: Session, *, workshop_session: WorkshopSession, now: datetime | None = None, actor: str = "product"
) -> int:
    """Bring a session's recordings in line with its levels and consents; returns how many left the pages. Flushes.

    Call it after whatever changes a level, an item or who speaks, before the next flush meets the constraints. Of what
    became closed the recordings are forgotten. Whoever calls it raises the series' revision.

    Args:
        session: the database.
        workshop_session: loaded whole, as it stands now.
        now: the present instant, for the log; None: that of the session's last change.
        actor: as the log names who did it.
    """
    now = now or workshop_session.revised_at
    left = 0
    forgotten, unpublished = [], []
    for recording in list(workshop_session.recordings):
        level = level_of(workshop_session, recording.item_id)
        is_shown = recording.published_at is not None
        if not may_store_recording(level):
            left += is_shown
            forgotten.append(recording)
            continue
        recording_may = level is Level.ON_THE_RECORD and has_recorded_consents(
            heard_in(workshop_session, recording.item_id)
        )
        if is_shown and not recording_may:
            left += 1
            recording.published_at = None
            unpublished.append(recording)
        if recording.level is not level:
            recording.level = level
    if unpublished:
        session.flush()
        _log(session, now, actor, "unpublish_recording", workshop_session, unpublished)
    if forgotten:
        _log(session, now, actor, "remove_recording", workshop_session, forgotten)
        for recording in forgotten:
            workshop_session.recordings.remove(recording)
    session.flush()
    return left


def follow_consents(session: Session, *, now: datetime, slot: SpeakerSlot, actor: str = "speaker") -> int:
    """Take off the pages what a slot's consents no longer allow; returns how many recordings. Flushes.

    Slides need nothing: they are shown by asking the consent itself.

    Args:
        session: the database.
        now: the present instant.
        slot: whose consents changed.
        actor: `speaker`, or the organiser who recorded it, as the log names them.
    """
    workshop_session = session.get_one(WorkshopSession, slot.workshop_session_id)
    session.expire(slot, ["consents"])
    shown = [one for one in workshop_session.recordings if one.published_at is not None]
    lost = [
        one
        for one in shown
        if (heard := heard_in(workshop_session, one.item_id))
        and any(other.id == slot.id for other in heard)
        and not has_recorded_consents(heard)
    ]
    if lost:
        _unpublish(session, now=now, workshop_session=workshop_session, recordings=lost, actor=actor)
    return len(lost)


def _lock(session: Session, workshop_session: WorkshopSession, recording: Recording) -> None:
    """Lock the session's row, read its recordings anew and raise NotFoundError where this one is gone."""
    lock(session, [workshop_session])
    if recording not in workshop_session.recordings:
        raise NotFoundError("recording")


def _unpublish(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, recordings: list[Recording], actor: str
) -> None:
    for recording in recordings:
        recording.published_at = None
    session.flush()
    _log(session, now, actor, "unpublish_recording", workshop_session, recordings)
    raise_revision(session, now=now, series_id=workshop_session.series_id)


def _log(
    session: Session,
    now: datetime,
    actor: str,
    verb: str,
    workshop_session: WorkshopSession,
    recordings: Iterable[Recording],
) -> None:
    for one in recordings:
        details: dict[str, Any] = {"recording": one.id, "level": one.level.value}
        if one.item_id is not None:
            details["item"] = one.item_id
        record(
            session,
            now=now,
            actor=actor,
            action=f"programme.{verb}",
            object_=f"session:{workshop_session.id}",
            details=details,
        )


def _changed(
    session: Session, *, now: datetime, actor: str, action: str, slot: SpeakerSlot, details: dict[str, Any]
) -> None:
    series_id = session.scalars(
        sa.select(WorkshopSession.series_id).where(WorkshopSession.id == slot.workshop_session_id)
    ).one()
    raise_revision(session, now=now, series_id=series_id)
    record(session, now=now, actor=actor, action=action, object_=f"session:{slot.workshop_session_id}", details=details)
