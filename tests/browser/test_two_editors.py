"""Two organisers edit the same session at once, each in a browser of their own: the second is told and loses nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from tests.browser.test_pages import judge
from tests.builders import PASSWORD, both, build_item, build_organiser, build_section, build_series, build_session
from tests.conftest import LiveServer
from workshop.accounts.models import Role
from workshop.core.db import db
from workshop.core.localized import Localized
from workshop.programme.queries import find_series

pytestmark = [pytest.mark.browser, pytest.mark.databases("sqlite")]

EDIT = "/en/organise/series/mine/1/edit"
PROGRAMME = "/en/organise/series/mine/1/programme"


class Pair(NamedTuple):
    """Two people at their desks, and the server between them."""

    anna: Page
    bo: Page
    app: Flask
    has_script: bool


@pytest.fixture(params=[False, True], ids=["without a script", "with a script"])
def pair(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Iterator[Pair]:
    """Sign in an owner and an editor of a series with a published session of two talks."""
    with live_server.app.app_context():
        session: Session = db.session()
        series = build_series(session, slug="mine", title=both("Les salles", "The rooms"))
        one = build_session(session, series, slug="1", title=both("Titre", "Title"), capacity=30)
        section = build_section(session, one, title=both("Un", "One"))
        for name in ("A", "B"):
            build_item(session, one, section=section, title=both(f"Exposé {name}", f"Talk {name}"))
        build_organiser(session, series, email="anna@example.org", name="Anna")
        build_organiser(session, series, role=Role.EDITOR, email="bo@example.org", name="Bo")
        session.commit()
        db.session.remove()
    pages = [_sign_in(browser, live_server, f"{name}@example.org", has_script=request.param) for name in ("anna", "bo")]
    faults: list[str] = []
    for page in pages:
        page.context.on("weberror", lambda error: faults.append(str(error.error)))
    yield Pair(pages[0], pages[1], live_server.app, request.param)
    for page in pages:
        page.context.close()
    assert faults == []


def _sign_in(browser: Browser, live_server: LiveServer, email: str, *, has_script: bool) -> Page:
    page = browser.new_context(base_url=live_server.url, java_script_enabled=has_script).new_page()
    page.set_default_timeout(10_000)
    page.goto("/en/login")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/organise/")
    return page


def _press(page: Page, words: str) -> int:
    """Press a button that sends the form; returns the status of the page that follows."""
    with page.expect_navigation() as navigation:
        page.get_by_role("button", name=words, exact=True).first.click()
    return navigation.value.status if navigation.value else 0


def _titles(app: Flask) -> tuple[Localized, Localized, int | None, list[Localized]]:
    """Return title, short title, places and the talks' titles, as everybody reads them."""
    with app.app_context():
        series = find_series(db.session(), "mine")
        assert series is not None
        one = series.sessions[0]
        talks = [item.title for section in one.sections for item in section.items]
        return one.title, one.short_title, one.capacity, talks


def test_the_form_tells_the_second_and_keeps_what_both_wrote(pair: Pair) -> None:
    anna, bo = pair.anna, pair.bo
    for page in (anna, bo):
        page.goto(EDIT)
    bo.fill("[name=title-en]", "Bo’s title")
    bo.fill("[name=capacity]", "12")
    assert _press(bo, "Publish the changes") == 200
    anna.fill("[name=title-en]", "Anna’s title")
    anna.fill("[name=short_title-en]", "Anna’s short title")
    assert _press(anna, "Publish the changes") == 409
    told = anna.locator("#conflicts")
    expect(told).to_contain_text("Bo saved other words")
    expect(told).to_contain_text("Bo’s title")
    expect(told).to_contain_text("Anna’s title")
    if pair.has_script:  # what judges the page is a script itself
        judge(anna, "two at once", 1280)
    title, short_title, capacity, _talks = _titles(pair.app)
    assert (title, capacity) == (both("Titre", "Bo’s title"), 12)
    assert short_title["en"] != "Anna’s short title"
    expect(anna.locator("[name=title-en]")).to_have_value("Anna’s title")
    expect(anna.locator("[name=short_title-en]")).to_have_value("Anna’s short title")
    expect(anna.locator("[name=capacity]")).to_have_value("12")
    # One word taken over, the others kept.
    anna.get_by_label("Take what is there now").check()
    assert _press(anna, "Publish the changes") == 200
    title, short_title, capacity, _talks = _titles(pair.app)
    assert (title, short_title["en"], capacity) == (both("Titre", "Bo’s title"), "Anna’s short title", 12)


