"""The proof: as every audience, over every route, nothing that the Rule protects is found but where its table says so.

Each protected datum of four sessions, one of each level, is a word of its own (`canaries`). First the crawl is shown to
find leaks that are planted: folded within a calendar's line, in a header, as a count in an ETag.
"""

from __future__ import annotations

import email
import email.policy
import io
import itertools
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both
from tests.journeys.canaries import (
    AUDIENCES,
    CODES,
    DIS,
    MAIL,
    MUST,
    NUMBERS,
    REC,
    SERIES,
    TABLE,
    WHO,
    WORDING,
    World,
    allowed,
    canary,
    doors,
    findings,
    place_of,
    plant,
)
from tests.journeys.crawl import SEEDS, Crawl, addresses, as_read, crawl
from tests.web.workspace import sign_in
from workshop import worker
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level
from workshop.core.db import db
from workshop.mail.models import OutboxMessage
from workshop.programme.models import SpeakerSlot
from workshop.programme.rule import facts_of
from workshop.rsvp import emails
from workshop.rsvp.emails.offers import answer_withdrawn
from workshop.rsvp.models import AnswerState
from workshop.web.logs import MaskingFormatter

pytestmark = pytest.mark.usefixtures("clock")
BOTH = pytest.mark.databases("sqlite", "postgresql")
ONE = pytest.mark.databases("sqlite")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Collect what the program logs, as it is written."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(MaskingFormatter())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def known(world: World, token: str = "unknown") -> dict[str, list[object]]:
    """Return what the arguments of routes can be, so that every route is asked about what was planted."""
    return {
        "lang": ["en"],
        "series": [world.series.slug],
        "session": [one.slug for one in world.sessions.values()],
        "uid": [one.uid for one in world.sessions.values()],
        "token": [token],
        "key": [*world.slides.values(), *(canary(one, level) for one in ("noslides", "portrait") for level in Level)],
        "answer": [world.egos[level].id for level in Level],
        "organiser": [one.id for one in world.organisers.values()],
        "slot": [1, 2, 3],
        "person": [one.id for one in world.people.values()],
        "name": ["unknown"],
    }


def _visit(app: Flask, client: FlaskClient, session: Session, world: World, audience: str) -> Crawl:
    seeds = [*SEEDS, *doors(session, world, audience)]
    tokens = {path.split("/")[3] for path in seeds if path.count("/") == 4 and path.endswith("/")} or {"unknown"}
    for token in tokens:
        seeds += addresses(app, known(world, token))
    if audience in world.organisers:
        assert sign_in(client, world.organisers[audience]).status_code == 303
        # Ended by the crawl otherwise.
        seeds = [path for path in seeds if "logout" not in path]
    return crawl(client, seeds, presses=True)


def _is_echo(result: Crawl, path: str, word: str) -> bool:
    """Whether a word was only brought along: the crawl asks for every address that could be, and it comes back."""
    if word not in path.casefold():
        return False
    if result.statuses[path] != 200:
        return result.pages[path].casefold().count(word) <= ECHOES
    return "/login" in path


ECHOES = 4
"""How often an address may come back in the page that refuses it: as itself, and for the other language."""


def _leaks(result: Crawl, audience: str) -> list[str]:
    """Return every finding that the table does not allow."""
    found = []
    for datum in TABLE:
        for level in Level:
            if datum == "draft" and level is not DIS:
                continue
            may, word = allowed(datum, level, audience), canary(datum, level)
            found += [
                f"{datum} of {level.value}: {path} ({result.statuses[path]})"
                for path in result.where(word)
                if place_of(path) not in may and not _is_echo(result, path, word)
            ]
    if audience not in {"organiser", "editor", "answers"}:
        found += [
            f"number of participants of {level.value}: {path}"
            for level, number in NUMBERS.items()
            for path in result.where_number(number)
            if "/static/" not in path
        ]
    return found


