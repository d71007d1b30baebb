"""What is held about organisers, for export and erasure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts.models import (
    BreakGlass,
    Organiser,
    OrganiserAddressChange,
    PassPhraseReset,
    RecoveryCode,
    RoleInvitation,
    SeriesRole,
    SignIn,
)
from workshop.accounts.queries import find_organiser, list_glass_of, list_sign_ins
from workshop.accounts.service.inviting import erase_invitations
from workshop.accounts.service.own import forget_addresses, forget_resets_of
from workshop.core.addresses import fold_address
from workshop.core.erasures import account_ref, remember
from workshop.core.links import Purpose, has_link, revoke
from workshop.mail import personal_data as mail_data

TABLES = (
    Organiser.__tablename__,
    SeriesRole.__tablename__,
    SignIn.__tablename__,
    RecoveryCode.__tablename__,
    RoleInvitation.__tablename__,
    PassPhraseReset.__tablename__,
    OrganiserAddressChange.__tablename__,
    BreakGlass.__tablename__,
)
"""The tables that this feature answers for."""


def export(session: Session, *, email: str) -> dict[str, Any]:
    """Return what is held about the organiser of an address; empty when there is none. No hash is given out.

    Invitations to an account stand there too, and that an organiser gave the address as their new one.
    """
    found: dict[str, Any] = {}
    if invited := _export_invitations(session, email):
        found["invited_to_organise"] = invited
    if given := _list_given(session, email):
        found["new_address_of_an_organiser"] = [{"given_at": one.created_at.isoformat()} for one in given]
    organiser = find_organiser(session, email=email)
    return found if organiser is None else {**_export_account(session, organiser), **found}


def _export_invitations(session: Session, email: str) -> list[dict[str, Any]]:
    rows = session.scalars(
        sa.select(RoleInvitation).where(RoleInvitation.email_folded == fold_address(email)).order_by(RoleInvitation.id)
    )
    return [
        {
            "series": row.series_id,
            "role": row.role.value if row.role else None,
            "organisation": row.organisation,
            "language": row.language,
            "created_at": row.created_at.isoformat(),
            "closes_at": row.closes_at.isoformat(),
            "used_at": row.used_at.isoformat() if row.used_at else None,
        }
        for row in rows
    ]


def _list_given(session: Session, email: str) -> list[OrganiserAddressChange]:
    statement = sa.select(OrganiserAddressChange).where(OrganiserAddressChange.email_folded == fold_address(email))
    return list(session.scalars(statement))


def _export_account(session: Session, organiser: Organiser) -> dict[str, Any]:
    return {
        "organiser": {
            "email": organiser.email,
            "name": organiser.name,
            "language": organiser.language,
            "time_zone": organiser.tzid,
            "has_second_factor": organiser.totp_confirmed_at is not None,
            "wants_digest": organiser.wants_digest,
            "created_at": organiser.created_at.isoformat(),
            "has_calendar_address": has_link(session, purpose=Purpose.FEED, subject=organiser.subject),
            "roles": [
                {
                    "series": role.series_id,
                    "role": role.role.value,
                    "organisation": role.organisation,
                    "granted_at": role.granted_at.isoformat(),
                    "expires_at": role.expires_at.isoformat() if role.expires_at else None,
                }
                for role in organiser.roles
            ],
            "sign_ins": [
                {
                    "created_at": row.created_at.isoformat(),
                    "seen_at": row.seen_at.isoformat(),
                    "browser": row.browser,
                }
                for row in list_sign_ins(session, organiser_id=organiser.id)
            ],
            "opened_as_administrator": [
                {"series": row.series_id, "reason": row.reason, "opened_at": row.opened_at.isoformat()}
                for row in list_glass_of(session, organiser_id=organiser.id)
            ],
            "messages": mail_data.export(session, person_ref=account_ref(organiser.email_folded)),
        }
    }


def list_again(session: Session, *, is_erased: Callable[[str], bool]) -> set[str]:
    """Return the addresses of invitations and wishes that a backup brought back; `is_erased` is asked by random id."""
    rows = [*session.scalars(sa.select(RoleInvitation)), *session.scalars(sa.select(OrganiserAddressChange))]
    return {row.email for row in rows if is_erased(row.subject)}


def erase_invited(session: Session, *, now: datetime, email: str) -> None:
    """Forget invitations of an address, and that somebody gave it as their new one. Flushes."""
    subjects = [
        *erase_invitations(session, email=email),
        *forget_addresses(session, OrganiserAddressChange.email_folded == fold_address(email)),
    ]
    for subject in subjects:
        mail_data.erase(session, person_ref=subject, now=now)
    remember(session, now=now, subjects=subjects)


def erase(session: Session, *, now: datetime, email: str) -> int:
    """Delete the account of an address with its roles, sign-ins, calendar and mail; returns how many. Flushes.

    Invitations to the address go too, and that somebody gave it as their new one.

    The log keeps its number. Whether a series loses its last owner is the caller's to ask (`list_owned_alone`).
    """
    erase_invited(session, now=now, email=email)
    organiser = find_organiser(session, email=email)
    if organiser is None:
        return 0
    for subject in forget_addresses(session, OrganiserAddressChange.organiser_id == organiser.id):
        mail_data.erase(session, person_ref=subject, now=now)
    forget_resets_of(session, organiser=organiser)
    ref = account_ref(organiser.email_folded)
    mail_data.erase(session, person_ref=ref, now=now)
    # Their random id too: a backup may have them under an address that they had before.
    remember(session, now=now, subjects=[ref, organiser.subject])
    revoke(session, subjects=[organiser.subject])
    session.execute(sa.delete(Organiser).where(Organiser.id == organiser.id))
    session.expire_all()
    return 1
