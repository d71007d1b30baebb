"""What organisers see of mail and do about it: what leaves, what left, pausing, sending again, correcting an address."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    build_answer,
    build_organiser,
    build_participant,
    build_person,
    build_series,
    build_session,
)
from tests.web.organise.conftest import SOON
from tests.web.workspace import post, sign_in, token_of
from workshop.chatham.rule import Level
from workshop.core.links import Purpose, find_token, issue, mark
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.suppression import SUPPRESSED, status_of, suppress
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.reminders.service import last_look, plan
from workshop.rsvp.models import Answer, Invitation, InvitationKind, Participant

PATH = "/en/organise/series/mine"
RIGHT = "right@example.org"
Logged = Callable[[str], list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def answer(session: Session, listed: WorkshopSession) -> Answer:
    """Give the seat of somebody whose address is wrong."""
    return build_answer(session, listed, build_participant(session, listed.series, address="wrong@example.org"))


@pytest.fixture
def early(clock: Any) -> datetime:
    """Stand eight days before the session; name it before `desk`, whose sign-in would end otherwise."""
    clock.move_to(SOON - timedelta(days=8))
    return SOON - timedelta(days=8)


@pytest.fixture
def due(clock: Any) -> datetime:
    """Stand where the first reminder is due; name it before `desk` too."""
    clock.move_to(SOON - timedelta(days=7))
    return SOON - timedelta(days=7)


def write(session: Session, answer: Answer, **values: Any) -> OutboxMessage:
    """Return a reminder to somebody, that failed unless it says otherwise."""
    number = len(list(session.scalars(sa.select(OutboxMessage.id)))) + 1
    person = answer.participant
    url = f"https://example.org/en/my/{mark(Purpose.MY, person.subject)}/"
    defaults = {
        "dedupe_key": str(number), "kind": "reminder", "priority": 40, "series_id": person.series_id,
        "workshop_session_id": answer.workshop_session_id, "person_ref": person.subject, "answer_ref": answer.subject,
        "language": "en", "recipient": person.address, "subject": "A reminder", "body_text": f"Your page: {url}",
        "body_html": f"<p>{url}</p>", "message_id": f"<{number}@example.org>", "created_at": NOW,
        "next_attempt_at": NOW, "state": OutboxState.FAILED, "reason": "550 5.1.1", "attempts": 1,
        "payload_begun_at": NOW, "finished_at": NOW,
    }  # fmt: skip
    message = OutboxMessage(**{**defaults, **values})
    session.add(message)
    session.commit()
    return message


def read(session: Session, message: OutboxMessage) -> OutboxMessage:
    session.expire_all()
    return session.get(OutboxMessage, message.id) or pytest.fail("gone")


def correct(desk: FlaskClient, message: OutboxMessage, address: str) -> Any:
    page = f"{PATH}/mail/{message.id}"
    return post(desk, f"{page}/address", {"email": address}, page=page)


# -- what will leave ---------------------------------------------------------------------------------------------------


def test_the_timeline_says_what_leaves_when_and_to_how_many(
    early: datetime, desk: FlaskClient, session: Session, listed: WorkshopSession
) -> None:
    assert early < SOON
    for _ in range(3):
        build_answer(session, listed)
    build_answer(session, listed, build_participant(session, listed.series, wants_reminders=False))
    for path in (f"{PATH}/mail", f"{PATH}/1/mail"):
        page = " ".join(desk.get(path).text.split())
        assert "Reminder, 7 days before" in page
        assert "Reminder, 1 hour before" in page
        assert "Friday 22 November 2030, 16:00 (Paris time)" in page
        assert page.count('data-label="To how many">3</td>') == 3


def test_it_is_one_series_that_is_shown(early: datetime, desk: FlaskClient, session: Session) -> None:
    assert early < SOON
    build_answer(session, build_session(session, slug="foreign", starts_at=SOON))
    assert "foreign" not in desk.get(f"{PATH}/mail").text


@pytest.mark.parametrize("path", [f"{PATH}/mail", f"{PATH}/1/mail"])
def test_reminders_are_paused_and_leave_again(
    due: datetime, desk: FlaskClient, session: Session, answer: Answer, logged: Logged, path: str
) -> None:
    assert answer.participant.wants_reminders
    assert plan(session, due) == 1
    session.commit()
    assert post(desk, f"{path}/reminders", {"act": "pause"}, page=path).status_code == 303
    (waiting,) = session.scalars(sa.select(OutboxMessage))
    assert read(session, waiting).state is OutboxState.SUPERSEDED
    assert plan(session, due) == 0
    page = desk.get(path).text
    assert "Reminders have been paused since Friday 22 November 2030" in page
    assert "Reminders were paused." in page
    assert "paused" in desk.get(f"{PATH}/1/mail").text
    assert post(desk, f"{path}/reminders", {"act": "resume"}, page=path).status_code == 303
    assert plan(session, due) == 1
    target = "session" if "/1/" in path else "series"
    assert [one[0].partition(":")[0] for one in logged("organise.pause_reminders")] == [target]
    assert len(logged("organise.resume_reminders")) == 1


def test_a_page_takes_as_many_statements_for_many_messages_as_for_one(
    desk: FlaskClient, session: Session, answer: Answer, counted: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    write(session, answer)
    desk.get(f"{PATH}/mail")
    with counted() as few:
        desk.get(f"{PATH}/mail")
    for _ in range(30):
        write(session, build_answer(session, answer.workshop_session))
    with counted() as many:
        desk.get(f"{PATH}/mail")
    assert len(many) == len(few)


# -- what left ---------------------------------------------------------------------------------------------------------


def test_what_left_is_counted_by_kind_and_listed_in_pages(desk: FlaskClient, session: Session, answer: Answer) -> None:
    for state in (OutboxState.SENT, OutboxState.SENT, OutboxState.QUEUED, OutboxState.UNCERTAIN, OutboxState.EXPIRED):
        write(session, answer, state=state, reason="", subject=f"Subject {state.value}")
    write(session, answer, kind="session_moved", subject="It failed")
    for number in range(50):
        write(session, answer, kind="invitation", state=OutboxState.SENT, reason="", subject=f"Invited {number}")
    page = desk.get(f"{PATH}/mail").text
    assert "1 message did not arrive. It is not known whether 1 message arrived." in page
    assert "Page 1 of 2" in page
    one = desk.get(f"{PATH}/mail?kind=reminder&fate=sent").text
    assert one.count("Subject sent") == 2
    assert "Subject queued" not in one
    assert "2 messages of this kind." in one
    assert "No mail yet" in desk.get(f"{PATH}/mail?kind=nothing&fate=failed").text
    assert desk.get(f"{PATH}/mail?kind=%00&fate=odd&page=-4").status_code == 200


def test_the_dashboard_says_what_did_not_arrive_while_it_can_be_mended(
    desk: FlaskClient, session: Session, answer: Answer
) -> None:
    assert "did not arrive" not in desk.get("/en/organise/").text
    message = write(session, answer)
    write(session, answer, state=OutboxState.DISCARDED, reason=SUPPRESSED)
    page = desk.get("/en/organise/").text
    assert "2 messages did not arrive. 1 came back, because its address does not exist." in page
    assert "/organise/series/mine/mail?fate=failed#list" in page
    for one in session.scalars(sa.select(OutboxMessage)):
        one.body_erased_at = NOW
    session.commit()
    assert "did not arrive" not in desk.get("/en/organise/").text
    assert message.id


def test_a_message_shows_its_life_and_why_it_did_not_arrive(
    desk: FlaskClient, session: Session, answer: Answer, logged: Logged
) -> None:
    message = write(session, answer, attempts=2)
    page = desk.get(f"{PATH}/mail/{message.id}").text
    for words in ("This address does not exist. (550 5.1.1)", "Given up", "Attempt number 2", "w…@….org", "/en/my/…/"):
        assert words in page
    assert "wrong@" not in page
    assert answer.participant.subject not in page
    assert logged("organise.view_message") == [(f"message:{message.id}", {"series": answer.participant.series_id})]


def test_another_series_message_is_nowhere(desk: FlaskClient, session: Session) -> None:
    foreign = write(session, build_answer(session, build_session(session)))
    page = desk.get(f"{PATH}/mail")
    for path, method in ((f"/mail/{foreign.id}", "GET"), (f"/mail/{foreign.id}/again", "POST")):
        data = {"csrf_token": token_of(page)}
        assert desk.open(f"{PATH}{path}", method=method, data=data).status_code == 404
    assert read(session, foreign).state is OutboxState.FAILED


# -- again, and to another address -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [OutboxState.FAILED, OutboxState.UNCERTAIN, OutboxState.EXPIRED])
def test_a_message_is_sent_again(
    desk: FlaskClient, session: Session, answer: Answer, logged: Logged, state: OutboxState
) -> None:
    message = write(session, answer, state=state)
    page = f"{PATH}/mail/{message.id}"
    assert post(desk, f"{page}/again", page=page).status_code == 303
    found = read(session, message)
    assert (found.state, found.recipient, found.reason) == (OutboxState.QUEUED, "wrong@example.org", "")
    assert logged("organise.retry_mail")[0][0] == f"message:{message.id}"


def test_what_was_kept_back_as_its_address_refused_another_is_sent_again(
    desk: FlaskClient, session: Session, answer: Answer
) -> None:
    suppress(session, address="wrong@example.org", status="5.1.1", now=NOW)
    message = write(session, answer, state=OutboxState.DISCARDED, reason=SUPPRESSED)
    page = f"{PATH}/mail/{message.id}"
    assert "this address does not exist" in desk.get(page).text
    assert post(desk, f"{page}/again", page=page).status_code == 303
    assert read(session, message).state is OutboxState.QUEUED
    assert status_of(session, "wrong@example.org") is None


def test_it_goes_to_the_address_that_its_reader_has_now(desk: FlaskClient, session: Session, answer: Answer) -> None:
    message = write(session, answer)
    answer.participant.address, answer.participant.address_folded = RIGHT, RIGHT
    session.commit()
    page = f"{PATH}/mail/{message.id}"
    post(desk, f"{page}/again", page=page)
    assert read(session, message).recipient == RIGHT


@pytest.mark.parametrize(
    "values",
    [
        {"state": OutboxState.SENT},
        {"state": OutboxState.QUEUED},
        {"state": OutboxState.DISCARDED, "reason": "session moved"},
        {"body_erased_at": NOW},
        {"recipient": ""},
    ],
)
def test_what_left_or_is_gone_is_not_sent_again(
    desk: FlaskClient, session: Session, answer: Answer, values: dict[str, Any]
) -> None:
    message = write(session, answer, **values)
    page = f"{PATH}/mail/{message.id}"
    assert "Send it again" not in desk.get(page).text
    data = {"csrf_token": token_of(desk.get(f"{PATH}/mail"))}
    assert desk.post(f"{page}/again", data=data).status_code == 409
    assert read(session, message).state is values.get("state", OutboxState.FAILED)


def test_a_corrected_address_gets_the_message_and_new_links(
    desk: FlaskClient, session: Session, answer: Answer, logged: Logged
) -> None:
    person, series = answer.participant, answer.participant.series_id
    old = [issue(session, purpose=purpose, subject=person.subject) for purpose in (Purpose.MY, Purpose.UNSUBSCRIBE)]
    old.append(issue(session, purpose=Purpose.JOIN, subject=answer.subject))
    issue(session, purpose=Purpose.FEED, subject=person.subject)
    waits = write(session, answer, state=OutboxState.QUEUED)
    message = write(session, answer)
    assert correct(desk, message, " Right@Example.org ").status_code == 303
    found = read(session, message)
    assert (found.state, found.recipient) == (OutboxState.QUEUED, "Right@example.org")
    assert read(session, waits).recipient == "Right@example.org"
    person = session.get(Participant, person.id) or pytest.fail("gone")
    assert (person.address, person.address_folded) == ("Right@example.org", RIGHT)
    new = [
        find_token(session, purpose=purpose, subject=person.subject) for purpose in (Purpose.MY, Purpose.UNSUBSCRIBE)
    ]
    new.append(find_token(session, purpose=Purpose.JOIN, subject=answer.subject))
    assert None not in new
    assert not set(new) & set(old)
    assert find_token(session, purpose=Purpose.FEED, subject=person.subject) is None
    assert logged("organise.correct_address") == [(f"message:{message.id}", {"series": series, "kind": "reminder"})]


def test_the_same_mailbox_spelt_otherwise_keeps_its_links(desk: FlaskClient, session: Session, answer: Answer) -> None:
    token = issue(session, purpose=Purpose.MY, subject=answer.participant.subject)
    message = write(session, answer)
    assert correct(desk, message, "Wrong@example.org").status_code == 303
    session.expire_all()
    assert find_token(session, purpose=Purpose.MY, subject=answer.participant.subject) == token


def test_somebody_elses_address_is_refused_at_its_field(desk: FlaskClient, session: Session, answer: Answer) -> None:
    build_participant(session, answer.workshop_session.series, address=RIGHT)
    message = write(session, answer)
    for address, words in ((RIGHT, "Somebody else in this series"), ("nothing", "Please write an e-mail address")):
        page = correct(desk, message, address)
        assert page.status_code == 422
        assert words in page.text
        assert 'aria-invalid="true"' in page.text
    found = read(session, message)
    assert (found.state, found.recipient) == (OutboxState.FAILED, "wrong@example.org")


def test_whose_text_is_erased_gets_the_link_of_their_page(desk: FlaskClient, session: Session, answer: Answer) -> None:
    message = write(session, answer, body_erased_at=NOW, body_text="")
    assert correct(desk, message, RIGHT).status_code == 303
    newest = session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id.desc())).first()
    assert newest is not None
    assert (newest.kind, newest.recipient) == ("link_resent", RIGHT)
    assert read(session, message).state is OutboxState.FAILED


def test_an_address_of_what_arrived_is_not_corrected_here(desk: FlaskClient, session: Session, answer: Answer) -> None:
    message = write(session, answer, state=OutboxState.SENT, reason="")
    page = f"{PATH}/mail/{message.id}"
    assert "Correct the address" not in desk.get(page).text
    data = {"csrf_token": token_of(desk.get(f"{PATH}/mail")), "email": RIGHT}
    assert desk.post(f"{page}/address", data=data).status_code == 409
    session.expire_all()
    assert answer.participant.address == "wrong@example.org"


def test_whoever_was_invited_or_speaks_is_written_to_at_the_right_address(
    desk: FlaskClient, session: Session, answer: Answer
) -> None:
    series = answer.workshop_session.series
    speaker = build_person(session, series, email="speaker@example.org")
    invited = Invitation(
        kind=InvitationKind.PERSON, series=series, sessions=[answer.workshop_session], address="guest@example.org",
        address_folded="guest@example.org", language="en", created_at=NOW,
    )  # fmt: skip
    session.add(invited)
    session.flush()
    for who, purpose in ((speaker, Purpose.SPEAKER), (invited, Purpose.INVITATION)):
        old = issue(session, purpose=purpose, subject=who.subject)
        message = write(session, answer, person_ref=who.subject, answer_ref="", recipient="old@example.org")
        assert correct(desk, message, RIGHT).status_code == 303
        assert read(session, message).recipient == RIGHT
        assert find_token(session, purpose=purpose, subject=who.subject) not in {old, None}
    assert (speaker.email, invited.address) == (RIGHT, RIGHT)


def test_nobody_known_nobody_corrected(desk: FlaskClient, session: Session, answer: Answer) -> None:
    message = write(session, answer, person_ref="ab" * 16, answer_ref="")
    page = f"{PATH}/mail/{message.id}"
    assert "Correct the address" not in desk.get(page).text
    data = {"csrf_token": token_of(desk.get(f"{PATH}/mail")), "email": RIGHT}
    assert desk.post(f"{page}/address", data=data).status_code == 404


# -- how a reminder reads ----------------------------------------------------------------------------------------------


def test_a_reminder_is_shown_in_both_languages_before_it_leaves(
    desk: FlaskClient, session: Session, listed: WorkshopSession
) -> None:
    page = desk.get(f"{PATH}/1/mail/reminder?rule=-1d").text
    assert 'lang="fr">' in page
    assert "1 day before" in page
    assert listed.title["fr"] in page
    assert listed.title["en"] in page
    assert "/en/join/…" in page
    assert desk.get(f"{PATH}/1/mail/reminder?rule=-3d").status_code == 404
    listed.status = SessionStatus.CANCELLED
    session.commit()
    assert "No reminder leaves" in desk.get(f"{PATH}/1/mail/reminder").text


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_test_goes_to_oneself_marked_and_with_dead_links(
    client: FlaskClient, session: Session, listed: WorkshopSession, language: str
) -> None:
    sign_in(client, build_organiser(session, listed.series, email="owner@example.org"))
    path = f"{PATH}/1/mail/reminder"
    data = {"rule": "-1h", "language": language}
    assert post(client, path, data).status_code == 303
    (message,) = session.scalars(sa.select(OutboxMessage))
    assert (message.kind, message.recipient, message.language) == ("reminder_test", "owner@example.org", language)
    assert message.subject.startswith(("[Test] ", "[Essai] "))
    for body in (message.body_text, message.body_html):
        assert "[[link:" not in body
        assert f"/{language}/join/example" in body
        assert f"/{language}/unsubscribe/example" in body
    assert message.body_text.startswith(("This is a test", "Ceci est un essai"))
    assert message.headers == {}
    assert last_look(session, message, NOW) is None
    assert client.get(f"/{language}/join/example").status_code == 404


def test_a_strict_session_is_tested_without_its_title(
    desk: FlaskClient, session: Session, listed: WorkshopSession
) -> None:
    listed.level = Level.CLOSED
    session.commit()
    post(desk, f"{PATH}/1/mail/reminder", {"rule": "-1d", "language": "en"})
    (message,) = session.scalars(sa.select(OutboxMessage))
    assert listed.title["en"] not in f"{message.subject}{message.body_text}{message.body_html}"


def test_who_decides_sees_mail_others_do_not(client: FlaskClient, session: Session, listed: WorkshopSession) -> None:
    sign_in(client, build_organiser(session, build_series(session)))
    for path in ("/mail", "/1/mail", "/1/mail/reminder"):
        assert client.get(f"{PATH}{path}").status_code == 404


def test_it_is_at_hand_in_french(desk: FlaskClient, session: Session, answer: Answer, now: datetime) -> None:
    message = write(session, answer, created_at=now)
    for path in ("/mail", "/1/mail", "/1/mail/reminder", f"/mail/{message.id}"):
        assert desk.get(f"/fr/organise/series/mine{path}").status_code == 200
