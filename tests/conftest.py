"""Fixtures of every test: a closed network, settings of its own, an empty database, a clock that can be moved."""

from __future__ import annotations

import contextvars
import functools
import gc
import importlib
import ipaddress
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import CodeType
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from argon2 import PasswordHasher
from babel.support import Translations
from coverage import Coverage
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.test import TestResponse

from tests import databases
from tests.postgresql import find_binaries, running_server
from workshop import config
from workshop.core.db import db

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

IN_CI = bool(os.environ.get("CI"))
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
CHROMIUM_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


def _require(what: str) -> None:
    """Skip with a line that says what is missing; in CI nothing may be missing."""
    if IN_CI:
        pytest.fail(f"{what} is missing, and required where CI is set")
    pytest.skip(f"{what} is missing")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what uses a database on both, or on those that the marker `databases` names; in a browser on SQLite."""
    if "database_url" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("databases")
    names = marker.args if marker else ("sqlite", "postgresql")
    if not marker and metafunc.definition.get_closest_marker("browser"):
        names = ("sqlite",)
    marks = {"postgresql": (pytest.mark.postgresql,)}
    metafunc.parametrize(
        "database_url",
        [pytest.param(name, marks=marks.get(name, ()), id=name) for name in names],
        indirect=True,
    )


_CLOSE_TO_THE_CODE = ("unit", "web", "house")
"""Folders of tests whose lines are counted: what a crawl happens to touch, nothing asserted of."""


def _is_counted(item: pytest.Item) -> bool:
    """Whether a test is about lines; of those with a database the first of its kind, the others run much the same."""
    if item.path.relative_to(Path(__file__).parent).parts[0] not in _CLOSE_TO_THE_CODE:
        return False
    if item.get_closest_marker("timed"):
        return False
    variant = getattr(item, "callspec", None)
    return variant is None or "database_url" not in variant.indices or not any(variant.indices.values())


def pytest_sessionstart() -> None:
    """Look for garbage less often: what a process of tests holds is much, and nearly all of it stays."""
    gc.set_threshold(100_000, 50, 100)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Count lines once, and only where a test is about them: counting takes twice the time."""
    if Coverage.current() is not None:
        importlib.import_module("workshop.app").blueprints()  # lines that only an import runs, whoever comes first
    if _is_counted(item):
        return (yield)
    # In xdist's processes pytest-cov starts two; where one stops, the other goes on.
    stopped = []
    while (counting := Coverage.current()) is not None:
        counting.stop()
        stopped.append(counting)
    try:
        return (yield)
    finally:
        for counting in reversed(stopped):
            counting.start()


# -- the world outside -------------------------------------------------------------------------------------------------


def _is_loopback(address: object) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    try:
        return ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback
    except ValueError:
        return address[0] in {"localhost", ""}


@pytest.fixture(scope="session", autouse=True)
def closed_network() -> Iterator[None]:
    """Refuse every connection, datagram and name look-up beyond the loopback."""
    patch = pytest.MonkeyPatch()

    def guard(name: str, position: int) -> None:
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, *arguments: Any) -> Any:
            if not _is_loopback(arguments[position]):
                raise PermissionError(f"a test wanted to reach {arguments[position]!r}")
            return original(self, *arguments)

        patch.setattr(socket.socket, name, guarded, raising=False)

    guard("connect", 0)
    guard("connect_ex", 0)
    guard("sendto", -1)
    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *arguments: Any, **options: Any) -> Any:
        if host is not None and not _is_loopback((host,)):
            raise PermissionError(f"a test wanted to look up {host!r}")
        return look_up(host, *arguments, **options)

    patch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def instance_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give an instance folder of the test's own; no setting of the real environment is seen, here or in a subprocess."""
    for name in [name for name in os.environ if name.startswith(config.PREFIX) and name != "WORKSHOP_TEST_ROUNDS"]:
        monkeypatch.delenv(name)
    path = tmp_path / "instance"
    path.mkdir()
    monkeypatch.setenv(config.PREFIX + "INSTANCE_PATH", str(path))
    return path


@pytest.fixture
def now() -> datetime:
    """The instant at which tests take place, unless they say otherwise."""
    return NOW


@pytest.fixture
def clock(now: datetime) -> Iterator[time_machine.Traveller]:
    """Stand the clock still at `now`; `clock.move_to(…)` and `clock.shift(…)` move it, in every thread."""
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


# -- databases ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgresql_socket(worker_id: str) -> Iterator[str]:
    """Run a server for this process; gives the folder of its socket."""
    binaries = find_binaries()
    if binaries is None:
        _require("PostgreSQL's server (Debian: postgresql)")
        raise AssertionError
    with running_server(binaries) as folder:
        yield folder


@pytest.fixture(scope="session")
def postgresql_database(postgresql_socket: str) -> str:
    """Give the address of the database that this process empties for each test."""
    return databases.make_postgresql_database(postgresql_socket, "workshop")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a SQLite file with the schema and no rows."""
    return databases.make_template(tmp_path_factory.mktemp("template") / "workshop.sqlite")


@pytest.fixture
def database_url(request: pytest.FixtureRequest, instance_path: Path) -> str:
    """Give the address of an empty database with the schema; each test runs on SQLite and on PostgreSQL."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return databases.copy_template(request.getfixturevalue("sqlite_template"), instance_path / "workshop.sqlite")
    url: str = request.getfixturevalue("postgresql_database")
    databases.empty_postgresql_database(url)
    return url


