"""Links mailed again and new addresses: what is said, when it no longer leaves, and who comes first."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_participant, build_series, build_session
from workshop.core.db import db, writing
from workshop.core.links import SecretLink
from workshop.mail.models import OutboxMessage
from workshop.privacy import service as privacy
from workshop.reminders.service import last_look
from workshop.rsvp import emails
from workshop.rsvp.models import AddressChange, Participant
from workshop.rsvp.service import AddressTakenError, confirm_new_address, is_done, renew_links, request_address


def one_message(session: Session, kind: str) -> OutboxMessage:
    """Return the newest message of a kind."""
    found = sa.select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id.desc())
    message = session.scalars(found).first()
    assert message is not None
    return message


@pytest.mark.parametrize("language", ["fr", "en"])
def test_messages_say_what_to_do_in_one_language_and_tell_nothing_else(
    app: Flask, session: Session, language: str
) -> None:
    series = build_series(session, slug="canary", contact="canary@example.org")
    participant = build_participant(session, series, language=language, name="Canary")
    request_address(session, now=NOW, participant=participant, address="canary.new@example.org")
    emails.link_resent(session, now=NOW, participant=participant)
    for kind in ("confirm_new_address", "link_resent"):
        message = one_message(session, kind)
        assert message.language == language
        assert message.headers == {}
        assert message.sender_name == "Workshop"
        assert f"/{language}/my/[[link:my:" in message.body_text
        assert "[[link:my:" in message.body_html
        for text in (message.subject, message.body_text, message.body_html):
            assert "canary" not in text.casefold()


def test_a_link_does_not_leave_once_its_person_is_erased_or_another_address_was_given(
    app: Flask, session: Session
) -> None:
    participant = build_participant(session, build_series(session))
    emails.link_resent(session, now=NOW, participant=participant)
    request_address(session, now=NOW, participant=participant, address="first@example.org")
    first = one_message(session, "confirm_new_address")
    assert last_look(session, first, NOW) is None
    assert last_look(session, one_message(session, "link_resent"), NOW) is None
    request_address(session, now=NOW, participant=participant, address="second@example.org")
    assert last_look(session, first, NOW) == "nothing to confirm"
    privacy.erase(session, now=NOW, participant=participant)
    assert last_look(session, one_message(session, "link_resent"), NOW) == "erased"
    assert last_look(session, one_message(session, "confirm_new_address"), NOW) == "nothing to confirm"


def test_new_links_leave_no_hash_of_an_old_one(app: Flask, session: Session) -> None:
    participant = build_answer(session, build_session(session)).participant
    request_address(session, now=NOW, participant=participant, address="new@example.org")
    renew_links(session, now=NOW, participant=participant)
    before = set(session.scalars(sa.select(SecretLink.token_hash)))
    renew_links(session, now=NOW + timedelta(minutes=1), participant=participant)
    after = set(session.scalars(sa.select(SecretLink.token_hash)))
    # The page, stopping, the address to be confirmed, and the questionnaire of the one session.
    assert len(before) == len(after) == 4
    assert before & after == set()
    assert session.scalars(sa.select(AddressChange)).all() == []


def test_of_two_who_confirm_one_address_at_once_one_has_it(app: Flask, session: Session) -> None:
    series = build_series(session)
    people = [build_participant(session, series).id for _ in range(2)]
    for id_ in people:
        request_address(session, now=NOW, participant=session.get_one(Participant, id_), address="new@example.org")
    session.commit()
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def press(id_: int) -> None:
        with app.app_context():
            try:
                with writing() as own:
                    change = own.get_one(AddressChange, id_)
                    if own.get_bind().dialect.name == "postgresql":
                        start.wait(5)  # SQLite lets one writer begin at a time
                    confirm_new_address(own, now=NOW, change=change)
            except AddressTakenError:
                outcomes.append("taken")
            else:
                outcomes.append("done")

    threads = [threading.Thread(target=press, args=(id_,)) for id_ in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcomes) == ["done", "taken"]
    db.session.expire_all()
    addresses = session.scalars(sa.select(Participant.address)).all()
    assert addresses.count("new@example.org") == 1
    assert sum(is_done(change) for change in session.scalars(sa.select(AddressChange))) == 1
