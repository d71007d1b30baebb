"""Roles in series: giving and taking them, the walls, what administrators open (item 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts import queries
from workshop.accounts.models import BreakGlass, Organiser, Role, SeriesRole
from workshop.accounts.service.naming import actor_of
from workshop.audit.service import record
from workshop.core.errors import ConflictError, InvalidError, NotFoundError
from workshop.ical.text import clean_line

ORGANISATION_LENGTH = 200
GLASS_OPEN = timedelta(hours=1)
"""How long an administrator reads a series that is not theirs, once they said why."""
KEEP_GLASS = timedelta(days=90)
AFTERWARDS = timedelta(days=1)
"""So long after the session's end a helper may still note who came, unless another end is given."""
KEEP_ROLES = timedelta(days=30)
"""So long owners see that a role has ended."""
REASON_MINIMUM, REASON_LENGTH = 20, 500
"""Characters of that reason."""


class OrganisationError(InvalidError):
    """A partner's organisation is `missing`, as `reason` says."""

    code = "bad_organisation"


class DoorError(InvalidError):
    """A helper's session or end is `missing`, as `reason` says."""

    code = "bad_door"


class LastOwnerError(ConflictError):
    """A series is always somebody's."""

    code = "last_owner"


class GlassNotNeededError(ConflictError):
    """The administrator has a role in the series, or has it open already."""

    code = "glass_not_needed"


@dataclass(frozen=True, slots=True)
class Terms:
    """A role with what belongs to it; `check_terms` makes it whole."""

    role: Role
    organisation: str = ""
    """A partner's, whose invitations they see; of which institution the others are."""
    workshop_session_id: int | None = None
    """A helper's."""
    expires_at: datetime | None = None
    """From then on the role is none; an owner's never ends by itself."""


def check_terms(terms: Terms) -> Terms:
    """Return the terms as they are kept: what does not belong to the role is dropped, the rest in one line.

    Raises:
        OrganisationError: a partner has no organisation.
        DoorError: a helper has no session, or no end.
    """
    organisation = clean_line(terms.organisation)[:ORGANISATION_LENGTH]
    is_helper = terms.role is Role.HELPER
    if terms.role is Role.PARTNER and not organisation:
        raise OrganisationError(reason="missing")
    if is_helper and (terms.workshop_session_id is None or terms.expires_at is None):
        raise DoorError(reason="missing")
    return Terms(
        terms.role,
        organisation,
        terms.workshop_session_id if is_helper else None,
        None if terms.role is Role.OWNER else terms.expires_at,
    )


