"""What is held about organisers, for export and erasure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts.models import BreakGlass, Organiser, SeriesRole, SignIn
from workshop.accounts.queries import find_organiser, list_glass_of, list_sign_ins
from workshop.core.erasures import account_ref, remember
from workshop.core.links import Purpose, has_link, revoke
from workshop.mail import personal_data as mail_data

TABLES = (Organiser.__tablename__, SeriesRole.__tablename__, SignIn.__tablename__, BreakGlass.__tablename__)
"""The tables that this feature answers for."""


def export(session: Session, *, email: str) -> dict[str, Any]:
    """Return what is held about the organiser of an address; empty when there is none. No hash is given out."""
    organiser = find_organiser(session, email=email)
    if organiser is None:
        return {}
    return {
        "organiser": {
            "email": organiser.email,
            "name": organiser.name,
            "language": organiser.language,
            "wants_digest": organiser.wants_digest,
            "created_at": organiser.created_at.isoformat(),
            "has_calendar_address": has_link(session, purpose=Purpose.FEED, subject=organiser.subject),
            "roles": [
                {"series": role.series_id, "role": role.role.value, "granted_at": role.granted_at.isoformat()}
                for role in organiser.roles
            ],
            "sign_ins": [
                {"created_at": row.created_at.isoformat(), "seen_at": row.seen_at.isoformat()}
                for row in list_sign_ins(session, organiser_id=organiser.id)
            ],
            "opened_as_administrator": [
                {"series": row.series_id, "reason": row.reason, "opened_at": row.opened_at.isoformat()}
                for row in list_glass_of(session, organiser_id=organiser.id)
            ],
            "messages": mail_data.export(session, person_ref=account_ref(organiser.email_folded)),
        }
    }


def erase(session: Session, *, now: datetime, email: str) -> int:
    """Delete the account of an address with its roles, sign-ins, calendar and mail; returns how many. Flushes.

    The log keeps its number. Whether a series loses its last owner is the caller's to ask (`list_owned_alone`).
    """
    organiser = find_organiser(session, email=email)
    if organiser is None:
        return 0
    ref = account_ref(organiser.email_folded)
    mail_data.erase(session, person_ref=ref, now=now)
    remember(session, now=now, subjects=[ref])
    revoke(session, subjects=[organiser.subject])
    session.execute(sa.delete(Organiser).where(Organiser.id == organiser.id))
    session.expire_all()
    return 1
