"""Changes of the Rule that wait for people, and the wordings of the organisers' own sentence."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from workshop.chatham.rule import Level
from workshop.core.db import Base, enum_column
from workshop.core.localized import Localized


class OwnSentence(Base):
    """One wording of a series' own sentence beside the notice. Added, never edited: what was read stays."""

    __tablename__ = "own_sentence"

    series_id: Mapped[int] = mapped_column(sa.ForeignKey("series.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[Localized]
    """Empty: the sentence was taken away."""
    created_at: Mapped[datetime]


class LevelProposal(Base):
    """A looser level that everybody concerned is asked about. It counts once each has agreed, and not a day before.

    It goes when it has taken effect, was taken back, or the session began: the log keeps what became of it.
    """

    __tablename__ = "level_proposal"

    id: Mapped[int] = mapped_column(primary_key=True)
    workshop_session_id: Mapped[int] = mapped_column(
        sa.ForeignKey("workshop_session.id", ondelete="CASCADE"), unique=True
    )
    """One at a time is asked of a session."""
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("item.id", ondelete="CASCADE"), index=True)
    """None: the session's own level would become looser."""
    level: Mapped[Level] = mapped_column(enum_column(Level))
    """What would be the session's, or the item's, own."""
    proposed_at: Mapped[datetime]
    proposed_by: Mapped[str] = mapped_column(sa.String(64))
    """As the log names them."""


class SpeakerAgreement(Base):
    """That somebody who speaks or moderates agreed to a looser level. What participants agreed to is rsvp's."""

    __tablename__ = "speaker_agreement"

    proposal_id: Mapped[int] = mapped_column(sa.ForeignKey("level_proposal.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(sa.ForeignKey("person.id", ondelete="CASCADE"), primary_key=True, index=True)
    agreed_at: Mapped[datetime]
    recorded_by: Mapped[str] = mapped_column(sa.String(64))
    """`speaker`, or the organiser whom they told."""
