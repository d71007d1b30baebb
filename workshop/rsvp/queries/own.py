"""Reading what belongs to one person beside their answers: links asked for, a new address, replies, invitations."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from workshop.core.links import Purpose, find_subject
from workshop.programme.models import Question, WorkshopSession
from workshop.rsvp.models import (
    AddressChange,
    Answer,
    AnswerRequest,
    Invitation,
    InvitationKind,
    LinkRequest,
    ListExport,
    Participant,
    QuestionReply,
)

_ASKED_FOR = sa.select(LinkRequest).order_by(LinkRequest.id).with_for_update(skip_locked=True)


def list_link_requests(session: Session, *, limit: int) -> Sequence[LinkRequest]:
    """Return who asked for their links, the earliest first; locked, without those that another worker has."""
    return session.scalars(_ASKED_FOR.limit(limit)).all()


def list_with_page(session: Session, addresses: Collection[str], *, asked_after: datetime) -> Sequence[Participant]:
    """Return the participants of these folded addresses whose personal page opens, by series.

    Args:
        session: the database session.
        addresses: folded.
        asked_after: what was asked for later than this still waits for its button.
    """
    waits = (
        sa.select(AnswerRequest.answer_id)
        .join(Answer, Answer.id == AnswerRequest.answer_id)
        .where(Answer.participant_id == Participant.id, AnswerRequest.created_at > asked_after)
    )
    return session.scalars(
        sa.select(Participant)
        .where(
            Participant.address_folded.in_(list(addresses)),
            Participant.erased_at.is_(None),
            sa.or_(Participant.confirmed_at.is_not(None), waits.exists()),
        )
        .order_by(Participant.series_id)
    ).all()


def find_address_change(session: Session, *, token: str, asked_after: datetime) -> AddressChange | None:
    """Return the new address that a mailed link confirms; None for any other link, and for one from before."""
    subject = find_subject(session, purpose=Purpose.MY, token=token)
    if subject is None:
        return None
    return session.scalar(
        sa.select(AddressChange)
        .join(AddressChange.participant)
        .where(
            AddressChange.subject == subject,
            AddressChange.created_at > asked_after,
            Participant.erased_at.is_(None),
        )
        .options(joinedload(AddressChange.participant, innerjoin=True))
        .execution_options(populate_existing=True)
    )


def is_new_address(session: Session, subject: str) -> bool:
    """Whether a new address of this random id still waits to be confirmed, or was."""
    return session.scalar(sa.select(AddressChange.participant_id).where(AddressChange.subject == subject)) is not None


def list_replies(session: Session, participant_id: int) -> list[tuple[Question, QuestionReply]]:
    """Return what a participant replied, with the questions in the order in which they are asked."""
    rows = session.execute(
        sa.select(Question, QuestionReply)
        .join(QuestionReply, QuestionReply.question_id == Question.id)
        .where(QuestionReply.participant_id == participant_id)
        .order_by(Question.workshop_session_id.is_not(None), Question.workshop_session_id, Question.position)
    )
    return [(row[0], row[1]) for row in rows]


def list_exports_of(session: Session, participant: Participant, *, since: datetime) -> Sequence[ListExport]:
    """Return when lists were taken out that this participant may stand on: of the series, or of their sessions.

    `since` is when they first stood on any. Which of those on a list a file left out is not known.
    """
    stood = sa.select(Answer.id).where(
        Answer.participant_id == participant.id,
        Answer.workshop_session_id == ListExport.workshop_session_id,
        Answer.created_at <= ListExport.exported_at,
    )
    return session.scalars(
        sa.select(ListExport)
        .where(
            ListExport.series_id == participant.series_id,
            ListExport.exported_at >= since,
            sa.or_(ListExport.workshop_session_id.is_(None), stood.exists()),
        )
        .order_by(ListExport.exported_at, ListExport.id)
    ).all()


def list_invitations_of(session: Session, participant: Participant) -> Sequence[Invitation]:
    """Return the invitations that are certainly this person's, with their sessions, the earliest first.

    Those of the same series to the same address, and the ones answered that nobody else could answer.
    """
    return session.scalars(
        sa.select(Invitation)
        .where(
            Invitation.series_id == participant.series_id,
            sa.or_(
                has_address(participant.address_folded),
                sa.and_(Invitation.is_locked, is_used_by(participant)),
            ),
        )
        .options(selectinload(Invitation.sessions))
        .order_by(Invitation.created_at, Invitation.id)
    ).all()


def has_address(folded: str | None) -> sa.ColumnElement[bool]:
    """Whether an invitation is to this address; without one none is, though a group's link has none either."""
    return sa.false() if folded is None else Invitation.address_folded == folded


def is_used_by(participant: Participant) -> sa.ColumnElement[bool]:
    """Whether a person's invitation, perhaps passed on by another one, let this participant in."""
    used = sa.select(Answer.invitation_id).where(
        Answer.participant_id == participant.id, Answer.invitation_id.is_not(None)
    )
    return sa.and_(Invitation.kind == InvitationKind.PERSON, Invitation.id.in_(used))


def list_asked_questions(session: Session) -> list[tuple[int, int, bool, datetime | None]]:
    """Return the questions that replies are kept for: id, days, whether it is a session's, and that session's end."""
    has_replies = sa.select(QuestionReply.id).where(QuestionReply.question_id == Question.id).exists()
    rows = session.execute(
        sa.select(Question.id, Question.keep_days, Question.workshop_session_id, WorkshopSession.ends_at)
        .outerjoin(WorkshopSession, WorkshopSession.id == Question.workshop_session_id)
        .where(has_replies)
        .order_by(Question.id)
    )
    return [(row[0], row[1], row[2] is not None, row[3]) for row in rows]
