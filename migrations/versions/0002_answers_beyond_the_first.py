"""Answers beyond the first."""

from __future__ import annotations

import secrets
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


ROLES = "'owner', 'organiser', 'helper'"


def added() -> dict[str, list[sa.Column]]:
    """Return the new columns by table; those that must hold something come with what existing rows get."""
    return {
        "answer": [
            sa.Column("interpretation", sa.String(length=8), nullable=False, server_default=""),
            sa.Column("share", sa.String(length=32), nullable=False, server_default=""),
            sa.Column("waitlisted_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("offer_expires_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("seat_kept_until", sa.DateTime(timezone=True), nullable=True),
            sa.Column("refused_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("refusal_text", sa.Text(), nullable=False, server_default="{}"),
            sa.Column("added_reason", sa.String(length=300), nullable=False, server_default=""),
            sa.Column("attended_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("code", sa.String(length=8), nullable=False, server_default=""),
            sa.Column("invitation_id", sa.Integer(), nullable=True),
        ],
        "answer_request": [
            sa.Column("is_discreet", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("keeps_informed", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("follows", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("interpretation", sa.String(length=8), nullable=False, server_default=""),
            sa.Column("access_needs", sa.String(length=1000), nullable=False, server_default=""),
            sa.Column("share", sa.String(length=32), nullable=False, server_default=""),
            sa.Column("joins_list", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("replies", sa.Text(), nullable=False, server_default="{}"),
            sa.Column("invitation_id", sa.Integer(), nullable=True),
        ],
        "participant": [
            sa.Column("name_folded", sa.Text(), nullable=False, server_default=""),
            sa.Column("affiliation_folded", sa.Text(), nullable=False, server_default=""),
            sa.Column("is_discreet", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("access_needs", sa.String(length=1000), nullable=False, server_default=""),
            sa.Column("informed_since", sa.DateTime(timezone=True), nullable=True),
            sa.Column("follows_since", sa.DateTime(timezone=True), nullable=True),
        ],
        "series_role": [sa.Column("organisation", sa.String(length=200), nullable=False, server_default="")],
        "workshop_session": [
            # Nobody who planned these sessions said that they have a list.
            sa.Column("has_waiting_list", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("needs_approval", sa.Boolean(), nullable=False, server_default=sa.false()),
            sa.Column("shares", sa.Text(), nullable=False, server_default="[]"),
        ],
    }


def check_roles(roles: str) -> None:
    """Let a role be one of these."""
    with op.batch_alter_table("series_role") as batch_op:
        batch_op.drop_constraint(op.f("ck_series_role_role"), type_="check")
        batch_op.create_check_constraint(op.f("ck_series_role_role"), f"role IN ({roles})")


def upgrade() -> None:
    op.create_table(
        "link_request",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address_folded", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_request")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("person", "group", name="invitationkind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("address_folded", sa.String(length=254), nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("is_locked", sa.Boolean(), nullable=False),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("max_uses > 0", name=op.f("ck_invitation_max_uses")),
        sa.CheckConstraint("uses >= 0", name=op.f("ck_invitation_uses")),
        sa.ForeignKeyConstraint(
            ["made_by"], ["organiser.id"], name=op.f("fk_invitation_made_by_organiser"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_invitation_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint(
            "series_id",
            "organisation",
            "address_folded",
            name=op.f("uq_invitation_series_id_organisation_address_folded"),
        ),
        sa.UniqueConstraint("subject", name=op.f("uq_invitation_subject")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitation_due_at"), ["due_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitation_made_by"), ["made_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_invitation_series_id"), ["series_id"], unique=False)

    op.create_table(
        "address_change",
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_address_change_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("participant_id", name=op.f("pk_address_change")),
        sa.UniqueConstraint("subject", name=op.f("uq_address_change_subject")),
    )
    op.create_table(
        "attendance",
        sa.Column("workshop_session_id", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_attendance_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workshop_session_id", name=op.f("pk_attendance")),
    )
    op.create_table(
        "invitation_session",
        sa.Column("invitation_id", sa.Integer(), nullable=False),
        sa.Column("workshop_session_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_invitation_session_invitation_id_invitation"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_invitation_session_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("invitation_id", "workshop_session_id", name=op.f("pk_invitation_session")),
    )
    with op.batch_alter_table("invitation_session", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invitation_session_workshop_session_id"), ["workshop_session_id"], unique=False
        )

    op.create_table(
        "list_export",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("workshop_session_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(length=300), nullable=False),
        sa.Column("exported_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_list_export_series_id_series"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_list_export_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_export")),
    )
    with op.batch_alter_table("list_export", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_list_export_series_id"), ["series_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_list_export_workshop_session_id"), ["workshop_session_id"], unique=False)

    op.create_table(
        "question",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("workshop_session_id", sa.Integer(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "short",
                "long",
                "one_of",
                "several_of",
                "yes_no",
                name="questionkind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("is_required", sa.Boolean(), nullable=False),
        sa.Column("keep_days", sa.Integer(), nullable=False),
        sa.CheckConstraint("keep_days BETWEEN 0 AND 90", name=op.f("ck_question_keep_days")),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_question_series_id_series"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_question_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
        sa.UniqueConstraint("key", name=op.f("uq_question_key")),
    )
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_question_series_id"), ["series_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_question_workshop_session_id"), ["workshop_session_id"], unique=False)

    op.create_table(
        "question_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("participant_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_question_reply_participant_id_participant"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["question_id"], ["question.id"], name=op.f("fk_question_reply_question_id_question"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_reply")),
        sa.UniqueConstraint("participant_id", "question_id", name=op.f("uq_question_reply_participant_id_question_id")),
    )
    with op.batch_alter_table("question_reply", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_question_reply_question_id"), ["question_id"], unique=False)

    for table, columns in added().items():
        for column in columns:
            op.add_column(table, column)
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                if column.server_default is not None:
                    batch_op.alter_column(
                        column.name, server_default=None, existing_type=column.type, existing_nullable=False
                    )
            if table in {"answer", "answer_request"}:
                batch_op.create_foreign_key(
                    op.f(f"fk_{table}_invitation_id_invitation"),
                    "invitation",
                    ["invitation_id"],
                    ["id"],
                    ondelete="SET NULL",
                )
                batch_op.create_index(op.f(f"ix_{table}_invitation_id"), ["invitation_id"], unique=False)
    check_roles(f"{ROLES}, 'partner'")
    op.create_index("ix_answer_workshop_session_id_code", "answer", ["workshop_session_id", "code"], unique=False)
    give_codes()
    fold_names()


def fold_names() -> None:
    """Keep names and affiliations without case and accents too, for searching and sorting."""
    participant = sa.table(
        "participant",
        *(sa.column(name) for name in ("id", "name", "affiliation", "name_folded", "affiliation_folded")),
    )
    for row in op.get_bind().execute(sa.select(participant)).all():
        folded = {"name_folded": fold(row.name), "affiliation_folded": fold(row.affiliation)}
        op.get_bind().execute(sa.update(participant).where(participant.c.id == row.id).values(**folded))


def fold(text: str) -> str:
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    letters = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "’": "'"})
    return " ".join(plain.casefold().translate(letters).split())


def give_codes() -> None:
    """Give every answer its code, by which a helper finds it."""
    answer = sa.table("answer", sa.column("id"), sa.column("code"))
    for row in op.get_bind().execute(sa.select(answer.c.id)).all():
        code = "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTUVWXYZ") for _ in range(8))
        op.get_bind().execute(sa.update(answer).where(answer.c.id == row.id).values(code=code))


def downgrade() -> None:
    # What a partner was let see is nothing that the roles of before could say.
    op.execute("DELETE FROM series_role WHERE role = 'partner'")
    op.drop_index("ix_answer_workshop_session_id_code", "answer")
    for table, columns in reversed(added().items()):
        with op.batch_alter_table(table) as batch_op:
            if table in {"answer", "answer_request"}:
                batch_op.drop_index(op.f(f"ix_{table}_invitation_id"))
                batch_op.drop_constraint(op.f(f"fk_{table}_invitation_id_invitation"), type_="foreignkey")
            for column in columns:
                batch_op.drop_column(column.name)
    check_roles(ROLES)

    with op.batch_alter_table("question_reply", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_question_reply_question_id"))

    op.drop_table("question_reply")
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_question_workshop_session_id"))
        batch_op.drop_index(batch_op.f("ix_question_series_id"))

    op.drop_table("question")
    with op.batch_alter_table("list_export", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_list_export_workshop_session_id"))
        batch_op.drop_index(batch_op.f("ix_list_export_series_id"))

    op.drop_table("list_export")
    with op.batch_alter_table("invitation_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_session_workshop_session_id"))

    op.drop_table("invitation_session")
    op.drop_table("attendance")
    op.drop_table("address_change")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_series_id"))
        batch_op.drop_index(batch_op.f("ix_invitation_made_by"))
        batch_op.drop_index(batch_op.f("ix_invitation_due_at"))

    op.drop_table("invitation")
    op.drop_table("link_request")
