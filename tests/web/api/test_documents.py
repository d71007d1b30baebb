"""What other programs are given: public data in every language, and of what is hidden not a trace."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from time_machine import Traveller

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
    build_slot,
)
from tests.web.examples import Examples, build_examples, statements
from workshop.chatham.rule import ConsentKind, Level, Visibility
from workshop.core.db import db
from workshop.core.localized import Localized
from workshop.programme.models import OldSlug, SessionStatus, SpeakerConsent, WorkshopSession

pytestmark = pytest.mark.usefixtures("clock")

LIST = "/api/v1/series"
ORIGIN = "http://127.0.0.1:5000"


def _of(one: WorkshopSession) -> str:
    return f"/api/v1/sessions/{one.uid}"


def _everything(client: FlaskClient, examples: Examples) -> str:
    """Return all that the API says about the examples, hidden ones asked for too."""
    sessions = (examples.record, examples.discussion, examples.whole, examples.closed, examples.unlisted)
    paths = [LIST, f"{LIST}/examples", *(_of(one) for one in sessions)]
    return "\n".join(f"{answer.headers}{answer.text}" for answer in map(client.get, paths))


def test_the_list_names_public_series_only(client: FlaskClient, session: Session) -> None:
    first = build_series(session, slug="first", title=both("Première", "First"))
    build_series(session, slug="unlisted", visibility=Visibility.UNLISTED)
    build_series(session, slug="hidden", visibility=Visibility.INVITE_ONLY)
    build_series(session, slug="second")
    build_committee_member(session, first, build_person(session, first, name="Ada Exemple"))
    found = client.get(LIST).get_json()["series"]
    assert [one["slug"] for one in found] == ["first", "second"]
    assert found[0]["title"] == {"fr": "Première", "en": "First"}
    assert found[0]["self"] == f"{ORIGIN}/api/v1/series/first"
    assert found[0]["pages"] == {language: f"{ORIGIN}/{language}/series/first/" for language in ("fr", "en")}
    assert found[0]["calendars"]["en"] == f"{ORIGIN}/en/series/first/calendar.ics"
    assert [one["name"] for one in found[0]["committee"]] == ["Ada Exemple"]
    assert "sessions" not in found[0]
    assert "contact@example.org" not in client.get(LIST).text


def test_a_session_is_both_languages_with_its_zone_and_its_rule(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="s", own_sentence=both("Une phrase.", "A sentence."), own_sentence_version=1)
    one = build_session(
        session, series, slug="4", number=4, title=both("Titre", "Title"), place=Localized.neutral("Ω-Saal"), tzid="Asia/Tokyo",
        interpretation=({"from": "fr", "into": "en", "scope": {"fr": "exposés"}},), sequence=3,
    )  # fmt: skip
    item = build_item(session, one, speakers=[build_person(session, series, name="Ada Exemple")], starts="16:05")
    build_partner(session, series, one, name=Localized.neutral("Exemple & Co"))
    answer = client.get(_of(one))
    found = answer.get_json()
    assert answer.content_type == "application/json"
    assert found["title"] == {"fr": "Titre", "en": "Title"}
    assert found["place"] == {"und": "Ω-Saal"}
    assert (found["starts_at"], found["timezone"]) == ("2026-11-30T16:00:00+09:00", "Asia/Tokyo")
    assert found["revised_at"] == NOW.isoformat()
    assert found["series"] == {"slug": "s", "title": dict(series.title), "self": f"{ORIGIN}/api/v1/series/s"}
    assert found["pages"]["fr"] == f"{ORIGIN}/fr/series/s/4/"
    assert found["calendars"]["fr"] == f"{ORIGIN}/fr/series/s/4/session.ics"
    assert found["rule"]["level"] == "discussion"
    assert found["rule"]["own_sentence"] == {"fr": "Une phrase.", "en": "A sentence."}
    assert {"fr", "en"} == set(found["rule"]["notice"]) == set(found["rule"]["name"])
    assert found["interpretation"] == [{"from": "fr", "into": "en", "scope": {"fr": "exposés"}}]
    assert found["programme"][0]["items"][0]["title"] == dict(item.title)
    assert found["programme"][0]["items"][0]["starts"] == "16:05"
    assert found["programme"][0]["items"][0]["speakers"][0]["name"] == "Ada Exemple"
    assert found["partners"][0]["name"] == {"und": "Exemple & Co"}
    assert found["sequence"] == 3
    # The same document, whether it is asked for by itself or with its series.
    assert client.get(f"{LIST}/s").get_json()["sessions"] == [found]


def test_the_label_stands_for_what_has_none(client: FlaskClient, session: Session) -> None:
    one = build_session(session, number=None, abstract=Localized())
    found = client.get(_of(one)).get_json()
    assert (found["label"], found["number"], found["abstract"]) == ({"fr": "Séance", "en": "Session"}, None, {})


def test_sessions_come_the_earliest_first_with_past_and_cancelled_ones(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="s")
    build_session(session, series, slug="later", starts_at=NOW + timedelta(days=9))
    build_session(session, series, slug="past", starts_at=NOW - timedelta(days=400))
    build_session(session, series, slug="gone", starts_at=NOW - timedelta(days=9), status=SessionStatus.CANCELLED)
    build_session(session, series, slug="off", starts_at=NOW + timedelta(days=5), status=SessionStatus.CANCELLED)
    found = client.get(f"{LIST}/s").get_json()["sessions"]
    assert [(one["slug"], one["status"], one["answers"]["state"]) for one in found] == [
        ("past", "confirmed", "ended"),
        ("gone", "cancelled", "cancelled"),
        ("off", "cancelled", "cancelled"),
        ("later", "confirmed", "open"),
    ]
    for one in found:
        assert client.get(one["self"].removeprefix(ORIGIN)).get_json() == one


# -- the Rule ----------------------------------------------------------------------------------------------------------


def test_each_level_shows_what_the_rule_lets_be_passed_on(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    for one, name in ((examples.record, "Record"), (examples.discussion, "Discussion")):
        found = client.get(_of(one)).text
        for word in ("Titre", "Title", "Resume", "Goal", "Place", "Talk", "Speaker", "Moderator", "Affiliation"):
            assert f"{word}{name}" in found
    whole = client.get(_of(examples.whole)).get_json()
    assert whole["title"] == {"fr": "TitreWhole", "en": "TitleWhole"}
    assert whole["rule"]["level"] == "whole_session"
    for word in ("Resume", "Abstract", "But", "Goal", "Place", "Talk", "Speaker", "Moderator", "Affiliation", "Role"):
        assert f"{word}Whole" not in json.dumps(whole)
    assert whole["answers"]["places"] is None
    examples.whole.public_title = both("En public", "In public")
    examples.series.revision += 1
    renamed = client.get(_of(examples.whole))
    assert renamed.get_json()["title"] == {"fr": "En public", "en": "In public"}
    assert "TitleWhole" not in renamed.text
    assert "ShortWhole" not in renamed.text


def test_no_document_holds_a_room_or_what_is_closed(client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    found = _everything(client, examples)
    assert "Closed" not in found
    assert "Room" not in found
    assert "rooms.example.org" not in found
    assert "person-" not in found


def test_a_session_is_unlisted_in_its_series_and_answers_by_its_own_address(
    client: FlaskClient, session: Session
) -> None:
    examples = build_examples(session)
    assert "Unlisted" not in client.get(f"{LIST}/examples").text
    assert client.get(_of(examples.unlisted)).get_json()["title"]["en"] == "TitleUnlisted"


def test_an_unlisted_series_answers_by_its_own_address(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="quiet", visibility=Visibility.UNLISTED)
    one = build_session(session, series)
    answer = client.get(f"{LIST}/quiet")
    assert [found["uid"] for found in answer.get_json()["sessions"]] == [one.uid]
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "quiet" not in client.get(LIST).text


HIDDEN: dict[str, dict[str, Any]] = {
    "closed": {"level": Level.CLOSED},
    "invited": {"visibility": Visibility.INVITE_ONLY},
    "draft": {"is_published": False},
}


@pytest.mark.parametrize("kind", HIDDEN)
def test_a_hidden_session_leaves_no_trace_in_its_series(client: FlaskClient, session: Session, kind: str) -> None:
    """Indico's CVE-2026-28352: an API of series that gave the titles of restricted events."""
    series = build_series(session, slug="s")
    build_session(session, series, slug="known")
    before = client.get(f"{LIST}/s")
    hidden = build_session(
        session, series, slug="zyx-slug", title=both("Zyxtitre", "Zyxtitle"), label=both("Zyxlabel", "Zyxlabel"), **HIDDEN[kind]
    )  # fmt: skip
    build_item(session, hidden, speakers=[build_person(session, series, name="Zyxspeaker")])
    build_answer(session, hidden)
    series.revision += 1
    after = client.get(f"{LIST}/s")
    assert after.data == before.data
    assert after.headers["ETag"] == before.headers["ETag"]
    assert "Last-Modified" not in after.headers
    everything = client.get(LIST).text + client.get(_of(hidden)).text
    assert "zyx" not in everything.casefold()


