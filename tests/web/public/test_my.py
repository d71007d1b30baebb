"""The personal page: before the press, the press, and after it."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    build_answer,
    build_item,
    build_participant,
    build_person,
    build_series,
    build_session,
)
from tests.web.rsvp.visitor import Visitor, csrf_of, list_mail, my_path
from workshop import worker
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level
from workshop.core.db import Base
from workshop.core.links import Purpose, issue, renew
from workshop.core.localized import Localized
from workshop.mail.delivery import make_draft
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.rsvp.models import Acknowledgement, Answer, AnswerRequest, AnswerState, Participant

pytestmark = pytest.mark.usefixtures("clock")

HOSTILE = "<script>alert(1)</script>\"'&{{7*7}} [[link:my:00000000000000000000000000000000]]"


@pytest.fixture
def series(session: Session) -> Series:
    """Give a series whose sessions name nobody."""
    return build_series(session, slug="serie", level=Level.WHOLE_SESSION)


@pytest.fixture
def workshop_session(session: Session, series: Series) -> WorkshopSession:
    """Give session 4 with a speaker, a moderator and five seats."""
    found = build_session(
        session, series, slug="4", number=4, capacity=5, public_title=Localized({"fr": "Titre public", "en": "Public"})
    )
    build_item(session, found, speakers=[build_person(session, series, name="Canari Intervenante")])
    session.commit()
    return found


@pytest.fixture
def visitor(client: FlaskClient) -> Visitor:
    """Give somebody with a browser."""
    return Visitor(client)


def answers(session: Session) -> list[tuple[str, AnswerState]]:
    """Return (name, state) of every answer."""
    session.expire_all()
    rows = session.scalars(sa.select(Answer).order_by(Answer.id))
    return [(row.participant.name, row.state) for row in rows]


def test_before_the_press_the_page_shows_what_was_typed_and_no_more_of_the_session_than_the_public_page(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer(name="Une personne")
    page = visitor.client.get(my_path(session))
    assert page.status_code == 200
    assert "Une personne" in page.text
    assert "Titre public" in page.text
    assert "Canari" not in page.text
    assert "Titre de la séance" not in page.text
    assert page.text.count('method="post"') == 1
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page.headers["X-Robots-Tag"]


def test_the_press_takes_the_seat_keeps_the_acknowledgement_and_mails_what_was_recorded(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer(name="Une personne", timezone="America/Toronto")
    path = my_path(session)
    response = visitor.press(path + "confirm", waiting="")
    assert response.status_code == 303
    assert answers(session) == [("Une personne", AnswerState.ACCEPTED)]
    found = session.scalars(sa.select(Acknowledgement)).one()
    assert (found.level, found.version, found.language) == (Level.WHOLE_SESSION, 1, "fr")
    answer = session.scalars(sa.select(Answer)).one()
    assert answer.told_starts_at == workshop_session.starts_at
    assert answer.accepted_at == answer.participant.confirmed_at == NOW
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "rsvp.acknowledge")).one()
    assert (entry.actor, entry.object) == ("participant", f"session:{workshop_session.id}")
    recorded = list_mail(session)[-1]
    assert recorded.kind == "answer_recorded"
    assert recorded.sender_name == "Workshop"
    for text in (recorded.subject, recorded.body_text, recorded.body_html):
        assert "Canari" not in text
        assert "Titre" not in text
        assert "serie" not in text
    assert "Séance 4" in recorded.subject
    assert f"[[link:join:{answer.subject}]]" in recorded.body_text
    assert recorded.headers == {}


def test_the_mail_of_an_acceptance_carries_the_calendar_entry_with_ones_own_uid_and_the_join_link(
    visitor: Visitor, session: Session, series: Series, workshop_session: WorkshopSession
) -> None:
    series.level = Level.DISCUSSION
    visitor.answer()
    visitor.press(my_path(session) + "confirm")
    recorded = list_mail(session)[-1]
    answer = session.scalars(sa.select(Answer)).one()
    attachment = make_draft(session, recorded).attachments[0]
    content = attachment["content"].replace("\r\n ", "")
    token = issue(session, purpose=Purpose.JOIN, subject=answer.subject)
    assert attachment["filename"] == "invite.ics"
    assert f"UID:{answer.uid}@localhost" in content
    assert "TRANSP:OPAQUE" in content
    assert re.search(rf"CONFERENCE[^\r]*/fr/join/{token}\r\n", content)
    assert "rooms.example.org" not in content
    assert workshop_session.uid not in content
    assert all(len(line.encode()) <= 75 for line in attachment["content"].split("\r\n"))
    assert recorded.headers == {"Reply-To": "contact@example.org"}
    assert recorded.sender_name == "Les ateliers"


def test_after_the_press_a_seat_shows_the_speakers_the_join_link_and_what_is_held_until_when(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer()
    path = my_path(session)
    visitor.press(path + "confirm")
    page = visitor.client.get(path)
    assert "Canari Intervenante" in page.text
    assert "Titre de la séance 4" in page.text
    assert path + "confirm" not in page.text
    assert re.search(r'href="/fr/join/[\w-]{27}"', page.text)
    assert "rooms.example.org" not in page.text
    assert "someone@example.org" in page.text
    assert "30 décembre 2026" in page.text


def test_the_reader_s_own_clock_is_said_once_and_hours_are_set_as_french_is(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    build_item(session, workshop_session, title=Localized({"fr": "Ouverture"}), starts="16:30")
    session.commit()
    visitor.answer(timezone="America/Toronto")
    path = my_path(session)
    visitor.press(path + "confirm")
    page = html.unescape(visitor.client.get(path).text)
    assert page.count("heure de Toronto (UTC−5)") == 1
    assert "data-clock" not in page
    assert "16\u00a0h\u00a0–\u00a018\u00a0h" in page
    assert "16\u00a0h\u00a030 – Ouverture" in page
    assert "– Vous venez\u00a0: une place vous est réservée." in page


@pytest.mark.parametrize("choice", ["tentative", "declined"])
def test_without_a_seat_the_page_names_nobody_and_has_no_join_link(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, choice: str
) -> None:
    visitor.answer(answer=choice)
    path = my_path(session)
    visitor.press(path + "confirm")
    page = visitor.client.get(path)
    assert "Canari" not in page.text
    assert "/join/" not in page.text
    mail = list_mail(session)[-1]
    assert "/join/" not in mail.body_text + str(mail.attachments)
    assert mail.itip_method == ("REQUEST" if choice == "tentative" else "")


def test_pressing_twice_is_one_answer_and_one_mail(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer()
    path = my_path(session)
    page = visitor.client.get(path)
    fields = {"csrf_token": csrf_of(page), "waiting": re.findall(r'name="waiting" value="(\w+)"', page.text)[0]}
    codes = [visitor.client.post(path + "confirm", data=fields).status_code for _ in range(3)]
    assert codes == [303, 303, 303]
    assert [message.kind for message in list_mail(session)] == ["confirm_address", "answer_recorded"]


def test_who_comes_too_late_is_told_so_with_409_and_the_answer_lapses(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.capacity = 1
    visitor.answer()
    path = my_path(session, language="en")
    build_answer(session, workshop_session)
    response = visitor.press(path + "confirm")
    assert response.status_code == 409
    assert "this session is full" in response.text
    assert ("Une personne", AnswerState.LAPSED) in answers(session)
    assert [message.kind for message in list_mail(session)] == ["confirm_address"]
    assert visitor.client.get(path).status_code == 200


@pytest.mark.parametrize("case", ["cancelled", "begun", "closed"])
def test_a_press_when_no_answers_are_taken_any_more_is_409(
    visitor: Visitor,
    session: Session,
    workshop_session: WorkshopSession,
    clock: time_machine.Traveller,
    case: str,
) -> None:
    visitor.answer()
    path = my_path(session)
    if case == "cancelled":
        workshop_session.status = SessionStatus.CANCELLED
    elif case == "closed":
        workshop_session.rsvp_closes_at = NOW
    else:
        workshop_session.starts_at, workshop_session.ends_at = NOW, NOW + timedelta(hours=2)
    assert visitor.press(path + "confirm").status_code == 409
    assert answers(session) == [("Une personne", AnswerState.LAPSED)]


def test_a_second_answer_changes_nothing_until_its_button_and_the_page_shows_both(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer(name="Nom premier")
    path = my_path(session)
    visitor.press(path + "confirm")
    visitor.answer(name="Nom second", answer="declined")
    assert answers(session) == [("Nom premier", AnswerState.ACCEPTED)]
    page = visitor.client.get(path.replace("/fr/", "/en/"))
    assert "Nom premier" in page.text
    assert "Nom second" in page.text
    assert "What would replace it" in page.text
    assert visitor.press(path + "confirm").status_code == 303
    assert answers(session) == [("Nom second", AnswerState.DECLINED)]


def test_nobody_confirms_what_they_did_not_see(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession, clock: time_machine.Traveller
) -> None:
    visitor.answer(name="Nom premier")
    path = my_path(session)
    page = visitor.client.get(path)
    clock.shift(timedelta(minutes=5))
    visitor.answer(name="Nom second")
    seen = re.findall(r'name="waiting" value="(\w+)"', page.text)[0]
    response = visitor.client.post(path + "confirm", data={"csrf_token": csrf_of(page), "waiting": seen})
    assert response.status_code == 409
    assert "Nom second" in response.text
    assert answers(session) == [("", AnswerState.PENDING)]


def test_a_stricter_notice_since_the_form_is_read_on_the_page_before_the_press_counts(
    visitor: Visitor, session: Session, series: Series, workshop_session: WorkshopSession
) -> None:
    series.level = Level.DISCUSSION
    visitor.answer()
    path = my_path(session)
    series.level = Level.WHOLE_SESSION
    assert visitor.press(path + "confirm").status_code == 422
    assert answers(session) == [("", AnswerState.PENDING)]
    page = visitor.client.get(path)
    assert "Toute cette séance" in page.text
    assert 'value="whole_session.1"' in page.text
    assert visitor.press(path + "confirm", acknowledge_rule="whole_session.1").status_code == 303
    assert session.scalars(sa.select(Acknowledgement.level)).all() == [Level.WHOLE_SESSION]


def test_an_answer_can_be_changed_withdrawn_and_taken_up_again(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer(answer="tentative")
    path = my_path(session)
    visitor.press(path + "confirm")
    assert visitor.press(path + "answer", session="4", answer="accepted").status_code == 303
    assert answers(session) == [("Une personne", AnswerState.ACCEPTED)]
    assert visitor.press(path + "withdraw", session="4").status_code == 303
    assert answers(session) == [("Une personne", AnswerState.WITHDRAWN)]
    token = issue(session, purpose=Purpose.JOIN, subject=session.scalars(sa.select(Answer.subject)).one())
    assert visitor.client.get(f"/fr/join/{token}").status_code == 404
    assert visitor.press(path + "answer", session="4", answer="accepted").status_code == 303
    assert answers(session) == [("Une personne", AnswerState.ACCEPTED)]


def test_changing_from_declined_to_coming_needs_the_box(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer(answer="declined", acknowledge_rule=None)
    path = my_path(session)
    visitor.press(path + "confirm")
    assert visitor.press(path + "answer", session="4", answer="accepted").status_code == 422
    assert answers(session) == [("Une personne", AnswerState.DECLINED)]
    fields = {"session": "4", "answer": "accepted", "acknowledge_rule": "y", "notice": "whole_session.1"}
    assert visitor.press(path + "answer", **fields).status_code == 303
    assert answers(session) == [("Une personne", AnswerState.ACCEPTED)]


def test_changing_to_coming_in_a_full_session_is_409_and_changes_nothing(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer(answer="tentative")
    path = my_path(session)
    visitor.press(path + "confirm")
    workshop_session.capacity = 1
    build_answer(session, workshop_session)
    assert visitor.press(path + "answer", session="4", answer="accepted").status_code == 409
    assert answers(session)[0] == ("Une personne", AnswerState.TENTATIVE)


def test_another_session_s_slug_or_a_wrong_answer_changes_nothing(
    visitor: Visitor, session: Session, series: Series, workshop_session: WorkshopSession
) -> None:
    build_session(session, series, slug="5")
    build_answer(session, build_session(session, build_series(session), slug="6"))
    visitor.answer()
    path = my_path(session)
    visitor.press(path + "confirm")
    for slug in ("5", "6", "x"):
        assert visitor.press(path + "answer", session=slug, answer="declined").status_code == 404
        assert visitor.press(path + "withdraw", session=slug).status_code == 404
    assert visitor.press(path + "answer", session="4", answer="pending").status_code == 422


def test_preferences_are_kept_and_wrong_ones_come_back(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer()
    path = my_path(session)
    visitor.press(path + "confirm")
    wrong = visitor.press(path + "preferences", name="", language="fr", timezone="Europe/Paris")
    assert wrong.status_code == 422
    right = visitor.press(
        path + "preferences", name=HOSTILE, language="en", timezone="America/Toronto", affiliation=HOSTILE
    )
    assert right.status_code == 303
    assert right.headers["Location"].startswith("/en/my/")
    session.expire_all()
    participant = session.scalars(sa.select(Participant)).one()
    assert (participant.name, participant.language, participant.tzid) == (HOSTILE, "en", "America/Toronto")
    assert not participant.wants_reminders
    page = visitor.client.get(right.headers["Location"])
    assert "<script>alert" not in page.text
    assert "{{7*7}}" in page.text
    assert "Toronto" in page.text


def _everything(session: Session) -> list[str]:
    session.expire_all()
    rows = [str(row) for table in Base.metadata.sorted_tables for row in session.execute(sa.select(table))]
    # The speaker is another canary, who stays.
    return [row.casefold().replace("canari intervenante", "") for row in rows]


def test_erasing_takes_everything_at_once_frees_the_seat_and_ends_every_link(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer(name="Nom-Canari", affiliation="Ong-Canari", email="canari@example.org")
    path = my_path(session, "canari@example.org")
    visitor.press(path + "confirm")
    join = issue(session, purpose=Purpose.JOIN, subject=session.scalars(sa.select(Answer.subject)).one())
    done = visitor.press(path + "erase")
    assert done.status_code == 200
    assert visitor.client.get(path).status_code == 404
    assert visitor.client.get(f"/fr/join/{join}").status_code == 404
    # Only the message that says so still has the address; it forgets it as soon as it has left.
    assert sum("canari@" in row for row in _everything(session)) == 1
    assert not [row for row in _everything(session) if "-canari" in row]
    session.rollback()
    assert worker.run_once(visitor.client.application) == 0
    assert not [row for row in _everything(session) if "canari" in row]
    assert list(Path(visitor.client.application.instance_path).glob("mail/*")) == []
    assert answers(session) == [("", AnswerState.WITHDRAWN)]
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "privacy.erase")).one()
    # The mail that confirms the address and the one that says what was recorded.
    assert entry.details == {
        "participants": 1, "answers": 1, "replies": 0, "invitations": 0, "messages": 2, "reason": "asked",
    }  # fmt: skip


def test_an_erased_participant_can_answer_again_as_somebody_new(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    visitor.answer()
    path = my_path(session)
    visitor.press(path + "confirm")
    visitor.press(path + "erase")
    assert visitor.answer().status_code == 303
    assert my_path(session) != path


@pytest.mark.parametrize("language", ["fr", "en"])
def test_forged_foreign_renewed_and_expired_links_are_one_and_the_same_404(
    visitor: Visitor,
    session: Session,
    workshop_session: WorkshopSession,
    clock: time_machine.Traveller,
    language: str,
) -> None:
    answer = build_answer(session, workshop_session)
    subject = answer.participant.subject
    old = issue(session, purpose=Purpose.MY, subject=subject)
    renew(session, purposes=[Purpose.MY], subject=subject)
    foreign = issue(session, purpose=Purpose.UNSUBSCRIBE, subject=subject)
    join = issue(session, purpose=Purpose.JOIN, subject=answer.subject)
    visitor.answer()
    expired = my_path(session).split("/")[-2]
    clock.shift(timedelta(hours=48))
    bodies = set()
    for token in (old, foreign, join, expired, "forged", "a" * 27, "é" * 5, "x" * 3000):
        page = visitor.client.get(f"/{language}/my/{token}/")
        assert page.status_code == 404
        bodies.add(re.sub(r'"[^"]*/my/[^"]*"', "", page.text))
        for verb in ("confirm", "answer", "withdraw", "preferences", "erase"):
            assert visitor.client.post(f"/{language}/my/{token}/{verb}").status_code in {403, 404}
    assert len(bodies) == 1


def test_looking_twenty_times_changes_nothing_before_and_after_the_press(
    visitor: Visitor, session: Session, workshop_session: WorkshopSession
) -> None:
    def rows() -> dict[str, list[object]]:
        session.commit()
        return {
            table.name: [tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }

    visitor.answer()
    path = my_path(session)
    for _ in range(2):
        before = rows()
        for _ in range(20):
            visitor.client.get(path, headers={"User-Agent": "SafeLinks"})
            visitor.client.head(path)
            visitor.client.options(path)
            visitor.client.get(path + "confirm")
            visitor.client.get(path + "erase")
        assert rows() == before
        visitor.press(path + "confirm")


def test_after_the_secret_key_changed_the_page_works_and_says_where_the_join_link_is(
    client: FlaskClient, session: Session, workshop_session: WorkshopSession
) -> None:
    participant = build_participant(session, workshop_session.series)
    build_answer(session, workshop_session, participant)
    token = issue(session, purpose=Purpose.MY, subject=participant.subject)
    page = client.get(f"/en/my/{token}/")
    assert page.status_code == 200
    assert "The link to enter is in the message" in page.text


def test_one_press_confirms_all_that_waits_in_the_series(
    visitor: Visitor, session: Session, series: Series, workshop_session: WorkshopSession
) -> None:
    build_session(session, series, slug="5", number=5)
    visitor.answer()
    visitor.answer("/fr/series/serie/5/rsvp", answer="tentative")
    assert visitor.press(my_path(session) + "confirm").status_code == 303
    assert [state for _, state in answers(session)] == [AnswerState.ACCEPTED, AnswerState.TENTATIVE]
    assert session.scalar(sa.select(sa.func.count()).select_from(AnswerRequest)) == 0
