"""What organisers set of the Rule: a level that nobody chose for them, a sentence of their own, and who decided what."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import both, build_item, build_organiser, build_series, build_session
from tests.web.workspace import post, sign_in
from workshop.chatham.rule import Level
from workshop.core.localized import Localized
from workshop.programme.models import OwnSentence, Series, WorkshopSession

NEW = "/en/organise/series/new"
EDIT = "/en/organise/series/mine/edit"
BOTH = {"own_sentence-fr": "Phrase à nous.", "own_sentence-en": "A sentence of ours."}


def values(**changes: str) -> dict[str, Any]:
    """Return what the form of a series sends."""
    return {
        "title-fr": "Série",
        "title-en": "Series",
        "slug": "mine",
        "languages": "fr, en",
        "tzid": "Europe/Paris",
        "level": "discussion",
        "visibility": "public",
        "retention_days": "30",
        **changes,
    }


@pytest.fixture
def series(session: Session) -> Series:
    """Give a series of one's own."""
    return build_series(session, slug="mine", title=both("Série", "Series"))


@pytest.fixture
def desk(client: FlaskClient, session: Session, series: Series) -> FlaskClient:
    """Give its owner's browser."""
    sign_in(client, build_organiser(session, series))
    session.commit()
    return client


def test_the_level_is_asked_and_none_is_chosen_beforehand(desk: FlaskClient, session: Session) -> None:
    page = desk.get(NEW).text
    choices = re.findall(r'<input[^>]*name="level"[^>]*>', page)
    assert [re.search(r'value="([^"]*)"', one)[1] for one in choices] == [level.value for level in Level]  # type: ignore[index] # every choice has a value
    assert not [one for one in choices if "checked" in one]
    sent = values(slug="other")
    del sent["level"]
    answer = post(desk, NEW, sent)
    assert answer.status_code == 422
    assert "Please choose one of these." in answer.text
    assert 'href="#level' in answer.text
    assert post(desk, NEW, values(slug="other", level="whatever")).status_code == 422
    assert session.scalars(sa.select(Series.slug)).all() == ["mine"]


def test_a_sentence_is_kept_in_both_languages_with_its_version(desk: FlaskClient, session: Session) -> None:
    assert post(desk, EDIT, values(**BOTH)).status_code == 303
    session.expire_all()
    found = session.scalars(sa.select(Series)).one()
    assert found.own_sentence == both("Phrase à nous.", "A sentence of ours.")
    assert found.own_sentence_version == 1
    assert session.scalars(sa.select(OwnSentence.version)).all() == [1]
    page = desk.get(EDIT).text
    assert "Phrase à nous." in page
    assert "A sentence of ours." in page
    assert post(desk, EDIT, values(**BOTH)).status_code == 303
    session.expire_all()
    assert session.scalars(sa.select(OwnSentence.version)).all() == [1]


def test_one_language_alone_blocks_publishing_and_says_where(
    desk: FlaskClient, session: Session, series: Series
) -> None:
    build_session(session, series, slug="1", is_published=False, published_at=None)
    session.commit()
    assert post(desk, EDIT, values(**{"own_sentence-fr": "Phrase à nous."})).status_code == 303
    page = desk.get("/en/organise/series/mine/")
    assert "The series’ own sentence beside the notice is missing in English" in page.text
    answer = post(desk, "/en/organise/series/mine/1/publish")
    assert answer.status_code == 422
    assert "Your own sentence, which stands after the notice of the Rule, is missing" in answer.text
    session.expire_all()
    assert session.scalars(sa.select(WorkshopSession.is_published)).all() == [False]
    assert post(desk, EDIT, values(**BOTH)).status_code == 303
    assert post(desk, "/en/organise/series/mine/1/publish").status_code == 303


def test_with_a_session_published_the_fault_stands_at_the_field(
    desk: FlaskClient, session: Session, series: Series
) -> None:
    build_session(session, series, slug="1")
    build_session(session, series, slug="2")
    session.commit()
    answer = post(desk, EDIT, values(**{"own_sentence-en": "A sentence of ours."}))
    assert answer.status_code == 422
    assert 'href="#own_sentence' in answer.text
    error = re.search(r'id="own_sentence-error">([^<]*)<', answer.text)
    assert error
    assert error[1].count("is missing in a language") == 1
    session.expire_all()
    assert session.scalars(sa.select(Series.own_sentence)).one() == Localized()


def test_each_page_says_which_of_the_three_decided(desk: FlaskClient, session: Session, series: Series) -> None:
    build_session(session, series, slug="a")
    build_session(session, series, slug="b", level=Level.WHOLE_SESSION)
    build_item(session, build_session(session, series, slug="c", level=Level.DISCUSSION), level=Level.WHOLE_SESSION)
    session.commit()
    said = ("as the whole series", "decided for this session", "decided by a part of the programme")
    for slug, words in zip("abc", said, strict=True):
        for page in (
            f"/en/series/mine/{slug}/",
            f"/en/series/mine/{slug}/rsvp",
            f"/en/organise/series/mine/{slug}/edit",
        ):
            shown = desk.get(page)
            assert shown.status_code == 200, page
            assert [one for one in said if one in shown.text] == [words], page
    for page in ("/en/organise/series/mine/", "/en/series/mine/rsvp"):
        shown = desk.get(page)
        assert all(words in shown.text for words in said), page


def test_the_public_title_stands_for_the_real_one_and_is_edited(
    desk: FlaskClient, session: Session, series: Series
) -> None:
    build_session(
        session,
        series,
        slug="1",
        level=Level.WHOLE_SESSION,
        title=both("Vrai-canari", "Real-canary"),
        short_title=both("Court-canari", "Short-canary"),
        public_title=both("Titre public", "Public title"),
    )
    session.commit()
    for path in ("/en/", "/en/series/mine/", "/en/series/mine/1/", "/en/series/mine/1/rsvp", "/en/calendar.ics"):
        text = desk.get(path).text
        assert "canary" not in text, path
        assert "canari" not in text, path
    assert "Public title" in desk.get("/en/series/mine/1/").text
    assert 'name="public_title-en"' in desk.get("/en/organise/series/mine/1/edit").text
    session.expire_all()
    session.scalars(sa.select(WorkshopSession)).one().public_title = Localized()
    session.scalars(sa.select(Series)).one().revision += 1
    session.commit()
    assert "Real-canary" in desk.get("/en/series/mine/1/").text, "without one the real title is shown"
