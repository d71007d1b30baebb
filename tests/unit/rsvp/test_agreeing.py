"""A looser level waits until each has agreed: thirty who answered and two who speak, whoever comes, whoever leaves."""

from __future__ import annotations

import dataclasses
import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    build_answer,
    build_item,
    build_participant,
    build_person,
    build_series,
    build_session,
    build_slot,
)
from tests.unit.rsvp.seats import ask
from workshop.audit.models import LogEntry
from workshop.audit.service import find_break
from workshop.chatham.notices import current_notice
from workshop.chatham.rule import Level
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.privacy import service as privacy
from workshop.programme.models import LevelProposal, WorkshopSession
from workshop.programme.queries import find_proposal, list_asked_people, list_proposals_of_person
from workshop.programme.service.levels import (
    ProposalOverError,
    agree_as_speaker,
    set_item_level,
    take_back_as_speaker,
    withdraw_proposal,
)
from workshop.programme.service.sessions import update_session
from workshop.programme.service.values import session_values
from workshop.reminders.service import last_look, notice_levels
from workshop.rsvp import service
from workshop.rsvp.models import Acknowledgement, Answer, AnswerState, LevelAgreement
from workshop.rsvp.queries.levels import Agreed, count_agreed
from workshop.rsvp.rule import NoticeChangedError, UndoOverError
from workshop.rsvp.service.agreeing import acknowledge_today, agree, settle_proposals, take_back

LOOSER = current_notice(Level.DISCUSSION)


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    """Give a session under the whole Rule with two who speak."""
    series = build_series(session, level=Level.WHOLE_SESSION)
    found = build_session(session, series, slug="4", capacity=100)
    build_item(session, found, speakers=[build_person(session, series)])
    build_slot(session, found, build_person(session, series))
    return found


def answers_of(session: Session, one: WorkshopSession, number: int) -> list[Answer]:
    """Add so many who come."""
    return [build_answer(session, one) for _ in range(number)]


def loosen(session: Session, one: WorkshopSession, level: Level = Level.DISCUSSION) -> LevelProposal:
    """Ask everybody about a looser level, as the form does."""
    values = dataclasses.replace(session_values(one), level=level, moderators=None, partners=None)
    update_session(session, now=NOW, workshop_session=one, values=values, has_answers=True, actor="organiser:1")
    proposal = find_proposal(session, one.id)
    assert proposal is not None
    return proposal


def press(session: Session, answer: Answer, now: datetime = NOW) -> bool:
    """Agree as a participant."""
    return agree(session, now=now, participant=answer.participant, slug="4", notice=LOOSER, language="fr")


def speakers_agree(session: Session, proposal: LevelProposal) -> None:
    """Let all who speak agree."""
    for person, _at in list_asked_people(session, proposal):
        agree_as_speaker(session, now=NOW, proposal=proposal, person=person, recorded_by="speaker")


def mails(session: Session, kind: str) -> list[OutboxMessage]:
    """Return the messages of a kind."""
    found = sa.select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id)
    return list(session.scalars(found.execution_options(populate_existing=True)))


def actions(session: Session) -> list[str]:
    """Return what the log says was done."""
    return list(session.scalars(sa.select(LogEntry.action).order_by(LogEntry.id)))


