"""Who follows a series is kept as long as was promised, and no longer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, build_participant, build_session
from tests.unit.announcements.conftest import subscribe
from workshop.announcements import personal_data, service
from workshop.announcements.models import Subscriber
from workshop.announcements.queries import list_ends
from workshop.chatham.rule import Level, Visibility
from workshop.core.db import db
from workshop.core.links import Purpose, find_subject, issue
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.privacy import service as privacy
from workshop.programme.models import Series
from workshop.reminders.service import last_look

ADDRESS = "Follower@example.org"


def ask(session: Session, series: Series, address: str = ADDRESS) -> Subscriber:
    service.ask(session, now=NOW, series=series, address=address, language="en")
    return session.scalars(sa.select(Subscriber).where(Subscriber.address_folded == address.casefold())).one()


def mails(session: Session) -> list[OutboxMessage]:
    return list(session.scalars(sa.select(OutboxMessage).order_by(OutboxMessage.id)))


def test_the_mail_that_confirms_names_nothing_and_repeats_nothing_typed(session: Session, series: Series) -> None:
    subscriber = ask(session, series)
    (message,) = mails(session)
    assert (message.kind, message.recipient, message.subject) == (
        "subscription_confirm",
        ADDRESS,
        "Please confirm your address",
    )
    assert f"/en/follow/[[link:my:{subscriber.subject}]]/" in message.body_text
    for hidden in (series.slug, "Example series", "The workshops", "ollower@"):
        assert hidden not in message.body_text + message.body_html + message.sender_name + str(message.headers)
    assert last_look(session, message, NOW) is None
    session.delete(subscriber)
    session.flush()
    assert last_look(session, message, NOW) == "nothing to confirm"


def test_one_address_is_one_subscriber_and_gets_few_mails(session: Session, series: Series) -> None:
    for _ in range(5):
        ask(session, series)
        ask(session, series, ADDRESS.upper())
    assert session.scalar(sa.select(sa.func.count()).select_from(Subscriber)) == 1
    assert len(mails(session)) <= 3


def test_whoever_confirmed_stays_so_when_somebody_asks_again(session: Session, series: Series) -> None:
    subscriber = ask(session, series)
    service.confirm_subscription(session, subscriber, now=NOW, language="fr")
    again = ask(session, series)
    assert (again.confirmed_at, again.language) == (NOW, "fr")


def test_an_address_that_nobody_confirms_is_forgotten_after_two_days(session: Session, series: Series) -> None:
    subscriber = ask(session, series)
    subject = subscriber.subject
    issue(session, purpose=Purpose.MY, subject=subject)
    token = issue(session, purpose=Purpose.MY, subject=subject)
    assert service.forget_subscribers(session, now=NOW + timedelta(hours=47)) == 0
    assert service.forget_subscribers(session, now=NOW + timedelta(hours=48)) == 1
    assert find_subject(session, purpose=Purpose.MY, token=token) is None
    assert [(one.recipient, one.body_text, one.state) for one in mails(session)] == [("", "", OutboxState.DISCARDED)]


@pytest.mark.parametrize(("days_after", "is_kept"), [(29, True), (30, False)])
def test_a_follower_is_forgotten_when_the_series_is_over(
    session: Session,
    series: Series,
    days_after: int,
    is_kept: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    one = build_session(session, series)
    series.retention_days = 30
    subscribe(session, series, ADDRESS)
    at = one.ends_at + timedelta(days=days_after)
    assert service.forget_subscribers(session, now=at) == (not is_kept)


def test_new_sessions_keep_followers_and_none_at_all_keeps_them_a_year(session: Session, series: Series) -> None:
    subscribe(session, series, ADDRESS)
    assert service.forget_subscribers(session, now=NOW + timedelta(days=364)) == 0
    later = build_session(session, series, starts_at=NOW + timedelta(days=700))
    assert service.forget_subscribers(session, now=NOW + timedelta(days=600)) == 0
    assert service.forget_subscribers(session, now=later.ends_at + timedelta(days=31)) == 1


@pytest.mark.parametrize(
    "hidden", [{"is_published": False}, {"visibility": Visibility.INVITE_ONLY}, {"level": Level.CLOSED}]
)
def test_the_date_tells_nothing_of_what_followers_may_not_know(
    session: Session, series: Series, hidden: dict[str, Any]
) -> None:
    known = build_session(session, series)
    build_session(session, series, starts_at=NOW + timedelta(days=300), **hidden)
    assert list(list_ends(session, series.id)) == [known.ends_at]


def test_stopping_ends_both_ways_for_one_address(session: Session, series: Series) -> None:
    person = build_participant(session, series, address=ADDRESS, informed_since=NOW)
    subscribe(session, series, ADDRESS)
    service.stop(session, person, now=NOW)
    assert (person.wants_announcements, person.informed_since, person.wants_reminders) == (False, None, True)
    assert session.scalar(sa.select(sa.func.count()).select_from(Subscriber)) == 0
    service.take_again(session, person)
    assert person.wants_announcements


def test_all_of_it_is_exported_and_erased(session: Session, series: Series) -> None:
    person = build_participant(session, series, address=ADDRESS)
    subscribe(session, series, ADDRESS)
    found = privacy.export_address(session, now=NOW, email=ADDRESS)["announcements_asked_for"]
    assert [(one["series"], one["address"]) for one in found] == [(series.slug, ADDRESS)]
    privacy.erase(session, now=NOW, participant=person)
    assert personal_data.list_subscribers(session, email=ADDRESS) == []
    subscribe(session, series, ADDRESS)
    assert privacy.erase_address(session, now=NOW, email=ADDRESS).subscribers == 1
    assert personal_data.export(session, email=ADDRESS) == []


def test_a_backup_that_is_put_back_forgets_them_again(session: Session, series: Series) -> None:
    subscriber = subscribe(session, series, ADDRESS)
    subject = subscriber.subject
    service.stop(session, subscriber, now=NOW)
    subscribe(session, series, ADDRESS, subject=subject)
    session.commit()
    assert privacy.replay(db.session(), now=NOW) == 1
    assert personal_data.list_subscribers(session, email=ADDRESS) == []
