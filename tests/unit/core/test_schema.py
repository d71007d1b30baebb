"""Migrations: the same schema as the models, both ways, and no row lost on the way."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy.orm import Session

from tests import databases
from tests.builders import build_answer, build_participant, build_series, build_session
from workshop.app import import_models
from workshop.core import schema
from workshop.core.db import UTCDateTime, db


@pytest.fixture
def blank(blank_database_url: str) -> Iterator[sa.Engine]:
    with databases.connecting(blank_database_url) as engine:
        yield engine


def _describe(engine: sa.Engine) -> dict[str, Any]:
    """Everything that the database itself says of its tables."""
    inspector = sa.inspect(engine)

    def plain(rows: Any) -> list[str]:
        return sorted(str(sorted((key, str(value)) for key, value in row.items())) for row in rows)

    with engine.connect() as connection:
        numbered_once = _numbered_once(connection)
    return {
        table: {
            "numbered once": table in numbered_once,
            "columns": plain(inspector.get_columns(table)),
            "key": plain([inspector.get_pk_constraint(table)]),
            "references": plain(inspector.get_foreign_keys(table)),
            "indexes": plain(inspector.get_indexes(table)),
            "unique": plain(inspector.get_unique_constraints(table)),
            "checks": plain(inspector.get_check_constraints(table)),
        }
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def _numbered_once(connection: sa.Connection) -> set[str]:
    """Tables in which SQLite gives no number a second time: its inspector does not say."""
    if connection.dialect.name != "sqlite":
        return set()
    return set(connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE sql LIKE '%AUTOINCREMENT%'").scalars())


def test_upgrading_makes_what_the_models_say(blank: sa.Engine, database_url: str) -> None:
    assert schema.current(blank) is None
    assert not schema.is_current(blank)
    schema.upgrade(blank)
    assert schema.is_current(blank)
    assert schema.differences(blank) == []
    with databases.connecting(database_url) as engine:
        assert _describe(blank) == _describe(engine)


def test_the_numbers_that_the_log_names_are_given_once(blank: sa.Engine) -> None:
    named = {table.name for table in import_models().sorted_tables if table.dialect_options["sqlite"]["autoincrement"]}
    assert named == {"workshop_session", "section", "item", "person", "outbox_message"}
    schema.upgrade(blank)
    with blank.connect() as connection:
        assert _numbered_once(connection) == (named if blank.dialect.name == "sqlite" else set())


def test_a_missing_table_is_seen(blank: sa.Engine) -> None:
    schema.upgrade(blank)
    with blank.begin() as connection:
        connection.exec_driver_sql("DROP TABLE reminder_delivery")
    assert [difference[0] for difference in schema.differences(blank)].count("add_table") == 1


def test_down_to_nothing_and_up_again(blank: sa.Engine) -> None:
    schema.upgrade(blank)
    before = _describe(blank)
    schema.downgrade("base", blank)
    assert schema.current(blank) is None
    assert _describe(blank) == {}
    schema.upgrade(blank)
    assert _describe(blank) == before


def test_upgrading_twice_changes_nothing(blank: sa.Engine) -> None:
    schema.upgrade(blank)
    schema.upgrade(blank)
    assert schema.is_current(blank)


def _fill(connection: sa.Connection) -> None:
    connection.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT)")
    connection.exec_driver_sql(
        "CREATE TABLE child (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES parent (id) ON DELETE CASCADE)"
    )
    connection.exec_driver_sql("INSERT INTO parent VALUES (1, 'a')")
    connection.exec_driver_sql("INSERT INTO child VALUES (1, 1), (2, 1)")


def _change_in_batch(connection: sa.Connection) -> None:
    operations = Operations(MigrationContext.configure(connection))
    with operations.batch_alter_table("parent", recreate="always") as batch:
        batch.alter_column("name", type_=sa.String(20), existing_type=sa.Text())


def _count(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM child").scalar_one())


@pytest.mark.databases("sqlite")
def test_a_batch_change_loses_no_rows(blank: sa.Engine) -> None:
    with blank.begin() as connection:
        _fill(connection)
    # First that it could: with foreign keys on, the table's being made anew takes its children along.
    with blank.connect() as connection:
        transaction = connection.begin()
        _change_in_batch(connection)
        assert connection.exec_driver_sql("SELECT count(*) FROM child").scalar_one() == 0
        transaction.rollback()
    with schema._migrating(blank) as config:
        _change_in_batch(config.attributes["connection"])
    assert _count(blank) == 2


@pytest.mark.databases("sqlite")
def test_foreign_keys_are_on_again_afterwards(app: Any) -> None:
    with app.app_context():
        schema.upgrade()
        assert schema.is_current()
        with db.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1


@pytest.mark.databases("sqlite")
def test_a_migration_that_breaks_references_is_rolled_back(blank: sa.Engine) -> None:
    with blank.begin() as connection:
        _fill(connection)
    with pytest.raises(schema.BrokenReferencesError, match="child"), schema._migrating(blank) as config:
        config.attributes["connection"].exec_driver_sql("DELETE FROM parent")
    assert _count(blank) == 2


def _write_with_a_new_table(folder: Path) -> Path:
    metadata = sa.MetaData(naming_convention=import_models().naming_convention)
    for table in import_models().sorted_tables:
        table.to_metadata(metadata)
    sa.Table("extra", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("at", UTCDateTime))
    return schema.write_revision("an extra table", metadata)


@pytest.mark.databases("sqlite")
def test_the_next_revision_is_numbered_and_plain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copy_of_migrations: Callable[[], Path]
) -> None:
    path = _write_with_a_new_table(copy_of_migrations())
    text = path.read_text("utf-8")
    number = int(schema.head()) + 1
    assert path.name == f"{number:04}_an_extra_table.py"
    assert "sa.DateTime(timezone=True)" in text
    assert "workshop" not in text
    assert "drop_table" in text.partition("def downgrade")[2]


@pytest.fixture
def copy_of_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    import shutil

    def copy() -> Path:
        folder = tmp_path / "migrations"
        shutil.copytree(schema.migrations_folder(), folder)
        monkeypatch.setattr(schema, "migrations_folder", lambda: folder)
        return folder

    return copy


def test_people_and_answers_outlive_a_downgrade_and_the_next_upgrade(blank: sa.Engine) -> None:
    schema.upgrade(blank)
    with Session(blank) as session, session.begin():
        series = build_series(session)
        participant = build_participant(session, series, name="Élodie Œuvrard", affiliation="Réseau")
        build_answer(session, build_session(session, series), participant=participant)
    before = _rows(blank, "answer"), _rows(blank, "participant")
    schema.downgrade("0001", blank)
    schema.upgrade(blank)
    after = _rows(blank, "answer"), _rows(blank, "participant")
    # The code at the door is a new one, for all else nothing has changed.
    # What was last told of levels and languages came with later revisions; what was there before is what has to stay.
    for row in (*before[0], *after[0]):
        for column in ("told_level", "told_floor_languages", "told_interpretation"):
            row.pop(column)
    codes = {row.pop("code") for row in (*before[0], *after[0])}
    assert len(codes) == 2
    assert all(len(code) == 8 for code in codes)
    assert after == before
    assert after[1][0]["name_folded"] == "elodie oeuvrard"


def _rows(engine: sa.Engine, table: str) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {table}")).mappings()]
