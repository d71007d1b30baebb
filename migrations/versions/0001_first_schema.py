"""First schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "log_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("object", sa.String(length=128), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_entry")),
        sa.UniqueConstraint("hash", name=op.f("uq_log_entry_hash")),
    )
    op.create_table(
        "organiser",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_folded", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("is_administrator", sa.Boolean(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organiser")),
        sa.UniqueConstraint("email_folded", name=op.f("uq_organiser_email_folded")),
    )
    op.create_table(
        "rate_limit_window",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("window", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key_hash", "window", name=op.f("pk_rate_limit_window")),
    )
    op.create_index(op.f("ix_rate_limit_window_expires_at"), "rate_limit_window", ["expires_at"], unique=False)
    op.create_table(
        "secret_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "my",
                "join",
                "unsubscribe",
                "feed",
                "invitation",
                "speaker",
                "feedback",
                name="purpose",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secret_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_secret_link_token_hash")),
    )
    op.create_index(op.f("ix_secret_link_subject"), "secret_link", ["subject"], unique=False)
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("subtitle", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("languages", sa.Text(), nullable=False),
        sa.Column("tzid", sa.String(length=64), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "on_the_record",
                "discussion",
                "whole_session",
                "closed",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "visibility",
            sa.Enum(
                "public",
                "unlisted",
                "invite_only",
                name="visibility",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("contact", sa.String(length=254), nullable=False),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("controller", sa.Text(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.Column("without_address", sa.Boolean(), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("colour", sa.String(length=32), nullable=False),
        sa.Column("reminders", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("length(slug) > 0", name=op.f("ck_series_slug")),
        sa.CheckConstraint("retention_days BETWEEN 1 AND 90", name=op.f("ck_series_retention_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("slug", name=op.f("uq_series_slug")),
    )
    op.create_table(
        "worker",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_worker")),
    )
    op.create_index(op.f("ix_worker_heartbeat_at"), "worker", ["heartbeat_at"], unique=False)
    op.create_table(
        "participant",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("address_folded", sa.String(length=254), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("affiliation", sa.String(length=300), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("tzid", sa.String(length=64), nullable=False),
        sa.Column("wants_reminders", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_participant_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("series_id", "address_folded", name=op.f("uq_participant_series_id_address_folded")),
        sa.UniqueConstraint("subject", name=op.f("uq_participant_subject")),
    )
    op.create_table(
        "person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("affiliations", sa.Text(), nullable=False),
        sa.Column("biography", sa.Text(), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_person_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("series_id", "key", name=op.f("uq_person_series_id_key")),
    )
    op.create_table(
        "series_role",
        sa.Column("organiser_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("owner", "organiser", "helper", name="role", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("granted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_series_role_organiser_id_organiser"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_series_role_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("organiser_id", "series_id", name=op.f("pk_series_role")),
    )
    op.create_index(op.f("ix_series_role_series_id"), "series_role", ["series_id"], unique=False)
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("organiser_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_sign_in_organiser_id_organiser"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sign_in_token_hash")),
    )
    op.create_index(op.f("ix_sign_in_organiser_id"), "sign_in", ["organiser_id"], unique=False)
    op.create_table(
        "workshop_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("short_title", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("public_title", sa.Text(), nullable=False),
        sa.Column("abstract", sa.Text(), nullable=False),
        sa.Column("objectives", sa.Text(), nullable=False),
        sa.Column("starts_wall", sa.String(length=16), nullable=False),
        sa.Column("ends_wall", sa.String(length=16), nullable=False),
        sa.Column("tzid", sa.String(length=64), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "format",
            sa.Enum(
                "workshop",
                "open_debate",
                "working_group",
                "expert_group",
                "training",
                "seminar",
                "network",
                "webinar",
                "exhibition",
                "other",
                name="format",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "mode",
            sa.Enum("online", "on_site", "hybrid", name="mode", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("room_link", sa.String(length=1000), nullable=False),
        sa.Column("floor_languages", sa.Text(), nullable=False),
        sa.Column("interpretation", sa.Text(), nullable=False),
        sa.Column(
            "status",
            sa.Enum(
                "tentative",
                "confirmed",
                "cancelled",
                name="sessionstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column(
            "visibility",
            sa.Enum(
                "public",
                "unlisted",
                "invite_only",
                name="visibility",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column(
            "level",
            sa.Enum(
                "on_the_record",
                "discussion",
                "whole_session",
                "closed",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("rsvp_opens_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rsvp_closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("monolingual", sa.String(length=8), nullable=False),
        sa.Column("links", sa.Text(), nullable=False),
        sa.Column("reminders", sa.Text(), nullable=True),
        sa.Column("is_published", sa.Boolean(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revised_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_workshop_session_capacity")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_workshop_session_ends_after_start")),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_workshop_session_sequence")),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_workshop_session_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop_session")),
        sa.UniqueConstraint("series_id", "slug", name=op.f("uq_workshop_session_series_id_slug")),
        sa.UniqueConstraint("uid", name=op.f("uq_workshop_session_uid")),
    )
    op.create_index(op.f("ix_workshop_session_starts_at"), "workshop_session", ["starts_at"], unique=False)
    op.create_table(
        "answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("workshop_session_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "requested",
                "accepted",
                "tentative",
                "declined",
                "waitlisted",
                "offered",
                "withdrawn",
                "lapsed",
                name="answerstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_tzid", sa.String(length=64), nullable=False),
        sa.Column(
            "told_mode",
            sa.Enum("online", "on_site", "hybrid", name="mode", native_enum=False, create_constraint=True, length=24),
            nullable=True,
        ),
        sa.Column("told_place", sa.Text(), nullable=False),
        sa.Column(
            "told_status",
            sa.Enum(
                "tentative",
                "confirmed",
                "cancelled",
                name="sessionstatus",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_answer_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_answer_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        sa.UniqueConstraint(
            "participant_id", "workshop_session_id", name=op.f("uq_answer_participant_id_workshop_session_id")
        ),
        sa.UniqueConstraint("subject", name=op.f("uq_answer_subject")),
        sa.UniqueConstraint("uid", name=op.f("uq_answer_uid")),
    )
    op.create_index("ix_answer_workshop_session_id_state", "answer", ["workshop_session_id", "state"], unique=False)
    op.create_table(
        "committee_member",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_committee_member_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_committee_member_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("series_id", "person_id", name=op.f("pk_committee_member")),
    )
    op.create_index(op.f("ix_committee_member_person_id"), "committee_member", ["person_id"], unique=False)
    op.create_table(
        "old_slug",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("within_series_id", sa.Integer(), nullable=True),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("workshop_session_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_old_slug_series_id_series"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["within_series_id"], ["series.id"], name=op.f("fk_old_slug_within_series_id_series"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_old_slug_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_old_slug")),
        sa.UniqueConstraint("within_series_id", "slug", name=op.f("uq_old_slug_within_series_id_slug")),
    )
    op.create_index(op.f("ix_old_slug_series_id"), "old_slug", ["series_id"], unique=False)
    op.create_index(op.f("ix_old_slug_slug"), "old_slug", ["slug"], unique=False)
    op.create_index(op.f("ix_old_slug_workshop_session_id"), "old_slug", ["workshop_session_id"], unique=False)
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("dedupe_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("workshop_session_id", sa.Integer(), nullable=True),
        sa.Column("person_ref", sa.String(length=32), nullable=False),
        sa.Column("answer_ref", sa.String(length=32), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("sender_name", sa.String(length=200), nullable=False),
        sa.Column("recipient", sa.String(length=254), nullable=False),
        sa.Column("subject", sa.String(length=500), nullable=False),
        sa.Column("body_text", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("headers", sa.Text(), nullable=False),
        sa.Column("attachments", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "queued",
                "claimed",
                "sent",
                "failed",
                "uncertain",
                "superseded",
                "expired",
                "discarded",
                name="outboxstate",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_by", sa.String(length=64), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payload_begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("uncertain_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("body_erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_outbox_message_series_id_series"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_outbox_message_workshop_session_id_workshop_session"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("dedupe_key", name=op.f("uq_outbox_message_dedupe_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_message_id")),
    )
    op.create_index(op.f("ix_outbox_message_answer_ref"), "outbox_message", ["answer_ref"], unique=False)
    op.create_index(op.f("ix_outbox_message_claimed_by"), "outbox_message", ["claimed_by"], unique=False)
    op.create_index(op.f("ix_outbox_message_created_at"), "outbox_message", ["created_at"], unique=False)
    op.create_index(op.f("ix_outbox_message_person_ref"), "outbox_message", ["person_ref"], unique=False)
    op.create_index(op.f("ix_outbox_message_series_id"), "outbox_message", ["series_id"], unique=False)
    op.create_index(
        "ix_outbox_message_state_next_attempt_at", "outbox_message", ["state", "next_attempt_at"], unique=False
    )
    op.create_index(
        op.f("ix_outbox_message_workshop_session_id"), "outbox_message", ["workshop_session_id"], unique=False
    )
    op.create_table(
        "partner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("workshop_session_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_partner_series_id_series"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_partner_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
    )
    op.create_index(op.f("ix_partner_series_id"), "partner", ["series_id"], unique=False)
    op.create_index(op.f("ix_partner_workshop_session_id"), "partner", ["workshop_session_id"], unique=False)
    op.create_table(
        "section",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workshop_session_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_section_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_section")),
    )
    op.create_index(op.f("ix_section_workshop_session_id"), "section", ["workshop_session_id"], unique=False)
    op.create_table(
        "acknowledgement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "on_the_record",
                "discussion",
                "whole_session",
                "closed",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answer.id"], name=op.f("fk_acknowledgement_answer_id_answer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
        sa.UniqueConstraint("answer_id", "level", "version", name=op.f("uq_acknowledgement_answer_id_level_version")),
    )
    op.create_table(
        "answer_request",
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column(
            "choice",
            sa.Enum(
                "accepted", "tentative", "declined", name="choice", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("affiliation", sa.String(length=300), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("tzid", sa.String(length=64), nullable=False),
        sa.Column("wants_reminders", sa.Boolean(), nullable=False),
        sa.Column(
            "notice_level",
            sa.Enum(
                "on_the_record",
                "discussion",
                "whole_session",
                "closed",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("notice_version", sa.Integer(), nullable=True),
        sa.Column("notice_language", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answer.id"], name=op.f("fk_answer_request_answer_id_answer"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("answer_id", name=op.f("pk_answer_request")),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("section_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "talk",
                "panel",
                "discussion",
                "break",
                name="itemkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("abstract", sa.Text(), nullable=False),
        sa.Column("starts", sa.String(length=5), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column(
            "level",
            sa.Enum(
                "on_the_record",
                "discussion",
                "whole_session",
                "closed",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_item_minutes")),
        sa.ForeignKeyConstraint(
            ["section_id"], ["section.id"], name=op.f("fk_item_section_id_section"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
    )
    op.create_index(op.f("ix_item_section_id"), "item", ["section_id"], unique=False)
    op.create_table(
        "reminder_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("offset", sa.String(length=8), nullable=False),
        sa.Column("session_starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outbox_message_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answer.id"], name=op.f("fk_reminder_delivery_answer_id_answer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["outbox_message_id"],
            ["outbox_message.id"],
            name=op.f("fk_reminder_delivery_outbox_message_id_outbox_message"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder_delivery")),
        sa.UniqueConstraint(
            "answer_id",
            "offset",
            "session_starts_at",
            name=op.f("uq_reminder_delivery_answer_id_offset_session_starts_at"),
        ),
    )
    op.create_index(
        op.f("ix_reminder_delivery_outbox_message_id"), "reminder_delivery", ["outbox_message_id"], unique=False
    )
    op.create_table(
        "speaker_slot",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workshop_session_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum("speaker", "moderator", name="slotrole", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_speaker_slot_item_id_item"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_speaker_slot_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_speaker_slot_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speaker_slot")),
    )
    op.create_index(op.f("ix_speaker_slot_item_id"), "speaker_slot", ["item_id"], unique=False)
    op.create_index(op.f("ix_speaker_slot_person_id"), "speaker_slot", ["person_id"], unique=False)
    op.create_index(op.f("ix_speaker_slot_workshop_session_id"), "speaker_slot", ["workshop_session_id"], unique=False)
    op.create_table(
        "speaker_consent",
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "announce_name",
                "announce_affiliation",
                "quoted",
                "slides",
                "recorded",
                name="consentkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["speaker_slot.id"], name=op.f("fk_speaker_consent_slot_id_speaker_slot"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slot_id", "kind", name=op.f("pk_speaker_consent")),
    )


def downgrade() -> None:
    op.drop_table("speaker_consent")
    op.drop_index(op.f("ix_speaker_slot_workshop_session_id"), table_name="speaker_slot")
    op.drop_index(op.f("ix_speaker_slot_person_id"), table_name="speaker_slot")
    op.drop_index(op.f("ix_speaker_slot_item_id"), table_name="speaker_slot")
    op.drop_table("speaker_slot")
    op.drop_index(op.f("ix_reminder_delivery_outbox_message_id"), table_name="reminder_delivery")
    op.drop_table("reminder_delivery")
    op.drop_index(op.f("ix_item_section_id"), table_name="item")
    op.drop_table("item")
    op.drop_table("answer_request")
    op.drop_table("acknowledgement")
    op.drop_index(op.f("ix_section_workshop_session_id"), table_name="section")
    op.drop_table("section")
    op.drop_index(op.f("ix_partner_workshop_session_id"), table_name="partner")
    op.drop_index(op.f("ix_partner_series_id"), table_name="partner")
    op.drop_table("partner")
    op.drop_index(op.f("ix_outbox_message_workshop_session_id"), table_name="outbox_message")
    op.drop_index("ix_outbox_message_state_next_attempt_at", table_name="outbox_message")
    op.drop_index(op.f("ix_outbox_message_series_id"), table_name="outbox_message")
    op.drop_index(op.f("ix_outbox_message_person_ref"), table_name="outbox_message")
    op.drop_index(op.f("ix_outbox_message_created_at"), table_name="outbox_message")
    op.drop_index(op.f("ix_outbox_message_claimed_by"), table_name="outbox_message")
    op.drop_index(op.f("ix_outbox_message_answer_ref"), table_name="outbox_message")
    op.drop_table("outbox_message")
    op.drop_index(op.f("ix_old_slug_workshop_session_id"), table_name="old_slug")
    op.drop_index(op.f("ix_old_slug_slug"), table_name="old_slug")
    op.drop_index(op.f("ix_old_slug_series_id"), table_name="old_slug")
    op.drop_table("old_slug")
    op.drop_index(op.f("ix_committee_member_person_id"), table_name="committee_member")
    op.drop_table("committee_member")
    op.drop_index("ix_answer_workshop_session_id_state", table_name="answer")
    op.drop_table("answer")
    op.drop_index(op.f("ix_workshop_session_starts_at"), table_name="workshop_session")
    op.drop_table("workshop_session")
    op.drop_index(op.f("ix_sign_in_organiser_id"), table_name="sign_in")
    op.drop_table("sign_in")
    op.drop_index(op.f("ix_series_role_series_id"), table_name="series_role")
    op.drop_table("series_role")
    op.drop_table("person")
    op.drop_table("participant")
    op.drop_index(op.f("ix_worker_heartbeat_at"), table_name="worker")
    op.drop_table("worker")
    op.drop_table("series")
    op.drop_index(op.f("ix_secret_link_subject"), table_name="secret_link")
    op.drop_table("secret_link")
    op.drop_index(op.f("ix_rate_limit_window_expires_at"), table_name="rate_limit_window")
    op.drop_table("rate_limit_window")
    op.drop_table("organiser")
    op.drop_table("log_entry")
