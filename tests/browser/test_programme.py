"""The programme's editor in a browser: without a script, by keyboard; with one, dragging, sums, names from a list."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from tests.browser.test_pages import judge
from tests.builders import (
    PASSWORD,
    both,
    build_item,
    build_organiser,
    build_person,
    build_section,
    build_series,
    build_session,
)
from tests.conftest import LiveServer
from workshop.core.db import db

pytestmark = pytest.mark.browser

PATH = "/en/organise/series/mine/1/programme"


@pytest.fixture
def made(live_server: LiveServer) -> None:
    """Make a draft with two sections, three talks and a directory in which two people share a name."""
    with live_server.app.app_context():
        session: Session = db.session()
        series = build_series(session, slug="mine", title=both("Les salles", "The rooms"))
        for key, name in (("anne", "Anne Martin"), ("bernard", "Bernard Martin"), ("elodie", "Élodie Œuvrard")):
            build_person(session, series, key=key, name=name)
        for slug in ("1", "2"):
            one = build_session(session, series, slug=slug, is_published=False)
            if slug == "1":
                first, second = (
                    build_section(session, one, title=both(fr, en)) for fr, en in (("Un", "One"), ("Deux", "Two"))
                )
                for section, name in ((first, "A"), (first, "B"), (second, "C")):
                    build_item(session, one, section=section, title=both(f"Exposé {name}", f"Talk {name}"))
        build_organiser(session, series, email="owner@example.org")
        session.commit()
        db.session.remove()


def _open(browser: Browser, live_server: LiveServer, path: str = PATH, *, has_script: bool, width: int = 1280) -> Page:
    viewport = {"width": width, "height": 1600}
    context = browser.new_context(base_url=live_server.url, viewport=viewport, java_script_enabled=has_script)  # type: ignore[arg-type]  # a plain dict
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto("/en/login")
    page.fill("[name=email]", "owner@example.org")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/organise/")
    page.goto(path)
    return page


def _titles(page: Page) -> list[str]:
    return [
        title.strip().rpartition("· ")[2] for title in page.locator("[data-item] > details > summary").all_inner_texts()
    ]


def _press(page: Page, act: str) -> None:
    """Press a button by keyboard, and wait for the page that follows."""
    page.locator(f"button[name=act][value='{act}']:not(.visually-hidden)").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_programme_is_made_without_a_script(browser: Browser, live_server: LiveServer, made: None) -> None:
    page = _open(browser, live_server, PATH.replace("/1/", "/2/"), has_script=False, width=390)
    _press(page, "add-section")
    for name, text in (("title-fr", "Ouverture"), ("title-en", "Opening")):
        page.fill(f"[name=sections-0-{name}]", text)
        page.fill(f"[name=sections-0-items-0-{name}]", f"{text} un")
    page.fill("[name=sections-0-items-0-minutes]", "30")
    page.fill("[name=sections-0-items-0-add_speaker]", "oeuv elo")
    _press(page, "add-item:s0")
    page.fill("[name=sections-0-items-1-title-fr]", "Débat")
    page.fill("[name=sections-0-items-1-title-en]", "Debate")
    page.fill("[name=sections-0-items-1-add_moderator]", "martin")
    # Enter in a field is the first button of the form: it saves, and asks whom the name means.
    page.locator("[name=sections-0-items-1-add_moderator]").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#errors")).to_contain_text("Several people may be meant")
    page.get_by_label("Bernard Martin").check()
    _press(page, "up:s0i1")
    assert _titles(page) == ["Debate", "Opening un"]
    page.goto(f"{PATH.replace('/1/', '/2/')}?open=s0i0")
    expect(page.locator("#s0i0 [data-cast]").nth(1)).to_contain_text("Bernard Martin")
    expect(page.locator("aside.side")).to_contain_text("Élodie Œuvrard")
    page.context.close()


@pytest.mark.parametrize("width", [390, 1280])
def test_what_the_editor_asks_is_accessible_too(
    browser: Browser, live_server: LiveServer, made: None, width: int
) -> None:
    page = _open(browser, live_server, f"{PATH}?open=s0i0", has_script=True, width=width)
    judge(page, "the editor", width)
    page.fill("[name=sections-0-items-0-add_speaker]", "martin")
    page.fill("[name=sections-0-items-0-title-fr]", "Quoi ?")
    _press(page, "keep")
    judge(page, "whom the name means", width)
    page.fill("[name=sections-0-items-0-add_speaker]", "Nobody Knows")
    page.fill("[name=sections-0-items-0-minutes]", "2000")
    with page.expect_navigation():
        page.evaluate("document.querySelector('form.is-wide').submit()")
    judge(page, "nobody of that name", width)
    page.fill("[name=sections-0-items-0-add_speaker]", "")
    with page.expect_navigation():
        page.evaluate("document.querySelector('form.is-wide').submit()")
    judge(page, "too many minutes", width)
    page.context.close()


def test_a_script_lets_items_be_dragged_and_names_be_taken(
    browser: Browser, live_server: LiveServer, made: None
) -> None:
    page = _open(browser, live_server, f"{PATH}?open=s0i0", has_script=True)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.locator("#s1i0 .grip").drag_to(page.locator("#s0i1 > details > summary"), target_position={"x": 20, "y": 2})
    assert _titles(page) == ["Talk A", "Talk C", "Talk B"]
    page.fill("[name=sections-0-items-0-add_speaker]", "Élodie Œuvrard")
    page.locator("[name=sections-0-items-0-add_speaker]").blur()
    expect(page.locator("#s0i0 [data-cast]").first).to_contain_text("Élodie Œuvrard")
    assert page.input_value("[name=sections-0-items-0-add_speaker]") == ""
    page.fill("[name=sections-0-items-0-minutes]", "45")
    expect(page.locator("[data-total]")).to_have_text("85")
    _press(page, "keep")
    assert _titles(page) == ["Talk A", "Talk C", "Talk B"]
    assert page.locator("#s1 [data-item]").count() == 0
    page.goto(f"{PATH}?open=s0i0")
    expect(page.locator("#s0i0 [data-cast]").first).to_contain_text("Élodie Œuvrard")
    page.locator("#s0i2 .grip").drag_to(page.locator("#s1 [data-section]"))
    _press(page, "keep")
    assert page.locator("#s1 [data-item]").count() == 1
    assert faults == []
    page.context.close()
