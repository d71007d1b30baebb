"""Invitations to an account and a role: single-use, replaced, taken back, and dead with their sender's right."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, PASSWORD, build_organiser, build_series, build_session
from workshop.accounts import queries, service
from workshop.accounts.models import Organiser, Role, RoleInvitation
from workshop.accounts.service.inviting import (
    Newcomer,
    accept,
    erase_invitations,
    find_invitation,
    forget_invitations,
    invite,
    take_back,
)
from workshop.audit.models import LogEntry
from workshop.core.addresses import BadAddressError
from workshop.core.errors import NotFoundError
from workshop.core.links import Purpose, issue
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Series
from workshop.reminders.service import last_look

ANA = Newcomer("Ana", "quatre oies sauvages", "en", "Europe/Lisbon")


def _token(session: Session, invitation: RoleInvitation) -> str:
    return issue(session, purpose=Purpose.ACCESS, subject=invitation.subject)


def _invite(session: Session, series: Series | None, by: Organiser | None, **values: object) -> RoleInvitation:
    defaults: dict[str, object] = {"role": Role.EDITOR} if series is not None else {}
    return invite(
        session,
        now=NOW,
        email="Ana@example.org",
        language="en",
        by=by,
        series_id=series.id if series else None,
        **{**defaults, **values},  # type: ignore[arg-type] # each test says what its call is about
    )


def _message(session: Session) -> OutboxMessage:
    return session.scalars(
        sa.select(OutboxMessage).where(OutboxMessage.kind == "role_invitation").order_by(OutboxMessage.id.desc())
    ).all()[0]


def test_a_newcomer_accepts_once_and_has_the_role(session: Session) -> None:
    series = build_series(session)
    owner = build_organiser(session, series)
    invitation = _invite(session, series, owner, organisation=" Réseau ")
    token = _token(session, invitation)
    found = find_invitation(session, now=NOW, token=token)
    organiser = accept(session, now=NOW, invitation=found, organiser=None, newcomer=ANA)
    assert (organiser.email, organiser.name, organiser.language, organiser.tzid) == (
        "Ana@example.org", "Ana", "en", "Europe/Lisbon",
    )  # fmt: skip
    held = queries.find_held(session, organiser_id=organiser.id, series_id=series.id, now=NOW)
    assert held is not None
    assert (held.role, held.organisation) == (Role.EDITOR, "Réseau")
    assert service.authenticate(session, email="ana@example.org", pass_phrase=ANA.pass_phrase) is organiser
    with pytest.raises(NotFoundError):
        find_invitation(session, now=NOW, token=token)
    with pytest.raises(NotFoundError):
        accept(session, now=NOW, invitation=found, organiser=organiser, newcomer=ANA)


def test_only_the_account_of_the_address_accepts(session: Session) -> None:
    series = build_series(session)
    owner = build_organiser(session, series)
    invitation = _invite(session, series, owner)
    other = build_organiser(session, email="other@example.org")
    with pytest.raises(NotFoundError):
        accept(session, now=NOW, invitation=invitation, organiser=other, newcomer=ANA)
    ana = build_organiser(session, email="ana@example.org", is_enabled=False)
    with pytest.raises(NotFoundError):
        accept(session, now=NOW, invitation=invitation, organiser=ana, newcomer=ANA)
    ana.is_enabled = True
    assert accept(session, now=NOW, invitation=invitation, organiser=ana, newcomer=ANA) is ana
    assert queries.find_role(session, organiser_id=ana.id, series_id=series.id, now=NOW) is Role.EDITOR


def test_a_helper_gets_the_session_and_the_end_that_were_said(session: Session) -> None:
    series = build_series(session)
    one, owner = build_session(session, series), build_organiser(session, series)
    until = NOW + timedelta(days=40)
    invitation = _invite(session, series, owner, role=Role.HELPER, workshop_session_id=one.id, role_expires_at=until)
    organiser = accept(session, now=NOW, invitation=invitation, organiser=None, newcomer=ANA)
    held = queries.find_held(session, organiser_id=organiser.id, series_id=series.id, now=NOW)
    assert held is not None
    assert (held.role, held.workshop_session_id, held.expires_at) == (Role.HELPER, one.id, until)


def test_an_invitation_ends_after_seven_days(session: Session) -> None:
    token, end = _token(session, _invite(session, None, None)), NOW + timedelta(days=7)
    assert find_invitation(session, now=end - timedelta(seconds=1), token=token)
    with pytest.raises(NotFoundError):
        find_invitation(session, now=end, token=token)
    assert last_look(session, _message(session), end) == "no longer wanted"


def test_a_newer_invitation_to_the_same_series_replaces_the_older(session: Session) -> None:
    series = build_series(session)
    owner = build_organiser(session, series)
    first = _token(session, _invite(session, series, owner))
    elsewhere = _token(session, _invite(session, None, None))
    second = _token(session, _invite(session, series, owner, role=Role.ANSWERS))
    with pytest.raises(NotFoundError):
        find_invitation(session, now=NOW, token=first)
    assert find_invitation(session, now=NOW, token=second).role is Role.ANSWERS
    assert find_invitation(session, now=NOW, token=elsewhere).role is None


def test_what_is_taken_back_opens_nothing_and_does_not_leave(session: Session) -> None:
    series, other = build_series(session), build_series(session)
    owner = build_organiser(session, series)
    invitation = _invite(session, series, owner)
    number, token, message = invitation.id, _token(session, invitation), _message(session)
    assert last_look(session, message, NOW) is None
    for foreign in (other.id, None):
        with pytest.raises(NotFoundError):
            take_back(session, now=NOW, invitation_id=number, series_id=foreign, actor="command")
    take_back(session, now=NOW, invitation_id=number, series_id=series.id, actor="command")
    with pytest.raises(NotFoundError):
        find_invitation(session, now=NOW, token=token)
    assert last_look(session, message, NOW) == "no longer wanted"


def test_whoever_lost_the_series_leaves_no_door_behind(session: Session) -> None:
    series = build_series(session)
    owner, other = build_organiser(session, series), build_organiser(session, series)
    token = _token(session, _invite(session, series, owner))
    service.revoke(session, now=NOW, series_id=series.id, organiser=owner, actor="command")
    with pytest.raises(NotFoundError):
        find_invitation(session, now=NOW, token=token)
    again = _token(session, _invite(session, series, other))
    other.is_enabled = False
    with pytest.raises(NotFoundError):
        find_invitation(session, now=NOW, token=again)


def test_the_message_names_no_series_and_the_log_no_address(session: Session) -> None:
    series = build_series(session)
    owner = build_organiser(session, series, name="Zélie")
    _invite(session, series, owner)
    message = _message(session)
    assert series.slug not in message.body_text
    assert series.title.get("en", "?") not in message.body_text
    assert "Zélie" in message.body_text
    for entry in session.scalars(sa.select(LogEntry)):
        assert "ana" not in f"{entry.actor} {entry.object} {entry.details}".lower()


def test_bad_addresses_and_incomplete_roles_are_refused(session: Session) -> None:
    series = build_series(session)
    owner = build_organiser(session, series)
    with pytest.raises(BadAddressError):
        invite(session, now=NOW, email="no address", language="en", by=None)
    with pytest.raises(service.OrganisationError):
        _invite(session, series, owner, role=Role.PARTNER)


def test_a_weak_phrase_leaves_the_invitation_open(session: Session) -> None:
    invitation = _invite(session, None, None)
    token = _token(session, invitation)
    session.commit()
    with pytest.raises(service.WeakPassPhraseError):
        accept(session, now=NOW, invitation=invitation, organiser=None, newcomer=Newcomer("Ana", "short", "en", ""))
    session.rollback()
    assert find_invitation(session, now=NOW, token=token)


def test_used_and_past_ones_are_forgotten_with_their_addresses(session: Session) -> None:
    used = _invite(session, None, None)
    accept(session, now=NOW, invitation=used, organiser=None, newcomer=ANA)
    invite(session, now=NOW, email="bo@example.org", language="fr", by=None)
    assert forget_invitations(session, now=NOW) == 1
    assert forget_invitations(session, now=NOW + timedelta(days=7)) == 1
    assert session.scalars(sa.select(RoleInvitation)).all() == []
    invite(session, now=NOW, email="bo@example.org", language="fr", by=None)
    assert len(erase_invitations(session, email="BO@example.org")) == 1
    assert erase_invitations(session, email=PASSWORD) == []
