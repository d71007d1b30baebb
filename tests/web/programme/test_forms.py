"""Creating and editing series and sessions through the forms."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from markupsafe import escape
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_organiser, build_partner, build_series, build_session
from tests.web.workspace import post, sign_in
from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.programme.queries import find_proposal
from workshop.programme.service.values import series_values, session_values

SERIES = {
    "title-fr": "Décloisonner", "title-en": "Breaking the silos", "subtitle-fr": "Vers une approche",
    "kind-fr": "Série en ligne", "kind-en": "Online series", "description-fr": "**Gras**\n\nSuite",
    "slug": "silos", "languages": "fr, en", "tzid": "Europe/Paris", "level": "discussion", "visibility": "unlisted",
    "contact": "contact@example.org", "sender_name-fr": "Les ateliers", "sender_name-en": "The workshops",
    "controller-fr": "Inserm", "controller-en": "Inserm", "retention_days": "45", "without_address": "y",
    "links": "https://one.example.org/\nhttps://two.example.org/", "colour": "#0b5d5b", "reminders": "-7d, -1h",
    "embed_origins": "https://Partner.example.org/\nhttp://localhost:8000",
}  # fmt: skip
SESSION = {
    "title-fr": "Défi mondial : état des lieux", "title-en": "A global challenge", "short_title-fr": "Défi",
    "short_title-en": "Challenge", "public_title-fr": "Échange", "public_title-en": "Exchange", "label-fr": "Atelier 4",
    "label-en": "Workshop 4", "abstract-fr": "Un\n\nDeux", "abstract-en": "One\n\nTwo",
    "objectives-fr": "Apprendre\n\nExplorer", "objectives-en": "To learn\nOnly here\nTo explore",
    "starts_wall": "2027-04-26T16:00", "ends_wall": "2027-04-26T18:00", "tzid": "America/Toronto", "number": "4",
    "slug": "", "format": "seminar", "mode": "hybrid", "place-fr": "Montréal", "place-en": "Montreal",
    "room_link": "https://rooms.example.org/secret", "floor_languages": "en",
    "interpretation-0-source": "en", "interpretation-0-target": "fr", "interpretation-0-scope-fr": "la discussion",
    "interpretation-0-scope-en": "the discussion", "interpretation-1-source": "fr", "interpretation-1-target": "en",
    "level": "whole_session", "visibility": "invite_only", "status": "tentative", "capacity": "40",
    "has_waiting_list": "y", "needs_approval": "y", "shares-0-name-fr": "Associations", "shares-0-name-en": "Societies",
    "shares-0-percent": "30", "rsvp_opens_wall": "2027-01-01T00:00", "rsvp_closes_wall": "2027-04-20T12:00", "monolingual": "",
    "links": "https://three.example.org/", "reminders": "0",
}  # fmt: skip


@pytest.fixture
def signed_in(client: FlaskClient, session: Session) -> FlaskClient:
    sign_in(client, build_organiser(session, email="owner@example.org"))
    return client


@pytest.fixture
def silos(signed_in: FlaskClient, session: Session) -> Series:
    assert post(signed_in, "/en/organise/series/new", SERIES).status_code == 303
    session.expire_all()
    return session.scalars(sa.select(Series)).one()


def _only(session: Session) -> WorkshopSession:
    session.expire_all()
    return session.scalars(sa.select(WorkshopSession)).one()


def test_a_series_holds_what_its_form_was_given(silos: Series) -> None:
    assert silos.title == Localized({"fr": "Décloisonner", "en": "Breaking the silos"})
    assert silos.subtitle == Localized({"fr": "Vers une approche"})
    assert silos.description["fr"] == "**Gras**\n\nSuite"
    assert silos.controller == Localized.neutral("Inserm")
    assert (silos.level, silos.visibility) == (Level.DISCUSSION, Visibility.UNLISTED)
    assert (silos.retention_days, silos.without_address) == (45, True)
    assert silos.links == ("https://one.example.org/", "https://two.example.org/")
    assert silos.reminders == ("-7d", "-1h")
    assert silos.languages == ("fr", "en")
    assert silos.embed_origins == ("https://partner.example.org", "http://localhost:8000")
    assert (silos.contact, silos.colour, silos.tzid) == ("contact@example.org", "#0b5d5b", "Europe/Paris")


def test_a_bilingual_session_from_the_form_to_its_public_page(
    signed_in: FlaskClient, session: Session, silos: Series
) -> None:
    answer = post(signed_in, "/en/organise/series/silos/sessions/new", SESSION)
    assert (answer.status_code, answer.location) == (303, "/en/organise/series/silos/4/edit")
    one = _only(session)
    assert one.title["fr"] == "Défi mondial : état des lieux"
    assert one.objectives == (
        Localized({"fr": "Apprendre", "en": "To learn"}),
        Localized({"en": "Only here"}),
        Localized({"fr": "Explorer", "en": "To explore"}),
    )
    assert one.starts_at == datetime(2027, 4, 26, 20, tzinfo=UTC)
    assert [(row.source, row.target, dict(row.scope)) for row in session_values(one).interpretation] == [
        ("en", "fr", {"fr": "la discussion", "en": "the discussion"}),
        ("fr", "en", {}),
    ]
    assert (one.level, one.visibility, one.status) == (
        Level.WHOLE_SESSION,
        Visibility.INVITE_ONLY,
        SessionStatus.TENTATIVE,
    )
    assert (one.capacity, one.reminders, one.room_link) == (40, (), "https://rooms.example.org/secret")
    assert (one.has_waiting_list, one.needs_approval) == (True, True)
    assert one.shares == ({"key": "associations", "name": {"fr": "Associations", "en": "Societies"}, "percent": 30},)
    assert one.rsvp_closes_at == datetime(2027, 4, 20, 16, tzinfo=UTC)
    assert one.is_published is False
    assert signed_in.get("/fr/series/silos/4/").status_code == 404
    # An objective exists in English only.
    assert post(signed_in, "/en/organise/series/silos/4/publish").status_code == 422
    whole = {**SESSION, "visibility": "series", "objectives-fr": "Apprendre\nIci seulement\nExplorer"}
    edited = post(signed_in, "/en/organise/series/silos/4/edit", whole)
    assert edited.status_code == 303, edited.text
    assert post(signed_in, "/en/organise/series/silos/4/publish").status_code == 303
    assert _only(session).is_published is True


def shown(page: str) -> list[tuple[str, str]]:
    """Return (name, value) of what a browser would send back from the page's main form, unchanged."""
    from html.parser import HTMLParser

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: list[tuple[str, str]] = []
            self.open = ""
            self.select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            values = dict(attrs)
            name = values.get("name") or ""
            kind = values.get("type") or ""
            if tag == "textarea":
                self.open = name
                self.found.append((name, ""))
            elif tag == "select":
                self.select = name
            elif tag == "option" and "selected" in values and self.select:
                self.found.append((self.select, values.get("value") or ""))
            elif tag == "input" and name and (kind not in {"radio", "checkbox"} or "checked" in values):
                self.found.append((name, values.get("value") or ""))

        def handle_endtag(self, tag: str) -> None:
            self.open = "" if tag == "textarea" else self.open

        def handle_data(self, data: str) -> None:
            if self.open:
                name, before = self.found[-1]
                text = data if before else data.removeprefix("\r\n").removeprefix("\n")
                self.found[-1] = (name, before + text)

    reader = Reader()
    reader.feed(page)
    return reader.found


