"""The database: base class, column types, connections that behave alike on SQLite and PostgreSQL."""

from __future__ import annotations

import contextlib
import enum
import json
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, ClassVar, cast

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.types import TypeDecorator

from workshop.core.localized import JSONText, Localized

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
NUMBERED_ONCE: dict[str, Any] = {"sqlite_autoincrement": True}
"""For the tables whose numbers the log, kept versions and open pages name: none is given a second time.

SQLite would otherwise give the last number again once its row is deleted.
"""


class UTCDateTime(TypeDecorator[datetime]):
    """An instant. Refuses naive values; gives back aware ones in UTC on both databases."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        """Return UTC; raises ValueError for a naive datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime is not an instant")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 (the signature is SQLAlchemy's)
        """Return an aware datetime in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class WallTime(TypeDecorator[datetime]):
    """A wall time: a naive datetime to be read beside the row's zone; stored as ISO 8601 text to the minute."""

    impl = sa.String(16)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 (the signature is SQLAlchemy's)
        """Return `YYYY-MM-DDTHH:MM`; raises ValueError for an aware datetime."""
        if value is None:
            return None
        if value.tzinfo is not None:
            raise ValueError("a wall time has no zone of its own")
        return value.isoformat(timespec="minutes")

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 (the signature is SQLAlchemy's)
        """Return the naive datetime."""
        return None if value is None else datetime.fromisoformat(value)


class _JSONColumn(TypeDecorator[Any]):
    """JSON with non-ASCII text kept readable, in key order of its own on SQLite and PostgreSQL alike."""

    impl = sa.Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 (the signature is SQLAlchemy's)
        """Return JSON text."""
        return None if value is None else json.dumps(self.dump(value), ensure_ascii=False)

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> Any:  # noqa: ARG002 (the signature is SQLAlchemy's)
        """Return the value that was stored."""
        return None if value is None else self.read(value)

    def read(self, text: str) -> Any:
        """Return what JSON text says."""
        # Most lists are empty, and reading these takes half of what a thousand sessions take to load.
        return self.load([] if text == "[]" else json.loads(text))

    def dump(self, value: Any) -> Any:
        """Return what JSON can say."""
        return value

    def load(self, value: Any) -> Any:
        """Return what the model holds; immutable, so that a change is always an assignment."""
        return _frozen(value)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


class JSONTuple(_JSONColumn):
    """A tuple of plain JSON values. Assign a new tuple to change it."""

    cache_ok = True


class JSONObject(_JSONColumn):
    """A JSON object. Assign a new one to change it."""

    cache_ok = True


class JSONValue(_JSONColumn):
    """Any plain JSON value; lists come back as tuples."""

    cache_ok = True


_SHORT = 300


class LocalizedText(_JSONColumn):
    """A `Localized`; never None."""

    cache_ok = True

    def dump(self, value: Localized) -> JSONText:
        """Return a string when neutral, else an object."""
        return value.to_json()

    def read(self, text: str) -> Localized:
        """Return the `Localized`."""
        return _read_short(text) if len(text) <= _SHORT else Localized.from_json(json.loads(text))


@lru_cache(maxsize=2048)
def _read_short(text: str) -> Localized:
    # Most are empty or stand in many rows; a `Localized` is immutable.
    return Localized.from_json(json.loads(text))


class LocalizedTexts(_JSONColumn):
    """A tuple of `Localized`."""

    cache_ok = True

    def dump(self, value: Sequence[Localized]) -> list[JSONText]:
        """Return a list of strings and objects."""
        return [item.to_json() for item in value]

    def load(self, value: list[JSONText]) -> tuple[Localized, ...]:
        """Return the tuple."""
        return tuple(Localized.from_json(item) for item in value)


def enum_column(kind: type[enum.StrEnum]) -> sa.Enum:
    """Return a column type that stores an enumeration's values, checked by the database."""
    return sa.Enum(
        kind,
        native_enum=False,
        create_constraint=True,
        length=24,
        name=kind.__name__.lower(),
        values_callable=lambda members: [member.value for member in members],
    )


class Base(DeclarativeBase):
    """What every model inherits from."""

    registry: ClassVar[registry] = registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={
            datetime: UTCDateTime(),
            Localized: LocalizedText(),
            tuple[Localized, ...]: LocalizedTexts(),
            tuple[str, ...]: JSONTuple(),
        },
    )


db = SQLAlchemy(model_class=Base, disable_autonaming=True)

_BUSY_MILLISECONDS = 30_000
_is_reading: ContextVar[bool] = ContextVar("is_reading", default=False)


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Within this block a new transaction refuses every write, whatever the code does."""
    token = _is_reading.set(True)
    try:
        yield
    finally:
        _is_reading.reset(token)


def reason_of(fault: Exception) -> str:
    """Return the first line of what the driver says, which names no password."""
    lines = str(getattr(fault, "orig", None) or fault).strip().splitlines()
    return lines[0] if lines else type(fault).__name__


def begin_reading() -> object:
    """Make new transactions read-only until `end_reading`; returns what that needs."""
    return _is_reading.set(True)


def end_reading(token: object) -> None:
    """Undo `begin_reading`."""
    _is_reading.reset(cast("Any", token))


@contextlib.contextmanager
def writing() -> Iterator[Session]:
    """Give a session of its own that may write although the request only reads; commits at the end.

    For the two writes that a GET may cause: a row of the log, and an organiser's own sign-in.
    """
    token = _is_reading.set(False)
    try:
        with Session(db.engine) as session, session.begin():
            yield session
    finally:
        _is_reading.reset(token)


def engine_options(url: str) -> dict[str, Any]:
    """Return what `create_engine` needs for `url`."""
    # A trace in the log must not show what people entered.
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": 30}, "hide_parameters": True}
    return {"pool_pre_ping": True, "pool_size": 5, "max_overflow": 5, "hide_parameters": True}


def prepare_engine(engine: Engine) -> None:
    """Attach what makes both databases keep the same promises."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    # Without this the driver begins transactions by itself, and too late: a read followed by a write then fails
    # with "database is locked" as soon as two processes meet.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "foreign_keys=ON",
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "synchronous=NORMAL",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_reading = _is_reading.get()
    if connection.info.get("is_reading") is not is_reading:
        # Straight to the driver, and only where it changes: it stays with the connection.
        cast("Any", connection.connection).execute(f"PRAGMA query_only={'ON' if is_reading else 'OFF'}")
        connection.info["is_reading"] = is_reading
    connection.exec_driver_sql("BEGIN" if is_reading else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    driver = cast("Any", connection.connection.dbapi_connection)
    if driver.read_only != _is_reading.get():
        driver.read_only = _is_reading.get()


def checkpoint() -> bool:
    """Truncate SQLite's write-ahead log, so that erased bytes are gone from the disk too. Nothing on PostgreSQL.

    Returns whether they are; somebody else's long reading keeps them there, and the worker tries again.
    """
    if db.engine.dialect.name != "sqlite":
        return True
    # Straight to the driver: SQLAlchemy would begin a transaction first, within which a checkpoint can do nothing.
    connection = db.engine.raw_connection()
    cursor = connection.cursor()
    try:
        # While it waits for a reader nobody can write.
        cursor.execute("PRAGMA busy_timeout=1000")
        is_kept_waiting = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        cursor.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
    finally:
        connection.close()
    return not is_kept_waiting
