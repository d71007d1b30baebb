"""What was published of a session when: written, read, and cleared of people who are gone (below `sessions`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.models import LogEntry
from workshop.audit.service import record
from workshop.core.localized import Localized
from workshop.programme.models import SessionDraft, SessionVersion, SpeakerSlot, WorkshopSession
from workshop.programme.service.snapshots import sections_to_json, values_to_json
from workshop.programme.service.values import section_values, session_values

KEPT = 20
"""Versions of a session that are kept."""
_SAME_ACT = timedelta(minutes=15)
_LISTS_OF_PEOPLE = ("speakers", "moderators")
_DOINGS = ("withdrawn", "declined")
"""What people did themselves: no publication, nor its undoing, changes it."""


def snapshot(workshop_session: WorkshopSession) -> dict[str, Any]:
    """Return all that an edit may change of a session, as plain JSON, and who withdrew what or declined in it."""
    return {
        "values": values_to_json(session_values(workshop_session)),
        "sections": sections_to_json(section_values(section) for section in workshop_session.sections),
        "withdrawn": _withdrawn(workshop_session),
        "declined": _declined(workshop_session),
    }


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return only those parts of two snapshots in which they differ."""
    names = [name for name in after["values"] if before["values"][name] != after["values"][name]]
    was: dict[str, Any] = {"values": {name: before["values"][name] for name in names}}
    stands: dict[str, Any] = {"values": {name: after["values"][name] for name in names}}
    if before["sections"] != after["sections"]:
        was["sections"], stands["sections"] = before["sections"], after["sections"]
        was |= {name: before[name] for name in _DOINGS}
    return was, stands


def changed_fields(content: Mapping[str, Any]) -> list[str]:
    """Return the names of what a draft or version is about, for the log: names of fields, none of their texts."""
    return [*content.get("values", {}), *(["programme"] if "sections" in content else [])]


def note_version(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    before: dict[str, Any] | None,
    after: dict[str, Any],
    actor: str,
) -> None:
    """Keep what a publication changed; the oldest beyond KEPT go. Flushes."""
    session.add(
        SessionVersion(
            workshop_session_id=workshop_session.id, before=before, after=after, published_at=now, published_by=actor
        )
    )
    session.flush()
    of_session = sa.select(SessionVersion.id).where(SessionVersion.workshop_session_id == workshop_session.id)
    old = session.scalars(of_session.order_by(SessionVersion.id.desc()).offset(KEPT)).all()
    if old:
        session.execute(sa.delete(SessionVersion).where(SessionVersion.id.in_(old)))


def note_edit(
    session: Session, *, now: datetime, workshop_session: WorkshopSession, actor: str, action: str, fields: list[str]
) -> None:
    """Write into the log which fields were edited: once where the same person goes on doing the same. Flushes."""
    object_ = f"session:{workshop_session.id}"
    last = session.scalar(sa.select(LogEntry).where(LogEntry.object == object_).order_by(LogEntry.id.desc()).limit(1))
    if (
        last is not None
        and (last.actor, last.action) == (actor, action)
        and now - last.at < _SAME_ACT
        and set(fields) <= set(last.details.get("fields", ()))
    ):
        return
    record(session, now=now, actor=actor, action=action, object_=object_, details={"fields": fields})


def list_versions(session: Session, workshop_session: WorkshopSession) -> list[SessionVersion]:
    """Return the publications of a session that are kept, the latest first."""
    of_session = sa.select(SessionVersion).where(SessionVersion.workshop_session_id == workshop_session.id)
    return list(session.scalars(of_session.order_by(SessionVersion.id.desc())))


def replace_key(session: Session, *, series_id: int, old: str, new: str | None) -> None:
    """Let what is kept aside and the versions of a series name a person by another key, or no more. Flushes.

    Args:
        session: the database.
        series_id: the series whose person it is.
        old: the key until now.
        new: the one from now on; None: they are gone.
    """
    of_series = sa.select(WorkshopSession.id).where(WorkshopSession.series_id == series_id)
    drafts = sa.select(SessionDraft).where(SessionDraft.workshop_session_id.in_(of_series))
    for draft in session.scalars(drafts):
        draft.content = _renamed(draft.content, old, new)
    versions = sa.select(SessionVersion).where(SessionVersion.workshop_session_id.in_(of_series))
    for version in session.scalars(versions):
        version.before = None if version.before is None else _renamed(version.before, old, new)
        version.after = _renamed(version.after, old, new)
    session.flush()


def _renamed(content: dict[str, Any], old: str, new: str | None) -> dict[str, Any]:
    def keys(found: Any) -> Any:
        if not isinstance(found, list | tuple):
            return found
        return list(dict.fromkeys(new if key == old else key for key in found if key != old or new is not None))

    made = dict(content)
    if "moderators" in made.get("values", {}):
        made["values"] = {**made["values"], "moderators": keys(made["values"]["moderators"])}
    if "sections" in made:
        made["sections"] = [
            {
                **section,
                "items": [
                    {**item, **{name: keys(item[name]) for name in _LISTS_OF_PEOPLE}} for item in section["items"]
                ],
            }
            for section in made["sections"]
        ]
    for name in _DOINGS:
        if name in made:
            rows = [row if row["person"] != old else {**row, "person": new} for row in made[name]]
            made[name] = [row for row in rows if row["person"] is not None]
    return made


def _withdrawn(workshop_session: WorkshopSession) -> list[dict[str, Any]]:
    """Return every consent withdrawn: a talk that was deleted and comes back must not undo it."""
    return [
        {
            "person": slot.person.key,
            "talk": None if title is None else title.to_json(),
            "kind": consent.kind.value,
            "at": consent.withdrawn_at.isoformat(),
            "by": consent.recorded_by,
        }
        for title, slot in _parts(workshop_session)
        for consent in slot.consents
        if consent.withdrawn_at is not None
    ]


def _declined(workshop_session: WorkshopSession) -> list[dict[str, Any]]:
    """Return who said that they do not come, for the same reason."""
    return [
        {
            "person": slot.person.key,
            "talk": None if title is None else title.to_json(),
            "at": slot.declined_at.isoformat(),
        }
        for title, slot in _parts(workshop_session)
        if slot.declined_at is not None
    ]


def _parts(workshop_session: WorkshopSession) -> list[tuple[Localized | None, SpeakerSlot]]:
    parts: list[tuple[Localized | None, SpeakerSlot]] = [(None, slot) for slot in workshop_session.slots]
    return parts + [
        (item.title, slot) for section in workshop_session.sections for item in section.items for slot in item.slots
    ]