PATHS = ["/en/organise/series/silos/edit", "/en/organise/series/silos/4/edit"]
# Each on top of SESSION: more directions than a form begins with; hours that occur twice; the series' own reminders.
ROWS = {
    f"interpretation-{row}-{part}": value
    for row, (source, target) in enumerate((("en", "fr"), ("fr", "en"), ("en", "es"), ("es", "en"), ("fr", "es")))
    for part, value in (("source", source), ("target", target), ("scope-fr", f"partie {row}"), ("scope-en", ""))
}
TWICE = {
    "starts_wall": "2027-10-31T02:30", "ends_wall": "2027-10-31T04:00", "fold": "1", "tzid": "Europe/Paris",
    "rsvp_opens_wall": "2026-10-25T02:30", "rsvp_opens_fold": "1", "rsvp_closes_wall": "2026-10-25T02:45",
    "rsvp_closes_fold": "1",
}  # fmt: skip


def _send_back(client: FlaskClient, path: str) -> int:
    data: dict[str, Any] = {}
    for name, value in shown(client.get(path).text):
        data.setdefault(name, value)
    return client.post(path, data=data).status_code


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "more",
    [{}, ROWS, TWICE, {"reminders": ""}, {"reminders": "-2d, -3h, +1d"}],
    ids=["usual", "rows", "twice", "inherited", "own"],
)
def test_a_form_sent_back_unchanged_changes_nothing(
    signed_in: FlaskClient, session: Session, silos: Series, path: str, more: dict[str, str]
) -> None:
    assert post(signed_in, "/en/organise/series/silos/sessions/new", {**SESSION, **more}).status_code == 303
    build_partner(session, silos, _only(session))
    build_partner(session, silos, name=Localized({"fr": "L’autre"}), url="")
    session.commit()
    before = (series_values(_only(session).series), session_values(_only(session)))
    assert _send_back(signed_in, path) == 303
    one = _only(session)
    assert (series_values(one.series), session_values(one)) == before
    assert one.sequence == 0


