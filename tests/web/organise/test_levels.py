"""Changing a level: what will happen to how many is shown first, and then that is what happens."""

from __future__ import annotations

import html
import re
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

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
    build_slot,
)
from tests.web.rsvp.visitor import csrf_of
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.audit.models import LogEntry
from workshop.audit.service import find_break
from workshop.chatham.rule import ConsentKind, Level, Visibility
from workshop.core.links import Purpose, issue
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import Item, Recording, Series, SpeakerConsent, WorkshopSession
from workshop.programme.queries import find_proposal
from workshop.reminders.service import last_look, notice_levels
from workshop.rsvp import emails
from workshop.rsvp.models import Acknowledgement, Answer, AnswerState
from workshop.rsvp.service.agreeing import settle_proposals

pytestmark = pytest.mark.usefixtures("clock")
HOUR = timedelta(hours=1)
PATH = "/en/organise/series/mine/4/level"


@pytest.fixture
def series(session: Session) -> Series:
    """Give a public series at `discussion`."""
    return build_series(session, slug="mine")


@pytest.fixture
def one(session: Session, series: Series) -> WorkshopSession:
    """Give its session 4, with two who speak, one of whom has no address, and thirty answers."""
    found = build_session(session, series, slug="4", number=4, title=both("Titre canari", "Canary title"), capacity=50)
    build_item(session, found, speakers=[build_person(session, series, name="Canary Speaker", language="en")])
    build_slot(session, found, build_person(session, series, name="Canary Moderator", email=""))
    for number in range(30):
        person = build_participant(session, series, language="en", **({"address": None} if number == 0 else {}))
        state = AnswerState.TENTATIVE if number == 1 else AnswerState.ACCEPTED
        build_answer(session, found, person, state=state)
    session.commit()
    return found


@pytest.fixture
def desk(client: FlaskClient, session: Session, series: Series) -> FlaskClient:
    """Give the browser of the series' owner."""
    sign_in(client, build_organiser(session, series))
    return client


def seen_of(page: TestResponse) -> str:
    """Return the mark of what a page showed."""
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page.text)
    assert found is not None, page.text
    return found[1]


def words(page: TestResponse) -> str:
    """Return a page's text on one line, without markup."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page.text)))


def change(desk: FlaskClient, level: str, of: str = "session") -> TestResponse:
    """Choose a level, look, and confirm; return the page that showed what would happen."""
    shown = post(desk, PATH, {"of": of, "level": level})
    assert shown.status_code == 200, shown.text
    done = post(desk, PATH, {"of": of, "level": level, "seen": seen_of(shown), "confirm": "yes"})
    assert done.status_code == 303, done.text
    return shown


def mails(session: Session, kind: str) -> list[OutboxMessage]:
    """Return the messages of a kind."""
    return list(session.scalars(sa.select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id)))


def own_page(client: FlaskClient, session: Session, answer: Answer) -> str:
    """Return the address of somebody's personal page."""
    token = issue(session, purpose=Purpose.MY, subject=answer.participant.subject)
    session.commit()
    return f"/en/my/{token}/"


def publish_recording(session: Session, one: WorkshopSession, item: Item | None = None) -> None:
    """Publish a recording, as it could be under a session on the record."""
    session.add(
        Recording(
            workshop_session_id=one.id,
            item_id=item.id if item else None,
            url="https://video.example.org/canary",
            level=Level.ON_THE_RECORD,
            agreed_at=NOW,
            published_at=NOW,
            created_at=NOW,
        )
    )
    session.flush()


