"""A workspace for several: roles, accounts, edits kept aside, people, terms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROLES_BEFORE = "'owner', 'organiser', 'helper', 'partner'"
ROLES = "'owner', 'organiser', 'editor', 'answers', 'translator', 'helper', 'partner'"
PURPOSES_BEFORE = "'my', 'join', 'unsubscribe', 'feed', 'invitation', 'speaker', 'feedback'"
PURPOSES = f"{PURPOSES_BEFORE}, 'access', 'reset'"


def check_values(table: str, column: str, values: str) -> None:
    """Let a column hold these values only."""
    with op.batch_alter_table(table, schema=None) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_{column}"), f"{column} IN ({values})")


def number_once(*, is_once: bool) -> None:
    """Let SQLite give the number of a deleted row again, or never; PostgreSQL never does."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in ("workshop_session", "section", "item", "person", "outbox_message"):
        kwargs = {"sqlite_autoincrement": is_once}
        with op.batch_alter_table(table, recreate="always", table_kwargs=kwargs):
            pass


def given() -> list[tuple[str, str, sa.types.TypeEngine]]:
    """Return table, column and type of what existing rows got a value for."""
    return [
        ("answer", "told_postponed", sa.Boolean()),
        ("organiser", "tzid", sa.String(length=64)),
        ("organiser", "totp_check", sa.String(length=64)),
        ("person", "former", sa.Text()),
        ("series", "speaker_changes_wait", sa.Boolean()),
        ("sign_in", "browser", sa.String(length=80)),
    ]


