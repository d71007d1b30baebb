"""A change of each kind, and what it does to SEQUENCE, DTSTAMP, ETag and mail.

One row each. A feed's column has the letters of what changed in the session's entry: S for SEQUENCE (by how much is
one, always), D for DTSTAMP and LAST-MODIFIED, E for the feed's ETag. DTSTAMP never changes without a new ETag, and
SEQUENCE never without DTSTAMP; where a word changes that the feed shows, so do ETag and DTSTAMP.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_item,
    build_participant,
    build_person,
    build_series,
    build_session,
    build_slot,
)
from workshop.chatham.rule import ConsentKind, Level, Visibility
from workshop.core.links import Purpose, issue
from workshop.mail.models import OutboxMessage
from workshop.people.models import Person
from workshop.people.service import save_person
from workshop.people.values import person_values
from workshop.programme.models import Item, Mode, Series, SessionStatus, SlotRole, WorkshopSession
from workshop.programme.service import (
    cancel,
    publish,
    reschedule,
    series_values,
    session_values,
    unpublish,
    update_series,
    update_session,
)
from workshop.programme.service.consents import set_consent
from workshop.programme.service.levels import set_item_level
from workshop.programme.service.values import ItemValues, SectionValues
from workshop.reminders.service import notice_changes, notice_levels, tell
from workshop.rsvp.emails import answer_recorded
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.service import update_preferences, withdraw

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.databases("sqlite")]
PUBLIC = "/en/series/s/calendar.ics"
LATER = NOW + timedelta(hours=1)


@dataclass
class Scene:
    """A series with a session, somebody who speaks, and somebody who has a seat."""

    session: Session
    series: Series
    one: WorkshopSession
    item: Item
    person: Person
    answer: Answer

    @property
    def participant(self) -> Participant:
        """Whose seat it is."""
        return self.answer.participant

    def values(self, **changed: Any) -> None:
        """Change the session as its form does."""
        values = dataclasses.replace(session_values(self.one), **changed)
        has_answers = self.answer.state is not AnswerState.WITHDRAWN
        update_session(self.session, now=LATER, workshop_session=self.one, values=values, has_answers=has_answers)

    def told(self, **changed: Any) -> None:
        """Change the session and ask that those concerned be told."""
        self.values(**changed)
        tell(self.session, now=LATER, workshop_session=self.one, actor="organiser:1", number=1)

    def of_series(self, **changed: Any) -> None:
        """Change the series as its form does."""
        values = dataclasses.replace(series_values(self.series), **changed)
        update_series(
            self.session,
            now=LATER,
            series=self.series,
            values=values,
            answers={self.one.id: 1},
            instance_languages=("fr", "en"),
        )

    def move(self, hours: int, *, ends: int = 0, tzid: str = "Europe/Paris") -> None:
        """Move the session."""
        starts = self.one.starts_wall + timedelta(hours=hours)
        ends_wall = self.one.ends_wall + timedelta(hours=hours + ends)
        reschedule(
            self.session, now=LATER, workshop_session=self.one, starts_wall=starts, ends_wall=ends_wall, tzid=tzid
        )

    def consent(self, kind: ConsentKind, *, given: bool) -> None:
        """Give or withdraw a speaker's consent."""
        slot = self.item.slots[0]
        set_consent(self.session, now=LATER, slot=slot, kind=kind, given=given, recorded_by="speaker")

    def name(self, **changed: Any) -> None:
        """Correct what is said of the speaker."""
        values = dataclasses.replace(person_values(self.person), **changed)
        save_person(self.session, now=LATER, series_id=self.series.id, values=values, languages=("fr", "en"))

    def prefer(self, **changed: Any) -> None:
        """Change what the participant prefers."""
        mine = self.participant
        values: dict[str, Any] = {
            "name": mine.name,
            "affiliation": "",
            "language": mine.language,
            "tzid": mine.tzid,
            "wants_reminders": mine.wants_reminders,
            "wants_calendar": True,
            "is_discreet": False,
        }
        update_preferences(self.session, now=LATER, participant=mine, **{**values, **changed})


def speaker_added(scene: Scene) -> None:
    section = SectionValues(
        title=both("Première partie", "First part"),
        items=(
            ItemValues(
                kind=scene.item.kind,
                title=scene.item.title,
                minutes=20,
                speakers=(scene.person.key, "second"),
            ),
        ),
    )
    build_person(scene.session, scene.series, key="second")
    update_session(
        scene.session,
        now=LATER,
        workshop_session=scene.one,
        values=session_values(scene.one),
        has_answers=True,
        sections=[section],
    )


def item_level(scene: Scene, level: Level | None) -> None:
    set_item_level(scene.session, now=LATER, workshop_session=scene.one, item=scene.item, level=level, has_answers=True)


def withdrawn(scene: Scene) -> None:
    withdraw(scene.session, now=LATER, participant=scene.participant, slug="1")


def taken_back(scene: Scene) -> None:
    unpublish(scene.session, now=LATER, workshop_session=scene.one, has_answers=False)


def published_again(scene: Scene) -> None:
    unpublish(scene.session, now=NOW, workshop_session=scene.one, has_answers=False)
    publish(scene.session, now=LATER, workshop_session=scene.one)


