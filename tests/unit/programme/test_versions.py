"""Edits kept aside until they are published, what was published when, and setting it back."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_item,
    build_person,
    build_section,
    build_series,
    build_session,
)
from workshop.audit.models import LogEntry
from workshop.chatham.rule import ConsentKind, Level
from workshop.core.faults import InvalidValuesError
from workshop.core.localized import Localized
from workshop.programme.models import (
    Item,
    ItemKind,
    LevelProposal,
    SessionDraft,
    SessionStatus,
    SessionVersion,
    SpeakerConsent,
    WorkshopSession,
)
from workshop.programme.service.aside import discard, editor_of, working
from workshop.programme.service.consents import set_consent
from workshop.programme.service.history import KEPT, list_versions, replace_key
from workshop.programme.service.lifecycle import cancel, publish, unpublish
from workshop.programme.service.sessions import update_session
from workshop.programme.service.standing import HasAnswersError
from workshop.programme.service.values import ItemValues, SectionValues, session_values
from workshop.programme.service.versions import Act, NothingToUndoError, Saved, publish_kept, save, undo

LATER = NOW + timedelta(hours=1)
ADA, BO = "organiser:1", "organiser:2"


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    """Return a published session with two talks in a section."""
    series = build_series(session)
    found = build_session(session, series, capacity=30)
    people = [build_person(session, series, key=key) for key in ("ada", "bo")]
    section = build_section(session, found)
    for person, title in zip(people, ("A", "B"), strict=True):
        build_item(session, found, section=section, title=both(f"{title} fr", title), speakers=[person])
    session.expire_all()
    return found


def write(session: Session, one: WorkshopSession, act: Act = Act.KEEP, **changes: Any) -> Saved:
    """Save edits over what organisers edit."""
    options = {name: changes.pop(name) for name in ("actor", "now", "has_answers", "sections") if name in changes}
    values = dataclasses.replace(working(session, one).values, **changes) if changes else None
    options = {"sections": None, "actor": ADA, "now": NOW, "has_answers": False, **options}
    return save(session, workshop_session=one, values=values, act=act, fields=list(changes), **options)


def set_back(session: Session, one: WorkshopSession, *, has_answers: bool = False, now: datetime = LATER) -> bool:
    """Undo the last publication."""
    return undo(session, now=now, workshop_session=one, has_answers=has_answers, actor=BO)


def release(session: Session, one: WorkshopSession, *, now: datetime = LATER) -> bool:
    """Publish all that is kept aside."""
    return publish_kept(session, now=now, workshop_session=one, has_answers=False, actor=BO)


def programme(one: WorkshopSession) -> list[list[str]]:
    return [[item.title["en"] for item in section.items] for section in one.sections]


def actions(session: Session) -> list[tuple[str, str, Any]]:
    rows = session.scalars(sa.select(LogEntry).order_by(LogEntry.id))
    return [(row.actor, row.action, row.details.get("fields")) for row in rows]


def test_what_is_kept_aside_is_seen_by_nobody_else(session: Session, one: WorkshopSession) -> None:
    before, revision = session_values(one), one.series.revision
    assert write(session, one, title=both("Nouveau", "New"), capacity=12) == Saved(is_changed=True, is_kept=True)
    session.expire_all()
    assert session_values(one) == before
    assert one.series.revision == revision
    found = working(session, one)
    assert (found.values.title, found.values.capacity) == (both("Nouveau", "New"), 12)
    assert (found.is_kept, found.saved_by, found.saved_at) == (True, ADA, NOW)
    assert session.get_one(SessionDraft, one.id).content["values"] == {
        "title": {"fr": "Nouveau", "en": "New"},
        "capacity": 12,
    }
    assert actions(session) == [(ADA, "programme.keep_aside", ["title", "capacity"])]
    assert editor_of(session, one) == ADA


def test_a_second_editor_adds_to_it(session: Session, one: WorkshopSession) -> None:
    write(session, one, title=both("Nouveau", "New"))
    write(session, one, capacity=12, actor=BO)
    found = working(session, one)
    assert (found.values.title, found.values.capacity, found.saved_by) == (both("Nouveau", "New"), 12, BO)


def test_set_back_by_hand_it_is_gone(session: Session, one: WorkshopSession) -> None:
    title = one.title
    write(session, one, title=both("Nouveau", "New"))
    assert write(session, one, title=title) == Saved(is_changed=True, is_kept=False)
    assert session.get(SessionDraft, one.id) is None
    assert write(session, one, title=title) == Saved(is_changed=False, is_kept=False)


def test_publishing_what_was_kept_aside(session: Session, one: WorkshopSession) -> None:
    revision, title = one.series.revision, one.title
    write(session, one, title=both("Nouveau", "New"), objectives=(both("Un", "One"),))
    assert release(session, one)
    session.expire_all()
    assert one.title == both("Nouveau", "New")
    assert one.series.revision > revision
    assert one.revised_at == LATER
    assert not working(session, one).is_kept
    (version,) = list_versions(session, one)
    assert version.before == {"values": {"title": title.to_json(), "objectives": []}}
    assert version.after["values"]["objectives"] == [{"fr": "Un", "en": "One"}]
    assert (version.published_by, version.published_at) == (BO, LATER)
    assert actions(session)[-1] == (BO, "programme.publish_changes", ["title", "objectives"])
    assert not release(session, one)


def test_a_press_publishes_what_it_says_and_leaves_the_rest_aside(session: Session, one: WorkshopSession) -> None:
    write(session, one, title=both("Nouveau", "New"), capacity=12)
    assert write(session, one, Act.PUBLISH, capacity=15) == Saved(is_changed=True, is_kept=True)
    assert (one.capacity, one.title == both("Nouveau", "New")) == (15, False)
    assert session.get_one(SessionDraft, one.id).content["values"] == {"title": {"fr": "Nouveau", "en": "New"}}
    assert write(session, one, Act.PUBLISH, title=both("Nouveau", "New")) == Saved(is_changed=True, is_kept=False)
    assert session.get(SessionDraft, one.id) is None


def test_a_draft_is_edited_in_place(session: Session, one: WorkshopSession) -> None:
    one.is_published = False
    assert write(session, one, title=both("Nouveau", "New")) == Saved(is_changed=True, is_kept=False)
    assert one.title == both("Nouveau", "New")
    assert not list_versions(session, one)
    write(session, one, title=both("Encore", "Again"))
    assert actions(session) == [(ADA, "programme.edit_session", ["title"])]


def test_taken_back_what_was_kept_aside_goes_in_with_the_next_edit(session: Session, one: WorkshopSession) -> None:
    write(session, one, title=both("Nouveau", "New"))
    unpublish(session, now=NOW, workshop_session=one, has_answers=False)
    write(session, one, capacity=3)
    assert (one.title, one.capacity) == (both("Nouveau", "New"), 3)
    assert session.get(SessionDraft, one.id) is None


def test_keeping_aside_checks_but_a_language_may_still_lack(session: Session, one: WorkshopSession) -> None:
    write(session, one, title=Localized({"fr": "Seul"}))
    with pytest.raises(InvalidValuesError) as found:
        release(session, one)
    assert "title" in {fault.field for fault in found.value.faults}
    for changes in ({"capacity": 0}, {"title": Localized()}, {"slug": "Ü"}, {"moderators": ("nobody",)}):
        with pytest.raises(InvalidValuesError):
            write(session, one, **changes)


def test_throwing_it_away(session: Session, one: WorkshopSession) -> None:
    write(session, one, title=both("Nouveau", "New"))
    assert discard(session, now=LATER, workshop_session=one, actor=BO)
    assert not working(session, one).is_kept
    assert actions(session)[-1] == (BO, "programme.discard_changes", ["title"])
    assert not discard(session, now=LATER, workshop_session=one, actor=BO)


def test_what_is_stored_meanwhile_stays_where_it_was_not_edited(session: Session, one: WorkshopSession) -> None:
    write(session, one, title=both("Nouveau", one.title["en"]))
    values = dataclasses.replace(session_values(one), title=both(one.title["fr"], "From a file"), capacity=7)
    update_session(session, now=LATER, workshop_session=one, values=values, has_answers=False)
    found = working(session, one).values
    assert (found.title, found.capacity) == (both("Nouveau", "From a file"), 7)


def test_a_cancelled_session_stays_cancelled(session: Session, one: WorkshopSession) -> None:
    write(session, one, status=SessionStatus.TENTATIVE)
    cancel(session, now=NOW, workshop_session=one)
    assert working(session, one).values.status is SessionStatus.CANCELLED


def test_a_programme_kept_aside_and_published(session: Session, one: WorkshopSession) -> None:
    (section,) = working(session, one).sections
    first, second = section.items
    new = ItemValues(kind=ItemKind.TALK, title=both("C fr", "C"), speakers=("ada",))
    wanted = (
        SectionValues(title=both("Neuf", "New"), items=(new, second)),
        dataclasses.replace(section, items=(first,)),
    )
    numbers = [item.id for item in one.sections[0].items]
    write(session, one, sections=wanted)
    assert programme(one) == [["A", "B"]]
    kept = working(session, one).sections
    assert [[item.title["en"] for item in part.items] for part in kept] == [["C", "B"], ["A"]]
    assert kept[0].id is not None
    assert kept[0].id < 0
    # Edited again, the new parts are told by their ids.
    write(session, one, sections=(dataclasses.replace(kept[0], items=kept[0].items[::-1]), kept[1]))
    again = working(session, one).sections
    assert [part.id for part in again] == [part.id for part in kept]
    release(session, one)
    session.expire_all()
    assert programme(one) == [["B", "C"], ["A"]]
    assert [one.sections[1].items[0].id, one.sections[0].items[0].id] == numbers
    assert actions(session)[-1] == (BO, "programme.publish_changes", ["programme"])


def test_the_whole_programme_loses_what_is_absent(session: Session, one: WorkshopSession) -> None:
    (section,) = working(session, one).sections
    assert write(
        session, one, Act.PUBLISH, sections=(dataclasses.replace(section, items=section.items[1:]),)
    ).is_changed
    assert programme(one) == [["B"]]
    assert write(session, one, Act.PUBLISH, sections=()).is_changed
    assert programme(one) == []
    assert session.scalar(sa.select(sa.func.count(Item.id))) == 0


def test_consents_stay_with_an_item_wherever_it_goes(session: Session, one: WorkshopSession) -> None:
    slot = one.sections[0].items[0].slots[0]
    set_consent(session, slot=slot, kind=ConsentKind.ANNOUNCE_NAME, given=False, now=NOW, recorded_by="speaker")
    (section,) = working(session, one).sections
    write(session, one, Act.PUBLISH, sections=(SectionValues(title=both("x", "y"), items=section.items[::-1]),))
    consents = session.scalars(sa.select(SpeakerConsent)).all()
    assert [(found.slot_id, found.withdrawn_at) for found in consents] == [(slot.id, NOW)]


def test_people_who_are_gone_leave_what_is_kept_aside(session: Session, one: WorkshopSession) -> None:
    (section,) = working(session, one).sections
    write(session, one, moderators=("ada", "bo"), sections=(dataclasses.replace(section, items=section.items[::-1]),))
    write(session, one, Act.PUBLISH, moderators=("bo", "ada"))
    write(session, one, moderators=("ada",))
    replace_key(session, series_id=one.series_id, old="ada", new="bo")
    assert working(session, one).values.moderators == ("bo",)
    assert [item.speakers for item in working(session, one).sections[0].items] == [("bo",), ("bo",)]
    assert list_versions(session, one)[0].after["values"]["moderators"] == ["bo"]
    replace_key(session, series_id=one.series_id, old="bo", new=None)
    assert working(session, one).values.moderators == ()
    stored = str([row.content for row in session.scalars(sa.select(SessionDraft))])
    assert "'bo'" not in stored


def test_undoing_sets_back_what_still_stands(session: Session, one: WorkshopSession) -> None:
    title, capacity = one.title, one.capacity
    write(session, one, Act.PUBLISH, title=both("Nouveau", "New"), capacity=5)
    values = dataclasses.replace(session_values(one), capacity=6, moderators=None, partners=None)
    update_session(session, now=LATER, workshop_session=one, values=values, has_answers=False)
    assert set_back(session, one)
    assert (one.title, one.capacity) == (title, 6)
    assert capacity == 30
    assert actions(session)[-1] == (BO, "programme.undo", ["title"])
    assert set_back(session, one)  # of the undoing itself
    assert one.title == both("Nouveau", "New")


def test_undoing_the_first_publication_takes_it_back(session: Session, one: WorkshopSession) -> None:
    one.is_published = False
    publish(session, now=NOW, workshop_session=one, actor=ADA)
    assert [version.before for version in list_versions(session, one)] == [None]
    with pytest.raises(HasAnswersError):
        set_back(session, one, has_answers=True)
    assert set_back(session, one)
    assert not one.is_published
    with pytest.raises(NothingToUndoError):
        set_back(session, one)


def test_a_talk_that_comes_back_says_no_more_than_before(session: Session, one: WorkshopSession) -> None:
    slot = one.sections[0].items[0].slots[0]
    set_consent(session, slot=slot, kind=ConsentKind.ANNOUNCE_NAME, given=False, now=NOW, recorded_by="speaker")
    (section,) = working(session, one).sections
    write(session, one, Act.PUBLISH, sections=(dataclasses.replace(section, items=section.items[1:]),))
    assert session.scalar(sa.select(sa.func.count(SpeakerConsent.slot_id))) == 0
    assert set_back(session, one)
    session.expire_all()
    assert programme(one) == [["A", "B"]]
    (consent,) = session.scalars(sa.select(SpeakerConsent))
    assert (consent.kind, consent.withdrawn_at) == (ConsentKind.ANNOUNCE_NAME, NOW)
    assert consent.slot_id == one.sections[0].items[0].slots[0].id


def test_undoing_keeps_what_others_wrote_into_the_programme_since(session: Session, one: WorkshopSession) -> None:
    (section,) = working(session, one).sections
    first, second = section.items
    changed = dataclasses.replace(section, items=(dataclasses.replace(first, title=both("X fr", "X")), second))
    write(session, one, Act.PUBLISH, sections=(changed,))
    one.sections[0].items[1].title = both("Y fr", "Y")
    session.flush()
    set_back(session, one)
    session.expire_all()
    assert programme(one) == [["A", "Y"]]


def test_a_level_is_never_loosened_unasked(session: Session, one: WorkshopSession) -> None:
    write(session, one, Act.PUBLISH, level=Level.WHOLE_SESSION)
    build_answer(session, one)
    session.flush()
    undo(session, now=LATER, workshop_session=one, has_answers=True, actor=BO)
    assert one.level is Level.WHOLE_SESSION
    assert session.scalar(sa.select(LevelProposal.level)) is Level.DISCUSSION


def test_only_the_last_versions_are_kept(session: Session, one: WorkshopSession) -> None:
    for number in range(KEPT + 3):
        write(session, one, Act.PUBLISH, capacity=100 + number)
    found = list_versions(session, one)
    assert len(found) == KEPT == session.scalar(sa.select(sa.func.count(SessionVersion.id)))
    assert found[0].after["values"] == {"capacity": 100 + KEPT + 2}
