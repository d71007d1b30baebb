"""What other sites and programs take over: sitemap, Atom, link previews, data for search engines, the list in a frame."""

from __future__ import annotations

import html
import json
import re
from datetime import datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_item, build_partner, build_person, build_series, build_session
from tests.web.examples import build_examples, statements
from tests.web.public.test_disclosure import FORBIDDEN, leaks
from workshop.chatham.rule import ConsentKind, Level, Visibility
from workshop.core.localized import Localized
from workshop.programme.models import Mode, OldSlug, SessionStatus, SpeakerConsent, WorkshopSession
from workshop.programme.service import cancel, publish, reschedule, unpublish

pytestmark = pytest.mark.usefixtures("clock")

BASE = "http://127.0.0.1:5000"
ATOM = "{http://www.w3.org/2005/Atom}"
MAPS = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
HOSTILE = "</script><script>alert(1)</script>]]>&amp;<b>'\"\x0b\ufffe\u2028 $&`"


def read_data(page: str) -> list[dict[str, Any]]:
    """Return what the page holds for search engines."""
    blocks = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    return [json.loads(block) for block in blocks]


def read_atom(client: FlaskClient, address: str = "/en/series/s/feed.atom") -> tuple[ET.Element, list[ET.Element]]:
    """Return the feed and its entries."""
    answer = client.get(address)
    assert answer.status_code == 200
    root = ET.fromstring(answer.data)
    return root, root.findall(f"{ATOM}entry")


def move(session: Session, one: WorkshopSession, by: timedelta, *, now: datetime = NOW) -> None:
    """Move a session."""
    starts, ends = one.starts_wall + by, one.ends_wall + by
    reschedule(session, now=now, workshop_session=one, starts_wall=starts, ends_wall=ends, tzid=one.tzid)


def said(element: ET.Element, name: str) -> str:
    """Return the text of a part that must be there exactly once."""
    (found,) = element.findall(ATOM + name)
    return found.text or ""


def properties(page: str) -> dict[str, list[str]]:
    """Return the page's Open Graph."""
    found: dict[str, list[str]] = {}
    for name, content in re.findall(r'<meta property="og:([\w:]+)" content="([^"]*)">', page):
        found.setdefault(name, []).append(html.unescape(content))
    return found


# -- data for search engines -------------------------------------------------------------------------------------------


def test_a_session_is_an_event(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="s", title=both("Série", "Series"))
    one = build_session(session, series, slug="1", title=both("Quoi de neuf ?", "What's new?"), mode=Mode.HYBRID)
    one.place = both("Lyon, salle 2", "Lyons, room 2")
    build_item(session, one, speakers=[build_person(session, series, name="Ada")])
    build_partner(session, series, one, name=Localized.neutral("Exemple"))
    (found,) = read_data(client.get("/en/series/s/1/").text)
    assert found == {
        "@context": "https://schema.org",
        "@type": "Event",
        "@id": f"urn:uuid:{one.uid}",
        "identifier": one.uid,
        "url": f"{BASE}/en/series/s/1/",
        "name": "What’s new?",
        "description": "What it is about.",
        "startDate": "2026-11-30T16:00+01:00",
        "endDate": "2026-11-30T18:00+01:00",
        "eventStatus": "https://schema.org/EventScheduled",
        "eventAttendanceMode": "https://schema.org/MixedEventAttendanceMode",
        "location": [
            {"@type": "Place", "name": "Lyons, room 2", "address": "Lyons, room 2"},
            {"@type": "VirtualLocation", "url": f"{BASE}/en/series/s/1/"},
        ],
        "inLanguage": ["fr", "en"],
        "isAccessibleForFree": True,
        "superEvent": {"@type": "EventSeries", "name": "Series", "url": f"{BASE}/en/series/s/"},
        "organizer": {"@type": "Organization", "name": "The example society", "url": f"{BASE}/en/series/s/"},
        "contributor": [{"@type": "Organization", "name": "Exemple", "url": "https://partner.example.org"}],
        "performer": [
            {
                "@type": "Person",
                "name": "Ada",
                "affiliation": [
                    {"@type": "Organization", "name": "Inserm"},
                    {"@type": "Organization", "name": "University of Examples"},
                ],
            }
        ],
    }
    (french,) = read_data(client.get("/fr/series/s/1/").text)
    assert french["name"] == "Quoi de neuf\u202f?"
    assert french["@id"] == found["@id"]


