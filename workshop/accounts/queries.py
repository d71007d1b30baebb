"""Reading organisers, their sign-ins and roles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts.models import BreakGlass, Organiser, Role, SeriesRole, SignIn
from workshop.core.addresses import fold_address


def find_organiser(session: Session, *, email: str) -> Organiser | None:
    """Return the organiser of an address, whatever its case."""
    return session.scalar(sa.select(Organiser).where(Organiser.email_folded == fold_address(email)))


def list_organisers(session: Session) -> Sequence[Organiser]:
    """Return all organisers by address."""
    return session.scalars(sa.select(Organiser).order_by(Organiser.email_folded)).all()


def find_role(session: Session, *, organiser_id: int, series_id: int) -> Role | None:
    """Return the role that somebody has in a series; None: the series does not exist for them."""
    return session.scalar(
        sa.select(SeriesRole.role).where(SeriesRole.organiser_id == organiser_id, SeriesRole.series_id == series_id)
    )


def list_roles(session: Session, *, organiser_id: int) -> dict[int, Role]:
    """Return series id → role of an organiser."""
    rows = session.execute(
        sa.select(SeriesRole.series_id, SeriesRole.role).where(SeriesRole.organiser_id == organiser_id)
    )
    return {row[0]: row[1] for row in rows}


def list_access(session: Session, *, series_id: int) -> Sequence[tuple[Organiser, SeriesRole]]:
    """Return who has which role in a series: owners first, then in the order of the other roles, by address."""
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


def list_with_list(session: Session, *, series_id: int) -> Sequence[Organiser]:
    """Return the enabled owners and organisers of a series: who sees who takes part."""
    return session.scalars(
        sa.select(Organiser)
        .join(SeriesRole, SeriesRole.organiser_id == Organiser.id)
        .where(
            SeriesRole.series_id == series_id,
            SeriesRole.role.in_([Role.OWNER, Role.ORGANISER]),
            Organiser.is_enabled,
        )
        .order_by(Organiser.id)
    ).all()


def list_digest_readers(session: Session, *, known_since: datetime) -> list[tuple[Organiser, list[int]]]:
    """Return the enabled organisers who want a digest, each with the ids of the series whose answers they see.

    Those whose accounts are younger than `known_since` are left out.
    """
    rows = session.execute(
        sa.select(Organiser, SeriesRole.series_id)
        .join(SeriesRole, SeriesRole.organiser_id == Organiser.id)
        .where(
            SeriesRole.role.in_([Role.OWNER, Role.ORGANISER]),
            Organiser.is_enabled,
            Organiser.wants_digest,
            Organiser.created_at <= known_since,
        )
        .order_by(Organiser.id, SeriesRole.series_id)
    )
    found: dict[int, tuple[Organiser, list[int]]] = {}
    for organiser, series_id in rows:
        found.setdefault(organiser.id, (organiser, []))[1].append(series_id)
    return list(found.values())


def wants_digest(session: Session, organiser_id: int) -> bool:
    """Whether somebody still has an account, and wants a digest."""
    statement = sa.select(Organiser.wants_digest).where(Organiser.id == organiser_id, Organiser.is_enabled)
    return bool(session.scalar(statement))