def _costs(app: Flask, client: FlaskClient, path: str) -> list[Any]:
    found: list[Any] = []
    name = path.rpartition("/")[2]
    for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"):
        with statements(app) as sent:
            answer = client.open(path, method=method)
        headers = sorted((key, value) for key, value in answer.headers if key != "Content-Length")
        found.append((method, answer.status_code, headers, answer.text.replace(name, "…"), list(sent)))
    return found


@pytest.mark.parametrize("kind", HIDDEN)
def test_a_hidden_session_costs_what_an_unknown_one_costs(
    app: Flask, client: FlaskClient, session: Session, kind: str
) -> None:
    hidden = build_session(session, **HIDDEN[kind])
    build_item(session, hidden, speakers=[build_person(session, hidden.series)])
    session.commit()
    path, unknown = _of(hidden), f"{LIST.replace('series', 'sessions')}/00000000-0000-4000-8000-000000000000"
    assert _costs(app, client, path) == _costs(app, client, unknown)


@pytest.mark.parametrize("slug", ["hidden", "formerly"])
def test_so_does_a_hidden_series(app: Flask, client: FlaskClient, session: Session, slug: str) -> None:
    series = build_series(session, slug="hidden", visibility=Visibility.INVITE_ONLY)
    one = build_session(session, series)
    session.add(OldSlug(slug="formerly", series_id=series.id))
    session.commit()
    assert _costs(app, client, f"{LIST}/{slug}") == _costs(app, client, f"{LIST}/nothing")
    assert client.get(_of(one)).status_code == 404


