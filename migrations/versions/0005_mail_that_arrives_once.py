"""Mail that arrives once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_pace",
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("domain", name=op.f("pk_mail_pace")),
    )
    op.create_table(
        "suppressed_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressed_address")),
        sa.UniqueConstraint("digest", name=op.f("uq_suppressed_address_digest")),
    )
    op.create_table(
        "announcement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tested_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leaves_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cursor", sa.Integer(), nullable=False),
        sa.Column("is_at_subscribers", sa.Boolean(), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_announcement_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement")),
        sa.UniqueConstraint("key", name=op.f("uq_announcement_key")),
    )
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_announcement_series_id"), ["series_id"], unique=False)

    op.create_table(
        "mail_text",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_mail_text_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_text")),
        sa.UniqueConstraint("series_id", "kind", "language", name=op.f("uq_mail_text_series_id_kind_language")),
    )
    op.create_table(
        "subscriber",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("address_folded", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_subscriber_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subscriber")),
        sa.UniqueConstraint("series_id", "address_folded", name=op.f("uq_subscriber_series_id_address_folded")),
        sa.UniqueConstraint("subject", name=op.f("uq_subscriber_subject")),
    )
    with op.batch_alter_table("subscriber", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_subscriber_series_id"), ["series_id"], unique=False)

    op.create_table(
        "feedback",
        sa.Column("workshop_session_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=False),
        sa.Column("shown_number", sa.Integer(), nullable=False),
        sa.Column("shown_counts", sa.Text(), nullable=False),
        sa.Column("shown_remarks", sa.Text(), nullable=False),
        sa.CheckConstraint("shown_number <= number", name=op.f("ck_feedback_shown_number")),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_feedback_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workshop_session_id", name=op.f("pk_feedback")),
    )
    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_floor_languages", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("told_interpretation", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("gave_feedback", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column("agreed_from", sa.String(length=24), nullable=False, server_default=""))

    with op.batch_alter_table("organiser", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wants_digest", sa.Boolean(), nullable=False, server_default=sa.true()))

    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.add_column(sa.Column("domain", sa.String(length=253), nullable=False, server_default=""))
        # In the order in which messages are claimed.
        batch_op.drop_index("ix_outbox_message_state_next_attempt_at")
        batch_op.create_index("ix_outbox_message_due", ["state", "priority", "id", "next_attempt_at"], unique=False)

    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.add_column(sa.Column("declined_reminders", sa.Text(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("wants_announcements", sa.Boolean(), nullable=False, server_default=sa.true()))

    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reminders_paused_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("speaker_slot", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told", sa.Text(), nullable=True))

    with op.batch_alter_table("workshop_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("reminders_paused_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("tell_at", sa.DateTime(timezone=True), nullable=True))

    # Existing rows have their values now; from here on the program gives them.
    for table, column, kind in given():
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column(column, server_default=None, existing_type=kind, existing_nullable=False)


def given() -> list[tuple[str, str, sa.types.TypeEngine]]:
    """Return table, column and type of what existing rows got a value for."""
    return [
        ("answer", "agreed_from", sa.String(length=24)),
        ("answer", "gave_feedback", sa.Boolean()),
        ("organiser", "wants_digest", sa.Boolean()),
        ("outbox_message", "domain", sa.String(length=253)),
        ("participant", "declined_reminders", sa.Text()),
        ("participant", "wants_announcements", sa.Boolean()),
    ]


def downgrade() -> None:
    with op.batch_alter_table("workshop_session", schema=None) as batch_op:
        batch_op.drop_column("tell_at")
        batch_op.drop_column("reminders_paused_at")

    with op.batch_alter_table("speaker_slot", schema=None) as batch_op:
        batch_op.drop_column("told")

    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.drop_column("reminders_paused_at")

    with op.batch_alter_table("participant", schema=None) as batch_op:
        batch_op.drop_column("wants_announcements")
        batch_op.drop_column("declined_reminders")

    with op.batch_alter_table("outbox_message", schema=None) as batch_op:
        batch_op.drop_index("ix_outbox_message_due")
        batch_op.create_index("ix_outbox_message_state_next_attempt_at", ["state", "next_attempt_at"], unique=False)
        batch_op.drop_column("domain")

    with op.batch_alter_table("organiser", schema=None) as batch_op:
        batch_op.drop_column("wants_digest")

    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.drop_column("agreed_from")
        batch_op.drop_column("gave_feedback")
        batch_op.drop_column("told_interpretation")
        batch_op.drop_column("told_floor_languages")

    with op.batch_alter_table("subscriber", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_subscriber_series_id"))

    op.drop_table("feedback")
    op.drop_table("subscriber")
    op.drop_table("mail_text")
    with op.batch_alter_table("announcement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_announcement_series_id"))

    op.drop_table("announcement")
    op.drop_table("suppressed_address")
    op.drop_table("mail_pace")
