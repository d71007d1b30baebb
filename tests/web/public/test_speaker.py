"""The own page of somebody who speaks: what they see of it all, and what they decide."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_committee_member,
    build_item,
    build_participant,
    build_person,
    build_series,
    build_session,
)
from tests.web.public.speaking import NAME, build_speaker, decide, press, session_of, speaker_path, words
from workshop.audit.models import LogEntry
from workshop.chatham.rule import ConsentKind, Level, Visibility
from workshop.core.links import Purpose, find_token, issue, revoke
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import LevelProposal, SpeakerAgreement, SpeakerConsent, WorkshopSession
from workshop.programme.service.consents import set_consent
from workshop.programme.view.speakers import part_key, proposal_key
from workshop.rsvp.emails import answer_recorded

pytestmark = pytest.mark.usefixtures("clock")
NAMED = (ConsentKind.ANNOUNCE_NAME, ConsentKind.ANNOUNCE_AFFILIATION)


def test_unknown_malformed_foreign_and_revoked_links_are_one_and_the_same(
    client: FlaskClient, session: Session
) -> None:
    person, _slot = build_speaker(session)
    participant = build_participant(session, session_of(session, _slot).series)
    foreign = issue(session, purpose=Purpose.MY, subject=participant.subject)
    gone = build_person(session, session_of(session, _slot).series)
    revoked = issue(session, purpose=Purpose.SPEAKER, subject=gone.subject)
    revoke(session, subjects=[gone.subject])
    good = speaker_path(session, person)
    tokens = ("A" * 27, "é", "%20", "x" * 2000, foreign, revoked, good.split("/")[3][:-1])
    pages = [client.get(f"/en/speaker/{token}/") for token in tokens]
    assert {page.status_code for page in pages} == {404}
    assert len({page.text for page in pages}) == 1
    assert pages[0].text == client.get("/en/speaker/").text
    assert client.get(good).status_code == 200


def test_nothing_of_it_is_kept_or_told_to_others(client: FlaskClient, session: Session) -> None:
    person, _slot = build_speaker(session)
    page = client.get(speaker_path(session, person))
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]
    assert "ETag" not in page.headers


def test_a_get_changes_nothing(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    path = speaker_path(session, person)
    for verb in ("agree", "withdraw", "link", "export", "slides"):
        assert client.get(path + verb).status_code == 405
    assert client.get(path).status_code == 200
    assert session.scalars(sa.select(SpeakerConsent).where(SpeakerConsent.slot_id == slot.id)).all() == []


@pytest.mark.parametrize("level", list(Level))
def test_they_see_their_part_at_every_level(client: FlaskClient, session: Session, level: Level) -> None:
    person, _slot = build_speaker(session, level)
    for language, talk in (("en", "My talk"), ("fr", "Mon exposé")):
        page = words(client.get(speaker_path(session, person, language)))
        assert NAME in page
        assert talk in page
        assert "Max Moderator" in page, "as the others who take part see it"
        assert "rooms.example.org" not in page


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (Level.ON_THE_RECORD, "Everybody: your name stands in the public programme"),
        (Level.DISCUSSION, "Everybody: your name stands in the public programme"),
        (Level.WHOLE_SESSION, "Those whose place is confirmed and those who speak or moderate"),
        (Level.CLOSED, "Those whose place is confirmed and those who speak or moderate"),
    ],
)
def test_the_page_says_who_sees_the_name_now(client: FlaskClient, session: Session, level: Level, said: str) -> None:
    person, slot = build_speaker(session, level)
    path = speaker_path(session, person)
    assert said in words(client.get(path))
    decide(client, path, slot)
    page = words(client.get(path))
    assert said not in page
    assert "Nobody but the organisers." in page


def test_they_learn_nothing_of_those_who_take_part(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session, capacity=2)
    path = speaker_path(session, person)
    before = words(client.get(path))
    for _number in range(2):
        answerer = build_participant(session, session_of(session, slot).series, name="Canary Participant")
        build_answer(session, session_of(session, slot), answerer)
    session.commit()
    assert words(client.get(path)) == before


def test_a_draft_is_shown_to_nobody_and_another_persons_part_is_not_theirs(
    client: FlaskClient, session: Session
) -> None:
    person, slot = build_speaker(session, is_published=False)
    other = build_person(session, session_of(session, slot).series)
    path = speaker_path(session, person)
    assert "My talk" not in client.get(path).text
    page = press(client, path, part=part_key(slot), shown="announce_name")
    assert page.status_code == 409
    session_of(session, slot).is_published = True
    page = press(client, speaker_path(session, other), part=part_key(slot), shown="announce_name")
    assert page.status_code == 409
    session.expire_all()
    assert slot.consents == []


def test_each_consent_is_given_and_withdrawn_apart(client: FlaskClient, session: Session, now: object) -> None:
    person, slot = build_speaker(session)
    path = speaker_path(session, person)
    answer = decide(client, path, slot, *NAMED, ConsentKind.SLIDES)
    assert (answer.status_code, answer.location) == (303, f"{path}#part-{part_key(slot)}")
    (said,) = session.scalars(sa.select(SpeakerConsent).where(SpeakerConsent.slot_id == slot.id))
    assert (said.kind, said.given_at, said.recorded_by) == (ConsentKind.SLIDES, NOW, "speaker")
    decide(client, path, slot, ConsentKind.ANNOUNCE_NAME)
    session.expire_all()
    withdrawn = {one.kind for one in slot.consents if one.withdrawn_at == NOW}
    assert withdrawn == {ConsentKind.ANNOUNCE_AFFILIATION, ConsentKind.SLIDES}
    actions = session.scalars(sa.select(LogEntry.action).order_by(LogEntry.id)).all()
    assert actions == ["programme.give_consent", *["programme.withdraw_consent"] * 2]
    entry = session.scalars(sa.select(LogEntry)).first()
    assert entry is not None
    assert (entry.actor, entry.details) == ("speaker", {"slot": slot.id, "kind": "slides"})


def test_what_the_page_did_not_know_is_not_undone_by_it(client: FlaskClient, session: Session) -> None:
    """Opened before the organisers noted a withdrawal by telephone, sent after: the withdrawal stays."""
    person, slot = build_speaker(session)
    path = speaker_path(session, person)
    set_consent(session, now=NOW, slot=slot, kind=ConsentKind.ANNOUNCE_NAME, given=False, recorded_by="organiser:1")
    session.commit()
    data = dict.fromkeys((*NAMED, ConsentKind.QUOTED), "y")
    press(client, path, part=part_key(slot), shown="announce_name announce_affiliation", **data)
    session.expire_all()
    assert {one.kind: one.withdrawn_at is None for one in slot.consents} == {
        ConsentKind.ANNOUNCE_NAME: False,
        ConsentKind.QUOTED: True,
    }
    assert "as the organisers noted on" in words(client.get(path))


def test_a_form_that_lost_a_field_stores_nothing(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    page = press(client, speaker_path(session, person), part=part_key(slot))
    assert page.status_code == 422
    session.expire_all()
    assert slot.consents == []


@pytest.mark.parametrize("level", [Level.ON_THE_RECORD, Level.DISCUSSION])
def test_a_withdrawn_name_is_gone_with_the_next_request(client: FlaskClient, session: Session, level: Level) -> None:
    person, slot = build_speaker(session, level)
    addresses = [
        f"/{language}/series/serie/{file}"
        for language in ("fr", "en")
        for file in ("", "4/", "4/session.ics", "calendar.ics")
    ]
    assert NAME in client.get("/en/series/serie/4/").text
    assert NAME in client.get("/en/series/serie/4/session.ics").text.replace("\r\n ", "")
    session_id = slot.workshop_session_id
    answer = build_answer(session, session_of(session, slot))
    answer_recorded(session, now=NOW, answer=answer)
    session.commit()
    path = speaker_path(session, person)
    decide(client, path, slot)
    for address in addresses:
        assert NAME not in client.get(address).text.replace("\r\n ", ""), address
    session.expire_all()
    (waiting,) = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.workshop_session_id == session_id))
    assert waiting.state is OutboxState.QUEUED
    (file,) = waiting.attachments
    assert NAME not in file["content"]
    assert "BEGIN:VEVENT" in file["content"]
    assert NAME not in waiting.body_text + waiting.body_html
    decide(client, path, slot, ConsentKind.ANNOUNCE_NAME)
    page = client.get("/en/series/serie/4/").text
    assert NAME in page
    assert "Inserm" not in page.split(NAME)[1][:200]


def test_everything_is_withdrawn_at_once_also_where_nothing_is_published_yet(
    client: FlaskClient, session: Session
) -> None:
    person, slot = build_speaker(session)
    draft = build_session(session, session_of(session, slot).series, slug="5", is_published=False)
    later = build_item(session, draft, speakers=[person]).slots[0]
    path = speaker_path(session, person)
    decide(client, path, slot, *ConsentKind)
    assert press(client, path, "withdraw").status_code == 303
    session.expire_all()
    assert {one.kind for one in slot.consents if one.withdrawn_at} == set(ConsentKind)
    assert {one.kind for one in later.consents if one.withdrawn_at} == set(NAMED)
    count = session.scalar(sa.select(sa.func.count(LogEntry.id)))
    assert press(client, path, "withdraw").status_code == 303
    assert session.scalar(sa.select(sa.func.count(LogEntry.id))) == count, "nothing was left to withdraw"


def test_whoever_sits_in_the_committee_is_told_that_this_is_apart(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    said = "named as a member of the committee"
    assert said not in client.get(speaker_path(session, person)).text
    build_committee_member(session, session_of(session, slot).series, person)
    assert said in client.get(speaker_path(session, person)).text


def test_a_new_link_kills_the_old_one_and_is_mailed(client: FlaskClient, session: Session) -> None:
    person, _slot = build_speaker(session)
    old = speaker_path(session, person)
    answer = press(client, old, "link")
    assert answer.status_code == 303
    assert client.get(old).status_code == 404
    token = find_token(session, purpose=Purpose.SPEAKER, subject=person.subject)
    assert answer.location == f"/en/speaker/{token}/"
    assert client.get(answer.location).status_code == 200
    (message,) = session.scalars(sa.select(OutboxMessage))
    assert (message.kind, message.recipient) == ("speaker_link", "zoe@example.org")
    assert str(token) not in message.body_text


def test_all_that_is_held_is_given_as_a_file(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    path = speaker_path(session, person)
    decide(client, path, slot, *NAMED, ConsentKind.QUOTED)
    press(client, path, "link")
    token = find_token(session, purpose=Purpose.SPEAKER, subject=person.subject)
    answer = press(client, f"/en/speaker/{token}/", "export")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    held = json.loads(answer.text)
    assert held["person"]["name"] == NAME
    assert held["person"]["messages"][0]["kind"] == "speaker_link"
    (part,) = held["programme"]["parts"]
    assert part["consents"] == [
        {"kind": "quoted", "given_at": NOW.isoformat(), "withdrawn_at": None, "recorded_by": "speaker"}
    ]
    assert str(token) not in answer.text
    assert "Max Moderator" not in answer.text


def test_a_looser_level_waits_for_everybody_and_counts_with_the_last(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session, Level.WHOLE_SESSION)
    one = session_of(session, slot)
    (moderator,) = (slot.person for slot in one.slots)
    proposal = LevelProposal(
        workshop_session_id=one.id, level=Level.DISCUSSION, proposed_at=NOW, proposed_by="organiser:1"
    )
    session.add(proposal)
    session.flush()
    keys = {who.id: proposal_key(who, proposal) for who in (person, moderator)}
    path, other = speaker_path(session, person), speaker_path(session, moderator)
    assert "Asked of you: a looser level for this session" in words(client.get(path))
    assert press(client, path, "agree", proposal=keys[moderator.id]).status_code == 409
    assert press(client, path, "agree", proposal=keys[person.id]).status_code == 303
    assert "You have agreed." in words(client.get(path))
    assert "You have agreed." not in words(client.get(other)), "nobody is told who has"
    assert press(client, other, "agree", proposal=keys[person.id], act="take_back").status_code == 409
    assert press(client, path, "agree", proposal=keys[person.id], act="take_back").status_code == 303
    assert "You no longer agree: nothing changes." in words(client.get(path))
    assert session.scalars(sa.select(SpeakerAgreement)).all() == []
    session.commit()
    assert press(client, path, "agree", proposal=keys[person.id]).status_code == 303
    assert NAME not in client.get("/en/series/serie/4/").text
    (agreement,) = session.scalars(sa.select(SpeakerAgreement))
    assert (agreement.person_id, agreement.recorded_by) == (person.id, "speaker")
    session.commit()
    assert press(client, other, "agree", proposal=keys[moderator.id]).status_code == 303
    session.expire_all()
    assert session.get_one(WorkshopSession, one.id).level is None, "the series' own, which is what was asked"
    assert NAME in client.get("/en/series/serie/4/").text
    assert press(client, path, "agree", proposal=keys[person.id]).status_code == 409


def test_the_page_stands_where_there_is_nothing_to_show(client: FlaskClient, session: Session) -> None:
    person = build_person(session, build_series(session), name=NAME, email="")
    page = words(client.get(speaker_path(session, person)))
    assert "You speak or moderate in no coming session that is published." in page


def test_parts_say_what_each_consent_would_mean(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    one = session_of(session, slot)
    build_item(session, one, title=both("Public", "On the record talk"), level=Level.ON_THE_RECORD, speakers=[person])
    page = words(client.get(speaker_path(session, person)))
    assert "Under the Rule nothing said here is attributed to anybody" in page
    assert "only if you agree" in page
    assert "It is published only once everybody heard in it has agreed." in page
    assert page.count("Then anybody can fetch them from the session’s page.") == 2
    one.series.visibility = Visibility.UNLISTED
    assert "Whoever has the address of the session’s page" in words(client.get(speaker_path(session, person)))
