"""What is held about whoever was invited or gave an address, and its end; a backup brings neither back."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, build_organiser, build_series
from workshop.accounts.models import OrganiserAddressChange, Role, RoleInvitation
from workshop.accounts.personal_data import erase, export
from workshop.accounts.service.inviting import invite
from workshop.accounts.service.own import ask_for_address, confirm_address
from workshop.core.erasures import hash_of, list_erased
from workshop.core.links import Purpose, issue
from workshop.mail.models import OutboxMessage
from workshop.privacy.service.replaying import replay


def test_invitations_and_new_addresses_are_told_and_erased(session: Session) -> None:
    series = build_series(session)
    owner = build_organiser(session, series)
    email = "ana@example.org"
    invite(session, now=NOW, email=email, language="en", by=owner, series_id=series.id, role=Role.EDITOR)
    ask_for_address(session, now=NOW, organiser=owner, email=email)
    found = export(session, email=email)
    assert found["invited_to_organise"][0]["role"] == "editor"
    assert len(found["new_address_of_an_organiser"]) == 1
    assert erase(session, now=NOW, email=email) == 0
    assert export(session, email=email) == {}
    assert all(email not in message.recipient for message in session.scalars(sa.select(OutboxMessage)))


def test_a_backup_brings_neither_an_invitation_nor_a_moved_account_back(session: Session) -> None:
    owner = build_organiser(session, email="before@example.org")
    subject = owner.subject
    invitation = invite(session, now=NOW, email="ana@example.org", language="en", by=None)
    kept = invitation.subject
    ask_for_address(session, now=NOW, organiser=owner, email="after@example.org")
    change = session.scalars(sa.select(OrganiserAddressChange)).one()
    confirm_address(session, now=NOW, token=issue(session, purpose=Purpose.ACCESS, subject=change.subject))
    erase(session, now=NOW, email="after@example.org")
    erase(session, now=NOW, email="ana@example.org")
    assert {hash_of(subject), hash_of(kept)} <= set(list_erased(session))
    build_organiser(session, email="before@example.org", subject=subject)
    again = invite(session, now=NOW, email="ana@example.org", language="en", by=None)
    again.subject = kept
    session.flush()
    assert replay(session, now=NOW) == 2
    assert session.scalars(sa.select(RoleInvitation)).all() == []
    assert export(session, email="before@example.org") == {}
