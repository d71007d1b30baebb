"""Templates in each language, and text that must stay text."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.unit.mail.conftest import put
from workshop.core.language import speaking
from workshop.core.localized import Localized
from workshop.mail import delivery, render

pytestmark = pytest.mark.databases("sqlite")
GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "mail"
HOSTILE = (
    "http://evil.example/login",
    "evil.example",
    "www.evil.example",
    "mailto:evil@evil.example",
    "Ana\r\n\r\nhttps://evil.example",
    "[[link:my:00000000000000000000000000000000]]",
    "<a href=https://evil.example>Ana</a>",
)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_base_is_as_it_was_looked_at(session: Session, now: datetime, language: str, tmp_path: Path) -> None:
    message = put(session, now, language=language, recipient="ana@example.org", headers={"Reply-To": "c@example.org"})
    message.message_id = "<0123456789abcdef0123456789abcdef@localhost>"
    octets = delivery.make_draft(session, message).octets
    parsed = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    shown = [f"{name}: {value}" for name, value in parsed.items() if name != "Content-Type"]
    for part in parsed.iter_parts():
        shown += ["", f"=== {part.get_content_type()}", "", part.get_content()]
    actual = "\n".join(shown).replace("\r\n", "\n")
    golden = GOLDEN / f"base.{language}.txt"
    if not golden.is_file() or golden.read_text("utf-8") != actual:
        copy = tmp_path / golden.name
        copy.write_text(actual, "utf-8")
        pytest.fail(f"{golden.name} changed; if that is meant, copy {copy} over {golden}")


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_participant_typed_never_becomes_a_link(app: Flask, name: str) -> None:
    with app.app_context(), speaking("fr"):
        for template in ("{{ name | unlinked }}", "{% autoescape true %}{{ name | unlinked }}{% endautoescape %}"):
            shown = render._environment().from_string(template).render(name=name)
            assert "\n" not in shown
            assert not re.search(r"\w\.\w|://|\w@\w|\[\[link", shown)
        assert "<" not in shown  # the last one is HTML


def test_a_harmless_name_stays_readable() -> None:
    assert render.unlinked("Zoë  O’Hara") == "Zoë O’Hara"
    assert render.unlinked("Dr. No").replace("\u200b", "") == "Dr. No"


def test_only_html_is_escaped_and_macros_agree(app: Flask) -> None:
    values = {
        "title": Localized({"en": "Harm & “reduction”"}),
        "starts": datetime(2026, 10, 26, 17, tzinfo=UTC),
        "ends": datetime(2026, 10, 26, 19, tzinfo=UTC),
    }
    body = (
        "{{% from 'mail/macros.{0}' import text, link, when with context %}}"
        "{{{{ text(title) }}}} {{{{ link('Voir', 'http://127.0.0.1/?a=1&b=2') }}}}"
        "{{{{ when(starts, ends, 'Europe/Paris', 'America/Toronto') }}}}"
    )
    with app.app_context(), speaking("fr"):
        environment = render._environment()
        plain = environment.from_string(body.format("txt")).render(values)
        rich = environment.from_string("{% autoescape true %}" + body.format("html") + "{% endautoescape %}")
        html = rich.render(values)
    assert "Harm & “reduction” (anglais)" in plain
    assert '<span lang="en">Harm &amp; “reduction”</span> (anglais)' in html
    assert "http://127.0.0.1/?a=1&b=2" in plain
    assert 'href="http://127.0.0.1/?a=1&amp;b=2"' in html
    for shown in (plain, html):
        assert "lundi 26 octobre 2026, 18\u00a0h\u00a0–\u00a020\u00a0h, heure de Paris (UTC+1)" in shown
        assert "13\u00a0h\u00a0–\u00a015\u00a0h, heure de Toronto (UTC−4)" in shown


def test_html_is_one_column_without_anything_remote(session: Session, now: datetime) -> None:
    html = put(session, now).body_html
    assert not re.search(r"<(img|link|script|style|table)|url\(|https?://", html)


def test_a_subject_is_one_line(session: Session, now: datetime, app: Flask) -> None:
    assert render.clean_line("A\r\nBcc: x\u2028 \x00 y\u00a0z") == "A Bcc: x y\u00a0z"
    assert "\n" not in put(session, now).subject


def test_long_ids_and_links_in_headers_stay_whole(session: Session, now: datetime) -> None:
    url = "<https://workshops.example.org/fr/unsubscribe/" + "a" * 100 + ">"
    message = put(session, now, headers={"List-Unsubscribe": url, "References": f"<{'b' * 90}@example.org>"})
    octets = delivery.make_draft(session, message).octets
    assert f"List-Unsubscribe: {url}\r\n".encode() in octets
    assert f"References: <{'b' * 90}@example.org>\r\n".encode() in octets


def test_line_breaks_never_reach_a_header(session: Session, now: datetime) -> None:
    message = put(session, now)
    message.headers = {"Reply-To": "a@example.org\r\nBcc: b@example.org"}
    with pytest.raises(ValueError, match="line break"):
        _ = delivery.make_draft(session, message).octets
