"""Forgetting: on asking, and on the date that was promised."""

from __future__ import annotations

import contextlib
import enum
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from workshop.accounts.service import forget_glass, forget_roles, forget_sign_ins
from workshop.accounts.service.inviting import forget_invitations as forget_role_invitations
from workshop.accounts.service.own import forget_past_addresses
from workshop.accounts.service.resetting import forget_resets
from workshop.announcements import personal_data as announcements_data
from workshop.announcements.service import forget_subscribers
from workshop.audit import service as audit
from workshop.audit.models import LogEntry
from workshop.core.erasures import write_file
from workshop.core.errors import NotFoundError
from workshop.core.limits import forget_windows
from workshop.feedback.service import erase_remarks
from workshop.mail import personal_data as mail_data
from workshop.mail.service import erase_bodies
from workshop.mail.suppression import forget_old, lift
from workshop.privacy.emails import data_erased
from workshop.privacy.queries import count_held, list_sessions_with_room
from workshop.programme.models import Series
from workshop.programme.service.speaking import forget_changes
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
from workshop.rsvp.service.exporting import forget_purposes
from workshop.rsvp.service.inviting import forget_invitations
from workshop.rsvp.service.standing import lock_left_sessions

KEEP_ROOM = timedelta(days=1)
"""How long after the end a room's address is kept."""


class Kind(enum.StrEnum):
    """What a purge forgets, in its order."""

    UNCONFIRMED = "unconfirmed_answers"
    ADDRESSES = "unconfirmed_addresses"
    LINK_REQUESTS = "link_requests"
    SUBSCRIBERS = "subscribers"
    REPLIES = "replies"
    INVITATIONS = "invitations"
    ATTENDANCE = "attendance_notes"
    PARTICIPANTS = "participants"
    PURPOSES = "list_purposes"
    ROOMS = "room_links"
    REMARKS = "feedback_remarks"
    SPEAKER_CHANGES = "speaker_changes"
    MAIL = "mail_texts"
    SUPPRESSED = "addresses_that_refused"
    SIGN_INS = "sign_ins"
    ACCOUNT_LINKS = "account_links"
    GLASS = "break_glass_reasons"
    ROLES = "ended_roles"
    WINDOWS = "limit_windows"


@dataclass(frozen=True, slots=True)
class Erased:
    """What one erasure took."""

    answers: int = 0
    """Become numbers that are tied to nobody."""
    replies: int = 0
    invitations: int = 0
    messages: int = 0


def erase(
    session: Session, *, now: datetime, participant: Participant, actor: str = "participant", tells: bool = False
) -> LogEntry:
    """Erase a participant at once, on asking: identity, mail, links; counts remain. Flushes; returns the log's row.

    Places that were theirs go to those who wait.

    Args:
        session: the database.
        now: the present.
        participant: who.
        actor: for the log: `participant`, or `command` where whoever runs the instance did it.
        tells: whether one last message says so to the address, which is forgotten once that has left.

    Raises:
        NotFoundError: erased already.
    """
    series_id, address, language = participant.series_id, participant.address, participant.language
    erased = _forget(session, participant=participant, now=now)
    if address is not None:
        lift(session, address=address)
        announcements_data.erase(session, now=now, email=address, series_id=series_id)
    if address is not None and tells:
        data_erased(session, now=now, address=address, language=language)
    counts = {
        "answers": erased.answers,
        "replies": erased.replies,
        "invitations": erased.invitations,
        "messages": erased.messages,
    }
    return log_erasure(session, now=now, actor=actor, series_id=series_id, counts={"participants": 1, **counts})


def purge(session: Session, *, now: datetime) -> int:
    """Forget all that is due; returns how much that was. Flushes. On SQLite a checkpoint has to follow.

    Unconfirmed answers, new addresses and wishes for a link after 48 hours; replies, invitations and identities on
    their date; texts of mail after 7 days, an erasure's last message once it has left; that an address refused mail
    after 180 days; rooms a day after the end; what those who speak
    asked to change, 30 days after it was decided; who came, where the level became stricter since; why lists were taken
    out, with the last of those on them; sign-ins that ended; invitations and links of organisers
    that were used or are past; reasons of administrators after 90 days; windows of limits
    that are over. What was erased before is written down beside the database too.
    """
    write_file(session)
    return sum(purge_by_kind(session, now=now).values())