def grant(  # noqa: PLR0913 (a role has that many facts, all of them named at the call)
    session: Session,
    *,
    now: datetime,
    series_id: int,
    organiser: Organiser,
    role: Role,
    actor: str,
    organisation: str = "",
    workshop_session_id: int | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Give an organiser a role in a series, in place of any earlier one. Flushes.

    Args:
        session: the database.
        now: the present instant.
        series_id: the series.
        organiser: who gets the role.
        role: the role.
        actor: as the log names who did it.
        organisation: a partner's, whose invitations they see: required for them. Of which institution others are.
        workshop_session_id: a helper's, of that series: required for them.
        expires_at: from then on the role is none; required for a helper, never an owner's.

    Raises:
        OrganisationError: a partner has no organisation.
        DoorError: a helper has no session or no end.
        LastOwnerError: the series would have no owner any more.
    """
    terms = check_terms(Terms(role, organisation, workshop_session_id, expires_at))
    if role is not Role.OWNER:
        _keep_an_owner(session, series_id, organiser)
    _keep(session, now=now, series_id=series_id, organiser=organiser, terms=terms)
    details: dict[str, Any] = {"organiser": organiser.id, "role": role.value}
    if terms.workshop_session_id is not None:
        details["session"] = terms.workshop_session_id
    if terms.expires_at is not None:
        details["until"] = terms.expires_at.isoformat()
    record(session, now=now, actor=actor, action="accounts.grant", object_=f"series:{series_id}", details=details)


def revoke(session: Session, *, now: datetime, series_id: int, organiser: Organiser, actor: str) -> None:
    """Take an organiser's role in a series away; it ends with the next request. Raises LastOwnerError."""
    _keep_an_owner(session, series_id, organiser)
    session.execute(
        sa.delete(SeriesRole).where(SeriesRole.organiser_id == organiser.id, SeriesRole.series_id == series_id)
    )
    details = {"organiser": organiser.id}
    record(session, now=now, actor=actor, action="accounts.revoke", object_=f"series:{series_id}", details=details)


def transfer(session: Session, *, now: datetime, series_id: int, owner: Organiser, to: Organiser) -> None:
    """Make somebody else who has a role in a series its owner, and its owner an organiser, in one act. Flushes.

    Institutions stay as they are. Telling both is the caller's.

    Raises:
        NotFoundError: either has no role there now (somebody was quicker), `owner` does not own it, both are the
            same, or the account is disabled.
    """
    _lock_owners(session, series_id)
    held = queries.find_held(session, organiser_id=owner.id, series_id=series_id, now=now)
    other = queries.find_held(session, organiser_id=to.id, series_id=series_id, now=now)
    if held is None or held.role is not Role.OWNER or other is None or owner.id == to.id or not to.is_enabled:
        raise NotFoundError
    for organiser, role, organisation in (
        (to, Role.OWNER, other.organisation),
        (owner, Role.ORGANISER, held.organisation),
    ):
        _keep(session, now=now, series_id=series_id, organiser=organiser, terms=Terms(role, organisation))
    record(
        session, now=now, actor=actor_of(owner), action="accounts.transfer", object_=f"series:{series_id}",
        details={"organiser": to.id},
    )  # fmt: skip


def _keep(session: Session, *, now: datetime, series_id: int, organiser: Organiser, terms: Terms) -> None:
    row = session.get(SeriesRole, (organiser.id, series_id))
    if row is None:
        row = SeriesRole(organiser_id=organiser.id, series_id=series_id)
        session.add(row)
    row.role, row.organisation, row.granted_at = terms.role, terms.organisation, now
    row.workshop_session_id, row.expires_at = terms.workshop_session_id, terms.expires_at
    session.flush()


def _keep_an_owner(session: Session, series_id: int, organiser: Organiser) -> None:
    """Raise LastOwnerError when nobody but this organiser owns the series; locks its owners until the end."""
    if _lock_owners(session, series_id) == [organiser.id]:
        raise LastOwnerError


def _lock_owners(session: Session, series_id: int) -> list[int]:
    """Return the ids of who owns a series, in line with whoever changes that at the same time."""
    return list(
        session.scalars(
            sa.select(SeriesRole.organiser_id)
            .where(SeriesRole.series_id == series_id, SeriesRole.role == Role.OWNER)
            .order_by(SeriesRole.organiser_id)
            .with_for_update()
        )
    )


def forget_roles(session: Session, *, now: datetime) -> int:
    """Forget roles that ended by themselves KEEP_ROLES ago; the log keeps that they were given. Flushes."""
    ended = SeriesRole.expires_at <= now - KEEP_ROLES
    return int(getattr(session.execute(sa.delete(SeriesRole).where(ended)), "rowcount", 0))


def break_glass(session: Session, *, now: datetime, organiser: Organiser, series_id: int, reason: str) -> BreakGlass:
    """Let an administrator without a role read a series for GLASS_OPEN, and give roles in it. Flushes.

    Telling its organisers is the caller's. What the log keeps is who, which series and until when; never the reason.

    Args:
        session: the database.
        now: the present.
        organiser: the administrator.
        series_id: the series.
        reason: REASON_MINIMUM to REASON_LENGTH characters, checked by the form; its organisers read it.

    Raises:
        NotFoundError: not an administrator.
        ConflictError: they have a role in it, or have it open.
    """
    if not organiser.is_administrator:
        raise NotFoundError
    role = queries.find_role(session, organiser_id=organiser.id, series_id=series_id, now=now)
    if role is not None or series_id in queries.list_open_glass(session, organiser_id=organiser.id, now=now):
        raise GlassNotNeededError
    glass = BreakGlass(
        organiser_id=organiser.id,
        series_id=series_id,
        reason=clean_line(reason)[:REASON_LENGTH],
        opened_at=now,
        closes_at=now + GLASS_OPEN,
    )
    session.add(glass)
    session.flush()
    details = {"until": glass.closes_at.isoformat(), "break_glass": glass.id}
    record(
        session, now=now, actor=actor_of(organiser), action="accounts.break_glass", object_=f"series:{series_id}",
        details=details,
    )  # fmt: skip
    return glass


def close_glass(session: Session, *, now: datetime, organiser: Organiser, series_id: int) -> None:
    """End what an administrator opened, before its time. Flushes. Raises NotFoundError where nothing is open."""
    glass = queries.list_open_glass(session, organiser_id=organiser.id, now=now).get(series_id)
    if glass is None:
        raise NotFoundError
    # The database keeps an end after the beginning, also where both happen within one tick of a clock.
    glass.closes_at = max(now, glass.opened_at + timedelta(microseconds=1))
    session.flush()
    record(session, now=now, actor=actor_of(organiser), action="accounts.close_glass", object_=f"series:{series_id}")


def forget_glass(session: Session, *, now: datetime) -> int:
    """Forget for what reason administrators opened series KEEP_GLASS ago; the log keeps that they did. Flushes."""
    result = session.execute(sa.delete(BreakGlass).where(BreakGlass.closes_at <= now - KEEP_GLASS))
    return int(getattr(result, "rowcount", 0))
