"""What is edited is live at once and told when an organiser asks: once, to those concerned, with before and after."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import (
    both,
    build_answer,
    build_item,
    build_participant,
    build_person,
    build_series,
    build_session,
    build_slot,
)
from tests.unit.reminders.conftest import join, mark_sent, messages
from workshop.audit.models import LogEntry
from workshop.chatham.notices import current_notice
from workshop.chatham.rule import ConsentKind, Level
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.people.models import Person
from workshop.programme.models import Mode, SessionStatus, SpeakerSlot, WorkshopSession
from workshop.programme.queries import list_proposals
from workshop.programme.service import cancel, reschedule, session_values, update_session
from workshop.programme.service.consents import set_consent
from workshop.programme.service.levels import agree_as_speaker
from workshop.reminders.service import find_untold, last_look, notice_changes, notice_levels, tell
from workshop.rsvp.models import AnswerState
from workshop.rsvp.rule import STANDS
from workshop.rsvp.service.agreeing import agree

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HERE, THERE = both("Salle 1", "Room 1"), both("Salle 2", "Room 2")
OFFER = ({"from": "fr", "into": "en", "scope": both("exposés", "talks").to_json()},)


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    """Give a session in a room."""
    return build_session(
        session, build_series(session), mode=Mode.ON_SITE, place=HERE, floor_languages=("fr",), interpretation=OFFER
    )


@pytest.fixture
def edit(session: Session, one: WorkshopSession, now: datetime) -> Callable[..., None]:
    """Give a function that changes the session as its form does."""

    def change(**values: Any) -> None:
        update_session(
            session,
            now=now,
            workshop_session=one,
            values=dataclasses.replace(session_values(one), **values),
            has_answers=True,
        )

    return change


@pytest.fixture
def ask(session: Session, one: WorkshopSession, now: datetime) -> Callable[[], None]:
    """Give a function that asks that those concerned be told."""

    def press(at: datetime = now) -> None:
        tell(session, now=at, workshop_session=one, actor="organiser:1", number=1)

    return press


def is_asked(one: WorkshopSession) -> bool:
    return one.tell_at is not None


def move(session: Session, one: WorkshopSession, now: datetime) -> None:
    starts, ends = one.starts_wall + DAY, one.ends_wall + DAY
    reschedule(session, now=now, workshop_session=one, starts_wall=starts, ends_wall=ends, tzid=one.tzid)


EDITS: dict[str, tuple[dict[str, Any], str, str]] = {
    "mode": ({"mode": Mode.ONLINE}, "Room 1", "Online"),
    "place": ({"place": THERE}, "Room 1", "Room 2"),
    "floor languages": ({"floor_languages": ("en",)}, "Floor language: French", "Floor language: English"),
    "interpretation": ({"interpretation": ()}, "Interpretation: French into English (talks)", "Floor language: French"),
}


@pytest.mark.parametrize(("values", "before", "after"), EDITS.values(), ids=EDITS)
def test_told_when_it_is_asked_for_and_once(
    session: Session,
    one: WorkshopSession,
    edit: Callable[..., None],
    ask: Callable[[], None],
    now: datetime,
    values: dict[str, Any],
    before: str,
    after: str,
) -> None:
    join(session, one, language="en")
    edit(**values)
    assert notice_changes(session, now) == 0
    assert find_untold(session, [one], now=now)[one.id].by_mail == 1
    ask()
    assert notice_changes(session, now) == 1
    assert notice_changes(session, now) == 0
    assert one.tell_at is None
    assert find_untold(session, [one], now=now) == {}
    (message,) = messages(session)
    assert message.kind == "session_changed"
    assert message.subject.startswith("Changed: ")
    for part in (message.body_text, message.body_html):
        assert before in part
        assert after in part
        assert "Its date and time stay the same" in part
    assert last_look(session, message, now) is None


@pytest.mark.parametrize(
    "values",
    [
        {"title": both("Autre titre,", "Other title,")},
        {"abstract": both("Autre résumé.", "Other abstract.")},
        {"capacity": 12},
        {"room_link": "https://rooms.example.org/other"},
    ],
    ids=["title", "abstract", "capacity", "room link"],
)
def test_a_corrected_comma_is_never_told(
    session: Session,
    one: WorkshopSession,
    edit: Callable[..., None],
    ask: Callable[[], None],
    now: datetime,
    values: Any,
) -> None:
    join(session, one)
    build_slot(session, one, build_person(session, one.series), created_at=now - DAY)
    edit(**values)
    assert find_untold(session, [one], now=now) == {}
    ask()
    assert notice_changes(session, now) == 0
    assert messages(session) == []
    assert one.tell_at is None


def test_several_edits_are_one_message_and_who_came_since_knows_them(
    session: Session, one: WorkshopSession, edit: Callable[..., None], ask: Callable[[], None], now: datetime
) -> None:
    early = join(session, one, language="en")
    edit(place=THERE)
    join(session, one, language="en")
    edit(floor_languages=("en",))
    third = join(session, one, language="en", state=AnswerState.WAITLISTED)
    untold = find_untold(session, [one], now=now)[one.id]
    assert {known.before.place: known.by_mail for known in untold.known} == {HERE: 1, THERE: 1}
    ask()
    assert notice_changes(session, now) == 2
    bodies = {message.answer_ref: message.body_text for message in messages(session)}
    assert third.subject not in bodies
    assert "Room 1" in bodies.pop(early.subject)
    (other,) = bodies.values()
    assert "Room 1" not in other
    assert "Floor language: English" in other


@pytest.mark.parametrize("state", sorted(AnswerState))
def test_those_concerned_are_those_who_come_or_wait(
    session: Session,
    one: WorkshopSession,
    edit: Callable[..., None],
    ask: Callable[[], None],
    now: datetime,
    state: AnswerState,
) -> None:
    join(session, one, state=state)
    edit(mode=Mode.HYBRID)
    ask()
    assert notice_changes(session, now) == int(state in STANDS)


def test_a_move_tells_the_rest_too_in_one_message(
    session: Session, one: WorkshopSession, edit: Callable[..., None], ask: Callable[[], None], now: datetime
) -> None:
    join(session, one, language="en")
    edit(place=THERE, floor_languages=("en",))
    move(session, one, now)
    assert notice_changes(session, now) == 1
    (message,) = messages(session)
    assert message.kind == "session_moved"
    for words in ("Room 1", "Room 2", "Languages before:", "Languages now:", "Tuesday 1 December 2026"):
        assert words in message.body_text
        assert words in message.body_html
    ask()
    assert notice_changes(session, now) == 0


def test_a_move_while_the_message_waits_takes_its_place(
    session: Session, one: WorkshopSession, edit: Callable[..., None], ask: Callable[[], None], now: datetime
) -> None:
    join(session, one, language="en")
    edit(place=THERE)
    ask()
    notice_changes(session, now)
    move(session, one, now)
    assert notice_changes(session, now) == 1
    first, second = messages(session)
    assert (first.state, second.kind) == (OutboxState.SUPERSEDED, "session_moved")
    assert "Room 1" in second.body_text


def test_a_move_taken_back_leaves_the_edit_untold(
    session: Session, one: WorkshopSession, edit: Callable[..., None], ask: Callable[[], None], now: datetime
) -> None:
    answer = join(session, one)
    edit(place=THERE)
    starts, ends = one.starts_wall, one.ends_wall
    move(session, one, now)
    notice_changes(session, now)
    reschedule(session, now=now, workshop_session=one, starts_wall=starts, ends_wall=ends, tzid=one.tzid)
    assert notice_changes(session, now) == 0
    assert answer.told_place == HERE
    assert find_untold(session, [one], now=now)[one.id].by_mail == 1
    ask()
    assert notice_changes(session, now) == 1


def test_edited_again_before_it_left_it_waits_to_be_asked_for(
    session: Session, one: WorkshopSession, edit: Callable[..., None], ask: Callable[..., None], now: datetime
) -> None:
    answer = join(session, one, language="en")
    edit(place=THERE)
    ask()
    notice_changes(session, now)
    (first,) = messages(session)
    first.state = OutboxState.CLAIMED
    edit(place=both("Salle 3", "Room 3"))
    assert last_look(session, first, now) == "superseded"
    first.state = OutboxState.DISCARDED
    assert answer.told_place == HERE
    assert notice_changes(session, now) == 0
    ask(now + HOUR)
    assert notice_changes(session, now + HOUR) == 1
    assert "Room 3" in messages(session)[-1].body_text
    assert "Room 2" not in messages(session)[-1].body_text


def test_there_and_back_is_told_each_time_it_is_asked(
    session: Session, one: WorkshopSession, edit: Callable[..., None], ask: Callable[..., None], now: datetime
) -> None:
    join(session, one)
    for number, languages in enumerate([("en",), ("fr",), ("en",)]):
        edit(floor_languages=languages)
        ask(now + number * HOUR)
        assert notice_changes(session, now + number * HOUR) == 1
        mark_sent(session)


def test_edited_and_put_right_again_says_nothing(
    session: Session, one: WorkshopSession, edit: Callable[..., None], ask: Callable[[], None], now: datetime
) -> None:
    join(session, one)
    build_slot(session, one, build_person(session, one.series), created_at=now - DAY)
    edit(place=THERE)
    edit(place=HERE)
    assert find_untold(session, [one], now=now) == {}
    ask()
    assert notice_changes(session, now) == 0
    assert one.tell_at is None


def test_a_text_in_another_order_of_languages_is_the_same_text(
    session: Session, one: WorkshopSession, ask: Callable[[], None], now: datetime
) -> None:
    join(session, one)
    one.place = both("Salle 1", "Room 1").__class__({"en": "Room 1", "fr": "Salle 1"})
    session.flush()
    assert find_untold(session, [one], now=now) == {}
    ask()
    assert notice_changes(session, now) == 0
    assert one.tell_at is None


def test_whoever_asks_for_discretion_meanwhile_is_told_without_the_place(
    session: Session, one: WorkshopSession, edit: Callable[..., None], ask: Callable[[], None], now: datetime
) -> None:
    answer = join(session, one, language="en")
    edit(place=THERE)
    ask()
    notice_changes(session, now)
    (first,) = messages(session)
    first.state = OutboxState.CLAIMED
    answer.participant.is_discreet = True
    session.flush()
    assert last_look(session, first, now) == "discretion asked"
    first.state = OutboxState.DISCARDED
    assert notice_changes(session, now) == 1
    second = messages(session)[-1]
    for part in (second.subject, second.body_text, second.body_html):
        assert "Room" not in part
        assert "Title of" not in part
    assert "The place is another one: your personal page says where." in second.body_text
    assert last_look(session, second, now) is None


def test_nothing_is_asked_for_of_what_is_over_hidden_or_cancelled(
    session: Session, one: WorkshopSession, edit: Callable[..., None], ask: Callable[[], None], now: datetime
) -> None:
    join(session, one)
    edit(place=THERE)
    assert find_untold(session, [one], now=one.ends_at) == {}
    ask()
    assert notice_changes(session, one.ends_at) == 0
    assert one.tell_at is None
    cancel(session, now=now, workshop_session=one)
    assert find_untold(session, [one], now=now) == {}
    ask()
    assert notice_changes(session, now) == 1
    assert [message.kind for message in messages(session)] == ["session_cancelled"]
    assert one.tell_at is None


def test_who_cannot_be_written_to_is_counted_apart(
    session: Session, one: WorkshopSession, edit: Callable[..., None], ask: Callable[[], None], now: datetime
) -> None:
    join(session, one)
    join(session, one, address=None)
    build_slot(session, one, build_person(session, one.series), created_at=now - DAY)
    build_slot(session, one, build_person(session, one.series, email=""), created_at=now - DAY)
    edit(place=THERE)
    untold = find_untold(session, [one], now=now)[one.id]
    assert (untold.by_mail, untold.without) == (1, 1)
    assert (untold.speakers_by_mail, untold.speakers_without) == (1, 1)
    ask()
    assert notice_changes(session, now) == 2
    assert one.tell_at is None


def test_many_are_told_in_batches_and_only_then_is_it_done(
    session: Session, one: WorkshopSession, edit: Callable[..., None], ask: Callable[[], None], now: datetime
) -> None:
    for number in range(201):
        build_answer(session, one, build_participant(session, one.series, language="en" if number % 2 else "fr"))
    edit(place=THERE)
    ask()
    assert notice_changes(session, now) == 200
    assert is_asked(one)
    assert notice_changes(session, now) == 1
    assert not is_asked(one)
    found = messages(session)
    assert len({message.recipient for message in found}) == 201
    for message in found:
        assert message.person_ref in message.body_text
        others = {other.person_ref for other in found if other is not message}
        assert not [ref for ref in others if ref in message.body_text + message.body_html + str(message.attachments)]


def test_what_was_told_before_languages_were_kept_counts_as_told(
    session: Session, one: WorkshopSession, edit: Callable[..., None], now: datetime
) -> None:
    answer = join(session, one)
    answer.told_floor_languages = answer.told_interpretation = None
    session.flush()
    assert notice_levels(session, now) == 1
    edit(floor_languages=("en",))
    assert find_untold(session, [one], now=now)[one.id].by_mail == 1


def test_a_looser_rule_is_told_when_it_is_asked_for(
    session: Session, one: WorkshopSession, ask: Callable[[], None], now: datetime
) -> None:
    answer = join(session, one, language="en")
    # As agreeing leaves it: they agreed, and were told the stricter one last.
    one.series.level = Level.ON_THE_RECORD
    answer.told_level, answer.agreed_from = Level.ON_THE_RECORD, Level.DISCUSSION.value
    session.flush()
    assert notice_levels(session, now) == notice_changes(session, now) == 0
    assert find_untold(session, [one], now=now)[one.id].by_mail == 1
    ask()
    assert notice_changes(session, now) == 1
    (message,) = messages(session)
    assert "everybody concerned has agreed to it" in message.body_text
    assert "Discussion under the Rule" in message.body_text
    assert "On the record" in message.body_text
    assert answer.agreed_from == ""
    assert notice_changes(session, now) == 0


def test_the_log_has_who_asked_and_for_how_many(
    session: Session, one: WorkshopSession, ask: Callable[[], None]
) -> None:
    ask()
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "reminders.tell")).one()
    assert (entry.actor, entry.object, entry.details) == ("organiser:1", f"session:{one.id}", {"count": 1})


# -- those who speak ---------------------------------------------------------------------------------------------------


@pytest.fixture
def person(session: Session, one: WorkshopSession, now: datetime) -> Person:
    """Give somebody who speaks in the session and moderates it."""
    found = build_person(session, one.series, name="Canary Speaker", language="en")
    build_item(session, one, speakers=[found])
    build_slot(session, one, found)
    session.execute(sa.update(SpeakerSlot).values(created_at=now - DAY))
    return found


def of_speakers(session: Session) -> list[OutboxMessage]:
    return [message for message in messages(session) if message.kind.endswith("_speaker")]


@pytest.mark.parametrize("kind", ["session_moved", "session_cancelled", "session_reinstated", "session_changed"])
def test_whoever_speaks_is_told_once_whatever_their_parts_are(
    session: Session,
    one: WorkshopSession,
    person: Person,
    edit: Callable[..., None],
    ask: Callable[[], None],
    now: datetime,
    kind: str,
) -> None:
    if kind == "session_moved":
        move(session, one, now)
    elif kind == "session_changed":
        edit(place=THERE, floor_languages=("en",))
        assert notice_changes(session, now) == 0
        ask()
    else:
        cancel(session, now=now, workshop_session=one)
    if kind == "session_reinstated":
        notice_changes(session, now)
        mark_sent(session)
        edit(status=SessionStatus.CONFIRMED)
    assert notice_changes(session, now) == 1
    assert notice_changes(session, now) == 0
    message = of_speakers(session)[-1]
    assert (message.kind, message.recipient, message.language) == (f"{kind}_speaker", person.email, "en")
    assert message.basis["is_neutral"] is False
    assert "Monday 30 November 2026" in message.body_text
    assert "/en/speaker/" in message.body_text
    assert last_look(session, message, now) is None
    assert one.tell_at is None


def test_whoever_began_to_speak_since_knows_it(
    session: Session, one: WorkshopSession, edit: Callable[..., None], ask: Callable[[], None], now: datetime
) -> None:
    edit(place=THERE)
    build_slot(session, one, build_person(session, one.series))
    ask()
    assert notice_changes(session, now) == 0


def test_a_speakers_message_that_a_newer_change_overtook_is_written_anew(
    session: Session, one: WorkshopSession, person: Person, now: datetime
) -> None:
    move(session, one, now)
    notice_changes(session, now)
    (first,) = of_speakers(session)
    move(session, one, now + HOUR)
    assert last_look(session, first, now) == "superseded"
    assert notice_changes(session, now + HOUR) == 1
    first, second = of_speakers(session)
    assert first.state is OutboxState.SUPERSEDED
    assert "Monday 30 November 2026" in second.body_text
    assert "Tuesday 1 December 2026" not in second.body_text


def test_a_corrected_address_gets_the_message_that_waited_for_the_old_one(
    session: Session, one: WorkshopSession, person: Person, now: datetime
) -> None:
    move(session, one, now)
    notice_changes(session, now)
    (first,) = of_speakers(session)
    first.state = OutboxState.CLAIMED
    person.email = "corrected@example.org"
    session.flush()
    assert last_look(session, first, now) == "another address"
    first.state = OutboxState.DISCARDED
    assert notice_changes(session, now + HOUR) == 1
    assert of_speakers(session)[-1].recipient == "corrected@example.org"


def test_whoever_does_not_want_to_be_named_is_told_neutrally(
    session: Session, one: WorkshopSession, person: Person, now: datetime
) -> None:
    slot = one.slots[0]
    set_consent(session, now=now, slot=slot, kind=ConsentKind.ANNOUNCE_NAME, given=False, recorded_by="speaker")
    move(session, one, now)
    notice_changes(session, now)
    (message,) = of_speakers(session)
    assert message.basis["is_neutral"] is True
    assert message.sender_name == "Workshop"
    for part in (message.subject, message.body_text, message.body_html, str(message.headers)):
        assert "Title of" not in part
        assert "Room" not in part
        assert "contact@" not in part


def test_nothing_leaves_to_whoever_no_longer_speaks_or_is_gone(
    session: Session, one: WorkshopSession, person: Person, now: datetime
) -> None:
    move(session, one, now)
    notice_changes(session, now)
    (message,) = of_speakers(session)
    session.execute(sa.delete(SpeakerSlot))
    assert last_look(session, message, now) == "no longer speaks"
    session.execute(sa.delete(Person))
    assert last_look(session, message, now) == "erased"


def test_a_looser_rule_that_all_agreed_to_is_told_when_it_is_asked_for(
    session: Session, one: WorkshopSession, person: Person, ask: Callable[..., None], now: datetime
) -> None:
    answer = join(session, one, language="en")
    values = dataclasses.replace(session_values(one), level=Level.ON_THE_RECORD)
    update_session(session, now=now, workshop_session=one, values=values, has_answers=True)
    (proposal,) = list_proposals(session, [one.id])
    agree_as_speaker(session, now=now, proposal=proposal, person=person, recorded_by="organiser:1")
    agree(
        session,
        now=now,
        participant=answer.participant,
        slug=one.slug,
        notice=current_notice(Level.ON_THE_RECORD),
        language="en",
    )
    session.expire_all()
    assert one.level is Level.ON_THE_RECORD
    assert notice_levels(session, now) == notice_changes(session, now) == 0
    untold = find_untold(session, [one], now=now)[one.id]
    assert (untold.by_mail, untold.speakers_by_mail) == (1, 1)
    assert untold.known[0].before.level is untold.speakers[0].before.level is Level.DISCUSSION
    ask()
    assert notice_changes(session, now) == 2
    for message in messages(session):
        if message.kind.startswith("session_changed"):
            assert "everybody concerned has agreed to it" in message.body_text
            assert last_look(session, message, now) is None
    # A stricter one is news at once, and takes the place of what was to be told of the looser one.
    mark_sent(session)
    update_session(
        session,
        now=now + HOUR,
        workshop_session=one,
        values=dataclasses.replace(session_values(one), level=Level.WHOLE_SESSION),
        has_answers=True,
    )
    assert notice_levels(session, now + HOUR) > 0
    assert find_untold(session, [one], now=now + HOUR) == {}
