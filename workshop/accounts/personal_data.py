"""What is held about organisers, for export and erasure."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser, SeriesRole, SignIn
from workshop.accounts.queries import find_organiser, list_sign_ins

TABLES = (Organiser.__tablename__, SeriesRole.__tablename__, SignIn.__tablename__)
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
            "created_at": organiser.created_at.isoformat(),
            "roles": [
                {"series": role.series_id, "role": role.role.value, "granted_at": role.granted_at.isoformat()}
                for role in organiser.roles
            ],
            "sign_ins": [
                {"created_at": row.created_at.isoformat(), "seen_at": row.seen_at.isoformat()}
                for row in list_sign_ins(session, organiser_id=organiser.id)
            ],
        }
    }


def erase(session: Session, *, email: str) -> int:
    """Delete the account of an address with its roles and sign-ins; returns how many. The log keeps its number."""
    organiser = find_organiser(session, email=email)
    if organiser is None:
        return 0
    session.execute(sa.delete(Organiser).where(Organiser.id == organiser.id))
    return 1