def purge_by_kind(session: Session, *, now: datetime) -> dict[Kind, int]:
    """Do what `purge` does and return how much of each kind that was. Flushes."""
    counts = dict.fromkeys(Kind, 0)
    counts[Kind.UNCONFIRMED], nobody = forget_unconfirmed(session, now=now)
    for subject in nobody:
        mail_data.erase(session, person_ref=subject, now=now)
    counts[Kind.ADDRESSES] = forget_address_changes(session, now=now)
    counts[Kind.LINK_REQUESTS] = forget_link_requests(session, now=now)
    counts[Kind.SUBSCRIBERS] = forget_subscribers(session, now=now)
    counts[Kind.REPLIES] = forget_replies(session, now=now)
    counts[Kind.INVITATIONS] = forget_invitations(session, now)
    counts[Kind.ATTENDANCE] = keep_numbers_only(session, now=now)
    by_series = _forget_due(session, now=now)
    counts[Kind.PARTICIPANTS] = by_series.total()
    counts[Kind.PURPOSES] = forget_purposes(session)
    counts[Kind.ROOMS] = _forget_rooms(session, now=now)
    counts[Kind.REMARKS] = erase_remarks(session, now)
    counts[Kind.SPEAKER_CHANGES] = forget_changes(session, now=now)
    counts[Kind.MAIL] = erase_bodies(session, now) + mail_data.forget_last_words(session, now=now)
    counts[Kind.SUPPRESSED] = forget_old(session, now=now)
    counts[Kind.SIGN_INS] = forget_sign_ins(session, now=now)
    counts[Kind.ACCOUNT_LINKS] = (
        forget_role_invitations(session, now=now)
        + forget_resets(session, now=now)
        + forget_past_addresses(session, now=now)
    )
    counts[Kind.GLASS] = forget_glass(session, now=now)
    counts[Kind.ROLES] = forget_roles(session, now=now)
    counts[Kind.WINDOWS] = forget_windows(session, now=now)
    for series_id, erased in by_series.items():
        log_erasure(
            session, now=now, actor="worker", series_id=series_id, counts={"participants": erased}, reason="retention"
        )
    return counts


def log_erasure(
    session: Session, *, now: datetime, actor: str, series_id: int, counts: dict[str, int], reason: str = "asked"
) -> LogEntry:
    """Write into the log how much was erased in a series, and nobody's name; returns the row. Flushes."""
    return audit.record(
        session,
        now=now,
        actor=actor,
        action="privacy.erase",
        object_=f"series:{series_id}",
        details={**counts, "reason": reason},
    )


def _forget_due(session: Session, *, now: datetime) -> Counter[int]:
    by_series: Counter[int] = Counter()
    for participant in list_perhaps_due(session, now=now):
        if erasure_of(participant) > now:
            continue
        series_id = participant.series_id
        # Another worker may have been quicker.
        with contextlib.suppress(NotFoundError):
            _forget(session, participant=participant, now=now)
            by_series[series_id] += 1
    return by_series


def _forget(session: Session, *, participant: Participant, now: datetime) -> Erased:
    participant = lock_participant(session, participant.id)
    left = lock_left_sessions(session, participant, now=now)
    held = count_held(session, participant.id)
    refs = rsvp_data.list_refs_to_erase(session, participant)
    messages = sum(mail_data.erase(session, person_ref=ref, now=now) for ref in refs)
    own = {participant.subject}
    rsvp_data.erase(session, participant=participant, now=now)
    for workshop_session in left:
        tend(session, workshop_session, now=now)
    return Erased(
        answers=held.answers,
        replies=held.replies,
        invitations=len(set(refs) - own) - held.changes,
        messages=messages,
    )


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
