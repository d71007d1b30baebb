"""The personal page: what is one's own to change, to move elsewhere, to take along and to erase."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from tests.web.rsvp.visitor import Visitor, csrf_of, list_mail, my_path
from workshop.core.db import Base
from workshop.core.links import Purpose, find_token, issue
from workshop.privacy import service as privacy
from workshop.programme.models import Question, QuestionKind, Series, WorkshopSession
from workshop.rsvp.models import (
    AddressChange,
    Answer,
    AnswerState,
    Invitation,
    InvitationKind,
    LinkRequest,
    ListExport,
    Participant,
    QuestionReply,
)

pytestmark = pytest.mark.usefixtures("clock")
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}"
NEW = "New.Address@example.org"


@pytest.fixture
def series(session: Session) -> Series:
    """Give a series."""
    return build_series(session, slug="serie")


@pytest.fixture
def workshop_session(session: Session, series: Series) -> WorkshopSession:
    """Give session 4, interpreted into English."""
    found = build_session(
        session, series, slug="4", number=4, interpretation=({"from": "fr", "into": "en", "scope": "all"},)
    )
    session.commit()
    return found


@pytest.fixture
def participant(session: Session, workshop_session: WorkshopSession) -> Participant:
    """Give somebody with a seat in it."""
    found = build_participant(
        session, workshop_session.series, address="someone@example.org", language="en", name="Une personne"
    )
    build_answer(session, workshop_session, found)
    session.commit()
    return found


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    """Give somebody with a browser."""
    return Visitor(client)


@pytest.fixture
def path(session: Session, participant: Participant) -> str:
    """Give the path of their page."""
    return my_path(session, language="en")


def choose(visitor: Visitor, path: str, **fields: str) -> TestResponse:
    """Save choices."""
    values = {"name": "Une personne", "language": "en", "timezone": "Europe/Paris", **fields}
    return visitor.press(path + "preferences", **values)


def build_question(session: Session, series: Series, kind: QuestionKind, **values: object) -> Question:
    """Return a question of the series."""
    number = len(session.scalars(sa.select(Question)).all())
    defaults: dict[str, object] = {
        "series_id": series.id,
        "position": number,
        "text": both(f"Question {number} ?", f"Question {number}?"),
        "reason": both("Pour préparer.", "To prepare."),
    }
    if kind in {QuestionKind.ONE_OF, QuestionKind.SEVERAL_OF}:
        defaults["options"] = tuple({"key": key, "text": {"fr": f"{key} fr", "en": f"{key} en"}} for key in "abc")
    question = Question(kind=kind, **{**defaults, **values})
    session.add(question)
    session.commit()
    return question


def replies(session: Session) -> dict[int, object]:
    """Return question's id → reply."""
    session.expire_all()
    return {found.question_id: found.value for found in session.scalars(sa.select(QuestionReply))}


# -- choices -----------------------------------------------------------------------------------------------------------


def test_whoever_ends_calendar_files_learns_once_that_the_old_ones_stay(visitor: Visitor, path: str) -> None:
    stays = "stays in your calendar and changes no more"
    for fields, says_so in (({}, False), ({"no_calendar": "y"}, True), ({"no_calendar": "y"}, False)):
        assert choose(visitor, path, **fields).status_code == 303
        assert (stays in visitor.client.get(path).text) is says_so


def test_a_consent_keeps_its_date_and_ends_with_its_tick(
    visitor: Visitor, session: Session, participant: Participant, path: str, clock: time_machine.Traveller
) -> None:
    boxes = {"discreet": "y", "keep_informed": "y", "later": "y", "access_needs": HOSTILE}
    assert choose(visitor, path, **boxes).status_code == 303
    clock.shift(timedelta(days=1))
    assert choose(visitor, path, **boxes).status_code == 303
    session.refresh(participant)
    assert (participant.is_discreet, participant.informed_since, participant.follows_since) == (True, NOW, NOW)
    assert participant.access_needs == HOSTILE
    page = visitor.client.get(path).text
    assert "<script>alert" not in page
    assert page.count("22 November 2026") >= 2
    assert choose(visitor, path).status_code == 303
    session.refresh(participant)
    assert (participant.is_discreet, participant.informed_since, participant.follows_since) == (False, None, None)
    assert participant.access_needs == HOSTILE  # a text that was not sent is left alone


