"""The Rule enforced."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

UNIQUE_NOTICE = "uq_acknowledgement_answer_id_level_version"


def level() -> sa.Enum:
    """Return the type of a level."""
    values = ("on_the_record", "discussion", "whole_session", "closed")
    return sa.Enum(*values, name="level", native_enum=False, create_constraint=True, length=24)


def added() -> dict[str, list[sa.Column]]:
    """Return the new columns by table; those that must hold something come with what existing rows get."""
    return {
        "acknowledgement": [sa.Column("own_version", sa.Integer(), nullable=False, server_default="0")],
        "answer": [sa.Column("told_level", level(), nullable=True)],
        "answer_request": [
            sa.Column("notice_own_version", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("wants_calendar", sa.Boolean(), nullable=False, server_default=sa.true()),
        ],
        "participant": [sa.Column("wants_calendar", sa.Boolean(), nullable=False, server_default=sa.true())],
        "person": [sa.Column("language", sa.String(length=8), nullable=False, server_default="")],
        "series": [
            sa.Column("own_sentence", sa.Text(), nullable=False, server_default="{}"),
            sa.Column("own_sentence_version", sa.Integer(), nullable=False, server_default="0"),
        ],
        "speaker_consent": [sa.Column("recorded_by", sa.String(length=64), nullable=False, server_default="")],
        "speaker_slot": [sa.Column("told_level", level(), nullable=True)],
        "workshop_session": [sa.Column("began_at", sa.DateTime(timezone=True), nullable=True)],
    }


def upgrade() -> None:
    op.create_table(
        "break_glass",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organiser_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("closes_at > opened_at", name=op.f("ck_break_glass_closes_after_opening")),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_break_glass_organiser_id_organiser"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_break_glass_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_break_glass")),
    )
    with op.batch_alter_table("break_glass", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_break_glass_organiser_id"), ["organiser_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_break_glass_series_id"), ["series_id"], unique=False)

    op.create_table(
        "breakdown",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workshop_session_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "language",
                "interpretation",
                "question",
                name="breakdownkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("rows", sa.Text(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_breakdown_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breakdown")),
        sa.UniqueConstraint("workshop_session_id", "position", name=op.f("uq_breakdown_workshop_session_id_position")),
    )
    op.create_table(
        "erased_id",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_erased_id")),
    )

    op.create_table(
        "own_sentence",
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_own_sentence_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("series_id", "version", name=op.f("pk_own_sentence")),
    )
    op.create_table(
        "summary",
        sa.Column("workshop_session_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_for", sa.String(length=64), nullable=False),
        sa.Column("attributable", sa.Text(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "published_at IS NULL OR submitted_at IS NOT NULL", name=op.f("ck_summary_published_after_submitted")
        ),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_summary_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workshop_session_id", name=op.f("pk_summary")),
    )
    op.create_table(
        "summary_approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("organiser_id", sa.Integer(), nullable=True),
        sa.Column("is_own", sa.Boolean(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organiser_id"],
            ["organiser.id"],
            name=op.f("fk_summary_approval_organiser_id_organiser"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["summary_id"],
            ["summary.workshop_session_id"],
            name=op.f("fk_summary_approval_summary_id_summary"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_summary_approval")),
        sa.UniqueConstraint("summary_id", "organiser_id", name=op.f("uq_summary_approval_summary_id_organiser_id")),
    )
    with op.batch_alter_table("summary_approval", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_summary_approval_organiser_id"), ["organiser_id"], unique=False)

    op.create_table(
        "quotation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "person_who_uses_drugs",
                "researcher",
                "health_professional",
                "community_worker",
                "public_official",
                "participant",
                name="speakerrole",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("shared_by", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.CheckConstraint("shared_by >= 5", name=op.f("ck_quotation_shared_by")),
        sa.ForeignKeyConstraint(
            ["summary_id"],
            ["summary.workshop_session_id"],
            name=op.f("fk_quotation_summary_id_summary"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quotation")),
    )
    with op.batch_alter_table("quotation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quotation_summary_id"), ["summary_id"], unique=False)

    op.create_table(
        "summary_author",
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("organiser_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organiser_id"],
            ["organiser.id"],
            name=op.f("fk_summary_author_organiser_id_organiser"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["summary_id"],
            ["summary.workshop_session_id"],
            name=op.f("fk_summary_author_summary_id_summary"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("summary_id", "organiser_id", name=op.f("pk_summary_author")),
    )
    with op.batch_alter_table("summary_author", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_summary_author_organiser_id"), ["organiser_id"], unique=False)

    op.create_table(
        "summary_reason",
        sa.Column("summary_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("given_by", sa.Integer(), nullable=True),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["given_by"], ["organiser.id"], name=op.f("fk_summary_reason_given_by_organiser"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["summary_id"],
            ["summary.workshop_session_id"],
            name=op.f("fk_summary_reason_summary_id_summary"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("summary_id", "key", name=op.f("pk_summary_reason")),
    )
    with op.batch_alter_table("summary_reason", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_summary_reason_given_by"), ["given_by"], unique=False)

    op.create_table(
        "level_proposal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workshop_session_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column(
            "level",
            level(),
            nullable=False,
        ),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_level_proposal_item_id_item"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_level_proposal_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_level_proposal")),
        sa.UniqueConstraint("workshop_session_id", name=op.f("uq_level_proposal_workshop_session_id")),
    )
    with op.batch_alter_table("level_proposal", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_level_proposal_item_id"), ["item_id"], unique=False)

    op.create_table(
        "recording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workshop_session_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("url", sa.String(length=1000), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column(
            "level",
            level(),
            nullable=False,
        ),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("agreed_by", sa.String(length=64), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("level <> 'closed'", name=op.f("ck_recording_not_closed")),
        sa.CheckConstraint(
            "published_at IS NULL OR (level = 'on_the_record' AND agreed_at IS NOT NULL)",
            name=op.f("ck_recording_published_on_the_record"),
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_recording_item_id_item"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_recording_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
    )
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recording_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_recording_workshop_session_id"), ["workshop_session_id"], unique=False)

    op.create_table(
        "level_agreement",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("answer_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("own_version", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answer.id"], name=op.f("fk_level_agreement_answer_id_answer"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["level_proposal.id"],
            name=op.f("fk_level_agreement_proposal_id_level_proposal"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("proposal_id", "answer_id", name=op.f("pk_level_agreement")),
    )
    with op.batch_alter_table("level_agreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_level_agreement_answer_id"), ["answer_id"], unique=False)

    op.create_table(
        "slides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.String(length=64), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_slides_size")),
        sa.ForeignKeyConstraint(
            ["slot_id"], ["speaker_slot.id"], name=op.f("fk_slides_slot_id_speaker_slot"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slides")),
        sa.UniqueConstraint("key", name=op.f("uq_slides_key")),
    )
    with op.batch_alter_table("slides", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slides_slot_id"), ["slot_id"], unique=False)

    op.create_table(
        "speaker_agreement",
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_speaker_agreement_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["proposal_id"],
            ["level_proposal.id"],
            name=op.f("fk_speaker_agreement_proposal_id_level_proposal"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("proposal_id", "person_id", name=op.f("pk_speaker_agreement")),
    )
    with op.batch_alter_table("speaker_agreement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_speaker_agreement_person_id"), ["person_id"], unique=False)

    op.add_column("person", sa.Column("subject", sa.String(length=32), nullable=True))
    give_subjects()
    for table, columns in added().items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.add_column(column)
    for table, columns in added().items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                if column.server_default is not None:
                    batch_op.alter_column(
                        column.name, server_default=None, existing_type=column.type, existing_nullable=False
                    )
            if table == "person":
                batch_op.alter_column("subject", existing_type=sa.String(length=32), nullable=False)
                batch_op.create_unique_constraint(batch_op.f("uq_person_subject"), ["subject"])
            if table == "acknowledgement":
                batch_op.drop_constraint(batch_op.f(UNIQUE_NOTICE), type_="unique")
                batch_op.create_unique_constraint(
                    batch_op.f(f"{UNIQUE_NOTICE}_own_version"), ["answer_id", "level", "version", "own_version"]
                )
    guard_log()


def give_subjects() -> None:
    """Give everybody who speaks the random id that the link of their own page is derived from."""
    person = sa.table("person", sa.column("id"), sa.column("subject"))
    for row in op.get_bind().execute(sa.select(person.c.id)).all():
        statement = sa.update(person).where(person.c.id == row.id).values(subject=secrets.token_hex(16))
        op.get_bind().execute(statement)


def keep_first_acknowledgements() -> None:
    """Keep the first of several acknowledgements that differ in the organisers' own sentence alone."""
    op.execute(
        "DELETE FROM acknowledgement WHERE EXISTS (SELECT 1 FROM acknowledgement AS earlier "
        "WHERE earlier.answer_id = acknowledgement.answer_id AND earlier.level = acknowledgement.level "
        "AND earlier.version = acknowledgement.version AND earlier.id < acknowledgement.id)"
    )


