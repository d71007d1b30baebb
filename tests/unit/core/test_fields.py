"""The form fields that features share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import Form

from workshop.core import clock
from workshop.core.fields import (
    AddressField,
    BotTrap,
    CodesField,
    LineField,
    LinesField,
    LinkField,
    LocalizedField,
    LocalizedLinesField,
    LocalizedRequired,
    LocalizedTextField,
    TextField,
    WallTimeField,
    ZoneField,
    check_link,
)
from workshop.core.localized import Localized


class Everything(Form):  # type: ignore[misc] # WTForms ships no types
    title = LocalizedField("Title", validators=[LocalizedRequired()], max_length=20)
    body = LocalizedTextField("Body")
    goals = LocalizedLinesField("Goals")
    line = LineField("Line")
    text = TextField("Text")
    at = WallTimeField("At")
    tzid = ZoneField("Zone", may_be_empty=True)
    codes = CodesField("Codes")
    links = LinesField("Links", check=check_link, max_items=2)
    link = LinkField("Link")
    email = AddressField("Email")


class Trapped(FlaskForm, BotTrap):  # type: ignore[misc] # Flask-WTF ships no types
    name = LineField("Name")


@pytest.fixture(autouse=True)
def context(app: Flask) -> Iterator[None]:
    with app.test_request_context("/en/"):
        yield


def _filled(values: dict[str, Any], **data: Any) -> Everything:
    form = Everything(MultiDict({"title-en": "Title", **values}), data=data)
    form.validate()
    return form


def test_each_language_has_its_own_input() -> None:
    form = Everything(data={"title": Localized({"fr": 'Un "titre" <b>'})})
    first, second = form.title
    assert [(one.name, one.id, one.language_name) for one in (first, second)] == [
        ("title-fr", "title-fr", "Français"),
        ("title-en", "title-en", "English"),
    ]
    assert 'value="Un &#34;titre&#34; &lt;b&gt;"' in first(size=4)
    assert 'lang="fr"' in first()
    assert "<b>" not in str(form.title())


def test_what_was_typed_becomes_a_text_in_several_languages() -> None:
    form = _filled({"title-fr": " Un\n titre\u00a0: deux ", "title-en": "A title"})
    assert form.title.data == Localized({"fr": "Un titre\u00a0: deux", "en": "A title"})
    assert _filled({"title-fr": "Zoom", "title-en": "Zoom"}).title.data == Localized.neutral("Zoom")


def test_a_neutral_text_takes_a_word_of_its_own_in_each_language() -> None:
    form = _filled({"title-fr": "Médecins", "title-en": "Doctors"}, title=Localized.neutral("Inserm"))
    assert form.title.data == Localized({"fr": "Médecins", "en": "Doctors"})


def test_a_language_without_an_input_is_kept() -> None:
    form = _filled({"title-fr": "Deux", "title-en": ""}, title=Localized({"de": "Eins", "fr": "Un", "en": "One"}))
    assert form.title.data == Localized({"de": "Eins", "fr": "Deux"})


def test_a_neutral_text_comes_back_neutral() -> None:
    form = Everything(data={"title": Localized.neutral("Inserm")})
    assert [one.value for one in form.title] == ["Inserm", "Inserm"]


def test_at_least_one_language_is_needed_and_none_may_be_too_long() -> None:
    empty = _filled({"title-en": "  "})
    assert [str(error) for error in empty.title.errors] == ["Please write this in at least one language."]
    assert _filled({"title-fr": "x" * 21}).title.errors


def test_objectives_belong_together_line_by_line() -> None:
    form = _filled({"goals-fr": "Un\r\n\r\nTrois\r\n", "goals-en": "One\r\nTwo\r\n\r\n\r\n"})
    goals = (Localized({"fr": "Un", "en": "One"}), Localized({"en": "Two"}), Localized({"fr": "Trois"}))
    assert form.goals.data == goals
    shown = Everything(data={"goals": (Localized({"en": "Only"}), *goals)})
    french = next(iter(shown.goals))
    assert french.value == "\nUn\n\nTrois"
    # The first line break after the tag is the browser's to drop; the second is the empty line.
    assert ">\n\nUn" in french()


def test_controls_never_reach_the_database() -> None:
    form = _filled({"line": "a\x00b\x1b[31m\u2028c", "text": "a\x00\r\nb\u2029c", "body-fr": "x\x00\r\n\r\ny"})
    assert form.line.data == "ab[31m c"
    assert form.text.data == "a\nb\nc"
    assert form.body.data == Localized({"fr": "x\n\ny"})


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2026-10-26T18:00", datetime(2026, 10, 26, 18)),  # noqa: DTZ001 (a wall time)
        ("2026-10-26T18:00:59", datetime(2026, 10, 26, 18)),  # noqa: DTZ001 (a wall time)
        ("", None),
    ],
)
def test_wall_times_are_naive_and_to_the_minute(typed: str, expected: datetime | None) -> None:
    form = _filled({"at": typed})
    assert (form.at.data, list(form.at.errors)) == (expected, [])


@pytest.mark.parametrize("typed", ["26/10/2026", "0001-01-01T00:00", "9999-12-31T23:59", "2026-02-30T10:00", "x"])
def test_impossible_wall_times_are_refused_and_shown_again(typed: str) -> None:
    form = _filled({"at": typed})
    assert form.at.data is None
    assert len(form.at.errors) == 1
    assert typed in str(form.at())


def test_zones_are_those_that_exist() -> None:
    assert not _filled({"tzid": "America/Toronto"}).tzid.errors
    assert not _filled({"tzid": ""}).tzid.errors
    for bad in ("Mars/Olympus", "../../etc/passwd", "europe/paris"):
        assert _filled({"tzid": bad}).tzid.errors
    assert "Europe/Paris" in Everything().tzid.choices


def test_codes_and_links_are_lists() -> None:
    form = _filled({"codes": "FR, en;de", "links": "https://a.example.org\n\n https://b.example.org "})
    assert form.codes.data == ("fr", "en", "de")
    assert form.links.data == ("https://a.example.org", "https://b.example.org")
    assert _filled({"codes": "fr, fr"}).codes.errors
    assert _filled({"codes": "french"}).codes.errors
    assert _filled({"links": "https://a.example.org\n" * 3}).links.errors
    for bad in ("javascript:alert(1)", "ftp://a.example.org", "https://", "https://[bad", "//a.example.org"):
        assert _filled({"links": bad}).links.errors
        assert _filled({"link": bad}).link.errors


def test_addresses_are_checked_without_asking_anybody() -> None:
    assert _filled({"email": " Ana@EXAMPLE.org "}).email.data == "Ana@example.org"
    assert not _filled({"email": ""}).email.errors
    for bad in ("ana", "ana@", "a b@example.org", "ana@example.org\nBcc: x@example.org"):
        assert _filled({"email": bad}).email.errors


@pytest.mark.rate_limits
def test_a_form_that_comes_back_at_once_is_a_robots() -> None:
    token = Trapped().csrf_token.current_token
    form = Trapped(MultiDict({"csrf_token": token, "name": "x", "website": ""}))
    assert not form.is_trapped
    assert form.is_too_fast(clock.now())
    assert not form.is_too_fast(clock.now() + timedelta(seconds=5))
    assert Trapped(MultiDict({"csrf_token": "forged"})).is_too_fast(clock.now() + timedelta(days=1))


def test_the_honeypot_tells_and_measuring_lifts_the_minimum_time() -> None:
    assert Trapped(MultiDict({"website": "https://spam.example.org"})).is_trapped
    assert not Trapped(MultiDict({})).is_too_fast()