def test_interpretation_is_chosen_among_what_the_session_has(
    visitor: Visitor, session: Session, participant: Participant, path: str
) -> None:
    assert 'name="interpretation-4"' in visitor.client.get(path).text
    assert choose(visitor, path, **{"interpretation-4": "en"}).status_code == 303
    answer = session.scalars(sa.select(Answer)).one()
    session.refresh(answer)
    assert answer.interpretation == "en"
    assert choose(visitor, path, **{"interpretation-4": "de"}).status_code == 422
    assert choose(visitor, path, **{"interpretation-4": ""}).status_code == 303
    session.refresh(answer)
    assert answer.interpretation == ""


def test_replies_of_every_kind_can_be_changed_and_taken_back(
    visitor: Visitor, session: Session, series: Series, participant: Participant, path: str
) -> None:
    kinds = {kind: build_question(session, series, kind) for kind in QuestionKind}
    name = {kind: f"questions-{question.key}" for kind, question in kinds.items()}
    first = {
        name[QuestionKind.SHORT]: HOSTILE,
        name[QuestionKind.LONG]: "one\r\ntwo",
        name[QuestionKind.ONE_OF]: "b",
        name[QuestionKind.SEVERAL_OF]: "c",
        name[QuestionKind.YES_NO]: "no",
    }
    assert choose(visitor, path, **first).status_code == 303
    assert replies(session) == {
        kinds[QuestionKind.SHORT].id: HOSTILE,
        kinds[QuestionKind.LONG].id: "one\ntwo",
        kinds[QuestionKind.ONE_OF].id: "b",
        kinds[QuestionKind.SEVERAL_OF].id: ("c",),
        kinds[QuestionKind.YES_NO].id: False,
    }
    page = visitor.client.get(path)
    assert "<script>alert" not in page.text
    assert "b en" in page.text
    shown = re.findall(r'name="shown" value="(\w+)"', page.text)
    assert len(shown) == 5
    values = {
        "csrf_token": csrf_of(page),
        "name": "Une personne",
        "language": "en",
        "timezone": "",
        "shown": shown,
        name[QuestionKind.YES_NO]: "yes",
    }
    assert visitor.client.post(path + "preferences", data=values).status_code == 303
    assert replies(session) == {kinds[QuestionKind.YES_NO].id: True}
    wrong = choose(visitor, path, **{name[QuestionKind.ONE_OF]: "z"})
    assert wrong.status_code == 422
    assert f'href="#{name[QuestionKind.ONE_OF]}"' in wrong.text


def test_a_required_reply_may_be_changed_and_not_taken_back_and_one_never_given_holds_nothing_up(
    visitor: Visitor, session: Session, series: Series, participant: Participant, path: str
) -> None:
    question = build_question(session, series, QuestionKind.SHORT, is_required=True)
    field = f"questions-{question.key}"
    assert choose(visitor, path, **{field: "", "shown": question.key}).status_code == 303
    assert choose(visitor, path, **{field: "first"}).status_code == 303
    assert choose(visitor, path, **{field: "", "shown": question.key}).status_code == 422
    assert replies(session) == {question.id: "first"}


def test_questions_of_other_sessions_and_series_take_no_reply(
    visitor: Visitor, session: Session, series: Series, participant: Participant, path: str
) -> None:
    other = build_session(session, series, slug="5")
    foreign = build_question(session, build_series(session), QuestionKind.SHORT)
    elsewhere = build_question(session, series, QuestionKind.SHORT, workshop_session_id=other.id)
    fields = {f"questions-{question.key}": "x" for question in (foreign, elsewhere)}
    assert choose(visitor, path, **fields).status_code == 303
    assert replies(session) == {}


# -- another address ---------------------------------------------------------------------------------------------------


def change_path(session: Session) -> str:
    """Return the path that the mail to the new address has."""
    subject = session.scalars(sa.select(AddressChange.subject)).one()
    token = issue(session, purpose=Purpose.MY, subject=subject)
    session.commit()
    return f"/en/my/{token}/"


