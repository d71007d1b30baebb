"""One corpus of hostile strings in every text of both languages comes out harmless wherever it is shown."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    build_answer,
    build_committee_member,
    build_item,
    build_organiser,
    build_participant,
    build_partner,
    build_person,
    build_section,
    build_series,
    build_session,
    build_slot,
)
from tests.web.rsvp.visitor import my_path
from tests.web.workspace import sign_in
from workshop.core.links import Purpose, issue
from workshop.core.localized import Localized
from workshop.mail.delivery import make_draft
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Question, QuestionKind, WorkshopSession
from workshop.rsvp.emails import answer_recorded, confirm_address, session_announced

pytestmark = pytest.mark.usefixtures("clock")

CORPUS = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>' autofocus onfocus='alert(1)",
    "[a](javascript:alert(1)) [b](data:text/html;base64,PHN2Zz4=) ![c](https://evil.example.org/p.png) <javascript:x>",
    "{{7*7}} {% raw %} %(name)s %s ${7*7}",
    "a\r\nBcc: evil@example.org\r\nX-Evil: 1\u2028ATTACH:https://evil.example.org\u2029\x85BEGIN:VALARM\x01\x1b[31m",
    "[[link:my:00000000000000000000000000000000]] </textarea></title></style><svg/onload=alert(1)>",
    "<a href='vbscript:x' style='position:fixed'>\\;,\\n</a><!-- ]]> -->",
)
ALLOWED = re.compile(r"(https?|webcal|mailto):|[/#?]|$")


class _Reader(HTMLParser):
    """Collects what a browser would act on."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in {"iframe", "object", "embed", "base", "style", "img"}:
            self.faults.append(tag)
        # A block of data is no script: no browser runs it, whatever stands in it.
        is_data = tag == "script" and values == {"type": "application/ld+json"}
        if tag == "script" and not is_data and not values.get("src", "").startswith("/static/"):
            self.faults.append(f"script {values}")
        for name, value in values.items():
            if name.startswith("on") or (name in {"href", "src", "action"} and not ALLOWED.match(value.strip())):
                self.faults.append(f"{tag} {name}={value}")


def _faults(html: str) -> list[str]:
    reader = _Reader()
    reader.feed(html)
    return reader.faults


def _both(text: str) -> Localized:
    return Localized({"fr": text, "en": f"{text} EN"})


def _series(session: Session, text: str) -> WorkshopSession:
    """Return a session of which every text is hostile, its level `on_the_record`."""
    both = _both(text)
    series = build_series(
        session, slug="serie", title=both, subtitle=both, kind=both, description=both, sender_name=both, controller=both,
    )  # fmt: skip
    person = build_person(session, series, name=text, role=both, affiliations=(both,), biography=both)
    build_committee_member(session, series, person)
    build_partner(session, series, name=both, role=both)
    one = build_session(
        session, series, slug="1", title=both, label=both, short_title=both, public_title=both, abstract=both,
        objectives=(both, both), place=both, interpretation=({"from": "fr", "into": "en", "scope": both.to_json()},),
    )  # fmt: skip
    one.capacity, one.shares = 10, ({"key": "a", "name": both.to_json(), "percent": 30},)
    options = ({"key": "a", "text": both.to_json()}, {"key": "b", "text": both.to_json()})
    session.add_all(
        Question(series_id=series.id, position=0, kind=kind, text=both, reason=both, options=options)
        for kind in QuestionKind
    )
    build_partner(session, series, one, name=both, role=both)
    build_section(session, one, title=both)
    build_item(session, one, title=both, abstract=both, speakers=[person], moderators=[person])
    build_slot(session, one, person)
    return one


@pytest.mark.parametrize("text", CORPUS)
def test_on_every_page_in_calendars_and_in_mail(app: Flask, client: FlaskClient, session: Session, text: str) -> None:
    one = _series(session, text)
    participant = build_participant(
        session, one.series, address="someone@example.org", name=text[:200], affiliation=text[:300]
    )
    answer = build_answer(session, one, participant)
    confirm_address(session, now=NOW, participant=participant, session_ids=[one.id], language="fr")
    answer_recorded(session, now=NOW, answer=answer)
    session_announced(session, now=NOW, answer=answer)
    join = issue(session, purpose=Purpose.JOIN, subject=answer.subject)
    organiser = build_organiser(session, one.series)
    session.commit()
    mine = my_path(session).split("/", 2)[2]
    outside = ["", "series/serie/", "series/serie/1/", "series/serie/subscribe", "series/serie/1/rsvp", "privacy"]
    outside += ["series/serie/rsvp", "series/serie/rsvp/sent", "series/serie/embed"]
    inside = ["organise/", "organise/series/serie/"]
    inside += [f"organise/series/serie/{page}" for page in ("edit", "mail", "sessions/new")]
    inside += [f"organise/series/serie/1/{page}" for page in ("edit", "move", "cancel", "answers")]
    _check_pages(client, [*outside, "series/serie/1/rsvp/sent", mine, f"join/{join}"])
    _check_calendars(client)
    sign_in(client, organiser)
    _check_pages(client, inside)
    for message in session.scalars(sa.select(OutboxMessage)):
        _check_mail(make_draft(session, message).octets)


def _check_pages(client: FlaskClient, pages: list[str]) -> None:
    for language in ("fr", "en"):
        for page in pages:
            answer = client.get(f"/{language}/{page}")
            assert answer.status_code == 200, page
            assert _faults(answer.text) == [], page
            assert "evil" not in str(answer.headers).lower(), page


def _check_calendars(client: FlaskClient) -> None:
    for path in ("/fr/calendar.ics", "/fr/series/serie/calendar.ics", "/en/series/serie/1/session.ics"):
        answer = client.get(path)
        assert answer.status_code == 200
        lines = re.sub(r"\r\n[ \t]", "", answer.text).split("\r\n")
        assert not [line for line in lines if line.startswith(("ATTACH", "BEGIN:VALARM", "Bcc", "X-Evil"))]
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]", answer.text)
        assert len(re.findall("\n", answer.text)) == len(re.findall("\r\n", answer.text))


def _check_mail(octets: bytes) -> None:
    message: Any = message_from_bytes(octets, policy=default)
    assert {"Bcc", "X-Evil"} & set(message.keys()) == set()
    assert [header for header in ("From", "To", "Subject") if len(message.get_all(header)) != 1] == []
    assert message["To"] == "someone@example.org"
    for part in message.walk():
        if part.get_content_type() == "text/html":
            assert _faults(part.get_content()) == []
