"""Reading organisers, their sign-ins and roles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts.models import (
    BreakGlass,
    Organiser,
    OrganiserAddressChange,
    PassPhraseReset,
    Role,
    RoleInvitation,
    SeriesRole,
    SignIn,
)
from workshop.core.addresses import fold_address


def find_organiser(session: Session, *, email: str) -> Organiser | None:
    """Return the organiser of an address, whatever its case."""
    return session.scalar(sa.select(Organiser).where(Organiser.email_folded == fold_address(email)))


def list_organisers(session: Session) -> Sequence[Organiser]:
    """Return all organisers by address."""
    return session.scalars(sa.select(Organiser).order_by(Organiser.email_folded)).all()


def holds(now: datetime) -> sa.ColumnElement[bool]:
    """Return what is true of a role that has not expired: an expired one is none, wherever somebody asks."""
    return sa.or_(SeriesRole.expires_at.is_(None), SeriesRole.expires_at > now)


def find_held(session: Session, *, organiser_id: int, series_id: int, now: datetime) -> SeriesRole | None:
    """Return the role that somebody has in a series, with what belongs to it; None: it does not exist for them."""
    return session.scalar(
        sa.select(SeriesRole).where(
            SeriesRole.organiser_id == organiser_id, SeriesRole.series_id == series_id, holds(now)
        )
    )


def find_role(session: Session, *, organiser_id: int, series_id: int, now: datetime) -> Role | None:
    """Return the role that somebody has in a series; None: the series does not exist for them."""
    held = find_held(session, organiser_id=organiser_id, series_id=series_id, now=now)
    return held.role if held is not None else None


def list_held(session: Session, *, organiser_id: int, now: datetime) -> Sequence[SeriesRole]:
    """Return every role of an organiser, by series."""
    return session.scalars(
        sa.select(SeriesRole).where(SeriesRole.organiser_id == organiser_id, holds(now)).order_by(SeriesRole.series_id)
    ).all()


def list_roles(session: Session, *, organiser_id: int, now: datetime) -> dict[int, Role]:
    """Return series id → role of an organiser."""
    return {held.series_id: held.role for held in list_held(session, organiser_id=organiser_id, now=now)}


def list_access(session: Session, *, series_id: int) -> Sequence[tuple[Organiser, SeriesRole]]:
    """Return who has which role in a series: owners first, then in the order of the other roles, by address.

    Those whose role has expired stand there too, as its owners see it.
    """
    order = sa.case({role: number for number, role in enumerate(Role)}, value=SeriesRole.role)
    rows = session.execute(
        sa.select(Organiser, SeriesRole)
        .join(SeriesRole, SeriesRole.organiser_id == Organiser.id)
        .where(SeriesRole.series_id == series_id)
        .order_by(order, Organiser.email_folded)
    )
    return [(row[0], row[1]) for row in rows]


def find_access(session: Session, *, series_id: int, organiser_id: int) -> tuple[Organiser, SeriesRole] | None:
    """Return somebody who has a role in a series, with it; None without one."""
    row = session.execute(
        sa.select(Organiser, SeriesRole)
        .join(SeriesRole, SeriesRole.organiser_id == Organiser.id)
        .where(SeriesRole.series_id == series_id, SeriesRole.organiser_id == organiser_id)
    ).first()
    return (row[0], row[1]) if row else None


def list_invitations(session: Session, *, now: datetime, series_id: int | None) -> Sequence[RoleInvitation]:
    """Return who is invited to a role in a series and has not accepted yet; None: to an account only."""
    return session.scalars(
        sa.select(RoleInvitation)
        .where(
            RoleInvitation.series_id == series_id if series_id is not None else RoleInvitation.series_id.is_(None),
            RoleInvitation.used_at.is_(None),
            RoleInvitation.closes_at > now,
        )
        .order_by(RoleInvitation.email_folded, RoleInvitation.id)
    ).all()


def list_sign_ins(session: Session, *, organiser_id: int) -> Sequence[SignIn]:
    """Return the sign-ins of an organiser, the latest seen first."""
    return session.scalars(
        sa.select(SignIn).where(SignIn.organiser_id == organiser_id).order_by(SignIn.seen_at.desc(), SignIn.id)
    ).all()


def list_owned_alone(session: Session, *, organiser_id: int) -> Sequence[int]:
    """Return the ids of the series that nobody but this organiser owns."""
    other = (
        sa.select(SeriesRole.series_id)
        .where(SeriesRole.role == Role.OWNER, SeriesRole.organiser_id != organiser_id)
        .scalar_subquery()
    )
    return session.scalars(
        sa.select(SeriesRole.series_id)
        .where(
            SeriesRole.organiser_id == organiser_id, SeriesRole.role == Role.OWNER, SeriesRole.series_id.not_in(other)
        )
        .order_by(SeriesRole.series_id)
    ).all()


def list_open_glass(session: Session, *, organiser_id: int, now: datetime) -> dict[int, BreakGlass]:
    """Return series id → by what an administrator without a role may read it now."""
    found = session.scalars(
        sa.select(BreakGlass)
        .where(BreakGlass.organiser_id == organiser_id, BreakGlass.opened_at <= now, BreakGlass.closes_at > now)
        .order_by(BreakGlass.closes_at)
    )
    return {one.series_id: one for one in found}


def list_glass(
    session: Session, *, series_id: int, open_at: datetime | None = None
) -> Sequence[tuple[BreakGlass, Organiser]]:
    """Return who opened a series as administrator, the latest first; with `open_at`, only what was open then."""
    statement = (
        sa.select(BreakGlass, Organiser)
        .join(Organiser, Organiser.id == BreakGlass.organiser_id)
        .where(BreakGlass.series_id == series_id)
    )
    if open_at is not None:
        statement = statement.where(BreakGlass.opened_at <= open_at, BreakGlass.closes_at > open_at)
    rows = session.execute(statement.order_by(BreakGlass.opened_at.desc(), BreakGlass.id.desc()))
    return [(row[0], row[1]) for row in rows]


def list_glass_of(session: Session, *, organiser_id: int) -> Sequence[BreakGlass]:
    """Return what an organiser opened as administrator, the earliest first."""
    return session.scalars(
        sa.select(BreakGlass).where(BreakGlass.organiser_id == organiser_id).order_by(BreakGlass.id)
    ).all()


def list_with_list(session: Session, *, series_id: int, now: datetime) -> Sequence[Organiser]:
    """Return the enabled accounts that see who takes part in a series."""
    return session.scalars(
        sa.select(Organiser)
        .join(SeriesRole, SeriesRole.organiser_id == Organiser.id)
        .where(
            SeriesRole.series_id == series_id,
            SeriesRole.role.in_([Role.OWNER, Role.ORGANISER, Role.ANSWERS]),
            holds(now),
            Organiser.is_enabled,
        )
        .order_by(Organiser.id)
    ).all()


def list_planners(session: Session, *, series_id: int, now: datetime) -> Sequence[Organiser]:
    """Return the enabled accounts that plan a series: its owners, organisers and editors."""
    return session.scalars(
        sa.select(Organiser)
        .join(SeriesRole, SeriesRole.organiser_id == Organiser.id)
        .where(
            SeriesRole.series_id == series_id,
            SeriesRole.role.in_([Role.OWNER, Role.ORGANISER, Role.EDITOR]),
            Organiser.is_enabled,
            holds(now),
        )
        .order_by(Organiser.id)
    ).all()


def is_planner(session: Session, organiser_id: int, *, series_id: int, now: datetime) -> bool:
    """Whether an account is enabled and plans a series."""
    return any(one.id == organiser_id for one in list_planners(session, series_id=series_id, now=now))


def list_digest_readers(
    session: Session, *, known_since: datetime, now: datetime
) -> list[tuple[Organiser, dict[int, Role]]]:
    """Return the enabled organisers who want a digest, each with series id → role where they plan or see answers.

    Those whose accounts are younger than `known_since` are left out.
    """
    rows = session.execute(
        sa.select(Organiser, SeriesRole.series_id, SeriesRole.role)
        .join(SeriesRole, SeriesRole.organiser_id == Organiser.id)
        .where(
            SeriesRole.role.in_([Role.OWNER, Role.ORGANISER, Role.EDITOR, Role.ANSWERS]),
            holds(now),
            Organiser.is_enabled,
            Organiser.wants_digest,
            Organiser.created_at <= known_since,
        )
        .order_by(Organiser.id, SeriesRole.series_id)
    )
    found: dict[int, tuple[Organiser, dict[int, Role]]] = {}
    for organiser, series_id, role in rows:
        found.setdefault(organiser.id, (organiser, {}))[1][series_id] = role
    return list(found.values())


def wants_digest(session: Session, organiser_id: int) -> bool:
    """Whether somebody still has an account, and wants a digest."""
    statement = sa.select(Organiser.wants_digest).where(Organiser.id == organiser_id, Organiser.is_enabled)
    return bool(session.scalar(statement))


def may_still_arrive(session: Session, *, kind: str, subject: str, now: datetime) -> bool:
    """Whether what a message about an account leads to is still open: its link was not used, replaced or past."""
    tables: dict[str, type[RoleInvitation | PassPhraseReset | OrganiserAddressChange]] = {
        "role_invitation": RoleInvitation,
        "pass_phrase_reset": PassPhraseReset,
        "address_change": OrganiserAddressChange,
    }
    table = tables[kind]
    row = session.scalar(sa.select(table).where(table.subject == subject, table.closes_at > now))
    return row is not None and getattr(row, "used_at", None) is None