def test_what_becomes_of_an_event(client: FlaskClient, session: Session) -> None:
    one = build_session(session, build_series(session, slug="s"), slug="1")
    move(session, one, timedelta(days=1))
    (moved,) = read_data(client.get("/en/series/s/1/").text)
    assert moved["eventStatus"] == "https://schema.org/EventRescheduled"
    assert (moved["previousStartDate"], moved["startDate"]) == ("2026-11-30T16:00+01:00", "2026-12-01T16:00+01:00")
    cancel(session, now=NOW, workshop_session=one)
    (cancelled,) = read_data(client.get("/en/series/s/1/").text)
    assert cancelled["eventStatus"] == "https://schema.org/EventCancelled"


def test_the_date_of_a_draft_was_no_date(client: FlaskClient, session: Session) -> None:
    one = build_session(session, build_series(session, slug="s"), slug="1", is_published=False, published_at=None)

    move(session, one, timedelta(days=1))
    publish(session, now=NOW, workshop_session=one)
    assert one.moved_from is None
    was = one.starts_at
    move(session, one, timedelta(days=1))
    assert one.moved_from == was
    unpublish(session, now=NOW, workshop_session=one, has_answers=False)
    move(session, one, timedelta(days=1))
    assert one.moved_from is None


def test_data_hold_what_the_rule_lets_be_passed_on(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    pages = {name: client.get(f"/en/series/examples/{name}/").text for name in ("discussion", "whole", "unlisted")}
    data = {name: json.dumps(read_data(page)) for name, page in pages.items()}
    for word in ("SpeakerDiscussion", "ModeratorDiscussion", "AbstractDiscussion", "TitleDiscussion"):
        assert word in data["discussion"]
    (whole,) = json.loads(data["whole"])
    assert whole["name"] == "TitleWhole"
    assert {"description", "performer", "contributor"}.isdisjoint(whole)
    assert not any(word in data["whole"] for word in (*FORBIDDEN, "AbstractWhole", "PlaceWhole", "TalkWhole"))
    assert json.loads(data["unlisted"]) == []
    examples.whole.public_title = both("Public", "PublicTitle")
    examples.series.revision += 1
    (whole,) = read_data(client.get("/en/series/examples/whole/").text)
    assert whole["name"] == "PublicTitle"
    slot = examples.discussion.sections[0].items[0].slots[0]
    slot.consents.append(SpeakerConsent(kind=ConsentKind.ANNOUNCE_NAME, withdrawn_at=NOW))
    examples.series.revision += 1
    (found,) = read_data(client.get("/en/series/examples/discussion/").text)
    assert [person["name"] for person in found["performer"]] == ["ModeratorDiscussion"]
    examples.discussion.level = Level.WHOLE_SESSION
    examples.series.revision += 1
    assert "performer" not in read_data(client.get("/en/series/examples/discussion/").text)[0]


@pytest.mark.parametrize("mode", Mode)
def test_where_is_the_page_and_never_the_room(client: FlaskClient, session: Session, mode: Mode) -> None:
    build_session(
        session, build_series(session, slug="s"), slug="1", mode=mode, room_link="https://rooms.example.org/x"
    )
    page = client.get("/en/series/s/1/").text
    assert "rooms.example.org" not in page
    places = [place["@type"] for place in read_data(page)[0].get("location", [])]
    assert places == ([] if mode is Mode.ON_SITE else ["VirtualLocation"])


def test_hostile_text_stays_within_the_data(client: FlaskClient, session: Session) -> None:
    texts = both(HOSTILE, HOSTILE)
    series = build_series(session, slug="s", title=texts, subtitle=texts, controller=texts, kind=texts)
    one = build_session(session, series, slug="1", title=texts, abstract=texts, place=texts, label=texts)
    build_item(session, one, title=texts, speakers=[build_person(session, series, name=HOSTILE, affiliations=(texts,))])
    page = client.get("/en/series/s/1/").text
    (found,) = read_data(page)
    assert found["name"].startswith("</script><script>")
    assert "<script>alert" not in page
    _feed, (entry,) = read_atom(client)
    assert "<script>alert" in said(entry, "title")
    assert "<script" not in said(entry, "summary")
    assert "<script>alert" not in client.get("/en/series/s/embed").text


# -- link previews -----------------------------------------------------------------------------------------------------


def test_a_link_looks_the_same_everywhere(client: FlaskClient, session: Session) -> None:
    build_examples(session)
    found = properties(client.get("/fr/series/examples/discussion/").text)
    assert found == {
        "site_name": ["Workshop"],
        "type": ["article"],
        "title": ["TitreDiscussion"],
        "url": [f"{BASE}/fr/series/examples/discussion/"],
        "locale": ["fr_FR"],
        "locale:alternate": ["en_GB"],
        "description": ["ResumeDiscussion"],
    }
    assert properties(client.get("/en/series/examples/").text)["locale"] == ["en_GB"]
    home = properties(client.get("/en/").text)
    assert (home["title"], home["url"], home["type"]) == (["Workshop"], [f"{BASE}/en/"], ["website"])
    assert "description" not in properties(client.get("/en/series/examples/whole/").text)


# -- Atom --------------------------------------------------------------------------------------------------------------


def test_a_feed_of_announcements(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="s", title=both("Série", "Series"), subtitle=both("Sous", "Sub"))
    old = build_session(session, series, slug="1", number=1, label=both("Atelier 1", "Workshop 1"))
    build_session(session, series, slug="2", revised_at=NOW + timedelta(hours=1))
    answer = client.get("/en/series/s/feed.atom")
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, no-cache"
    assert answer.headers["Last-Modified"] == "Sun, 22 Nov 2026 10:00:00 GMT"
    assert "Set-Cookie" not in answer.headers
    assert answer.data.startswith(b"<?xml ")
    again = client.get("/en/series/s/feed.atom", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    feed, entries = read_atom(client)
    assert feed.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"
    assert (said(feed, "title"), said(feed, "subtitle")) == ("Series", "Sub")
    assert said(feed, "updated") == "2026-11-22T10:00:00Z"
    assert [name.text for name in feed.findall(f"{ATOM}author/{ATOM}name")] == ["Workshop"]
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links == {"self": f"{BASE}/en/series/s/feed.atom", "alternate": f"{BASE}/en/series/s/"}
    assert [said(entry, "updated") for entry in entries] == ["2026-11-22T10:00:00Z", "2026-11-22T09:00:00Z"]
    assert said(entries[1], "title") == "Workshop 1 – Title of session 1"
    assert said(entries[1], "id") == f"tag:localhost,2026:session:{old.uid}:en"
    summary = said(entries[1], "summary")
    for words in ("Monday 30 November 2026", "16:00–18:00", "Paris time (UTC+1)", "What it is about."):
        assert words in summary
    page = client.get("/en/series/s/").text
    assert f'<link rel="alternate" type="application/atom+xml" href="{BASE}/en/series/s/feed.atom"' in page


def test_identifiers_outlive_every_change(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="s")
    one = build_session(session, series, slug="1")

    def identify(language: str = "en") -> set[str]:
        feed, entries = read_atom(client, f"/{language}/series/{series.slug}/feed.atom")
        return {said(element, "id") for element in (feed, *entries)}

    before = identify()
    assert len(before) == 2
    assert before.isdisjoint(identify("fr"))
    session.add(OldSlug(slug="s", series_id=series.id))
    series.slug, one.slug, one.title, one.starts_at = (
        "new",
        "2",
        both("Neuf", "New"),
        one.starts_at + timedelta(hours=1),
    )
    series.revision += 1
    assert identify() == before
    feed, _entries = read_atom(client, "/en/series/s/feed.atom")
    links = {link.get("rel"): link.get("href") for link in feed.findall(f"{ATOM}link")}
    assert links["self"] == f"{BASE}/en/series/new/feed.atom"


def test_a_feed_says_what_became_of_a_session(client: FlaskClient, session: Session) -> None:
    one = build_session(session, build_series(session, slug="s"), slug="1", status=SessionStatus.TENTATIVE)
    assert "its date may still change" in said(read_atom(client)[1][0], "summary")
    move(session, one, timedelta(hours=1), now=NOW + timedelta(hours=1))
    (entry,) = read_atom(client)[1]
    assert "It was to begin on Monday 30 November 2026, 16:00." in said(entry, "summary")
    assert said(entry, "updated") == "2026-11-22T10:00:00Z"
    cancel(session, now=NOW + timedelta(hours=2), workshop_session=one)
    (entry,) = read_atom(client)[1]
    assert said(entry, "title").startswith("CANCELLED: ")
    assert "This session is cancelled" in said(entry, "summary")
    assert said(entry, "updated") == "2026-11-22T11:00:00Z"


def test_a_feed_without_a_session_is_a_feed(client: FlaskClient, session: Session) -> None:
    build_series(session, slug="s")
    feed, entries = read_atom(client)
    assert entries == []
    assert said(feed, "updated") == "2026-01-01T00:00:00Z"
    assert "Last-Modified" not in client.get("/en/series/s/feed.atom").headers


def test_what_is_long_past_leaves_the_feed(
    client: FlaskClient, session: Session, clock: time_machine.Traveller
) -> None:
    build_session(session, build_series(session, slug="s"), slug="1")
    assert len(read_atom(client)[1]) == 1
    clock.shift(timedelta(days=8 + 92))
    assert read_atom(client)[1] == []


# -- the list in a frame -----------------------------------------------------------------------------------------------


def test_a_list_may_be_framed_by_those_who_were_named(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="s")
    one = build_session(session, series, slug="1")
    client.set_cookie("session", "someone")
    answer = client.get("/en/series/s/embed")
    assert answer.status_code == 200
    assert "frame-ancestors 'none';" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert not {"Set-Cookie", "Vary", "X-Frame-Options"} & set(answer.headers.keys())
    assert one.title["en"] in answer.text
    assert all('target="_blank" rel="noopener"' in link for link in re.findall(r"<a [^>]*>", answer.text))
    assert "<form" not in answer.text
    series.embed_origins = ("https://a.example.org", "http://localhost:8000")
    series.revision += 1
    # The same list under another policy is another answer.
    after = client.get("/en/series/s/embed", headers={"If-None-Match": answer.headers["ETag"]})
    assert after.status_code == 200
    assert after.data == answer.data
    assert (
        "frame-ancestors 'self' https://a.example.org http://localhost:8000;"
        in after.headers["Content-Security-Policy"]
    )
    again = client.get("/en/series/s/embed", headers={"If-None-Match": after.headers["ETag"]})
    assert again.status_code == 304
    # What "not modified" says replaces what the browser kept, which belongs to the page that it kept.
    assert not {"Content-Security-Policy", "Cross-Origin-Resource-Policy"} & set(again.headers.keys())
    for other in ("/en/series/s/", "/en/series/s/1/", "/en/"):
        assert "frame-ancestors 'none'" in client.get(other).headers["Content-Security-Policy"]


def test_a_list_in_a_frame_follows_the_clock(
    client: FlaskClient, session: Session, clock: time_machine.Traveller
) -> None:
    build_session(session, build_series(session, slug="s"), starts_at=NOW + timedelta(days=1), hours=1)
    assert "tomorrow" in client.get("/en/series/s/embed").text
    clock.shift(timedelta(hours=20))
    assert "today" in client.get("/en/series/s/embed?tz=Asia/Tokyo").text
    clock.shift(timedelta(hours=6))
    assert "No session of this series is planned" in client.get("/en/series/s/embed").text


# -- all of them -------------------------------------------------------------------------------------------------------

ADDRESSES = (
    "/en/series/examples/feed.atom",
    "/fr/series/examples/feed.atom",
    "/en/series/examples/embed",
    "/sitemap.xml",
)


def test_nothing_that_the_rule_protects_is_taken_over(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    pages = {address: f"{(one := client.get(address)).headers}\n{one.text}" for address in ADDRESSES}
    assert leaks(pages) == []
    for address, text in pages.items():
        assert "nlisted" not in text, address
        assert not any(word in text for word in ("AbstractWhole", "PlaceWhole", "TalkWhole"))
    assert "TitleDiscussion" in pages[ADDRESSES[0]]
    assert "AbstractDiscussion" in pages[ADDRESSES[0]]
    examples.discussion.level = Level.CLOSED
    examples.series.revision += 1
    assert not any("Discussion" in client.get(address).text for address in ADDRESSES[:3])
    assert "/discussion/" not in client.get("/sitemap.xml").text


def test_an_unlisted_series_is_taken_over_by_its_address_only(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    examples.series.visibility = Visibility.UNLISTED
    for address in ADDRESSES[:3]:
        answer = client.get(address)
        assert answer.status_code == 200
        assert "itleDiscussion" in answer.text or "TitreDiscussion" in answer.text
        assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "examples" not in client.get("/sitemap.xml").text
    assert read_data(client.get("/en/series/examples/discussion/").text) == []
    hidden = [
        client.get(address) for address in ADDRESSES[:3] for examples.series.visibility in [Visibility.INVITE_ONLY]
    ]
    unknown = [client.get(address.replace("examples", "never-was")) for address in ADDRESSES[:3]]
    assert {answer.status_code for answer in (*hidden, *unknown)} == {404}
    for one, other in zip(hidden, unknown, strict=True):
        assert one.data == other.data.replace(b"never-was", b"examples")


def test_nothing_hidden_moves_a_tag_or_a_date(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    before = [client.get(address) for address in ADDRESSES]
    build_session(session, examples.series, level=Level.CLOSED, revised_at=NOW.replace(hour=23))
    examples.series.revision += 1
    examples.series.revised_at = NOW.replace(hour=23)
    for address, was in zip(ADDRESSES, before, strict=True):
        now = client.get(address)
        assert (dict(now.headers), now.data) == (dict(was.headers), was.data)


def test_kept_as_bytes(app: Flask, client: FlaskClient, session: Session) -> None:
    build_examples(session)
    for address in ADDRESSES:
        client.get(address)
        with statements(app) as sent:
            client.get(address)
        # The list asks how its sessions stand.
        assert len(sent) <= ("embed" in address), address


def test_the_sitemap_says_when(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="s")
    build_session(session, series, slug="1", revised_at=NOW - timedelta(days=2))
    build_session(session, series, slug="2", revised_at=NOW - timedelta(days=1))
    root = ET.fromstring(client.get("/sitemap.xml").data)
    found = {url.findtext(f"{MAPS}loc"): url.findtext(f"{MAPS}lastmod") for url in root}
    assert found[f"{BASE}/en/series/s/1/"] == "2026-11-20T09:00:00Z"
    assert (
        found[f"{BASE}/fr/series/s/2/"]
        == found[f"{BASE}/en/series/s/"]
        == found[f"{BASE}/en/"]
        == "2026-11-21T09:00:00Z"
    )
    assert found[f"{BASE}/en/privacy"] is None


def test_a_text_in_one_language_stays_marked(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="s")
    build_session(
        session,
        series,
        slug="1",
        title=Localized({"fr": "Seulement"}),
        monolingual="fr",
        abstract=Localized({"fr": "Ici."}),
    )
    assert '<span lang="fr">Seulement</span>' in client.get("/en/series/s/embed").text
    (entry,) = read_atom(client)[1]
    assert '<div class="prose" lang="fr">' in said(entry, "summary")