def test_there_is_always_a_row_to_write_in(signed_in: FlaskClient, silos: Series) -> None:
    post(signed_in, "/en/organise/series/silos/sessions/new", {**SESSION, **ROWS})
    page = signed_in.get(PATHS[1]).text
    assert 'name="interpretation-5-source"' in page
    assert 'name="partners-0-url"' in page


@pytest.mark.parametrize(("path", "form"), list(zip(PATHS, (SERIES, {**SESSION, "slug": "4"}), strict=True)))
def test_partners_are_entered_changed_and_taken_out(
    signed_in: FlaskClient, session: Session, silos: Series, path: str, form: dict[str, str]
) -> None:
    post(signed_in, "/en/organise/series/silos/sessions/new", SESSION)

    def stored() -> list[tuple[dict[str, str], dict[str, str], str]]:
        owner = silos if path == PATHS[0] else _only(session)
        session.expire_all()
        return [(dict(one.name), dict(one.role), one.url) for one in owner.partners]

    rows = {
        "partners-0-name-fr": "Ville", "partners-0-name-en": "City", "partners-0-role-fr": "soutien",
        "partners-0-role-en": "support", "partners-0-url": "https://city.example.org/", "partners-1-name-fr": "Réseau",
        "partners-1-name-en": "", "partners-1-url": "",
    }  # fmt: skip
    assert post(signed_in, path, {**form, **rows}).status_code == 303
    city = ({"fr": "Ville", "en": "City"}, {"fr": "soutien", "en": "support"}, "https://city.example.org/")
    assert stored() == [city, ({"fr": "Réseau"}, {}, "")]
    assert post(signed_in, path, form).status_code == 303
    assert len(stored()) == 2
    refused = post(signed_in, path, {**form, **rows, "partners-0-url": "javascript:alert(1)"})
    assert refused.status_code == 422
    assert "Please write a whole address" in refused.text
    nameless = post(
        signed_in, path, {**form, **rows, "partners-1-name-fr": "", "partners-1-url": "https://x.example.org"}
    )
    assert nameless.status_code == 422
    assert 'value="Ville"' in nameless.text
    empty = {name: "" for name in rows if name.startswith("partners-1")}
    assert post(signed_in, path, {**form, **rows, **empty}).status_code == 303
    assert stored() == [city]


def test_shares_are_entered_renamed_and_taken_out(signed_in: FlaskClient, session: Session, silos: Series) -> None:
    def stored() -> list[tuple[str, int]]:
        return [(share["key"], share["percent"]) for share in _only(session).shares]

    path, form = PATHS[1], {**SESSION, "slug": "4", "visibility": "series"}
    post(signed_in, "/en/organise/series/silos/sessions/new", SESSION)
    second = {"shares-1-name-fr": "Peuples de la forêt", "shares-1-name-en": "Forest peoples", "shares-1-percent": "70"}
    assert post(signed_in, path, {**form, **second}).status_code == 303
    assert stored() == [("associations", 30), ("peuples-de-la-foret", 70)]
    renamed = {"shares-0-name-fr": "Réseaux", "shares-0-name-en": "Networks"}
    assert post(signed_in, path, {**form, **second, **renamed}).status_code == 303
    assert stored() == [("associations", 30), ("peuples-de-la-foret", 70)]
    refused = post(signed_in, path, {**form, **second, "shares-0-percent": "31"})
    assert (refused.status_code, "more than all places" in refused.text) == (422, True)
    without = {name: value for name, value in form.items() if not name.startswith("shares")}
    assert post(signed_in, path, without).status_code == 303
    assert len(stored()) == 2
    empty = {"shares-0-name-fr": "", "shares-0-name-en": "", "shares-0-percent": ""}
    assert post(signed_in, path, {**form, **second, **empty}).status_code == 303
    assert stored() == [("peuples-de-la-foret", 70)]
    assert post(signed_in, path, {**without, "shares-0-percent": ""}).status_code == 303
    assert stored() == []