def test_nothing_loosens_until_each_of_thirty_and_both_who_speak_have_agreed(
    session: Session, one: WorkshopSession
) -> None:
    answers = answers_of(session, one, 30)
    proposal = loosen(session, one)
    assert settle_proposals(session, NOW) == 32
    assert settle_proposals(session, NOW) == 0
    assert (len(mails(session, "level_asked")), len(mails(session, "level_asked_speaker"))) == (30, 2)
    assert count_agreed(session, proposal) == Agreed(0, 32)
    for answer in answers[:29]:
        assert not press(session, answer)
        assert not press(session, answer)
    speakers_agree(session, proposal)
    assert settle_proposals(session, NOW) == 0
    assert count_agreed(session, proposal) == Agreed(31, 32)
    assert (one.level, one.series.level) == (None, Level.WHOLE_SESSION)
    sequence, revision = one.sequence, one.series.revision
    assert press(session, answers[29])
    session.refresh(one)
    session.refresh(one.series)
    assert (one.level, one.sequence) == (Level.DISCUSSION, sequence)
    assert one.series.revision > revision
    assert find_proposal(session, one.id) is None
    assert session.scalar(sa.select(sa.func.count()).select_from(LevelAgreement)) == 0
    kept = session.scalars(sa.select(Acknowledgement)).all()
    assert len(kept) == 30
    assert {(found.level, found.version, found.language) for found in kept} == {(Level.DISCUSSION, 1, "fr")}
    assert actions(session).count("rsvp.agree_level") == 30
    assert actions(session).count("programme.agree_level") == 2
    assert "programme.change_level" in actions(session)
    assert find_break(session) is None
    # They know it already, so nobody is written to; a stricter level after this one is news again.
    assert notice_levels(session, NOW) == 0
    assert {answer.told_level for answer in session.scalars(sa.select(Answer))} == {Level.DISCUSSION}


def test_whoever_comes_later_is_asked_too(session: Session, one: WorkshopSession) -> None:
    (first,) = answers_of(session, one, 1)
    proposal = loosen(session, one)
    settle_proposals(session, NOW)
    speakers_agree(session, proposal)
    late = build_answer(session, one, state=AnswerState.WAITLISTED, waitlisted_at=NOW)
    newcomer = build_person(session, one.series)
    build_slot(session, one, newcomer)
    assert settle_proposals(session, NOW) == 2
    assert not press(session, first)
    assert not press(session, late)
    assert one.level is None
    assert [found.id for found, at in list_proposals_of_person(session, newcomer.id) if at is None] == [proposal.id]
    agree_as_speaker(session, now=NOW, proposal=proposal, person=newcomer, recorded_by="organiser:1")
    assert settle_proposals(session, NOW) == 1
    assert one.level is Level.DISCUSSION


@pytest.mark.parametrize("leaves", ["withdraw", "erase"])
def test_whoever_leaves_no_longer_stands_in_the_way(session: Session, one: WorkshopSession, leaves: str) -> None:
    first, last = answers_of(session, one, 2)
    speakers_agree(session, loosen(session, one))
    assert not press(session, first)
    if leaves == "withdraw":
        service.withdraw(session, now=NOW, participant=last.participant, slug="4")
    else:
        privacy.erase(session, now=NOW, participant=last.participant)
    assert one.level is None
    assert settle_proposals(session, NOW) == 1
    session.refresh(one)
    assert one.level is Level.DISCUSSION


def test_whoever_withdrew_before_does_not_slip_back_under_the_looser_level(
    session: Session, one: WorkshopSession
) -> None:
    (waits,) = [build_answer(session, one, state=AnswerState.WAITLISTED, waitlisted_at=NOW)]
    speakers_agree(session, loosen(session, one))
    service.withdraw(session, now=NOW, participant=waits.participant, slug="4")
    assert settle_proposals(session, NOW) == 1
    with pytest.raises(UndoOverError):
        service.undo(session, now=NOW, participant=waits.participant, slug="4")


def test_erasing_takes_the_agreement_along(session: Session, one: WorkshopSession) -> None:
    first, _other = answers_of(session, one, 2)
    proposal = loosen(session, one)
    press(session, first)
    privacy.erase(session, now=NOW, participant=first.participant)
    assert session.scalar(sa.select(sa.func.count()).select_from(LevelAgreement)) == 0
    assert count_agreed(session, proposal) == Agreed(0, 3)


