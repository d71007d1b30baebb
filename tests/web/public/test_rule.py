"""The page about the Rule: each level for whoever takes part, speaks or organises, and what no software can do."""

from __future__ import annotations

import html
import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.examples import statements
from workshop.chatham.notices import LABELS, current_notice
from workshop.chatham.rule import Level

pytestmark = pytest.mark.databases("sqlite")


def _text(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def _section(page: str, level: Level) -> str:
    found = re.search(rf'<section id="{level.value}">(.*?)</section>', page, re.DOTALL)
    assert found
    return found[1]


@pytest.mark.parametrize("level", Level)
def test_each_level_says_what_it_means_for_whom(client: FlaskClient, level: Level) -> None:
    page = client.get("/en/rule").text
    section = _section(page, level)
    assert f'href="#{level.value}"' in page
    headings = [_text(one) for one in re.findall(r"<h3>(.*?)</h3>", section)]
    assert headings == [
        "If you take part",
        "If you speak or moderate",
        "If you organise",
        "The notice that you read before you answer",
    ]
    assert all(len(re.findall("<li>", one)) >= 2 for one in section.split("<h3>")[1:4])
    assert LABELS[level]["en"] in _text(section)
    assert current_notice(level).text["en"] in _text(section)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_notice_stands_word_for_word_in_the_page_s_language(client: FlaskClient, language: str) -> None:
    page = client.get(f"/{language}/rule")
    assert page.status_code == 200
    for level in Level:
        expected = " ".join(current_notice(level).text[language].replace("\u202f", " ").replace("\xa0", " ").split())
        assert expected in _text(_section(page.text, level)).replace("\u202f", " ").replace("\xa0", " ")


def test_it_says_what_the_software_does_and_what_it_cannot_do(client: FlaskClient) -> None:
    text = _text(client.get("/en/rule").text)
    for words in (
        "nothing is loosened until every one of them has agreed",
        "They cannot change the notice.",
        "You can also do without calendar files altogether.",
        "It cannot recall copies",
        "photographing a screen",
        "by their style, a nickname",
        "Details that are harmless one by one can name somebody together.",
        "In a small group",
        "mail providers know who is written to",
        "they see the list",
    ):
        assert words in text


def test_it_is_one_page_for_everybody_that_asks_the_database_nothing_of_anybody(
    app: Flask, client: FlaskClient
) -> None:
    page = client.get("/en/rule")
    assert len(page.data) < 60_000
    with statements(app) as sent:
        client.get("/en/rule")
    assert sent == []
