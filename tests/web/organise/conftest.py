"""An owner at a session's list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import build_organiser, build_series, build_session
from tests.web.workspace import sign_in
from workshop.audit.models import LogEntry
from workshop.core.db import db
from workshop.programme.models import WorkshopSession

SOON = datetime(2030, 11, 29, 15, tzinfo=UTC)


@pytest.fixture
def listed(session: Session) -> WorkshopSession:
    """Give a session in Paris whose answers are listed at /en/organise/series/mine/1/answers."""
    series = build_series(session, slug="mine")
    return build_session(session, series, slug="1", starts_at=SOON, ends_at=SOON + timedelta(hours=2))


@pytest.fixture
def desk(client: FlaskClient, session: Session, listed: WorkshopSession) -> FlaskClient:
    """Give the browser of the series' owner."""
    sign_in(client, build_organiser(session, listed.series))
    return client


@pytest.fixture
def logged(session: Session) -> Callable[[str], list[tuple[str, dict[str, Any]]]]:
    """Give a function that returns (object, details) of the log's rows of an action."""

    def read(action: str) -> list[tuple[str, dict[str, Any]]]:
        session.expire_all()
        found = session.scalars(sa.select(LogEntry).where(LogEntry.action == action).order_by(LogEntry.id))
        return [(entry.object, entry.details) for entry in found]

    return read


@pytest.fixture
def counted(app: Flask) -> Callable[[], AbstractContextManager[list[str]]]:
    """Give a context manager that collects the SELECT statements sent within."""

    @contextmanager
    def count() -> Iterator[list[str]]:
        statements: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if "SELECT" in statement:
                statements.append(statement)

        with app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", note)
        yield statements
        sa.event.remove(engine, "before_cursor_execute", note)

    return count
