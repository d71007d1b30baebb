"""Messages as programs send them, the answer that they are about, and what each of them does to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from tests.builders import NOW, build_answer, build_participant, build_series, build_session
from workshop.rsvp.models import Acknowledgement, Answer, AnswerState
from workshop.rsvp.rule import notice_of

FOLDER = Path(__file__).parent
UID = "6f1c2b9a-4d3e-4f5a-9b7c-0d1e2f3a4b5c"
TOKEN = "54649c545d5f46a07da2ee10d6b1c73c"
ATTENDEE = "ana.lefevre@example.org"
STAMP = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
"""When the recorded replies were given."""
SETTINGS = {"MAIL_DEFAULT_SENDER": "workshop@workshops.example.org", "MAIL_REPLIES": "replies@workshops.example.org"}


@dataclass(frozen=True)
class Case:
    """A recorded message, how the answer stands when it comes, and the code of what becomes of it."""

    name: str
    before: AnswerState
    code: str

    @property
    def octets(self) -> bytes:
        return (FOLDER / f"{self.name}.eml").read_bytes()

    @property
    def after(self) -> AnswerState:
        """A code that is a state is the one that the answer then has."""
        return AnswerState(self.code) if self.is_applied else self.before

    @property
    def is_applied(self) -> bool:
        return self.code in {"accepted", "tentative", "declined"}


COMES, PERHAPS = AnswerState.ACCEPTED, AnswerState.TENTATIVE
CASES = [
    # -- Google: an alternative and a file
    Case("google-accept", PERHAPS, "accepted"),
    Case("google-decline", COMES, "declined"),
    Case("google-tentative", COMES, "tentative"),
    Case("google-decline-with-a-note", COMES, "declined"),
    Case("google-accept-of-an-earlier-version", PERHAPS, "stale"),
    Case("google-decline-of-an-earlier-version", COMES, "declined"),
    Case("google-accept-before-the-last-answer", PERHAPS, "older"),
    Case("google-needs-action", COMES, "partstat"),
    # -- Outlook: no ORGANIZER, zones by Windows' names
    Case("outlook-accept", PERHAPS, "accepted"),
    Case("outlook-decline", COMES, "declined"),
    Case("outlook-tentative", COMES, "tentative"),
    Case("outlook-decline-quoted-printable", PERHAPS, "declined"),
    Case("outlook-phone-single-part", COMES, "declined"),
    Case("outlook-another-time", COMES, "method"),
    Case("outlook-without-an-address", PERHAPS, "attendee"),
    Case("outlook-accept-from-the-office", PERHAPS, "attendee"),
    Case("outlook-winmail", PERHAPS, "no_calendar"),
    Case("outlook-away", COMES, "automatic"),
    # -- Apple
    Case("apple-accept", PERHAPS, "accepted"),
    Case("apple-decline", COMES, "declined"),
    Case("apple-tentative-from-a-phone", COMES, "tentative"),
    Case("apple-accept-from-another-address", PERHAPS, "attendee"),
    # -- Thunderbird: eight bits
    Case("thunderbird-accept", PERHAPS, "accepted"),
    Case("thunderbird-decline", COMES, "declined"),
    Case("thunderbird-tentative", COMES, "tentative"),
    # -- others
    Case("fastmail-accept", PERHAPS, "accepted"),
    Case("fastmail-decline", COMES, "declined"),
    Case("proton-decline-attachment-only", COMES, "declined"),
    Case("open-xchange-tentative", COMES, "tentative"),
    Case("nextcloud-accept", PERHAPS, "accepted"),
    Case("notes-decline-latin-1", COMES, "declined"),
    Case("zimbra-nested", COMES, "declined"),
    Case("unknown-type-decline", COMES, "declined"),
    Case("only-application-ics", COMES, "tentative"),
    Case("capitals-everywhere", COMES, "declined"),
    Case("to-the-bare-address", COMES, "declined"),
    Case("no-sequence-at-all", PERHAPS, "stale"),
    # -- what changes nothing
    Case("delegated", COMES, "delegated"),
    Case("accepted-for-somebody-else", PERHAPS, "delegated"),
    Case("refresh", COMES, "method"),
    Case("one-date-of-a-series", COMES, "recurrence"),
    Case("two-attendees", COMES, "attendees"),
    Case("unknown-uid", COMES, "unknown"),
    Case("somebody-elses-domain", COMES, "unknown"),
    Case("organizer-with-another-token", COMES, "token"),
    Case("bcc-to-another-token", COMES, "token"),
    Case("no-dtstamp", COMES, "malformed"),
    Case("task-instead-of-event", COMES, "malformed"),
    Case("cut-off", COMES, "malformed"),
    Case("two-answers", COMES, "ambiguous"),
    Case("forwarded", COMES, "no_calendar"),
    Case("bounce", COMES, "bounce"),
    Case("own-invitation-come-back", COMES, "own"),
    Case("vacation", COMES, "automatic"),
    Case("words-only", COMES, "no_calendar"),
    Case("empty", COMES, "no_calendar"),
    Case("too-deep", COMES, "too_deep"),
    Case("too-many-parts", COMES, "too_many_parts"),
]


def message(name: str) -> bytes:
    return (FOLDER / f"{name}.eml").read_bytes()


def build_invited(session: Session, *, state: AnswerState = COMES, has_read: bool = True, **values: Any) -> Answer:
    """Return the answer that the recorded messages are about: its entry has SEQUENCE 2, its notice was read."""
    at = NOW - timedelta(days=1)
    session_values = {"capacity": 2, "sequence": 2, **values.pop("of_session", {})}
    workshop_session = build_session(session, build_series(session), **session_values)
    person = build_participant(session, workshop_session.series, address=ATTENDEE, language="en")
    answer = build_answer(session, workshop_session, person, state=state, uid=UID, answered_at=at, **values)
    if has_read:
        notice = notice_of(workshop_session)
        read = {"level": notice.level, "version": notice.version, "own_version": notice.own_version}
        session.add(Acknowledgement(answer_id=answer.id, language="en", acknowledged_at=at, **read))
    session.commit()
    return answer
