"""Who sees what: each preview is what the real reader finds, and shows nobody real."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy.orm import Session
from time_machine import Traveller

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_item,
    build_organiser,
    build_participant,
    build_person,
    build_series,
    build_session,
)
from tests.web.examples import Examples, build_examples
from tests.web.workspace import sign_in
from workshop.accounts.models import Organiser, Role
from workshop.chatham.rule import Audience, Level, Surface, Visibility, disclosure
from workshop.core.db import Base
from workshop.core.language import speaking
from workshop.core.links import Purpose, cut, issue
from workshop.core.localized import Localized
from workshop.ical import Method
from workshop.mail.models import OutboxMessage
from workshop.organise.readers import ADDRESS, ALIAS
from workshop.programme.models import SlotRole, WorkshopSession
from workshop.reminders.emails import quiet_hours, reminders
from workshop.reminders.schedule import SessionTimes, departures, parse_offsets
from workshop.rsvp.emails import answer_recorded, invitation, invitation_file
from workshop.rsvp.models import Acknowledgement, Answer, Invitation, InvitationKind
from workshop.rsvp.rule import notice_of
from workshop.rsvp.service.standing import acknowledge

pytestmark = pytest.mark.databases("sqlite")
"""What is compared is made of the same objects by the same functions: no database decides any of it."""

BASE = "/en/organise/series/examples"
LEVELS = ("record", "discussion", "whole", "closed")
PAGES = ("public", "invited", "participant", "speaker", "helper")
MESSAGES = (
    "public-calendar",
    "own-calendar",
    "speaker-calendar",
    "organiser-calendar",
    "invitation",
    "confirmation",
    "reminder",
)


@pytest.fixture
def examples(session: Session, clock: Traveller) -> Examples:
    return build_examples(session)


@pytest.fixture
def owner(client: FlaskClient, session: Session, examples: Examples) -> FlaskClient:
    sign_in(client, build_organiser(session, examples.series))
    return client


def main_of(text: str) -> str:
    """Return what a page says between its head and its foot: no preview's banner, no token, no key of a form."""
    found = re.search(r"<main.*?>(.*)</main>", text, re.DOTALL)
    assert found is not None
    body = re.sub(r'<p class="message message-warning" role="status">A preview.*?</p>', "", found[1], flags=re.DOTALL)
    body = re.sub(r'(name="csrf_token"[^>]*value=")[^"]+', r"\1", body)
    body = re.sub(r'(value=")[^"]+("[^>]*name="csrf_token")', r"\1\2", body)
    body = re.sub(r"/(my|join|speaker|invitation)/[\w-]+", r"/\1/TOKEN", body)
    body = re.sub(r"\b[0-9a-f]{24}\b", "KEY", body)
    return re.sub(r"\s+", " ", body).strip()


def part_of(text: str, name: str) -> str:
    found = re.search(rf'<section aria-labelledby="{name}">.*?</section>', main_of(text), re.DOTALL)
    assert found is not None, name
    return found[0]