def test_an_agreement_is_taken_back_while_it_waits_for_others(session: Session, one: WorkshopSession) -> None:
    first, second = answers_of(session, one, 2)
    proposal = loosen(session, one)
    speakers_agree(session, proposal)
    assert not press(session, first)
    assert take_back(session, now=NOW, participant=first.participant, slug="4")
    assert not take_back(session, now=NOW, participant=first.participant, slug="4"), "once"
    assert not take_back(session, now=NOW, participant=second.participant, slug="4"), "never agreed"
    speaker = list_asked_people(session, proposal)[0][0]
    assert take_back_as_speaker(session, now=NOW, proposal=proposal, person=speaker)
    assert not take_back_as_speaker(session, now=NOW, proposal=proposal, person=speaker)
    assert count_agreed(session, proposal) == Agreed(1, 4)
    assert not press(session, second)
    assert settle_proposals(session, NOW) == 2, "both are asked by mail, and nothing else is done"
    assert find_proposal(session, one.id) is not None
    speakers_agree(session, proposal)
    assert press(session, first)
    assert one.level is Level.DISCUSSION
    with pytest.raises(ProposalOverError):
        take_back(session, now=NOW, participant=first.participant, slug="4")
    with pytest.raises(ProposalOverError):
        take_back_as_speaker(session, now=NOW, proposal=proposal, person=speaker)
    assert actions(session).count("rsvp.take_back_agreement") == 1
    assert actions(session).count("programme.take_back_agreement") == 1


def test_nothing_is_taken_back_of_what_is_not_ones_own_or_has_begun(session: Session, one: WorkshopSession) -> None:
    (first,) = answers_of(session, one, 1)
    proposal = loosen(session, one)
    press(session, first)
    with pytest.raises(NotFoundError):
        take_back(session, now=NOW, participant=first.participant, slug="9")
    stranger = build_person(session, one.series)
    with pytest.raises(NotFoundError):
        take_back_as_speaker(session, now=NOW, proposal=proposal, person=stranger)
    with pytest.raises(ProposalOverError):
        take_back(session, now=one.starts_at, participant=first.participant, slug="4")
    assert count_agreed(session, proposal) == Agreed(1, 3)


def test_an_unticked_box_another_notice_or_no_standing_answer_agrees_to_nothing(
    session: Session, one: WorkshopSession
) -> None:
    first, gone = answers_of(session, one, 2)
    loosen(session, one)
    for notice in (None, current_notice(Level.ON_THE_RECORD)):
        with pytest.raises(NoticeChangedError):
            agree(session, now=NOW, participant=first.participant, slug="4", notice=notice, language="en")
    service.withdraw(session, now=NOW, participant=gone.participant, slug="4")
    with pytest.raises(NotFoundError):
        press(session, gone)
    with pytest.raises(NotFoundError):
        agree(session, now=NOW, participant=first.participant, slug="9", notice=LOOSER, language="en")


def test_organisers_take_it_back_and_messages_that_wait_are_not_sent(session: Session, one: WorkshopSession) -> None:
    answers = answers_of(session, one, 2)
    proposal = loosen(session, one)
    settle_proposals(session, NOW)
    press(session, answers[0])
    message, other = mails(session, "level_asked")
    assert last_look(session, message, NOW) == "has agreed"
    assert last_look(session, other, NOW) is None
    assert [last_look(session, one_mail, NOW) for one_mail in mails(session, "level_asked_speaker")] == [None, None]
    withdraw_proposal(session, now=NOW, proposal=proposal, actor="organiser:1")
    assert last_look(session, other, NOW) == "no longer asked"
    assert last_look(session, mails(session, "level_asked_speaker")[0], NOW) == "no longer asked"
    with pytest.raises(ProposalOverError):
        press(session, answers[1])
    assert actions(session)[-1] == "programme.withdraw_proposal"
    # Asked anew, everybody is asked anew.
    proposal = loosen(session, one)
    proposal.proposed_at = NOW + timedelta(minutes=1)
    session.flush()
    assert count_agreed(session, proposal) == Agreed(0, 4)
    assert settle_proposals(session, NOW) == 4