def test_nothing_is_chosen_beforehand_as_the_level(signed_in: FlaskClient, silos: Series) -> None:
    for path, form in (("/en/organise/series/new", SERIES), ("/en/organise/series/silos/sessions/new", SESSION)):
        page = signed_in.get(path).text
        assert page.count('name="level"') >= 4
        assert not [name for name, _ in shown(page) if name == "level"]
        without = {name: value for name, value in form.items() if name != "level"} | {"slug": "other"}
        answer = post(signed_in, path, without)
        assert answer.status_code == 422
        assert "Please choose one of these." in answer.text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title-en", "", "title is missing"),
        ("starts_wall", "soon", "Please give a day and a time"),
        ("ends_wall", "2027-04-26T15:00", "The end must be after the start."),
        ("starts_wall", "2027-03-14T02:30", "This time does not exist on that day"),
        ("tzid", "Mars/Olympus", "Please choose a time zone"),
        ("room_link", "javascript:alert(1)", "Please write a whole address"),
        ("links", "https://fine.example.org\nnonsense", "Please write a whole address"),
        ("capacity", "0", "too small or too large"),
        ("capacity", "many", "integer"),
        ("capacity", "", "where their number is limited"),
        ("shares-0-percent", "101", "too small or too large"),
        ("shares-0-percent", "", "too small or too large"),
        ("shares-0-percent", "lots", "integer"),
        ("shares-0-name-fr", "", "missing in a language"),
        ("shares-1-percent", "30", "This is needed."),
        ("slug", "rsvp", "reserved"),
        ("slug", "Über uns", "small letters"),
        ("floor_languages", "", "at least one language"),
        ("floor_languages", "fr, english", "two or three letters"),
        ("interpretation-0-target", "en", "from one language into another"),
        ("reminders", "soon", "Please write offsets"),
        ("level", "loose", "Please choose one of these."),
        ("visibility", "nobody", "valid choice"),
        ("monolingual", "de", "does not have that language"),
    ],
)
def test_faults_come_back_with_the_form_and_nothing_is_stored(
    signed_in: FlaskClient, session: Session, silos: Series, field: str, value: str, words: str
) -> None:
    monolingual = "en" if field == "title-en" else ""
    data = {**SESSION, "monolingual": monolingual, field: value}
    answer = post(signed_in, "/en/organise/series/silos/sessions/new", data)
    assert answer.status_code == 422
    assert str(escape(words)) in answer.text
    assert "Défi mondial" in answer.text
    session.expire_all()
    assert session.scalars(sa.select(WorkshopSession)).all() == []


def test_an_hour_that_occurs_twice_is_asked_about(signed_in: FlaskClient, session: Session, silos: Series) -> None:
    twice = {**SESSION, "tzid": "Europe/Paris", "starts_wall": "2027-10-31T02:30", "ends_wall": "2027-10-31T04:00"}
    asked = post(signed_in, "/en/organise/series/silos/sessions/new", twice)
    assert asked.status_code == 422
    assert "occurs twice" in asked.text
    assert 'name="fold"' in asked.text
    assert 'name="ends_fold"' not in asked.text
    answer = post(signed_in, "/en/organise/series/silos/sessions/new", {**twice, "fold": "1"})
    assert answer.status_code == 303
    assert _only(session).starts_at == datetime(2027, 10, 31, 1, 30, tzinfo=UTC)


