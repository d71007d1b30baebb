"""Two change the same session at the same instant: whoever waited for the lock decides by what stands then."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_item,
    build_partner,
    build_person,
    build_recording,
    build_series,
    build_session,
)
from workshop.chatham.rule import ConsentKind, Level
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.people.models import Partner
from workshop.programme.models import LevelProposal, QuestionKind, Recording, WorkshopSession
from workshop.programme.queries import find_session
from workshop.programme.service import (
    QuestionValues,
    create_question,
    delete_question,
    materials,
    move_question,
    session_values,
    update_session,
)
from workshop.programme.service.consents import set_consent
from workshop.programme.service.levels import set_item_level
from workshop.programme.service.locking import hold

pytestmark = pytest.mark.databases("postgresql")  # SQLite has one writer at a time


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    """Give a session on the record whose one speaker agreed to be recorded, with a recording."""
    series = build_series(session, slug="mine", level=Level.ON_THE_RECORD)
    found = build_session(session, series, slug="4")
    item = build_item(session, found, speakers=[build_person(session, series)])
    (slot,) = item.slots
    set_consent(session, now=NOW, slot=slot, kind=ConsentKind.RECORDED, given=True, recorded_by="speaker")
    build_recording(session, found, item)
    session.commit()
    return found


@pytest.fixture
def other(one: WorkshopSession) -> Iterator[tuple[Session, WorkshopSession]]:
    """Give the session as somebody else's request has read it before."""
    del one
    with Session(db.engine) as own:
        found = find_session(own, "mine", "4")
        assert found is not None
        assert [slot.consents for section in found.sections for item in section.items for slot in item.slots]
        assert found.recordings
        yield own, found
        own.rollback()


def _give_level(session: Session, one: WorkshopSession, level: Level | None) -> None:
    values = dataclasses.replace(session_values(one), level=level, moderators=None, partners=None)
    update_session(session, now=NOW, workshop_session=one, values=values, has_answers=True)
    session.commit()


def _publish(session: Session, one: WorkshopSession) -> bool:
    (recording,) = one.recordings
    return materials.publish_recording(session, now=NOW, workshop_session=one, recording=recording, actor="x")


def test_a_recording_is_not_published_by_whoever_read_a_consent_withdrawn_since(
    session: Session, one: WorkshopSession, other: tuple[Session, WorkshopSession]
) -> None:
    slot = one.sections[0].items[0].slots[0]
    set_consent(session, now=NOW, slot=slot, kind=ConsentKind.RECORDED, given=False, recorded_by="speaker")
    session.commit()
    with pytest.raises(materials.RecordingConsentMissingError):
        _publish(*other)


@pytest.mark.parametrize("level", [Level.DISCUSSION, Level.CLOSED])
def test_a_recording_is_not_published_by_whoever_read_a_looser_level(
    session: Session, one: WorkshopSession, other: tuple[Session, WorkshopSession], level: Level
) -> None:
    _give_level(session, one, level)
    with pytest.raises(NotFoundError if level is Level.CLOSED else materials.RecordingUnderRuleError):
        _publish(*other)


@pytest.mark.parametrize("level", [Level.DISCUSSION, Level.CLOSED])
def test_a_recording_published_meanwhile_leaves_with_a_stricter_level(
    session: Session, one: WorkshopSession, other: tuple[Session, WorkshopSession], level: Level
) -> None:
    assert _publish(session, one)
    session.commit()
    _give_level(*other, level)
    session.expire_all()
    found = session.scalars(sa.select(Recording)).all()
    assert [recording.published_at for recording in found] == [None] * (level is Level.DISCUSSION)


def test_a_level_made_stricter_meanwhile_is_asked_about_and_not_loosened(
    session: Session, one: WorkshopSession, other: tuple[Session, WorkshopSession]
) -> None:
    _give_level(session, one, Level.WHOLE_SESSION)
    _give_level(*other, Level.DISCUSSION)
    session.expire_all()
    assert one.level is Level.WHOLE_SESSION
    assert [asked.level for asked in session.scalars(sa.select(LevelProposal))] == [Level.DISCUSSION]


