"""Invitations: made, sent, answered, reminded of, withdrawn, forgotten."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_organiser, build_participant, build_series, build_session
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level, Visibility
from workshop.core.links import Purpose, fill, find_token
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.reminders.service import last_look
from workshop.rsvp.models import (
    Answer,
    AnswerState,
    Choice,
    Invitation,
    InvitationKind,
    InvitationState,
    Participant,
)
from workshop.rsvp.queries import invitations as queries
from workshop.rsvp.rule import SessionFullError
from workshop.rsvp.service import Asked, confirm, request_answer
from workshop.rsvp.service import inviting as service
from workshop.rsvp.service.inviting.answering import answer_invitation

ADDRESS = "someone@example.org"


@pytest.fixture
def workshop_session(session: Session) -> WorkshopSession:
    """Give a session for the invited only."""
    series = build_series(session, slug="serie", title=both("Série canari", "Canary series"))
    return build_session(session, series, slug="4", number=4, visibility=Visibility.INVITE_ONLY)


def _invite(session: Session, *sessions: WorkshopSession, address: str = ADDRESS, **values: Any) -> Invitation:
    defaults: dict[str, Any] = {"organisation": "", "is_locked": True, "made_by": None, "actor": "organiser:1"}
    invitee = service.Invitee(address, values.pop("name", "Camille"), values.pop("language", "en"))
    service.invite(session, now=NOW, workshop_sessions=sessions, invitees=[invitee], **{**defaults, **values})
    return session.scalars(
        sa.select(Invitation).where(
            Invitation.address_folded == address.casefold(),
            Invitation.organisation == {**defaults, **values}["organisation"],
        )
    ).one()


def _send(
    session: Session, series: Series, now: datetime = NOW, *, is_reminder: bool = False, expected: int = 1
) -> int:
    count = service.ask_for_mail(
        session,
        now=now,
        series_id=series.id,
        organisation=None,
        is_reminder=is_reminder,
        expected=expected,
        knows_answers=True,
        actor="organiser:1",
    )
    service.send_invitations(session, now)
    return count


def _messages(session: Session) -> list[OutboxMessage]:
    session.expire_all()
    return list(session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))


def _state(session: Session, invitation: Invitation) -> InvitationState:
    session.flush()
    rows = queries.list_invitations(session, invitation.series_id, kind=InvitationKind.PERSON)
    return next(row.state for row in rows if row.invitation.id == invitation.id)


def _asked(invitation: Invitation, **values: Any) -> Asked:
    defaults = {
        "name": "Alias",
        "address": ADDRESS,
        "choice": Choice.ACCEPTED,
        "language": "en",
        "tzid": "Europe/Paris",
        "notices": ("discussion.1",),
        "notice_language": "en",
        "invitation_id": invitation.id,
    }
    return Asked(**{**defaults, **values})


def test_an_invitation_goes_from_not_sent_to_sent_to_answered(
    session: Session, workshop_session: WorkshopSession
) -> None:
    invitation = _invite(session, workshop_session)
    assert _state(session, invitation) is InvitationState.NOT_SENT
    assert _messages(session) == []
    assert _send(session, workshop_session.series) == 1
    assert _state(session, invitation) is InvitationState.SENT
    (message,) = _messages(session)
    assert (message.kind, message.recipient, message.person_ref) == ("invitation", ADDRESS, invitation.subject)
    assert f"/en/invitation/[[link:invitation:{invitation.subject}]]/" in message.body_text
    participant = answer_invitation(session, now=NOW, workshop_sessions=[workshop_session], values=_asked(invitation))
    assert participant.confirmed_at == NOW
    (answer,) = session.scalars(sa.select(Answer))
    assert (answer.state, answer.invitation_id) == (AnswerState.ACCEPTED, invitation.id)
    assert _state(session, invitation) is InvitationState.ANSWERED
    assert [one.kind for one in _messages(session)] == ["invitation", "answer_recorded"]


def test_the_same_list_again_makes_nothing_new(session: Session, workshop_session: WorkshopSession) -> None:
    first = _invite(session, workshop_session)
    again = _invite(session, workshop_session)
    assert first.id == again.id
    assert session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 1
    (entry,) = session.scalars(sa.select(LogEntry).where(LogEntry.action == "rsvp.invite"))
    assert entry.details == {"people": 1}
    assert ADDRESS not in str(entry.details)


def test_whoever_is_invited_to_another_session_keeps_the_link_and_is_written_to_again(
    session: Session, workshop_session: WorkshopSession
) -> None:
    invitation = _invite(session, workshop_session)
    _send(session, workshop_session.series)
    answer_invitation(session, now=NOW, workshop_sessions=[workshop_session], values=_asked(invitation))
    other = build_session(session, workshop_session.series, slug="5", number=5, visibility=Visibility.INVITE_ONLY)
    again = _invite(session, workshop_session, other)
    assert again.id == invitation.id
    assert _state(session, again) is InvitationState.NOT_SENT
    _send(session, workshop_session.series)
    assert "answered" not in {message.reason for message in _messages(session)}
    assert queries.list_answered(session, again) == {workshop_session.id}
    answer_invitation(session, now=NOW, workshop_sessions=[other], values=_asked(again))
    assert _state(session, again) is InvitationState.ANSWERED


def test_five_thousand_are_made_and_sent_in_batches_within_seconds(
    session: Session, workshop_session: WorkshopSession
) -> None:
    invitees = [service.Invitee(f"p{number}@example.org", f"P {number}", "fr") for number in range(5000)]
    begun = time.perf_counter()
    count = service.invite(
        session,
        now=NOW,
        workshop_sessions=[workshop_session],
        invitees=invitees,
        organisation="",
        is_locked=True,
        made_by=None,
        actor="organiser:1",
    )
    assert count == 5000
    assert time.perf_counter() - begun < 10
    service.ask_for_mail(
        session,
        now=NOW,
        series_id=workshop_session.series_id,
        organisation=None,
        is_reminder=False,
        expected=5000,
        knows_answers=True,
        actor="organiser:1",
    )
    assert service.send_invitations(session, NOW) == 200
    assert len(_messages(session)) == 200
    assert queries.count_invitations(session, workshop_session.series_id)[InvitationState.SENT] == 200


def test_nothing_is_sent_when_the_number_is_another_than_was_confirmed(
    session: Session, workshop_session: WorkshopSession
) -> None:
    _invite(session, workshop_session)
    with pytest.raises(service.CountChangedError):
        _send(session, workshop_session.series, expected=2)


def test_only_the_silent_are_reminded_and_not_twice_within_a_day(
    session: Session, workshop_session: WorkshopSession
) -> None:
    series = workshop_session.series
    silent = _invite(session, workshop_session, address="silent@example.org")
    declined = _invite(session, workshop_session, address="declined@example.org")
    answered = _invite(session, workshop_session, address="answered@example.org")
    bounced = _invite(session, workshop_session, address="bounced@example.org")
    otherwise = _invite(session, workshop_session, address="otherwise@example.org")
    _send(session, series, expected=5)
    service.decline(session, now=NOW, invitation=declined)
    values = _asked(answered, address="answered@example.org")
    answer_invitation(session, now=NOW, workshop_sessions=[workshop_session], values=values)
    for message in _messages(session):
        message.state = OutboxState.FAILED if message.recipient == "bounced@example.org" else OutboxState.SENT
    build_answer(session, workshop_session, build_participant(session, series, address="otherwise@example.org"))
    session.flush()
    assert [_state(session, one) for one in (silent, declined, answered, bounced, otherwise)] == [
        InvitationState.SENT,
        InvitationState.DECLINED,
        InvitationState.ANSWERED,
        InvitationState.BOUNCED,
        # Who answered by another way looks like everybody else: a partner could ask about anybody.
        InvitationState.SENT,
    ]
    later = NOW + timedelta(days=2)
    assert _send(session, series, later, is_reminder=True) == 1
    reminders = [one for one in _messages(session) if one.kind == "invitation_reminder"]
    assert [one.recipient for one in reminders] == ["silent@example.org"]
    assert _send(session, series, later + timedelta(hours=1), is_reminder=True, expected=0) == 0


def test_a_partner_s_reminder_goes_past_whoever_answered_by_another_way_without_showing_it(
    session: Session, workshop_session: WorkshopSession
) -> None:
    invitation = _invite(session, workshop_session, organisation="ONG")
    service.ask_for_mail(
        session, now=NOW, series_id=workshop_session.series_id, organisation="ONG", is_reminder=False, expected=1,
        knows_answers=False, actor="organiser:2",
    )  # fmt: skip
    service.send_invitations(session, NOW)
    build_answer(session, workshop_session, build_participant(session, workshop_session.series, address=ADDRESS))
    later = NOW + timedelta(days=2)
    count = service.ask_for_mail(
        session, now=later, series_id=workshop_session.series_id, organisation="ONG", is_reminder=True, expected=1,
        knows_answers=False, actor="organiser:2",
    )  # fmt: skip
    service.send_invitations(session, later)
    assert count == 1
    assert [one.kind for one in _messages(session)] == ["invitation"]
    assert invitation.reminded_at == later
    assert _state(session, invitation) is InvitationState.SENT


def test_a_withdrawn_invitation_s_link_is_dead_and_its_mail_does_not_leave(
    session: Session, workshop_session: WorkshopSession
) -> None:
    invitation = _invite(session, workshop_session)
    _send(session, workshop_session.series)
    (message,) = _messages(session)
    assert last_look(session, message, NOW) is None
    fill(session, message.body_text)
    token = find_token(session, purpose=Purpose.INVITATION, subject=invitation.subject)
    assert token
    assert queries.find_invitation(session, token=token) is not None
    service.withdraw_invitations(
        session, now=NOW, series_id=workshop_session.series_id, organisation=None, ids=[invitation.id], actor="x"
    )
    assert queries.find_invitation(session, token=token) is None
    assert last_look(session, message, NOW) == "withdrawn"
    assert not service.admits(session, invitation_id=invitation.id, workshop_session=workshop_session, now=NOW)
    again = _invite(session, workshop_session)
    assert again.subject != message.person_ref
    assert _state(session, again) is InvitationState.NOT_SENT


def test_one_series_or_organisation_cannot_withdraw_another_s(
    session: Session, workshop_session: WorkshopSession
) -> None:
    invitation = _invite(session, workshop_session, organisation="ONG")
    for series_id, organisation in ((workshop_session.series_id, "Autre"), (build_series(session).id, None)):
        count = service.withdraw_invitations(
            session, now=NOW, series_id=series_id, organisation=organisation, ids=[invitation.id], actor="x"
        )
        assert count == 0


@pytest.mark.parametrize(
    ("change", "reason"),
    [("decline", "declined"), ("erase", "erased"), ("answer", "answered"), ("cancel", "no session left")],
)
def test_the_last_look_discards_what_has_been_overtaken(
    session: Session, workshop_session: WorkshopSession, change: str, reason: str
) -> None:
    invitation = _invite(session, workshop_session)
    _send(session, workshop_session.series)
    if change == "decline":
        service.decline(session, now=NOW, invitation=invitation)
    elif change == "erase":
        service.forget_invited(session, now=NOW, invitation=invitation)
    elif change == "answer":
        answer_invitation(session, now=NOW, workshop_sessions=[workshop_session], values=_asked(invitation))
    else:
        workshop_session.status = SessionStatus.CANCELLED
        session.flush()
    assert last_look(session, _messages(session)[0], NOW) == reason


def test_a_stricter_level_takes_the_mail_back_and_has_it_written_anew(
    session: Session, workshop_session: WorkshopSession
) -> None:
    _invite(session, workshop_session)
    _send(session, workshop_session.series)
    workshop_session.level = Level.CLOSED
    session.flush()
    (message,) = _messages(session)
    assert last_look(session, message, NOW) == "level changed"
    service.send_invitations(session, NOW + timedelta(seconds=1))
    _, anew = _messages(session)
    assert "canary" not in f"{anew.subject}{anew.body_text}{anew.body_html}{anew.sender_name}{anew.headers}".casefold()


@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("is_alone", [True, False])
def test_the_mail_of_a_session_that_may_not_be_named_is_neutral_throughout(
    session: Session,
    level: Level,
    language: str,
    is_alone: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    series = build_series(
        session,
        title=both("Série canari", "Canary series"),
        sender_name=both("Canari", "Canary"),
        contact="canary@example.org",
    )
    strict = build_session(session, series, number=4, slug="canary", title=both("Canari", "Canary"), level=level)
    sessions = [strict]
    if not is_alone:
        sessions.append(build_session(session, series, slug="canary-5", number=5, title=both("Canari", "Canary")))
    _invite(session, *sessions, language=language, organisation="Canary Society")
    _send(session, series)
    (message,) = _messages(session)
    everything = f"{message.subject}{message.body_text}{message.body_html}{message.sender_name}{message.headers}"
    assert "canar" not in everything.casefold()
    assert ("Session 4" if language == "en" else "Séance 4") in message.body_text
    if is_alone:
        assert ("Session 4" if language == "en" else "Séance 4") in message.subject
    assert message.language == language


def test_the_mail_of_an_open_session_names_it_and_says_who_gave_the_address(
    session: Session, workshop_session: WorkshopSession
) -> None:
    _invite(session, workshop_session, organisation="ONG exemple.org")
    _send(session, workshop_session.series)
    (message,) = _messages(session)
    assert "Canary series" in message.body_text
    assert "Title of session 4" in message.subject
    assert "ONG exemple.org" in message.body_text.replace("\u200b", "")
    assert "exemple.org" not in message.body_text
    assert message.headers == {"Reply-To": "contact@example.org"}


def test_a_group_s_link_is_for_so_many_and_until_its_end(session: Session, workshop_session: WorkshopSession) -> None:
    group = service.Group(name="Le groupe", language="fr", max_uses=2, ends_at=NOW + timedelta(days=1))
    invitation = service.invite_group(
        session, now=NOW, workshop_sessions=[workshop_session], group=group, actor="organiser:1"
    )
    assert find_token(session, purpose=Purpose.INVITATION, subject=invitation.subject)
    for number in (1, 2):
        values = _asked(invitation, address=f"p{number}@example.org")
        participant = request_answer(session, now=NOW, workshop_session=workshop_session, values=values)
        assert invitation.uses == number - 1
        (outcome,) = confirm(session, now=NOW, participant=participant, language="en")
        assert outcome.state is AnswerState.ACCEPTED
        assert invitation.uses == number
    late = request_answer(
        session, now=NOW, workshop_session=workshop_session, values=_asked(invitation, address="p3@example.org")
    )
    (outcome,) = confirm(session, now=NOW, participant=late, language="en")
    assert outcome.refusal is not None
    assert outcome.state is AnswerState.LAPSED
    assert invitation.uses == 2
    with pytest.raises(service.InvitationUsedUpError):
        service.count_use(session, invitation_id=invitation.id, now=NOW)
    invitation.uses = 0
    with pytest.raises(service.InvitationEndedError):
        service.count_use(session, invitation_id=invitation.id, now=NOW + timedelta(days=1))


def test_an_invitation_lets_into_its_own_sessions_only(session: Session, workshop_session: WorkshopSession) -> None:
    invitation = _invite(session, workshop_session)
    other = build_session(session, workshop_session.series, slug="5", visibility=Visibility.INVITE_ONLY)
    assert service.admits(session, invitation_id=invitation.id, workshop_session=workshop_session, now=NOW)
    assert not service.admits(session, invitation_id=invitation.id, workshop_session=other, now=NOW)
    workshop_session.is_published = False
    assert not service.admits(session, invitation_id=invitation.id, workshop_session=workshop_session, now=NOW)


def test_what_somebody_else_typed_for_the_address_is_not_confirmed_along(
    session: Session, workshop_session: WorkshopSession
) -> None:
    public = build_session(session, workshop_session.series, slug="5", number=5)
    stranger = Asked(
        name="Stranger", address=ADDRESS, choice=Choice.ACCEPTED, language="en", tzid="", notices=("discussion.1",)
    )
    request_answer(session, now=NOW, workshop_session=public, values=stranger)
    invitation = _invite(session, workshop_session)
    answer_invitation(session, now=NOW, workshop_sessions=[workshop_session], values=_asked(invitation))
    states = {row[0]: row[1] for row in session.execute(sa.select(Answer.workshop_session_id, Answer.state))}
    assert states == {workshop_session.id: AnswerState.ACCEPTED, public.id: AnswerState.PENDING}


def test_a_full_session_stores_nothing_of_an_invited_answer(
    session: Session, workshop_session: WorkshopSession
) -> None:
    workshop_session.capacity, workshop_session.has_waiting_list = 1, False
    build_answer(session, workshop_session)
    invitation = _invite(session, workshop_session)
    session.commit()
    with pytest.raises(SessionFullError):
        answer_invitation(session, now=NOW, workshop_sessions=[workshop_session], values=_asked(invitation))
    session.rollback()
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 1
    assert _state(session, invitation) is InvitationState.NOT_SENT


def test_whoever_is_a_participant_already_gets_the_answer_beside_the_others(
    session: Session, workshop_session: WorkshopSession
) -> None:
    participant = build_participant(session, workshop_session.series, address=ADDRESS)
    build_answer(session, build_session(session, workshop_session.series, slug="5"), participant)
    invitation = _invite(session, workshop_session)
    found = answer_invitation(session, now=NOW, workshop_sessions=[workshop_session], values=_asked(invitation))
    assert found.id == participant.id
    assert {one.state for one in found.answers} == {AnswerState.ACCEPTED}
    assert len(found.answers) == 2


def test_asking_not_to_be_written_to_erases_address_name_and_mail(
    session: Session, workshop_session: WorkshopSession
) -> None:
    invitation = _invite(session, workshop_session, name="Nom-Canari")
    _send(session, workshop_session.series)
    service.forget_invited(session, now=NOW, invitation=invitation)
    session.refresh(invitation)
    assert (invitation.address, invitation.address_folded, invitation.name) == (None, None, "")
    assert _state(session, invitation) is InvitationState.WITHDRAWN
    assert [one.recipient for one in _messages(session)] == [""]


def test_addresses_are_forgotten_the_retention_after_the_last_session(
    session: Session, workshop_session: WorkshopSession
) -> None:
    last = build_session(
        session, workshop_session.series, slug="5", starts_at=workshop_session.starts_at + timedelta(days=10)
    )
    invitation = _invite(session, workshop_session, last)
    _send(session, workshop_session.series)
    due = last.ends_at + timedelta(days=workshop_session.series.retention_days)
    assert service.forget_invitations(session, due - timedelta(seconds=1)) == 0
    assert service.forget_invitations(session, due) == 1
    session.refresh(invitation)
    assert (invitation.address, invitation.name) == (None, "")
    assert [one.recipient for one in _messages(session)] == [""]
    assert service.forget_invitations(session, due) == 0


def test_whose_account_typed_an_address_is_kept_and_goes_with_the_account(
    session: Session, workshop_session: WorkshopSession, app: Flask
) -> None:
    organiser = build_organiser(session, workshop_session.series)
    invitation = _invite(session, workshop_session, made_by=organiser.id)
    assert invitation.made_by == organiser.id
    session.delete(organiser)
    session.flush()
    session.refresh(invitation)
    assert invitation.made_by is None