def test_unknown_fields_are_ignored(signed_in: FlaskClient, session: Session, silos: Series) -> None:
    extra = {"is_published": "y", "sequence": "99", "uid": "mine", "series_id": "77", "id": "5", "moderators": "x"}
    assert post(signed_in, "/en/organise/series/silos/sessions/new", {**SESSION, **extra}).status_code == 303
    one = _only(session)
    assert (one.is_published, one.sequence, one.series_id) == (False, 0, silos.id)
    assert one.uid != "mine"


def test_a_looser_level_is_asked_of_people_once_somebody_has_answered(
    signed_in: FlaskClient, session: Session, silos: Series
) -> None:
    post(signed_in, "/en/organise/series/silos/sessions/new", SESSION)
    path = "/en/organise/series/silos/4/edit"
    assert post(signed_in, path, {**SESSION, "level": "discussion", "visibility": "series"}).status_code == 303
    build_answer(session, _only(session))
    session.commit()
    looser = {**SESSION, "level": "on_the_record", "visibility": "series"}
    shown = post(signed_in, path, looser)
    assert shown.status_code == 200
    assert "1 participant is asked." in shown.text
    assert _only(session).level is Level.DISCUSSION
    assert find_proposal(session, _only(session).id) is None
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', shown.text)
    assert seen is not None
    assert post(signed_in, path, {**looser, "confirm": "yes", "seen": seen[1]}).status_code == 303
    assert _only(session).level is Level.DISCUSSION
    proposal = find_proposal(session, _only(session).id)
    assert proposal is not None
    assert proposal.level is Level.ON_THE_RECORD
    # What a looser series would do is asked too: the session keeps its own.
    assert post(signed_in, "/en/organise/series/silos/edit", {**SERIES, "level": "on_the_record"}).status_code == 303
    assert _only(session).level is Level.DISCUSSION
    # A draft has no page yet, so a stricter level needs no preview; it ends what was asked.
    assert post(signed_in, path, {**SESSION, "level": "whole_session", "visibility": "series"}).status_code == 303
    assert _only(session).level is Level.WHOLE_SESSION
    assert find_proposal(session, _only(session).id) is None


def test_a_publication_that_lacks_a_language_says_so(signed_in: FlaskClient, session: Session, silos: Series) -> None:
    post(signed_in, "/en/organise/series/silos/sessions/new", {**SESSION, "title-en": ""})
    answer = post(signed_in, "/en/organise/series/silos/4/publish")
    assert answer.status_code == 422
    assert 'href="/en/organise/series/silos/4/edit#title">The title is missing' in answer.text
    assert _only(session).is_published is False


def test_hostile_text_comes_out_harmless(signed_in: FlaskClient, session: Session, silos: Series) -> None:
    bad = '"><script>alert(1)</script>{{ 7*7 }}\u0000\u001b[31m'
    texts = {key: bad + key for key in SESSION if key.endswith(("-fr", "-en"))}
    assert post(signed_in, "/en/organise/series/silos/sessions/new", {**SESSION, **texts}).status_code == 303
    for path in ("4/edit", "4/move", "4/cancel", "4/answers", "", "edit", "mail"):
        page = signed_in.get(f"/en/organise/series/silos/{path}")
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "7*7" in page.text or path in {"", "edit", "mail", "4/answers"} or "49" not in page.text
    assert "\x00" not in _only(session).title["fr"]


def test_the_forms_read_in_french(signed_in: FlaskClient, silos: Series) -> None:
    page = signed_in.get("/fr/organise/series/silos/sessions/new").text
    assert "Discussion sous la règle" in page
    assert 'lang="fr"' in page
    assert page.index('name="title-fr"') < page.index('name="title-en"')


def test_another_series_may_not_take_a_taken_address(signed_in: FlaskClient, session: Session, silos: Series) -> None:
    build_series(session, slug="foreign")
    session.commit()
    answer = post(signed_in, "/en/organise/series/new", {**SERIES, "slug": "foreign"})
    assert answer.status_code == 422
    assert "This address is taken" in answer.text
    build_session(session, silos, slug="9")
    session.commit()
    answer = post(signed_in, "/en/organise/series/silos/sessions/new", {**SESSION, "slug": "9"})
    assert answer.status_code == 422
