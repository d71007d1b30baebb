"""Nothing protected is on any public page or in any feed, in either language."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_session
from tests.web.examples import Examples, build_examples
from workshop.chatham.rule import ConsentKind, Level, Visibility
from workshop.programme.models import SpeakerConsent

pytestmark = pytest.mark.usefixtures("clock")

FORBIDDEN = (
    "SpeakerWhole",
    "ModeratorWhole",
    "RoleWhole",
    "AffiliationWhole",
    "SpeakerClosed",
    "ModeratorClosed",
    "TitreClosed",
    "TitleClosed",
    "ResumeClosed",
    "AbstractClosed",
    "PlaceClosed",
    "/closed/",
    "Room",
)
NEUTRAL = ("TitreWhole", "TitleWhole", "ResumeWhole", "AbstractWhole", "PlaceWhole", "ExposeWhole", "TalkWhole")


def crawl(client: FlaskClient, examples: Examples) -> dict[str, str]:
    """Return address → headers and body, unfolded, of everything that answers 200."""
    found = {}
    for address in examples.addresses:
        answer = client.get(address)
        assert answer.status_code in {200, 302, 404}
        if answer.status_code != 404:
            found[address] = f"{answer.headers}\n{answer.get_data(as_text=True)}".replace("\r\n ", "")
    return found


def leaks(pages: dict[str, str]) -> list[tuple[str, str]]:
    return [(address, word) for address, text in pages.items() for word in FORBIDDEN if word in text]


def test_no_page_and_no_feed_holds_what_the_rule_protects(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    pages = crawl(client, examples)
    assert len(pages) > 25
    assert leaks(pages) == []


def test_a_planted_leak_would_be_found(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    examples.whole.level = Level.DISCUSSION
    found = {word for _address, word in leaks(crawl(client, examples))}
    assert {"SpeakerWhole", "ModeratorWhole", "RoleWhole", "AffiliationWhole"} <= found
    assert not any("Closed" in word for word in found)


def test_a_whole_session_shows_its_content_on_its_page_and_nowhere_else(client: FlaskClient, session: Session) -> None:
    pages = crawl(client, build_examples(session))
    assert "AbstractWhole" in pages["/en/series/examples/whole/"]
    assert "TalkWhole" in pages["/en/series/examples/whole/"]
    calendars = [text for address, text in pages.items() if address.endswith(".ics")]
    assert len(calendars) == 12
    for text in calendars:
        assert not any(word in text for word in NEUTRAL)
    assert "SUMMARY;LANGUAGE=en:Session 3\r\n" in pages["/en/series/examples/calendar.ics"]
    preview = re.findall(r'og:description" content="([^"]*)"', pages["/en/series/examples/whole/"])
    assert preview == []
    lists = [pages["/en/"], pages["/en/series/examples/"]]
    assert not any("AbstractWhole" in text for text in lists)


def test_the_announced_programme_is_public(client: FlaskClient, session: Session) -> None:
    pages = crawl(client, build_examples(session))
    for name in ("Record", "Discussion"):
        for address in (f"/en/series/examples/{name.lower()}/", f"/en/series/examples/{name.lower()}/session.ics"):
            for word in ("Speaker", "Moderator", "Affiliation", "Title", "Talk", "Abstract"):
                assert f"{word}{name}" in pages[address]


def test_a_hidden_session_answers_like_one_that_never_was(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    examples.record.is_published = False
    for language in ("fr", "en"):
        for part in ("", "session.ics"):
            answers = [
                client.get(f"/{language}/series/examples/{slug}/{part}") for slug in ("closed", "record", "never-was")
            ]
            assert {answer.status_code for answer in answers} == {404}
            for one, other in pairwise(answers):
                assert one.data == other.data
                assert dict(one.headers) == dict(other.headers)


def test_an_unlisted_session_has_its_page_and_file_but_no_list_or_feed(client: FlaskClient, session: Session) -> None:
    pages = crawl(client, build_examples(session))
    holding = {address for address, text in pages.items() if "Unlisted" in text or "unlisted" in text}
    own = {f"/{language}/series/examples/unlisted/{part}" for language in ("fr", "en") for part in ("", "session.ics")}
    assert holding == own
    assert "noindex" in pages["/en/series/examples/unlisted/"]
    assert "noindex" not in pages["/en/series/examples/discussion/"]


def test_an_unlisted_series_is_for_whoever_has_its_address(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    examples.series.visibility = Visibility.UNLISTED
    pages = crawl(client, examples)
    for address in ("/en/", "/en/calendar.ics", "/sitemap.xml", "/en/privacy"):
        assert "xamples" not in pages[address]
    assert "TitleDiscussion" in pages["/en/series/examples/"]
    assert "TitleDiscussion" in pages["/en/series/examples/calendar.ics"]
    assert "noindex" in pages["/en/series/examples/"]
    assert leaks(pages) == []


def test_an_invite_only_series_does_not_exist_for_the_public(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    examples.series.visibility = Visibility.INVITE_ONLY
    for address in examples.addresses:
        if "examples" in address:
            assert client.get(address).status_code == 404


def test_a_withdrawn_consent_hides_the_name_at_once(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    addresses = ("/en/series/examples/discussion/", "/en/series/examples/calendar.ics")
    assert all("SpeakerDiscussion" in client.get(address).text.replace("\r\n ", "") for address in addresses)
    slot = examples.discussion.sections[0].items[0].slots[0]
    slot.consents.append(SpeakerConsent(kind=ConsentKind.ANNOUNCE_NAME, withdrawn_at=NOW))
    examples.series.revision += 1
    for address in addresses:
        text = client.get(address).text.replace("\r\n ", "")
        assert "SpeakerDiscussion" not in text
        assert "AffiliationDiscussion" not in text


def test_a_stricter_level_shows_at_once(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    address = "/en/series/examples/discussion/"
    before = client.get(address)
    examples.discussion.level = Level.WHOLE_SESSION
    examples.series.revision += 1
    after = client.get(address, headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "SpeakerDiscussion" not in after.text
    examples.discussion.level = Level.CLOSED
    examples.series.revision += 1
    assert client.get(address, headers={"If-None-Match": before.headers["ETag"]}).status_code == 404


def test_nothing_hidden_moves_a_tag_or_a_date(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    address = "/en/series/examples/calendar.ics"
    before = client.get(address)
    build_session(session, examples.series, level=Level.CLOSED, revised_at=NOW.replace(hour=23))
    examples.series.revision += 1
    examples.series.revised_at = NOW.replace(hour=23)
    after = client.get(address)
    assert dict(before.headers) == dict(after.headers)
    assert before.data == after.data


def test_hostile_text_is_text(client: FlaskClient, session: Session, app: Flask) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\r\nEND:VEVENT\r\nX-EVIL:1\x00\u2028"
    one = build_session(
        session,
        slug="evil",
        title=both(hostile, hostile),
        short_title=both(hostile, hostile),
        label=both(hostile, hostile),
        abstract=both(hostile, hostile),
        place=both(hostile, hostile),
        links=("javascript:alert(3)",),
    )
    base = f"/fr/series/{one.series.slug}"
    for address in (f"{base}/evil/", f"{base}/", "/fr/"):
        text = client.get(address).text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert 'href="javascript' not in text
    calendar = client.get(f"{base}/calendar.ics").data
    assert calendar.count(b"\r\nEND:VEVENT\r\n") == 1
    assert b"\r\nX-EVIL" not in calendar
