"""Participants, their answers, what they acknowledged, replied and were last told."""

from __future__ import annotations

import enum
import secrets
import uuid
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from workshop.chatham.rule import Level
from workshop.core.db import Base, JSONObject, JSONTuple, JSONValue, enum_column
from workshop.core.folding import fold
from workshop.core.links import new_subject
from workshop.core.localized import Localized
from workshop.programme.models import Mode, Series, SessionStatus, WorkshopSession


class AnswerState(enum.StrEnum):
    """Where an answer stands (contract: States of an answer)."""

    PENDING = "pending"
    REQUESTED = "requested"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


_CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without those that are mistaken for one another when read aloud or typed."""


def new_code() -> str:
    """Return a random code of some 40 bits by which a helper finds an answer at the door."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(8))


HOLDS_SEAT = (AnswerState.ACCEPTED, AnswerState.OFFERED)
"""Only these hold a seat."""


STANDING = (
    AnswerState.ACCEPTED, AnswerState.TENTATIVE, AnswerState.REQUESTED, AnswerState.WAITLISTED, AnswerState.OFFERED,
)  # fmt: skip
"""Who comes, perhaps comes or waits to."""


class Choice(enum.StrEnum):
    """What a participant may answer; PARTSTAT's words (RFC 5545, 3.2.12) in lower case."""

    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class Participant(Base):
    """One person in one series. The most sensitive table: who takes part."""

    __tablename__ = "participant"
    __table_args__ = (sa.UniqueConstraint("series_id", "address_folded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that links are derived from; never shown."""
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"))
    address: Mapped[str | None] = mapped_column(sa.String(254))
    """As typed; None once erased, or where the series asks for none."""
    address_folded: Mapped[str | None] = mapped_column(sa.String(254))
    """Domain and local part with case folded: what makes two answers one person's."""
    name: Mapped[str] = mapped_column(sa.String(200), default="")
    """A name or an alias; empty once erased."""
    affiliation: Mapped[str] = mapped_column(sa.String(300), default="")
    name_folded: Mapped[str] = mapped_column(sa.Text, default="")
    """Kept by `name`: what lists are sorted by and searched in."""
    affiliation_folded: Mapped[str] = mapped_column(sa.Text, default="")
    language: Mapped[str] = mapped_column(sa.String(8))
    tzid: Mapped[str] = mapped_column(sa.String(64), default="")
    """The participant's own IANA zone; empty: the session's."""
    wants_reminders: Mapped[bool] = mapped_column(default=True)
    declined_reminders: Mapped[tuple[str, ...]] = mapped_column(JSONTuple, default=())
    """Rules such as `-7d` whose reminders they do not want, while they want others."""
    wants_announcements: Mapped[bool] = mapped_column(default=True)
    """Whether the organisers may write to them about sessions they answered for, beyond what concerns their seat."""
    is_discreet: Mapped[bool] = mapped_column(default=False)
    """Asked for neutral titles in mail and calendar."""
    wants_calendar: Mapped[bool] = mapped_column(default=True)
    """Whether mail brings calendar entries; False leaves them out altogether."""
    access_needs: Mapped[str] = mapped_column(sa.String(1000), default="")
    informed_since: Mapped[datetime | None]
    """Since when announcements are consented to; None: they are not."""
    follows_since: Mapped[datetime | None]
    """Sessions announced later than this are answered by themselves; None: none is."""
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    """When the button behind the mailed link was first pressed."""
    erased_at: Mapped[datetime | None]

    series: Mapped[Series] = relationship()
    answers: Mapped[list[Answer]] = relationship(
        back_populates="participant", cascade="all, delete-orphan", passive_deletes=True
    )

    @validates("name", "affiliation")
    def _fold(self, key: str, value: str) -> str:
        setattr(self, f"{key}_folded", fold(value))
        return value


class Answer(Base):
    """A participant's answer for one session."""

    __tablename__ = "answer"
    __table_args__ = (
        sa.UniqueConstraint("participant_id", "workshop_session_id"),
        sa.Index("ix_answer_workshop_session_id_state", "workshop_session_id", "state"),
        sa.Index("ix_answer_workshop_session_id_code", "workshop_session_id", "code"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that the join link is derived from."""
    uid: Mapped[str] = mapped_column(sa.String(36), unique=True, default=lambda: str(uuid.uuid4()))
    """Local part of this participant's own UID for the session, unguessable."""
    participant_id: Mapped[int] = mapped_column(sa.ForeignKey("participant.id", ondelete="CASCADE"))
    workshop_session_id: Mapped[int] = mapped_column(sa.ForeignKey("workshop_session.id", ondelete="CASCADE"))
    state: Mapped[AnswerState] = mapped_column(enum_column(AnswerState))
    created_at: Mapped[datetime]
    answered_at: Mapped[datetime]
    """When the state last changed."""
    accepted_at: Mapped[datetime | None]
    """Since when the seat is held; None without one."""
    interpretation: Mapped[str] = mapped_column(sa.String(8), default="")
    """Language into which the participant needs interpretation; empty for none."""
    share: Mapped[str] = mapped_column(sa.String(32), default="")
    """Key of the session's share that the participant counts themselves to; empty for none. Never shown."""
    waitlisted_at: Mapped[datetime | None]
    """Since when the participant waits for a place: the order of the list. Kept while a place is offered, and after it
    was given up, so that this can be undone."""
    offer_expires_at: Mapped[datetime | None]
    """Until when the place offered is held; None unless offered."""
    seat_kept_until: Mapped[datetime | None]
    """Until when a seat given back is kept from the waiting list, so that this can be undone; it counts as held."""
    refused_at: Mapped[datetime | None]
    """When an organiser declined the request; such an answer is not the participant's to change."""
    refusal_text: Mapped[Localized] = mapped_column(default=Localized)
    """The organisers' words to whom they declined, or whose answer they withdrew; empty once erased."""
    added_reason: Mapped[str] = mapped_column(sa.String(300), default="")
    """Why an organiser added this answer by hand; empty for one's own."""
    gave_feedback: Mapped[bool] = mapped_column(default=False)
    """Whether the questionnaire after the session was answered; what, nobody can find out (feedback.models)."""
    attended_at: Mapped[datetime | None]
    """When the participant was seen to come; never set where the Rule makes attendance a mere number."""
    code: Mapped[str] = mapped_column(sa.String(8), default=new_code)
    """By which a helper finds this answer at the door."""
    invitation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invitation.id", ondelete="SET NULL"), index=True)
    """The invitation that let this answer in."""
    sequence_offset: Mapped[int] = mapped_column(default=0)
    """Added to the session's SEQUENCE in this participant's own entry (RFC 5545, 3.8.7.4): raised whenever a confirmed
    answer changes, never lowered. Kept by `state`."""
    reply_stamped_at: Mapped[datetime | None]
    """DTSTAMP of the last reply from a calendar that was applied (RFC 5546, 2.1.5): older ones come too late."""
    told_starts_at: Mapped[datetime | None]
    """What the participant was last told of the session, from here on; None: nothing yet."""
    told_ends_at: Mapped[datetime | None]
    told_tzid: Mapped[str] = mapped_column(sa.String(64), default="")
    told_mode: Mapped[Mode | None] = mapped_column(enum_column(Mode))
    told_place: Mapped[Localized] = mapped_column(default=Localized)
    told_floor_languages: Mapped[tuple[str, ...] | None] = mapped_column(JSONTuple)
    told_interpretation: Mapped[tuple[dict[str, Any], ...] | None] = mapped_column(JSONTuple)
    """None, as for the floor languages: from before they were kept, and what stands today counts as told."""
    told_status: Mapped[SessionStatus | None] = mapped_column(enum_column(SessionStatus))
    told_postponed: Mapped[bool] = mapped_column(default=False)
    """Whether a cancellation was told as postponed."""
    told_level: Mapped[Level | None] = mapped_column(enum_column(Level))
    """The level shown."""
    agreed_from: Mapped[str] = mapped_column(sa.String(24), default="")
    """The stricter level that a message last named, until one says that the looser one they agreed to holds; empty: no
    such level."""

    participant: Mapped[Participant] = relationship(back_populates="answers")
    workshop_session: Mapped[WorkshopSession] = relationship()
    request: Mapped[AnswerRequest | None] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    @validates("state")
    def _raise_sequence(self, _key: str, value: AnswerState) -> AnswerState:
        # Whatever the answer was, the entry of this participant says something else from now on.
        if self.state not in {None, AnswerState.PENDING, value}:
            self.sequence_offset = (self.sequence_offset or 0) + 1
        return value


class AnswerRequest(Base):
    """What a form asked for and that waits for the button behind the mailed link. Changes nothing until then."""

    __tablename__ = "answer_request"

    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answer.id", ondelete="CASCADE"), primary_key=True)
    choice: Mapped[Choice] = mapped_column(enum_column(Choice))
    name: Mapped[str] = mapped_column(sa.String(200))
    affiliation: Mapped[str] = mapped_column(sa.String(300), default="")
    language: Mapped[str] = mapped_column(sa.String(8))
    tzid: Mapped[str] = mapped_column(sa.String(64), default="")
    wants_reminders: Mapped[bool]
    notice_level: Mapped[Level | None] = mapped_column(enum_column(Level))
    """The notice that was acknowledged with the form; None when none was."""
    notice_version: Mapped[int | None]
    notice_language: Mapped[str] = mapped_column(sa.String(8), default="")
    notice_own_version: Mapped[int] = mapped_column(default=0)
    """Of the organisers' own sentence shown with it; 0 for none."""
    is_discreet: Mapped[bool] = mapped_column(default=False)
    wants_calendar: Mapped[bool] = mapped_column(default=True)
    keeps_informed: Mapped[bool] = mapped_column(default=False)
    follows: Mapped[bool] = mapped_column(default=False)
    """Also those announced later."""
    interpretation: Mapped[str] = mapped_column(sa.String(8), default="")
    access_needs: Mapped[str] = mapped_column(sa.String(1000), default="")
    share: Mapped[str] = mapped_column(sa.String(32), default="")
    joins_list: Mapped[bool] = mapped_column(default=False)
    """Knowingly: waits for a place if none is left."""
    replies: Mapped[dict[str, Any]] = mapped_column(JSONObject, default=dict)
    """Question's key → reply, as QuestionReply keeps it."""
    invitation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("invitation.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime]
    """Forgotten 48 hours later."""


class QuestionReply(Base):
    """What a participant replied to a question; erased on the question's own date."""

    __tablename__ = "question_reply"
    __table_args__ = (sa.UniqueConstraint("participant_id", "question_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    participant_id: Mapped[int] = mapped_column(sa.ForeignKey("participant.id", ondelete="CASCADE"))
    question_id: Mapped[int] = mapped_column(sa.ForeignKey("question.id", ondelete="CASCADE"), index=True)
    value: Mapped[Any] = mapped_column(JSONValue)
    """A text; for one of, an option's key; for several of, a tuple of keys; for yes or no, a boolean."""
    replied_at: Mapped[datetime]


class AddressChange(Base):
    """Another address that a participant gave and that is not confirmed yet."""

    __tablename__ = "address_change"

    participant_id: Mapped[int] = mapped_column(sa.ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True)
    subject: Mapped[str] = mapped_column(sa.String(32), unique=True, default=new_subject)
    """Random id that the link mailed to the new address is derived from (purpose `my`)."""
    address: Mapped[str] = mapped_column(sa.String(254))
    created_at: Mapped[datetime]
    """Forgotten 48 hours later."""

    participant: Mapped[Participant] = relationship()


class LinkRequest(Base):
    """Somebody asked for the links of an address; the worker answers, so that known and unknown take the same time."""

    __tablename__ = "link_request"

    id: Mapped[int] = mapped_column(primary_key=True)
    address_folded: Mapped[str] = mapped_column(sa.String(254))
    language: Mapped[str] = mapped_column(sa.String(8))
    created_at: Mapped[datetime]


class ListExport(Base):
    """An organiser took the list out, for a stated purpose that those on it may read."""

    __tablename__ = "list_export"

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), index=True)
    workshop_session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), index=True
    )
    """None: the list of the whole series."""
    purpose: Mapped[str] = mapped_column(sa.String(300))
    exported_at: Mapped[datetime]


class Attendance(Base):
    """How many entered a session, as a number, where the Rule lets nobody note who."""

    __tablename__ = "attendance"

    workshop_session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), primary_key=True
    )
    count: Mapped[int]


class Acknowledgement(Base):
    """That a participant read a notice of the Rule and will respect it. A ground rule, not a consent."""

    __tablename__ = "acknowledgement"
    __table_args__ = (sa.UniqueConstraint("answer_id", "level", "version", "own_version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answer.id", ondelete="CASCADE"))
    level: Mapped[Level] = mapped_column(enum_column(Level))
    """The effective level at that time."""
    version: Mapped[int]
    own_version: Mapped[int] = mapped_column(default=0)
    """Of the organisers' own sentence shown with it (OwnSentence.version); 0 for none."""
    language: Mapped[str] = mapped_column(sa.String(8))
    """The language in which the notice was shown."""
    acknowledged_at: Mapped[datetime]


class LevelAgreement(Base):
    """That a participant agreed to a looser level while it waits for the others (LevelProposal)."""

    __tablename__ = "level_agreement"

    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("level_proposal.id", ondelete="CASCADE"), primary_key=True)
    answer_id: Mapped[int] = mapped_column(sa.ForeignKey("answer.id", ondelete="CASCADE"), primary_key=True, index=True)
    version: Mapped[int]
    """Of the looser level's notice, as it was shown."""
    own_version: Mapped[int] = mapped_column(default=0)
    language: Mapped[str] = mapped_column(sa.String(8))
    agreed_at: Mapped[datetime]
