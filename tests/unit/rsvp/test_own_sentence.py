"""The organisers' own sentence: read and acknowledged with the notice, in its version; never in what is neutral."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from workshop.audit.models import LogEntry
from workshop.chatham.notices import current_notice, with_own_sentence
from workshop.chatham.rule import Audience, Level, Surface
from workshop.core.localized import Localized
from workshop.ical import Calendar, serialise
from workshop.mail.models import OutboxMessage
from workshop.programme.models import OwnSentence, Series, WorkshopSession
from workshop.programme.service.series import update_series
from workshop.programme.service.values import series_values
from workshop.programme.view import session_event, session_view
from workshop.rsvp import emails, service
from workshop.rsvp.models import Acknowledgement, Answer, AnswerState, Choice, Participant
from workshop.rsvp.rule import NoticeChangedError, is_read, needs_box, notice_of, read_notice_id
from workshop.rsvp.service import Asked
from workshop.rsvp.service.following import follow
from workshop.rsvp.service.standing import acknowledge
from workshop.rsvp.view import participant_view

SENTENCE = both("Phrase-canari, rien de plus.", "Canary sentence, nothing more.")
OTHER = both("Une autre phrase.", "Another sentence.")


@pytest.fixture
def series(session: Session) -> Series:
    """Give a series with a sentence of its own in version 1."""
    return build_series(session, own_sentence=SENTENCE, own_sentence_version=1)


@pytest.fixture
def workshop_session(session: Session, series: Series) -> WorkshopSession:
    """Give a session of it."""
    return build_session(session, series)


def say(session: Session, series: Series, sentence: Localized) -> None:
    """Let the organisers write another sentence."""
    values = series_values(series)
    changed = {name: getattr(values, name) for name in values.__dataclass_fields__} | {"own_sentence": sentence}
    update_series(session, now=NOW, series=series, values=type(values)(**changed), answers={})
    session.expire(series)


def asked(**values: object) -> Asked:
    """Return what a form says that was ticked under the notice `notices`."""
    said: dict[str, object] = {
        "name": "x",
        "address": "someone@example.org",
        "choice": Choice.ACCEPTED,
        "language": "en",
        "tzid": "",
        "notices": ["discussion.1.1"],
        "notice_language": "en",
    }
    return Asked(**(said | values))  # type: ignore[arg-type] # values of a test


def known(session: Session) -> list[tuple[Level, int, int]]:
    """Return what was acknowledged."""
    found = session.execute(sa.select(Acknowledgement).order_by(Acknowledgement.id)).scalars()
    return [(one.level, one.version, one.own_version) for one in found]


def test_a_form_names_the_notice_with_the_version_of_the_sentence() -> None:
    notice = current_notice(Level.DISCUSSION)
    assert notice.id == "discussion.1"
    assert with_own_sentence(notice, SENTENCE, 3).id == "discussion.1.3"
    assert with_own_sentence(notice, Localized(), 3).id == "discussion.1", "a sentence that was taken away"
    read = read_notice_id("discussion.1.3")
    assert read is not None
    assert (read.level, read.version, read.own_version) == (Level.DISCUSSION, 1, 3)
    for bad in ("", None, "discussion", "discussion.2", "other.1", "discussion.1.x", "discussion.1.-1", "discussion.¹"):
        assert read_notice_id(bad) is None, bad


def test_the_notice_stays_as_it_is_whatever_the_sentence_says() -> None:
    notice = with_own_sentence(current_notice(Level.DISCUSSION), SENTENCE, 1)
    assert (notice.text, notice.box) == (current_notice(Level.DISCUSSION).text, current_notice(Level.DISCUSSION).box)


def test_another_sentence_is_to_be_read_and_one_that_was_taken_away_is_not() -> None:
    plain = current_notice(Level.DISCUSSION)
    second = with_own_sentence(plain, SENTENCE, 2)
    assert not is_read(second, [(Level.DISCUSSION, 1, 1)])
    assert not is_read(second, [(Level.DISCUSSION, 1, 0)])
    assert is_read(second, [(Level.DISCUSSION, 1, 2)])
    assert is_read(plain, [(Level.DISCUSSION, 1, 2)])
    assert not is_read(plain, [(Level.WHOLE_SESSION, 1, 0)])
    assert needs_box(second, Choice.TENTATIVE, known=[(Level.DISCUSSION, 1, 1)])
    assert not needs_box(second, Choice.DECLINED)
    assert not needs_box(with_own_sentence(current_notice(Level.ON_THE_RECORD), SENTENCE, 1), Choice.ACCEPTED)


def test_every_wording_is_kept_as_it_was_and_logged(session: Session) -> None:
    series = build_series(session)
    say(session, series, SENTENCE)
    say(session, series, SENTENCE)
    say(session, series, Localized())
    say(session, series, OTHER)
    kept = session.execute(sa.select(OwnSentence.version, OwnSentence.text).order_by(OwnSentence.version)).all()
    assert [tuple(row) for row in kept] == [(1, SENTENCE), (2, Localized()), (3, OTHER)]
    assert (series.own_sentence, series.own_sentence_version) == (OTHER, 3)
    logged = session.scalars(sa.select(LogEntry).where(LogEntry.action == "programme.change_own_sentence")).all()
    assert [one.details["version"] for one in logged] == [1, 2, 3]
    assert "canari" not in str([one.details for one in logged])


def test_a_changed_sentence_raises_the_revision_that_public_pages_are_kept_under(session: Session) -> None:
    series = build_series(session)
    before = series.revision
    say(session, series, SENTENCE)
    assert series.revision > before


def test_the_acknowledgement_holds_the_version_of_the_sentence(
    session: Session, workshop_session: WorkshopSession
) -> None:
    participant = service.request_answer(session, now=NOW, workshop_session=workshop_session, values=asked())
    service.confirm(session, now=NOW, participant=participant, language="en")
    assert known(session) == [(Level.DISCUSSION, 1, 1)]
    entry = session.scalars(sa.select(LogEntry).where(LogEntry.action == "rsvp.acknowledge")).one()
    assert entry.details["own_version"] == 1


def test_a_form_that_showed_the_notice_without_the_sentence_stores_nothing(
    session: Session, workshop_session: WorkshopSession
) -> None:
    for shown in ("discussion.1", "discussion.1.2", "discussion.1.0"):
        with pytest.raises(NoticeChangedError):
            service.request_answer(session, now=NOW, workshop_session=workshop_session, values=asked(notices=[shown]))
    assert session.scalars(sa.select(Answer)).all() == []


def test_a_sentence_that_changed_before_the_button_is_to_be_read_on_that_page(
    session: Session, series: Series, workshop_session: WorkshopSession
) -> None:
    participant = service.request_answer(session, now=NOW, workshop_session=workshop_session, values=asked())
    say(session, series, OTHER)
    with pytest.raises(NoticeChangedError):
        service.confirm(session, now=NOW, participant=participant, language="en")
    service.confirm(session, now=NOW, participant=participant, acknowledged=["discussion.1.2"], language="en")
    assert known(session) == [(Level.DISCUSSION, 1, 2)]


def test_both_versions_that_were_read_are_kept(
    session: Session, series: Series, workshop_session: WorkshopSession
) -> None:
    participant = service.request_answer(session, now=NOW, workshop_session=workshop_session, values=asked())
    service.confirm(session, now=NOW, participant=participant, language="en")
    say(session, series, OTHER)
    slug = workshop_session.slug

    def change(choice: Choice, read: str) -> None:
        notice = read_notice_id(read)
        service.change_answer(
            session, now=NOW, participant=participant, slug=slug, choice=choice, notice=notice, language="en"
        )

    with pytest.raises(NoticeChangedError):
        change(Choice.TENTATIVE, "discussion.1.1")
    change(Choice.TENTATIVE, "discussion.1.2")
    assert known(session) == [(Level.DISCUSSION, 1, 1), (Level.DISCUSSION, 1, 2)]


def test_the_personal_page_asks_anew_only_where_something_new_is_to_be_read(
    session: Session, series: Series, workshop_session: WorkshopSession
) -> None:
    participant = service.request_answer(session, now=NOW, workshop_session=workshop_session, values=asked())
    service.confirm(session, now=NOW, participant=participant, language="en")
    assert _shown_notice(session, participant) is None
    say(session, series, Localized())
    assert _shown_notice(session, participant) is None
    say(session, series, OTHER)
    assert _shown_notice(session, participant) == "discussion.1.3"


def _shown_notice(session: Session, participant: Participant) -> str | None:
    session.expire_all()
    view = participant_view(
        participant,
        participant.answers,
        session.scalars(sa.select(Acknowledgement)).all(),
        now=NOW,
        join_minutes=15,
        erases_at=NOW,
    )
    return view.answers[0].notice.id if view.answers[0].notice else None


def test_whoever_follows_a_series_is_answered_for_only_under_the_sentence_that_they_read(
    session: Session, series: Series, workshop_session: WorkshopSession
) -> None:
    participant = build_participant(session, series, follows_since=NOW)
    answer = build_answer(session, workshop_session, participant)
    acknowledge(session, answer, notice_of(workshop_session), language="fr", now=NOW)
    first = build_session(session, series, published_at=NOW + timedelta(minutes=1))
    say(session, series, OTHER)
    second = build_session(session, series, published_at=NOW + timedelta(minutes=1))
    assert follow(session, NOW + timedelta(minutes=2)) == 2
    states = {
        one.workshop_session_id: one.state
        for one in session.scalars(sa.select(Answer).where(Answer.id != answer.id)).all()
    }
    assert states == {first.id: AnswerState.PENDING, second.id: AnswerState.PENDING}


def test_whoever_read_the_sentence_of_today_is_answered_for(
    session: Session, series: Series, workshop_session: WorkshopSession
) -> None:
    participant = build_participant(session, series, follows_since=NOW)
    answer = build_answer(session, workshop_session, participant)
    acknowledge(session, answer, notice_of(workshop_session), language="fr", now=NOW)
    new = build_session(session, series, published_at=NOW + timedelta(minutes=1))
    follow(session, NOW + timedelta(minutes=2))
    found = session.scalars(sa.select(Answer).where(Answer.workshop_session_id == new.id)).one()
    assert found.state is AnswerState.ACCEPTED
    assert known(session) == [(Level.DISCUSSION, 1, 1)] * 2


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("is_discreet", [False, True])
def test_the_sentence_is_in_what_names_the_session_and_never_in_what_is_neutral(
    app: Flask, session: Session, series: Series, level: Level, *, is_discreet: bool
) -> None:
    one = build_session(session, series, level=level)
    is_neutral = is_discreet or level >= Level.WHOLE_SESSION
    participant = build_participant(session, series, language="en", is_discreet=is_discreet)
    answer = build_answer(session, one, participant)
    emails.answer_recorded(session, now=NOW, answer=answer)
    message = session.scalars(sa.select(OutboxMessage)).one()
    sent = message.body_text + message.body_html + message.subject + str(message.attachments)
    assert ("Canary sentence" in sent) is not is_neutral
    assert "anary" in message.body_text or is_neutral
    page = session_view(one, audience=Audience.PARTICIPANT, surface=Surface.PERSONAL_PAGE)
    assert page is not None
    assert page.own_sentence == SENTENCE


def test_public_calendars_carry_it_after_the_notice(
    app: Flask, series: Series, workshop_session: WorkshopSession
) -> None:
    view = session_view(workshop_session, audience=Audience.PUBLIC, surface=Surface.CALENDAR)
    assert view is not None
    with app.app_context():
        entry = session_event(view, language="fr", url="", domain="example.org")
    assert entry.description.index("Phrase-canari") > entry.description.index("règle de Chatham House")
    unfolded = serialise(Calendar(name="x", language="fr", is_feed=False), [entry]).decode().replace("\r\n ", "")
    assert "Phrase-canari" in unfolded
