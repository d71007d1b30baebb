"""Reading invitations: for the page behind their link, for the organisers' list, for the worker."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from workshop.accounts.models import Role, SeriesRole
from workshop.core.links import Purpose, find_subject
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import Item, Section, Series, SessionStatus, WorkshopSession
from workshop.programme.queries import session_parts
from workshop.rsvp.models import (
    Answer,
    AnswerState,
    Invitation,
    InvitationKind,
    InvitationSession,
    InvitationState,
    Participant,
)

INVITATION_MAILS = ("invitation", "invitation_reminder")
REMINDED_AT_MOST_EVERY = timedelta(days=1)
"""Nobody is reminded of an invitation twice within this time."""

_HAS_BOUNCED = (
    sa.select(OutboxMessage.id)
    .where(
        OutboxMessage.person_ref == Invitation.subject,
        OutboxMessage.kind.in_(INVITATION_MAILS),
        OutboxMessage.state == OutboxState.FAILED,
        # What was sent anew since, to more sessions, is another mail.
        OutboxMessage.created_at >= Invitation.sent_at,
    )
    .correlate(Invitation)
    .exists()
)
_state = sa.case(
    (Invitation.withdrawn_at.is_not(None), InvitationState.WITHDRAWN.value),
    (Invitation.uses > 0, InvitationState.ANSWERED.value),
    (Invitation.declined_at.is_not(None), InvitationState.DECLINED.value),
    (Invitation.sent_at.is_(None), InvitationState.NOT_SENT.value),
    (_HAS_BOUNCED, InvitationState.BOUNCED.value),
    else_=InvitationState.SENT.value,
)
_IS_PERSON = Invitation.kind == InvitationKind.PERSON


class InvitationRow(NamedTuple):
    """An invitation with where it stands."""

    invitation: Invitation
    state: InvitationState


def is_open(now: datetime) -> sa.ColumnElement[bool]:
    """Return the condition that a session can still be answered, or will be."""
    return sa.and_(
        WorkshopSession.is_published,
        WorkshopSession.status != SessionStatus.CANCELLED,
        WorkshopSession.starts_at > now,
        sa.or_(WorkshopSession.rsvp_closes_at.is_(None), WorkshopSession.rsvp_closes_at > now),
    )


def _has_open_session(now: datetime) -> sa.ColumnElement[bool]:
    return (
        sa.select(InvitationSession.invitation_id)
        .join(WorkshopSession, WorkshopSession.id == InvitationSession.workshop_session_id)
        .where(InvitationSession.invitation_id == Invitation.id, is_open(now))
        .correlate(Invitation)
        .exists()
    )


_HAS_ANSWERED_OTHERWISE = (
    sa.select(Answer.id)
    .join(Participant, Participant.id == Answer.participant_id)
    .join(InvitationSession, InvitationSession.workshop_session_id == Answer.workshop_session_id)
    .where(
        InvitationSession.invitation_id == Invitation.id,
        Participant.series_id == Invitation.series_id,
        Participant.address_folded == Invitation.address_folded,
        Answer.state.not_in((AnswerState.PENDING, AnswerState.LAPSED)),
    )
    .correlate(Invitation)
    .exists()
)
"""Whether the person answered one of the sessions by another way. Never shown: a partner could ask about anybody."""


def of_series(series_id: int, organisation: str | None) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions for a series' invitations; those of one organisation, unless it is None."""
    found: tuple[sa.ColumnElement[bool], ...] = (Invitation.series_id == series_id,)
    return found if organisation is None else (*found, Invitation.organisation == organisation)


