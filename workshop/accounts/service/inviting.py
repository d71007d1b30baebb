"""Asking somebody by mail to have an account, and a role in a series: a link that works once (items 8, 9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts import queries
from workshop.accounts.emails import role_invitation
from workshop.accounts.models import Organiser, Role, RoleInvitation
from workshop.accounts.service.naming import actor_of
from workshop.accounts.service.own import add_organiser
from workshop.accounts.service.roles import Terms, check_terms, grant
from workshop.audit.service import record
from workshop.core import links
from workshop.core.addresses import check_address, fold_address
from workshop.core.errors import NotFoundError
from workshop.core.links import Purpose

OPEN: Final = timedelta(days=7)
"""How long an invitation waits."""
COMMAND: Final = "command"


@dataclass(frozen=True, slots=True)
class Newcomer:
    """What somebody without an account gives when they accept."""

    name: str
    pass_phrase: str
    language: str
    tzid: str


def invite(  # noqa: PLR0913 (a role has that many facts, all of them named at the call)
    session: Session,
    *,
    now: datetime,
    email: str,
    language: str,
    by: Organiser | None,
    series_id: int | None = None,
    role: Role | None = None,
    organisation: str = "",
    workshop_session_id: int | None = None,
    role_expires_at: datetime | None = None,
) -> RoleInvitation:
    """Invite an address to an account, and to a role where a series is given, with its mail. Flushes.

    An earlier invitation of the same address to the same series is replaced: its link dies. Checks no right; that is
    the page's. Whether the address has an account is not asked: accepting does.

    Args:
        session: the transaction.
        now: the present.
        email: whom.
        language: of the message.
        by: who invites; None: a command.
        series_id: the series; None: an account without a role.
        role: in it.
        organisation: of which institution; required of partners.
        workshop_session_id: a helper's session.
        role_expires_at: when the role ends.

    Raises:
        BadAddressError: no address.
        OrganisationError: a partner's is missing.
        DoorError: a helper has no session or no end.
    """
    email = check_address(email)
    role = role if series_id is not None else None
    terms = check_terms(Terms(role, organisation, workshop_session_id, role_expires_at)) if role else None
    _close(
        session,
        RoleInvitation.email_folded == fold_address(email),
        RoleInvitation.series_id == series_id if series_id is not None else RoleInvitation.series_id.is_(None),
    )
    invitation = RoleInvitation(
        series_id=series_id,
        email=email,
        email_folded=fold_address(email),
        language=language,
        role=role,
        organisation=terms.organisation if terms else "",
        workshop_session_id=terms.workshop_session_id if terms else None,
        role_expires_at=terms.expires_at if terms else None,
        invited_by=actor_of(by) if by else COMMAND,
        created_at=now,
        closes_at=now + OPEN,
    )
    session.add(invitation)
    session.flush()
    role_invitation(session, now=now, invitation=invitation, inviter=by.name if by else "")
    details = {"invitation": invitation.id, **({"role": role.value} if role else {})}
    record(
        session, now=now, actor=invitation.invited_by, action="accounts.invite", object_=_object(series_id),
        details=details,
    )  # fmt: skip
    return invitation


def take_back(session: Session, *, now: datetime, invitation_id: int, series_id: int | None, actor: str) -> None:
    """Take an invitation of this series back: its link opens nothing any more. Flushes. Raises NotFoundError."""
    of_series = RoleInvitation.series_id == series_id if series_id is not None else RoleInvitation.series_id.is_(None)
    if not _close(session, RoleInvitation.id == invitation_id, of_series):
        raise NotFoundError
    details = {"invitation": invitation_id}
    record(session, now=now, actor=actor, action="accounts.uninvite", object_=_object(series_id), details=details)


def find_invitation(session: Session, *, now: datetime, token: str) -> RoleInvitation:
    """Return what a link opens. Unknown, used, past and taken back raise the same NotFoundError.

    So does one whose sender may no longer give the role: whoever lost a series leaves no door behind.
    """
    subject = links.find_subject(session, purpose=Purpose.ACCESS, token=token)
    invitation = session.scalar(
        sa.select(RoleInvitation).where(
            RoleInvitation.subject == subject, RoleInvitation.used_at.is_(None), RoleInvitation.closes_at > now
        )
    )
    if invitation is None or not _may_still_invite(session, invitation, now):
        raise NotFoundError
    return invitation


def accept(
    session: Session, *, now: datetime, invitation: RoleInvitation, organiser: Organiser | None, newcomer: Newcomer
) -> Organiser:
    """Take an invitation up; it is used by that. Returns whose account has the role. Flushes.

    Args:
        session: the transaction.
        now: the present.
        invitation: as `find_invitation` found it.
        organiser: the account of its address; None: one is made of `newcomer`.
        newcomer: looked at only then.

    Raises:
        NotFoundError: the account has another address or is disabled, or somebody was quicker.
        WeakPassPhraseError: of a newcomer's pass phrase.
        OrganiserExistsError: a newcomer's address got an account meanwhile.
        LastOwnerError: the account is the series' only owner, and invited to less.
    """
    if organiser is not None and (organiser.email_folded != invitation.email_folded or not organiser.is_enabled):
        raise NotFoundError
    # Of two that press at once, one finds nothing.
    used = session.execute(
        sa.update(RoleInvitation)
        .where(RoleInvitation.id == invitation.id, RoleInvitation.used_at.is_(None))
        .values(used_at=now)
        .returning(RoleInvitation.id)
    ).scalar()
    if used is None:
        raise NotFoundError
    if organiser is None:
        organiser = add_organiser(
            session,
            now=now,
            email=invitation.email,
            name=newcomer.name,
            pass_phrase=newcomer.pass_phrase,
            language=newcomer.language,
            is_administrator=False,
            actor=invitation.invited_by,
        )
        organiser.tzid = newcomer.tzid
    if invitation.series_id is not None and invitation.role is not None:
        grant(
            session,
            now=now,
            series_id=invitation.series_id,
            organiser=organiser,
            role=invitation.role,
            organisation=invitation.organisation,
            actor=invitation.invited_by,
            workshop_session_id=invitation.workshop_session_id,
            expires_at=invitation.role_expires_at,
        )
    links.revoke(session, subjects=[invitation.subject])
    details = {"invitation": invitation.id}
    record(
        session, now=now, actor=actor_of(organiser), action="accounts.accept", object_=_object(invitation.series_id),
        details=details,
    )  # fmt: skip
    return organiser


def forget_invitations(session: Session, *, now: datetime) -> int:
    """Forget invitations that were used or are past, with the addresses in them; returns how many. Flushes."""
    return _close(session, sa.or_(RoleInvitation.used_at.is_not(None), RoleInvitation.closes_at <= now))


def erase_invitations(session: Session, *, email: str) -> list[str]:
    """Forget every invitation of an address and return the random ids under which mail to it stands. Flushes."""
    folded = fold_address(email)
    found = session.scalars(sa.select(RoleInvitation.subject).where(RoleInvitation.email_folded == folded)).all()
    _close(session, RoleInvitation.email_folded == folded)
    return list(found)


def _may_still_invite(session: Session, invitation: RoleInvitation, now: datetime) -> bool:
    if invitation.invited_by == COMMAND:
        return True
    number = invitation.invited_by.rpartition(":")[2]
    inviter = session.get(Organiser, int(number)) if number.isdigit() else None
    if inviter is None or not inviter.is_enabled:
        return False
    if inviter.is_administrator or invitation.series_id is None:
        return inviter.is_administrator
    role = queries.find_role(session, organiser_id=inviter.id, series_id=invitation.series_id, now=now)
    return role is Role.OWNER


def _close(session: Session, *which: sa.ColumnElement[bool]) -> int:
    subjects = session.scalars(sa.delete(RoleInvitation).where(*which).returning(RoleInvitation.subject)).all()
    links.revoke(session, subjects=subjects)
    return len(subjects)


def _object(series_id: int | None) -> str:
    return f"series:{series_id}" if series_id is not None else ""
