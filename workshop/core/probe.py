"""One small SELECT, sent to the driver directly: what a kept answer costs is mostly this question.

Compiled once; no ORM, no transaction of its own, and no value but text is sent along.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from functools import lru_cache
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import Engine

RowT = TypeVar("RowT")


class Probe(Generic[RowT]):
    """A statement whose only parameters are named texts or numbers, and what its rows are made into."""

    def __init__(self, statement: sa.Select[*tuple[Any, ...]], make: Callable[..., RowT]) -> None:
        """Keep the statement. Constants in it must be literals (see `literal`); equal rows are made only once."""
        self._statement = statement
        self._make = make
        self._compiled: dict[str, tuple[str, list[str] | None, Callable[[tuple[Any, ...]], RowT]]] = {}

    def __call__(self, engine: Engine, **values: str | int) -> list[RowT]:
        """Return the rows; raises OperationalError when the database is away."""
        sql, order, decode = self._compiled.get(engine.dialect.name) or self._compile(engine)
        driver: Any = engine.dialect.dbapi
        try:
            # The pool rolls back whatever the driver began when the connection returns to it.
            with closing(engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute(sql, values if order is None else [values[name] for name in order])
                return [decode(tuple(row)) for row in cursor.fetchall()]
        except driver.Error as error:
            raise sa.exc.OperationalError(sql, None, error) from error

    def _compile(self, engine: Engine) -> tuple[str, list[str] | None, Callable[[tuple[Any, ...]], RowT]]:
        dialect = engine.dialect
        compiled: Any = self._statement.compile(dialect=dialect)
        processors = [
            column.type.dialect_impl(dialect).result_processor(dialect, None)
            for column in self._statement.selected_columns
        ]

        @lru_cache(maxsize=4096)
        def decode(row: tuple[Any, ...]) -> RowT:
            pairs = zip(processors, row, strict=True)
            return self._make(*(process(value) if process else value for process, value in pairs))

        order = list(compiled.positiontup) if compiled.positiontup is not None else None
        self._compiled[dialect.name] = (str(compiled), order, decode)
        return self._compiled[dialect.name]


def literal(value: str) -> sa.ColumnElement[Any]:
    """Return a constant of the code's own, such as an enumeration's value, written into the statement."""
    if not value.replace("_", "").isalpha():
        raise ValueError("only a plain word is written into a statement")
    return sa.literal_column(f"'{value}'")
