"""What Alembic runs for every command. The connection, in its transaction, comes from workshop.core.schema."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from workshop.core.db import NAMING


def render_plainly(kind: str, item: Any, _context: object) -> str | Literal[False]:
    """Write column types of our own as the plain type beneath: a revision imports nothing of the product."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    # Without the models: a revision only needs their convention for the names of constraints.
    target_metadata=attributes.get("metadata", sa.MetaData(naming_convention=NAMING)),
    render_item=render_plainly,
    # SQLite changes a table by making it anew, which Alembic calls batch mode; the first revision changes none.
    render_as_batch=not attributes.get("is_first", False),
    user_module_prefix="sa.",
)
context.run_migrations()