def words_of(text: str) -> str:
    """Return the words of a page, as a person reads them."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main_of(text)))).strip()


def build_reader(session: Session, one: WorkshopSession, *, is_discreet: bool = False) -> Answer:
    """Return a real participant who is called as the made-up one is, with a seat and the notice acknowledged."""
    participant = build_participant(
        session, one.series, name=ALIAS, address=ADDRESS, language="en", is_discreet=is_discreet
    )
    answer = build_answer(session, one, participant, code="EXEMPLE2", told_level=notice_of(one).level)
    notice = notice_of(one)
    if notice.box is not None:
        acknowledge(session, now=answer.answered_at, answer=answer, notice=notice, language="en")
    session.flush()
    return answer


# -- what it shows is what they see ------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
def test_the_public_page_is_the_public_page(owner: FlaskClient, app: Flask, level: str) -> None:
    preview, real = (
        owner.get(f"{BASE}/{level}/who-sees-what/public"),
        app.test_client().get(f"/en/series/examples/{level}/"),
    )
    assert preview.status_code == real.status_code == (404 if level == "closed" else 200)
    assert main_of(preview.text) == main_of(real.text)


@pytest.mark.parametrize("level", LEVELS)
def test_the_participants_page_is_a_participants_page(
    owner: FlaskClient, app: Flask, session: Session, examples: Examples, level: str
) -> None:
    one: WorkshopSession = getattr(examples, level)
    answer = build_reader(session, one)
    token = issue(session, purpose=Purpose.MY, subject=answer.participant.subject)
    join = issue(session, purpose=Purpose.JOIN, subject=answer.subject)
    assert token != join
    session.commit()
    real = app.test_client().get(f"/en/my/{token}/")
    preview = owner.get(f"{BASE}/{level}/who-sees-what/participant")
    assert preview.status_code == real.status_code == 200
    assert f"Speaker{level.capitalize()}" in real.text
    assert part_of(preview.text, "answers") == part_of(real.text, "answers")
    assert part_of(preview.text, "preferences") == part_of(real.text, "preferences")


@pytest.mark.parametrize("level", LEVELS)
def test_the_invitation_is_an_invitation(
    owner: FlaskClient, app: Flask, session: Session, examples: Examples, now: datetime, level: str
) -> None:
    real_one = Invitation(
        series=examples.series,
        kind=InvitationKind.PERSON,
        address=ADDRESS,
        address_folded=ADDRESS,
        name=ALIAS,
        language="en",
        created_at=now,
        sessions=[getattr(examples, level)],
    )
    session.add(real_one)
    session.flush()
    token = issue(session, purpose=Purpose.INVITATION, subject=real_one.subject)
    message = invitation(session, now=now, invitation=real_one, is_reminder=False)
    mail = session.get_one(OutboxMessage, message)
    sender, subject, text = mail.sender_name, mail.subject, mail.body_text
    session.commit()
    real = app.test_client().get(f"/en/invitation/{token}/")
    preview = owner.get(f"{BASE}/{level}/who-sees-what/invited")
    assert main_of(preview.text) == main_of(real.text)
    assert_shows(owner.get(f"{BASE}/{level}/who-sees-what/invitation").text, sender, subject, text)


@pytest.mark.parametrize("level", LEVELS)
def test_the_speakers_page_is_a_speakers_page(
    owner: FlaskClient, app: Flask, session: Session, examples: Examples, level: str
) -> None:
    preview = owner.get(f"{BASE}/{level}/who-sees-what/speaker")
    one: WorkshopSession = getattr(examples, level)
    person = build_person(
        session,
        examples.series,
        name=ALIAS,
        role=Localized(),
        affiliations=(Localized.neutral("Example"),),
        biography=Localized(),
        email=ADDRESS,
        language="en",
    )
    talk = one.sections[0].items[0]
    from tests.builders import build_slot

    build_slot(session, one, person, talk, role=SlotRole.SPEAKER)
    token = issue(session, purpose=Purpose.SPEAKER, subject=person.subject)
    session.commit()
    real = app.test_client().get(f"/en/speaker/{token}/")
    assert main_of(preview.text) == main_of(real.text)
    assert "Who sees your name now" in real.text


@pytest.mark.parametrize("level", LEVELS)
def test_the_page_of_who_edits_texts_is_a_translators_page(
    owner: FlaskClient, app: Flask, session: Session, examples: Examples, level: str
) -> None:
    translator = app.test_client()
    sign_in(translator, build_organiser(session, examples.series, role=Role.TRANSLATOR))
    real, preview = translator.get(f"{BASE}/{level}/edit"), owner.get(f"{BASE}/{level}/who-sees-what/helper")
    assert main_of(preview.text) == main_of(real.text)
    assert "rooms.example.org" not in preview.text


def assert_shows(page: str, sender: str, subject: str, text: str) -> None:
    words = words_of(page)
    assert subject in words
    assert sender in words
    expected = re.sub(r"\s+", " ", cut(text)).strip()
    assert expected in words


@pytest.mark.parametrize("is_discreet", [False, True])
@pytest.mark.parametrize("level", LEVELS)
def test_the_mails_are_the_mails(
    owner: FlaskClient,
    session: Session,
    examples: Examples,
    now: datetime,
    level: str,
    is_discreet: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    one: WorkshopSession = getattr(examples, level)
    answer = build_reader(session, one, is_discreet=is_discreet)
    answer.participant.created_at = now
    answer_recorded(session, now=now, answer=answer)
    times = SessionTimes(
        id=one.id,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        tzid=one.tzid,
        offsets=parse_offsets(one.series.reminders),
    )
    first = departures(times, quiet=quiet_hours())[0]
    reminders(session, [(answer, first)], now=first.leaves_at)
    sent = {
        one.kind: (one.sender_name, one.subject, one.body_text) for one in session.scalars(sa.select(OutboxMessage))
    }
    session.commit()
    for kind, key in (("answer_recorded", "confirmation"), ("reminder", "reminder")):
        page = owner.get(f"{BASE}/{level}/who-sees-what/{key}{'?discreet=1' if is_discreet else ''}").text
        assert_shows(page, *sent[kind])
        is_neutral = is_discreet or level in {"whole", "closed"}
        card = page[page.index('<article class="reader">') :]
        assert (f"Title{level.capitalize()}" in card) is not is_neutral
        assert ("contact@example.org" in page) is not is_neutral


@pytest.mark.parametrize("level", LEVELS)
def test_the_public_entry_is_the_feeds(owner: FlaskClient, app: Flask, level: str) -> None:
    feed = app.test_client().get("/en/series/examples/calendar.ics")
    entries = {str(event["UID"]): event for event in Calendar.from_ical(feed.text).walk("VEVENT")}
    page = owner.get(f"{BASE}/{level}/who-sees-what/public-calendar").text
    words = words_of(page)
    named = [event for event in entries.values() if str(event["SUMMARY"]) in words]
    if level == "closed":
        assert named == []
        assert "Does not learn that this session exists" in words
        return
    assert len(named) == 1
    assert str(named[0]["LOCATION"]) in words
    assert re.sub(r"\s+", " ", str(named[0].get("DESCRIPTION", ""))).strip() in words
    assert ("Neutral" in words) is (level == "whole")


@pytest.mark.parametrize("is_discreet", [False, True])
@pytest.mark.parametrize("level", LEVELS)
def test_the_own_entry_is_the_one_that_mail_brings(
    owner: FlaskClient,
    session: Session,
    examples: Examples,
    level: str,
    is_discreet: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    answer = build_reader(session, getattr(examples, level), is_discreet=is_discreet)
    with speaking("en"):
        event = Calendar.from_ical(cut(invitation_file(answer, Method.REQUEST, now=NOW)["content"])).walk("VEVENT")[0]
    session.rollback()
    page = owner.get(f"{BASE}/{level}/who-sees-what/own-calendar{'?discreet=1' if is_discreet else ''}").text
    words = words_of(page)
    assert str(event["SUMMARY"]) in words
    assert re.sub(r"\s+", " ", str(event.get("DESCRIPTION", ""))).strip() in words
    assert str(event["CONFERENCE"]) in words


@pytest.mark.parametrize("level", LEVELS)
def test_the_organisers_entry_is_that_of_their_feed(owner: FlaskClient, session: Session, level: str) -> None:
    organiser = session.scalars(sa.select(Organiser)).one()
    organiser.language = "en"
    token = issue(session, purpose=Purpose.FEED, subject=organiser.subject)
    session.commit()
    feed = owner.get(f"/calendar/{token}.ics")
    page = owner.get(f"{BASE}/{level}/who-sees-what/organiser-calendar").text
    words = words_of(page)
    assert "Their own feed, by a secret address." in words
    (event,) = (one for one in Calendar.from_ical(feed.text).walk("VEVENT") if f"{one['SUMMARY']!s} " in f"{words} ")
    assert re.sub(r"\s+", " ", str(event.get("DESCRIPTION", ""))).strip() in words
    facts = facts_of(owner.get(f"{BASE}/{level}/who-sees-what").text, "An organiser’s calendar")
    is_neutral = level in {"whole", "closed"}
    assert facts["How many take part"] == ("no" if is_neutral else "✓ yes")
    assert facts["Way into the room"] == "no"


@pytest.mark.parametrize("level", LEVELS)
def test_the_speakers_entry_says_what_they_do_as_far_as_a_calendar_may(owner: FlaskClient, level: str) -> None:
    page = owner.get(f"{BASE}/{level}/who-sees-what/speaker-calendar").text
    card = page[page.index('<article class="reader">') :]
    is_neutral = level in {"whole", "closed"}
    assert (f"Title{level.capitalize()}" in card) is not is_neutral
    assert (ALIAS in card) is not is_neutral
    overview = owner.get(f"{BASE}/{level}/who-sees-what").text
    assert facts_of(overview, "A speaker’s calendar")["How many take part"] == "no"
    # Whoever is made up for it stands in nobody else's entry.
    for other in ("public", "own", "organiser"):
        assert ALIAS not in words_of(owner.get(f"{BASE}/{level}/who-sees-what/{other}-calendar").text)


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("visibility", Visibility)
def test_what_stands_below_the_table_is_so(level: Level, visibility: Visibility) -> None:
    def shown(audience: Audience, surface: Surface) -> dict[str, Any]:
        return dataclasses.asdict(
            disclosure(level=level, visibility=visibility, audience=audience, surface=surface, has_address=True)
        )

    own = shown(Audience.PARTICIPANT, Surface.CALENDAR)
    assert shown(Audience.SPEAKER, Surface.CALENDAR) == own
    organisers = shown(Audience.ORGANISER, Surface.CALENDAR)
    assert organisers == own | {"participant_count": not own["is_neutral"]}
    page, given = shown(Audience.PUBLIC, Surface.PAGE), shown(Audience.PUBLIC, Surface.JSON)
    assert given["title"] == page["title"]
    more = {name for name, value in given.items() if value is True and not page[name]}
    assert more == set()


def test_the_feed_does_not_hold_what_is_only_unlisted(owner: FlaskClient) -> None:
    words = words_of(owner.get(f"{BASE}/unlisted/who-sees-what").text)
    assert "In no feed: only the download from its page." in words
    assert "The session’s page, by its address" in words


# -- the overview ------------------------------------------------------------------------------------------------------


def facts_of(page: str, reader: str) -> dict[str, str]:
    """Return name → words of what a card says, those shown with a leading tick."""
    card = next(
        found for found in re.findall(r'<article class="reader">.*?</article>', page, re.DOTALL) if reader in found
    )
    lines = re.findall(r'<li class="is-(seen|hidden)">(.*?)</li>', card, re.DOTALL)
    pairs = [(kind, *html.unescape(line).split(": ", 1)) for kind, line in lines]
    return {name: ("✓ " if kind == "seen" else "") + words for kind, name, words in pairs}


@pytest.mark.parametrize(
    ("level", "reader", "names"),
    [
        ("discussion", "The public", "✓ ModeratorDiscussion, SpeakerDiscussion"),
        ("whole", "The public", "no"),
        ("whole", "Somebody invited", "no"),
        ("whole", "Somebody who has a place", "✓ ModeratorWhole, SpeakerWhole"),
        ("whole", "A translator, a helper", "no"),
        ("closed", "Somebody invited", "no"),
        ("closed", "A speaker", "✓ ModeratorClosed, SpeakerClosed"),
    ],
)
def test_a_card_says_whose_names_are_seen(owner: FlaskClient, level: str, reader: str, names: str) -> None:
    facts = facts_of(owner.get(f"{BASE}/{level}/who-sees-what").text, reader)
    assert facts["Names of speakers"] == names
    assert not facts["Who takes part"].startswith("✓") or reader == "A translator, a helper"


@pytest.mark.parametrize(
    ("level", "message", "names", "has_link"),
    [
        ("discussion", "Public calendar", "✓ yes", False),
        ("discussion", "A participant’s calendar", "✓ yes", True),
        ("discussion", "E-mail: the answer is recorded", "no", True),
        ("discussion", "E-mail: the invitation", "no", False),
        ("whole", "Public calendar", "no", False),
        ("whole", "A participant’s calendar", "no", True),
        ("closed", "E-mail: the first reminder", "no", True),
    ],
)
def test_a_message_says_what_its_own_words_tell(
    owner: FlaskClient,
    level: str,
    message: str,
    names: str,
    has_link: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    facts = facts_of(owner.get(f"{BASE}/{level}/who-sees-what").text, message)
    assert facts["Names of speakers"] == names
    assert facts["Way into the room"].startswith("✓") is has_link


def test_whoever_withdrew_their_name_is_counted_and_not_named(
    owner: FlaskClient, session: Session, examples: Examples, now: datetime
) -> None:
    from workshop.chatham.rule import ConsentKind
    from workshop.programme.models import SpeakerConsent

    slot = examples.discussion.sections[0].items[0].slots[0]
    slot.consents.append(SpeakerConsent(kind=ConsentKind.ANNOUNCE_NAME, withdrawn_at=now, recorded_by="test"))
    session.commit()
    facts = facts_of(owner.get(f"{BASE}/discussion/who-sees-what").text, "The public")
    assert facts["Names of speakers"] == "✓ 1 of 2: ModeratorDiscussion"


def test_a_title_that_stands_in_place_of_another_says_so(
    owner: FlaskClient, session: Session, examples: Examples
) -> None:
    page = owner.get(f"{BASE}/whole/who-sees-what").text
    assert facts_of(page, "The public")["Title"].startswith("✓ the real one")
    examples.whole.public_title = both("TitrePublic", "PublicTitle")
    session.commit()
    page = owner.get(f"{BASE}/whole/who-sees-what").text
    assert facts_of(page, "The public")["Title"] == "the public title in place of the real one"
    assert "PublicTitle" in page


def test_a_draft_is_shown_as_if_it_were_published_and_stays_one(
    owner: FlaskClient, app: Flask, session: Session, examples: Examples
) -> None:
    examples.discussion.is_published = False
    session.commit()
    revision = examples.series.revision
    page = owner.get(f"{BASE}/discussion/who-sees-what").text
    assert "is a draft, and nobody else sees any of it" in page
    assert facts_of(page, "The public")["Names of speakers"].startswith("✓")
    for reader in PAGES:
        assert owner.get(f"{BASE}/discussion/who-sees-what/{reader}").status_code == 200
    session.expire_all()
    assert examples.discussion.is_published is False
    assert examples.series.revision == revision
    assert app.test_client().get("/en/series/examples/discussion/").status_code == 404


@pytest.mark.parametrize("level", list(Level))
def test_the_table_is_shown_for_every_level(owner: FlaskClient, level: Level) -> None:
    page = owner.get(f"{BASE}/discussion/who-sees-what?level={level.value}").text
    is_own = level is Level.DISCUSSION
    assert ("This session has this level." in page) is is_own
    assert page.count('<th scope="row">') == 15


def test_nothing_is_stored_and_no_log_row_is_needed(owner: FlaskClient, session: Session) -> None:
    def rows() -> dict[str, int]:
        session.expire_all()
        tables = Base.metadata.sorted_tables
        return {one.name: session.scalar(sa.select(sa.func.count()).select_from(one)) or 0 for one in tables}

    owner.get(f"{BASE}/whole/who-sees-what")
    before = rows()
    for reader in ("", *(f"/{one}" for one in (*PAGES, *MESSAGES))):
        assert owner.get(f"{BASE}/whole/who-sees-what{reader}").status_code == 200, reader
    assert rows() == before


def test_nobody_real_is_on_any_of_it(owner: FlaskClient, session: Session, examples: Examples) -> None:
    for number in range(3):
        participant = build_participant(
            session, examples.series, name=f"Canary{number}", address=f"canary{number}@example.org", affiliation="Cage"
        )
        build_answer(session, examples.discussion, participant)
    session.commit()
    for reader in ("", *(f"/{one}" for one in (*PAGES, *MESSAGES))):
        page = owner.get(f"{BASE}/discussion/who-sees-what{reader}").text
        assert "Canary" not in page
        assert "canary" not in page
        assert "Cage" not in page
        assert "RoomDiscussion" not in page


def test_nothing_on_a_preview_can_be_sent(owner: FlaskClient) -> None:
    for reader in PAGES:
        answer = owner.get(f"{BASE}/discussion/who-sees-what/{reader}")
        assert "form-action 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "A preview for the organisers" in answer.text
    assert "form-action 'self'" in owner.get(f"{BASE}/discussion/edit").headers["Content-Security-Policy"]


@pytest.mark.parametrize("role", [Role.ANSWERS, Role.TRANSLATOR, Role.HELPER, Role.PARTNER])
def test_only_whoever_manages_the_series_sees_it(app: Flask, session: Session, examples: Examples, role: Role) -> None:
    client = app.test_client()
    organisation = "Partner" if role is Role.PARTNER else ""
    found = build_organiser(session, examples.series, role=role)
    found.roles[0].organisation = organisation
    sign_in(client, found)
    for reader in ("", *(f"/{one}" for one in (*PAGES, *MESSAGES))):
        assert client.get(f"{BASE}/discussion/who-sees-what{reader}").status_code == 404
    assert "who-sees-what" not in client.get(f"{BASE}/").text


def test_an_unknown_reader_is_nobody(owner: FlaskClient) -> None:
    assert owner.get(f"{BASE}/discussion/who-sees-what/minister").status_code == 404


def test_the_session_leads_to_it(owner: FlaskClient) -> None:
    assert f'href="{BASE}/discussion/who-sees-what"' in owner.get(f"{BASE}/").text


@pytest.mark.parametrize("reader", ["", "/participant", "/speaker", "/invited"])
def test_it_takes_as_many_statements_for_a_full_session_as_for_a_small_one(
    owner: FlaskClient,
    session: Session,
    examples: Examples,
    counted: Callable[[], AbstractContextManager[list[str]]],
    reader: str,
) -> None:
    address = f"{BASE}/discussion/who-sees-what{reader}"
    owner.get(address)
    with counted() as few:
        owner.get(address)
    for number in range(10):
        person = build_person(session, examples.series)
        build_item(session, examples.discussion, speakers=[person], title=both(f"Exposé {number}", f"Talk {number}"))
        build_answer(session, examples.discussion)
        build_session(session, examples.series, slug=f"s{number}")
    session.commit()
    with counted() as many:
        owner.get(address)
    assert len(few) == len(many)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("state", ["past", "cancelled", "hidden", "items", "alone"])
def test_it_is_there_whatever_the_session_is(
    client: FlaskClient, session: Session, clock: Traveller, now: datetime, language: str, state: str
) -> None:
    clock.move_to(now)
    values: dict[str, Any] = {}
    if state == "hidden":
        values["visibility"] = Visibility.INVITE_ONLY
    if state == "alone":
        values |= {"reminders": (), "abstract": Localized(), "capacity": 3}
    series = build_series(session, slug="mine")
    one = build_session(session, series, slug="1", **values)
    if state == "items":
        build_item(session, one, level=Level.WHOLE_SESSION, speakers=[build_person(session, series)])
    if state == "cancelled":
        from workshop.programme.models import SessionStatus

        one.status = SessionStatus.CANCELLED
    sign_in(client, build_organiser(session, series))
    if state == "past":
        clock.shift(60 * 60 * 24 * 30)
        sign_in(client, build_organiser(session, series))
    for reader in ("", *(f"/{found}" for found in (*PAGES, *MESSAGES))):
        status = client.get(f"/{language}/organise/series/mine/1/who-sees-what{reader}").status_code
        assert status == (404 if state == "hidden" and reader == "/public" else 200), reader


def test_an_acknowledged_notice_is_not_asked_for_again(session: Session, owner: FlaskClient) -> None:
    assert session.scalars(sa.select(Acknowledgement)).all() == []
    assert 'name="acknowledge_rule"' not in owner.get(f"{BASE}/whole/who-sees-what/participant").text