def test_raised_with_thirty_answers_the_next_request_of_page_feed_personal_page_and_mail_shows_it(
    desk: FlaskClient, client: FlaskClient, session: Session, one: WorkshopSession, now: datetime
) -> None:
    page, feed = "/en/series/mine/4/", "/en/series/mine/calendar.ics"
    assert "Canary Speaker" in client.get(page).text
    assert "Canary title" in client.get(feed).text
    answer = session.scalars(sa.select(Answer).order_by(Answer.id.desc())).first()
    assert answer is not None
    own = own_page(client, session, answer)
    emails.answer_recorded(session, now=now, answer=answer)
    session.commit()
    (waiting,) = mails(session, "answer_recorded")
    assert last_look(session, waiting, now) is None
    shown = words(change(desk, "whole_session"))
    assert "29 participants are told by e-mail. 1 has no address and reads it on their page." in shown
    assert "1 person who speaks or moderates is told by e-mail. 1 has no address here: tell them yourselves." in shown
    assert "2 names leave the public page" in shown
    assert "Copies already made" in shown
    public = client.get(page).text
    assert "Canary Speaker" not in public
    assert "Canary Moderator" not in public
    assert "The whole of this session is held under the Chatham House Rule" in public
    calendar = client.get(feed).text.replace("\r\n ", "")
    assert "Canary" not in calendar
    assert "SEQUENCE:1" in calendar
    session.expire_all()
    assert last_look(session, session.get_one(OutboxMessage, waiting.id), now) == "level changed"
    assert notice_levels(session, now) == 30
    session.commit()
    told = mails(session, "level_raised")
    # As many as the page said: one has no address, and goes on not being told.
    assert len(told) == 29
    assert len(mails(session, "level_raised_speaker")) == 1
    assert notice_levels(session, now) == 0
    for message in (*told, *mails(session, "level_raised_speaker")):
        everything = message.subject + message.body_text + (message.body_html or "") + str(message.attachments)
        assert "anary" not in everything
        assert "The whole of this session is held under the Chatham House Rule" in message.body_text
        assert message.sender_name == "Workshop"
        assert "Reply-To" not in message.headers
    assert all(message.attachments for message in told)  # whoever answered perhaps has an entry too
    assert "SEQUENCE:1" in told[-1].attachments[0]["content"]
    mine = client.get(own)
    assert "The rule of this session has changed since you answered" not in mine.text  # nothing was acknowledged
    assert "Please read the rule of this session and tick its box" in mine.text
    assert "Canary Speaker" in mine.text  # with a place, on one's own page
    data = {"csrf_token": csrf_of(mine), "session": "4", "notice": "whole_session.1"}
    assert client.post(f"{own}acknowledge", data=data).status_code == 422
    assert client.post(f"{own}acknowledge", data={**data, "acknowledge_rule": "y"}).status_code == 303
    assert "tick its box" not in client.get(own).text
    kept = session.scalars(sa.select(Acknowledgement)).one()
    assert (kept.level, kept.language) == (Level.WHOLE_SESSION, "en")
    session.expire_all()
    assert find_break(session) is None


