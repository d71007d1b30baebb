"""Slides and recordings on the pages of readers: shown and sent to whom the Rule lets, and to nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_item,
    build_participant,
    build_person,
    build_recording,
    build_series,
    build_session,
    build_slides,
    build_slot,
)
from tests.files import CANARY, make_pdf
from tests.web.examples import statements
from workshop.chatham.rule import ConsentKind, Level, Visibility
from workshop.core.links import Purpose, issue
from workshop.programme.models import OldSlug, Series, Slides, SpeakerConsent, SpeakerSlot, WorkshopSession
from workshop.programme.service.consents import set_consent
from workshop.programme.service.materials import add_slides
from workshop.rsvp.models import AnswerState

pytestmark = pytest.mark.usefixtures("clock")

URL = "https://media.example.org/recording.mp4"


@pytest.fixture
def series(session: Session) -> Series:
    return build_series(session, slug="serie", level=Level.ON_THE_RECORD)


@pytest.fixture
def one(session: Session, series: Series) -> WorkshopSession:
    """Give session 4 with a talk and a moderator."""
    found = build_session(session, series, slug="4")
    build_item(session, found, speakers=[build_person(session, series)], title=both("L’exposé", "The talk"))
    build_slot(session, found, build_person(session, series))
    session.commit()
    return found


@pytest.fixture
def slot(one: WorkshopSession) -> SpeakerSlot:
    return one.sections[0].items[0].slots[0]


@pytest.fixture
def slides(session: Session, slot: SpeakerSlot) -> Slides:
    """Give slides that their speaker has agreed to pass on."""
    slot.consents.append(SpeakerConsent(kind=ConsentKind.SLIDES, given_at=NOW))
    found = build_slides(session, slot, language="fr", size=2_300_000)
    session.commit()
    return found


def owner_path(session: Session, one: WorkshopSession, state: AnswerState = AnswerState.ACCEPTED) -> str:
    """Return the personal page of somebody who answered."""
    participant = build_participant(session, one.series)
    build_answer(session, one, participant, state=state)
    token = issue(session, purpose=Purpose.MY, subject=participant.subject)
    session.commit()
    return f"/en/my/{token}/"


def public_path(slides: Slides) -> str:
    return f"/en/series/serie/4/slides/{slides.key}"


def test_slides_are_offered_beside_their_talk_in_both_languages(client: FlaskClient, slides: Slides) -> None:
    for language in ("en", "fr"):
        page = client.get(f"/{language}/series/serie/4/")
        assert f"/{language}/series/serie/4/slides/{slides.key}" in page.text
        assert page.text.index("slides/") > page.text.index("L’exposé" if language == "fr" else "The talk")
    assert "PDF, 3 MB, French" in client.get("/en/series/serie/4/").text


def test_slides_are_saved_and_never_opened_in_place(client: FlaskClient, slides: Slides) -> None:
    answer = client.get(public_path(slides))
    assert answer.status_code == 200
    assert answer.data == b"%PDF-1.7 slides"
    headers = answer.headers
    assert headers["Content-Type"] == "application/pdf"
    assert headers["Content-Disposition"] == f'attachment; filename="{slides.key}.pdf"'
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["Cache-Control"] == "no-cache"
    assert headers["ETag"] == f'"{slides.key}"'
    assert "noindex" in headers["X-Robots-Tag"]
    assert "Last-Modified" not in headers
    assert "Set-Cookie" not in headers
    again = client.get(public_path(slides), headers={"If-None-Match": headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_whoever_has_them_kept_is_told_that_they_are_gone(
    client: FlaskClient, session: Session, slides: Slides, slot: SpeakerSlot
) -> None:
    etag = client.get(public_path(slides)).headers["ETag"]
    assert slides.key in client.get("/en/series/serie/4/").text
    set_consent(session, now=NOW, slot=slot, kind=ConsentKind.SLIDES, given=False, recorded_by="speaker")
    session.commit()
    assert client.get(public_path(slides), headers={"If-None-Match": etag}).status_code == 404
    assert slides.key not in client.get("/en/series/serie/4/").text


def test_what_is_not_given_and_what_never_was_answer_alike(
    client: FlaskClient, session: Session, slides: Slides, one: WorkshopSession
) -> None:
    hidden = build_slides(session, one.slots[0])
    other = build_session(session, one.series, slug="5")
    session.commit()
    addresses = [
        f"/en/series/serie/4/slides/{hidden.key}",
        f"/en/series/serie/{other.slug}/slides/{slides.key}",
        f"/en/series/serie/nothing/slides/{slides.key}",
        f"/en/series/serie/4/slides/{'0' * 32}",
    ]
    answers = [client.get(address) for address in addresses]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text.replace(address, "…") for answer, address in zip(answers, addresses, strict=True)}) == 1


@pytest.mark.parametrize(
    ("level", "visibility", "is_public", "is_participants"),
    [
        (Level.ON_THE_RECORD, Visibility.PUBLIC, True, True),
        (Level.DISCUSSION, Visibility.PUBLIC, True, True),
        (Level.DISCUSSION, Visibility.UNLISTED, True, True),
        (Level.DISCUSSION, Visibility.INVITE_ONLY, False, True),
        (Level.WHOLE_SESSION, Visibility.PUBLIC, False, True),
        (Level.CLOSED, Visibility.PUBLIC, False, True),
    ],
)
def test_who_gets_slides_at_each_level(
    client: FlaskClient,
    session: Session,
    slides: Slides,
    one: WorkshopSession,
    level: Level,
    visibility: Visibility,
    is_public: bool,  # noqa: FBT001 (a parameter of the test)
    is_participants: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    one.series.level, one.series.visibility = level, visibility
    session.commit()
    assert client.get(public_path(slides)).status_code == (200 if is_public else 404)
    assert (slides.key in client.get("/en/series/serie/4/").text) is is_public
    own = owner_path(session, one)
    assert (f"{own}slides/{slides.key}" in client.get(own).text) is is_participants
    sent = client.get(f"{own}slides/{slides.key}")
    assert sent.status_code == (200 if is_participants else 404)
    assert sent.headers["Cache-Control"] == "no-store"
    assert sent.headers["Referrer-Policy"] == "no-referrer"
    perhaps = owner_path(session, one, AnswerState.TENTATIVE)
    may_perhaps = level <= Level.DISCUSSION
    assert (slides.key in client.get(perhaps).text) is may_perhaps
    assert client.get(f"{perhaps}slides/{slides.key}").status_code == (200 if may_perhaps else 404)


@pytest.mark.parametrize(
    "state",
    [AnswerState.WITHDRAWN, AnswerState.WAITLISTED, AnswerState.REQUESTED, AnswerState.DECLINED, AnswerState.PENDING],
)
def test_under_the_rule_only_whoever_has_a_place_gets_slides(
    client: FlaskClient, session: Session, slides: Slides, one: WorkshopSession, state: AnswerState
) -> None:
    one.series.level = Level.WHOLE_SESSION
    own = owner_path(session, one, state)
    assert slides.key not in client.get(own).text
    assert client.get(f"{own}slides/{slides.key}").status_code == 404


def test_a_link_that_nobody_has_gets_nothing(client: FlaskClient, slides: Slides) -> None:
    assert client.get(f"/en/my/{'x' * 27}/slides/{slides.key}").status_code == 404


def test_another_series_participants_get_nothing(
    client: FlaskClient, session: Session, slides: Slides, one: WorkshopSession
) -> None:
    one.series.level = Level.WHOLE_SESSION
    own = owner_path(session, build_session(session, build_series(session)))
    assert client.get(f"{own}slides/{slides.key}").status_code == 404


def test_nobody_gets_slides_of_a_draft(
    client: FlaskClient, session: Session, slides: Slides, one: WorkshopSession
) -> None:
    one.is_published = False
    session.commit()
    assert client.get(public_path(slides)).status_code == 404


def test_an_old_address_leads_on(client: FlaskClient, session: Session, slides: Slides, one: WorkshopSession) -> None:
    session.add(OldSlug(slug="vier", within_series_id=one.series_id, workshop_session_id=one.id))
    session.commit()
    answer = client.get(f"/en/series/serie/vier/slides/{slides.key}")
    assert (answer.status_code, answer.location) == (301, public_path(slides))


def test_an_uploaded_file_is_served_without_what_it_hid(
    client: FlaskClient, session: Session, slot: SpeakerSlot, slides: Slides
) -> None:
    kept = add_slides(session, now=NOW, slot=slot, data=make_pdf(), language="", actor="speaker")
    session.commit()
    answer = client.get(public_path(kept))
    whole = answer.data + str(answer.headers).encode() + client.get("/en/series/serie/4/").data
    assert answer.data.startswith(b"%PDF-")
    assert CANARY.encode() not in whole


def publish(session: Session, one: WorkshopSession, *, whole: bool = False) -> None:
    item = one.sections[0].items[0]
    for slot in (*one.slots, *item.slots):
        slot.consents.append(SpeakerConsent(kind=ConsentKind.RECORDED, given_at=NOW))
    build_recording(session, one, None if whole else item, published_at=NOW, language="fr")
    session.commit()


@pytest.mark.parametrize("whole", [True, False])
def test_a_published_recording_is_on_the_pages_and_gone_once_a_speaker_withdraws(
    client: FlaskClient,
    session: Session,
    one: WorkshopSession,
    slot: SpeakerSlot,
    whole: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    assert URL not in client.get("/en/series/serie/4/").text
    own = owner_path(session, one)
    publish(session, one, whole=whole)
    one.series.revision += 1
    session.commit()
    for path in ("/en/series/serie/4/", "/fr/series/serie/4/", own):
        assert f'href="{URL}" rel="noopener nofollow"' in client.get(path).text
    for path in (
        "/en/",
        "/en/series/serie/",
        "/en/series/serie/calendar.ics",
        "/en/series/serie/4/session.ics",
        "/en/series/serie/4/rsvp",
    ):
        assert URL not in client.get(path).text
    set_consent(session, now=NOW, slot=slot, kind=ConsentKind.RECORDED, given=False, recorded_by="speaker")
    session.commit()
    for path in ("/en/series/serie/4/", "/fr/series/serie/4/", own):
        assert URL not in client.get(path).text


def test_a_recording_that_is_only_kept_is_on_no_page(
    client: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    build_recording(session, one)
    own = owner_path(session, one)
    for path in ("/en/series/serie/4/", own):
        assert URL not in client.get(path).text


def test_the_page_takes_as_many_statements_with_many_files_as_with_one(
    app: Flask, client: FlaskClient, session: Session, one: WorkshopSession, slides: Slides
) -> None:
    client.get("/en/series/serie/4/")
    counts = []
    for number in (1, 12):
        for _count in range(number):
            person = build_person(session, one.series)
            item = build_item(session, one, speakers=[person])
            item.slots[0].consents.append(SpeakerConsent(kind=ConsentKind.SLIDES, given_at=NOW))
            build_slides(session, item.slots[0])
            build_recording(session, one, item)
        one.series.revision += 1
        session.commit()
        with statements(app) as sent:
            page = client.get("/en/series/serie/4/")
        assert page.text.count("/slides/") >= number
        assert not any("slides.content" in statement for statement in sent)
        counts.append(len(sent))
    assert counts[0] == counts[1] <= 11
    with statements(app) as sent:
        client.get("/en/series/serie/4/")
    assert len(sent) <= 1, "kept as bytes"


def test_past_sessions_keep_offering_what_remains(
    client: FlaskClient, session: Session, slides: Slides, one: WorkshopSession
) -> None:
    one.starts_at, one.ends_at = NOW - timedelta(days=3, hours=2), NOW - timedelta(days=3)
    own = owner_path(session, one)
    assert slides.key in client.get("/en/series/serie/4/").text
    assert slides.key in client.get(own).text
    assert session.scalar(sa.select(sa.func.count()).select_from(Slides)) == 1
