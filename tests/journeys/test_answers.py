"""What participants do alone, and organisers with them, in a real browser, mail and time included."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from tests.builders import PASSWORD, both, build_answer, build_organiser, build_series, build_session
from tests.conftest import LiveServer
from tests.journeys.inbox import Inbox, link_in, text_of
from workshop import worker
from workshop.core.db import Base, db
from workshop.programme.models import WorkshopSession
from workshop.rsvp import emails
from workshop.rsvp.models import Answer, AnswerState, Choice, Invitation, LinkRequest, Participant
from workshop.rsvp.service import Asked, request_answer

pytestmark = pytest.mark.browser

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday, ten o'clock in Paris
STARTS = datetime(2026, 12, 14, 15, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Let time go by from `NOW`; unlike elsewhere it does not stand still, because browsers wait."""
    with time_machine.travel(NOW, tick=True) as traveller:
        yield traveller


@pytest.fixture
def inbox(instance_path: Path) -> Inbox:
    return Inbox(instance_path / "mail")


def build(live_server: LiveServer, count: int, *, capacity: int | None = None) -> None:
    """Make a series of public sessions a week apart, with an organiser."""
    with live_server.app.app_context():
        session: Session = db.session()
        series = build_series(session, slug="dialogues")
        for number in range(1, count + 1):
            build_session(
                session,
                series,
                slug=str(number),
                number=number,
                title=both(f"Séance numéro {number}", f"Session number {number}"),
                starts_at=STARTS + timedelta(days=7 * number),
                capacity=capacity,
            )
        build_organiser(session, series, email="organiser@example.org")
        session.commit()
        db.session.remove()


def states(live_server: LiveServer) -> dict[tuple[str, str], AnswerState]:
    """Return (address, session's slug) → state, as the database has it."""
    with live_server.app.app_context():
        session: Session = db.session()
        found = {
            (answer.participant.address or "", answer.workshop_session.slug): answer.state
            for answer in session.scalars(sa.select(Answer))
        }
        db.session.remove()
    return found


def fill(page: Page, address: str, name: str = "Un pseudonyme") -> None:
    page.fill("[name=name]", name)
    page.fill("[name=email]", address)
    page.check("[name=answer][value=accepted]")
    for box in page.locator("[name=acknowledge_rule]").all():
        box.check()


def send(page: Page) -> None:
    """Press the form's button, later than a robot would."""
    page.locator("main form button[type=submit]").last.click()


def confirm(page: Page, live_server: LiveServer, inbox: Inbox) -> str:
    """Open the mailed link, press its button; returns the personal page's address."""
    worker.run_once(live_server.app)
    address = link_in(inbox.one(), "my")
    page.goto(address)
    page.locator("form[action$='/confirm'] button").click()
    expect(page.locator("form[action$='/confirm']")).to_have_count(0)
    return address


def _leaves_calendar(message: EmailMessage) -> bool:
    """Whether a mail takes its session out of its reader's calendar."""
    return [one.get_param("method") for one in message.walk() if one.get_content_type() == "text/calendar"] == [
        "CANCEL"
    ]


def test_a_whole_series_in_one_act_and_leaving_one_leaves_the_others(
    page: Page, live_server: LiveServer, inbox: Inbox, clock: time_machine.Traveller
) -> None:
    build(live_server, 4)
    page.goto("/fr/series/dialogues/")
    page.locator("a[href$='/series/dialogues/rsvp']").first.click()
    page.wait_for_url("**/series/dialogues/rsvp")  # a page that has only begun has no width yet
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    for slug in ("1", "2", "4"):
        page.check(f"[name=sessions][value='{slug}']")
    assert not page.is_checked("[name=later]")
    page.check("[name=later]")
    fill(page, "series@example.org")
    send(page)
    page.wait_for_url("**/series/dialogues/rsvp/sent")
    mine = confirm(page, live_server, inbox)
    assert states(live_server) == {("series@example.org", slug): AnswerState.ACCEPTED for slug in ("1", "2", "4")}
    with live_server.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 1
        db.session.remove()
    worker.run_once(live_server.app)
    inbox.new()

    page.goto(mine)
    withdraw = page.locator("form[action$='/withdraw']").filter(has=page.locator("[name=session][value='2']"))
    withdraw.locator("xpath=ancestor::details").locator("summary").click()
    with page.expect_navigation():
        withdraw.locator("button").click()
    assert states(live_server) == {
        ("series@example.org", "1"): AnswerState.ACCEPTED,
        ("series@example.org", "2"): AnswerState.WITHDRAWN,
        ("series@example.org", "4"): AnswerState.ACCEPTED,
    }
    worker.run_once(live_server.app)
    assert _leaves_calendar(inbox.one())

    # A session announced later is answered by itself, with a mail of its own.
    with live_server.app.app_context():
        session: Session = db.session()
        series = session.get_one(Answer, 1).workshop_session.series
        clock.shift(timedelta(hours=1))
        build_session(
            session,
            series,
            slug="5",
            number=5,
            starts_at=STARTS + timedelta(days=60),
            published_at=datetime.now(UTC),
        )
        session.commit()
        db.session.remove()
    worker.run_once(live_server.app)
    assert link_in(inbox.one(), "my") == mine
    assert states(live_server)["series@example.org", "5"] is AnswerState.ACCEPTED