@pytest.fixture
def blank_database_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> str:
    """Give the address of a database without any table, of the same kind as `database_url`."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'blank.sqlite'}"
    folder = request.getfixturevalue("postgresql_socket")
    return databases.make_postgresql_database(folder, "blank", with_schema=False)


# -- the application ---------------------------------------------------------------------------------------------------


class Client(FlaskClient):
    """A client whose requests are requests: nothing of the test's own context or transaction reaches into them.

    The transaction of the test's session is committed before each request. SQLite has one writer at a time: left open,
    it would hold up every request that writes.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        """Send a request."""
        if has_app_context():
            db.session.commit()
        if self.preserve_context:
            return super().open(*args, **kwargs)
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.fixture
def environ(request: pytest.FixtureRequest, instance_path: Path, database_url: str) -> dict[str, str]:
    """Give the environment that a test's application, or its subprocess, is configured by."""
    return {
        "WORKSHOP_INSTANCE_PATH": str(instance_path),
        "WORKSHOP_DATABASE_URL": database_url,
        "WORKSHOP_SECRET_KEY": "a key for tests only, never for anything else",
        "WORKSHOP_RATE_LIMITS": "on" if request.node.get_closest_marker("rate_limits") else "off",
    }


_ENGINES: dict[str, Any] = {}


def _share_statements(engine: Any) -> None:
    """Let the engines of one process share what SQLAlchemy has compiled, once one of them knows its server."""
    kept = _ENGINES.get(engine.dialect.name)
    if kept is not None and getattr(kept.dialect, "server_version_info", None):
        engine.dialect, engine._compiled_cache = kept.dialect, kept._compiled_cache
    else:
        _ENGINES[engine.dialect.name] = engine


@pytest.fixture(scope="session", autouse=True)
def rules_kept() -> Iterator[None]:
    """Keep what werkzeug compiles of an address: every application has the same, and it is most of what making one costs."""
    patch = pytest.MonkeyPatch()
    original = Rule.compile
    parts = ("_parts", "_trace", "_converters", "arguments")
    kept: dict[Any, Any] = {}

    def compile_(self: Rule) -> None:
        key = (self.rule, self.subdomain, self.host, self.merge_slashes, repr(self.defaults), *sorted(self.arguments))
        if key not in kept:
            original(self)
            kept[key] = {name: copy(getattr(self, name)) for name in parts} | {
                name: getattr(self, name).__func__ for name in ("_build", "_build_unknown")
            }
            return
        found = kept[key]
        for name in parts:
            setattr(self, name, copy(found[name]))
        self._build, self._build_unknown = (found[name].__get__(self, None) for name in ("_build", "_build_unknown"))

    patch.setattr(Rule, "compile", compile_)
    yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def catalogues_kept() -> Iterator[None]:
    """Keep what was read of a catalogue, for every application again."""
    patch = pytest.MonkeyPatch()
    read = functools.cache(lambda folder, locales, domain: original(folder, list(locales), domain))
    original = Translations.load
    patch.setattr(Translations, "load", lambda folder, locales, domain: read(folder, tuple(locales), domain))
    yield
    patch.undo()


class _Templates(BytecodeCache):
    """What was compiled of templates, for the applications of one process: half of what a first page costs."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self.kept[bucket.key, bucket.checksum] = bucket.code


_TEMPLATES = _Templates()


@pytest.fixture
def configure(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Flask]]:
    """Give a function that makes an application with other settings: `configure(NAME="Ateliers", LANGUAGES="en")`."""
    # Here, so that tests of pure modules neither wait for the whole application nor fail with it.
    from workshop.accounts.service import phrases
    from workshop.app import create_app

    monkeypatch.setattr(phrases, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    made: list[Flask] = []

    def make(**settings: str) -> Flask:
        app = create_app(config.load({**environ, **{config.PREFIX + name: text for name, text in settings.items()}}))
        app.testing = True
        app.test_client_class = Client
        app.jinja_env.bytecode_cache = _TEMPLATES
        with app.app_context():
            _share_statements(db.engine)
        made.append(app)
        return app

    yield make
    for app in made:
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


@pytest.fixture
def app(configure: Callable[..., Flask]) -> Flask:
    """Give an application on an empty database; each test runs on both databases."""
    return configure()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Give a browser without cookies."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """Give `db.session` within an application context; the client commits it before each request.

    Commit it yourself before other threads or processes are to write: SQLite has one writer at a time.
    """
    with app.app_context():
        yield db.session()


# -- a server and a browser --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LiveServer:
    """A running server; `url` has no slash at its end."""

    url: str
    app: Flask


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 (the signature is werkzeug's)
        """Say nothing: the address of a request can be a secret."""


@pytest.fixture
def live_server(configure: Callable[..., Flask]) -> Iterator[LiveServer]:
    """Serve from threads of this process, so that a moved clock is the server's too."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        app = configure(BASE_URL=url)
        port = listener.getsockname()[1]
        server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Silent, fd=listener.fileno())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield LiveServer(url, app)
        finally:
            server.shutdown()
            thread.join(10)
            server.server_close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give Debian's chromium, headless."""
    executable = shutil.which("chromium")
    if executable is None:
        _require("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=list(CHROMIUM_OPTIONS))
        yield running
        running.close()


@pytest.fixture
def page(browser: Browser, live_server: LiveServer) -> Iterator[Page]:
    """Give a telephone in France on the live server; every script error is the test's failure."""
    context = browser.new_context(
        base_url=live_server.url, locale="fr-FR", timezone_id="Europe/Paris", viewport={"width": 390, "height": 844}
    )
    context.set_default_timeout(10_000)
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    yield context.new_page()
    context.close()
    assert errors == []
