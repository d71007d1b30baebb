"""A new organiser builds the whole of the real workshop 4 through the pages alone; it equals the import of its file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
import yaml
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from tests.builders import PASSWORD, build_organiser
from tests.conftest import LiveServer
from workshop.core import clock
from workshop.core.db import db
from workshop.demo.content import real_text
from workshop.programme.queries import find_series
from workshop.programme.seriesfile import export_series, import_series

pytestmark = [pytest.mark.browser, pytest.mark.databases("sqlite")]

SLUG = "decloisonner"
LANGUAGES = ("fr", "en")


@pytest.mark.parametrize("has_script", [False, True], ids=["without a script", "with a script"])
def test_workshop_4_is_built_through_the_pages_alone(
    browser: Browser,
    live_server: LiveServer,
    has_script: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    said = yaml.safe_load(real_text())
    with live_server.app.app_context():
        build_organiser(db.session(), email="new@example.org", language="en")
        db.session.commit()
        db.session.remove()
    page = _sign_in(browser, live_server, has_script=has_script)
    four = next(one for one in said["sessions"] if one["slug"] == "4")
    _make_series(page, said["series"])
    _make_people(page, said["people"], said["series"]["committee"])
    _make_session(page, four)
    _make_programme(page, four, said["people"])
    _publish(page)
    page.context.close()
    built = _exported(live_server.app)
    built, imported = _comparable(built), _comparable(_imported(live_server.app))
    for part in imported:
        assert built[part] == imported[part]


def _sign_in(browser: Browser, live_server: LiveServer, *, has_script: bool) -> Page:
    context = browser.new_context(base_url=live_server.url, java_script_enabled=has_script)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.goto("/en/login")
    page.fill("[name=email]", "new@example.org")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/organise/")
    return page


def _follow(page: Page, words: str) -> None:
    page.get_by_role("link", name=words, exact=True).first.click()


def _press(page: Page, words: str) -> None:
    """Press a button that sends a form, and see that nothing was wrong with it."""
    with page.expect_navigation():
        page.get_by_role("button", name=words, exact=True).first.click()
    assert page.locator("#errors").all_inner_texts() == []


def _unfold(page: Page) -> None:
    """Open what is folded, as somebody who looks for a field does."""
    for folded in page.locator("main details:not([open]) > summary").all():
        if folded.is_visible():
            folded.click()


def _type(page: Page, name: str, text: Any) -> None:
    """Type a text, in the column of each language; a plain one is the same in all."""
    for language in LANGUAGES:
        in_language = text.get(language, "") if isinstance(text, dict) else (text or "")
        if in_language:
            page.fill(f"[name={name}-{language}]", in_language.rstrip())


def _choose(page: Page, name: str, value: str) -> None:
    """Choose one of several, be they a list or buttons."""
    button = page.locator(f"input[type=radio][name={name}][value='{value}']")
    if button.count():
        button.check()
    else:
        page.select_option(f"select[name={name}]", value)


def _lines(texts: Iterable[Any]) -> dict[str, str]:
    """Return texts, each in some languages or plain, as the lines of two columns."""
    return {
        language: "\n".join(one.get(language, "") if isinstance(one, dict) else one for one in texts)
        for language in LANGUAGES
    }


def _make_series(page: Page, said: dict[str, Any]) -> None:
    _follow(page, "New series")
    _unfold(page)
    for name in ("title", "subtitle", "kind"):
        _type(page, name, said.get(name))
    page.fill("[name=slug]", said["slug"])
    page.fill("[name=languages]", ", ".join(said["languages"]))
    page.fill("[name=tzid]", said["timezone"])
    _choose(page, "level", said["chatham_house_rule"])
    _choose(page, "visibility", said["visibility"])
    page.fill("[name=links]", "\n".join(said["links"]))
    for number, partner in enumerate(said["partners"]):
        _type(page, f"partners-{number}-name", partner["name"])
        _type(page, f"partners-{number}-role", partner["role"])
    with page.expect_navigation():
        page.locator("main form.is-wide button.button:not(.visually-hidden):not(.button-quiet)").last.click()
    page.wait_for_url(f"**/organise/series/{SLUG}/")


def _make_people(page: Page, people: dict[str, Any], committee: list[str]) -> None:
    for said in people.values():
        page.goto(f"/en/organise/series/{SLUG}/")
        _follow(page, "People")
        _follow(page, "Add a person")
        page.fill("[name=name]", said["name"])
        _type(page, "role", said.get("role"))
        affiliation = said["affiliation"]
        _type(page, "affiliations", _lines(affiliation if isinstance(affiliation, list) else [affiliation]))
        if said.get("links"):
            page.fill("[name=links]", "\n".join(said["links"]))
        _press(page, "Add")
    page.goto(f"/en/organise/series/{SLUG}/")
    _follow(page, "People")
    _follow(page, "Committee")
    for key in committee:
        page.select_option("[name=person]", label=people[key]["name"])
        _press(page, "Add to the committee")


def _make_session(page: Page, said: dict[str, Any]) -> None:
    page.goto(f"/en/organise/series/{SLUG}/")
    _follow(page, "New session")
    _unfold(page)
    for name in ("title", "short_title", "label", "abstract"):
        _type(page, name, said.get(name))
    _type(page, "objectives", _lines(said["objectives"]))
    page.fill("[name=starts_wall]", str(said["starts"]))
    page.fill("[name=ends_wall]", str(said["ends"]))
    page.fill("[name=number]", str(said["number"]))
    _choose(page, "format", said["format"])
    _choose(page, "mode", said["mode"])
    _choose(page, "status", said["status"])
    _choose(page, "level", "series")
    page.fill("[name=floor_languages]", ", ".join(said["floor_languages"]))
    for number, row in enumerate(said["interpretation"]):
        page.fill(f"[name=interpretation-{number}-source]", row["from"])
        page.fill(f"[name=interpretation-{number}-target]", row["into"])
        _type(page, f"interpretation-{number}-scope", row["scope"])
    _press(page, "Save as a draft")


def _make_programme(page: Page, said: dict[str, Any], people: dict[str, Any]) -> None:
    _follow(page, "Programme")
    for key in said["moderators"]:
        page.fill("[name=add_moderator]", people[key]["name"])
    for number, section in enumerate(said["programme"]):
        _act(page, "add-section")
        _type(page, f"sections-{number}-title", section["title"])
        for index, item in enumerate(section["items"]):
            if index:
                _act(page, f"add-item:s{number}")
            _type_item(page, f"sections-{number}-items-{index}", item, people)
    _act(page, "keep")


def _type_item(page: Page, row: str, said: dict[str, Any], people: dict[str, Any]) -> None:
    _unfold(page)
    _choose(page, f"{row}-kind", said["kind"])
    _type(page, f"{row}-title", said["title"])
    for key in said.get("speakers", []):
        page.fill(f"[name={row}-add_speaker]", people[key]["name"].upper())
    if said.get("chatham_house_rule"):
        _choose(page, f"{row}-level", said["chatham_house_rule"])


def _act(page: Page, act: str) -> None:
    button = page.locator(f"button[name=act][value='{act}']:not(.visually-hidden)").first
    with page.expect_navigation():
        button.click()
    assert page.locator("#errors").all_inner_texts() == []


def _publish(page: Page) -> None:
    page.goto(f"/en/organise/series/{SLUG}/")
    _follow(page, "Check and publish")
    _press(page, "Publish")


def _exported(app: Flask) -> dict[str, Any]:
    with app.app_context():
        return _export(db.session())


def _imported(app: Flask) -> dict[str, Any]:
    """Return what an import of the file makes of it, the other in its way moved aside and all put back afterwards."""
    with app.app_context():
        session = db.session()
        built = find_series(session, SLUG)
        assert built is not None
        built.slug = "built"
        session.flush()
        import_series(
            session, now=clock.now(), content=real_text().encode(), instance_languages=LANGUAGES,
            count_answers=lambda _session, ids: dict.fromkeys(ids, 0),
        )  # fmt: skip
        found = _export(session)
        session.rollback()
        return found


def _export(session: Session) -> dict[str, Any]:
    series = find_series(session, SLUG)
    assert series is not None
    written: dict[str, Any] = yaml.safe_load(export_series(series, is_private=True))
    return written


def _comparable(written: dict[str, Any]) -> dict[str, Any]:
    """Return a series as written, but for the keys of its people, which the pages choose, and its other session."""
    names = {key: person["name"] for key, person in written["people"].items()}
    sessions = [one for one in written["sessions"] if one["slug"] == "4"]
    kept = {
        "series": written["series"],
        "sessions": sessions,
        "people": {one["name"]: one for one in written["people"].values()},
    }
    found: dict[str, Any] = _plain(kept, names)
    return found


def _plain(value: Any, names: dict[str, str]) -> Any:
    """Say people by their names, and once what is the same in every language."""
    if isinstance(value, list):
        return [_plain(one, names) for one in value]
    if isinstance(value, dict):
        if set(value) == set(LANGUAGES) and len(set(value.values())) == 1:
            return value["fr"]
        return {key: _plain(one, names) for key, one in value.items()}
    return names.get(value, value) if isinstance(value, str) else value