def test_so_is_that_of_a_talk(session: Session, one: WorkshopSession, other: tuple[Session, WorkshopSession]) -> None:
    item = one.sections[0].items[0]
    set_item_level(session, now=NOW, workshop_session=one, item=item, level=Level.WHOLE_SESSION, has_answers=True)
    session.commit()
    database, found = other
    set_item_level(
        database, now=NOW, workshop_session=found, item=found.sections[0].items[0], level=Level.DISCUSSION,
        has_answers=True,
    )  # fmt: skip
    database.commit()
    session.expire_all()
    assert item.level is Level.WHOLE_SESSION


@pytest.mark.parametrize("verb", ["publish", "unpublish", "remove", "declare"])
def test_a_recording_removed_meanwhile_is_not_there(
    session: Session, one: WorkshopSession, other: tuple[Session, WorkshopSession], verb: str
) -> None:
    (recording,) = one.recordings
    materials.remove_recording(session, now=NOW, workshop_session=one, recording=recording, actor="x")
    session.commit()
    database, found = other
    act = {"declare": materials.declare_agreed}.get(verb) or getattr(materials, f"{verb}_recording")
    with pytest.raises(NotFoundError):
        act(database, now=NOW, workshop_session=found, recording=found.recordings[0], actor="x")


def test_whoever_waited_for_a_row_reads_it_as_it_is_then(
    session: Session, one: WorkshopSession, other: tuple[Session, WorkshopSession]
) -> None:
    own, found = other
    partner = build_partner(session, one.series)
    session.commit()
    own.rollback()
    assert [each.name for each in found.series.partners] == [partner.name]
    assert found.series.subtitle == one.series.subtitle
    person = found.sections[0].items[0].slots[0].person
    assert person.biography
    one.series.subtitle, partner.name = both("Neuf", "New"), both("Autre", "Other")
    one.sections[0].items[0].slots[0].person.biography = both("Neuve", "New")
    session.commit()
    hold(own, found.series, "partners")
    hold(own, person)
    assert (found.series.subtitle["en"], person.biography["en"]) == ("New", "New")
    assert [each.name["en"] for each in found.series.partners] == ["Other"]


def test_a_row_that_is_gone_meanwhile_is_not_found(
    session: Session, one: WorkshopSession, other: tuple[Session, WorkshopSession]
) -> None:
    partner = build_partner(session, one.series)
    session.commit()
    own = other[0]
    theirs = own.get_one(Partner, partner.id)
    session.delete(partner)
    session.commit()
    with pytest.raises(NotFoundError):
        hold(own, theirs)


def _asked(number: int) -> QuestionValues:
    return QuestionValues(
        kind=QuestionKind.YES_NO, text=both(f"Q {number} ?", f"Q {number}?"), reason=both("Pour", "For")
    )


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_question_is_moved_as_the_others_stand_by_then(
    session: Session, one: WorkshopSession, other: tuple[Session, WorkshopSession], *, is_gone: bool
) -> None:
    first, second, third = (create_question(session, now=NOW, owner=one, values=_asked(n)) for n in range(3))
    session.commit()
    theirs, found = other
    stale = list(found.questions)
    if is_gone:
        delete_question(session, now=NOW, owner=one, question=third)
    else:
        move_question(session, now=NOW, owner=one, question=third, by=-1)
    session.commit()
    assert move_question(theirs, now=NOW, owner=found, question=stale[2], by=-1) is not is_gone
    theirs.commit()
    session.expire_all()
    positions = [(question.id, question.position) for question in one.questions]
    assert positions == ([(first.id, 0), (second.id, 1)] if is_gone else [(third.id, 0), (first.id, 1), (second.id, 2)])
