"""Access, and forgetting: on asking, and on the date that was promised."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.core.errors import NotFoundError
from workshop.core.limits import forget_windows
from workshop.mail import personal_data as mail_data
from workshop.mail.service import erase_bodies
from workshop.privacy.queries import list_sessions_with_room
from workshop.programme.models import Series
from workshop.rsvp import personal_data as rsvp_data
from workshop.rsvp.emails import erasure_of
from workshop.rsvp.models import Participant
from workshop.rsvp.queries import list_perhaps_due
from workshop.rsvp.service import (
    forget_address_changes,
    forget_link_requests,
    forget_replies,
    forget_unconfirmed,
    lock_participant,
    tend,
)
from workshop.rsvp.service.attending import keep_numbers_only
from workshop.rsvp.service.inviting import forget_invitations
from workshop.rsvp.service.standing import lock_left_sessions

KEEP_ROOM = timedelta(days=1)
"""How long after the end a room's address is kept."""


def export(session: Session, *, now: datetime, participant: Participant) -> dict[str, Any]:
    """Return all that is held about a participant as plain JSON values: answers, replies, mail, and until when.

    Secret links are cut out of the messages: a file that is passed on opens nothing.
    """
    return {
        "exported_at": now.isoformat(),
        "series": participant.series.title.to_json(),
        "erased_on": erasure_of(participant).isoformat(),
        "held": rsvp_data.export(session, person_ref=participant.subject),
        "messages": [
            message
            for ref in rsvp_data.list_person_refs(session, participant)
            for message in mail_data.export(session, person_ref=ref)
        ],
    }


def erase(session: Session, *, now: datetime, participant: Participant) -> None:
    """Erase a participant at once, on their own asking: identity, mail, links; counts remain. Flushes.

    Places that were theirs go to those who wait.

    Raises:
        NotFoundError: erased already.
    """
    series_id = participant.series_id
    _forget(session, participant=participant, now=now)
    _log(session, now=now, actor="participant", series_id=series_id, count=1, reason="asked")


def purge(session: Session, *, now: datetime) -> int:
    """Forget all that is due; returns how much that was. Flushes.

    Unconfirmed answers, new addresses and wishes for a link after 48 hours; replies, invitations and identities on
    their date; texts of mail after 7 days; rooms a day after the end; who came, where the level became stricter since;
    windows of limits that are over. On SQLite a checkpoint has to follow where anything was forgotten.
    """
    forgotten, nobody = forget_unconfirmed(session, now=now)
    for subject in nobody:
        mail_data.erase(session, person_ref=subject, now=now)
    forgotten += forget_address_changes(session, now=now) + forget_link_requests(session, now=now)
    forgotten += forget_replies(session, now=now) + forget_invitations(session, now)
    forgotten += keep_numbers_only(session, now=now)
    by_series: dict[int, int] = {}
    for participant in list_perhaps_due(session, now=now):
        if erasure_of(participant) > now:
            continue
        series_id = participant.series_id
        # Another worker may have been quicker.
        with contextlib.suppress(NotFoundError):
            _forget(session, participant=participant, now=now)
            by_series[series_id] = by_series.get(series_id, 0) + 1
    rooms = _forget_rooms(session, now=now)
    count = forgotten + sum(by_series.values()) + rooms + erase_bodies(session, now) + forget_windows(session, now=now)
    for series_id, erased in by_series.items():
        _log(session, now=now, actor="worker", series_id=series_id, count=erased, reason="retention")
    return count


def _forget(session: Session, *, participant: Participant, now: datetime) -> None:
    participant = lock_participant(session, participant.id)
    left = lock_left_sessions(session, participant, now=now)
    for ref in rsvp_data.list_refs_to_erase(session, participant):
        mail_data.erase(session, person_ref=ref, now=now)
    rsvp_data.erase(session, participant=participant, now=now)
    for workshop_session in left:
        tend(session, workshop_session, now=now)


def _forget_rooms(session: Session, *, now: datetime) -> int:
    found = list_sessions_with_room(session, ended_before=now - KEEP_ROOM)
    changed: set[Series] = set()
    for workshop_session in found:
        workshop_session.room_link = ""
        changed.add(workshop_session.series)
    for series in changed:
        # Caches ask nothing but the revision; nothing that anybody sees has changed, so `revised_at` stays.
        series.revision = Series.revision + 1
    session.flush()
    return len(found)


def _log(session: Session, *, now: datetime, actor: str, series_id: int, count: int, reason: str) -> None:
    audit.record(
        session,
        now=now,
        actor=actor,
        action="privacy.erase",
        object_=f"series:{series_id}",
        details={"participants": count, "reason": reason},
    )