def may_be_sent(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions for a person's first mail."""
    return (_state == InvitationState.NOT_SENT.value, *_may_be_mailed(now))


def may_be_reminded(now: datetime, *, knows_answers: bool) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions for a reminder: sent, nothing heard since, not reminded within a day.

    With `knows_answers` those who answered by another way are left out; without, only the worker leaves them out.
    """
    found = (
        _state == InvitationState.SENT.value,
        sa.func.coalesce(Invitation.reminded_at, Invitation.sent_at) <= now - REMINDED_AT_MOST_EVERY,
        *_may_be_mailed(now),
    )
    return (*found, ~_HAS_ANSWERED_OTHERWISE) if knows_answers else found


def _may_be_mailed(now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _IS_PERSON,
        Invitation.address.is_not(None),
        Invitation.due_at.is_(None),
        sa.or_(Invitation.ends_at.is_(None), Invitation.ends_at > now),
        _has_open_session(now),
    )


def find_invitation(session: Session, *, token: str) -> Invitation | None:
    """Return the invitation of a link, its sessions whole; None for one that is forged, withdrawn or erased."""
    subject = find_subject(session, purpose=Purpose.INVITATION, token=token)
    if subject is None:
        return None
    return session.scalar(
        sa.select(Invitation).where(Invitation.subject == subject, Invitation.withdrawn_at.is_(None)).options(*_whole())
    )


def list_answered(session: Session, invitation: Invitation) -> set[int]:
    """Return the ids of the sessions that were answered by a person's invitation; none for a group's.

    What one of a group answered neither stands in another's way nor is another's to know.
    """
    if invitation.kind is InvitationKind.GROUP:
        return set()
    return set(
        session.scalars(
            sa.select(Answer.workshop_session_id).where(
                Answer.invitation_id == invitation.id, Answer.state != AnswerState.PENDING
            )
        )
    )


def list_invitable(session: Session, series_id: int, *, now: datetime) -> Sequence[WorkshopSession]:
    """Return the sessions that one may be invited to: neither drafts nor cancelled nor past, the next first."""
    return session.scalars(
        sa.select(WorkshopSession)
        .where(WorkshopSession.series_id == series_id, is_open(now))
        .options(
            joinedload(WorkshopSession.series, innerjoin=True),
            selectinload(WorkshopSession.sections).selectinload(Section.items).selectinload(Item.slots),
            selectinload(WorkshopSession.slots),
        )
        .order_by(WorkshopSession.starts_at, WorkshopSession.id)
    ).all()


def list_given(session: Session, series_id: int, organisation: str) -> set[int]:
    """Return the ids of the sessions that an organisation's standing invitations let into."""
    return set(
        session.scalars(
            sa.select(InvitationSession.workshop_session_id)
            .join(Invitation, Invitation.id == InvitationSession.invitation_id)
            .where(*of_series(series_id, organisation), Invitation.withdrawn_at.is_(None))
        )
    )


def find_invited(
    session: Session, *, series_id: int, organisation: str, session_ids: Collection[int]
) -> dict[str, bool]:
    """Return folded address → whether it is invited to all of these sessions; those invited to others are False.

    Withdrawn invitations do not count: the person can be invited anew.
    """
    lets_in = sa.func.count(InvitationSession.workshop_session_id)
    rows = session.execute(
        sa.select(Invitation.address_folded, lets_in)
        .outerjoin(
            InvitationSession,
            sa.and_(
                InvitationSession.invitation_id == Invitation.id,
                InvitationSession.workshop_session_id.in_(list(session_ids)),
            ),
        )
        .where(
            *of_series(series_id, organisation),
            Invitation.withdrawn_at.is_(None),
            Invitation.address_folded.is_not(None),
        )
        .group_by(Invitation.id, Invitation.address_folded)
    )
    return {str(row[0]): row[1] == len(set(session_ids)) for row in rows}


def list_invitations(
    session: Session,
    series_id: int,
    *,
    kind: InvitationKind,
    organisation: str | None = None,
    state: InvitationState | None = None,
    first: int = 0,
    limit: int = 200,
) -> list[InvitationRow]:
    """Return invitations with where they stand and their sessions, the newest first, from the `first` on."""
    statement = (
        sa.select(Invitation, _state)
        .where(*of_series(series_id, organisation), Invitation.kind == kind)
        .options(selectinload(Invitation.sessions))
        .order_by(Invitation.id.desc())
        .offset(first)
        .limit(limit)
    )
    if state is not None:
        statement = statement.where(_state == state.value)
    return [InvitationRow(row[0], InvitationState(row[1])) for row in session.execute(statement)]


def count_invitations(
    session: Session, series_id: int, *, organisation: str | None = None
) -> dict[InvitationState, int]:
    """Return how many persons' invitations stand in each state, 0 included."""
    # Inside, so that the database never compares one bound text with another of the same words.
    states = sa.select(_state.label("state")).where(*of_series(series_id, organisation), _IS_PERSON).subquery()
    rows = session.execute(sa.select(states.c.state, sa.func.count()).group_by(states.c.state))
    return dict.fromkeys(InvitationState, 0) | {InvitationState(row[0]): row[1] for row in rows}


def count_matching(
    session: Session, series_id: int, conditions: Collection[sa.ColumnElement[bool]], *, organisation: str | None
) -> dict[str, int]:
    """Return language → how many of a series' invitations meet these conditions."""
    rows = session.execute(
        sa.select(Invitation.language, sa.func.count())
        .where(*of_series(series_id, organisation), *conditions)
        .group_by(Invitation.language)
        .order_by(Invitation.language)
    )
    return {row[0]: row[1] for row in rows}


def find_sample(
    session: Session,
    series_id: int,
    conditions: Collection[sa.ColumnElement[bool]],
    *,
    organisation: str | None,
    language: str,
) -> Invitation | None:
    """Return one of those that meet these conditions in a language, to show what is mailed."""
    return session.scalar(
        sa.select(Invitation)
        .where(*of_series(series_id, organisation), *conditions, Invitation.language == language)
        .options(*_whole())
        .order_by(Invitation.id)
        .limit(1)
    )


def _whole() -> tuple[ORMOption, ...]:
    # SQLAlchemy takes these options below another one too; its annotations do not say so.
    parts: tuple[Any, ...] = session_parts()
    sessions = selectinload(Invitation.sessions)
    return (
        joinedload(Invitation.series, innerjoin=True),
        sessions.joinedload(WorkshopSession.series, innerjoin=True),
        sessions.options(*parts),
    )


def lock_due(session: Session, *, limit: int) -> list[tuple[Invitation, bool]]:
    """Return invitations whose mail waits to be written, each under a lock, and whether the person answered otherwise.

    Those that another worker holds are left to it.
    """
    rows = session.execute(
        sa.select(Invitation, _HAS_ANSWERED_OTHERWISE)
        .where(Invitation.due_at.is_not(None))
        .options(*_whole())
        .order_by(Invitation.due_at, Invitation.id)
        .limit(limit)
        .with_for_update(of=Invitation, skip_locked=True)
    )
    return [(row[0], bool(row[1])) for row in rows]


def list_own(
    session: Session, series_id: int, ids: Collection[int], *, organisation: str | None
) -> Sequence[Invitation]:
    """Return those of these invitations that are the series' (an organisation's, unless None) and not withdrawn."""
    return session.scalars(
        sa.select(Invitation)
        .where(*of_series(series_id, organisation), Invitation.id.in_(list(ids)), Invitation.withdrawn_at.is_(None))
        .options(selectinload(Invitation.sessions))
        .order_by(Invitation.id)
    ).all()


def list_organisations(session: Session, series_id: int) -> list[str]:
    """Return the partners' names that invitations and roles of a series have, by alphabet."""
    invited = sa.select(Invitation.organisation).where(Invitation.series_id == series_id)
    granted = sa.select(SeriesRole.organisation).where(
        SeriesRole.series_id == series_id, SeriesRole.role == Role.PARTNER
    )
    found = set(session.scalars(sa.union(invited, granted)))
    return sorted(found - {""}, key=str.casefold)


def is_discreet(session: Session, invitation: Invitation) -> bool:
    """Whether the address invited is that of somebody in the same series who asked to be written to discreetly."""
    found = sa.select(Participant.id).where(
        Participant.series_id == invitation.series_id,
        Participant.address_folded == invitation.address_folded,
        Participant.is_discreet,
    )
    return session.scalar(found) is not None


def list_to_forget(session: Session, *, now: datetime) -> Sequence[Invitation]:
    """Return invitations with an address or a name of which every session ended the series' retention ago."""
    ends = (
        sa.select(sa.func.max(WorkshopSession.ends_at))
        .join(InvitationSession, InvitationSession.workshop_session_id == WorkshopSession.id)
        .where(InvitationSession.invitation_id == Invitation.id)
        .correlate(Invitation)
        .scalar_subquery()
    )
    found: list[Invitation] = []
    for series_id, days in session.execute(sa.select(Series.id, Series.retention_days).order_by(Series.id)).all():
        found += session.scalars(
            sa.select(Invitation)
            .where(
                Invitation.series_id == series_id,
                sa.or_(Invitation.address.is_not(None), Invitation.name != ""),
                # Sessions that were deleted leave the day on which it was written.
                sa.func.coalesce(ends, Invitation.created_at) <= now - timedelta(days=days),
            )
            .order_by(Invitation.id)
            .with_for_update(of=Invitation)
        ).all()
    return found