def test_it_ends_when_the_session_begins(session: Session, one: WorkshopSession) -> None:
    (answer,) = answers_of(session, one, 1)
    proposal = loosen(session, one)
    person = list_asked_people(session, proposal)[0][0]
    begun = one.starts_at
    with pytest.raises(ProposalOverError):
        press(session, answer, begun)
    with pytest.raises(ProposalOverError):
        agree_as_speaker(session, now=begun, proposal=proposal, person=person, recorded_by="speaker")
    assert settle_proposals(session, begun) == 1
    assert find_proposal(session, one.id) is None
    assert one.level is None


def test_a_stricter_level_ends_what_was_asked_and_is_told(session: Session, one: WorkshopSession) -> None:
    answers_of(session, one, 1)
    loosen(session, one)
    settle_proposals(session, NOW)
    values = dataclasses.replace(session_values(one), level=Level.CLOSED, moderators=None, partners=None)
    update_session(session, now=NOW, workshop_session=one, values=values, has_answers=True)
    assert find_proposal(session, one.id) is None
    assert settle_proposals(session, NOW) == 0
    assert notice_levels(session, NOW) == 3
    assert (len(mails(session, "level_raised")), len(mails(session, "level_raised_speaker"))) == (1, 2)


def test_a_talk_alone_is_asked_of_its_own_speakers_and_of_all_participants(session: Session) -> None:
    series = build_series(session)
    one = build_session(session, series, slug="4")
    speaks, other = build_person(session, series), build_person(session, series)
    talk = build_item(session, one, speakers=[speaks])
    build_item(session, one, speakers=[other])
    (answer,) = answers_of(session, one, 1)
    set_item_level(
        session, now=NOW, workshop_session=one, item=talk, level=Level.ON_THE_RECORD, has_answers=True, actor="o"
    )
    proposal = find_proposal(session, one.id)
    assert proposal is not None
    assert [person.id for person, _at in list_asked_people(session, proposal)] == [speaks.id]
    with pytest.raises(NotFoundError):
        agree_as_speaker(session, now=NOW, proposal=proposal, person=other, recorded_by="speaker")
    settle_proposals(session, NOW)
    assert "Un exposé" in mails(session, "level_asked")[0].body_text
    agree_as_speaker(session, now=NOW, proposal=proposal, person=speaks, recorded_by="speaker")
    notice = current_notice(Level.ON_THE_RECORD)
    assert agree(session, now=NOW, participant=answer.participant, slug="4", notice=notice, language="en")
    assert (talk.level, one.level) == (Level.ON_THE_RECORD, None)


def test_a_looser_level_of_the_series_is_followed_again_once_agreed(session: Session, one: WorkshopSession) -> None:
    (answer,) = answers_of(session, one, 1)
    one.level = Level.WHOLE_SESSION
    one.series.level = Level.DISCUSSION
    session.flush()
    speakers_agree(session, loosen(session, one))
    assert press(session, answer)
    assert one.level is None


def test_reading_the_stricter_notice_anew_is_kept_once(session: Session, one: WorkshopSession) -> None:
    (answer,) = answers_of(session, one, 1)
    today = current_notice(Level.WHOLE_SESSION)
    with pytest.raises(NoticeChangedError):
        acknowledge_today(session, now=NOW, participant=answer.participant, slug="4", notice=LOOSER, language="en")
    kept = [
        acknowledge_today(session, now=NOW, participant=answer.participant, slug="4", notice=today, language="en")
        for _ in range(2)
    ]
    assert kept == [True, False]
    assert [found.level for found in session.scalars(sa.select(Acknowledgement))] == [Level.WHOLE_SESSION]