def test_a_new_address_counts_once_its_own_mailbox_says_so(
    visitor: Visitor, session: Session, participant: Participant, path: str
) -> None:
    assert visitor.press(path + "address", email=NEW).status_code == 303
    message = list_mail(session)[0]
    assert (message.kind, message.recipient, message.language) == ("confirm_new_address", NEW, "en")
    for text in (message.subject, message.body_text, message.body_html, message.sender_name):
        for canary in ("someone", NEW, "Une personne", "serie", "Example", "Session 4"):
            assert canary not in text
    assert "is not confirmed yet" in visitor.client.get(path).text
    assert participant.address == "someone@example.org"
    confirming = change_path(session)
    page = visitor.client.get(confirming)
    assert page.text.count('method="post"') == 1
    assert page.headers["Cache-Control"] == "no-store"
    for canary in ("someone", "Une personne", "Session 4", "serie", NEW, NEW.lower()):
        assert canary not in page.text
    for verb in ("answer", "withdraw", "preferences", "address", "link", "export", "erase"):
        assert visitor.press(confirming + verb).status_code == 404
    assert visitor.press(confirming + "confirm").status_code == 303
    session.refresh(participant)
    assert (participant.address, participant.address_folded) == (NEW, NEW.lower())
    assert visitor.client.get(path).status_code == 200
    done = visitor.client.get(confirming)
    assert "is confirmed" in done.text
    assert done.text.count('method="post"') == 0
    resent = list_mail(session)[-1]
    assert (resent.kind, resent.recipient) == ("link_resent", NEW)


def test_pressing_twice_is_once(visitor: Visitor, session: Session, participant: Participant, path: str) -> None:
    visitor.press(path + "address", email=NEW)
    confirming = change_path(session)
    fields = {"csrf_token": csrf_of(visitor.client.get(confirming))}
    assert [visitor.client.post(confirming + "confirm", data=fields).status_code for _ in range(3)] == [303] * 3
    assert [message.kind for message in list_mail(session)] == ["confirm_new_address", "link_resent"]


def test_what_still_waits_goes_to_the_new_address(
    visitor: Visitor, session: Session, participant: Participant, path: str
) -> None:
    visitor.press(path + "answer", session="4", answer="declined")
    visitor.press(path + "address", email=NEW)
    visitor.press(change_path(session) + "confirm")
    assert {message.recipient for message in list_mail(session) if message.kind == "answer_recorded"} == {NEW}


def test_an_address_of_another_participant_is_told_to_its_mailbox_alone(
    visitor: Visitor, session: Session, series: Series, participant: Participant, path: str
) -> None:
    build_participant(session, series, address=NEW.lower(), name="Autre")
    taken, free = (visitor.press(path + "address", email=address) for address in (NEW, "free@example.org"))
    assert (taken.status_code, taken.headers["Location"]) == (free.status_code, free.headers["Location"])
    visitor.press(path + "address", email=NEW)
    confirming = change_path(session)
    refused = visitor.press(confirming + "confirm")
    assert refused.status_code == 409
    assert "already answered with this address" in refused.text
    assert "Autre" not in refused.text
    session.refresh(participant)
    assert participant.address == "someone@example.org"


def test_who_only_typed_an_address_does_not_stand_in_its_owner_s_way(
    visitor: Visitor, session: Session, participant: Participant, path: str
) -> None:
    visitor.answer(email=NEW.lower(), name="Typed")
    typed = my_path(session, NEW.lower())
    visitor.press(path + "address", email=NEW)
    assert visitor.press(change_path(session) + "confirm").status_code == 303
    session.refresh(participant)
    assert participant.address == NEW
    assert visitor.client.get(typed).status_code == 404
    assert session.scalars(sa.select(Participant.name)).all() == ["Une personne"]


def test_a_new_address_is_forgotten_after_48_hours_with_its_mail(
    visitor: Visitor, session: Session, participant: Participant, path: str, clock: time_machine.Traveller
) -> None:
    visitor.press(path + "address", email=NEW)
    confirming = change_path(session)
    clock.shift(timedelta(hours=48))
    assert visitor.client.get(confirming).status_code == 404
    assert "is not confirmed yet" not in visitor.client.get(path).text
    assert privacy.purge(session, now=NOW + timedelta(hours=48)) >= 1
    assert session.scalars(sa.select(AddressChange)).all() == []
    assert [message.recipient for message in list_mail(session)] == [""]


def test_another_new_address_takes_the_place_of_the_one_before(
    visitor: Visitor, session: Session, participant: Participant, path: str
) -> None:
    visitor.press(path + "address", email="typo@example.org")
    before = change_path(session)
    visitor.press(path + "address", email=NEW)
    assert visitor.client.get(before).status_code == 404
    assert [message.recipient for message in list_mail(session)] == ["", NEW]


