"""The link of their own page: sent to those who speak or moderate, and looked at a last time before it leaves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from workshop.accounts.queries import is_planner
from workshop.audit.service import record
from workshop.core.errors import ConflictError
from workshop.mail.models import OutboxMessage
from workshop.people.models import Person
from workshop.people.queries import find_by_subject
from workshop.people.service import renew_link
from workshop.programme import emails
from workshop.programme.models import Series
from workshop.programme.queries import list_sessions_of_person


class NothingToShowError(ConflictError):
    """They speak in no session that is published: their page would be empty."""

    code = "speaker_without_session"


class NoAddressError(ConflictError):
    """Nothing can be mailed to whoever gave no address."""

    code = "speaker_without_address"


def send_link(session: Session, *, now: datetime, person: Person, series: Series, actor: str) -> None:
    """Mail somebody the link of their own page, at an organiser's wish. Flushes; the caller commits.

    Args:
        session: the database.
        now: the present instant.
        person: of the series.
        series: its own columns are enough.
        actor: as the log names who did it.

    Raises:
        NoAddressError: there is no address.
        NothingToShowError: none of their sessions is published.
    """
    if not person.email:
        raise NoAddressError
    sessions = list_sessions_of_person(session, person.id)
    if not any(one.is_published for one in sessions):
        raise NothingToShowError
    emails.speaker_link(session, now=now, person=person, series=series, sessions=sessions)
    record(session, now=now, actor=actor, action="programme.send_speaker_link", object_=f"person:{person.id}")


def replace_link(session: Session, *, now: datetime, person: Person, series: Series) -> None:
    """Make a new link, at the speaker's own wish: the old one is dead at once, and the new one is mailed. Flushes."""
    renew_link(session, person=person)
    sessions = list_sessions_of_person(session, person.id)
    emails.speaker_link(session, now=now, person=person, series=series, sessions=sessions, is_new=True)
    record(session, now=now, actor="speaker", action="programme.renew_speaker_link", object_=f"person:{person.id}")


def refusal_of_link(session: Session, message: OutboxMessage) -> str | None:
    """Return why a mail that brings a speaker's link must not leave any more, or None; the reason names nobody."""
    person = find_by_subject(session, message.person_ref)
    if person is None or not person.email:
        return "erased"
    if person.email != message.recipient:
        return "another address"
    is_neutral = emails.must_be_neutral(person, list_sessions_of_person(session, person.id))
    return "level changed" if is_neutral and not message.basis["is_neutral"] else None


def refusal_of_change(session: Session, message: OutboxMessage, *, now: datetime) -> str | None:
    """Return why an organiser is not told any more what somebody who speaks did, or None; the reason names nobody."""
    basis, series_id = message.basis, message.series_id
    if series_id is None or not is_planner(session, basis["organiser"], series_id=series_id, now=now):
        return "no longer theirs"
    person = find_by_subject(session, basis["speaker"])
    if person is None:
        return "erased"
    is_neutral = emails.names_nothing(list_sessions_of_person(session, person.id))
    return "level changed" if is_neutral and not basis["is_neutral"] else None