ADDED = both("Un autre", "Another")
Row = tuple[str, Callable[[Scene], object], str, str, list[tuple[str, str]]]
MOVED = [("session_moved", "REQUEST")]
CHANGED = [("session_changed", "REQUEST")]
ROWS: list[Row] = [
    # what, how, public feed, personal feed, mail
    ("the title is corrected", lambda s: s.values(title=ADDED), "DE", "DE", []),
    ("the abstract is corrected", lambda s: s.values(abstract=ADDED), "DE", "DE", []),
    ("a typo in the label", lambda s: s.values(label=ADDED), "DE", "DE", []),
    ("a public title, not shown at this level", lambda s: s.values(public_title=ADDED), "DE", "DE", []),
    ("a session's slug", lambda s: s.values(slug="other"), "DE", "DE", []),
    ("a speaker is added", speaker_added, "DE", "DE", []),
    ("a consent to be named is withdrawn", lambda s: s.consent(ConsentKind.ANNOUNCE_NAME, given=False), "DE", "DE", []),
    ("a consent to be quoted is given", lambda s: s.consent(ConsentKind.QUOTED, given=True), "", "", []),
    ("a speaker's name is corrected", lambda s: s.name(name="Dominique Exemple"), "DE", "DE", []),
    ("a speaker's biography", lambda s: s.name(biography=ADDED), "", "", []),
    ("the room behind the join link", lambda s: s.values(room_link="https://rooms.example.org/x"), "", "", []),
    ("the capacity", lambda s: s.values(capacity=30), "", "", []),
    ("the reminders", lambda s: s.values(reminders=("-2d",)), "", "", []),
    ("the place", lambda s: s.values(place=both("Salle 2", "Room 2")), "SDE", "SDE", []),
    ("the place, and told", lambda s: s.told(place=both("Salle 2", "Room 2")), "SDE", "SDE", CHANGED),
    ("the mode", lambda s: s.values(mode=Mode.HYBRID), "SDE", "SDE", []),
    ("the mode, and told", lambda s: s.told(mode=Mode.HYBRID), "SDE", "SDE", CHANGED),
    ("the floor languages", lambda s: s.values(floor_languages=("fr",)), "DE", "DE", []),
    ("the floor languages, and told", lambda s: s.told(floor_languages=("fr",)), "DE", "DE", CHANGED),
    ("the title, and told", lambda s: s.told(title=ADDED), "DE", "DE", []),
    ("the start", lambda s: s.move(1, ends=-1), "SDE", "SDE", MOVED),
    ("the end", lambda s: s.move(0, ends=1), "SDE", "SDE", MOVED),
    ("both", lambda s: s.move(24), "SDE", "SDE", MOVED),
    ("the zone", lambda s: s.move(0, tzid="Europe/London"), "SDE", "SDE", MOVED),
    ("no longer sure", lambda s: s.values(status=SessionStatus.TENTATIVE), "SDE", "SDE", []),
    (
        "cancelled",
        lambda s: cancel(s.session, now=LATER, workshop_session=s.one),
        "SDE",
        "SDE",
        [("session_cancelled", "CANCEL")],
    ),
    ("a stricter level", lambda s: s.values(level=Level.WHOLE_SESSION), "SDE", "SDE", [("level_raised", "REQUEST")]),
    ("closed", lambda s: s.values(level=Level.CLOSED), "gone", "SDE", [("level_raised", "REQUEST")]),
    (
        "a stricter series",
        lambda s: s.of_series(level=Level.WHOLE_SESSION),
        "SDE",
        "SDE",
        [("level_raised", "REQUEST")],
    ),
    ("a looser level, asked first", lambda s: s.values(level=Level.ON_THE_RECORD), "DE", "DE", []),
    ("a stricter item", lambda s: item_level(s, Level.WHOLE_SESSION), "SDE", "SDE", [("level_raised", "REQUEST")]),
    ("unlisted", lambda s: s.values(visibility=Visibility.UNLISTED), "gone", "DE", []),
    ("by invitation only", lambda s: s.values(visibility=Visibility.INVITE_ONLY), "gone", "DE", []),
    ("taken back", taken_back, "SDE", "gone", []),
    ("published again", published_again, "SDE2", "SDE2", []),
    ("the series' slug", lambda s: s.of_series(slug="t"), "DE", "DE", []),
    ("the series' title", lambda s: s.of_series(title=ADDED), "E", "E", []),
    ("the series' own sentence", lambda s: s.of_series(own_sentence=ADDED), "DE", "DE", []),
    ("the series' contact", lambda s: s.of_series(contact="other@example.org"), "", "", []),
    ("discretion is asked for", lambda s: s.prefer(is_discreet=True), "", "E", [("answer_recorded", "REQUEST")]),
    ("another language", lambda s: s.prefer(language="fr"), "", "E", []),
    ("another zone of their own", lambda s: s.prefer(tzid="America/Toronto"), "", "", []),
    ("withdrawn", withdrawn, "", "gone", [("answer_recorded", "CANCEL")]),
]


