"""Checked again whenever people, programme or level change: what may not stand any more leaves the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_item, build_participant, build_person
from tests.unit.summaries.writers import HARMLESS, Desk, approve, build_desk, give, publish, submit, write
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Audience, ConsentKind, Level, Surface
from workshop.core.localized import Localized
from workshop.people.service import raise_revision
from workshop.privacy.service import erase
from workshop.programme.models import Item, SpeakerSlot
from workshop.programme.service.consents import set_consent
from workshop.programme.service.levels import set_item_level
from workshop.programme.service.standing import touch
from workshop.rsvp.models import Answer
from workshop.summaries import service
from workshop.summaries.models import Summary
from workshop.summaries.queries import list_stopped
from workshop.summaries.view import summary_view

LATER = NOW + timedelta(minutes=5)
TEXT = both("On a parlé de Wenceslas Ombredane.", "Wenceslas Ombredane was spoken of.")


def _run(session: Session) -> int:
    session.flush()
    session.expire_all()
    return service.recheck(session, now=LATER)


def _stops(session: Session) -> list[LogEntry]:
    return list(session.scalars(sa.select(LogEntry).where(LogEntry.action == "summaries.stop")))


def _published(session: Session) -> tuple[Desk, Summary]:
    desk = build_desk(session)
    summary = publish(session, desk, TEXT)
    assert _run(session) == 0
    return desk, summary


def test_nothing_changed_means_nothing_to_do(session: Session) -> None:
    desk, summary = _published(session)
    touch(session, desk.one.series, now=NOW)
    assert _run(session) == 1
    assert _run(session) == 0
    assert summary.published_at == NOW


def test_a_speaker_who_is_added_takes_their_name_off_the_page(session: Session) -> None:
    desk, summary = _published(session)
    revision = desk.one.series.revision
    build_item(session, desk.one, speakers=[build_person(session, desk.one.series, name="Wenceslas Ombredane")])
    raise_revision(session, now=NOW, series_id=desk.one.series_id)
    assert _run(session) == 1
    assert (summary.published_at, summary.submitted_at, summary.stopped_at) == (None, None, LATER)
    assert desk.one.series.revision > revision + 1
    (entry,) = _stops(session)
    assert (entry.actor, entry.object) == ("worker", f"session:{desk.one.id}")
    assert entry.details == {"version": 1, "blocks": 2, "approvals": 1}
    assert list_stopped(session, [desk.one.id]) == {("mine", "1")}
    assert _run(session) == 0
    assert summary.text == TEXT, "the words are kept, to be mended"


def test_a_participant_who_changes_their_name_does_too(session: Session) -> None:
    desk, summary = _published(session)
    answer = session.scalars(sa.select(Answer).where(Answer.workshop_session_id == desk.one.id)).first()
    assert answer is not None
    answer.participant.name = "Wenceslas Ombredane"
    assert _run(session) == 1
    assert summary.stopped_at == LATER


def test_a_stricter_level_takes_off_what_too_few_have_approved(session: Session) -> None:
    desk, summary = _published(session)
    desk.one.level = Level.WHOLE_SESSION
    touch(session, desk.one.series, now=NOW)
    assert _run(session) == 1
    assert summary.stopped_at == LATER
    (entry,) = _stops(session)
    assert entry.details == {"version": 1, "blocks": 0, "approvals": 1}


def _named(session: Session, words: Localized) -> tuple[Desk, Summary, SpeakerSlot]:
    """Return a summary on the record, which may name its speaker."""
    desk = build_desk(session, Level.DISCUSSION)
    speaker = build_person(session, desk.one.series, name="Wenceslas Ombredane", affiliations=())
    (slot,) = build_item(session, desk.one, speakers=[speaker], level=Level.ON_THE_RECORD).slots
    set_consent(session, now=NOW, slot=slot, kind=ConsentKind.QUOTED, given=True, recorded_by="speaker")
    session.expire_all()
    summary = write(session, desk, words)
    found = service.check_summary(session, desk.one, summary, knows_list=True)
    give(session, desk, summary, {one.key: "They agreed." for one in found})
    submit(session, desk, summary)
    assert approve(session, desk, summary, desk.second)
    assert _is_shown(desk, summary)
    return desk, summary, slot


def _is_shown(desk: Desk, summary: Summary) -> bool:
    return summary_view(desk.one, summary, audience=Audience.PUBLIC, surface=Surface.PAGE) is not None


@pytest.mark.parametrize("kind", [ConsentKind.QUOTED, ConsentKind.ANNOUNCE_NAME])
def test_whoever_may_be_named_no_more_leaves_the_page_with_the_next_request(
    session: Session, kind: ConsentKind
) -> None:
    desk, summary, slot = _named(session, TEXT)
    set_consent(session, now=NOW, slot=slot, kind=kind, given=False, recorded_by="speaker")
    assert not _is_shown(desk, summary), "before the next check runs"
    assert _run(session) == 1
    assert summary.stopped_at == LATER
    set_consent(session, now=LATER, slot=slot, kind=kind, given=True, recorded_by="speaker")
    assert _run(session) == 1
    assert not _is_shown(desk, summary), "nothing comes back by itself"


def test_a_talk_that_comes_under_the_rule_takes_its_name_off_the_page_with_the_next_request(session: Session) -> None:
    desk, summary, slot = _named(session, TEXT)
    item = session.get_one(Item, slot.item_id)
    set_item_level(session, now=NOW, workshop_session=desk.one, item=item, level=None, has_answers=True)
    assert not _is_shown(desk, summary)
    assert _run(session) == 1
    assert summary.stopped_at == LATER


def test_a_summary_that_names_nobody_is_back_after_the_check(session: Session) -> None:
    desk, summary, slot = _named(session, HARMLESS)
    set_consent(session, now=NOW, slot=slot, kind=ConsentKind.QUOTED, given=False, recorded_by="speaker")
    assert not _is_shown(desk, summary)
    session.refresh(desk.one.series)
    revision = desk.one.series.revision
    assert _run(session) == 1
    assert _is_shown(desk, summary)
    assert desk.one.series.revision == revision + 1, "the kept page had none"
    assert _run(session) == 0


def test_an_approver_whose_account_is_gone_approved_all_the_same(session: Session) -> None:
    desk, summary = _published(session)
    session.delete(desk.second)
    session.flush()
    assert _run(session) == 1
    assert summary.published_at == NOW


def test_reasons_are_forgotten_with_the_people_whom_they_would_tell_of(session: Session) -> None:
    desk = build_desk(session)
    guest = build_participant(session, desk.one.series, name="Wenceslas Ombredane")
    build_answer(session, desk.one, guest)
    summary = write(session, desk, both("Un prénom : Wenceslas.", "A first name: Wenceslas."))
    found = service.check_summary(session, desk.one, summary, knows_list=True)
    give(session, desk, summary, {one.key: "A saint." for one in found})
    assert len(summary.reasons) == 1
    erase(session, now=NOW, participant=guest)
    assert _run(session) == 1
    session.refresh(summary)
    assert summary.reasons == []


def test_a_draft_is_never_stopped(session: Session) -> None:
    desk = build_desk(session)
    summary = write(session, desk, Localized({"fr": TEXT["fr"]}))
    build_person(session, desk.one.series, name="Wenceslas Ombredane")
    raise_revision(session, now=NOW, series_id=desk.one.series_id)
    assert _run(session) == 1
    assert summary.stopped_at is None
