"""The macros that every page uses."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from workshop.chatham.rule import Level
from workshop.core.fields import HoneypotField, LineField, LocalizedField, LocalizedRequired, ZoneField
from workshop.core.localized import Localized
from workshop.web.globals import relative_day

pytestmark = pytest.mark.databases("sqlite")
Render = Callable[..., str]


@dataclass(frozen=True)
class Span:
    starts_at: datetime = datetime(2026, 11, 25, 15, tzinfo=UTC)
    ends_at: datetime = datetime(2026, 11, 25, 17, tzinfo=UTC)
    tzid: str = "Europe/Paris"


class Form(FlaskForm):  # type: ignore[misc] # Flask-WTF ships no types
    name = LineField("Name", [InputRequired("Please give a name.")], description="An alias is enough.")
    answer = RadioField(
        "Answer",
        choices=[SelectChoice("yes", "Yes"), SelectChoice("no", "No")],
        validators=[InputRequired("Please choose.")],
    )
    box = BooleanField("I have read this.", [InputRequired("Please tick the box.")])
    zone = ZoneField("Zone")
    title = LocalizedField("Title", [LocalizedRequired()])
    website = HoneypotField("Leave this empty")


@pytest.fixture
def render(app: Flask) -> Render:
    def do(source: str, path: str = "/en/nothing", **values: Any) -> str:
        found = re.findall(r"\b(text|companion|rich|when|other_clock|zone_chooser|sign|field|errors)\(", source)
        homes = {
            "text": "text",
            "companion": "text",
            "rich": "text",
            "sign": "level",
            "field": "form",
            "errors": "form",
        }
        imports = "".join(
            f'{{% from "web/macros/{homes.get(name, "time")}.html" import {name} %}}' for name in dict.fromkeys(found)
        )
        with app.test_request_context(path):
            app.preprocess_request()
            try:
                return render_template_string(imports + source, **values)
            finally:
                app.do_teardown_request()

    return do


def test_a_text_in_another_language_says_so(render: Render) -> None:
    only_french = Localized({"fr": "L'usage : oui"})
    html = render("{{ text(t) }}", t=only_french)
    assert '<span lang="fr">L’usage\u00a0: oui</span>' in html
    assert "(in French)" in html
    assert "lang=" not in render("{{ text(t) }}", "/fr/nothing", t=only_french)
    assert render("{{ text(t) }}", t=Localized.neutral("Inserm")) == "Inserm"
    assert render("{{ companion(t) }}", t=only_french) == ""


def test_the_companion_is_the_other_language(render: Render) -> None:
    both = Localized({"fr": "Bonjour", "en": "Hello <b>"})
    assert render("{{ text(t) }}{{ companion(t) }}", t=both) == (
        'Hello &lt;b&gt;<span class="companion" lang="fr">Bonjour</span>'
    )


def test_markdown_is_set_and_safe(render: Render) -> None:
    html = render("{{ rich(t) }}", t=Localized({"fr": "*Oui* <script>x</script>"}))
    assert "<em>Oui</em>" in html
    assert "<script" not in html
    assert 'lang="fr"' in html
    assert "This text exists in French only." in html


def test_a_time_names_everything(render: Render, clock: Any) -> None:
    html = render("{{ when(s) }}", s=Span())
    plain = re.sub("<[^>]+>", "", html)
    assert plain == "Wednesday 25 November 2026, 16:00–18:00, Paris time (UTC+1) in 3 days"
    assert 'datetime="2026-11-25T15:00:00Z"' in html


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_clock_to_choose_has_a_name_of_its_own(render: Render, language: str) -> None:
    html = render("{{ zone_chooser(s) }}", f"/{language}/nothing", s=Span())
    names = re.findall(r'<option value="[^"]+">([^<]+)<', html)
    assert len(names) == len(set(names))
    assert {"UTC", "Buenos Aires (UTC−3)"} <= set(names)
    assert not [name for name in names if "/" in name]


def test_a_chosen_zone_shows_its_clock_without_a_script(render: Render) -> None:
    tokyo = render("{{ other_clock(s) }}", "/en/nothing?tz=Asia/Tokyo", s=Span())
    assert "Thursday 26 November 2026" in tokyo
    assert "hidden" not in tokyo
    assert render("{{ other_clock(s) }}", "/en/nothing?tz=Europe/Brussels", s=Span()) == ""
    assert "hidden data-clock" in render("{{ other_clock(s) }}", "/en/nothing?tz=Nowhere/Else", s=Span())
    assert 'value="Asia/Tokyo" selected' in render("{{ zone_chooser(s) }}", "/en/nothing?tz=Asia/Tokyo", s=Span())


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "today"), (1, "tomorrow"), (-1, "yesterday"), (2, "in 2 days"), (13, "in 13 days"), (21, "in 3 weeks"),
     (150, "in 5 months"), (-3, "3 days ago"), (-21, "3 weeks ago"), (-60, "")],
)  # fmt: skip
def test_how_far_away_a_day_is(app: Flask, now: datetime, days: int, words: str) -> None:
    with app.test_request_context("/en/nothing"):
        app.preprocess_request()
        assert relative_day(now + timedelta(days=days), "Europe/Paris", now) == words
        app.do_teardown_request()


@pytest.mark.parametrize("level", list(Level))
def test_the_sign_is_a_word_and_a_shape_that_leads_to_its_explanation(app: Flask, render: Render, level: Level) -> None:
    html = render("{{ sign(level, link=false) }}", level=level)
    assert "<svg" in html
    assert re.search(r"</svg>[A-Z][\w ]+</span>", html)
    assert f'href="/en/rule#{level.value}"' in render("{{ sign(level) }}", level=level)


def test_each_field_is_tied_to_its_hint_and_error(render: Render, app: Flask) -> None:
    with app.test_request_context("/en/nothing", method="POST"):
        form = Form(meta={"csrf": False})
        form.validate()
    source = "{{ errors(form) }}{% for one in form %}{{ field(one) }}{% endfor %}"
    html = render(source, form=form)
    assert re.search(r'<input aria-describedby="name-hint name-error" aria-invalid="true"[^>]* id="name"', html)
    assert 'id="name-hint">An alias is enough.' in html
    assert '<a href="#name">Name: Please give a name.</a>' in html
    assert '<a href="#box">Please tick the box.</a>' in html
    assert '<fieldset class="field options has-error" id="answer" aria-describedby="answer-error">' in html
    assert "(required)" in html
    assert 'lang="fr"' in html
    assert 'lang="en"' in html
    assert 'aria-describedby="title-error"' in html
    assert 'list="zone-list"' in html
    assert re.search(r'class="trap" aria-hidden="true".*tabindex="-1"', html)
    ids = re.findall(r'\sid="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'for="([^"]+)"', html)) <= set(ids)
