"""Participants, answers, invitations."""

from workshop.rsvp.models.answers import (
    HOLDS_SEAT,
    Acknowledgement,
    AddressChange,
    Answer,
    AnswerRequest,
    AnswerState,
    Attendance,
    Choice,
    LevelAgreement,
    LinkRequest,
    ListExport,
    Participant,
    QuestionReply,
    new_code,
)
from workshop.rsvp.models.invitations import Invitation, InvitationKind, InvitationSession, InvitationState

__all__ = [
    "HOLDS_SEAT",
    "Acknowledgement",
    "AddressChange",
    "Answer",
    "AnswerRequest",
    "AnswerState",
    "Attendance",
    "Choice",
    "Invitation",
    "InvitationKind",
    "InvitationSession",
    "InvitationState",
    "LevelAgreement",
    "LinkRequest",
    "ListExport",
    "Participant",
    "QuestionReply",
    "new_code",
]