@pytest.mark.rate_limits
def test_nobody_is_flooded_through_a_personal_page(
    visitor: Visitor, session: Session, series: Series, participant: Participant, path: str
) -> None:
    page = visitor.client.get(path)
    data = {"csrf_token": csrf_of(page)}
    codes = [
        visitor.client.post(path + "address", data={**data, "email": f"victim{number}@example.org"}).status_code
        for number in range(7)
    ]
    assert codes == [303] * 5 + [429] * 2
    other = build_participant(session, series, address="other@example.org")
    build_answer(session, session.scalars(sa.select(WorkshopSession)).one(), other)
    others = my_path(session, "other@example.org", language="en")
    for number in range(5):
        data["email"] = NEW if number % 2 else NEW.lower()
        assert visitor.client.post(others + "address", data=data).status_code == 303
    assert len([found for found in list_mail(session) if found.recipient.lower() == NEW.lower()]) <= 3


@pytest.mark.parametrize("address", ["", "nonsense", "é@example.org", "a@example.org, b@example.org"])
def test_what_is_no_address_is_told_at_its_field(
    visitor: Visitor, session: Session, participant: Participant, path: str, address: str
) -> None:
    wrong = visitor.press(path + "address", email=address)
    assert wrong.status_code == 422
    assert 'href="#email"' in wrong.text
    assert session.scalars(sa.select(AddressChange)).all() == []


# -- another link ------------------------------------------------------------------------------------------------------


def test_a_new_link_kills_all_old_ones_at_once(
    visitor: Visitor, session: Session, participant: Participant, path: str
) -> None:
    subject = session.scalars(sa.select(Answer.subject)).one()
    old = {
        f"/en/join/{issue(session, purpose=Purpose.JOIN, subject=subject)}",
        f"/en/unsubscribe/{issue(session, purpose=Purpose.UNSUBSCRIBE, subject=participant.subject)}",
        path,
    }
    visitor.press(path + "address", email=NEW)
    old.add(change_path(session))
    assert {visitor.client.get(one).status_code for one in old} == {200}
    response = visitor.press(path + "link")
    assert response.status_code == 303
    assert {visitor.client.get(one).status_code for one in old} == {404}
    page = visitor.client.get(response.headers["Location"])
    assert page.status_code == 200
    join = find_token(session, purpose=Purpose.JOIN, subject=subject)
    assert f'href="/en/join/{join}"' in page.text
    assert visitor.client.get(f"/en/join/{join}").status_code == 200
    message = list_mail(session)[-1]
    assert (message.kind, message.recipient) == ("link_resent", "someone@example.org")
    assert "no longer work" in message.body_text


