"""What is kept aside of a published session: read together with what stands, and thrown away."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.people.service import list_by_key
from workshop.programme.models import SessionDraft, SessionStatus, WorkshopSession
from workshop.programme.service.history import changed_fields, list_versions
from workshop.programme.service.merging import Content, merge
from workshop.programme.service.snapshots import sections_from_json, values_from_json
from workshop.programme.service.values import SectionValues, SessionValues, section_values, session_values


@dataclasses.dataclass(frozen=True, slots=True)
class Working:
    """What organisers edit: what is stored, with what is kept aside over it."""

    values: SessionValues
    sections: tuple[SectionValues, ...]
    is_kept: bool = False
    """Whether anything is kept aside."""
    saved_at: datetime | None = None
    """When something was last kept aside."""
    saved_by: str = ""
    """By whom, as the log names them."""


def find_draft(session: Session, workshop_session: WorkshopSession) -> SessionDraft | None:
    """Return what is kept aside of a session."""
    return session.get(SessionDraft, workshop_session.id, populate_existing=True)


def stored(workshop_session: WorkshopSession) -> Content:
    """Return what is stored of a session and its programme."""
    sections = tuple(section_values(section) for section in workshop_session.sections)
    return Content(session_values(workshop_session), sections)


def working(session: Session, workshop_session: WorkshopSession) -> Working:
    """Return what organisers edit. What was stored since something was kept aside is taken in where that left it be."""
    values, sections = session_values(workshop_session), stored(workshop_session).sections or ()
    draft = find_draft(session, workshop_session)
    if draft is None:
        return Working(values, sections)
    changed = known_only(session, workshop_session, values_from_json(draft.content.get("values", {})))
    if workshop_session.status is SessionStatus.CANCELLED:
        changed.pop("status", None)
    kept = sections
    if "sections" in draft.content:
        kept = known_people_only(session, workshop_session, sections_from_json(draft.content["sections"]))
    merged = merge(
        draft.content.get("base", ""), Content(dataclasses.replace(values, **changed), kept), Content(values, sections)
    )
    return Working(merged.values or values, merged.sections or (), True, draft.saved_at, draft.saved_by)


def editor_of(session: Session, workshop_session: WorkshopSession) -> str:
    """Return who last changed what organisers edit, as the log names them; empty where that is not kept."""
    draft = find_draft(session, workshop_session)
    latest = next(iter(list_versions(session, workshop_session)), None)
    if draft is not None and (latest is None or draft.saved_at >= latest.published_at):
        return draft.saved_by
    return latest.published_by if latest is not None else ""


def discard(session: Session, *, now: datetime, workshop_session: WorkshopSession, actor: str) -> bool:
    """Throw away what is kept aside; returns whether there was anything. Flushes."""
    draft = find_draft(session, workshop_session)
    if draft is None:
        return False
    fields = changed_fields(draft.content)
    session.delete(draft)
    session.flush()
    object_ = f"session:{workshop_session.id}"
    details = {"fields": fields}
    record(session, now=now, actor=actor, action="programme.discard_changes", object_=object_, details=details)
    return True


def known_only(session: Session, workshop_session: WorkshopSession, changed: dict[str, Any]) -> dict[str, Any]:
    """Return the values without moderators whom the series has no more."""
    if changed.get("moderators"):
        known = list_by_key(session, series_id=workshop_session.series_id)
        changed["moderators"] = tuple(key for key in changed["moderators"] if key in known)
    return changed


def known_people_only(
    session: Session, workshop_session: WorkshopSession, sections: Sequence[SectionValues]
) -> tuple[SectionValues, ...]:
    """Return a programme without people whom the series has no more."""
    known = list_by_key(session, series_id=workshop_session.series_id)
    return tuple(
        dataclasses.replace(
            section,
            items=tuple(
                dataclasses.replace(
                    item,
                    speakers=tuple(key for key in item.speakers if key in known),
                    moderators=tuple(key for key in item.moderators if key in known),
                )
                for item in section.items
            ),
        )
        for section in sections
    )