def test_what_was_kept_aside_meanwhile_is_told_too(pair: Pair) -> None:
    anna, bo = pair.anna, pair.bo
    for page in (anna, bo):
        page.goto(EDIT)
    bo.fill("[name=title-fr]", "Titre de Bo")
    assert _press(bo, "Keep aside") == 200
    anna.fill("[name=title-fr]", "Titre d’Anna")
    assert _press(anna, "Keep aside") == 409
    expect(anna.locator("#conflicts")).to_contain_text("Titre de Bo")
    assert _press(anna, "Keep aside") == 200
    expect(anna.locator("[name=title-fr]")).to_have_value("Titre d’Anna")
    assert _titles(pair.app)[0] == both("Titre", "Title")


def test_who_touched_other_fields_is_told_and_both_stand(pair: Pair) -> None:
    anna, bo = pair.anna, pair.bo
    for page in (anna, bo):
        page.goto(EDIT)
    bo.fill("[name=capacity]", "12")
    assert _press(bo, "Publish the changes") == 200
    expect(bo.locator("main")).not_to_contain_text("Meanwhile")
    anna.fill("[name=title-en]", "Anna’s title")
    assert _press(anna, "Publish the changes") == 200
    expect(anna.get_by_text("Meanwhile Bo saved other changes of this session")).to_be_visible()
    assert _titles(pair.app)[0] == both("Titre", "Anna’s title")
    assert _titles(pair.app)[2] == 12


def test_the_programmes_editor_tells_the_second_and_keeps_what_both_wrote(pair: Pair) -> None:
    anna, bo = pair.anna, pair.bo
    for page in (anna, bo):
        page.goto(f"{PROGRAMME}?open=s0i0")
    bo.fill("[name=sections-0-items-0-title-en]", "Bo’s talk")
    bo.fill("[name=sections-0-title-en]", "Bo’s section")
    assert _press(bo, "Publish the changes") == 200
    anna.fill("[name=sections-0-items-0-title-en]", "Anna’s talk")
    anna.fill("[name=sections-0-items-0-title-fr]", "Exposé d’Anna")
    assert _press(anna, "Publish the changes") == 409
    expect(anna.get_by_role("alert").first).to_contain_text("Somebody else has changed the same meanwhile")
    expect(anna.locator("#s0i0")).to_contain_text("Meanwhile Bo wrote: “Bo’s talk”. Yours stands here.")
    if pair.has_script:  # what judges the page is a script itself
        judge(anna, "two at once", 1280)
    assert _titles(pair.app)[3] == [both("Exposé A", "Bo’s talk"), both("Exposé B", "Talk B")]
    expect(anna.locator("[name=sections-0-title-en]")).to_have_value("Bo’s section")
    expect(anna.locator("[name=sections-0-items-0-title-en]")).to_have_value("Anna’s talk")
    expect(anna.locator("[name=sections-0-items-0-title-fr]")).to_have_value("Exposé d’Anna")
    assert _press(anna, "Publish the changes") == 200
    assert _titles(pair.app)[3] == [both("Exposé d’Anna", "Anna’s talk"), both("Exposé B", "Talk B")]


def test_a_talk_that_one_takes_out_and_the_other_rewrites_is_asked_about(pair: Pair) -> None:
    anna, bo = pair.anna, pair.bo
    anna.goto(f"{PROGRAMME}?open=s0i0")
    bo.goto(PROGRAMME)
    with bo.expect_navigation():
        bo.locator("button[name=act][value='remove:s0i0']").click()
    assert _press(bo, "Publish the changes") == 200
    assert _titles(pair.app)[3] == [both("Exposé B", "Talk B")]
    anna.fill("[name=sections-0-items-0-title-en]", "Anna’s talk")
    assert _press(anna, "Publish the changes") == 409
    expect(anna.locator("#s0i0")).to_contain_text("Yours stands here.")
    assert _press(anna, "Publish the changes") == 200
    assert _titles(pair.app)[3] == [both("Exposé A", "Anna’s talk"), both("Exposé B", "Talk B")]


def test_one_adds_while_the_other_moves(pair: Pair) -> None:
    anna, bo = pair.anna, pair.bo
    for page in (anna, bo):
        page.goto(PROGRAMME)
    with bo.expect_navigation():
        bo.locator("button[name=act][value='add-item:s0']").click()
    bo.fill("[name=sections-0-items-2-title-fr]", "Exposé C")
    bo.fill("[name=sections-0-items-2-title-en]", "Talk C")
    assert _press(bo, "Publish the changes") == 200
    with anna.expect_navigation():
        anna.locator("button[name=act][value='down:s0i0']").click()
    expect(anna.get_by_text("Meanwhile Bo saved other changes of this session")).to_be_visible()
    assert _press(anna, "Publish the changes") == 200
    talks = [title["en"] for title in _titles(pair.app)[3]]
    assert sorted(talks) == ["Talk A", "Talk B", "Talk C"]
    assert talks.index("Talk B") < talks.index("Talk A")