def test_a_new_link_without_an_address_is_only_shown(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    nameless = build_participant(session, workshop_session.series, address=None)
    build_answer(session, workshop_session, nameless)
    old = f"/en/my/{issue(session, purpose=Purpose.MY, subject=nameless.subject)}/"
    response = visitor.press(old + "link")
    assert response.headers["Location"] in visitor.client.get(response.headers["Location"]).text
    assert visitor.client.get(old).status_code == 404
    assert list_mail(session) == []


# -- what is held ------------------------------------------------------------------------------------------------------


def build_everything(session: Session, series: Series, participant: Participant) -> Question:
    """Let everything be held about a participant that can be."""
    workshop_session = session.scalars(sa.select(WorkshopSession)).one()
    question = build_question(session, series, QuestionKind.SHORT, keep_days=3)
    invitation = Invitation(
        series_id=series.id,
        kind=InvitationKind.PERSON,
        address="Someone@example.org",
        address_folded="someone@example.org",
        name="Canary Invited",
        language="en",
        organisation="Canary Partner",
        created_at=NOW,
    )
    session.add_all(
        [
            QuestionReply(participant_id=participant.id, question_id=question.id, value="Canary reply", replied_at=NOW),
            AddressChange(participant=participant, address="canary.new@example.org", created_at=NOW),
            LinkRequest(address_folded="someone@example.org", language="en", created_at=NOW),
            invitation,
            ListExport(series_id=series.id, purpose="Badges of the door", exported_at=NOW),
            ListExport(
                series_id=series.id,
                workshop_session_id=workshop_session.id,
                purpose="Catering of session 4",
                exported_at=NOW,
            ),
            ListExport(series_id=series.id, purpose="Before their time", exported_at=NOW - timedelta(days=2)),
        ]
    )
    participant.access_needs = "Canary needs"
    answer = participant.answers[0]
    answer.added_reason, answer.interpretation, answer.attended_at = "Canary reason", "en", NOW
    session.commit()
    return question


def test_the_page_says_of_each_datum_why_and_until_when(
    visitor: Visitor, session: Session, series: Series, participant: Participant, path: str
) -> None:
    build_everything(session, series, participant)
    page = html.unescape(visitor.client.get(path).text)
    for words in (
        "someone@example.org", "canary.new@example.org", "Canary needs", "Canary reply", "3 December 2026",
        "Canary Invited", "Canary Partner", "Badges of the door", "Catering of session 4", "30 December 2026",
        "That you came",
    ):  # fmt: skip
        assert words in page, words
    assert "Before their time" not in page
    assert "keeps no record" not in page


def test_the_export_is_a_file_with_everything_and_without_any_secret_link(
    visitor: Visitor, session: Session, series: Series, participant: Participant, path: str
) -> None:
    build_everything(session, series, participant)
    visitor.press(path + "answer", session="4", answer="tentative", acknowledge_rule="y", notice="discussion.1")
    response = visitor.press(path + "export")
    assert response.status_code == 200
    assert response.headers["Content-Disposition"].startswith("attachment")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.mimetype == "application/json"
    found = json.loads(response.text)
    held = found["held"]
    assert held["address"] == "someone@example.org"
    assert held["new_address"]["address"] == "canary.new@example.org"
    assert held["access_needs"] == "Canary needs"
    assert held["answers"][0]["state"] == "tentative"
    assert held["answers"][0]["interpretation"] == "en"
    assert held["replies"][0]["reply"] == "Canary reply"
    assert held["invitations"][0]["name"] == "Canary Invited"
    assert [one["purpose"] for one in held["list_exports"]] == ["Badges of the door", "Catering of session 4"]
    assert held["acknowledgements"][0]["level"] == "discussion"
    assert found["messages"][0]["kind"] == "answer_recorded"
    assert "[[link:" not in response.text
    assert path.split("/")[3] not in response.text
    assert participant.subject not in response.text


def test_erasing_takes_all_of_it_and_passes_the_seat_on(
    visitor: Visitor, session: Session, series: Series, participant: Participant, path: str
) -> None:
    build_everything(session, series, participant)
    workshop_session = session.scalars(sa.select(WorkshopSession)).one()
    workshop_session.capacity, workshop_session.has_waiting_list = 1, True
    waiting = build_answer(session, workshop_session, state=AnswerState.WAITLISTED, waitlisted_at=NOW)
    assert visitor.press(path + "erase").status_code == 200
    session.expire_all()
    assert waiting.state is AnswerState.OFFERED
    for model in (QuestionReply, AddressChange, LinkRequest):
        assert session.scalars(sa.select(model)).all() == []
    invitation = session.scalars(sa.select(Invitation)).one()
    assert (invitation.address, invitation.name) == (None, "")
    assert visitor.client.get(path).status_code == 404


def test_whoever_gave_no_address_neither_sees_nor_erases_invitations_that_have_none(
    visitor: Visitor, session: Session, series: Series, workshop_session: WorkshopSession
) -> None:
    group = Invitation(
        series_id=series.id, kind=InvitationKind.GROUP, name="Canary group", language="en", created_at=NOW
    )
    session.add(group)
    nameless = build_participant(session, series, address=None)
    build_answer(session, workshop_session, nameless)
    path = f"/en/my/{issue(session, purpose=Purpose.MY, subject=nameless.subject)}/"
    session.commit()
    assert "Canary" not in visitor.client.get(path).text
    assert visitor.press(path + "erase").status_code == 200
    session.expire_all()
    assert (group.name, group.withdrawn_at) == ("Canary group", None)


def test_what_is_not_confirmed_can_be_erased_and_neither_exported_nor_moved(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer("/en/series/serie/4/rsvp", email="typed@example.org")
    path = my_path(session, "typed@example.org", language="en")
    for verb in ("export", "address", "link", "preferences", "withdraw", "answer"):
        assert visitor.press(path + verb).status_code == 404
    assert visitor.press(path + "erase").status_code == 200


def test_no_link_does_anything_by_being_looked_at(
    visitor: Visitor, session: Session, series: Series, participant: Participant, path: str
) -> None:
    build_everything(session, series, participant)
    paths = (path, change_path(session), "/en/link", "/en/link/sent")

    def rows() -> dict[str, list[object]]:
        session.commit()
        return {
            table.name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }

    before = rows()
    for _ in range(20):
        for one in paths:
            visitor.client.get(one, headers={"User-Agent": "SafeLinks"})
            visitor.client.head(one)
            visitor.client.options(one)
        for verb in ("confirm", "answer", "withdraw", "preferences", "address", "link", "export", "erase"):
            assert visitor.client.get(path + verb).status_code in {404, 405}
    assert rows() == before
