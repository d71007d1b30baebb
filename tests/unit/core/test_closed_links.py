"""Links of one purpose that are ended, and others made later."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from workshop.core.db import db
from workshop.core.links import (
    Purpose,
    close,
    find_subject,
    find_token,
    has_link,
    issue,
    new_subject,
    probe_subject,
    renew,
    revoke,
)

FEED = Purpose.FEED


@pytest.fixture
def subject(session: Session) -> str:
    """Give a random id that has a page and a calendar."""
    found = new_subject()
    issue(session, purpose=Purpose.MY, subject=found)
    return found


def test_what_is_ended_opens_nothing_and_what_is_made_later_is_never_the_same(session: Session, subject: str) -> None:
    made = []
    for act in (close, close, renew, close):
        token = issue(session, purpose=FEED, subject=subject)
        made.append(token)
        assert find_token(session, purpose=FEED, subject=subject) == token
        assert has_link(session, purpose=FEED, subject=subject)
        if act is renew:
            renew(session, purposes=[FEED], subject=subject)
        else:
            close(session, purpose=FEED, subject=subject)
            assert find_token(session, purpose=FEED, subject=subject) is None
            assert not has_link(session, purpose=FEED, subject=subject)
        assert [find_subject(session, purpose=FEED, token=one) for one in made] == [None] * len(made)
    assert len(set(made)) == 4


def test_ending_twice_is_once_and_other_purposes_stay(session: Session, subject: str) -> None:
    close(session, purpose=FEED, subject=subject)  # there was none
    first = issue(session, purpose=FEED, subject=subject)
    for _ in range(3):
        close(session, purpose=FEED, subject=subject)
    assert find_token(session, purpose=Purpose.MY, subject=subject)
    assert issue(session, purpose=FEED, subject=subject) != first


def test_the_hash_that_stands_for_nothing_is_no_token(session: Session, subject: str) -> None:
    issue(session, purpose=FEED, subject=subject)
    close(session, purpose=FEED, subject=subject)
    assert find_subject(session, purpose=FEED, token="closed:") is None
    revoke(session, subjects=[subject])
    assert not has_link(session, purpose=Purpose.MY, subject=subject)


def test_a_probe_finds_what_the_session_finds(session: Session, subject: str) -> None:
    token = issue(session, purpose=FEED, subject=subject)
    my = find_token(session, purpose=Purpose.MY, subject=subject)
    session.commit()
    assert my is not None
    assert probe_subject(db.engine, purpose=FEED, token=token) == subject
    for wrong in (my, "", "é\ud800", "'; --", "x" * 10_000):
        assert probe_subject(db.engine, purpose=FEED, token=wrong) is None
