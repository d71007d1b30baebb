"""The outbox, and the workers that empty it."""

from __future__ import annotations

import enum
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from workshop.core.db import NUMBERED_ONCE, Base, JSONObject, JSONTuple, enum_column


class OutboxState(enum.StrEnum):
    """Where a message stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    DISCARDED = "discarded"


class OutboxMessage(Base):
    """One message to one person about one event, written in the transaction of that event.

    Secret links stand in bodies, `headers` and `attachments` as marks (core.links); delivery puts them in.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (sa.Index("ix_outbox_message_due", "state", "priority", "id", "next_attempt_at"), NUMBERED_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(sa.String(200), unique=True)
    """Kind, the answer's random id and the basis: the same event is never told twice."""
    kind: Mapped[str] = mapped_column(sa.String(40))
    """The event reported: `confirm_address`, `answer_recorded`, `reminder`, `session_moved`, `session_cancelled` …"""
    priority: Mapped[int]
    """Order of leaving: cancellation 10, move 20, confirmation 30, reminder 40, announcement 50."""
    series_id: Mapped[int | None] = mapped_column(sa.ForeignKey("series.id", ondelete="SET NULL"), index=True)
    workshop_session_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="SET NULL"), index=True
    )
    person_ref: Mapped[str] = mapped_column(sa.String(32), index=True)
    """Random id of whom it is for, so that erasing finds it."""
    answer_ref: Mapped[str] = mapped_column(sa.String(32), index=True, default="")
    """Random id of the answer that it is about; empty when about none."""
    basis: Mapped[dict[str, Any]] = mapped_column(JSONObject, default=dict)
    """What the message rests on, compared at the last look: for a reminder the start that it was planned for."""
    language: Mapped[str] = mapped_column(sa.String(8))
    sender_name: Mapped[str] = mapped_column(sa.String(200), default="")
    recipient: Mapped[str] = mapped_column(sa.String(254))
    """Exactly one address; empty once erased."""
    domain: Mapped[str] = mapped_column(sa.String(253), default="")
    """The recipient's, as A-labels in lower case: how fast mail may leave to it is one pace for all workers. Set with
    `recipient`."""
    subject: Mapped[str] = mapped_column(sa.String(500))
    body_text: Mapped[str] = mapped_column(sa.Text)
    body_html: Mapped[str] = mapped_column(sa.Text)
    headers: Mapped[dict[str, Any]] = mapped_column(JSONObject, default=dict)
    """Further headers, such as Reply-To and List-Unsubscribe."""
    attachments: Mapped[tuple[dict[str, Any], ...]] = mapped_column(JSONTuple, default=())
    """Objects with `filename`, `content_type` and `content` (text)."""
    itip_method: Mapped[str] = mapped_column(sa.String(10), default="")
    """METHOD of the calendar part (RFC 5546): `REQUEST`, `CANCEL`, or empty. Outlives the body: a cancellation is only
    sent for what a request that left has put into a calendar."""
    message_id: Mapped[str] = mapped_column(sa.String(200), unique=True)
    """Stored before the first attempt and kept on every retry."""
    state: Mapped[OutboxState] = mapped_column(enum_column(OutboxState), default=OutboxState.QUEUED)
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    """Why it failed, waits or was discarded; never an address."""
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(index=True)
    next_attempt_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    """Not sent from then on."""
    claimed_by: Mapped[str] = mapped_column(sa.String(64), default="", index=True)
    """Name of the worker that holds it."""
    claimed_at: Mapped[datetime | None]
    payload_begun_at: Mapped[datetime | None]
    """Set before the payload is sent: from then on it may have left."""
    uncertain_at: Mapped[datetime | None]
    """When it first became uncertain: from then on it may be sent once more, never twice."""
    finished_at: Mapped[datetime | None]
    """When it was sent, or given up; None while something may still be done with it."""
    body_erased_at: Mapped[datetime | None]


class MailPace(Base):
    """When the next message may leave: to a domain, and altogether where `domain` is empty. One row for all workers."""

    __tablename__ = "mail_pace"

    domain: Mapped[str] = mapped_column(sa.String(253), primary_key=True)
    next_at: Mapped[datetime]


class SuppressedAddress(Base):
    """An address that a bounce said does not exist (RFC 3464; RFC 3463, 5.1.x): no more mail goes there.

    Keeps no address: whoever has one can find its row, whoever has the row cannot find the address without the key.
    """

    __tablename__ = "suppressed_address"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """HMAC-SHA-256 of the folded address under a key derived from SECRET_KEY, hexadecimal."""
    status: Mapped[str] = mapped_column(sa.String(16))
    """The bounce's status code, such as `5.1.1`."""
    since: Mapped[datetime]


class MailText(Base):
    """A series' own wording of one kind of message in one language; absent: the product's own.

    Placeholders in braces stand for what only the product may say (mail.texts); a text is data, never a template.
    """

    __tablename__ = "mail_text"
    __table_args__ = (sa.UniqueConstraint("series_id", "kind", "language"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(sa.String(40))
    language: Mapped[str] = mapped_column(sa.String(8))
    subject: Mapped[str] = mapped_column(sa.String(300))
    body: Mapped[str] = mapped_column(sa.Text)
    revised_at: Mapped[datetime]


class Worker(Base):
    """A worker that is alive, or was."""

    __tablename__ = "worker"

    name: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    started_at: Mapped[datetime]
    heartbeat_at: Mapped[datetime] = mapped_column(index=True)
