"""Every mail to somebody who asked for discretion: no topic in subject, sender, text, links or files."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import workshop
from tests.builders import (
    NOW,
    both,
    build_answer,
    build_item,
    build_participant,
    build_person,
    build_series,
    build_session,
)
from tests.unit.reminders.conftest import messages, move
from workshop.announcements import service as announcements
from workshop.announcements.queries import Group
from workshop.chatham.rule import Level
from workshop.mail.models import OutboxMessage
from workshop.programme.models import LevelProposal, Mode, SessionStatus
from workshop.reminders.service import last_look, notice_changes, plan, tell
from workshop.rsvp import emails
from workshop.rsvp.emails import levels
from workshop.rsvp.emails.offers import answer_withdrawn
from workshop.rsvp.models import AddressChange, Answer, AnswerRequest, AnswerState, Choice, Invitation, InvitationKind
from workshop.rsvp.service.preferences import update_preferences
from workshop.rsvp.service.standing import lock_participant
from workshop.rsvp.service.taking_over import take_over

CANARY = re.compile("canar(?:y|i)", re.IGNORECASE)
NOT_TO_PARTICIPANTS = {
    "account_changed",
    "address_change",
    "break_glass_opened",
    "data_erased",
    "digest",
    "level_asked_speaker",
    "level_raised_speaker",
    "mail_test",
    "pass_phrase_reset",
    "role_changed",
    "role_invitation",
    "session_cancelled_speaker",
    "session_changed_speaker",
    "session_moved_speaker",
    "session_reinstated_speaker",
    "speaker_change",
    "speaker_change_decided",
    "speaker_link",
}
TOKEN_PAGE = re.compile(r"/(?:fr|en)/(?:my|join|follow|unsubscribe|invitation|feedback)/")
S = AnswerState
Write = Callable[[Session, Answer], object]


def _build(session: Session, *, state: AnswerState = S.ACCEPTED, **who: object) -> Answer:
    """Return an answer for a session in which all that can name the topic says so."""
    name = both("Série canari", "Canary series")
    series = build_series(
        session,
        slug="canary-series",
        title=name,
        sender_name=name,
        contact="canary@example.org",
        own_sentence=both("La phrase du canari.", "The canary’s sentence."),
        own_sentence_version=1,
    )
    one = build_session(
        session,
        series,
        number=4,
        slug="canary",
        title=both("Titre canari", "Canary title"),
        public_title=both("Titre public canari", "Public canary title"),
        short_title=both("Canari", "Canary"),
        abstract=both("Du canari.", "About the canary."),
        objectives=(both("Le canari", "The canary"),),
        place=both("Salle du Canari", "Canary Hall"),
        mode=Mode.HYBRID,
        interpretation=({"from": "fr", "into": "en", "scope": {"fr": "Le canari", "en": "The canary"}},),
    )
    build_item(session, one, title=both("Exposé canari", "Canary talk"), speakers=[build_person(session, series)])
    person = build_participant(session, series, address="someone@example.org", **{"language": "en", **who})
    waits = state in {S.WAITLISTED, S.OFFERED}
    return build_answer(session, one, person, state=state, waitlisted_at=NOW if waits else None)


def _recorded(session: Session, answer: Answer) -> None:
    emails.answer_recorded(session, now=NOW, answer=answer)


def _offered(session: Session, answer: Answer) -> None:
    answer.offer_expires_at = NOW + timedelta(hours=3)
    emails.place_offered(session, now=NOW, answer=answer)


def _added(session: Session, answer: Answer) -> None:
    answer.added_reason = "About the canary"
    emails.added_by_hand(session, now=NOW, answer=answer)


def _refused(session: Session, answer: Answer) -> None:
    answer.refusal_text = both("Le canari est complet.", "The canary is full.")
    emails.answer_refused(session, now=NOW, answer=answer)


def _withdrawn(session: Session, answer: Answer) -> None:
    answer_withdrawn(session, now=NOW, answer=answer, words=both("Pas de canari.", "No canary."))


def _new_address(session: Session, answer: Answer) -> None:
    change = AddressChange(participant=answer.participant, address="someone@example.org", created_at=NOW)
    session.add(change)
    session.flush()
    emails.confirm_new_address(session, now=NOW, change=change, language="en")


def _address(session: Session, answer: Answer) -> None:
    ids = [answer.workshop_session_id]
    emails.confirm_address(session, now=NOW, participant=answer.participant, session_ids=ids, language="en")


def _invite(session: Session, answer: Answer) -> Invitation:
    later = build_session(session, answer.workshop_session.series, slug="canary-too", title=both("Canari", "Canary"))
    found = Invitation(
        kind=InvitationKind.PERSON,
        series=later.series,
        sessions=[later],
        address="Someone@example.org",
        address_folded="someone@example.org",
        language="en",
        is_locked=True,
        organisation="Canary society",
        created_at=NOW,
    )
    session.add(found)
    session.flush()
    return found


def _invited(session: Session, answer: Answer) -> None:
    emails.invitation(session, now=NOW, invitation=_invite(session, answer), is_reminder=False)


def _invited_again(session: Session, answer: Answer) -> None:
    emails.invitation(session, now=NOW, invitation=_invite(session, answer), is_reminder=True)


def _reminded(session: Session, answer: Answer) -> None:
    plan(session, answer.workshop_session.starts_at - timedelta(days=1))


def _thanked(session: Session, answer: Answer) -> None:
    answer.workshop_session.reminders = ("+1d",)
    plan(session, answer.workshop_session.ends_at + timedelta(days=1))


def _moved(session: Session, answer: Answer) -> None:
    move(session, answer.workshop_session, timedelta(days=1))
    answer.workshop_session.place = both("Autre salle du Canari", "Other Canary Hall")
    session.flush()
    notice_changes(session, NOW)


def _changed(session: Session, answer: Answer) -> None:
    answer.workshop_session.place = both("Autre salle du Canari", "Other Canary Hall")
    answer.workshop_session.interpretation = ()
    session.flush()
    tell(session, now=NOW, workshop_session=answer.workshop_session, actor="organiser:1", number=1)
    notice_changes(session, NOW)


def _cancelled(session: Session, answer: Answer) -> None:
    answer.workshop_session.status = SessionStatus.CANCELLED
    session.flush()
    notice_changes(session, NOW)


def _reinstated(session: Session, answer: Answer) -> None:
    answer.told_status = SessionStatus.CANCELLED
    session.flush()
    notice_changes(session, NOW)


def _raised(session: Session, answer: Answer) -> None:
    levels.level_raised(session, now=NOW, answer=answer, before=Level.ON_THE_RECORD, after=Level.DISCUSSION)


def _asked(session: Session, answer: Answer) -> None:
    proposal = LevelProposal(
        workshop_session_id=answer.workshop_session_id,
        level=Level.ON_THE_RECORD,
        proposed_at=NOW,
        proposed_by="organiser:1",
    )
    session.add(proposal)
    session.flush()
    levels.level_asked(session, now=NOW, answer=answer, proposal=proposal)


def _announced(session: Session, answer: Answer) -> None:
    series = answer.participant.series
    text = both("Le canari chante.", "The canary sings.")
    written = announcements.create(session, now=NOW, series=series, subject=text, body=text, group=Group())
    written.confirmed_at = written.leaves_at = NOW
    session.flush()
    announcements.send_announcements(session, NOW)


def _follows(session: Session, answer: Answer) -> None:
    series = answer.participant.series
    announcements.ask(session, now=NOW, series=series, address="someone@example.org", language="en")


MAILS: dict[str, tuple[AnswerState, Write]] = {
    "added_by_hand": (S.WAITLISTED, _added),
    "announcement": (S.ACCEPTED, _announced),
    "answer_recorded": (S.ACCEPTED, _recorded),
    "answer_refused": (S.DECLINED, _refused),
    "answer_withdrawn": (S.WITHDRAWN, _withdrawn),
    "confirm_address": (S.PENDING, _address),
    "confirm_new_address": (S.ACCEPTED, _new_address),
    "invitation": (S.DECLINED, _invited),
    "invitation_reminder": (S.DECLINED, _invited_again),
    "level_asked": (S.ACCEPTED, _asked),
    "level_raised": (S.ACCEPTED, _raised),
    "link_resent": (S.ACCEPTED, lambda session, one: emails.link_resent(session, now=NOW, participant=one.participant)),
    "place_free": (S.WAITLISTED, lambda session, one: emails.place_free(session, now=NOW, answer=one)),
    "place_lapsed": (S.LAPSED, lambda session, one: emails.place_lapsed(session, now=NOW, answer=one)),
    "place_offered": (S.OFFERED, _offered),
    "reminder": (S.ACCEPTED, _reminded),
    "thanks": (S.ACCEPTED, _thanked),
    "session_announced": (S.ACCEPTED, lambda session, one: emails.session_announced(session, now=NOW, answer=one)),
    "session_cancelled": (S.ACCEPTED, _cancelled),
    "session_changed": (S.ACCEPTED, _changed),
    "session_moved": (S.ACCEPTED, _moved),
    "session_reinstated": (S.ACCEPTED, _reinstated),
    "subscription_confirm": (S.ACCEPTED, _follows),
}
NAMES_NOTHING = {"confirm_address", "confirm_new_address", "link_resent", "subscription_confirm"}
"""They are neutral for everybody."""
WITH_FILE = {
    "answer_recorded",
    "level_raised",
    "session_announced",
    "session_changed",
    "session_moved",
    "session_reinstated",
}


def _write(session: Session, kind: str, **who: object) -> OutboxMessage:
    state, write = MAILS[kind]
    write(session, _build(session, state=state, **who))
    (message,) = messages(session, kind=kind)
    return message


def _whole(message: OutboxMessage) -> str:
    """Return all that leaves, as it is read."""
    files = "".join(str(file) for file in message.attachments)
    return "\n".join(
        (message.sender_name, message.subject, message.body_text, message.body_html, str(message.headers), files)
    )


def test_every_kind_of_mail_is_looked_at() -> None:
    folders = Path(workshop.__file__).parent.glob("*/templates/mail/*/subject.txt")
    assert {one.parent.name for one in folders} - NOT_TO_PARTICIPANTS == MAILS.keys()


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("kind", MAILS)
def test_none_names_the_topic_to_whoever_asked_for_discretion(session: Session, kind: str, language: str) -> None:
    open_one = _write(session, kind, language=language)
    assert bool(CANARY.search(_whole(open_one))) is (kind not in NAMES_NOTHING), "it could leak"
    session.rollback()
    message = _write(session, kind, language=language, is_discreet=True)
    assert not CANARY.search(_whole(message)), CANARY.findall(_whole(message))
    assert message.sender_name == "Workshop"
    assert "Reply-To" not in message.headers
    links = re.findall(r"https?://[^\s\"'<>;)]+", _whole(message))
    assert links
    for link in links:
        if "purl.org" not in link:
            assert TOKEN_PAGE.search(link), link


@pytest.mark.parametrize("kind", MAILS)
def test_whoever_wants_no_calendar_files_gets_none_nor_a_word_of_one(session: Session, kind: str) -> None:
    with_files = _write(session, kind)
    assert bool(with_files.attachments) is (kind in WITH_FILE), "it could bring one"
    session.rollback()
    message = _write(session, kind, wants_calendar=False)
    assert message.attachments == ()
    for body in (message.body_text, message.body_html):
        assert "attached" not in body.casefold()
        assert ".ics" not in body


def _choose(session: Session, answer: Answer, **values: object) -> None:
    chosen: dict[str, object] = {
        "name": "x",
        "affiliation": "",
        "language": "en",
        "tzid": "",
        "wants_reminders": True,
        **values,
    }
    update_preferences(session, now=NOW, participant=answer.participant, **chosen)  # type: ignore[arg-type] # of a test


@pytest.mark.parametrize("kind", sorted({"reminder", "answer_recorded", "place_offered", "session_moved"}))
def test_what_waits_when_discretion_is_asked_does_not_leave(session: Session, kind: str) -> None:
    message = _write(session, kind)
    answer = session.scalars(sa.select(Answer).where(Answer.subject == message.answer_ref)).one()
    at = message.created_at
    assert last_look(session, message, at) is None
    _choose(session, answer, is_discreet=True)
    assert last_look(session, message, at) == "discretion asked"


@pytest.mark.parametrize("kind", ["reminder", "session_moved"])
def test_what_is_due_is_written_anew_without_the_topic(session: Session, kind: str) -> None:
    first = _write(session, kind)
    answer = session.scalars(sa.select(Answer).where(Answer.subject == first.answer_ref)).one()
    at: datetime = first.created_at
    _choose(session, answer, is_discreet=True)
    assert last_look(session, first, at) == "discretion asked"
    session.flush()
    if kind == "reminder":
        plan(session, at)
    else:
        notice_changes(session, at)
    second = messages(session, kind=kind)[-1]
    assert second.id != first.id
    assert not CANARY.search(_whole(second))
    assert last_look(session, second, at) is None


def test_files_are_taken_out_of_what_waits(session: Session) -> None:
    message = _write(session, "answer_recorded")
    answer = session.scalars(sa.select(Answer).where(Answer.subject == message.answer_ref)).one()
    _choose(session, answer, wants_calendar=False)
    assert messages(session)[0].attachments == ()
    assert lock_participant(session, answer.participant_id).wants_calendar is False


def test_an_invitation_that_waits_is_written_anew_for_whoever_asks_for_discretion(session: Session) -> None:
    message = _write(session, "invitation")
    answer = session.scalars(sa.select(Answer)).first()
    assert answer is not None
    assert last_look(session, message, NOW) is None
    _choose(session, answer, is_discreet=True)
    assert last_look(session, message, NOW) == "level changed"


def test_somebody_of_another_series_does_not_make_it_neutral(session: Session) -> None:
    build_participant(session, build_series(session), address="someone@example.org", is_discreet=True)
    assert CANARY.search(_whole(_write(session, "invitation")))


def test_a_box_left_alone_in_a_later_form_brings_no_files_back(session: Session) -> None:
    answer = _build(session, wants_calendar=False)
    for wants, expected in ((True, False), (False, False)):
        request = AnswerRequest(
            answer_id=answer.id,
            choice=Choice.ACCEPTED,
            name="x",
            language="en",
            wants_reminders=True,
            wants_calendar=wants,
            is_discreet=False,
            affiliation="",
            tzid="",
            interpretation="",
            access_needs="",
            share="",
            keeps_informed=False,
            follows=False,
            replies={},
            created_at=NOW,
        )
        take_over(session, participant=answer.participant, answer=answer, request=request, now=NOW)
        assert answer.participant.wants_calendar is expected
