"""What organisers are told about their accounts by mail. None of it names a series: mailboxes are read by others."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser, OrganiserAddressChange, PassPhraseReset, RoleInvitation
from workshop.core.erasures import account_ref
from workshop.core.links import Purpose, mark
from workshop.core.urls import external_url
from workshop.mail.service import enqueue

PRIORITY = 30
"""Somebody waits for it in front of their mailbox."""
INVITATION, RESET, ADDRESS, CHANGED = "role_invitation", "pass_phrase_reset", "address_change", "account_changed"


class Change(enum.StrEnum):
    """What an organiser is told of, whoever did it."""

    PASS_PHRASE = "pass_phrase"  # noqa: S105 (a name)
    ADDRESS = "address"
    FACTOR_ON = "factor_on"
    FACTOR_OFF = "factor_off"
    CODES = "codes"
    CODE_USED = "code_used"
    DISABLED = "disabled"


def role_invitation(session: Session, *, now: datetime, invitation: RoleInvitation, inviter: str) -> int | None:
    """Ask somebody by mail to have an account, and perhaps a role; the page behind the link says in which series."""
    url = external_url("welcome.page", lang=invitation.language, token=mark(Purpose.ACCESS, invitation.subject))
    return _enqueue(
        session,
        now=now,
        kind=INVITATION,
        person_ref=invitation.subject,
        recipient=invitation.email,
        language=invitation.language,
        key=invitation.subject,
        basis={"subject": invitation.subject},
        expires_at=invitation.closes_at,
        context={"inviter": inviter, "url": url, "expires_at": invitation.closes_at},
    )


def pass_phrase_reset(session: Session, *, now: datetime, reset: PassPhraseReset, organiser: Organiser) -> int | None:
    """Send an organiser the link by which they set a new pass phrase."""
    url = external_url("accounts.reset", lang=organiser.language, token=mark(Purpose.RESET, reset.subject))
    return _enqueue(
        session,
        now=now,
        kind=RESET,
        person_ref=account_ref(organiser.email_folded),
        recipient=organiser.email,
        language=organiser.language,
        key=reset.subject,
        basis={"subject": reset.subject},
        expires_at=reset.closes_at,
        context={"url": url, "expires_at": reset.closes_at},
    )


def address_change(
    session: Session, *, now: datetime, change: OrganiserAddressChange, organiser: Organiser
) -> int | None:
    """Send the link that confirms an organiser's new address, to that address."""
    url = external_url("accounts.new_address", lang=organiser.language, token=mark(Purpose.ACCESS, change.subject))
    return _enqueue(
        session,
        now=now,
        kind=ADDRESS,
        person_ref=change.subject,
        recipient=change.email,
        language=organiser.language,
        key=change.subject,
        basis={"subject": change.subject},
        expires_at=change.closes_at,
        context={"url": url, "expires_at": change.closes_at},
    )


def account_changed(
    session: Session, *, now: datetime, organiser: Organiser, change: Change, recipient: str = "", left: int = 0
) -> int | None:
    """Tell an organiser what has just changed about how they sign in, whoever did it.

    Args:
        session: the transaction.
        now: the present.
        organiser: whose account.
        change: what.
        recipient: another address than the account's: the one that it had.
        left: recovery codes that are left, for CODE_USED.
    """
    return _enqueue(
        session,
        now=now,
        kind=CHANGED,
        person_ref=account_ref(organiser.email_folded),
        recipient=recipient or organiser.email,
        language=organiser.language,
        key=f"{organiser.subject}:{change}:{now.isoformat()}",
        basis={"change": change.value},
        expires_at=None,
        context={
            "change": change.value,
            "at": now,
            "left": left,
            "url": external_url("accounts.forgotten", lang=organiser.language),
        },
    )


def _enqueue(  # noqa: PLR0913 (a message has that many facts, all of them named at the call)
    session: Session,
    *,
    now: datetime,
    kind: str,
    person_ref: str,
    recipient: str,
    language: str,
    key: str,
    basis: dict[str, Any],
    expires_at: datetime | None,
    context: dict[str, Any],
) -> int | None:
    return enqueue(
        session,
        now=now,
        kind=kind,
        priority=PRIORITY,
        series_id=None,
        workshop_session_id=None,
        person_ref=person_ref,
        answer_ref="",
        basis=basis,
        dedupe_key=f"{kind}:{key}",
        recipient=recipient,
        language=language,
        sender_name="",
        context=context,
        expires_at=expires_at,
    )
