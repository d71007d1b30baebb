"""Who gets a place, who waits for one, and what becomes of a place that is given back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_participant, build_series, build_session
from tests.unit.rsvp.seats import NOTICE, ask, change, fill, mails, press, share, states, wait, whose
from workshop.core.db import db
from workshop.core.errors import ConflictError
from workshop.privacy.service import erase
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.rsvp import service
from workshop.rsvp.models import Acknowledgement, Answer, AnswerState, Choice
from workshop.rsvp.queries import count_seats, positions
from workshop.rsvp.rule import OfferLapsedError, SessionFullError, UndoOverError
from workshop.rsvp.schedule import UNDO, SessionBegunError, SessionCancelledError

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def full(session: Session) -> WorkshopSession:
    """Give a session whose two places are taken, eight days ahead."""
    found = build_session(session, build_series(session), capacity=2)
    fill(session, found, 2)
    return found


def seat_of(session: Session, workshop_session: WorkshopSession) -> Answer:
    """Return one of the answers that hold a seat."""
    return session.scalars(
        sa.select(Answer)
        .where(Answer.workshop_session_id == workshop_session.id, Answer.state == AnswerState.ACCEPTED)
        .order_by(Answer.id)
    ).first() or pytest.fail("nobody has a seat")


# -- the button --------------------------------------------------------------------------------------------------------


def test_a_late_press_lapses_without_the_box_and_waits_with_it(session: Session, full: WorkshopSession) -> None:
    late, knowing = ask(session, full), ask(session, full, joins_list=True)
    outcome = press(session, late)
    assert isinstance(outcome.refusal, SessionFullError)
    assert outcome.state is AnswerState.LAPSED
    outcome = press(session, knowing)
    assert (outcome.refusal, outcome.state) == (None, AnswerState.WAITLISTED)
    assert knowing.waitlisted_at == NOW
    assert knowing.accepted_at is None
    (mail,) = mails(session)
    assert "en position 1" in mail.body_text
    assert not mail.attachments


def test_whoever_came_too_late_joins_the_list_in_one_press(session: Session, full: WorkshopSession) -> None:
    late = ask(session, full)
    press(session, late)
    assert session.scalar(sa.select(sa.func.count()).select_from(Acknowledgement)) == 1
    found = service.change_answer(
        session, now=NOW, **whose(late), choice=Choice.ACCEPTED, notice=None, language="fr", joins_list=True
    )
    assert found.state is AnswerState.WAITLISTED


def test_a_session_without_a_list_stays_full(session: Session, full: WorkshopSession) -> None:
    full.has_waiting_list = False
    assert isinstance(press(session, ask(session, full, joins_list=True)).refusal, SessionFullError)


def test_a_newcomer_never_overtakes(session: Session, full: WorkshopSession) -> None:
    (first,) = wait(session, full)
    full.capacity = 3  # raised, and nobody has tended the list yet
    newcomer = ask(session, full, joins_list=True)
    assert press(session, newcomer).state is AnswerState.WAITLISTED
    assert first.state is AnswerState.OFFERED


def test_a_newcomer_does_not_take_a_seat_that_is_kept(session: Session, full: WorkshopSession) -> None:
    (first,) = wait(session, full)
    service.withdraw(session, now=NOW, **whose(seat_of(session, full)))
    assert count_seats(session, [full.id]) == {full.id: 2}
    assert press(session, ask(session, full, joins_list=True)).state is AnswerState.WAITLISTED
    assert first.state is AnswerState.WAITLISTED


# -- offers ------------------------------------------------------------------------------------------------------------


def test_raising_the_capacity_offers_to_the_first_in_order(session: Session, full: WorkshopSession) -> None:
    waiting = wait(session, full, 3)
    full.capacity = 4
    assert service.tend_lists(session, NOW) == 2
    assert states(waiting) == ["offered", "offered", "waitlisted"]
    assert waiting[0].offer_expires_at == NOW + DAY
    assert [mail.kind for mail in mails(session)] == ["place_offered"] * 2
    assert service.tend_lists(session, NOW) == 0
    assert positions(session, waiting) == {waiting[2].id: 1}


def test_an_offer_is_accepted_once(session: Session, full: WorkshopSession) -> None:
    (first,) = wait(session, full)
    full.capacity = 3
    service.tend_lists(session, NOW)
    for _ in range(2):
        found = service.accept_offer(session, now=NOW + HOUR, **whose(first), notice=NOTICE, language="fr")
        assert found.state is AnswerState.ACCEPTED
    assert (first.offer_expires_at, first.waitlisted_at) == (None, None)
    (mail,) = mails(session)
    assert mail.kind == "answer_recorded"
    assert mail.attachments


def test_an_offer_lapses_to_the_next_by_itself(session: Session, full: WorkshopSession) -> None:
    first, second = wait(session, full, 2)
    full.capacity = 3
    service.tend_lists(session, NOW)
    late = NOW + DAY
    with pytest.raises(OfferLapsedError):
        service.accept_offer(session, now=late, **whose(first), notice=NOTICE, language="fr")
    session.refresh(first)
    assert service.tend_lists(session, late) in {0, 2}
    assert states([first, second]) == ["lapsed", "offered"]
    assert [mail.kind for mail in mails(session)] == ["place_lapsed", "place_offered"]


def test_accepting_on_the_page_after_the_end_of_the_offer_is_told_so(session: Session, full: WorkshopSession) -> None:
    first, _second = wait(session, full, 2)
    full.capacity = 3
    service.tend_lists(session, NOW)
    with pytest.raises(OfferLapsedError):
        change(session, first, now=NOW + DAY, joins_list=True)
    assert change(session, first, now=NOW + DAY, joins_list=True).state is AnswerState.WAITLISTED


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ({}, "lapsed"),
        ({"joins_list": True}, "waitlisted"),
        ({"choice": Choice.DECLINED}, "declined"),
    ],
)
def test_who_answers_anew_after_the_end_of_the_offer(
    session: Session, full: WorkshopSession, said: dict[str, Any], becomes: str
) -> None:
    first, second = wait(session, full, 2)
    full.capacity = 3
    service.tend_lists(session, NOW)
    late = NOW + DAY
    outcome = press(session, ask(session, full, first, now=late, **said), now=late)
    assert isinstance(outcome.refusal, OfferLapsedError) == (becomes == "lapsed")
    assert states([first, second]) == [becomes, "offered"]


def test_no_longer_needed_passes_the_place_on_at_once(session: Session, full: WorkshopSession) -> None:
    first, second = wait(session, full, 2)
    full.capacity = 3
    service.tend_lists(session, NOW)
    for _ in range(2):
        assert service.pass_on(session, now=NOW + HOUR, **whose(first)).state is AnswerState.DECLINED
    assert second.state is AnswerState.OFFERED
    with pytest.raises(UndoOverError):
        service.undo(session, now=NOW + HOUR, **whose(first))


def test_erasing_passes_the_place_on_at_once(session: Session, full: WorkshopSession) -> None:
    (first,) = wait(session, full)
    erase(session, now=NOW, participant=seat_of(session, full).participant)
    session.refresh(first)
    assert first.state is AnswerState.OFFERED


def test_in_the_last_hour_nothing_is_offered_and_the_first_to_come_has_the_place(
    session: Session, full: WorkshopSession
) -> None:
    first, second = wait(session, full, 2)
    now = full.starts_at - HOUR
    full.capacity = 3
    assert service.tend_lists(session, now) == 2
    assert [mail.kind for mail in mails(session)] == ["place_free"] * 2
    assert service.tend_lists(session, now) == 0  # told once
    assert states([first, second]) == ["waitlisted"] * 2
    assert change(session, second, now=now).state is AnswerState.ACCEPTED
    assert change(session, first, now=now).state is AnswerState.WAITLISTED


def test_who_would_have_to_answer_at_night_is_not_passed_over(session: Session, full: WorkshopSession) -> None:
    # Two in the afternoon in Paris is ten in the evening in Tokyo, and the session is at five.
    far, near = wait(session, full, tzid="Asia/Tokyo") + wait(session, full, waitlisted_at=NOW)
    full.starts_at = NOW + timedelta(hours=7)
    full.ends_at = full.starts_at + HOUR
    full.capacity = 3
    service.tend_lists(session, NOW + timedelta(hours=4))
    assert states([far, near]) == ["waitlisted"] * 2
    assert [mail.kind for mail in mails(session)] == ["place_free"] * 2


@pytest.mark.parametrize(
    "change_session",
    [{"status": SessionStatus.CANCELLED}, {"is_published": False}, {"starts_at": NOW - HOUR}],
    ids=["cancelled", "unpublished", "begun"],
)
def test_some_sessions_offer_nothing(session: Session, full: WorkshopSession, change_session: dict[str, Any]) -> None:
    (first,) = wait(session, full)
    for name, value in {"capacity": 3, **change_session}.items():
        setattr(full, name, value)
    assert service.tend_lists(session, NOW) == 0
    assert first.state is AnswerState.WAITLISTED


def test_answers_that_are_closed_do_not_end_the_list(session: Session, full: WorkshopSession) -> None:
    (first,) = wait(session, full)
    full.capacity, full.rsvp_closes_at = 3, NOW - HOUR
    service.tend_lists(session, NOW)
    assert change(session, first).state is AnswerState.ACCEPTED


def test_a_cancelled_session_takes_its_offers_back_and_a_reinstated_one_makes_them_again(
    session: Session, full: WorkshopSession
) -> None:
    first, second = wait(session, full, 2)
    full.capacity = 3
    service.tend_lists(session, NOW)
    full.status = SessionStatus.CANCELLED
    assert service.tend_lists(session, NOW) == 1
    assert states([first, second]) == ["waitlisted"] * 2
    assert first.offer_expires_at is None
    with pytest.raises(SessionCancelledError):
        change(session, first)
    full.status = SessionStatus.CONFIRMED
    service.tend_lists(session, NOW + HOUR)
    assert states([first, second]) == ["offered", "waitlisted"]


def test_lowering_the_capacity_throws_nobody_out(session: Session, full: WorkshopSession) -> None:
    (first,) = wait(session, full)
    full.capacity = 3
    service.tend_lists(session, NOW)
    full.capacity = 1
    assert service.tend_lists(session, NOW) == 0
    assert change(session, first).state is AnswerState.ACCEPTED
    assert count_seats(session, [full.id]) == {full.id: 3}
    service.withdraw(session, now=NOW, **whose(first))
    assert press(session, ask(session, full)).state is AnswerState.LAPSED


def test_without_a_limit_everybody_who_waits_is_offered_a_place(session: Session, full: WorkshopSession) -> None:
    waiting = wait(session, full, 3)
    full.capacity = None
    service.tend_lists(session, NOW)
    assert states(waiting) == ["offered"] * 3


# -- giving back, and undoing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gives_up", [AnswerState.WITHDRAWN, AnswerState.DECLINED, AnswerState.TENTATIVE])
def test_a_seat_given_back_is_kept_for_ten_minutes_and_then_offered(
    session: Session, full: WorkshopSession, gives_up: AnswerState
) -> None:
    (first,) = wait(session, full)
    seat = seat_of(session, full)
    if gives_up is AnswerState.WITHDRAWN:
        service.withdraw(session, now=NOW, **whose(seat))
    else:
        change(session, seat, Choice(gives_up.value))
    assert (seat.state, seat.seat_kept_until) == (gives_up, NOW + UNDO)
    assert service.tend_lists(session, NOW + UNDO - timedelta(seconds=1)) == 0
    assert service.tend_lists(session, NOW + UNDO) == 2
    assert first.state is AnswerState.OFFERED
    assert seat.seat_kept_until is None


def test_undo_gives_the_seat_back(session: Session, full: WorkshopSession) -> None:
    (first,) = wait(session, full)
    seat = seat_of(session, full)
    service.withdraw(session, now=NOW, **whose(seat))
    for _ in range(2):
        found = service.undo(session, now=NOW + timedelta(minutes=9), **whose(seat))
        assert (found.state, found.seat_kept_until) == (AnswerState.ACCEPTED, None)
    assert service.tend_lists(session, NOW + HOUR) == 0
    assert first.state is AnswerState.WAITLISTED
    assert [mail.kind for mail in mails(session)] == ["answer_recorded"]


def test_coming_again_within_ten_minutes_takes_the_own_seat(session: Session, full: WorkshopSession) -> None:
    wait(session, full)
    seat = seat_of(session, full)
    change(session, seat, Choice.DECLINED)
    assert change(session, seat, now=NOW + timedelta(minutes=5)).state is AnswerState.ACCEPTED
    assert count_seats(session, [full.id]) == {full.id: 2}


def test_what_cannot_be_undone_passes_the_seat_on_at_once(session: Session, full: WorkshopSession) -> None:
    first, second = wait(session, full, 2)
    seat = seat_of(session, full)
    service.withdraw(session, now=NOW, **whose(seat), may_undo=False)
    service.withdraw(session, now=NOW, **whose(second), may_undo=False)
    assert states([seat, first, second]) == ["withdrawn", "offered", "withdrawn"]
    for answer in (seat, second):
        with pytest.raises(UndoOverError):
            service.undo(session, now=NOW, **whose(answer))


def test_undo_is_over_when_the_seat_has_gone_on(session: Session, full: WorkshopSession) -> None:
    wait(session, full)
    seat = seat_of(session, full)
    service.withdraw(session, now=NOW, **whose(seat))
    with pytest.raises(UndoOverError):
        service.undo(session, now=NOW + UNDO, **whose(seat))


def test_a_place_in_the_list_is_given_back_where_it_was(session: Session, full: WorkshopSession) -> None:
    first, second = wait(session, full, 2)
    since = first.waitlisted_at
    service.withdraw(session, now=NOW, **whose(first))
    assert positions(session, [first, second]) == {second.id: 1}
    assert service.undo(session, now=NOW + UNDO / 2, **whose(first)).waitlisted_at == since
    assert positions(session, [first, second]) == {first.id: 1, second.id: 2}
    service.withdraw(session, now=NOW, **whose(first))
    with pytest.raises(UndoOverError):
        service.undo(session, now=NOW + UNDO, **whose(first))


def test_where_nobody_waits_a_seat_is_free_at_once(session: Session, full: WorkshopSession) -> None:
    seat = seat_of(session, full)
    service.withdraw(session, now=NOW, **whose(seat))
    assert seat.seat_kept_until is None
    assert press(session, ask(session, full)).state is AnswerState.ACCEPTED
    with pytest.raises(UndoOverError):
        service.undo(session, now=NOW, **whose(seat))


def test_nothing_is_undone_once_the_session_has_begun(session: Session, full: WorkshopSession) -> None:
    wait(session, full)
    seat = seat_of(session, full)
    service.withdraw(session, now=full.starts_at - timedelta(minutes=5), **whose(seat))
    with pytest.raises(SessionBegunError):
        service.undo(session, now=full.starts_at, **whose(seat))


# -- shares ------------------------------------------------------------------------------------------------------------


def test_places_are_kept_for_a_share_until_the_day_before(session: Session) -> None:
    found = build_session(session, capacity=4, shares=(share("a", 50),))
    fill(session, found, 2)
    (waiting,) = wait(session, found)
    assert service.tend_lists(session, NOW) == 0
    of_share = ask(session, found, share="a")
    assert press(session, of_share).state is AnswerState.ACCEPTED
    assert press(session, ask(session, found, joins_list=True)).state is AnswerState.WAITLISTED
    assert service.tend_lists(session, found.starts_at - DAY) == 1
    assert waiting.state is AnswerState.OFFERED


def test_within_a_share_the_first_is_first_and_another_share_may_come_before(session: Session) -> None:
    found = build_session(session, capacity=2, shares=(share("a", 50),))
    held = fill(session, found, 1) + fill(session, found, 1, share="a")
    general, first, second = wait(session, found) + wait(session, found, 2, share="a", waitlisted_at=NOW)
    service.withdraw(session, now=NOW, **whose(held[1]))
    service.tend_lists(session, NOW + UNDO)
    assert states([general, first, second]) == ["waitlisted", "offered", "waitlisted"]
    assert positions(session, [general, first, second]) == {general.id: 1, second.id: 1}


def test_a_share_that_no_longer_exists_is_none(session: Session) -> None:
    found = build_session(session, capacity=1, shares=(share("a", 100),))
    assert press(session, ask(session, found, share="gone")).state is AnswerState.LAPSED


# -- work --------------------------------------------------------------------------------------------------------------


def test_looking_costs_two_statements_and_no_lock_when_there_is_nothing_to_do(session: Session) -> None:
    for _ in range(5):
        found = build_session(session, capacity=2)
        fill(session, found, 2)
        wait(session, found, 2)
    statements: list[str] = []
    listener = lambda _c, _k, statement, *_rest: statements.append(statement)  # noqa: E731 (an event's listener)
    sa.event.listen(db.engine, "before_cursor_execute", listener)
    assert service.tend_lists(session, NOW) == 0
    sa.event.remove(db.engine, "before_cursor_execute", listener)
    assert len(statements) == 1
    assert "UPDATE" not in statements[0]


def test_positions_are_found_in_one_statement(session: Session, full: WorkshopSession) -> None:
    waiting = wait(session, full, 6)
    assert positions(session, waiting[2:4]) == {waiting[2].id: 3, waiting[3].id: 4}
    assert positions(session, [seat_of(session, full)]) == {}


def test_who_has_no_address_is_offered_a_place_without_a_mail(session: Session, full: WorkshopSession) -> None:
    nobody = build_participant(session, full.series, address=None)
    answer = build_answer(session, full, nobody, state=AnswerState.WAITLISTED, waitlisted_at=NOW)
    full.capacity = 3
    service.tend_lists(session, NOW)
    assert answer.state is AnswerState.OFFERED
    assert mails(session) == []
    later = full.starts_at - HOUR
    answer.state, answer.offer_expires_at = AnswerState.WAITLISTED, None
    assert [service.tend_lists(session, later), service.tend_lists(session, later)] == [0, 0]


def test_a_refusal_leaves_nothing_behind(session: Session, full: WorkshopSession) -> None:
    late = build_answer(session, full, state=AnswerState.DECLINED)
    with pytest.raises(ConflictError):
        change(session, late)
    assert late.state is AnswerState.DECLINED
    assert mails(session) == []
