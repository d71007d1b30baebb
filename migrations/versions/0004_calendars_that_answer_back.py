"""Calendars that answer back."""

from __future__ import annotations

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def added() -> dict[str, list[sa.Column]]:
    """Return the new columns by table; those that must hold something come with what existing rows get."""
    return {
        "answer": [
            sa.Column("sequence_offset", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("reply_stamped_at", sa.DateTime(timezone=True), nullable=True),
        ],
        "outbox_message": [sa.Column("itip_method", sa.String(length=10), nullable=False, server_default="")],
        "series": [sa.Column("embed_origins", sa.Text(), nullable=False, server_default="[]")],
        "workshop_session": [
            sa.Column("unpublished_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
            sa.Column("tombstone", sa.Text(), nullable=True),
            sa.Column("moved_from", sa.DateTime(timezone=True), nullable=True),
        ],
    }


def upgrade() -> None:
    op.add_column("organiser", sa.Column("subject", sa.String(length=32), nullable=True))
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
    with op.batch_alter_table("organiser") as batch_op:
        batch_op.alter_column("subject", existing_type=sa.String(length=32), nullable=False)
        batch_op.create_unique_constraint(batch_op.f("uq_organiser_subject"), ["subject"])
    date_what_is_over()


def give_subjects() -> None:
    """Give every organiser the random id that the link of their own calendar is derived from."""
    organiser = sa.table("organiser", sa.column("id"), sa.column("subject"))
    for row in op.get_bind().execute(sa.select(organiser.c.id)).all():
        statement = sa.update(organiser).where(organiser.c.id == row.id).values(subject=secrets.token_hex(16))
        op.get_bind().execute(statement)


def date_what_is_over() -> None:
    """Date cancellations from before they were dated by the last revision, the nearest that is known."""
    op.execute("UPDATE workshop_session SET cancelled_at = revised_at WHERE status = 'cancelled'")


def downgrade() -> None:
    with op.batch_alter_table("organiser") as batch_op:
        batch_op.drop_constraint(batch_op.f("uq_organiser_subject"), type_="unique")
        batch_op.drop_column("subject")
    for table, columns in added().items():
        with op.batch_alter_table(table) as batch_op:
            for column in columns:
                batch_op.drop_column(column.name)
