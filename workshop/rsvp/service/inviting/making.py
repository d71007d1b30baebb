"""Invitations are made: stored, and sent to nobody yet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.core.links import Purpose, issue, new_subject, revoke
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import Invitation, InvitationKind, InvitationSession
from workshop.rsvp.service.inviting.checking import Invitee

_CHUNK = 500
"""Addresses in one statement: SQLite takes only so many values."""


def invite(
    session: Session,
    *,
    now: datetime,
    workshop_sessions: Sequence[WorkshopSession],
    invitees: Collection[Invitee],
    organisation: str,
    is_locked: bool,
    made_by: int | None,
    actor: str,
) -> int:
    """Invite people to sessions of one series; returns how many. Nothing is mailed yet. Flushes.

    Whoever is invited to other sessions of the series already gets these beside them, by the same link, and is to be
    written to again. Withdrawn invitations give way to new ones, with other links.

    Args:
        session: the database session.
        now: the present.
        workshop_sessions: of one series, at least one; neither drafts nor cancelled.
        invitees: checked, each address once.
        organisation: the partner that brings them; empty for the organisers' own.
        is_locked: whether the links are for these addresses alone.
        made_by: the organiser who typed the addresses.
        actor: as the log names them.
    """
    series_id, session_ids = workshop_sessions[0].series_id, sorted({one.id for one in workshop_sessions})
    people = {invitee.folded: invitee for invitee in invitees}
    known = _known(session, series_id, organisation, list(people))
    _replace_withdrawn(session, [row for row in known if row.withdrawn_at is not None])
    standing = {str(row.address_folded): row.id for row in known if row.withdrawn_at is None}
    common: dict[str, Any] = {
        "series_id": series_id,
        "kind": InvitationKind.PERSON,
        "organisation": organisation,
        "is_locked": is_locked,
        "made_by": made_by,
        "created_at": now,
        "uses": 0,
    }
    rows = [
        {
            **common,
            "subject": new_subject(),
            "address": invitee.address,
            "address_folded": folded,
            "name": invitee.name,
            "language": invitee.language,
        }
        for folded, invitee in people.items()
        if folded not in standing
    ]
    made = _insert(session, rows) + _extend(session, list(standing.values()), session_ids)
    _let_in(session, made, session_ids)
    if made:
        _log(session, now=now, actor=actor, series_id=series_id, details={"people": len(made)})
    return len(made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A link for several people."""

    name: str
    """What the organisers call the group."""
    language: str
    organisation: str = ""
    max_uses: int | None = None
    """How many may answer by it; None: any number."""
    ends_at: datetime | None = None


def invite_group(
    session: Session, *, now: datetime, workshop_sessions: Sequence[WorkshopSession], group: Group, actor: str
) -> Invitation:
    """Make a link that lets a group into sessions of one series, until so many have used it or it ends. Flushes."""
    series_id = workshop_sessions[0].series_id
    invitation = Invitation(
        series_id=series_id,
        kind=InvitationKind.GROUP,
        name=group.name,
        language=group.language,
        organisation=group.organisation,
        is_locked=False,
        max_uses=group.max_uses,
        ends_at=group.ends_at,
        created_at=now,
        uses=0,
        sessions=list(workshop_sessions),
    )
    session.add(invitation)
    session.flush()
    # Its hash must stand before a page, which may not write, shows the link.
    issue(session, purpose=Purpose.INVITATION, subject=invitation.subject)
    _log(session, now=now, actor=actor, series_id=series_id, details={"groups": 1, "uses": group.max_uses})
    return invitation


def _known(session: Session, series_id: int, organisation: str, folded: Sequence[str]) -> list[Any]:
    found: list[Any] = []
    for first in range(0, len(folded), _CHUNK):
        rows = session.execute(
            sa.select(Invitation.id, Invitation.subject, Invitation.address_folded, Invitation.withdrawn_at).where(
                Invitation.series_id == series_id,
                Invitation.organisation == organisation,
                Invitation.address_folded.in_(folded[first : first + _CHUNK]),
            )
        )
        found += rows.all()
    return found


def _replace_withdrawn(session: Session, rows: Sequence[Any]) -> None:
    for first in range(0, len(rows), _CHUNK):
        ids = [row.id for row in rows[first : first + _CHUNK]]
        session.execute(
            sa.delete(Invitation).where(Invitation.id.in_(ids)), execution_options={"synchronize_session": False}
        )
        revoke(session, subjects=[row.subject for row in rows[first : first + _CHUNK]])


def _insert(session: Session, rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert these and return their ids; whom another press invited meanwhile is left out."""
    if not rows:
        return []
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(Invitation)
        .on_conflict_do_nothing(index_elements=["series_id", "organisation", "address_folded"])
        .returning(Invitation.id)
    )
    return list(session.scalars(statement, list(rows)))


def _extend(session: Session, ids: Sequence[int], session_ids: Sequence[int]) -> list[int]:
    """Take up those who lack one of these sessions as if nothing had been sent to them; returns whom."""
    found: list[int] = []
    for first in range(0, len(ids), _CHUNK):
        those = list(ids[first : first + _CHUNK])
        lets_in = (
            sa.select(sa.func.count())
            .where(
                InvitationSession.invitation_id == Invitation.id,
                InvitationSession.workshop_session_id.in_(session_ids),
            )
            .correlate(Invitation)
            .scalar_subquery()
        )
        found += session.scalars(
            sa.update(Invitation)
            .where(Invitation.id.in_(those), lets_in < len(session_ids))
            .values(sent_at=None, reminded_at=None, declined_at=None, due_at=None, uses=0)
            .returning(Invitation.id)
            .execution_options(synchronize_session=False)
        )
    session.expire_all()
    return found


def _let_in(session: Session, ids: Sequence[int], session_ids: Sequence[int]) -> None:
    if not ids:
        return
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    rows = [{"invitation_id": id_, "workshop_session_id": one} for id_ in sorted(ids) for one in session_ids]
    session.execute(
        insert(InvitationSession).on_conflict_do_nothing(index_elements=["invitation_id", "workshop_session_id"]), rows
    )


def _log(session: Session, *, now: datetime, actor: str, series_id: int, details: dict[str, Any]) -> None:
    object_ = f"series:{series_id}"
    audit.record(session, now=now, actor=actor, action="rsvp.invite", object_=object_, details=details)
