"""What the services of series and sessions do, refuse and write down."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.unit.programme.values import LANGUAGES, a_series, a_session, text, wall
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level, Visibility
from workshop.core.faults import InvalidValuesError
from workshop.core.localized import Localized
from workshop.programme.models import ItemKind, Mode, OldSlug, Series, SessionStatus, WorkshopSession
from workshop.programme.queries import find_proposal
from workshop.programme.service import (
    CancelledError,
    HasAnswersError,
    cancel,
    create_series,
    create_session,
    publish,
    reschedule,
    session_values,
    unpublish,
    update_series,
    update_session,
)
from workshop.programme.service.levels import set_item_level
from workshop.programme.service.values import ItemValues, SectionValues, series_values


@pytest.fixture
def series(session: Session, now: datetime) -> Series:
    return create_series(session, now=now, values=a_series(), instance_languages=LANGUAGES)


@pytest.fixture
def one(session: Session, now: datetime, series: Series) -> WorkshopSession:
    return create_session(session, now=now, series=series, values=a_session())


def actions(session: Session) -> list[str]:
    return list(session.scalars(sa.select(LogEntry.action).order_by(LogEntry.id)))


def codes(error: pytest.ExceptionInfo[InvalidValuesError]) -> list[tuple[str, str]]:
    return [(fault.field, fault.code) for fault in error.value.faults]


def test_a_corrected_title_raises_the_revision_and_not_sequence(
    session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    revision, later = series.revision, now + timedelta(hours=1)
    values = dataclasses.replace(session_values(one), title=text("Corrigé", "Corrected"))
    assert update_session(session, now=later, workshop_session=one, values=values, has_answers=True)
    assert (one.sequence, one.revised_at, series.revised_at) == (0, later, later)
    assert series.revision > revision


def test_nothing_changed_is_nothing_written(
    session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    revision = series.revision
    later = now + timedelta(hours=1)
    values = session_values(one)
    assert not update_session(session, now=later, workshop_session=one, values=values, has_answers=True)
    assert not update_series(session, now=later, series=series, values=series_values(series), answers={})
    session.refresh(series)
    assert (series.revision, one.revised_at) == (revision, now)


@pytest.mark.parametrize(
    "change",
    [
        {"starts_wall": wall("2027-01-14T15:00")},
        {"ends_wall": wall("2027-01-14T19:00")},
        {"tzid": "America/Toronto"},
        {"place": text("Salle 2", "Room 2")},
        {"mode": Mode.HYBRID},
        {"status": SessionStatus.TENTATIVE},
        {"level": Level.WHOLE_SESSION},
        {"mode": Mode.ON_SITE, "place": text("Ici", "Here"), "starts_wall": wall("2027-01-14T10:00")},
    ],
)
def test_sequence_rises_once_for_an_act(
    session: Session, now: datetime, one: WorkshopSession, change: dict[str, object]
) -> None:
    values = dataclasses.replace(session_values(one), **change)  # type: ignore[arg-type] # whatever the case says
    assert update_session(session, now=now, workshop_session=one, values=values, has_answers=True)
    assert one.sequence == 1


def test_a_stricter_series_raises_sequence_where_sessions_follow_it(
    session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    own = create_session(session, now=now, series=series, values=a_session(number=2, level=Level.WHOLE_SESSION))
    values = dataclasses.replace(series_values(series), level=Level.WHOLE_SESSION)
    update_series(session, now=now, series=series, values=values, answers={one.id: 3, own.id: 3})
    assert (one.sequence, own.sequence) == (1, 0)
    assert actions(session).count("programme.change_level") == 2


def test_a_looser_level_is_asked_once_anyone_has_answered(
    session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    looser = dataclasses.replace(session_values(one), level=Level.ON_THE_RECORD)
    update_session(session, now=now, workshop_session=one, values=looser, has_answers=True)
    proposal = find_proposal(session, one.id)
    assert proposal is not None
    assert (proposal.level, proposal.item_id, one.level, one.sequence) == (Level.ON_THE_RECORD, None, None, 0)
    assert actions(session)[-1] == "programme.propose_level"
    # The same again is not asked anew: who has agreed so far stays.
    update_session(session, now=now, workshop_session=one, values=looser, has_answers=True)
    assert find_proposal(session, one.id) is proposal
    assert actions(session).count("programme.propose_level") == 1


def test_a_looser_series_leaves_those_with_answers_at_their_level_and_asks(
    session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    free = create_session(session, now=now, series=series, values=a_session(number=2))
    begun = create_session(session, now=now, series=series, values=a_session(number=3))
    begun.starts_at = now
    session.flush()
    values = dataclasses.replace(series_values(series), level=Level.ON_THE_RECORD)
    update_series(session, now=now, series=series, values=values, answers={one.id: 1, begun.id: 0})
    assert (one.level, free.level, begun.level) == (Level.DISCUSSION, None, Level.DISCUSSION)
    assert [find_proposal(session, found.id) is not None for found in (one, free, begun)] == [True, False, False]


def test_people_are_asked_about_one_looser_level_of_a_session_at_a_time(
    session: Session, now: datetime, series: Series
) -> None:
    talk = ItemValues(kind=ItemKind.TALK, title=text("A", "A"), level=Level.WHOLE_SESSION)
    strict = SectionValues(items=(talk,))
    one = create_session(session, now=now, series=series, values=a_session(), sections=[strict])
    loose = SectionValues(items=(dataclasses.replace(talk, level=Level.ON_THE_RECORD),))
    values = dataclasses.replace(session_values(one), level=Level.ON_THE_RECORD)
    with pytest.raises(InvalidValuesError) as caught:
        update_session(session, now=now, workshop_session=one, values=values, has_answers=True, sections=[loose])
    assert codes(caught) == [("level", "looser_several")]


def test_a_looser_level_is_free_before(session: Session, now: datetime, one: WorkshopSession) -> None:
    values = dataclasses.replace(session_values(one), level=Level.ON_THE_RECORD)
    assert update_session(session, now=now, workshop_session=one, values=values, has_answers=False)
    assert one.sequence == 0
    assert actions(session)[-1] == "programme.change_level"


def test_a_looser_level_is_refused_once_it_has_begun(session: Session, now: datetime, one: WorkshopSession) -> None:
    values = dataclasses.replace(session_values(one), level=Level.ON_THE_RECORD)
    with pytest.raises(InvalidValuesError) as caught:
        update_session(session, now=one.starts_at, workshop_session=one, values=values, has_answers=False)
    assert codes(caught) == [("level", "looser_after_start")]


def test_a_looser_item_counts_as_looser(session: Session, now: datetime, series: Series) -> None:
    strict = SectionValues(items=(ItemValues(kind=ItemKind.TALK, title=text("A", "A"), level=Level.WHOLE_SESSION),))
    loose = SectionValues(items=(ItemValues(kind=ItemKind.TALK, title=text("A", "A")),))
    one = create_session(session, now=now, series=series, values=a_session(), sections=[strict])
    update_session(
        session, now=now, workshop_session=one, values=session_values(one), has_answers=True, sections=[loose]
    )
    (item,) = one.sections[0].items
    proposal = find_proposal(session, one.id)
    assert proposal is not None
    assert (proposal.item_id, proposal.level) == (item.id, Level.DISCUSSION)
    assert item.level is Level.WHOLE_SESSION


def test_a_new_talk_on_the_record_is_asked_about_too(
    session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    talk = ItemValues(kind=ItemKind.TALK, title=text("A", "A"), level=Level.ON_THE_RECORD)
    update_session(
        session, now=now, workshop_session=one, values=session_values(one), has_answers=True,
        sections=[SectionValues(items=(talk,))],
    )  # fmt: skip
    (item,) = one.sections[0].items
    proposal = find_proposal(session, one.id)
    assert proposal is not None
    assert (proposal.item_id, item.level) == (item.id, None)
    # Called otherwise it is another talk: nobody agreed to that one.
    renamed = dataclasses.replace(talk, title=text("B", "B"), level=None)
    update_session(
        session, now=now, workshop_session=one, values=session_values(one), has_answers=True,
        sections=[SectionValues(items=(renamed,))],
    )  # fmt: skip
    assert find_proposal(session, one.id) is None


def test_a_stricter_item_raises_sequence_and_ends_what_was_asked(
    session: Session, now: datetime, series: Series, one: WorkshopSession
) -> None:
    talk = ItemValues(kind=ItemKind.TALK, title=text("A", "A"))
    sections = [SectionValues(items=(talk,))]
    values = session_values(one)
    update_session(session, now=now, workshop_session=one, values=values, has_answers=True, sections=sections)
    (item,) = one.sections[0].items
    set_item_level(session, now=now, workshop_session=one, item=item, level=Level.ON_THE_RECORD, has_answers=True)
    assert find_proposal(session, one.id) is not None
    set_item_level(session, now=now, workshop_session=one, item=item, level=Level.WHOLE_SESSION, has_answers=True)
    assert (item.level, one.sequence) == (Level.WHOLE_SESSION, 1)
    assert find_proposal(session, one.id) is None
    assert actions(session)[-2:] == ["programme.withdraw_proposal", "programme.change_level"]


def test_closed_is_not_visible(session: Session, now: datetime, series: Series) -> None:
    values = a_session(level=Level.CLOSED, visibility=Visibility.PUBLIC)
    with pytest.raises(InvalidValuesError) as caught:
        create_session(session, now=now, series=series, values=values)
    assert codes(caught) == [("visibility", "closed_but_visible")]


def test_moving(session: Session, now: datetime, one: WorkshopSession) -> None:
    starts, ends = wall("2027-02-01T10:00"), wall("2027-02-01T12:00")
    assert reschedule(
        session, now=now, workshop_session=one, starts_wall=starts, ends_wall=ends, tzid="America/Toronto"
    )
    assert one.starts_at.isoformat() == "2027-02-01T15:00:00+00:00"
    assert (one.sequence, one.tzid, actions(session)[-1]) == (1, "America/Toronto", "programme.reschedule")
    assert not reschedule(
        session, now=now, workshop_session=one, starts_wall=starts, ends_wall=ends, tzid="America/Toronto"
    )
    with pytest.raises(InvalidValuesError) as caught:
        reschedule(session, now=now, workshop_session=one, starts_wall=ends, ends_wall=starts, tzid="Europe/Paris")
    assert codes(caught) == [("ends_wall", "ends_before_start")]


def test_a_time_that_occurs_twice_is_asked_about(session: Session, now: datetime, one: WorkshopSession) -> None:
    times = {
        "starts_wall": wall("2027-10-31T02:30"),
        "ends_wall": wall("2027-10-31T04:00"),
        "tzid": "Europe/Paris",
    }
    with pytest.raises(InvalidValuesError) as caught:
        reschedule(session, now=now, workshop_session=one, **times)  # type: ignore[arg-type] # as the case says
    assert codes(caught) == [("starts_wall", "time_in_fold")]
    reschedule(session, now=now, workshop_session=one, fold=1, **times)  # type: ignore[arg-type] # as the case says
    assert one.starts_at.isoformat() == "2027-10-31T01:30:00+00:00"
    assert session_values(one).fold == 1


def test_cancelling(session: Session, now: datetime, one: WorkshopSession) -> None:
    assert cancel(session, now=now, workshop_session=one, actor="organiser:1")
    assert (one.status, one.sequence, actions(session)[-1]) == (SessionStatus.CANCELLED, 1, "programme.cancel")
    assert not cancel(session, now=now, workshop_session=one)
    with pytest.raises(CancelledError):
        publish(session, now=now, workshop_session=one)


def test_publishing_and_taking_back(session: Session, now: datetime, one: WorkshopSession) -> None:
    assert publish(session, now=now, workshop_session=one)
    assert (one.is_published, one.published_at, one.sequence) == (True, now, 0)
    with pytest.raises(HasAnswersError):
        unpublish(session, now=now, workshop_session=one, has_answers=True)
    assert unpublish(session, now=now, workshop_session=one, has_answers=False)
    assert actions(session)[-2:] == ["programme.publish", "programme.unpublish"]


def test_a_form_cannot_unpublish_what_has_answers(session: Session, now: datetime, one: WorkshopSession) -> None:
    publish(session, now=now, workshop_session=one)
    values = dataclasses.replace(session_values(one), is_published=False)
    with pytest.raises(InvalidValuesError) as caught:
        update_session(session, now=now, workshop_session=one, values=values, has_answers=True)
    assert codes(caught) == [("is_published", "session_has_answers")]


def test_publishing_refuses_what_lacks_a_language(session: Session, now: datetime, series: Series) -> None:
    values = a_session(title=Localized({"fr": "Seul"}))
    one = create_session(session, now=now, series=series, values=values)
    with pytest.raises(InvalidValuesError) as caught, session.begin_nested():
        publish(session, now=now, workshop_session=one)
    assert codes(caught) == [("title", "lacks_language")]
    session.refresh(one)
    only = dataclasses.replace(session_values(one), monolingual="fr", is_published=True)
    assert update_session(session, now=now, workshop_session=one, values=only, has_answers=False)


def test_an_earlier_address_stays_taken(session: Session, now: datetime, series: Series, one: WorkshopSession) -> None:
    values = dataclasses.replace(session_values(one), slug="autre")
    update_session(session, now=now, workshop_session=one, values=values, has_answers=False)
    (former,) = session.scalars(sa.select(OldSlug))
    assert (former.slug, former.within_series_id, former.workshop_session_id) == ("1", series.id, one.id)
    with pytest.raises(InvalidValuesError) as caught:
        create_session(session, now=now, series=series, values=a_session())
    assert codes(caught) == [("slug", "slug_taken")]
    back = dataclasses.replace(values, slug="1")
    update_session(session, now=now, workshop_session=one, values=back, has_answers=False)
    assert [old.slug for old in session.scalars(sa.select(OldSlug))] == ["autre"]


def test_a_series_that_moved_keeps_its_earlier_address(session: Session, now: datetime, series: Series) -> None:
    values = dataclasses.replace(series_values(series), slug="nouveau")
    update_series(session, now=now, series=series, values=values, answers={})
    with pytest.raises(InvalidValuesError) as caught:
        create_series(session, now=now, values=a_series())
    assert codes(caught) == [("slug", "slug_taken")]


def test_several_faults_at_once(session: Session, now: datetime) -> None:
    values = a_series(
        slug="É",
        tzid="Mars",
        title=Localized(),
        retention_days=0,
        colour="red",
        contact="x",
        links=("ftp:x",),
        embed_origins=("https://a.example.org", "https://a.example.org/page"),
    )
    with pytest.raises(InvalidValuesError) as caught:
        create_series(session, now=now, values=values)
    assert {field for field, _ in codes(caught)} == {
        "slug", "tzid", "title", "retention_days", "colour", "contact", "links.0", "embed_origins.1",
    }  # fmt: skip


def test_whoever_may_frame_the_list_is_a_line_of_the_log_and_another_revision(session: Session, now: datetime) -> None:
    series = create_series(session, now=now, values=a_series())
    before = series.revision
    values = a_series(embed_origins=("https://Partner.example.org/",))
    assert update_series(session, now=now, series=series, values=values, answers={})
    assert series.embed_origins == ("https://partner.example.org",)
    assert series.revision == before + 1
    assert actions(session)[-1] == "programme.change_embedding"
    again = a_series(embed_origins=("https://partner.example.org",))
    assert not update_series(session, now=now, series=series, values=again, answers={})


def test_control_characters_do_not_get_in(session: Session, now: datetime) -> None:
    dirty = Localized({"fr": "a\x07\x85b\u2028c\n d", "en": "e\tf\ud800"})
    series = create_series(session, now=now, values=a_series(title=dirty, description=dirty))
    assert series.title == Localized({"fr": "abc d", "en": "e f"})
    assert series.description["fr"] == "abc\n d"