@pytest.mark.databases("postgresql")
def test_of_two_last_presses_at_once_one_lets_it_take_effect(
    app: Flask, session: Session, one: WorkshopSession
) -> None:
    answers = answers_of(session, one, 2)
    speakers_agree(session, loosen(session, one))
    ids = [answer.id for answer in answers]
    session_id = one.id
    session.commit()
    ready, applied, faults = threading.Barrier(2), [], []

    def last_press(answer_id: int) -> None:
        try:
            with app.app_context(), Session(db.engine) as own, own.begin():
                answer = own.get_one(Answer, answer_id)
                ready.wait(10)
                applied.append(press(own, answer))
        except Exception as fault:  # noqa: BLE001 (told in the test's own thread)
            faults.append(fault)

    threads = [threading.Thread(target=last_press, args=(id_,)) for id_ in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []
    assert sorted(applied) == [False, True]
    session.expire_all()
    assert session.get_one(WorkshopSession, session_id).level is Level.DISCUSSION
    assert actions(session).count("programme.change_level") == 1
    assert session.scalar(sa.select(sa.func.count()).select_from(Acknowledgement)) == 2


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("turn", range(4))
def test_taken_back_while_the_last_one_presses_it_holds_or_it_does_not(
    app: Flask, session: Session, one: WorkshopSession, turn: int
) -> None:
    first, last = answers_of(session, one, 2)
    speakers_agree(session, loosen(session, one))
    press(session, first)
    ids, session_id = (first.id, last.id), one.id
    session.commit()
    ready, found, faults = threading.Barrier(2), {}, []

    def act(name: str, answer_id: int) -> None:
        try:
            with app.app_context(), Session(db.engine) as own, own.begin():
                answer = own.get_one(Answer, answer_id)
                ready.wait(10)
                if name == "press":
                    found[name] = press(own, answer)
                else:
                    found[name] = take_back(own, now=NOW, participant=answer.participant, slug="4")
        except ProposalOverError:
            found[name] = False
        except Exception as fault:  # noqa: BLE001 (told in the test's own thread)
            faults.append(fault)

    acts = [("back", ids[0]), ("press", ids[1])]
    threads = [threading.Thread(target=act, args=one_act) for one_act in (acts if turn % 2 else acts[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert faults == []
    assert found["back"] is not found["press"], "whoever came first decides"
    session.expire_all()
    level = session.get_one(WorkshopSession, session_id).level
    assert level is (Level.DISCUSSION if found["press"] else None)


def test_whoever_has_no_address_is_asked_on_their_page_alone(session: Session, one: WorkshopSession) -> None:
    person = build_participant(session, one.series, address=None)
    build_answer(session, one, person)
    proposal = loosen(session, one)
    settle_proposals(session, NOW)
    assert mails(session, "level_asked") == []
    assert count_agreed(session, proposal) == Agreed(0, 3)


def test_messages_about_levels_that_were_sent_stay_sent(session: Session, one: WorkshopSession) -> None:
    answers_of(session, one, 1)
    loosen(session, one)
    settle_proposals(session, NOW)
    session.execute(sa.update(OutboxMessage).values(state=OutboxState.SENT))
    assert settle_proposals(session, NOW) == 0


def test_a_form_sent_under_the_stricter_level_is_not_taken_before_the_looser_one_was_read(
    session: Session, one: WorkshopSession
) -> None:
    one.level = Level.DISCUSSION
    session.flush()
    asked = ask(session, one)
    speakers_agree(session, loosen(session, one, Level.ON_THE_RECORD))
    # Nobody's answer stands yet, so nobody else is asked.
    assert settle_proposals(session, NOW) == 1
    assert one.level is Level.ON_THE_RECORD
    with pytest.raises(NoticeChangedError):
        service.confirm(session, now=NOW, participant=asked.participant, language="en")
    (done,) = service.confirm(
        session, now=NOW, participant=asked.participant, acknowledged=["on_the_record.1"], language="en"
    )
    assert done.state is AnswerState.ACCEPTED
    assert session.scalars(sa.select(Acknowledgement.level)).all() == [Level.ON_THE_RECORD]