def guard_log() -> None:
    """Let the database itself refuse to change a row of the log, or to take one out."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_log_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the log is appended to only'; END $$"
        )
        op.execute(
            "CREATE TRIGGER log_entry_append_only BEFORE UPDATE OR DELETE ON log_entry "
            "FOR EACH ROW EXECUTE FUNCTION refuse_log_change()"
        )
        return
    for act in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER log_entry_no_{act} BEFORE {act.upper()} ON log_entry "
            "BEGIN SELECT RAISE(ABORT, 'the log is appended to only'); END"
        )


def unguard_log() -> None:
    """Take that back."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER log_entry_append_only ON log_entry")
        op.execute("DROP FUNCTION refuse_log_change()")
        return
    op.execute("DROP TRIGGER log_entry_no_update")
    op.execute("DROP TRIGGER log_entry_no_delete")


def downgrade() -> None:
    unguard_log()
    keep_first_acknowledgements()
    for table, columns in reversed(added().items()):
        with op.batch_alter_table(table) as batch_op:
            if table == "acknowledgement":
                batch_op.drop_constraint(batch_op.f(f"{UNIQUE_NOTICE}_own_version"), type_="unique")
                batch_op.create_unique_constraint(batch_op.f(UNIQUE_NOTICE), ["answer_id", "level", "version"])
            for column in columns:
                if column.name == "told_level":
                    batch_op.drop_constraint(batch_op.f(f"ck_{table}_level"), type_="check")
                batch_op.drop_column(column.name)
            if table == "person":
                batch_op.drop_constraint(batch_op.f("uq_person_subject"), type_="unique")
                batch_op.drop_column("subject")

    with op.batch_alter_table("speaker_agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_speaker_agreement_person_id"))

    op.drop_table("speaker_agreement")
    with op.batch_alter_table("slides", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_slides_slot_id"))

    op.drop_table("slides")
    with op.batch_alter_table("level_agreement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_level_agreement_answer_id"))

    op.drop_table("level_agreement")
    with op.batch_alter_table("recording", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recording_workshop_session_id"))
        batch_op.drop_index(batch_op.f("ix_recording_item_id"))

    op.drop_table("recording")
    with op.batch_alter_table("level_proposal", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_level_proposal_item_id"))

    op.drop_table("level_proposal")
    with op.batch_alter_table("summary_reason", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_summary_reason_given_by"))

    op.drop_table("summary_reason")
    with op.batch_alter_table("summary_author", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_summary_author_organiser_id"))

    op.drop_table("summary_author")
    with op.batch_alter_table("quotation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_quotation_summary_id"))

    op.drop_table("quotation")
    with op.batch_alter_table("summary_approval", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_summary_approval_organiser_id"))

    op.drop_table("summary_approval")
    op.drop_table("summary")
    op.drop_table("own_sentence")
    op.drop_table("erased_id")
    op.drop_table("breakdown")
    with op.batch_alter_table("break_glass", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_break_glass_series_id"))
        batch_op.drop_index(batch_op.f("ix_break_glass_organiser_id"))

    op.drop_table("break_glass")
