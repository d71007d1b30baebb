"""Home, series, session, the Rule, privacy: what they say, in both languages."""

from __future__ import annotations

import html
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_committee_member,
    build_item,
    build_partner,
    build_person,
    build_series,
    build_session,
)
from tests.web.examples import build_examples, statements
from workshop.chatham.notices import current_notice
from workshop.chatham.rule import Level
from workshop.core.localized import Localized
from workshop.programme.models import OldSlug, SessionStatus

pytestmark = pytest.mark.usefixtures("clock")


def test_the_root_leads_to_the_reader_s_language(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/en/")
    assert {"Cookie", "Accept-Language"} <= set(answer.vary)
    assert client.get("/", headers={"Accept-Language": "de"}).headers["Location"] == "/fr/"


def test_home_lists_coming_sessions_by_month_and_past_ones_below(client: FlaskClient, session: Session) -> None:
    series = build_series(session)
    build_session(session, series, title=both("Demain", "Tomorrow it is"), starts_at=NOW + timedelta(days=1))
    build_session(session, series, title=both("Plus tard", "Later"), starts_at=NOW + timedelta(days=60))
    build_session(session, series, title=both("Hier", "Back then"), starts_at=NOW - timedelta(days=30))
    text = client.get("/en/").text
    order = ["November 2026", "Tomorrow it is", "January 2027", "Later", "Past sessions", "October 2026", "Back then"]
    positions = [text.index(word) for word in order]
    assert positions == sorted(positions)
    assert '<span class="companion" lang="fr">Demain</span>' in text
    assert "Plus tard" in client.get("/fr/").text


def test_a_month_has_one_heading_whatever_the_zones_of_its_sessions(client: FlaskClient, session: Session) -> None:
    series = build_series(session)
    midnight = datetime(2027, 1, 1, tzinfo=UTC)
    build_session(session, series, starts_at=midnight - timedelta(days=4), tzid="Europe/Paris")
    build_session(session, series, starts_at=midnight, tzid="Europe/Paris")
    build_session(session, series, starts_at=midnight + timedelta(minutes=5), tzid="America/Toronto")
    build_session(session, series, starts_at=midnight + timedelta(days=4), tzid="America/Toronto")
    text = client.get("/en/").text
    assert [text.count(month) for month in ("<h3>December 2026</h3>", "<h3>January 2027</h3>")] == [1, 1]


def test_an_empty_home_says_what_to_expect(client: FlaskClient) -> None:
    answer = client.get("/en/")
    assert answer.status_code == 200
    assert "No session is planned at present" in answer.text


def test_a_series_shows_its_people_and_partners(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="s", subtitle=Localized({"fr": "Sous-titre"}), kind=both("Série", "A series"))
    build_committee_member(session, series, build_person(session, series, name="Ada Example"))
    build_partner(session, series)
    text = client.get("/en/series/s/").text
    for word in (
        "Organising committee",
        "Ada Example",
        "Inserm",
        "University of Examples",
        "support",
        "Exemple &amp; Co",
    ):
        assert word in text
    assert '<span lang="fr">Sous-titre</span> <span class="language-note">(in French)</span>' in text
    assert "No session of this series is planned at present" in text
    assert "/en/series/s/subscribe" in text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Open for answers"),
        ({"rsvp_opens_at": NOW + timedelta(days=1)}, "Answers not yet open"),
        ({"rsvp_closes_at": NOW - timedelta(days=1)}, "Answers closed"),
        ({"starts_at": NOW - timedelta(hours=1)}, "Begun"),
        ({"starts_at": NOW - timedelta(days=9)}, "Past"),
        ({"status": SessionStatus.CANCELLED}, "Cancelled"),
    ],
)
def test_a_session_says_how_it_stands(
    client: FlaskClient, session: Session, values: dict[str, Any], words: str
) -> None:
    one = build_session(session, **values)
    for address in (f"/en/series/{one.series.slug}/{one.slug}/", f"/en/series/{one.series.slug}/", "/en/"):
        assert f"{words}</span>" in client.get(address).text
    text = client.get(f"/en/series/{one.series.slug}/{one.slug}/").text
    assert (f"/{one.slug}/rsvp" in text) is (words == "Open for answers")


