"""Who may publish a summary, at which level, and what stands in the way."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, both
from tests.unit.summaries.writers import HARMLESS, OTHER, Desk, approve, build_desk, publish, quoted, submit, write
from workshop.audit.models import LogEntry
from workshop.audit.service import find_break
from workshop.chatham.rule import Audience, Level, Surface
from workshop.core.faults import InvalidValuesError
from workshop.core.localized import Localized
from workshop.programme.service.standing import touch
from workshop.summaries import service
from workshop.summaries.models import Summary
from workshop.summaries.queries import find_summary
from workshop.summaries.rule import (
    OwnSummaryError,
    SummaryChangedError,
    SummaryClosedError,
    SummaryPublishedError,
    SummaryTooEarlyError,
)
from workshop.summaries.service.rechecking import recheck
from workshop.summaries.view import summary_view


def _shown(desk: Desk, summary: Summary | None, audience: Audience = Audience.PUBLIC) -> str:
    view = summary_view(desk.one, summary, audience=audience, surface=Surface.PAGE)
    return view.text["en"] if view else ""


def _log(session: Session) -> list[str]:
    return list(
        session.scalars(sa.select(LogEntry.action).where(LogEntry.action.like("summaries.%")).order_by(LogEntry.id))
    )


def test_under_the_rule_another_person_approves(session: Session) -> None:
    desk = build_desk(session)
    summary = submit(session, desk, write(session, desk))
    revision = desk.one.series.revision
    with pytest.raises(OwnSummaryError):
        approve(session, desk, summary, desk.author)
    assert _shown(desk, summary) == ""
    assert approve(session, desk, summary, desk.second)
    assert _shown(desk, summary) == HARMLESS["en"]
    session.refresh(desk.one.series)
    assert desk.one.series.revision > revision, "pages are kept under the revision"
    assert _log(session) == ["summaries.save", "summaries.submit", "summaries.approve", "summaries.publish"]
    assert find_break(session) is None


def test_on_the_record_the_author_may(session: Session) -> None:
    desk = build_desk(session, Level.ON_THE_RECORD)
    summary = submit(session, desk, write(session, desk))
    assert approve(session, desk, summary, desk.author)
    assert _shown(desk, summary)


def test_a_whole_session_under_the_rule_takes_two_who_did_not_write(session: Session) -> None:
    desk = build_desk(session, Level.WHOLE_SESSION)
    summary = submit(session, desk, write(session, desk))
    assert not approve(session, desk, summary, desk.second)
    assert _shown(desk, summary) == ""
    with pytest.raises(OwnSummaryError):
        approve(session, desk, summary, desk.second)
    assert approve(session, desk, summary, desk.third)
    assert _shown(desk, summary)
    assert summary_view(desk.one, summary, audience=Audience.PUBLIC, surface=Surface.LIST) is None


def test_nothing_of_a_closed_session_is_kept_or_shown(session: Session) -> None:
    desk = build_desk(session, Level.CLOSED)
    with pytest.raises(SummaryClosedError):
        write(session, desk)
    # Not even where it was published at another level.
    desk.one.series.level = Level.DISCUSSION
    summary = publish(session, desk)
    desk.one.series.level = Level.CLOSED
    for audience in Audience:
        for surface in Surface:
            assert summary_view(desk.one, summary, audience=audience, surface=surface) is None


def test_a_stricter_level_hides_at_once_what_too_few_have_approved(session: Session) -> None:
    desk = build_desk(session)
    summary = publish(session, desk)
    assert _shown(desk, summary)
    desk.one.level = Level.WHOLE_SESSION
    assert _shown(desk, summary) == ""


def test_what_its_author_approved_on_the_record_leaves_the_pages_under_the_rule(session: Session) -> None:
    desk = build_desk(session, Level.ON_THE_RECORD)
    summary = submit(session, desk, write(session, desk))
    assert approve(session, desk, summary, desk.author)
    assert _shown(desk, summary)
    desk.one.level = Level.DISCUSSION
    assert _shown(desk, summary) == ""
    touch(session, desk.one.series, now=NOW)
    assert recheck(session, now=NOW) == 1
    assert (summary.published_at, summary.submitted_at, summary.stopped_at) == (None, None, NOW)
    desk.one.level = Level.ON_THE_RECORD
    assert _shown(desk, summary) == "", "nothing comes back by itself"


def test_what_another_approved_on_the_record_stays_under_the_rule(session: Session) -> None:
    desk = build_desk(session, Level.ON_THE_RECORD)
    summary = submit(session, desk, write(session, desk))
    assert approve(session, desk, summary, desk.second)
    desk.one.level = Level.DISCUSSION
    assert _shown(desk, summary)


def test_whoever_changes_a_word_becomes_an_author(session: Session) -> None:
    desk = build_desk(session)
    summary = submit(session, desk, write(session, desk))
    write(session, desk, OTHER, organiser=desk.second)
    assert (summary.submitted_at, summary.approvals) == (None, [])
    submit(session, desk, summary)
    with pytest.raises(OwnSummaryError):
        approve(session, desk, summary, desk.second)
    assert approve(session, desk, summary, desk.third)


def test_whoever_saves_the_same_text_does_not(session: Session) -> None:
    desk = build_desk(session)
    summary = submit(session, desk, write(session, desk))
    version = summary.version
    write(session, desk, HARMLESS, organiser=desk.second)
    assert (summary.version, summary.submitted_at) == (version, NOW)
    assert approve(session, desk, summary, desk.second)


def test_whoever_submits_answers_for_it(session: Session) -> None:
    desk = build_desk(session)
    summary = write(session, desk, organiser=desk.helper)
    submit(session, desk, summary, desk.second)
    with pytest.raises(OwnSummaryError):
        approve(session, desk, summary, desk.second)


def test_after_publishing_authors_begin_anew(session: Session) -> None:
    desk = build_desk(session)
    summary = publish(session, desk)
    service.take_back(session, now=NOW, workshop_session=desk.one, version=summary.version, organiser=desk.second)
    assert _shown(desk, summary) == ""
    write(session, desk, OTHER, organiser=desk.second)
    submit(session, desk, summary, desk.second)
    assert approve(session, desk, summary, desk.author)
    assert _shown(desk, summary) == OTHER["en"]


def test_who_takes_back_and_submits_does_not_approve(session: Session) -> None:
    desk = build_desk(session)
    summary = publish(session, desk)
    service.take_back(session, now=NOW, workshop_session=desk.one, version=summary.version, organiser=desk.author)
    submit(session, desk, summary)
    with pytest.raises(OwnSummaryError):
        approve(session, desk, summary, desk.author)


def test_what_is_published_is_not_changed_under_its_readers(session: Session) -> None:
    desk = build_desk(session)
    publish(session, desk)
    with pytest.raises(SummaryPublishedError):
        write(session, desk, OTHER)


def test_an_older_version_overwrites_submits_and_approves_nothing(session: Session) -> None:
    desk = build_desk(session)
    first = write(session, desk).version
    write(session, desk, OTHER, organiser=desk.second)
    act: dict[str, Any] = {"now": NOW, "workshop_session": desk.one, "version": first, "organiser": desk.third}
    with pytest.raises(SummaryChangedError):
        service.save(session, values=service.SummaryValues(HARMLESS), **act)
    with pytest.raises(SummaryChangedError):
        service.submit(session, knows_list=True, **act)
    summary = submit(session, desk, _found(session, desk))
    with pytest.raises(SummaryChangedError):
        service.approve(session, **act)
    with pytest.raises(SummaryChangedError):
        service.delete(session, **act)
    assert summary.text == OTHER


def _found(session: Session, desk: Desk) -> Summary:
    found = find_summary(session, desk.one.id)
    assert found is not None
    return found


def test_nothing_is_submitted_before_anything_was_said(session: Session) -> None:
    desk = build_desk(session)
    desk.one.starts_at, desk.one.ends_at = NOW + timedelta(minutes=1), NOW + timedelta(hours=2)
    summary = write(session, desk)
    with pytest.raises(SummaryTooEarlyError):
        submit(session, desk, summary)


@pytest.mark.parametrize(
    "text",
    [Localized({"fr": "Seulement en français."}), Localized.neutral("Le même texte partout."), both("Texte.", "")],
)
def test_every_language_has_a_text_of_its_own(session: Session, text: Localized) -> None:
    desk = build_desk(session)
    summary = write(session, desk, text)
    with pytest.raises(InvalidValuesError) as raised:
        submit(session, desk, summary)
    assert [(fault.field, fault.code) for fault in raised.value.faults] == [("text", "lacks_text")]


def test_a_session_in_one_language_needs_that_one(session: Session) -> None:
    desk = build_desk(session, monolingual="fr")
    assert publish(session, desk, Localized({"fr": "Seulement en français."})).published_at == NOW


def test_a_role_is_shared_by_five_confirmed_participants_at_least(session: Session) -> None:
    desk = build_desk(session, confirmed=6)
    for number, code in ((4, "shared_by_few"), (0, "shared_by_few"), (7, "shared_by_more")):
        with pytest.raises(InvalidValuesError) as raised:
            write(session, desk, quotations=(quoted(), quoted(number)))
        assert [(one.field, one.code) for one in raised.value.faults] == [("quotations.1.shared_by", code)]
    summary = write(session, desk, quotations=(quoted(5), quoted(6)))
    assert [one.shared_by for one in summary.quotations] == [5, 6]
    details = session.scalars(sa.select(LogEntry).where(LogEntry.action == "summaries.save")).one().details
    assert details["shared_by_1_researcher"] == 6
    publish(session, desk, quotations=(quoted(5),))
    view = summary_view(desk.one, summary, audience=Audience.PUBLIC, surface=Surface.PAGE)
    assert view is not None
    assert [one.role["en"] for one in view.quotations] == ["a researcher"]


def test_a_quotation_is_in_every_language_too(session: Session) -> None:
    desk = build_desk(session)
    summary = write(session, desk, quotations=(quoted(text=Localized({"en": "Only here."})),))
    with pytest.raises(InvalidValuesError) as raised:
        submit(session, desk, summary)
    assert [one.field for one in raised.value.faults] == ["quotations.0.text"]


def test_what_was_deleted_leaves_no_word_and_no_old_form_fits(session: Session) -> None:
    desk = build_desk(session)
    summary = publish(session, desk, quotations=(quoted(),))
    version = summary.version
    act: dict[str, Any] = {"now": NOW, "workshop_session": desk.one, "organiser": desk.second}
    service.delete(session, version=version, **act)
    found = _found(session, desk)
    assert (found.text, found.quotations, found.authors, found.approvals) == (Localized(), [], [], [])
    assert _shown(desk, found) == ""
    with pytest.raises(SummaryChangedError):
        service.save(session, values=service.SummaryValues(HARMLESS), version=version, **act)
    # Those who wrote before may approve what somebody else writes anew.
    summary = submit(session, desk, write(session, desk, OTHER, organiser=desk.second), desk.second)
    assert approve(session, desk, summary, desk.author)


def test_the_log_holds_no_words(session: Session) -> None:
    desk = build_desk(session)
    publish(session, desk, quotations=(quoted(),))
    touch(session, desk.one.series, now=NOW)
    for entry in session.scalars(sa.select(LogEntry)):
        assert all(isinstance(value, int) for value in entry.details.values())


def test_a_link_to_a_recording_has_a_field_of_its_own(session: Session) -> None:
    desk = build_desk(session)
    for text, quotations, field in (
        (both("Voir https://youtu.be/abcdefghijk", "See."), (), "text"),
        (HARMLESS, (quoted(text=both("Vu.", "See https://vimeo.com/123456789")),), "quotations.0.text"),
    ):
        with pytest.raises(InvalidValuesError) as raised:
            write(session, desk, text, quotations=quotations)
        assert [(one.field, one.code) for one in raised.value.faults] == [(field, "recording_link")]
