"""A summary from its first word to its page, and off it again, in a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from tests.browser.test_pages import judge
from tests.builders import (
    PASSWORD,
    both,
    build_answer,
    build_item,
    build_organiser,
    build_participant,
    build_person,
    build_series,
    build_session,
)
from tests.conftest import LiveServer
from workshop import worker
from workshop.core import clock
from workshop.core.db import db
from workshop.people.service import raise_revision
from workshop.programme.models import WorkshopSession

pytestmark = pytest.mark.browser

PATH = "/en/organise/series/mine/1/summary"
FIRST = {
    "fr": "Balthazar Quimper a expliqué que les salles **ferment trop tôt**.",
    "en": "It was said that the rooms **close too early**, as Wenceslas Ombredane once wrote.",
}


@pytest.fixture
def session_id(live_server: LiveServer) -> int:
    """Make a session that is over, six who were there, and two organisers; give the session's id."""
    with live_server.app.app_context():
        session: Session = db.session()
        now = clock.now()
        series = build_series(session, slug="mine", title=both("Les salles", "The rooms"))
        one = build_session(
            session, series, slug="1", starts_at=now - timedelta(hours=4), ends_at=now - timedelta(hours=2)
        )
        build_item(session, one, speakers=[build_person(session, series, name="Hortense Galland")])
        for name in ("Balthazar Quimper", *(f"Zyx{number} Qwertz{number}" for number in range(5))):
            build_answer(session, one, build_participant(session, series, name=name))
        for name in ("author", "second"):
            build_organiser(session, series, email=f"{name}@example.org", name="")
        session.commit()
        found = one.id
        db.session.remove()
    return found


def _sign_in(browser: Browser, live_server: LiveServer, name: str, width: int) -> Page:
    context = browser.new_context(base_url=live_server.url, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto("/en/login")
    page.fill("[name=email]", f"{name}@example.org")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/organise/")
    return page


def test_written_mended_approved_published_and_taken_off_again(
    browser: Browser, live_server: LiveServer, session_id: int
) -> None:
    author = _sign_in(browser, live_server, "author", 1280)
    author.goto("/en/organise/series/mine/")
    author.locator("main").get_by_role("link", name="Summary").click()
    author.wait_for_url(f"**{PATH}")
    judge(author, "an empty summary", 1280)
    for code, text in FIRST.items():
        author.fill(f"[name=text-{code}]", text)
    author.fill("[name=quotations-0-text-fr]", "Nous attendons dehors.")
    author.fill("[name=quotations-0-text-en]", "We wait outside.")
    author.select_option("[name=quotations-0-role]", "person_who_uses_drugs")
    author.fill("[name=quotations-0-shared_by]", "5")
    author.get_by_role("button", name="Submit for approval").click()
    expect(author.locator("[role=alert]").first).to_contain_text("The check stands in the way")
    expect(author.locator("mark", has_text="Balthazar Quimper")).to_be_visible()
    judge(author, "a summary with findings", 1280)
    author.fill("[name=text-fr]", "Il a été dit que les salles **ferment trop tôt**, le matin comme le soir.")
    author.get_by_role("button", name="Submit for approval").click()
    expect(author.get_by_text("The summary waits for approval.")).to_be_visible()
    expect(author.get_by_role("button", name="Approve and publish")).to_have_count(0)
    judge(author, "a summary that waits", 1280)

    second = _sign_in(browser, live_server, "second", 390)
    second.goto(PATH)
    judge(second, "a summary to approve", 390)
    second.get_by_role("button", name="Approve and publish").click()
    expect(second.get_by_text("The summary is published.")).to_be_visible()
    judge(second, "a published summary", 390)
    for code, words in (("fr", "ferment trop tôt"), ("en", "close too early")):
        second.goto(f"/{code}/series/mine/1/")
        expect(second.locator("#summary strong")).to_have_text(words)
        judge(second, "a session with a summary", 390)
    expect(second.locator("#summary blockquote")).to_contain_text("a person who uses drugs")

    with live_server.app.app_context():
        session: Session = db.session()
        one = session.get_one(WorkshopSession, session_id)
        build_item(session, one, speakers=[build_person(session, one.series, name="Wenceslas Ombredane")])
        raise_revision(session, now=clock.now(), series_id=one.series_id)
        session.commit()
        db.session.remove()
    assert worker.run(live_server.app, once=True) == 0
    second.goto("/en/series/mine/1/")
    expect(second.locator("#summary")).to_have_count(0)
    second.goto("/en/organise/series/mine/")
    expect(second.get_by_text("Its summary has been taken off the pages")).to_be_visible()
    judge(second, "a series with a summary that was stopped", 390)
    second.get_by_role("link", name="See why").click()
    expect(second.locator("mark", has_text="Wenceslas Ombredane")).to_be_visible()
    judge(second, "a summary that was stopped", 390)
