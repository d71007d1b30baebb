"""The main job from end to end, as three people live it: an organiser, a participant on a telephone, a subscriber."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
import vobject
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from tests.builders import build_organiser
from tests.conftest import LiveServer
from tests.journeys.inbox import Inbox, link_in, text_of
from workshop import worker
from workshop.core.db import db

pytestmark = pytest.mark.browser

PASSWORD = "a pass phrase nobody would guess"
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
# Saturday 12 December 2026, 16:00 in Paris.
STARTS = datetime(2026, 12, 12, 15, tzinfo=UTC)
ROOM = "https://room.example.org/secret-room"


def feed_of(page: Page, path: str) -> str:
    response = page.request.get(path)
    assert response.status == 200
    return response.body().decode()


def sequence_in(feed: str) -> int:
    (event,) = vobject.readOne(feed).vevent_list
    return int(event.sequence.value)


FEED = "/fr/series/dialogues/calendar.ics"


def test_a_session_from_its_publication_to_the_room(
    browser: Browser, page: Page, live_server: LiveServer, instance_path: Path
) -> None:
    inbox = Inbox(instance_path / "mail")
    with time_machine.travel(NOW, tick=True) as clock:
        with live_server.app.app_context():
            session: Session = db.session()
            build_organiser(session, email="organiser@example.org", password=PASSWORD)
            session.commit()
            db.session.remove()
        desk = browser.new_context(base_url=live_server.url, locale="fr-FR", timezone_id="Europe/Paris").new_page()
        desk.set_default_timeout(10_000)
        _sign_in(desk)
        _create_series(desk)
        _create_session(desk)
        _publish(desk, page)
        _answer(page)
        worker.run_once(live_server.app)
        _confirm(page, inbox.one())
        worker.run_once(live_server.app)
        recorded = inbox.one()
        assert [part.get_filename() for part in recorded.iter_attachments()] == ["invite.ics"]
        assert ROOM not in recorded.as_string()

        # Time moves: one reminder, in French, once.
        clock.move_to(STARTS - timedelta(days=7) + timedelta(minutes=1))
        worker.run_once(live_server.app)
        worker.run_once(live_server.app)
        _reads_reminder(inbox.one())

        # The organiser moves it: before and after are said, the calendar follows.
        before = sequence_in(feed_of(page, FEED))
        _move(desk)
        worker.run_once(live_server.app)
        moved = inbox.one()
        text = text_of(moved)
        assert "samedi 12 décembre 2026" in text
        assert "dimanche 13 décembre 2026" in text
        assert "17 h – 19 h" in text
        assert sequence_in(feed_of(page, FEED)) == before + 1

        # The room: closed long before, open near the start, its address on no page.
        join = link_in(moved, "join")
        page.goto(join)
        assert page.locator("main form button").count() == 0
        clock.move_to(STARTS + timedelta(days=1, hours=1) - timedelta(minutes=10))
        _enter(page, join)
        desk.context.close()


def _publish(desk: Page, page: Page) -> None:
    assert "BEGIN:VEVENT" not in feed_of(page, FEED)
    assert page.request.get("/fr/series/dialogues/1/").status == 404
    desk.goto("/fr/organise/series/dialogues/")
    desk.locator("a[href$='/1/publish']").first.click()
    with desk.expect_navigation():
        desk.locator("main form button.button").last.click()
    feed = feed_of(page, FEED)
    assert "Réduire les risques" in feed.replace("\r\n ", "")
    (event,) = vobject.readOne(feed).vevent_list
    assert event.dtstart.value.astimezone(UTC) == STARTS


def _confirm(page: Page, message: EmailMessage) -> None:
    assert message["Content-Language"] == "fr"
    assert "Réduire" not in str(message["Subject"])
    page.goto(link_in(message, "my"))
    page.locator("form[action$='/confirm'] button").click()
    expect(page.locator("main")).to_contain_text("Réduire les risques")
    assert page.locator("form[action$='/confirm']").count() == 0


def _reads_reminder(message: EmailMessage) -> None:
    assert message["Content-Language"] == "fr"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    text = text_of(message)
    assert "samedi 12 décembre 2026" in text
    assert "16 h – 18 h" in text
    assert "heure de Paris" in text


def _enter(page: Page, join: str) -> None:
    page.route(f"{ROOM}*", lambda route: route.fulfill(status=200, body="the room", content_type="text/plain"))
    page.goto(join)
    assert ROOM not in page.content()
    page.locator("main form button").first.click()
    page.wait_for_url(f"{ROOM}*")
    expect(page.locator("body")).to_contain_text("the room")
    assert page.evaluate("document.referrer") == ""


def _sign_in(desk: Page) -> None:
    desk.goto("/fr/organise/")
    desk.fill("[name=email]", "organiser@example.org")
    desk.fill("[name=password]", PASSWORD)
    desk.locator("main form button").first.click()
    desk.wait_for_url("**/fr/organise/")


def _create_series(desk: Page) -> None:
    desk.goto("/fr/organise/series/new")
    desk.fill("[name=title-fr]", "Dialogues")
    desk.fill("[name=title-en]", "Dialogues in English")
    desk.fill("[name=slug]", "dialogues")
    desk.check("[name=level][value=discussion]")
    desk.check("[name=visibility][value=public]")
    desk.locator("main form button[type=submit]").last.click()
    desk.wait_for_url("**/fr/organise/series/dialogues/")


def _create_session(desk: Page) -> None:
    desk.goto("/fr/organise/series/dialogues/sessions/new")
    desk.fill("[name=title-fr]", "Réduire les risques")
    desk.fill("[name=title-en]", "Reducing harm")
    desk.fill("[name=starts_wall]", "2026-12-12T16:00")
    desk.fill("[name=ends_wall]", "2026-12-12T18:00")
    desk.fill("[name=floor_languages]", "fr")
    desk.fill("[name=room_link]", ROOM)
    desk.check("[name=level][value=discussion]")
    desk.locator("main form button[type=submit]").last.click()
    desk.wait_for_url("**/1/edit")


def _answer(page: Page) -> None:
    page.goto("/fr/series/dialogues/1/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("a[href$='/1/rsvp']").first.click()
    page.wait_for_url("**/1/rsvp")  # a page that has only begun has no width yet
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.fill("[name=name]", "Un pseudonyme")
    page.fill("[name=email]", "participant@example.org")
    page.check("[name=answer][value=accepted]")
    page.check("[name=acknowledge_rule]")
    page.locator("main form button[type=submit]").last.click()
    assert urlsplit(page.url).path == "/fr/series/dialogues/1/rsvp/sent"


def _move(desk: Page) -> None:
    # Twelve idle hours ended the sign-in.
    _sign_in(desk)
    desk.goto("/fr/organise/series/dialogues/1/move")
    desk.fill("[name=starts_wall]", "2026-12-13T17:00")
    desk.fill("[name=ends_wall]", "2026-12-13T19:00")
    desk.locator("main form button[type=submit]").last.click()
    expect(desk.locator("main")).to_contain_text("1")
    desk.locator("main form button[type=submit][name=confirm], main form button[type=submit]").last.click()
    desk.wait_for_url("**/fr/organise/series/dialogues/")
