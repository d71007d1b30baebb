"""Slides and recordings: what is kept, what is published, and what the database itself refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    build_item,
    build_person,
    build_recording,
    build_series,
    build_session,
    build_slides,
    build_slot,
)
from tests.files import CANARY, TEXT, make_jpeg, make_pdf, make_png
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Audience, ConsentKind, Level, Surface
from workshop.core.db import checkpoint, db
from workshop.core.errors import NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.core.uploads import UploadError
from workshop.programme.models import Item, Recording, Slides, SpeakerConsent, SpeakerSlot, WorkshopSession
from workshop.programme.queries import find_slides, find_slides_content
from workshop.programme.service import materials as service
from workshop.programme.service import session_values, update_session
from workshop.programme.service.programme import set_moderators
from workshop.programme.view import SessionView, session_view
from workshop.programme.view.desk import materials_desk
from workshop.programme.view.speakers import Reach

URL = "https://media.example.org/4.mp4"


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    """Give a session on the record with a talk by one person and a moderator."""
    series = build_series(session, level=Level.ON_THE_RECORD)
    found = build_session(session, series, slug="4")
    build_item(session, found, speakers=[build_person(session, series)])
    build_slot(session, found, build_person(session, series))
    return found


@pytest.fixture
def talk(one: WorkshopSession) -> Item:
    return one.sections[0].items[0]


@pytest.fixture
def slot(talk: Item) -> SpeakerSlot:
    return talk.slots[0]


def consent(session: Session, slot: SpeakerSlot, kind: ConsentKind, *, is_given: bool = True) -> None:
    """Note a consent given, or withdrawn."""
    found = session.get(SpeakerConsent, (slot.id, kind))
    if found is None:
        found = SpeakerConsent(slot_id=slot.id, kind=kind)
        slot.consents.append(found)
    found.given_at, found.withdrawn_at = (NOW, None) if is_given else (found.given_at, NOW)
    session.flush()


def actions(session: Session) -> list[str]:
    return list(session.scalars(sa.select(LogEntry.action).order_by(LogEntry.id)))


def revision(session: Session, one: WorkshopSession) -> int:
    session.refresh(one.series)
    return one.series.revision


# -- slides ------------------------------------------------------------------------------------------------------------


def test_slides_are_kept_clean_with_what_their_content_says(
    session: Session, slot: SpeakerSlot, one: WorkshopSession
) -> None:
    before = revision(session, one)
    kept = service.add_slides(session, now=NOW, slot=slot, data=make_png(), language="fr", actor="speaker")
    assert (kept.media_type, kept.language, kept.uploaded_by) == ("image/png", "fr", "speaker")
    media_type, content = find_slides_content(session, kept.key) or ("", b"")
    assert media_type == "image/png"
    assert (kept.size, CANARY.encode() in content) == (len(content), False)
    assert len(kept.key) == 32
    assert revision(session, one) == before + 1
    (entry,) = session.scalars(sa.select(LogEntry))
    assert entry.action == "programme.add_slides"
    assert set(entry.details) == {"slides", "slot", "octets"}


def test_a_refused_file_leaves_nothing(session: Session, slot: SpeakerSlot) -> None:
    with pytest.raises(UploadError):
        service.add_slides(session, now=NOW, slot=slot, data=b"<svg/>", language="", actor="speaker")
    assert session.scalar(sa.select(sa.func.count()).select_from(Slides)) == 0
    assert actions(session) == []


def test_nobody_has_more_than_a_few_files(session: Session, slot: SpeakerSlot) -> None:
    for _number in range(service.MAXIMUM_FILES):
        build_slides(session, slot)
    with pytest.raises(InvalidValuesError) as caught:
        service.add_slides(session, now=NOW, slot=slot, data=make_png(), language="", actor="speaker")
    assert caught.value.faults[0].code == "too_many_files"


def test_a_part_that_was_taken_out_meanwhile_gets_no_file(session: Session, slot: SpeakerSlot) -> None:
    session.commit()
    session.execute(
        sa.delete(SpeakerSlot).where(SpeakerSlot.id == slot.id).execution_options(synchronize_session=False)
    )
    session.commit()
    with pytest.raises(NotFoundError):
        service.add_slides(session, now=NOW, slot=slot, data=make_png(), language="", actor="speaker")


def test_removed_slides_are_gone(session: Session, slot: SpeakerSlot, one: WorkshopSession) -> None:
    kept = build_slides(session, slot)
    key, before = kept.key, revision(session, one)
    assert find_slides(session, one.id, key) is kept
    assert find_slides(session, one.id + 1, key) is None
    service.remove_slides(session, now=NOW, slides=kept, actor="speaker")
    assert find_slides_content(session, key) is None
    assert revision(session, one) == before + 1
    assert actions(session) == ["programme.remove_slides"]


def test_not_an_octet_of_the_database_says_what_a_file_hid(
    session: Session, slot: SpeakerSlot, instance_path: Path
) -> None:
    build_person(session, session.get_one(WorkshopSession, slot.workshop_session_id).series, name="Seeable Person")
    for data in (make_pdf(), make_jpeg(), make_png()):
        assert CANARY.encode() in data
        service.add_slides(session, now=NOW, slot=slot, data=data, language="", actor="speaker")
    session.commit()
    if db.engine.dialect.name == "sqlite":
        checkpoint()
        files = [path.read_bytes() for path in instance_path.rglob("*") if path.is_file()]
        assert any(b"Seeable Person" in data for data in files), "the search must be able to find what is there"
        assert not any(CANARY.encode() in data for data in files)
    rows = session.scalars(sa.select(Slides.content)).all()
    assert len(rows) == 3
    assert not any(CANARY.encode() in content for content in rows)
    assert TEXT


def test_the_content_is_never_loaded_by_chance(session: Session, slot: SpeakerSlot) -> None:
    build_slides(session, slot)
    session.expire_all()
    found = session.scalars(sa.select(Slides)).one()
    with pytest.raises(sa.exc.InvalidRequestError):
        _ = found.content


# -- who gets slides ---------------------------------------------------------------------------------------------------


def shown(one: WorkshopSession, audience: Audience, surface: Surface) -> SessionView | None:
    return session_view(one, audience=audience, surface=surface, has_materials=True)


READERS = {
    "public": (Audience.PUBLIC, Surface.PAGE),
    "invited": (Audience.INVITED, Surface.PERSONAL_PAGE),
    "participant": (Audience.PARTICIPANT, Surface.PERSONAL_PAGE),
    "speaker": (Audience.SPEAKER, Surface.PERSONAL_PAGE),
    "mail": (Audience.PARTICIPANT, Surface.MAIL),
    "calendar": (Audience.PARTICIPANT, Surface.CALENDAR),
    "preview": (Audience.PUBLIC, Surface.LINK_PREVIEW),
    "list": (Audience.PUBLIC, Surface.LIST),
    "pdf": (Audience.PUBLIC, Surface.PDF),
    "json": (Audience.PUBLIC, Surface.JSON),
}


@pytest.mark.parametrize(
    ("level", "readers"),
    [
        (Level.ON_THE_RECORD, {"public", "invited", "participant", "speaker"}),
        (Level.DISCUSSION, {"public", "invited", "participant", "speaker"}),
        (Level.WHOLE_SESSION, {"participant", "speaker"}),
        (Level.CLOSED, {"participant", "speaker"}),
    ],
)
@pytest.mark.parametrize("is_given", [True, False, None])
def test_slides_follow_the_level_and_the_consent(
    session: Session,
    one: WorkshopSession,
    slot: SpeakerSlot,
    level: Level,
    readers: set[str],
    is_given: bool | None,  # noqa: FBT001 (a parameter of the test)
) -> None:
    one.series.level = level
    moderating = one.slots[0]
    keys = {build_slides(session, slot).key, build_slides(session, moderating).key}
    if is_given is not None:
        for part in (slot, moderating):
            consent(session, part, ConsentKind.SLIDES)
            if not is_given:
                consent(session, part, ConsentKind.SLIDES, is_given=False)
    session.refresh(one)
    got = {name: view.files for name, reader in READERS.items() if (view := shown(one, *reader)) and view.files}
    assert got == (dict.fromkeys(readers, keys) if is_given else {})


def test_without_asking_for_them_a_view_has_none(session: Session, one: WorkshopSession, slot: SpeakerSlot) -> None:
    build_slides(session, slot)
    consent(session, slot, ConsentKind.SLIDES)
    view = session_view(one, audience=Audience.PUBLIC, surface=Surface.PAGE)
    assert view is not None
    assert view.files == frozenset()


def test_slides_of_an_item_follow_the_item_and_those_of_the_whole_session_its_strictest(
    session: Session, one: WorkshopSession, slot: SpeakerSlot
) -> None:
    strict = build_item(session, one, level=Level.WHOLE_SESSION, speakers=[slot.person])
    own, moderators, stricter = (
        build_slides(session, slot),
        build_slides(session, one.slots[0]),
        build_slides(session, strict.slots[0]),
    )
    for part in (slot, one.slots[0], strict.slots[0]):
        consent(session, part, ConsentKind.SLIDES)
    session.refresh(one)
    public, participant = shown(one, *READERS["public"]), shown(one, *READERS["participant"])
    assert public is not None
    assert participant is not None
    assert public.files == {own.key}
    assert participant.files == {own.key, moderators.key, stricter.key}
    reaches = {row.files[0].key: row.reach for row in materials_desk(one).parts}
    assert reaches == {own.key: Reach.EVERYBODY, moderators.key: Reach.PARTICIPANTS, stricter.key: Reach.PARTICIPANTS}


# -- recordings --------------------------------------------------------------------------------------------------------


def agree(session: Session, one: WorkshopSession) -> None:
    """Let everybody announced agree to be recorded."""
    for found in (*one.slots, *(part for section in one.sections for item in section.items for part in item.slots)):
        consent(session, found, ConsentKind.RECORDED)


def add(session: Session, one: WorkshopSession, item: Item | None = None) -> Recording:
    return service.add_recording(
        session, now=NOW, workshop_session=one, item=item, url=f" {URL} ", language="fr", actor="organiser:1"
    )


def act(verb: Callable[..., Any], session: Session, one: WorkshopSession, recording: Recording, **values: Any) -> Any:
    return verb(session, now=NOW, workshop_session=one, recording=recording, actor="organiser:1", **values)


def published(one: WorkshopSession) -> dict[str, list[str]]:
    """Return who sees the address of a recording, by the talk or as a whole."""
    found = {}
    for name, reader in READERS.items():
        view = shown(one, *reader)
        if view is not None:
            items = [recording for section in view.sections for item in section.items for recording in item.recordings]
            found[name] = [*(f"whole {own.url}" for own in view.recordings), *(f"item {own.url}" for own in items)]
    return {name: urls for name, urls in found.items() if urls}


def test_a_recording_goes_from_kept_to_agreed_to_published_and_back(
    session: Session, one: WorkshopSession, talk: Item
) -> None:
    before = revision(session, one)
    recording = add(session, one, talk)
    assert (recording.url, recording.level, recording.published_at) == (URL, Level.ON_THE_RECORD, None)
    with pytest.raises(service.RecordingNotAgreedError):
        act(service.publish_recording, session, one, recording)
    act(service.declare_agreed, session, one, recording)
    with pytest.raises(service.RecordingConsentMissingError):
        act(service.publish_recording, session, one, recording)
    assert revision(session, one) == before, "nothing of it is shown yet"
    agree(session, one)
    assert act(service.publish_recording, session, one, recording)
    assert not act(service.publish_recording, session, one, recording)
    assert revision(session, one) == before + 1
    assert published(one) == {key: [f"item {URL}"] for key in ("public", "invited", "participant", "speaker")}
    assert act(service.unpublish_recording, session, one, recording)
    assert not act(service.unpublish_recording, session, one, recording)
    assert published(one) == {}
    act(service.publish_recording, session, one, recording)
    act(service.declare_agreed, session, one, recording, is_agreed=False)
    assert (recording.agreed_at, recording.published_at) == (None, None)
    assert revision(session, one) == before + 4
    act(service.remove_recording, session, one, recording)
    assert session.scalars(sa.select(Recording)).all() == []
    assert actions(session) == [
        f"programme.{verb}"
        for verb in (
            "add_recording",
            "declare_recording_agreed",
            "publish_recording",
            "unpublish_recording",
            "publish_recording",
            "take_back_recording_agreed",
            "unpublish_recording",
            "remove_recording",
        )
    ]


@pytest.mark.parametrize("level", [Level.DISCUSSION, Level.WHOLE_SESSION])
def test_what_is_under_the_rule_is_kept_and_never_published(
    session: Session, one: WorkshopSession, talk: Item, level: Level
) -> None:
    one.level = level
    agree(session, one)
    for item in (None, talk):
        recording = add(session, one, item)
        act(service.declare_agreed, session, one, recording)
        with pytest.raises(service.RecordingUnderRuleError):
            act(service.publish_recording, session, one, recording)


def test_of_a_closed_session_not_even_the_address_is_kept(session: Session, one: WorkshopSession, talk: Item) -> None:
    one.level = Level.CLOSED
    for item in (None, talk):
        with pytest.raises(service.RecordingClosedError):
            add(session, one, item)


def test_in_a_discussion_the_talk_on_the_record_alone_is_published(
    session: Session, one: WorkshopSession, talk: Item
) -> None:
    one.level, talk.level = Level.DISCUSSION, Level.ON_THE_RECORD
    agree(session, one)
    whole, part = add(session, one), add(session, one, talk)
    for recording in (whole, part):
        act(service.declare_agreed, session, one, recording)
    assert act(service.publish_recording, session, one, part)
    with pytest.raises(service.RecordingUnderRuleError):
        act(service.publish_recording, session, one, whole)
    assert set(published(one)["public"]) == {f"item {URL}"}


def test_one_item_under_the_rule_keeps_the_whole_from_being_published(session: Session, one: WorkshopSession) -> None:
    agree(session, one)
    recording = add(session, one)
    act(service.declare_agreed, session, one, recording)
    assert act(service.publish_recording, session, one, recording)
    assert set(published(one)["public"]) == {f"whole {URL}"}
    build_item(session, one, level=Level.DISCUSSION)
    session.refresh(one)
    assert published(one) == {}, "even before anything was unpublished"
    assert service.follow_level(session, workshop_session=one) == 1
    assert recording.published_at is None
    assert recording.level is Level.DISCUSSION


@pytest.mark.parametrize("who", ["speaker", "moderator"])
def test_a_withdrawn_consent_unpublishes(session: Session, one: WorkshopSession, talk: Item, who: str) -> None:
    agree(session, one)
    whole, part = add(session, one), add(session, one, talk)
    for recording in (whole, part):
        act(service.declare_agreed, session, one, recording)
        act(service.publish_recording, session, one, recording)
    before = revision(session, one)
    slot = one.slots[0] if who == "moderator" else talk.slots[0]
    assert service.follow_consents(session, now=NOW, slot=slot) == 0
    consent(session, slot, ConsentKind.RECORDED, is_given=False)
    assert service.follow_consents(session, now=NOW, slot=slot) == (1 if who == "moderator" else 2)
    assert (whole.published_at, part.published_at is None) == (None, who == "speaker")
    assert revision(session, one) == before + 1
    consent(session, slot, ConsentKind.RECORDED)
    assert service.follow_consents(session, now=NOW, slot=slot) == 0, (
        "given again, it is for the organisers to publish again"
    )
    assert whole.published_at is None


def test_a_consent_withdrawn_counts_even_before_anything_was_unpublished(
    session: Session, one: WorkshopSession, talk: Item
) -> None:
    agree(session, one)
    build_recording(session, one, talk, published_at=NOW)
    assert published(one)
    consent(session, talk.slots[0], ConsentKind.RECORDED, is_given=False)
    assert published(one) == {}


def test_a_new_moderator_has_not_agreed(session: Session, one: WorkshopSession) -> None:
    agree(session, one)
    recording = build_recording(session, one, published_at=NOW)
    person = build_person(session, one.series)
    set_moderators(session, now=NOW, workshop_session=one, keys=[one.slots[0].person.key, person.key])
    assert service.follow_level(session, workshop_session=one) == 1
    assert recording.published_at is None


@pytest.mark.parametrize("level", [Level.DISCUSSION, Level.WHOLE_SESSION, Level.CLOSED])
def test_a_stricter_level_takes_recordings_off_every_page_at_once(
    session: Session, one: WorkshopSession, talk: Item, level: Level
) -> None:
    agree(session, one)
    build_recording(session, one, published_at=NOW)
    build_recording(session, one, talk, published_at=NOW)
    build_recording(session, one)
    values = session_values(one)
    values = type(values)(**{**{name: getattr(values, name) for name in values.__dataclass_fields__}, "level": level})
    update_session(session, now=NOW + timedelta(hours=1), workshop_session=one, values=values, has_answers=True)
    session.commit()
    session.refresh(one)
    assert published(one) == {}
    rows = session.scalars(sa.select(Recording)).all()
    assert [row.level for row in rows] == ([] if level is Level.CLOSED else [level] * 3)
    assert not any(row.published_at for row in rows)
    said = "programme.remove_recording" if level is Level.CLOSED else "programme.unpublish_recording"
    assert actions(session).count(said) == (3 if level is Level.CLOSED else 2)


def test_a_looser_level_publishes_nothing_by_itself(session: Session, one: WorkshopSession) -> None:
    one.level = Level.DISCUSSION
    agree(session, one)
    recording = build_recording(session, one)
    one.level = Level.ON_THE_RECORD
    assert service.follow_level(session, workshop_session=one) == 0
    assert (recording.level, recording.published_at) == (Level.ON_THE_RECORD, None)


@pytest.mark.parametrize(
    "url",
    ["", "javascript:alert(1)", "//x", "https://", "ftp://example.org/a.mp4", "https://example.org/" + "a" * 1000],
)
def test_what_is_no_address_of_the_web_is_refused(session: Session, one: WorkshopSession, url: str) -> None:
    with pytest.raises(InvalidValuesError) as caught:
        service.add_recording(session, now=NOW, workshop_session=one, item=None, url=url, language="", actor="command")
    assert {fault.field for fault in caught.value.faults} == {"url"}


def test_there_is_an_end_to_recordings(session: Session, one: WorkshopSession) -> None:
    for _number in range(service.MAXIMUM_RECORDINGS):
        build_recording(session, one)
    with pytest.raises(InvalidValuesError):
        add(session, one)


# -- what the database itself refuses ----------------------------------------------------------------------------------

INSERT = sa.text(
    "INSERT INTO recording (workshop_session_id, url, language, level, agreed_at, agreed_by, published_at, created_at)"
    " VALUES (:one, 'https://example.org/', '', :level, :agreed, '', :published, :now)"
)


@pytest.mark.parametrize(
    ("level", "is_agreed", "is_published", "is_taken"),
    [
        ("on_the_record", True, True, True),
        ("on_the_record", False, False, True),
        ("on_the_record", False, True, False),
        ("discussion", True, False, True),
        ("discussion", True, True, False),
        ("whole_session", True, False, True),
        ("whole_session", True, True, False),
        ("closed", False, False, False),
        ("closed", True, True, False),
        ("something_else", True, False, False),
    ],
)
def test_the_database_takes_only_what_the_rule_allows(
    session: Session,
    one: WorkshopSession,
    level: str,
    is_agreed: bool,  # noqa: FBT001 (a parameter of the test)
    is_published: bool,  # noqa: FBT001 (a parameter of the test)
    is_taken: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    values = {"one": one.id, "level": level, "now": NOW.isoformat()}
    values |= {"agreed": NOW.isoformat() if is_agreed else None, "published": NOW.isoformat() if is_published else None}
    session.commit()
    if is_taken:
        session.execute(INSERT, values)
        session.rollback()
        return
    with pytest.raises(DBAPIError):
        session.execute(INSERT, values)
    session.rollback()


@pytest.mark.parametrize("change", ["level = 'discussion'", "level = 'closed'", "agreed_at = NULL"])
def test_the_database_lets_nothing_published_lose_what_let_it(
    session: Session, one: WorkshopSession, change: str
) -> None:
    build_recording(session, one, published_at=NOW)
    session.commit()
    with pytest.raises(DBAPIError):
        session.execute(sa.text(f"UPDATE recording SET {change}"))
    session.rollback()


def test_the_database_keeps_no_empty_file_and_no_key_twice(session: Session, slot: SpeakerSlot) -> None:
    kept = build_slides(session, slot)
    session.commit()
    for values in ({"size": 0}, {"key": kept.key}):
        with pytest.raises(DBAPIError):
            build_slides(session, slot, **values)
        session.rollback()


def test_what_goes_takes_its_files_and_recordings_along(
    session: Session, one: WorkshopSession, talk: Item, slot: SpeakerSlot
) -> None:
    build_slides(session, slot)
    build_recording(session, one, talk)
    session.commit()
    session.execute(sa.text("DELETE FROM item"))
    session.commit()
    assert session.scalar(sa.select(sa.func.count()).select_from(Slides)) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(Recording)) == 0