def test_an_item_stricter_than_its_session_keeps_what_is_its_own(client: FlaskClient, session: Session) -> None:
    series = build_series(session, level=Level.DISCUSSION)
    one = build_session(session, series)
    build_item(session, one, title=both("Ouvert", "Open"))
    build_item(
        session, one, title=both("Zyxtitre", "Zyxtitle"), level=Level.WHOLE_SESSION,
        speakers=[build_person(session, series, name="Zyxspeaker")],
    )  # fmt: skip
    found = client.get(_of(one))
    assert "zyx" not in found.text.casefold()
    assert [item["title"]["en"] for item in found.get_json()["programme"][0]["items"]] == ["Open"]
    assert found.get_json()["rule"]["level"] == "whole_session"


@pytest.mark.parametrize(
    ("kind", "left"), [(ConsentKind.ANNOUNCE_NAME, set()), (ConsentKind.ANNOUNCE_AFFILIATION, {"Zyxname"})]
)
def test_nobody_is_named_who_does_not_consent(
    client: FlaskClient, session: Session, kind: ConsentKind, left: set[str]
) -> None:
    series = build_series(session, slug="s", level=Level.ON_THE_RECORD)
    one = build_session(session, series)
    person = build_person(
        session, series, name="Zyxname", role=Localized.neutral("Zyxrole"), links=("https://zyxlink.example.org/",),
        affiliations=(Localized.neutral("Zyxaffiliation"),), biography=Localized.neutral("Zyxbiography"),
    )  # fmt: skip
    slot = build_slot(session, one, person, build_item(session, one))
    words = {"Zyxname", "Zyxrole", "zyxlink", "Zyxaffiliation", "Zyxbiography"}
    assert {word for word in words if word in client.get(_of(one)).text} == words
    slot.consents.append(SpeakerConsent(kind=kind, withdrawn_at=NOW))
    series.revision += 1
    for path in (_of(one), f"{LIST}/s"):
        assert {word for word in words if word in client.get(path).text} == left


def test_places_are_a_word_and_never_a_number(client: FlaskClient, session: Session) -> None:
    one = build_session(session, build_series(session, slug="s"), capacity=733)
    unlimited = build_session(session, one.series)
    assert client.get(_of(one)).get_json()["answers"] == {
        "state": "open",
        "places": "yes",
        "opens_at": None,
        "closes_at": "2026-11-30T16:00:00+01:00",
    }
    assert client.get(_of(unlimited)).get_json()["answers"]["places"] is None
    one.capacity = 2
    one.series.revision += 1
    build_answer(session, one)
    first = client.get(_of(one))
    build_answer(session, one)
    words = [client.get(_of(one)).get_json(), client.get(f"{LIST}/s").get_json()["sessions"][0]]
    assert [found["answers"]["places"] for found in words] == ["no", "no"]
    assert first.get_json()["answers"]["places"] == "yes"
    assert "733" not in client.get(f"{LIST}/s").text


