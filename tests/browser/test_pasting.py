"""A scanned announcement becomes a draft in a browser, with a script and without one; axe finds nothing on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect
from sqlalchemy.orm import Session

from tests.builders import PASSWORD, both, build_organiser, build_series
from tests.conftest import LiveServer
from workshop.core.db import db
from workshop.programme.models import WorkshopSession

pytestmark = pytest.mark.browser

SCAN = Path(__file__).parents[1] / "unit" / "programme" / "announcements" / "workshop-4.txt"


@pytest.mark.parametrize("has_script", [True, False])
def test_a_scan_becomes_a_draft(browser: Browser, live_server: LiveServer, *, has_script: bool) -> None:
    with live_server.app.app_context():
        session: Session = db.session()
        series = build_series(session, slug="mine", title=both("Décloisonner", "Breaking the silos"))
        build_organiser(session, series, email="owner@example.org")
        session.commit()
        db.session.remove()
    context = browser.new_context(
        base_url=live_server.url, viewport={"width": 390, "height": 844}, java_script_enabled=has_script
    )
    page = context.new_page()
    page.goto("/en/login")
    page.fill("[name=email]", "owner@example.org")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/organise/")
    page.goto("/en/organise/series/mine/")
    page.get_by_role("link", name="Paste an announcement").first.click()
    page.fill("[name=text]", SCAN.read_text("utf-8"))
    page.get_by_role("button", name="Read the text").click()
    expect(page.get_by_role("heading", name="Check what was read")).to_be_visible()
    expect(page.locator("[name=starts_wall]")).to_have_value("2021-04-26T16:00")
    expect(page.locator("[name=sections-2-title-fr]")).to_have_value("Revoir nos stratégies et outils")
    expect(page.locator("[name=label-en]")).to_have_value("")
    if has_script:
        assert Axe().run(page).response["violations"] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.fill("[name=label-en]", "Workshop 4")
    page.get_by_role("button", name="Make a draft of it").click()
    page.wait_for_url("**/mine/4/edit")
    context.close()
    with live_server.app.app_context():
        made = db.session().scalars(sa.select(WorkshopSession)).one()
        assert not made.is_published
        assert made.label == both("Atelier 4", "Workshop 4")
        assert [len(section.items) for section in made.sections] == [1, 3, 1]
        db.session.remove()