@pytest.mark.parametrize(
    ("taken", "has_waiting_list", "words"),
    [
        (0, True, "Open for answers"),
        (4, True, "Few places left"),
        (5, False, "Full"),
        (5, True, "Full, waiting list"),
    ],
)
def test_places_left_are_told_in_a_word(
    client: FlaskClient,
    session: Session,
    taken: int,
    has_waiting_list: bool,  # noqa: FBT001 (a parameter of the test)
    words: str,
) -> None:
    one = build_session(session, capacity=5, has_waiting_list=has_waiting_list)
    address = f"/en/series/{one.series.slug}/{one.slug}/"
    client.get(address)
    for _ in range(taken):
        build_answer(session, one)
    for page in (address, f"/en/series/{one.series.slug}/", "/en/"):
        assert f"{words}</span>" in client.get(page).text


def test_a_full_session_invites_to_wait_where_one_may(client: FlaskClient, session: Session) -> None:
    waits = build_session(session, build_series(session, slug="s"), slug="waits", capacity=1)
    full = build_session(session, waits.series, slug="full", capacity=1, has_waiting_list=False)
    for one in (waits, full):
        build_answer(session, one)
    session.commit()
    text = client.get("/en/series/s/waits/").text
    assert text.count(">Join the waiting list</a>") == 2
    assert "You can join the waiting list" in text
    assert "Answer now" not in text
    text = client.get("/en/series/s/full/").text
    assert "waiting list" not in text
    assert "Answer all the same" in text
    # A change of either shows at once, although pages are kept.
    full.has_waiting_list, full.series.revision = True, full.series.revision + 1
    session.commit()
    assert "Join the waiting list" in client.get("/en/series/s/full/").text


def test_an_answer_that_waits_for_approval_is_announced_as_such(client: FlaskClient, session: Session) -> None:
    one = build_session(session, needs_approval=True, level=Level.WHOLE_SESSION)
    other = build_session(session, one.series)
    words = "The organisers look at each answer before they give a place"
    assert words in client.get(f"/en/series/{one.series.slug}/{one.slug}/").text
    assert words not in client.get(f"/en/series/{one.series.slug}/{other.slug}/").text


def test_several_sessions_are_answered_together_where_several_are_open(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="s")
    build_session(session, series)
    build_session(session, series, rsvp_opens_at=NOW + timedelta(days=1))
    build_session(session, series, level=Level.CLOSED)
    assert "/en/series/s/rsvp" not in client.get("/en/series/s/").text
    build_session(session, series)
    series.revision += 1
    session.commit()
    assert 'href="/en/series/s/rsvp">Answer for several sessions</a>' in client.get("/en/series/s/").text


def test_a_whole_session_says_nothing_of_places(client: FlaskClient, session: Session) -> None:
    one = build_session(session, capacity=1, level=Level.WHOLE_SESSION)
    address = f"/en/series/{one.series.slug}/{one.slug}/"
    before = client.get(address)
    build_answer(session, one)
    after = client.get(address)
    assert (before.data, before.headers["ETag"]) == (after.data, after.headers["ETag"])
    assert "Open for answers" in after.text


def test_the_other_clock_stands_beside_when_chosen(client: FlaskClient, session: Session) -> None:
    one = build_session(session)
    address = f"/en/series/{one.series.slug}/{one.slug}/"
    assert "16:00–18:00" in client.get(address).text
    text = client.get(f"{address}?tz=America/Toronto").text
    assert "16:00–18:00" in text
    assert "10:00–12:00" in text
    assert "10:00–12:00" not in client.get(address).text


def test_a_session_in_french_only_is_complete_and_honest_in_english(client: FlaskClient, session: Session) -> None:
    one = build_session(
        session,
        title=Localized({"fr": "Titre français"}),
        short_title=Localized({"fr": "Court"}),
        abstract=Localized({"fr": "Résumé français."}),
        objectives=(Localized({"fr": "But français"}),),
        monolingual="fr",
    )
    text = client.get(f"/en/series/{one.series.slug}/{one.slug}/").text
    assert "This session exists in French only." in text
    assert '<span lang="fr">Titre français</span>' in text
    assert '<span lang="fr">But français</span>' in text
    assert '<div class="prose" lang="fr"><p>Résumé français.</p>' in text
    assert "exists in" not in client.get(f"/fr/series/{one.series.slug}/{one.slug}/").text


