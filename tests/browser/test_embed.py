"""The list of sessions in other sites' frames, in a real browser: shown where the series says so, and nowhere else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, Page

from tests.builders import build_series, build_session
from tests.conftest import LiveServer
from workshop.core.db import db
from workshop.programme.models import Series

pytestmark = pytest.mark.browser

Site = Callable[[str], str]


@contextmanager
def another_site(body: str) -> Iterator[str]:
    """Serve one page from an origin of its own; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            octets = f"<!doctype html><title>Partner</title>{body}".encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(octets)))
            self.end_headers()
            self.wfile.write(octets)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the signature is the library's)
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.fixture
def site(live_server: LiveServer) -> Iterator[Site]:
    """Give a function that opens a site which frames an address of ours."""
    with ExitStack() as stack:
        yield lambda path: stack.enter_context(
            another_site(f'<iframe src="{live_server.url}{path}" width="600" height="600" title="Sessions"></iframe>')
        )


@pytest.fixture
def series(live_server: LiveServer) -> Series:
    with live_server.app.app_context():
        found = build_series(db.session(), slug="s")
        build_session(db.session(), found, slug="1")
        db.session.commit()
        db.session.refresh(found)
        db.session.expunge(found)
    return found


def allow(live_server: LiveServer, *origins: str) -> None:
    with live_server.app.app_context():
        found = db.session.query(Series).one()
        found.embed_origins = origins
        found.revision += 1
        db.session.commit()


def show(page: Page, address: str) -> str:
    """Return the text of the frame in a page; empty where the browser refused to show it."""
    page.goto(address)
    frame = page.frames[1]
    return "" if frame.url.startswith("chrome-error:") else frame.inner_text("body")


def test_only_the_sites_that_were_named_show_the_list(
    browser: Browser, live_server: LiveServer, site: Site, series: Series
) -> None:
    partner, stranger, whole = site("/en/series/s/embed"), site("/en/series/s/embed"), site("/en/series/s/")
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    assert show(page, partner) == ""
    allow(live_server, partner)
    text = show(page, partner)
    assert series.title["en"] in text
    assert page.frames[1].evaluate("document.styleSheets[0].cssRules.length") > 50, "with its style sheet"
    refused = len(said)
    assert show(page, stranger) == ""
    assert "frame-ancestors" in said[-1]
    allow(live_server, partner, whole)
    assert show(page, whole) == "", "the list alone may be framed"
    assert len(said) == refused + 2
    allow(live_server)
    assert show(page, partner) == "", "taken off the list, whatever the browser kept"
    assert context.cookies() == []
    context.close()


def test_a_link_in_the_list_opens_a_page_of_its_own(
    browser: Browser, live_server: LiveServer, site: Site, series: Series
) -> None:
    partner = site("/en/series/s/embed")
    allow(live_server, partner)
    context = browser.new_context()
    page = context.new_page()
    assert series.title["en"] in show(page, partner)
    with context.expect_page() as opened:
        page.frames[1].click(".entry-title a")
    opened.value.wait_for_load_state()
    assert opened.value.url == f"{live_server.url}/en/series/s/1/"
    assert opened.value.evaluate("window.opener") is None
    assert page.frames[1].url.endswith("/embed")
    assert context.cookies() == []
    context.close()


def test_data_for_search_engines_break_no_policy(browser: Browser, live_server: LiveServer, series: Series) -> None:
    assert series.slug == "s"
    context = browser.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{live_server.url}/en/series/s/1/")
    assert page.locator('script[type="application/ld+json"]').count() == 1
    assert said == []
    context.close()
