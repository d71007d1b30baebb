"""What somebody who speaks says on their own page: whether they come, how they and their talk are presented."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_organiser, build_slot
from tests.web.public.speaking import NAME, build_speaker, press, session_of, speaker_path, words
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.audit.models import LogEntry
from workshop.chatham.rule import ConsentKind, Level
from workshop.core.localized import Localized
from workshop.mail.models import OutboxMessage
from workshop.people.models import ChangeState, Person, Portrait, SpeakerChange
from workshop.privacy.service.forgetting import Kind, purge_by_kind
from workshop.programme.models import SpeakerSlot
from workshop.programme.view.speakers import part_key
from workshop.reminders.service import last_look

pytestmark = pytest.mark.usefixtures("clock")
PAGE = "/en/series/serie/4/"


def about(person: Person, **values: str) -> dict[str, str]:
    """Return what the form about oneself sends, with other values."""
    found = {"name": person.name, "when": "corrected", "since": ""}
    for code in ("fr", "en"):
        found[f"role-{code}"] = person.role.get(code, "")
        found[f"biography-{code}"] = person.biography.get(code, "")
        found[f"affiliations-{code}"] = "\n".join(one.get(code, "") for one in person.affiliations)
    return {**found, **values}


def mails(session: Session, kind: str) -> list[OutboxMessage]:
    session.expire_all()
    return list(session.scalars(sa.select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id)))


def changes(session: Session) -> list[SpeakerChange]:
    session.expire_all()
    return list(session.scalars(sa.select(SpeakerChange).order_by(SpeakerChange.id)))


def actions(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(sa.select(LogEntry.action).order_by(LogEntry.id)))


def test_they_confirm_each_part(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    path = speaker_path(session, person)
    assert "Will you be there?" in words(client.get(path))
    answer = press(client, path, "confirm", part=part_key(slot))
    assert (answer.status_code, answer.location) == (303, f"{path}#part-{part_key(slot)}")
    page = words(client.get(path))
    assert "You confirmed on" in page
    assert "Will you be there?" not in page
    session.expire_all()
    assert (slot.confirmed_at, slot.declined_at) == (NOW, None)
    assert press(client, path, "confirm", part=part_key(slot)).status_code == 303
    assert actions(session) == ["programme.confirm_part"]


def test_whoever_declines_is_named_no_more_and_the_organisers_are_told_once(
    client: FlaskClient, session: Session
) -> None:
    person, slot = build_speaker(session)
    series = session_of(session, slot).series
    for role in (Role.OWNER, Role.EDITOR, Role.ANSWERS, Role.TRANSLATOR):
        build_organiser(session, series, role=role, email=f"{role.value}@example.org")
    path = speaker_path(session, person)
    assert NAME in client.get(PAGE).text
    assert press(client, path, "decline", part=part_key(slot)).status_code == 303
    assert NAME not in client.get(PAGE).text
    assert "Zo" not in client.get("/en/series/serie/calendar.ics").text
    assert "You said on" in words(client.get(path))
    told = mails(session, "speaker_change")
    assert {one.recipient for one in told} == {"owner@example.org", "editor@example.org"}
    for one in told:
        assert NAME not in one.subject + one.body_text + one.body_html
        assert last_look(session, one, NOW) is None
    assert {one.kind: one.withdrawn_at for one in slot.consents} == {
        ConsentKind.ANNOUNCE_NAME: NOW,
        ConsentKind.ANNOUNCE_AFFILIATION: NOW,
    }
    # Coming back: said to the organisers too, and the name stays unsaid until they agree anew.
    assert press(client, path, "confirm", part=part_key(slot)).status_code == 303
    assert NAME not in client.get(PAGE).text
    assert len(mails(session, "speaker_change")) == 4
    assert slot.declined_at is None
    press(client, path, "decline", part=part_key(slot))
    assert len(mails(session, "speaker_change")) == 4, "nobody is told the same twice a day"


def test_whoever_declined_everything_reads_what_those_invited_read(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session, Level.WHOLE_SESSION)
    path = speaker_path(session, person)
    assert "Max Moderator" in words(client.get(path))
    press(client, path, "decline", part=part_key(slot))
    page = words(client.get(path))
    assert "Max Moderator" not in page
    assert "The room opens" not in page
    assert "I can come after all" in page


@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
def test_mail_about_a_stricter_session_names_nothing(client: FlaskClient, session: Session, level: Level) -> None:
    person, slot = build_speaker(session, level)
    series = session_of(session, slot).series
    series.title = both("Série canari", "Canary series")
    build_organiser(session, series, language="en")
    session.commit()
    press(client, speaker_path(session, person), "decline", part=part_key(slot))
    (told,) = mails(session, "speaker_change")
    text = told.subject + told.body_text + told.body_html + told.sender_name + str(told.headers)
    for secret in ("Canary", "canari", "serie/", "My talk", "Zo"):
        assert secret not in text, secret


def test_an_organiser_who_lost_the_role_is_told_nothing_any_more(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    organiser = build_organiser(session, session_of(session, slot).series)
    press(client, speaker_path(session, person), "decline", part=part_key(slot))
    (told,) = mails(session, "speaker_change")
    assert last_look(session, told, NOW) is None
    organiser.is_enabled = False
    session.flush()
    assert last_look(session, told, NOW) == "no longer theirs"


def test_what_they_write_waits_and_is_taken_over(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    series = session_of(session, slot).series
    organiser = build_organiser(session, series)
    path = speaker_path(session, person)
    form = about(person) | {"name": "Zoé Nouveau", "biography-en": "Now works on **birds**."}
    assert post(client, path + "about", form).status_code == 303
    session.expire_all()
    assert person.name == NAME, "nothing is changed until somebody takes it over"
    assert "waits for the organisers" in words(client.get(path))
    assert "Zoé Nouveau" in client.get(path + "about").text, "and is not typed twice"
    (change,) = changes(session)
    assert (change.state, set(change.content)) == (ChangeState.WAITING, {"name", "biography"})
    # Written again from the same page: one change waits, not two.
    assert post(client, path + "about", form | {"role-en": "ornithologist"}).status_code == 303
    (change,) = changes(session)
    assert set(change.content) == {"name", "biography", "role"}
    sign_in(client, organiser)
    desk = "/en/organise/series/serie/people/asked"
    page = client.get(desk)
    assert "Zoé Nouveau" in page.text
    assert "ornithologist" in page.text
    assert post(client, f"{desk}/{change.id}", {"act": "make"}, page=desk).status_code == 303
    session.expire_all()
    assert (person.name, person.role["en"]) == ("Zoé Nouveau", "ornithologist")
    assert "birds" in client.get(PAGE).text
    (told,) = mails(session, "speaker_change_decided")
    assert told.recipient == "zoe@example.org"
    assert "have accepted" in told.body_text or "a accepté" in told.body_text
    assert last_look(session, told, NOW) is None
    about_me = "/en/organise/series/serie/people/new"
    assert post(client, f"{desk}/{change.id}", {"act": "refuse"}, page=about_me).status_code == 409
    assert [one for one in actions(session) if "change" in one] == [
        *["programme.ask_change"] * 2, "programme.change_person", "programme.make_change",
    ]  # fmt: skip
    logged = str([one.details for one in session.scalars(sa.select(LogEntry))])
    assert "Nouveau" not in logged


def test_what_is_refused_changes_nothing_and_is_said(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    organiser = build_organiser(session, session_of(session, slot).series)
    path = speaker_path(session, person)
    post(client, path + "about", about(person) | {"name": "Somebody Else"})
    (change,) = changes(session)
    sign_in(client, organiser)
    desk = "/en/organise/series/serie/people/asked"
    assert post(client, f"{desk}/{change.id}", {"act": "refuse"}, page=desk).status_code == 303
    session.expire_all()
    assert person.name == NAME
    assert "did not accept" in words(client.get(path))
    assert len(mails(session, "speaker_change_decided")) == 1


def test_what_was_decided_is_forgotten_after_a_month(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    session_of(session, slot).series.speaker_changes_wait = False
    post(client, speaker_path(session, person) + "about", about(person) | {"name": "Zoé Autrement"})
    session.commit()
    assert purge_by_kind(session, now=NOW + timedelta(days=29))[Kind.SPEAKER_CHANGES] == 0
    assert purge_by_kind(session, now=NOW + timedelta(days=30))[Kind.SPEAKER_CHANGES] == 1
    assert changes(session) == []


def test_where_the_series_says_so_it_counts_at_once(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    series = session_of(session, slot).series
    series.speaker_changes_wait = False
    build_organiser(session, series, language="en")
    path = speaker_path(session, person)
    form = about(person) | {
        "affiliations-fr": "Ici",
        "affiliations-en": "Here",
        "when": "changed",
        "since": "2026-11-20",
    }
    assert post(client, path + "about", form).status_code == 303
    session.expire_all()
    assert person.affiliations == (both("Ici", "Here"),)
    assert person.former[0]["until"] == "2026-11-20"
    assert "Here" in client.get(PAGE).text
    (own,) = mails(session, "speaker_change_decided")
    assert own.recipient == "zoe@example.org"
    assert "have accepted" not in own.body_text
    assert "Here" not in own.body_text + own.body_html, "it repeats nothing of what they wrote"
    assert last_look(session, own, NOW) is None
    assert post(client, path + "about", form | {"name": "Zoé Encore", "when": "wrong"}).status_code == 303
    assert len(mails(session, "speaker_change_decided")) == 1, "they are not told the same twice a day"
    (told,) = mails(session, "speaker_change")
    assert "has changed something" in told.subject
    assert [one.state for one in changes(session)] == [ChangeState.MADE] * 2


def test_the_talk_is_worded_in_both_languages_and_asks_consents_anew(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    series = session_of(session, slot).series
    organiser = build_organiser(session, series)
    path = speaker_path(session, person)
    press(client, path, part=part_key(slot), shown="announce_name announce_affiliation", announce_name="y", slides="y")
    session.expire_all()
    assert {one.kind for one in slot.consents if one.withdrawn_at is None} == {ConsentKind.SLIDES}
    talk = f"{path}talk/{part_key(slot)}"
    form = {"title-fr": "Les oiseaux", "title-en": "Birds", "abstract-fr": "Vol.", "abstract-en": "Flight."}
    assert "My talk" in client.get(talk).text
    assert post(client, talk, form).status_code == 303
    assert "Birds" not in client.get(PAGE).text
    (change,) = changes(session)
    sign_in(client, organiser)
    desk = "/en/organise/series/serie/people/asked"
    assert post(client, f"{desk}/{change.id}", {"act": "make"}, page=desk).status_code == 303
    page = client.get(PAGE).text
    assert "Birds" in page
    assert "Flight." in page
    session.expire_all()
    kept = session.scalars(sa.select(SpeakerSlot).where(SpeakerSlot.person_id == person.id)).one()
    assert {one.kind for one in kept.consents} == {ConsentKind.ANNOUNCE_AFFILIATION}, "withdrawn stays so"


def test_nobody_words_what_is_not_theirs(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    one = session_of(session, slot)
    moderating = build_slot(session, one, person)
    other, theirs = person, slot
    path = speaker_path(session, other)
    assert client.get(f"{path}talk/{part_key(moderating)}").status_code == 404
    assert client.get(f"{path}talk/unknown").status_code == 404
    stranger = next(found.person for found in one.slots if found.person_id != person.id)
    elsewhere = speaker_path(session, stranger)
    assert client.get(f"{elsewhere}talk/{part_key(theirs)}").status_code == 404
    assert press(client, elsewhere, "decline", part=part_key(theirs)).status_code == 409
    session.expire_all()
    assert theirs.declined_at is None


def test_what_cannot_be_stored_is_said_at_its_field_and_nothing_is_lost(client: FlaskClient, session: Session) -> None:
    person, _slot = build_speaker(session)
    path = speaker_path(session, person)
    answer = post(client, path + "about", about(person) | {"name": "", "role-en": "kept as typed"})
    assert answer.status_code == 422
    assert "kept as typed" in answer.text
    answer = post(client, path + "about", about(person) | {"when": "changed", "role-en": "other"})
    assert answer.status_code == 422
    assert changes(session) == []
    answer = post(client, path + "about", about(person))
    assert answer.status_code == 303
    assert changes(session) == [], "nothing is otherwise"


def test_what_is_past_stays_as_it_was(client: FlaskClient, session: Session, clock: object) -> None:
    person, slot = build_speaker(session)
    path = speaker_path(session, person)
    session_of(session, slot).ends_at = NOW
    session_of(session, slot).starts_at = NOW.replace(hour=7)
    session.commit()
    page = words(client.get(path))
    assert "Will you be there?" not in page
    assert press(client, path, "decline", part=part_key(slot)).status_code == 409
    assert client.get(f"{path}talk/{part_key(slot)}").status_code == 409


def test_they_enter_the_room_once_it_is_open_and_no_page_says_where_it_is(
    client: FlaskClient, session: Session
) -> None:
    person, slot = build_speaker(session)
    one = session_of(session, slot)
    path = speaker_path(session, person)
    assert "The room opens on" in words(client.get(path))
    assert press(client, path, "room", part=part_key(slot)).status_code == 409
    one.starts_at, one.ends_at = NOW, NOW.replace(hour=11)
    session.commit()
    page = client.get(path)
    assert "Enter the room" in page.text
    assert "rooms.example.org" not in page.text + str(page.headers)
    answer = press(client, path, "room", part=part_key(slot))
    assert (answer.status_code, answer.location) == (303, one.room_link)
    assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_they_give_and_take_away_a_picture(client: FlaskClient, session: Session) -> None:
    person, _slot = build_speaker(session)
    path = speaker_path(session, person)
    made = io.BytesIO()
    Image.new("RGB", (400, 300), "teal").save(made, "JPEG")
    assert client.get(path + "portrait").status_code == 404
    answer = press(client, path, "portrait", file=(io.BytesIO(made.getvalue()), "me.jpg"))
    assert answer.status_code == 303
    sent = client.get(path + "portrait")
    assert (sent.content_type, sent.headers["Cache-Control"]) == ("image/jpeg", "no-store")
    assert "/portraits/" in client.get(PAGE).text
    answer = press(client, path, "portrait", file=(io.BytesIO(b"GIF89a"), "me.gif"))
    assert answer.status_code == 422
    assert 'id="portrait-error"' in answer.text
    assert press(client, path, "portrait", act="remove").status_code == 303
    assert session.scalars(sa.select(Portrait.key)).all() == []


def test_organisers_note_what_they_were_told(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    series = session_of(session, slot).series
    sign_in(client, build_organiser(session, series))
    part = f"/en/organise/series/serie/speakers/parts/{slot.id}"
    assert post(client, f"{part}/coming", {"act": "confirm"}, page=part).status_code == 303
    session.expire_all()
    assert slot.confirmed_at == NOW
    assert post(client, f"{part}/coming", {"act": "decline"}, page=part).status_code == 303
    assert NAME not in client.get(PAGE).text
    assert mails(session, "speaker_change") == [], "they know"
    page = words(client.get("/en/organise/series/serie/speakers"))
    assert "is not coming" in page
    assert person.biography != Localized()