def test_whoever_does_not_acknowledge_keeps_their_place(
    desk: FlaskClient, client: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    answer = session.scalars(sa.select(Answer).order_by(Answer.id.desc())).first()
    assert answer is not None
    notice = Acknowledgement(answer_id=answer.id, level=Level.DISCUSSION, version=1, language="en", acknowledged_at=NOW)
    session.add(notice)
    own = own_page(client, session, answer)
    assert "my.acknowledge" not in client.get(own).text
    change(desk, "whole_session")
    mine = client.get(own).text
    assert "The rule of this session has changed since you answered. Your answer stays as it is" in mine
    session.expire_all()
    assert answer.state is AnswerState.ACCEPTED


def test_lowered_everybody_is_asked_organisers_see_how_many_and_never_who(
    desk: FlaskClient, client: FlaskClient, session: Session, one: WorkshopSession, now: datetime
) -> None:
    shown = words(change(desk, "on_the_record"))
    assert "30 participants are asked. 1 has no address and finds it on their page." in shown
    assert "2 people who speak or moderate are asked. 1 has no address here" in shown
    assert "Nothing changes until each has agreed" in shown
    session.expire_all()
    assert one.level is None
    assert settle_proposals(session, now) == 30
    session.commit()
    assert (len(mails(session, "level_asked")), len(mails(session, "level_asked_speaker"))) == (29, 1)
    answer = session.scalars(sa.select(Answer).order_by(Answer.id.desc())).first()
    assert answer is not None
    own = own_page(client, session, answer)
    mine = client.get(own)
    assert "Do you agree to a looser rule?" in mine.text
    data = {"csrf_token": csrf_of(mine), "session": "4", "notice": "on_the_record.1"}
    assert client.post(f"{own}agree", data=data).status_code == 422
    assert (
        client.post(f"{own}agree", data={**data, "notice": "discussion.1", "acknowledge_rule": "y"}).status_code == 422
    )
    assert client.post(f"{own}agree", data={**data, "acknowledge_rule": "y"}).status_code == 303
    assert "You have agreed. It waits for the others." in client.get(own).text
    back = {"csrf_token": data["csrf_token"], "session": "4", "act": "take_back"}
    assert client.post(f"{own}agree", data=back).status_code == 303
    mine = client.get(own)
    assert "You no longer agree: nothing changes." in mine.text
    assert "Do you agree to a looser rule?" in mine.text
    assert "0 of 32 have agreed." in words(desk.get(PATH))
    assert client.post(f"{own}agree", data={**data, "acknowledge_rule": "y"}).status_code == 303
    page = desk.get(PATH)
    assert "1 of 32 has agreed." in words(page)
    assert answer.participant.name not in page.text
    assert "Canary Speaker" not in page.text
    assert "A looser rule is asked: 1 of 32 has agreed" in desk.get("/en/organise/series/mine/").text
    # Only whoever has no address is named, so that the organisers record what they said.
    recorded = {"person": re.findall(r'<option value="(\d+)">Canary Moderator', page.text)[0]}
    assert post(desk, f"{PATH}/agreed", recorded, page=PATH).status_code == 303
    assert "2 of 32 have agreed." in words(desk.get(PATH))
    assert post(desk, f"{PATH}/agreed", recorded, page=PATH).status_code == 303
    assert post(desk, f"{PATH}/withdraw", page=PATH).status_code == 303
    session.expire_all()
    assert find_proposal(session, one.id) is None
    assert "Do you agree" not in client.get(own).text
    assert client.post(f"{own}agree", data={**data, "acknowledge_rule": "y"}).status_code == 409
    assert client.post(f"{own}agree", data=back).status_code == 409
    assert post(desk, f"{PATH}/withdraw", page=PATH).status_code == 409
    done = session.scalars(sa.select(LogEntry.action)).all()
    assert {"programme.propose_level", "programme.withdraw_proposal", "rsvp.agree_level"} <= set(done)


def test_the_last_press_on_the_page_lets_it_take_effect(
    desk: FlaskClient, client: FlaskClient, session: Session, series: Series
) -> None:
    found = build_session(session, series, slug="4", level=Level.WHOLE_SESSION)
    build_item(session, found, speakers=[])
    answer = build_answer(session, found, build_participant(session, series, language="en"))
    change(desk, "discussion")
    own = own_page(client, session, answer)
    data = {"csrf_token": csrf_of(client.get(own)), "session": "4", "notice": "discussion.1", "acknowledge_rule": "y"}
    assert client.post(f"{own}agree", data=data).status_code == 303
    session.expire_all()
    assert found.level is None
    assert session.scalars(sa.select(Acknowledgement.level)).all() == [Level.DISCUSSION]
    assert "The discussions of this session" in client.get("/en/series/mine/4/").text


def test_recordings_and_the_address_of_what_became_closed_are_counted_beforehand_and_gone_after(
    client: FlaskClient, session: Session
) -> None:
    series = build_series(session, slug="record", level=Level.ON_THE_RECORD)
    sign_in(client, build_organiser(session, series))
    found = build_session(session, series, slug="4")
    speaks = build_person(session, series)
    item = build_item(session, found, speakers=[speaks])
    for slot in item.slots:
        session.add(SpeakerConsent(slot_id=slot.id, kind=ConsentKind.RECORDED, given_at=NOW, withdrawn_at=None))
    publish_recording(session, found)
    session.commit()
    path = "/en/organise/series/record/4/level"
    shown = post(client, path, {"of": "session", "level": "closed"})
    text = words(shown)
    assert "1 recording is taken off the pages." in text
    assert "The address of 1 recording is erased." in text
    assert "Its page leaves the public" in text
    session.expire_all()
    assert session.scalars(sa.select(Recording.published_at)).one() is not None
    data = {"of": "session", "level": "closed", "seen": seen_of(shown), "confirm": "yes"}
    assert post(client, path, data).status_code == 303
    session.expire_all()
    assert session.scalars(sa.select(Recording)).all() == []
    assert client.get("/en/series/record/4/").status_code == 404


def test_what_changed_meanwhile_is_shown_again_and_nothing_was_done(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    shown = post(desk, PATH, {"of": "session", "level": "whole_session"})
    build_answer(session, one)
    data = {"of": "session", "level": "whole_session", "seen": seen_of(shown), "confirm": "yes"}
    again = post(desk, PATH, data)
    assert again.status_code == 409
    assert "30 participants are told by e-mail" in words(again)
    session.expire_all()
    assert one.level is None
    assert post(desk, PATH, {**data, "seen": seen_of(again)}).status_code == 303


def test_going_back_keeps_what_was_typed_and_does_nothing(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    path = "/en/organise/series/mine/edit"
    values = {
        "title-fr": "Neuf", "title-en": "Newly typed", "slug": "mine", "languages": "fr, en", "tzid": "Europe/Paris",
        "level": "whole_session", "visibility": "public", "retention_days": "30", "reminders": "-7d",
    }  # fmt: skip
    shown = post(desk, path, values)
    assert "29 participants are told by e-mail" in words(shown)
    assert "Newly typed" in shown.text
    back = post(desk, path, {**values, "back": "yes"})
    assert back.status_code == 200
    assert "Newly typed" in back.text
    session.expire_all()
    assert one.series.level is Level.DISCUSSION
    assert post(desk, path, {**values, "seen": seen_of(shown), "confirm": "yes"}).status_code == 303
    session.expire_all()
    assert (one.series.level, one.sequence) == (Level.WHOLE_SESSION, 1)


def test_a_talk_is_raised_and_lowered_on_its_own(desk: FlaskClient, session: Session, one: WorkshopSession) -> None:
    item = one.sections[0].items[0]
    shown = words(change(desk, "on_the_record", str(item.id)))
    assert "1 person who speaks or moderates is asked." in shown
    session.expire_all()
    assert (item.level, find_proposal(session, one.id) is not None) == (None, True)
    shown = words(change(desk, "whole_session", str(item.id)))
    assert "29 participants are told by e-mail" in shown
    session.expire_all()
    assert item.level is Level.WHOLE_SESSION


def test_a_talk_may_not_be_looser_than_a_session_wholly_under_the_rule(
    desk: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    one.level = Level.WHOLE_SESSION
    session.commit()
    refused = post(desk, PATH, {"of": str(one.sections[0].items[0].id), "level": "on_the_record"})
    assert refused.status_code == 422
    assert post(desk, PATH, {"of": "99999999", "level": "discussion"}).status_code == 422
    assert post(desk, PATH, {"of": "session", "level": "unknown"}).status_code == 422


def test_after_the_session_began_nothing_loosens_and_what_is_stricter_is_told(
    desk: FlaskClient, session: Session, series: Series, now: datetime
) -> None:
    found = build_session(
        session, series, slug="4", level=Level.WHOLE_SESSION, starts_at=now - timedelta(hours=3), ends_at=now - HOUR
    )
    build_answer(session, found, build_participant(session, series, language="en"))
    session.commit()
    refused = post(desk, PATH, {"of": "session", "level": "discussion"})
    assert refused.status_code == 422
    assert "The session has begun" in refused.text
    change(desk, "closed")
    assert notice_levels(session, now) == 1
    assert "The session is over: please follow this rule" in mails(session, "level_raised")[0].body_text
    assert not mails(session, "level_raised")[0].attachments


def test_a_helper_sees_none_of_it(client: FlaskClient, session: Session, series: Series, one: WorkshopSession) -> None:
    sign_in(client, build_organiser(session, series, role=Role.HELPER))
    assert client.get(PATH).status_code == 404


def test_a_session_that_nobody_answered_becomes_looser_at_once_and_says_what_the_public_then_sees(
    desk: FlaskClient, session: Session, series: Series
) -> None:
    found = build_session(session, series, slug="4", level=Level.WHOLE_SESSION, visibility=Visibility.PUBLIC)
    build_item(session, found, speakers=[build_person(session, series)])
    shown = words(change(desk, "discussion"))
    assert "Nobody has answered yet, so nobody is asked." in shown
    assert "1 name becomes public." in shown
    session.expire_all()
    assert found.level is Level.DISCUSSION


def test_a_notice_overtaken_by_a_stricter_level_is_written_anew(
    desk: FlaskClient, session: Session, one: WorkshopSession, now: datetime
) -> None:
    change(desk, "whole_session")
    notice_levels(session, now)
    session.commit()
    first = mails(session, "level_raised")[0]
    change(desk, "closed")
    session.expire_all()
    assert last_look(session, session.get_one(OutboxMessage, first.id), now) == "level changed"
    session.commit()
    notice_levels(session, now)
    stands = [message for message in mails(session, "level_raised") if message.state == "queued"]
    assert {message.basis["now"] for message in stands if message.answer_ref != first.answer_ref} == {"closed"}


def test_of_few_nobody_is_told_by_a_number(desk: FlaskClient, session: Session, series: Series, now: datetime) -> None:
    """Four participants, one who can be written to and one for whom the organisers speak: the last hides nobody."""
    found = build_session(session, series, slug="4", number=4)
    build_slot(session, found, build_person(session, series, name="Canary Moderator", email=""))
    for _number in range(4):
        build_answer(session, found, build_participant(session, series, language="en"))
    session.commit()
    change(desk, "on_the_record")
    page, overview = words(desk.get(PATH)), words(desk.get("/en/organise/series/mine/"))
    assert "Not everybody has agreed yet. Fewer than five are asked" in page
    assert "A looser rule is asked: not everybody has agreed yet" in overview
    assert "of 5" not in page + overview
    build_answer(session, found, build_participant(session, series, language="en"))
    session.commit()
    assert "0 of 6 have agreed." in words(desk.get(PATH))
    assert "A looser rule is asked: 0 of 6 have agreed" in words(desk.get("/en/organise/series/mine/"))


def test_the_list_of_mail_does_not_tell_who_has_agreed(
    desk: FlaskClient, client: FlaskClient, session: Session, one: WorkshopSession, now: datetime
) -> None:
    change(desk, "on_the_record")
    settle_proposals(session, now)
    session.commit()
    asked = mails(session, "level_asked")
    by_ref = sa.select(Answer).where(Answer.subject == asked[0].answer_ref)
    answer = session.scalars(by_ref).one()
    page = client.get(own := own_page(client, session, answer))
    data = {"csrf_token": csrf_of(page), "session": "4", "notice": "on_the_record.1", "acknowledge_rule": "y"}
    assert client.post(f"{own}agree", data=data).status_code == 303
    assert last_look(session, asked[0], now) == "has agreed"
    asked[0].state, asked[0].reason, asked[0].finished_at = OutboxState.DISCARDED, "has agreed", now
    asked[1].state, asked[1].finished_at = OutboxState.SENT, now
    session.commit()
    path = "/en/organise/series/mine/mail"
    assert "(has agreed)" not in desk.get(path).text
    assert "agreement asked" not in desk.get(path).text
    asked[2].state, asked[2].reason, asked[2].finished_at = OutboxState.FAILED, "no such mailbox", now
    session.commit()
    # Once where kinds are counted, once in the list, once for whoever hears the number read out.
    assert desk.get(path).text.count("agreement asked") == 3
    assert desk.get(f"{path}/{asked[1].id}").status_code == 404
