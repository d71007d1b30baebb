"""Participants, answers, invitations."""

from workshop.rsvp.models.answers import (
    HOLDS_SEAT,
    STANDING,
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
from workshop.rsvp.models.breakdowns import Breakdown, BreakdownKind
from workshop.rsvp.models.invitations import Invitation, InvitationKind, InvitationSession, InvitationState

__all__ = [
    "HOLDS_SEAT",
    "STANDING",
    "Acknowledgement",
    "AddressChange",
    "Answer",
    "AnswerRequest",
    "AnswerState",
    "Attendance",
    "Breakdown",
    "BreakdownKind",
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
