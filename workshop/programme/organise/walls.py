"""The walls of the workspace: whoever has no role in a series finds nothing there (security-and-privacy item 9)."""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flask import g, request

from workshop.accounts.models import Role, SeriesRole
from workshop.accounts.queries import list_glass, list_open_glass
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import LISTERS, READERS
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.programme import queries
from workshop.programme.models import Series, WorkshopSession

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_WITH_GLASS = frozenset(
    {
        *("organise.grant_access", "organise.take_back_access", "organise.change_access", "organise.revoke_access"),
    }
)
"""All that an administrator does in a series that is not theirs, besides reading it."""


class Depth(enum.IntEnum):
    """How much of a series a page needs; each level holds those before it."""

    ITSELF = 0
    """Its own columns; its sessions are loaded when they are asked for."""
    LEVELS = 1
    """Its sessions and the items that decide on their levels."""
    PROGRAMMES = 2
    """Who speaks in them, and their partners."""
    WHOLE = 3
    """Its committee and its own partners."""


@dataclass(frozen=True, slots=True)
class GlassView:
    """That an administrator without a role reads the series, as its pages say it while it lasts."""

    name: str
    reason: str
    until: datetime
    is_own: bool
    """It is the reader who does."""


def open_series(slug: str, *roles: Role, depth: Depth = Depth.WHOLE) -> tuple[Series, Role]:
    """Return a series and one's role in it; raises NotFoundError: none of `roles` (READERS), or no such series.

    An administrator who broke the glass reads as an owner does, and may give roles; nothing else is theirs to do.
    """
    held = _hold(slug)
    if depth is Depth.ITSELF:
        series = queries.find_bare_series(db.session(), slug)
    elif depth is Depth.WHOLE:
        series = queries.find_series(db.session(), slug)
    else:
        series = queries.find_series_with_sessions(db.session(), slug, has_names=depth is Depth.PROGRAMMES)
    if series is None:
        raise NotFoundError
    return series, _role_in(series.id, held, roles or READERS)


def open_session(series: str, slug: str, *roles: Role) -> tuple[WorkshopSession, Role]:
    """Return a session and one's role in its series; raises NotFoundError as `open_series` does.

    A helper finds the session at whose door they stand, and no other.
    """
    held = _hold(series)
    workshop_session = queries.find_session(db.session(), series, slug)
    if workshop_session is None:
        raise NotFoundError
    if held is not None and held.role is Role.HELPER and held.workshop_session_id != workshop_session.id:
        raise NotFoundError
    return workshop_session, _role_in(workshop_session.series_id, held, roles or READERS)


def _hold(slug: str) -> SeriesRole | None:
    """Return one's role in the series, None behind broken glass; raises NotFoundError for all others.

    Before any of the series is loaded, which would take time.
    """
    organiser, now = current_organiser(), clock.now()
    held = queries.find_held(db.session(), slug, organiser_id=organiser.id, now=now)
    if held is not None:
        return held
    opened = list_open_glass(db.session(), organiser_id=organiser.id, now=now) if organiser.is_administrator else {}
    if not queries.is_one_of(db.session(), slug, list(opened)):
        raise NotFoundError
    return None


def _role_in(series_id: int, held: SeriesRole | None, roles: Collection[Role]) -> Role:
    """Return one's role in a series, or what the broken glass lends; notes for the page what is open."""
    organiser = current_organiser()
    opened = [
        GlassView(opener.name or opener.email, one.reason, one.closes_at, opener.id == organiser.id)
        for one, opener in list_glass(db.session(), series_id=series_id, open_at=clock.now())
    ]
    if held is None:
        is_allowed = request.method in _READS or request.endpoint in _WITH_GLASS
        if not is_allowed or Role.OWNER not in roles:
            raise NotFoundError
        g.glass = opened
        return Role.OWNER
    role = held.role
    if role not in roles:
        raise NotFoundError
    # Told to those who see who takes part, not to helpers and partners.
    g.glass = opened if role in LISTERS else []
    return role
