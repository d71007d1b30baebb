"""A new pass phrase by mail: alike for everybody, once, for an hour, and no way around the second factor."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, PASSWORD, build_organiser
from workshop.accounts import service
from workshop.accounts.models import Organiser, PassPhraseReset
from workshop.accounts.service.resetting import answer_resets, ask, find_reset, forget_resets, reset_by_link
from workshop.core.errors import NotFoundError
from workshop.core.links import Purpose, SecretLink, issue
from workshop.mail.models import OutboxMessage
from workshop.reminders.service import last_look

NEW = "quatre oies sauvages"


def _asked(session: Session, organiser: Organiser) -> str:
    ask(session, now=NOW, email=organiser.email.upper())
    answer_resets(session, now=NOW)
    reset = session.scalars(sa.select(PassPhraseReset).order_by(PassPhraseReset.id.desc())).all()[0]
    return issue(session, purpose=Purpose.RESET, subject=reset.subject)


def _mails(session: Session, kind: str = "pass_phrase_reset") -> list[OutboxMessage]:
    return list(session.scalars(sa.select(OutboxMessage).where(OutboxMessage.kind == kind)))


def test_asking_leaves_the_same_row_for_known_and_unknown_and_only_one_mail(session: Session) -> None:
    build_organiser(session, email="ana@example.org")
    build_organiser(session, email="off@example.org", is_enabled=False)
    for email in ("ana@example.org", "off@example.org", "nobody@example.org"):
        ask(session, now=NOW, email=email)
    assert len(session.scalars(sa.select(PassPhraseReset)).all()) == 3
    assert _mails(session) == []
    assert answer_resets(session, now=NOW) == 3
    assert [message.recipient for message in _mails(session)] == ["ana@example.org"]
    assert answer_resets(session, now=NOW) == 0
    assert len(session.scalars(sa.select(PassPhraseReset)).all()) == 1


def test_a_link_sets_a_phrase_once_and_ends_every_sign_in(session: Session) -> None:
    organiser = build_organiser(session)
    signed_in = service.begin_sign_in(session, now=NOW, organiser=organiser)
    other, token = _asked(session, organiser), _asked(session, organiser)
    with pytest.raises(service.WeakPassPhraseError):
        reset_by_link(session, now=NOW, token=token, new="short")
    reset_by_link(session, now=NOW, token=token, new=NEW)
    assert service.authenticate(session, email=organiser.email, pass_phrase=NEW) is organiser
    assert service.find_sign_in(session, now=NOW, token=signed_in) is None
    for used in (token, other):
        with pytest.raises(NotFoundError):
            reset_by_link(session, now=NOW, token=used, new=NEW)
    assert [message.basis for message in _mails(session, "account_changed")] == [{"change": "pass_phrase"}]
    assert session.scalars(sa.select(SecretLink).where(SecretLink.purpose == Purpose.RESET)).all() == []


def test_a_link_ends_after_an_hour(session: Session) -> None:
    organiser = build_organiser(session)
    token = _asked(session, organiser)
    (message,) = _mails(session)
    later = NOW + timedelta(hours=1)
    assert find_reset(session, now=later - timedelta(seconds=1), token=token)[1] is organiser
    assert last_look(session, message, later - timedelta(seconds=1)) is None
    assert last_look(session, message, later) == "no longer wanted"
    with pytest.raises(NotFoundError):
        find_reset(session, now=later, token=token)
    assert forget_resets(session, now=later) == 1
    assert session.scalars(sa.select(PassPhraseReset)).all() == []


def test_three_links_are_open_at_once_and_no_more_mail_leaves(session: Session) -> None:
    organiser = build_organiser(session)
    for _ in range(5):
        ask(session, now=NOW, email=organiser.email)
    answer_resets(session, now=NOW)
    assert len(_mails(session)) == 3


def test_a_disabled_account_s_link_opens_nothing(session: Session) -> None:
    organiser = build_organiser(session)
    token = _asked(session, organiser)
    organiser.is_enabled = False
    with pytest.raises(NotFoundError):
        reset_by_link(session, now=NOW, token=token, new=NEW)
    assert service.is_own_phrase(organiser, PASSWORD)


def test_what_is_late_for_the_worker_is_not_mailed(session: Session) -> None:
    organiser = build_organiser(session)
    ask(session, now=NOW, email=organiser.email)
    assert answer_resets(session, now=NOW + timedelta(hours=2)) == 1
    assert _mails(session) == []