@ONE
def test_the_crawl_finds_a_name_folded_within_a_calendar_line(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    world = plant(session)
    name = canary("speaker", WHO)

    @app.after_request
    def leak(response: Response) -> Response:
        if response.mimetype == "text/calendar":
            line = f"X-SPEAKER:{name[:8]}\r\n {name[8:]}\r\nEND:VCALENDAR".encode()
            response.set_data(response.get_data().replace(b"END:VCALENDAR", line))
        return response

    found = _leaks(_visit(app, client, session, world, "public"), "public")
    assert found
    assert all(f"speaker of {WHO.value}" in one and ".ics" in one for one in found)


@ONE
def test_the_crawl_finds_an_address_in_a_header_and_a_count_in_an_etag(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    world = plant(session)

    @app.after_request
    def leak(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.headers["X-Asked-By"] = f"{canary('address', DIS)}-7%40example.org"
            response.headers["ETag"] = f'"{NUMBERS[REC]}"'
        return response

    found = _leaks(_visit(app, client, session, world, "public"), "public")
    assert any(f"address of {DIS.value}" in one for one in found)
    assert any(f"number of participants of {REC.value}" in one for one in found)


def _prove(app: Flask, client: FlaskClient, session: Session, audience: str, lines: io.StringIO) -> None:
    world = plant(session)
    result = _visit(app, client, session, world, audience)
    leaks = "\n".join(_leaks(result, audience))
    assert not leaks, leaks
    assert [path for path, status in result.statuses.items() if status >= 500 and path != "/readyz"] == []
    missing = [
        (datum, level.value, kind)
        for datum, level, who, kind in MUST
        if who == audience and kind not in findings(result.where(canary(datum, level)))
    ]
    assert not missing, "\n".join(map(str, missing))
    _check_traces(app, session, lines)


def _check_traces(app: Flask, session: Session, lines: io.StringIO) -> None:
    """Neither the log of acts nor what the program writes to its own log holds anything of it."""
    rows = session.scalars(sa.select(LogEntry)).all()
    traces = lines.getvalue() + "".join(f"{row.actor} {row.action} {row.object} {row.details}" for row in rows)
    assert "zyx" not in traces.casefold()


@ONE
@pytest.mark.parametrize("audience", [one for one in AUDIENCES if one not in {"public", "participant"}])
def test_each_audience_finds_what_the_table_allows_and_nothing_else(
    app: Flask, client: FlaskClient, session: Session, audience: str, lines: io.StringIO
) -> None:
    _prove(app, client, session, audience, lines)


@BOTH
@pytest.mark.parametrize("audience", ["public", "participant"])
def test_the_public_and_participants_find_what_the_table_allows_and_nothing_else(
    app: Flask, client: FlaskClient, session: Session, audience: str, lines: io.StringIO
) -> None:
    _prove(app, client, session, audience, lines)


@ONE
def test_the_crawl_asks_every_route_that_answers_get(app: Flask, session: Session) -> None:
    """One that is added later too: it is built from the map, with what is known of its arguments."""
    world = plant(session, has_crowd=False)
    asked = set(addresses(app, known(world)).values())
    everything = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    assert len(everything) > 50
    assert everything - asked == set()


# -- mail ----------------------------------------------------------------------------------------------------------


def write_every_mail(session: Session, world: World) -> None:
    ticks = itertools.count(1)

    def now() -> datetime:
        # Each at its own moment: two alike within one would be one message.
        return NOW + timedelta(seconds=next(ticks))

    for level in Level:
        answer = world.egos[level]
        for is_discreet in (False, True):
            answer.participant.is_discreet = is_discreet
            for state in AnswerState:
                answer.state = state
                answer.offer_expires_at = NOW if state is AnswerState.OFFERED else None
                answer.waitlisted_at = NOW if state in {AnswerState.OFFERED, AnswerState.WAITLISTED} else None
                answer.refused_at, answer.refusal_text = NOW, both("Un mot.", "A word.")
                emails.answer_recorded(session, now=now(), answer=answer)
            answer_withdrawn(session, now=now(), answer=answer, words=both("Un mot.", "A word."))
            for state, message in (
                (AnswerState.OFFERED, emails.place_offered),
                (AnswerState.LAPSED, emails.place_lapsed),
                (AnswerState.WAITLISTED, emails.place_free),
                (AnswerState.DECLINED, emails.answer_refused),
                (AnswerState.OFFERED, emails.added_by_hand),
                (AnswerState.ACCEPTED, emails.session_announced),
            ):
                answer.state, answer.offer_expires_at, answer.waitlisted_at = state, NOW, NOW
                message(session, now=now(), answer=answer)
        answer.state = AnswerState.ACCEPTED
        answer.refused_at, answer.offer_expires_at, answer.waitlisted_at = None, None, None
        answer.participant.is_discreet = False
    session.commit()


def _files(folder: Path) -> list[EmailMessage]:
    found = []
    for path in sorted(folder.glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


def _as_read(message: EmailMessage) -> str:
    """Return headers and every part of a message, decoded and unfolded."""
    parts = [f"{name}: {value}" for name, value in message.items()]
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            parts += [str(part.get_filename() or ""), as_read(content)]
    return "\n".join(parts).casefold()


def _level_of(message: EmailMessage) -> Level:
    """Return the level of the session that a message is about: each reader here has answered for one."""
    to = str(message["To"])
    (level,) = [one for one in Level if CODES[one] in to]
    return level


def _written(session: Session, world: World) -> list[tuple[Level, str, str]]:
    """Return (level, subject and sender, everything) of each message to the readers, as it was written."""
    by_answer = {answer.subject: level for level, answer in world.egos.items()}
    rows = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.answer_ref.in_(list(by_answer)))).all()
    return [
        (
            by_answer[row.answer_ref],
            f"{row.subject} {row.sender_name}".casefold(),
            "\n".join(
                (
                    f"{row.subject} {row.sender_name} {row.headers} {row.body_text} {row.body_html}",
                    *(as_read(str(one["content"]).encode()) for one in row.attachments),
                )
            ).casefold(),
        )
        for row in rows
    ]


def _misplaced(level: Level, text: str, to: str = "") -> list[str]:
    """Return the words of a message, about a session of that level, which the table does not allow in mail."""
    found = []
    for datum in TABLE:
        for other in Level:
            word = canary(datum, other)
            is_own = datum in {"address", "invitee", "speakeraddress"} and word in to.casefold()
            # What organisers write goes to those who take part, and to nobody else.
            reader = "participant" if datum == "announcement" else "public"
            may = other is level and (MAIL in allowed(datum, level, reader) or is_own)
            if word in text and not may:
                found.append(f"{datum} of {other.value} for {level.value}")
    return found


@BOTH
def test_mail_holds_what_the_table_allows_and_nothing_else(
    app: Flask, session: Session, instance_path: Path, lines: io.StringIO
) -> None:
    world = plant(session, has_crowd=False)
    write_every_mail(session, world)
    written = _written(session, world)
    assert len(written) > 100
    leaks = [leak for level, _head, text in written for leak in _misplaced(level, text)]
    leaks += [f"series for {level.value}: {head}" for level, head, _text in written if level >= WHO and SERIES in head]
    leaks += [f"wording for {level.value}" for level, _head, text in written if level >= WHO and WORDING in text]
    assert any(WORDING in text for level, _head, text in written if level < WHO)
    for one in world.sessions.values():
        # Everybody who answered is told of another place once somebody says so, and so is who speaks.
        for slot in session.scalars(sa.select(SpeakerSlot).where(SpeakerSlot.workshop_session_id == one.id)):
            slot.told = facts_of(one).to_json()
        one.tell_at = NOW
        one.place = both(f"{canary('place', one.level or DIS)} bis", f"{canary('place', one.level or DIS)} bis")
    session.commit()
    db.session.remove()
    assert worker.run_once(app) == 0
    kinds = set(db.session.scalars(sa.select(OutboxMessage.kind)))
    assert kinds >= {"answer_recorded", "place_offered", "level_asked", "level_asked_speaker", "announcement"}
    assert kinds >= {"session_changed", "session_changed_speaker"}
    files = [(_level_of(message), message, _as_read(message)) for message in _files(instance_path / "mail")]
    assert {level for level, _message, _text in files} == set(Level)
    for level, message, text in files:
        leaks += _misplaced(level, text, str(message["To"]))
        head = f"{message['Subject']} {message['From']}"
        leaks += [f"series for {level.value}: {head}"] if level >= WHO and SERIES in head.casefold() else []
        leaks += [f"wording for {level.value}: {head}"] if level >= WHO and WORDING in text else []
    assert not leaks, "\n".join(sorted(set(leaks)))
    texts = [(level, text) for level, _head, text in written] + [(level, text) for level, _message, text in files]
    announced = {level for level, text in texts if canary("announcement", level) in text}
    assert announced == {REC, DIS}
    said = {(datum, level) for datum in ("title", "place") for level, text in texts if canary(datum, level) in text}
    assert said == {(datum, level) for datum in ("title", "place") for level in (REC, DIS)}
    assert "zyx" not in lines.getvalue().casefold()
