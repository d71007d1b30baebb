"""Every page that people meet, in a real browser: nothing overflows, axe finds nothing, and it is light."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from tests.builders import PASSWORD, build_answer, build_organiser, build_participant
from tests.conftest import LiveServer
from workshop.accounts.models import Role
from workshop.accounts.service import grant
from workshop.core import clock
from workshop.core.db import db
from workshop.core.links import Purpose, issue
from workshop.demo import load_series
from workshop.demo.content import example_text, real_text

pytestmark = pytest.mark.browser

PUBLIC = (
    "/{lang}/",
    "/{lang}/series/decloisonner/",
    "/{lang}/series/decloisonner/2/",
    "/{lang}/series/decloisonner/4/",
    "/{lang}/series/decloisonner/4/rsvp",
    "/{lang}/series/decloisonner/subscribe",
    "/{lang}/series/exemple/1/",
    "/{lang}/series/exemple/1/rsvp",
    "/{lang}/series/exemple/1/rsvp/sent",
    "/{lang}/series/exemple/rsvp",
    "/{lang}/series/exemple/rsvp/sent",
    "/{lang}/rule",
    "/{lang}/privacy",
    "/{lang}/login",
    "/{lang}/no-such-page",
)
ORGANISERS = (
    "/{lang}/organise/",
    "/{lang}/organise/series/new",
    "/{lang}/organise/series/exemple/",
    "/{lang}/organise/series/exemple/edit",
    "/{lang}/organise/series/exemple/sessions/new",
    "/{lang}/organise/series/exemple/1/edit",
    "/{lang}/organise/series/exemple/1/move",
    "/{lang}/organise/series/exemple/1/cancel",
    "/{lang}/organise/series/exemple/1/answers",
    "/{lang}/organise/series/exemple/mail",
    "/{lang}/account",
)


@pytest.fixture
def tokens(live_server: LiveServer) -> dict[str, str]:
    """Load both series, an organiser who owns the example, and a participant; give the participant's tokens."""
    with live_server.app.app_context():
        session: Session = db.session()
        now = clock.now()
        load_series(session, real_text(), now=now)
        series = load_series(session, example_text(now.date()), now=now)
        organiser = build_organiser(session, email="organiser@example.org")
        grant(session, now=now, series_id=series.id, organiser=organiser, role=Role.OWNER, actor="test")
        participant = build_participant(session, series)
        answer = build_answer(session, participant=participant, workshop_session=series.sessions[0])
        tokens = {
            "my": issue(session, purpose=Purpose.MY, subject=participant.subject),
            "join": issue(session, purpose=Purpose.JOIN, subject=answer.subject),
            "unsubscribe": issue(session, purpose=Purpose.UNSUBSCRIBE, subject=participant.subject),
        }
        session.commit()
        db.session.remove()
    return tokens


def look(page: Page, path: str, width: int) -> None:
    """Open a page, and refuse what its reader would suffer from."""
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path} is wider than {width}"
    found = Axe().run(page).response["violations"]
    assert not found, (path, width, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found])
    bodies = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map(entry => entry.decodedBodySize)"
    )
    assert bodies[0] > 500, "the page itself is weighed"
    assert sum(bodies) <= 60_000, f"{path} weighs {sum(bodies)}"
    assert len(bodies) <= 6, f"{path} takes {len(bodies)} requests"


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("lang", ["fr", "en"])
def test_public_and_personal_pages_fit_are_accessible_and_light(
    browser: Browser, live_server: LiveServer, tokens: dict[str, str], lang: str, width: int
) -> None:
    context = browser.new_context(base_url=live_server.url, viewport={"width": width, "height": 900})
    page = context.new_page()
    own = ("/{lang}/my/{my}/", "/{lang}/join/{join}", "/{lang}/unsubscribe/{unsubscribe}")
    for path in (*PUBLIC, *own):
        look(page, path.format(lang=lang, **tokens), width)
    context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_organisers_pages_fit_are_accessible_and_light(
    browser: Browser, live_server: LiveServer, tokens: dict[str, str], width: int
) -> None:
    context = browser.new_context(base_url=live_server.url, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto("/en/login")
    page.fill("[name=email]", "organiser@example.org")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/organise/")
    for lang in ("fr", "en"):
        for path in ORGANISERS:
            look(page, path.format(lang=lang), width)
    context.close()