# -- HTTP --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [LIST, f"{LIST}/examples", "session", "/api/v1/openapi.json"])
def test_the_same_bytes_for_everybody_then_304(
    client: FlaskClient, session: Session, configure: Callable[[], Flask], path: str
) -> None:
    examples = build_examples(session)
    path = _of(examples.record) if path == "session" else path
    first = client.get(path)
    client.set_cookie("lang", "en")
    second = client.get(f"{path}?secret=word", headers={"Accept-Language": "fr", "Accept": "text/html"})
    assert first.data == second.data == configure().test_client().get(path).data
    assert (first.status_code, first.headers["Cache-Control"]) == (200, "public, no-cache")
    assert not {"Set-Cookie", "Vary", "Last-Modified"} & set(first.headers.keys())
    again = client.get(path, headers={"If-None-Match": f'"other", {first.headers["ETag"]}'})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    head = client.head(path)
    assert (head.status_code, head.data, head.headers["Content-Length"]) == (200, b"", str(len(first.data)))


def test_a_condition_costs_one_question_and_no_document(app: Flask, client: FlaskClient, session: Session) -> None:
    examples = build_examples(session)
    session_path, series_path = _of(examples.record), f"{LIST}/examples"
    etags = {
        path: client.get(path).headers["ETag"] for path in (session_path, LIST, "/api/v1/openapi.json", series_path)
    }
    for path, etag in etags.items():
        with statements(app) as sent:
            assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
        # The question for the revision is sent to the driver directly (core.probe), past this list. A series asks how
        # its sessions stand today, besides.
        assert len(sent) == (1 if path == series_path else 0)
        assert not any("title" in statement for statement in sent)


def test_an_edit_a_cancelling_and_the_clock_show_at_once(
    client: FlaskClient, session: Session, clock: Traveller
) -> None:
    one = build_session(session, build_series(session, slug="s"))
    paths = (_of(one), f"{LIST}/s")
    etags = [client.get(path).headers["ETag"] for path in paths]

    def changed() -> list[dict[str, Any]]:
        answers = [client.get(path, headers={"If-None-Match": etag}) for path, etag in zip(paths, etags, strict=True)]
        assert [answer.status_code for answer in answers] == [200, 200]
        etags[:] = [answer.headers["ETag"] for answer in answers]
        return [answers[0].get_json(), answers[1].get_json()["sessions"][0]]

    one.title = both("Nouveau", "Brand new")
    one.series.revision += 1
    assert [found["title"]["en"] for found in changed()] == ["Brand new"] * 2
    clock.move_to(one.starts_at)
    assert [found["answers"]["state"] for found in changed()] == ["begun"] * 2
    one.status = SessionStatus.CANCELLED
    one.series.revision += 1
    assert [found["status"] for found in changed()] == ["cancelled"] * 2


def test_a_day_that_passes_changes_nothing(client: FlaskClient, session: Session, clock: Traveller) -> None:
    one = build_session(session, build_series(session, slug="s"))
    before = [client.get(path).headers["ETag"] for path in (_of(one), f"{LIST}/s")]
    clock.shift(timedelta(days=2))
    assert [client.get(path).headers["ETag"] for path in (_of(one), f"{LIST}/s")] == before


def test_an_old_address_answers_itself(client: FlaskClient, session: Session) -> None:
    series = build_series(session, slug="new")
    session.add(OldSlug(slug="old", series_id=series.id))
    assert client.get(f"{LIST}/old").data == client.get(f"{LIST}/new").data


def test_a_session_answers_to_its_uid_as_calendars_give_it(client: FlaskClient, session: Session) -> None:
    build_session(session, build_series(session, slug="known"), slug="first")
    session.commit()
    lines = client.get("/en/series/known/calendar.ics").text.splitlines()
    (uid,) = [line.removeprefix("UID:") for line in lines if line.startswith("UID:")]
    alone = uid.partition("@")[0]
    assert "@" in uid
    found, same = client.get(f"/api/v1/sessions/{uid}"), client.get(f"/api/v1/sessions/{alone}")
    assert (found.status_code, found.data) == (200, same.data)
    assert client.get(f"/api/v1/sessions/{alone}@elsewhere.example.org").status_code == 404


