"""What somebody who speaks agrees to: dated, withdrawable, with effect at once, and never put back by an import."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_item, build_person, build_section, build_series, build_session, build_slot
from workshop.audit.models import LogEntry
from workshop.chatham.rule import ConsentKind, Consents, Level
from workshop.core.errors import NotFoundError
from workshop.core.links import Purpose, find_subject, issue
from workshop.people import personal_data as people_data
from workshop.people.models import Person
from workshop.people.service import set_contact
from workshop.programme import personal_data
from workshop.programme.models import (
    ItemKind,
    LevelProposal,
    Recording,
    Slides,
    SpeakerAgreement,
    SpeakerConsent,
    SpeakerSlot,
    WorkshopSession,
)
from workshop.programme.service.consents import set_consent
from workshop.programme.service.programme import write_programme
from workshop.programme.service.values import ItemValues, SectionValues
from workshop.programme.view.consents import ConsentState, consent_views, consents_of

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def slot(session: Session) -> SpeakerSlot:
    """Give a talk on the record."""
    one = build_session(session, level=Level.ON_THE_RECORD)
    person = build_person(session, one.series, key="ada", email="Ada@example.org")
    found: SpeakerSlot = build_item(session, one, speakers=[person]).slots[0]
    return found


def give(session: Session, slot: SpeakerSlot, kind: ConsentKind, *, given: bool = True, **values: Any) -> bool:
    """Give or withdraw one."""
    values = {"now": NOW, "recorded_by": "speaker", **values}
    return set_consent(session, slot=slot, kind=kind, given=given, **values)


def test_what_nobody_said_counts_by_its_kind(slot: SpeakerSlot) -> None:
    assert consents_of(slot) == Consents()
    states = {view.kind: view.state for view in consent_views(slot)}
    assert states == {
        ConsentKind.ANNOUNCE_NAME: ConsentState.ENTERED,
        ConsentKind.ANNOUNCE_AFFILIATION: ConsentState.ENTERED,
        ConsentKind.QUOTED: ConsentState.NOT_GIVEN,
        ConsentKind.SLIDES: ConsentState.NOT_GIVEN,
        ConsentKind.RECORDED: ConsentState.NOT_GIVEN,
    }


@pytest.mark.parametrize("kind", list(ConsentKind))
def test_each_is_dated_and_comes_and_goes_alone(session: Session, slot: SpeakerSlot, kind: ConsentKind) -> None:
    assert give(session, slot, kind)
    assert not give(session, slot, kind, now=LATER), "said before"
    (said,) = slot.consents
    assert (said.given_at, said.withdrawn_at) == (NOW, None)
    assert give(session, slot, kind, given=False, now=LATER)
    assert not give(session, slot, kind, given=False, now=LATER)
    (said,) = slot.consents
    assert (said.given_at, said.withdrawn_at) == (NOW, LATER)
    expected = {one.value: getattr(Consents(), one.value) for one in ConsentKind} | {kind.value: False}
    assert consents_of(slot) == Consents(**expected)
    assert give(session, slot, kind, now=LATER)
    assert getattr(consents_of(slot), kind.value)


def test_refusing_what_was_never_given_writes_nothing(session: Session, slot: SpeakerSlot) -> None:
    assert not give(session, slot, ConsentKind.QUOTED, given=False)
    assert session.scalars(sa.select(LogEntry)).all() == []


def test_every_change_raises_the_revision_and_is_logged_without_a_name(session: Session, slot: SpeakerSlot) -> None:
    series = slot.person.series_id
    statement = sa.text("SELECT revision FROM series WHERE id = :id")
    before = session.scalar(statement, {"id": series})
    give(session, slot, ConsentKind.QUOTED, recorded_by="organiser:7", details={"way": "telephone"})
    assert session.scalar(statement, {"id": series}) == before + 1
    (entry,) = session.scalars(sa.select(LogEntry))
    assert (entry.actor, entry.action) == ("organiser:7", "programme.give_consent")
    assert entry.details == {"slot": slot.id, "kind": "quoted", "way": "telephone"}
    (view,) = (one for one in consent_views(slot) if one.kind is ConsentKind.QUOTED)
    assert not view.is_own_act


def test_a_part_that_is_gone_cannot_be_decided_about(session: Session, slot: SpeakerSlot) -> None:
    session.execute(sa.delete(SpeakerSlot).where(SpeakerSlot.id == slot.id))
    with pytest.raises(NotFoundError):
        give(session, slot, ConsentKind.QUOTED)


def test_withdrawing_the_recording_takes_it_off_the_pages(session: Session, slot: SpeakerSlot) -> None:
    give(session, slot, ConsentKind.RECORDED)
    recording = Recording(
        workshop_session_id=slot.workshop_session_id,
        item_id=slot.item_id,
        url="https://video.example.org/1",
        level=Level.ON_THE_RECORD,
        agreed_at=NOW,
        published_at=NOW,
        created_at=NOW,
    )
    session.add(recording)
    session.flush()
    session.expire_all()
    give(session, slot, ConsentKind.RECORDED, given=False)
    session.refresh(recording)
    assert recording.published_at is None


def _write(session: Session, slot: SpeakerSlot, *sections: SectionValues) -> list[SpeakerSlot]:
    person_id = slot.person_id
    workshop_session = session.get_one(WorkshopSession, slot.workshop_session_id)
    write_programme(session, now=LATER, workshop_session=workshop_session, sections=sections)
    session.expire_all()
    statement = sa.select(SpeakerSlot).where(SpeakerSlot.person_id == person_id)
    return list(session.scalars(statement.order_by(SpeakerSlot.id)))


@pytest.mark.parametrize("how", ["as a moderator", "in another section"])
def test_an_import_that_moves_somebody_within_their_talk_puts_no_name_back(
    session: Session, slot: SpeakerSlot, how: str
) -> None:
    give(session, slot, ConsentKind.ANNOUNCE_NAME, given=False)
    talk: dict[str, Any] = {"kind": ItemKind.TALK, "title": both("Un exposé", "A talk"), "minutes": 20}
    first = both("Première partie", "First part")
    if how == "as a moderator":
        sections = [SectionValues(title=first, items=(ItemValues(**talk, moderators=("ada",)),))]
    else:
        second = SectionValues(title=both("Autre", "Other"), items=(ItemValues(**talk, speakers=("ada",)),))
        sections = [SectionValues(title=first, items=()), second]
    slots = _write(session, slot, *sections)
    assert slots
    assert not any(consents_of(one).announce_name for one in slots)


def test_another_talk_of_the_same_person_keeps_its_own(session: Session, slot: SpeakerSlot) -> None:
    give(session, slot, ConsentKind.ANNOUNCE_NAME, given=False)
    talk = ItemValues(kind=ItemKind.TALK, title=both("Un exposé", "A talk"), minutes=20, speakers=("ada",))
    other = ItemValues(kind=ItemKind.TALK, title=both("Un autre", "Another"), minutes=20, speakers=("ada",))
    slots = _write(session, slot, SectionValues(title=both("Première partie", "First part"), items=(talk, other)))
    assert [consents_of(one).announce_name for one in slots] == [False, True]


def test_all_of_it_is_told_and_all_of_it_leaves(session: Session, slot: SpeakerSlot) -> None:
    give(session, slot, ConsentKind.QUOTED)
    session.add(
        Slides(slot_id=slot.id, media_type="image/png", size=3, content=b"abc", uploaded_at=NOW, uploaded_by="speaker")
    )
    proposal = LevelProposal(
        workshop_session_id=slot.workshop_session_id, level=Level.DISCUSSION, proposed_at=NOW, proposed_by="command"
    )
    session.add(proposal)
    session.flush()
    session.add(
        SpeakerAgreement(proposal_id=proposal.id, person_id=slot.person_id, agreed_at=NOW, recorded_by="speaker")
    )
    session.flush()
    token = issue(session, purpose=Purpose.SPEAKER, subject=slot.person.subject)
    (held,) = personal_data.export(session, email="ada@EXAMPLE.org")
    assert held["parts"][0]["consents"][0]["kind"] == "quoted"
    assert held["parts"][0]["slides"][0]["octets"] == 3
    assert held["levels_agreed_to"][0]["level"] == "discussion"
    assert personal_data.erase(session, now=LATER, email="ada@example.org") == 1
    for model in (SpeakerSlot, SpeakerConsent, Slides, SpeakerAgreement):
        assert session.scalar(sa.select(sa.func.count()).select_from(model)) == 0
    assert people_data.erase(session, now=LATER, email="ada@example.org") == 1
    assert find_subject(session, purpose=Purpose.SPEAKER, token=token) is None
    assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 0


def test_another_address_kills_the_link_that_went_to_the_first(session: Session) -> None:
    series = build_series(session)
    person = build_person(session, series, email="")
    build_slot(session, build_session(session, series), person)
    build_section(session, series.sessions[0])
    contact: dict[str, Any] = {"now": NOW, "person": person, "languages": series.languages}
    assert set_contact(session, email="one@example.org", language="en", **contact)
    token = issue(session, purpose=Purpose.SPEAKER, subject=person.subject)
    assert not set_contact(session, email="one@example.org", language="en", **contact)
    assert set_contact(session, email="one@example.org", language="fr", **contact)
    assert find_subject(session, purpose=Purpose.SPEAKER, token=token) == person.subject
    assert set_contact(session, email="two@example.org", language="fr", **contact)
    assert find_subject(session, purpose=Purpose.SPEAKER, token=token) is None