def test_full_then_the_waiting_list_then_somebody_withdraws_then_the_place_is_offered_and_taken(
    page: Page, browser: Browser, live_server: LiveServer, inbox: Inbox, clock: time_machine.Traveller
) -> None:
    build(live_server, 1, capacity=1)
    page.goto("/fr/series/dialogues/1/rsvp")
    fill(page, "first@example.org")
    send(page)
    first = confirm(page, live_server, inbox)
    worker.run_once(live_server.app)
    inbox.new()

    other = browser.new_context(base_url=live_server.url, viewport={"width": 390, "height": 844}).new_page()
    other.set_default_timeout(10_000)
    other.goto("/fr/series/dialogues/1/rsvp")
    expect(other.locator("main")).to_contain_text("liste d’attente")
    fill(other, "second@example.org")
    send(other)
    other.wait_for_url("**/rsvp/sent")
    second = confirm(other, live_server, inbox)
    assert states(live_server)["second@example.org", "1"] is AnswerState.WAITLISTED
    expect(other.locator("main")).to_contain_text("liste d’attente")
    worker.run_once(live_server.app)
    assert "liste d’attente" in text_of(inbox.one())

    page.goto(first)
    page.locator("form[action$='/withdraw']").locator("xpath=ancestor::details").locator("summary").click()
    with page.expect_navigation():
        page.locator("form[action$='/withdraw'] button").click()
    worker.run_once(live_server.app)
    # A short time to undo; meanwhile the session leaves one's own calendar.
    taken_out = inbox.one()
    assert taken_out["To"] == "first@example.org"
    assert _leaves_calendar(taken_out)
    clock.shift(timedelta(minutes=11))
    worker.run_once(live_server.app)
    offer = inbox.one()
    assert offer["To"] == "second@example.org"
    assert states(live_server)["second@example.org", "1"] is AnswerState.OFFERED
    assert re.search(r"heure de Paris", text_of(offer))

    # Scanners open the link; nothing happens until the button is pressed.
    other.goto(link_in(offer, "my"))
    assert states(live_server)["second@example.org", "1"] is AnswerState.OFFERED
    for box in other.locator("form[action$='/answer'] [name=acknowledge_rule]:visible").all():
        box.check()
    with other.expect_navigation():
        other.locator("form[action$='/answer']:has([name=answer][value=accepted]) button").first.click()
    assert states(live_server) == {
        ("first@example.org", "1"): AnswerState.WITHDRAWN,
        ("second@example.org", "1"): AnswerState.ACCEPTED,
    }
    assert other.url == second
    other.context.close()


def sign_in(desk: Page) -> None:
    desk.goto("/fr/organise/")
    desk.fill("[name=email]", "organiser@example.org")
    desk.fill("[name=password]", PASSWORD)
    desk.locator("main form button").first.click()
    desk.wait_for_url("**/fr/organise/")


CSV = "Nom;Courriel;Langue\r\nÉlodie Œuvrard;silent@example.org;fr\r\nA colleague;declines@example.org;en\r\n"


def test_invited_by_a_list_one_declines_and_only_the_silent_one_is_reminded(
    page: Page, browser: Browser, live_server: LiveServer, inbox: Inbox, clock: time_machine.Traveller
) -> None:
    build(live_server, 2)
    desk = browser.new_context(base_url=live_server.url, locale="fr-FR", viewport={"width": 1280, "height": 900})
    organiser = desk.new_page()
    organiser.set_default_timeout(10_000)
    sign_in(organiser)
    organiser.goto("/fr/organise/series/dialogues/invitations/new")
    organiser.check("[name=sessions][value='1']")
    # As a spreadsheet of some years ago writes it, with one fault.
    content = (CSV + "Personne;nobody\r\n").encode("cp1252")
    organiser.set_input_files("[name=file]", {"name": "liste.csv", "mimeType": "text/csv", "buffer": content})
    organiser.locator("main form button[type=submit]").last.click()
    expect(organiser.locator("main")).to_contain_text("Élodie Œuvrard")
    fault = organiser.locator("table").last
    expect(fault).to_contain_text("4")
    expect(fault).to_contain_text("nobody")
    with live_server.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 0
        db.session.remove()
    organiser.locator("form:has([name=confirm]) button").click()
    organiser.goto("/fr/organise/series/dialogues/invitations/send")
    with organiser.expect_navigation():
        organiser.locator("form:has([name=confirm]) button").click()
    worker.run_once(live_server.app)
    invitations = {str(message["To"]): message for message in inbox.new()}
    assert set(invitations) == {"silent@example.org", "declines@example.org"}
    assert invitations["silent@example.org"]["Content-Language"] == "fr"
    assert invitations["declines@example.org"]["Content-Language"] == "en"

    page.goto(link_in(invitations["declines@example.org"], "invitation"))
    page.locator("form:has([name=answer][type=hidden][value=declined]) button").click()
    clock.shift(timedelta(days=2))
    sign_in(organiser)
    organiser.goto("/fr/organise/series/dialogues/invitations/remind")
    with organiser.expect_navigation():
        organiser.locator("form:has([name=confirm]) button").click()
    worker.run_once(live_server.app)
    reminder = inbox.one()
    assert reminder["To"] == "silent@example.org"

    # Answering from it needs no second confirmation.
    page.goto(link_in(reminder, "invitation"))
    page.fill("[name=name]", "Élodie")
    page.check("[name=answer][value=accepted]")
    page.check("[name=acknowledge_rule]")
    with page.expect_navigation():
        page.locator("form:has([name=name]) button[type=submit]").click()
    assert states(live_server) == {("silent@example.org", "1"): AnswerState.ACCEPTED}
    desk.close()


