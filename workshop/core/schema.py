"""The database's schema: which revision it has, which it should have, and the way between them.

Alembic is told everything here, so there is no alembic.ini. The revisions stand in `migrations/`, in an installed
wheel in `workshop/_migrations`. Every function takes an engine; without one, that of the current application.
"""

from __future__ import annotations

import contextlib
import functools
import io
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from flask_babel import gettext as _

from workshop.core.db import Base, db, prepare_engine, reading
from workshop.core.places import shipped

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 0x776B5F736368
"""Key of PostgreSQL's advisory lock that lets one process migrate at a time; SQLite has one writer anyway."""


class BrokenReferencesError(Exception):
    """A migration left rows that refer to nothing; it was rolled back."""


def migrations_folder() -> Path:
    """Return where the revisions are: in the package when installed, else at the root of the checkout."""
    return shipped("migrations")


def upgrade(engine: sa.Engine | None = None, revision: str = "head") -> None:
    """Bring the schema up to `revision`; all of the way or none of it.

    Raises:
        BrokenReferencesError: when rows would refer to nothing afterwards.
    """
    from alembic import command

    with _migrating(engine or db.engine) as config:
        command.upgrade(config, revision)


def downgrade(revision: str, engine: sa.Engine | None = None) -> None:
    """Take the schema back to `revision` (`base`: to nothing); all of the way or none of it.

    Raises:
        BrokenReferencesError: when rows would refer to nothing afterwards.
    """
    from alembic import command

    with _migrating(engine or db.engine) as config:
        command.downgrade(config, revision)


def stamp(engine: sa.Engine | None = None) -> None:
    """Note that a schema made in another way equals the newest revision."""
    from alembic import command

    with _migrating(engine or db.engine) as config:
        command.stamp(config, "head")


def current(engine: sa.Engine | None = None) -> str | None:
    """Return the revision that the database has; None for a database without any."""
    with reading(), (engine or db.engine).connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
        return revision


@functools.cache
def head() -> str:
    """Return the revision that this version of the product needs.

    Read off the files, because Alembic takes a good part of the time in which a server is to have started.
    """
    newest = _named("revision") - _named("down_revision")
    if len(newest) != 1:
        raise LookupError(f"not one last revision in {migrations_folder()}")
    return next(iter(newest))


@functools.cache
def _named(name: str) -> frozenset[str]:
    texts = [path.read_text("utf-8") for path in (migrations_folder() / "versions").glob("*.py")]
    found = (re.search(rf'(?m)^{name}\b[^=]*= *"([^"]+)"', text) for text in texts)
    return frozenset(match[1] for match in found if match)


def is_current(engine: sa.Engine | None = None) -> bool:
    """Whether the database has the revision that this version of the product needs."""
    return current(engine) == head()


def is_newer(engine: sa.Engine | None = None) -> bool:
    """Whether the database has a revision that this version does not know, so that it cannot be brought anywhere."""
    return current(engine) not in {None, *_named("revision")}


def fault(engine: sa.Engine | None = None) -> str | None:
    """Return what keeps this version from using the database, with the cure; None when nothing does."""
    if is_current(engine):
        return None
    if is_newer(engine):
        return str(_("A newer version of workshop has migrated this database. Install that version."))
    return str(_("The database’s schema is not the one this version needs. Run: workshop db upgrade"))


def differences(engine: sa.Engine | None = None) -> list[Any]:
    """Return what Alembic would change to make the database equal the imported models; nothing is all well."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    with reading(), (engine or db.engine).connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def write_revision(message: str, metadata: sa.MetaData) -> Path:
    """Write the next revision: what is missing between the last one and the models. Read it before keeping it.

    Args:
        message: what it does, in a few words.
        metadata: that of all models (`workshop.app.import_models()`).
    """
    from alembic import command
    from alembic.script import ScriptDirectory

    known = list(ScriptDirectory.from_config(_config()).walk_revisions())
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{folder}/blank.sqlite")
        prepare_engine(engine)
        if known:
            upgrade(engine)
        with _migrating(engine) as config:
            config.attributes["metadata"] = metadata
            config.attributes["is_first"] = not known
            script = command.revision(config, message, autogenerate=True, rev_id=f"{len(known) + 1:04}")
        engine.dispose()
    if script is None or isinstance(script, list):
        raise LookupError("Alembic wrote no revision")
    path = Path(script.path)
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "# ###" not in line), "utf-8")  # Alembic's remarks to its reader
    return path


def _config() -> Config:
    from alembic.config import Config

    config = Config(stdout=io.StringIO())  # silent: what to say is the command's business
    config.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


@contextlib.contextmanager
def _migrating(engine: sa.Engine) -> Iterator[Config]:
    """Give a configuration whose connection is in one transaction, alone, and keeps every row."""
    with engine.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        is_sqlite = engine.dialect.name == "sqlite"
        if is_sqlite:
            # To change a table SQLite drops it and puts a copy in its place; with foreign keys on, dropping deletes the
            # rows that refer to it. The switch works outside a transaction only, hence straight to the driver.
            driver.execute("PRAGMA foreign_keys=OFF")
        try:
            with connection.begin():
                if not is_sqlite:
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
                config = _config()
                config.attributes["connection"] = connection
                yield config
                if is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                    raise BrokenReferencesError(f"rows that refer to nothing: {sorted({row[0] for row in broken})}")
        finally:
            if is_sqlite:
                driver.execute("PRAGMA foreign_keys=ON")