def test_the_page_has_its_addresses_for_search_engines_and_previews(client: FlaskClient, session: Session) -> None:
    one = build_session(session)
    path = f"/series/{one.series.slug}/{one.slug}/"
    text = client.get("/en" + path, headers={"Host": "evil.example.org"}).text
    assert "evil" not in text
    base = "http://127.0.0.1:5000"
    assert f'<link rel="canonical" href="{base}/en{path}">' in text
    assert f'hreflang="fr" href="{base}/fr{path}">' in text
    assert f'og:title" content="{one.title["en"]}"' in text
    assert 'og:description" content="What it is about."' in text


def test_the_rule_is_explained_level_by_level(client: FlaskClient) -> None:
    for language in ("fr", "en"):
        text = html.unescape(client.get(f"/{language}/rule").text)
        for level in Level:
            assert f'id="{level.value}"' in text
            assert current_notice(level).text[language] in text


def test_privacy_names_who_answers_and_until_when(client: FlaskClient, session: Session) -> None:
    build_series(session, retention_days=17)
    text = client.get("/en/privacy").text
    for words in ("The example society", "contact@example.org", "17 days after the end", "48 hours"):
        assert words in text


def test_old_addresses_lead_to_the_new_ones(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="new")
    one = build_session(session, series, slug="now")
    session.add(OldSlug(slug="old", series_id=series.id))
    session.add(OldSlug(slug="then", within_series_id=series.id, workshop_session_id=one.id))
    for address in ("/en/series/old/now/", "/en/series/old/then/", "/en/series/new/then/"):
        answer = client.get(address)
        assert (answer.status_code, answer.headers["Location"]) == (301, "/en/series/new/now/")
    assert client.get("/en/series/old/").headers["Location"] == "/en/series/new/"
    assert client.get("/en/series/old/subscribe").headers["Location"] == "/en/series/new/subscribe"
    one.level = Level.CLOSED
    assert client.get("/en/series/old/then/").status_code == 404


def test_the_sitemap_names_public_pages_in_both_languages(client: FlaskClient, session: Session) -> None:
    build_examples(session)
    answer = client.get("/sitemap.xml")
    assert answer.mimetype == "application/xml"
    for path in ("/fr/", "/en/rule", "/fr/series/examples/", "/en/series/examples/whole/"):
        assert f"<loc>http://127.0.0.1:5000{path}</loc>" in answer.text
    assert "unlisted" not in answer.text


@pytest.mark.parametrize("path", ["/en/", "/en/series/s/", "/en/series/s/first/", "/sitemap.xml", "/en/privacy"])
def test_the_number_of_statements_does_not_grow_with_the_sessions(
    app: Flask, client: FlaskClient, session: Session, path: str
) -> None:
    series = build_series(session, slug="s")

    def add(number: int) -> None:
        for index in range(number):
            slug = "first" if not series.sessions else f"n{len(series.sessions)}"
            one = build_session(session, series, slug=slug, starts_at=NOW + timedelta(days=index + 1))
            build_item(session, one, speakers=[build_person(session, series)])
        series.revision += 1
        session.commit()

    add(1)
    client.get("/en/rule")
    with statements(app) as few:
        client.get(path)
    add(29)
    with statements(app) as many:
        client.get(path)
    with statements(app) as kept:
        client.get(path)
    assert len(few) == len(many) <= 13
    assert len(kept) <= 2


def test_a_kept_page_follows_the_clock(client: FlaskClient, session: Session, clock: time_machine.Traveller) -> None:
    one = build_session(session, starts_at=NOW + timedelta(days=1), hours=1)
    address = f"/en/series/{one.series.slug}/{one.slug}/"
    assert "tomorrow" in client.get(address).text
    clock.shift(timedelta(hours=20))
    assert "today" in client.get(address).text
    clock.shift(timedelta(hours=4, minutes=30))
    assert "The session has begun" in client.get(address).text
    clock.shift(timedelta(hours=1))
    assert "The session is past" in client.get(address).text
    assert "No session is planned at present" in client.get("/en/").text
