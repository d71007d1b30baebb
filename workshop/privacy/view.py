"""What is held about a participant, as their own page says it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level
from workshop.core.localized import Localized
from workshop.privacy.queries import count_messages
from workshop.programme.models import Question, QuestionKind
from workshop.rsvp import personal_data as rsvp_data
from workshop.rsvp.emails import erasure_of
from workshop.rsvp.models import Participant
from workshop.rsvp.queries import list_acknowledgements, list_exports_of, list_invitations_of, list_replies
from workshop.rsvp.view import reply_erases_at


@dataclass(frozen=True, slots=True)
class AcknowledgementView:
    """A notice that was acknowledged."""

    level: Level
    version: int
    acknowledged_at: datetime


@dataclass(frozen=True, slots=True)
class ReplyView:
    """A reply to a question of the organisers."""

    key: str
    question: Localized
    texts: tuple[Localized, ...]
    """What was typed, or the options chosen; empty for yes and no."""
    is_yes: bool | None
    erases_at: datetime


@dataclass(frozen=True, slots=True)
class ExportView:
    """That an organiser took out a list with this person on it."""

    purpose: str
    exported_at: datetime
    session_id: int | None
    """None: the list of the series."""


@dataclass(frozen=True, slots=True)
class InvitationView:
    """That the organisers, or a partner, gave this address to invite it."""

    organisation: str
    name: str
    address: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldView:
    """What is held beside what the page shows anyway."""

    created_at: datetime
    acknowledgements: tuple[AcknowledgementView, ...]
    replies: tuple[ReplyView, ...]
    exports: tuple[ExportView, ...]
    invitations: tuple[InvitationView, ...]
    messages: int
    """Messages that were sent or wait; their texts are erased after seven days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateView:
    """That something was erased, as the log has it: numbers, and nobody's name."""

    number: int
    """Of the log's row."""
    digest: str
    """Its hash; with the number it opens the certificate."""
    at: datetime
    reason: str
    """`asked` or `retention`."""
    participants: int
    answers: int
    replies: int
    invitations: int
    messages: int
    people: int
    """Speakers, moderators and members of committees."""

    @property
    def noted(self) -> str:
        """What `workshop audit verify --expect` takes."""
        return f"{self.number}:{self.digest}"


def certificate_view(entry: LogEntry) -> CertificateView:
    """Return what a row of the log certifies about an erasure."""
    details = entry.details
    kinds = ("participants", "answers", "replies", "invitations", "messages", "people")
    return CertificateView(
        number=entry.id,
        digest=entry.hash,
        at=entry.at,
        reason=str(details.get("reason", "")),
        **{kind: int(details.get(kind, 0)) for kind in kinds},
    )


def held_view(session: Session, participant: Participant) -> HeldView:
    """Return what is held about a participant."""
    found = list_acknowledgements(session, [answer.id for answer in participant.answers])
    identity = erasure_of(participant)
    replies = [
        _reply(question, reply.value, reply_erases_at(question, participant.answers, identity=identity))
        for question, reply in list_replies(session, participant.id)
    ]
    exports = list_exports_of(session, participant, since=participant.confirmed_at or participant.created_at)
    return HeldView(
        created_at=participant.created_at,
        acknowledgements=tuple(AcknowledgementView(one.level, one.version, one.acknowledged_at) for one in found),
        replies=tuple(replies),
        exports=tuple(ExportView(one.purpose, one.exported_at, one.workshop_session_id) for one in exports),
        invitations=tuple(
            InvitationView(one.organisation, one.name, one.address or "", one.created_at)
            for one in list_invitations_of(session, participant)
        ),
        messages=count_messages(session, person_refs=rsvp_data.list_person_refs(session, participant)),
    )


def _reply(question: Question, value: Any, erases_at: datetime) -> ReplyView:
    options = {option["key"]: Localized.from_json(option["text"]) for option in question.options}
    texts: tuple[Localized, ...]
    if question.kind is QuestionKind.YES_NO:
        texts = ()
    elif question.kind in {QuestionKind.ONE_OF, QuestionKind.SEVERAL_OF}:
        keys = [value] if isinstance(value, str) else value
        texts = tuple(options[key] for key in keys if key in options)
    else:
        texts = (Localized.neutral(str(value)),)
    is_yes = bool(value) if question.kind is QuestionKind.YES_NO else None
    return ReplyView(question.key, question.text, texts, is_yes, erases_at)
