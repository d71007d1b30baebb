"""Databases for tests: made once per process, given empty to each test."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from tests.postgresql import ACCOUNT
from workshop.core import schema
from workshop.core.db import Base, prepare_engine


@contextlib.contextmanager
def connecting(url: str) -> Iterator[sa.Engine]:
    """Give an engine that keeps no connection open."""
    engine = sa.create_engine(url, poolclass=NullPool)
    prepare_engine(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def make_schema(engine: sa.Engine) -> None:
    """Create every table from the models; that the migrations make the same ones is shown by a test of its own."""
    from workshop.app import import_models  # within, so that tests of pure modules do without the application

    import_models().create_all(engine)
    schema.stamp(engine)


def make_template(path: Path) -> Path:
    """Make the SQLite file, with its schema, that each test gets a copy of."""
    with connecting(f"sqlite:///{path}") as engine:
        make_schema(engine)
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.close()
    return path


def copy_template(template: Path, path: Path) -> str:
    """Return the address of a fresh SQLite database at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


def make_postgresql_database(socket_folder: str, name: str, *, with_schema: bool = True) -> str:
    """Create an empty database and return its address."""
    maintenance = f"postgresql+psycopg://{ACCOUNT}@/postgres?host={socket_folder}"
    url = f"postgresql+psycopg://{ACCOUNT}@/{name}?host={socket_folder}"
    with connecting(maintenance) as engine, engine.connect().execution_options(isolation_level="AUTOCOMMIT") as server:
        server.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.exec_driver_sql(f'CREATE DATABASE "{name}"')
    if with_schema:
        with connecting(url) as engine:
            make_schema(engine)
    return url


def empty_postgresql_database(url: str) -> None:
    """Remove every row that earlier tests left, and begin numbering again."""
    tables = [table.name for table in Base.metadata.sorted_tables]
    asked = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM \"{name}\")" for name in tables)
    with connecting(url) as engine, engine.begin() as connection:
        # A connection that an earlier test left in a transaction would hold this up for ever: say so instead.
        connection.exec_driver_sql("SET LOCAL lock_timeout = '10s'")
        # Rows go without a look at what refers to them; new files for each table would take thrice the time.
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        if filled := connection.exec_driver_sql(asked).scalars().all():
            connection.exec_driver_sql("; ".join(f'DELETE FROM "{name}"' for name in filled))
        # A row that was rolled back has used up its number all the same.
        connection.exec_driver_sql(
            "SELECT setval(quote_ident(sequencename)::regclass, 1, false) FROM pg_sequences WHERE last_value IS NOT NULL"
        )


def wait_until_held_up(thread: threading.Thread, engine: sa.Engine) -> None:
    """Return once what a thread does waits in PostgreSQL for a row that another transaction has locked.

    Raises:
        AssertionError: it ended without waiting.
    """
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as looking:
        while not looking.scalar(waiting):
            thread.join(0.01)
            assert thread.is_alive(), "nothing held it up"
