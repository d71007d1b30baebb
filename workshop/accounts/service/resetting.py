"""A new pass phrase by a link that is mailed: asked for alike by everybody, once, for an hour (items 3, 8)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts import queries
from workshop.accounts.emails import Change, account_changed, pass_phrase_reset
from workshop.accounts.models import Organiser, PassPhraseReset
from workshop.accounts.service.naming import actor_of
from workshop.accounts.service.own import set_pass_phrase
from workshop.accounts.service.phrases import check_pass_phrase
from workshop.audit.service import record
from workshop.core import links
from workshop.core.errors import NotFoundError
from workshop.core.links import Purpose

OPEN: Final = timedelta(hours=1)
"""How long a link sets a new pass phrase."""
MOST: Final = 3
"""Links that are open at once; whoever asks more often gets no more mail."""


def ask(session: Session, *, now: datetime, email: str) -> None:
    """Note that somebody asked for a link, which the worker mails: asking costs the same for all. Flushes."""
    organiser = queries.find_organiser(session, email=email)
    is_known = organiser is not None and organiser.is_enabled
    reset = PassPhraseReset(
        organiser_id=organiser.id if organiser is not None and is_known else None,
        created_at=now,
        closes_at=now + OPEN,
    )
    session.add(reset)
    session.flush()


def answer_resets(session: Session, *, now: datetime) -> int:
    """Mail the links that were asked for; returns how many wishes were seen to. The worker's. Flushes."""
    waiting = session.scalars(
        sa.select(PassPhraseReset)
        .where(PassPhraseReset.sent_at.is_(None))
        .order_by(PassPhraseReset.id)
        .with_for_update(skip_locked=True)
    ).all()
    for reset in waiting:
        organiser = session.get(Organiser, reset.organiser_id) if reset.organiser_id is not None else None
        if organiser is None or not organiser.is_enabled or reset.closes_at <= now or _is_enough(session, reset, now):
            session.delete(reset)
            continue
        reset.sent_at = now
        pass_phrase_reset(session, now=now, reset=reset, organiser=organiser)
        record(session, now=now, actor="worker", action="accounts.reset_sent", object_=actor_of(organiser))
    session.flush()
    return len(waiting)


def find_reset(session: Session, *, now: datetime, token: str) -> tuple[PassPhraseReset, Organiser]:
    """Return what a link opens; unknown, used and past ones raise the same NotFoundError."""
    subject = links.find_subject(session, purpose=Purpose.RESET, token=token)
    reset = session.scalar(
        sa.select(PassPhraseReset).where(PassPhraseReset.subject == subject, PassPhraseReset.closes_at > now)
    )
    organiser = session.get(Organiser, reset.organiser_id) if reset and reset.organiser_id is not None else None
    if reset is None or organiser is None or not organiser.is_enabled:
        raise NotFoundError
    return reset, organiser


def reset_by_link(session: Session, *, now: datetime, token: str, new: str) -> None:
    """Set a new pass phrase by a link, which is used up; all sign-ins and other links end. Flushes.

    Signing in still asks for the second factor: a mailbox is not one.

    Raises:
        NotFoundError: the link opens nothing.
        WeakPassPhraseError: nothing was changed, and the link still opens.
    """
    found, organiser = find_reset(session, now=now, token=token)
    check_pass_phrase(new)
    # Of two that press at once, one finds nothing.
    used = session.execute(
        sa.delete(PassPhraseReset).where(PassPhraseReset.id == found.id).returning(PassPhraseReset.id)
    ).scalar()
    if used is None:
        raise NotFoundError
    links.revoke(session, subjects=[found.subject])
    set_pass_phrase(session, organiser, new)
    account_changed(session, now=now, organiser=organiser, change=Change.PASS_PHRASE)
    record(session, now=now, actor=actor_of(organiser), action="accounts.reset_by_link")


def forget_resets(session: Session, *, now: datetime) -> int:
    """Forget links that are past; returns how many. Flushes."""
    past = session.scalars(
        sa.delete(PassPhraseReset).where(PassPhraseReset.closes_at <= now).returning(PassPhraseReset.subject)
    ).all()
    links.revoke(session, subjects=past)
    return len(past)


def _is_enough(session: Session, reset: PassPhraseReset, now: datetime) -> bool:
    statement = sa.select(sa.func.count()).where(
        PassPhraseReset.organiser_id == reset.organiser_id,
        PassPhraseReset.sent_at.is_not(None),
        PassPhraseReset.closes_at > now,
    )
    return (session.scalar(statement) or 0) >= MOST