def test_pages_of_other_sites_may_read_and_ask_with_a_condition(client: FlaskClient, session: Session) -> None:
    build_series(session, slug="s")
    etag = client.get(f"{LIST}/s").headers["ETag"]
    answers = [
        client.get(f"{LIST}/s", headers={"Origin": "https://partner.example.org"}),
        client.get(f"{LIST}/s", headers={"If-None-Match": etag}),
        client.get(f"{LIST}/nothing"),
        client.get("/api/nowhere"),
        client.post(f"{LIST}/s"),
    ]
    assert [answer.status_code for answer in answers] == [200, 304, 404, 404, 405]
    asked = client.options(
        f"{LIST}/s", headers={"Origin": "https://partner.example.org", "Access-Control-Request-Method": "GET"}
    )
    for answer in [*answers, asked]:
        assert answer.headers.getlist("Access-Control-Allow-Origin") == ["*"]
        assert answer.headers.getlist("Cross-Origin-Resource-Policy") == ["cross-origin"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert 'rel="service-desc"' in answer.headers["Link"]
    assert "ETag" in answers[0].headers["Access-Control-Expose-Headers"]
    assert (asked.status_code, asked.data) == (204, b"")
    assert asked.headers["Access-Control-Allow-Headers"] == "If-None-Match"
    assert asked.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert "Access-Control-Allow-Origin" not in client.get("/en/").headers


def test_errors_are_problems_in_the_readers_language(client: FlaskClient) -> None:
    for method, path, status in (
        ("GET", f"{LIST}/nothing?token=secret", 404),
        ("GET", "/api/v1/sessions/4", 404),
        ("GET", "/api/v1/sessions/é%00", 404),
        ("GET", f"{LIST}/", 404),
        ("GET", "/api/", 404),
        ("POST", LIST, 405),
        ("DELETE", f"{LIST}/nothing", 405),
    ):
        answer = client.open(path, method=method, headers={"Accept-Language": "en"})
        assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
        found = answer.get_json()
        assert (found["type"], found["status"]) == ("about:blank", status)
        assert found["code"] == {404: "not_found", 405: "method_not_allowed"}[status]
        assert "secret" not in answer.text
        assert answer.headers["Cache-Control"] == "no-store"
    assert client.get(f"{LIST}/é").get_json()["instance"] == f"{LIST}/%C3%A9"
    assert set(client.post(LIST).headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    french = client.get("/api/v1/x", headers={"Accept-Language": "fr"})
    english = client.get("/api/v1/x", headers={"Accept-Language": "en"})
    assert (french.headers["Content-Language"], english.headers["Content-Language"]) == ("fr", "en")
    assert french.get_json()["detail"] != english.get_json()["detail"]


@pytest.mark.databases("sqlite")
def test_a_fault_and_a_database_that_is_away_are_problems_too(
    configure: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = configure(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    for path in (LIST, f"{LIST}/s", "/api/v1/sessions/x"):
        answer = app.test_client().get(path)
        assert (answer.status_code, answer.content_type) == (503, "application/problem+json")
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
    app.testing = False
    monkeypatch.setitem(app.view_functions, "api.series_list", lambda: 1 // 0)
    answer = app.test_client().get(LIST)
    assert (answer.status_code, answer.get_json()["code"]) == (500, "internal_error")


def test_a_thousand_sessions_cost_a_number_of_statements_that_does_not_grow_with_them(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    def cost(slug: str, sessions: int) -> int:
        series = build_series(session, slug=slug)
        for number in range(sessions):
            one = build_session(session, series, slug=str(number), number=number)
            build_item(session, one, speakers=[build_person(session, series)])
        session.commit()
        db.session.remove()
        with statements(app) as sent:
            assert len(client.get(f"{LIST}/{slug}").get_json()["sessions"]) == sessions
        return len(sent)

    assert cost("few", 2) == cost("more", 20)


def test_no_row_of_anything_is_written(client: FlaskClient, session: Session) -> None:
    build_examples(session)
    session.commit()
    metadata = WorkshopSession.metadata
    before = {
        table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) for table in metadata.sorted_tables
    }
    for path in (LIST, f"{LIST}/examples", "/api/v1/openapi.json", "/api/v1/x"):
        client.get(path)
    assert before == {
        table.name: session.scalar(sa.select(sa.func.count()).select_from(table)) for table in metadata.sorted_tables
    }