@pytest.fixture
def scene(session: Session) -> Scene:
    series = build_series(session, slug="s")
    one = build_session(
        session, series, slug="1", number=1, label=both("Atelier 1", "Workshop 1"), revised_at=NOW - timedelta(days=2)
    )
    person = build_person(session, series)
    item = build_item(session, one, speakers=[person])
    build_slot(session, one, person, role=SlotRole.MODERATOR)
    participant = build_participant(session, series, language="en")
    answer = build_answer(session, one, participant, created_at=NOW - timedelta(days=3))
    for purpose, subject in (
        (Purpose.MY, participant.subject),
        (Purpose.JOIN, answer.subject),
        (Purpose.FEED, participant.subject),
    ):
        issue(session, purpose=purpose, subject=subject)
    answer_recorded(session, now=NOW, answer=answer)
    session.execute(sa.update(OutboxMessage).values(state="sent"))
    session.commit()
    return Scene(session, series, one, item, person, answer)


@dataclass(frozen=True)
class Seen:
    """How an entry stands in a feed."""

    etag: str
    sequence: int | None = None
    stamped_at: datetime | None = None
    last_modified: datetime | None = None


def look(client: FlaskClient, path: str) -> Seen:
    answer = client.get(path)
    assert answer.status_code == 200
    found: list[Any] = list(Calendar.from_ical(answer.data).walk("VEVENT"))
    if not found:
        return Seen(answer.headers["ETag"])
    (event,) = found
    return Seen(answer.headers["ETag"], int(event["SEQUENCE"]), event["DTSTAMP"].dt, event["LAST-MODIFIED"].dt)


def compare(before: Seen, after: Seen) -> str:
    if after.sequence is None:
        return "gone"
    assert before.sequence is not None
    assert after.last_modified == after.stamped_at
    raised = after.sequence - before.sequence
    assert raised >= 0
    letters = "S" if raised else ""
    if after.stamped_at != before.stamped_at:
        assert after.stamped_at == LATER
        letters += "D"
    if after.etag != before.etag:
        letters += "E"
    return letters + (str(raised) if raised > 1 else "")


@pytest.mark.parametrize(("change", "public", "personal", "mail"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS])
def test_what_a_change_does(
    client: FlaskClient,
    session: Session,
    scene: Scene,
    clock: time_machine.Traveller,
    change: Callable[[Scene], object],
    public: str,
    personal: str,
    mail: list[tuple[str, str]],
) -> None:
    own = f"/calendar/{issue(session, purpose=Purpose.FEED, subject=scene.participant.subject)}.ics"
    before = (look(client, PUBLIC), look(client, own))
    clock.move_to(LATER)
    change(scene)
    session.commit()
    notice_changes(session, LATER)
    notice_levels(session, LATER)
    session.commit()
    after = (look(client, PUBLIC), look(client, own))
    assert [compare(*pair) for pair in zip(before, after, strict=True)] == [public, personal]
    sent = session.execute(
        sa.select(OutboxMessage.kind, OutboxMessage.itip_method).where(
            OutboxMessage.answer_ref == scene.answer.subject, OutboxMessage.created_at == LATER
        )
    )
    assert [tuple(row) for row in sent] == mail


def test_on_again_is_a_step_up_and_a_request(
    client: FlaskClient, session: Session, scene: Scene, clock: time_machine.Traveller
) -> None:
    cancel(session, now=NOW, workshop_session=scene.one)
    notice_changes(session, NOW)
    session.execute(sa.update(OutboxMessage).values(state="sent"))
    session.commit()
    before = look(client, PUBLIC)
    clock.move_to(LATER)
    scene.values(status=SessionStatus.CONFIRMED)
    session.commit()
    notice_changes(session, LATER)
    session.commit()
    assert compare(before, look(client, PUBLIC)) == "SDE"
    of_answer = sa.select(OutboxMessage.kind, OutboxMessage.itip_method).where(OutboxMessage.answer_ref != "")
    kinds = session.execute(of_answer.order_by(OutboxMessage.id))
    assert [tuple(row) for row in kinds][1:] == [("session_cancelled", "CANCEL"), ("session_reinstated", "REQUEST")]


def test_a_looser_level_where_nobody_answered_is_dated_and_no_step(
    client: FlaskClient, session: Session, scene: Scene, clock: time_machine.Traveller
) -> None:
    session.delete(scene.answer)
    session.commit()
    before = look(client, PUBLIC)
    clock.move_to(LATER)
    values = dataclasses.replace(session_values(scene.one), level=Level.ON_THE_RECORD)
    update_session(session, now=LATER, workshop_session=scene.one, values=values, has_answers=False)
    assert compare(before, look(client, PUBLIC)) == "DE"


def test_a_language_more_changes_what_it_is_in(
    client: FlaskClient, session: Session, scene: Scene, clock: time_machine.Traveller
) -> None:
    scene.one.monolingual, scene.one.title = "fr", both("Titre", "")
    session.commit()
    before = look(client, PUBLIC)
    clock.move_to(LATER)
    scene.values(monolingual="", title=both("Titre", "Title"))
    assert compare(before, look(client, PUBLIC)) == "DE"