def upgrade() -> None:  # noqa: PLR0915 (one table after the other)
    op.create_table(
        "glossary_term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_glossary_term_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_glossary_term")),
    )
    with op.batch_alter_table("glossary_term", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_glossary_term_series_id"), ["series_id"], unique=False)

    op.create_table(
        "pass_phrase_reset",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("organiser_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["organiser_id"],
            ["organiser.id"],
            name=op.f("fk_pass_phrase_reset_organiser_id_organiser"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pass_phrase_reset")),
        sa.UniqueConstraint("subject", name=op.f("uq_pass_phrase_reset_subject")),
    )
    with op.batch_alter_table("pass_phrase_reset", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pass_phrase_reset_organiser_id"), ["organiser_id"], unique=False)

    op.create_table(
        "organiser_address_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("organiser_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_folded", sa.String(length=254), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["organiser_id"],
            ["organiser.id"],
            name=op.f("fk_organiser_address_change_organiser_id_organiser"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organiser_address_change")),
        sa.UniqueConstraint("organiser_id", name=op.f("uq_organiser_address_change_organiser_id")),
        sa.UniqueConstraint("subject", name=op.f("uq_organiser_address_change_subject")),
    )
    with op.batch_alter_table("organiser_address_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organiser_address_change_email_folded"), ["email_folded"], unique=False)

    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organiser_id", sa.Integer(), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["organiser_id"], ["organiser.id"], name=op.f("fk_recovery_code_organiser_id_organiser"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_recovery_code_code_hash")),
    )
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_recovery_code_organiser_id"), ["organiser_id"], unique=False)

    op.create_table(
        "stale_text",
        sa.Column("owner", sa.String(length=40), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("changed_language", sa.String(length=8), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_stale_text_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner", "field", "language", name=op.f("pk_stale_text")),
    )
    with op.batch_alter_table("stale_text", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stale_text_series_id"), ["series_id"], unique=False)

    op.create_table(
        "portrait",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_portrait_person_id_person"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_portrait")),
        sa.UniqueConstraint("key", name=op.f("uq_portrait_key")),
    )
    op.create_table(
        "role_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("email_folded", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "owner",
                "organiser",
                "editor",
                "answers",
                "translator",
                "helper",
                "partner",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("organisation", sa.String(length=200), nullable=False),
        sa.Column("workshop_session_id", sa.Integer(), nullable=True),
        sa.Column("role_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("invited_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_role_invitation_series_id_series"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_role_invitation_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_invitation")),
        sa.UniqueConstraint("subject", name=op.f("uq_role_invitation_subject")),
    )
    with op.batch_alter_table("role_invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_role_invitation_email_folded"), ["email_folded"], unique=False)
        batch_op.create_index(batch_op.f("ix_role_invitation_series_id"), ["series_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_role_invitation_workshop_session_id"), ["workshop_session_id"], unique=False
        )

    op.create_table(
        "session_draft",
        sa.Column("workshop_session_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("saved_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_session_draft_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workshop_session_id", name=op.f("pk_session_draft")),
    )
    op.create_table(
        "session_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workshop_session_id", sa.Integer(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_session_id"],
            ["workshop_session.id"],
            name=op.f("fk_session_version_workshop_session_id_workshop_session"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_version")),
    )
    with op.batch_alter_table("session_version", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_session_version_workshop_session_id"), ["workshop_session_id"], unique=False
        )

    op.create_table(
        "speaker_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting", "made", "refused", name="changestate", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_speaker_change_item_id_item"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_speaker_change_person_id_person"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["series.id"], name=op.f("fk_speaker_change_series_id_series"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_speaker_change")),
    )
    with op.batch_alter_table("speaker_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_speaker_change_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_speaker_change_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_speaker_change_series_id"), ["series_id"], unique=False)

    with op.batch_alter_table("log_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_log_entry_object"), ["object"], unique=False)

    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("told_postponed", sa.Boolean(), nullable=False, server_default=sa.false()))

    with op.batch_alter_table("organiser", schema=None) as batch_op:
        batch_op.add_column(sa.Column("tzid", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("totp_generation", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("totp_check", sa.String(length=64), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("totp_confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("totp_step", sa.Integer(), nullable=True))

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.add_column(sa.Column("former", sa.Text(), nullable=False, server_default="[]"))

    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.add_column(sa.Column("speaker_changes_wait", sa.Boolean(), nullable=False, server_default=sa.true()))

    with op.batch_alter_table("series_role", schema=None) as batch_op:
        batch_op.add_column(sa.Column("workshop_session_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_series_role_workshop_session_id"), ["workshop_session_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_series_role_workshop_session_id_workshop_session"),
            "workshop_session",
            ["workshop_session_id"],
            ["id"],
            ondelete="CASCADE",
        )

    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("browser", sa.String(length=80), nullable=False, server_default=""))

    with op.batch_alter_table("speaker_slot", schema=None) as batch_op:
        batch_op.add_column(sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("declined_at", sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table("workshop_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("postponed_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_check_constraint(
            op.f("ck_workshop_session_postponed"), "postponed_at IS NULL OR status = 'cancelled'"
        )

    check_values("secret_link", "purpose", PURPOSES)
    check_values("series_role", "role", ROLES)
    # Who edited texts goes on doing so; whoever stands at a door is asked again, for one session and a while.
    op.execute("UPDATE series_role SET role = 'translator' WHERE role = 'helper'")

    # Existing rows have their values now; from here on the program gives them.
    for table, column, kind in given():
        with op.batch_alter_table(table) as batch_op:
            batch_op.alter_column(column, server_default=None, existing_type=kind, existing_nullable=False)
    # After all that makes these tables anew: a copy does not know.
    number_once(is_once=True)


def downgrade() -> None:  # noqa: PLR0915 (one table after the other)
    # What the schema before has no word for gets less than it had, never more; answers alone have no counterpart.
    op.execute("DELETE FROM series_role WHERE role IN ('answers', 'helper')")
    op.execute("UPDATE series_role SET role = 'helper' WHERE role IN ('editor', 'translator')")
    check_values("series_role", "role", ROLES_BEFORE)
    op.execute("DELETE FROM secret_link WHERE purpose IN ('access', 'reset')")
    check_values("secret_link", "purpose", PURPOSES_BEFORE)
    number_once(is_once=False)
    with op.batch_alter_table("workshop_session", schema=None) as batch_op:
        batch_op.drop_constraint(op.f("ck_workshop_session_postponed"), type_="check")
        batch_op.drop_column("postponed_at")

    with op.batch_alter_table("speaker_slot", schema=None) as batch_op:
        batch_op.drop_column("declined_at")
        batch_op.drop_column("confirmed_at")

    with op.batch_alter_table("sign_in", schema=None) as batch_op:
        batch_op.drop_column("browser")
        batch_op.drop_column("confirmed_at")

    with op.batch_alter_table("series_role", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_series_role_workshop_session_id_workshop_session"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_series_role_workshop_session_id"))
        batch_op.drop_column("expires_at")
        batch_op.drop_column("workshop_session_id")

    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.drop_column("speaker_changes_wait")

    with op.batch_alter_table("person", schema=None) as batch_op:
        batch_op.drop_column("former")

    with op.batch_alter_table("organiser", schema=None) as batch_op:
        batch_op.drop_column("totp_step")
        batch_op.drop_column("totp_confirmed_at")
        batch_op.drop_column("totp_check")
        batch_op.drop_column("totp_generation")
        batch_op.drop_column("tzid")

    with op.batch_alter_table("answer", schema=None) as batch_op:
        batch_op.drop_column("told_postponed")

    with op.batch_alter_table("log_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_log_entry_object"))

    with op.batch_alter_table("speaker_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_speaker_change_series_id"))
        batch_op.drop_index(batch_op.f("ix_speaker_change_person_id"))
        batch_op.drop_index(batch_op.f("ix_speaker_change_item_id"))

    op.drop_table("speaker_change")
    with op.batch_alter_table("session_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_session_version_workshop_session_id"))

    op.drop_table("session_version")
    op.drop_table("session_draft")
    with op.batch_alter_table("role_invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_role_invitation_workshop_session_id"))
        batch_op.drop_index(batch_op.f("ix_role_invitation_series_id"))
        batch_op.drop_index(batch_op.f("ix_role_invitation_email_folded"))

    op.drop_table("role_invitation")
    op.drop_table("portrait")
    with op.batch_alter_table("stale_text", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_stale_text_series_id"))

    op.drop_table("stale_text")
    with op.batch_alter_table("recovery_code", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recovery_code_organiser_id"))

    op.drop_table("recovery_code")
    with op.batch_alter_table("organiser_address_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organiser_address_change_email_folded"))

    op.drop_table("organiser_address_change")
    with op.batch_alter_table("pass_phrase_reset", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pass_phrase_reset_organiser_id"))

    op.drop_table("pass_phrase_reset")
    with op.batch_alter_table("glossary_term", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_glossary_term_series_id"))

    op.drop_table("glossary_term")