def dump(live_server: LiveServer) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table but the workers' heartbeats."""
    with live_server.app.app_context(), db.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
            if table.name != "worker"
        }


def test_a_scanner_that_opens_every_mailed_link_twenty_times_changes_nothing(
    page: Page, live_server: LiveServer, inbox: Inbox, clock: time_machine.Traveller
) -> None:
    build(live_server, 1, capacity=1)
    with live_server.app.app_context():
        session: Session = db.session()
        workshop_session = session.scalars(sa.select(WorkshopSession)).one()
        asked = Asked(
            name="Une personne",
            address="asks@example.org",
            choice=Choice.ACCEPTED,
            language="fr",
            tzid="",
            notices=("discussion.1",),
        )
        request_answer(session, now=datetime.now(UTC), workshop_session=workshop_session, values=asked)
        # Over capacity, so that one place is held, one offered and one asked for at once.
        workshop_session.capacity = 3
        build_answer(session, workshop_session, state=AnswerState.WAITLISTED, waitlisted_at=datetime.now(UTC))
        seat = build_answer(session, workshop_session)
        emails.answer_recorded(session, now=datetime.now(UTC), answer=seat)
        session.add(LinkRequest(address_folded="asks@example.org", language="fr", created_at=datetime.now(UTC)))
        session.commit()
        db.session.remove()
    worker.run_once(live_server.app)
    clock.move_to(STARTS + timedelta(days=6, minutes=1))
    worker.run_once(live_server.app)
    messages = inbox.new()
    links = sorted({link for message in messages for link in re.findall(r"http://[^\s<>]+", text_of(message))})
    assert {link.split("/")[4] for link in links} >= {"my", "join", "unsubscribe"}
    before = dump(live_server)
    assert {row[0] for row in before["answer"]}
    for link in links:
        for _ in range(20):
            assert page.goto(link)
            assert page.request.head(link).status in {200, 404}
    assert dump(live_server) == before
    assert inbox.new() == []
    # That a change would have been seen: one press is one.
    page.goto(next(link for link in links if "/unsubscribe/" in link))
    page.locator("main form button").first.click()
    assert dump(live_server) != before


def test_after_erasing_everything_no_byte_tells_who_it_was(
    page: Page, live_server: LiveServer, inbox: Inbox, instance_path: Path, clock: time_machine.Traveller
) -> None:
    build(live_server, 2, capacity=5)
    page.goto("/fr/series/dialogues/rsvp")
    for slug in ("1", "2"):
        page.check(f"[name=sessions][value='{slug}']")
    fill(page, "vanishes-entirely@example.org", name="Zéphyrine Introuvable")
    page.locator("summary").last.click()
    page.fill("[name=access_needs]", "une boucle magnétique particulière")
    send(page)
    confirm(page, live_server, inbox)
    worker.run_once(live_server.app)
    traces = (b"vanishes-entirely", "Zéphyrine".encode(), b"Introuvable", b"introuvable", "magnétique".encode())
    held = b"".join(path.read_bytes() for path in instance_path.rglob("*") if path.is_file())
    assert [trace for trace in traces if trace not in held] == []

    erase = page.locator("form[action$='/erase']")
    erase.locator("xpath=ancestor::details").locator("summary").click()
    erase.locator("button").click()
    expect(page.locator("main")).not_to_contain_text("Zéphyrine")
    worker.run_once(live_server.app)
    for path in instance_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert [(path.name, trace) for trace in traces if trace in content] == []
    assert set(states(live_server)) == {("", "1"), ("", "2")}
