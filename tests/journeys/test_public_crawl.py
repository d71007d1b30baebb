"""What somebody without an account can reach: no name that the Rule protects, no trace of what is closed."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.journeys.crawl import Crawl, crawl
from workshop.chatham.rule import Level, Visibility
from workshop.core import clock
from workshop.demo.content import example_text
from workshop.programme.models import Item, Section, Series, SessionStatus, SpeakerSlot, WorkshopSession

# The example's own data, with a canary in every datum that must not get out.
NAME, MODERATOR, AFFILIATION = "Zyxname Canary", "Zyxmoderator Canary", "Zyxaffiliation Canary"
ROOM = "zyxroom-canary"
CLOSED_TITLE, CLOSED_ABSTRACT, CLOSED_SLUG = "Zyxtitle canary", "Zyxabstract canary", "zyxslug-canary"
PARTICIPANT, ADDRESS = "Zyxparticipant Canary", "zyxaddress@example.org"
CANARIES = (NAME, MODERATOR, AFFILIATION, ROOM, CLOSED_TITLE, CLOSED_ABSTRACT, CLOSED_SLUG, PARTICIPANT, ADDRESS)


def _plant(app: Flask, session: Session) -> dict[Level, WorkshopSession]:
    from tests.builders import build_answer, build_participant, build_person
    from workshop.core.localized import Localized
    from workshop.demo import load_series

    load_series(session, example_text(clock.now().date()), now=clock.now())
    series = session.scalars(sa.select(Series)).one()
    by_level = {one.level or series.level: one for one in series.sessions if one.status != SessionStatus.CANCELLED}
    assert set(by_level) == set(Level), "the example has one session of each level"
    for level in (Level.WHOLE_SESSION, Level.CLOSED):
        slots = session.scalars(
            sa.select(SpeakerSlot).where(SpeakerSlot.workshop_session_id == by_level[level].id)
        ).all()
        assert slots, "somebody speaks there"
        for slot in slots:
            # Somebody of their own: the example's people also speak where names are public.
            name = NAME if slot.item_id else MODERATOR
            slot.person = build_person(session, series, name=name, affiliations=(Localized.neutral(AFFILIATION),))
    for one in series.sessions:
        one.room_link = f"https://{ROOM}.example.org/"
        build_answer(
            session,
            participant=build_participant(session, series=series, name=PARTICIPANT, address=f"{one.id}{ADDRESS}"),
            workshop_session=one,
        )
    closed = by_level[Level.CLOSED]
    closed.title = Localized({"fr": CLOSED_TITLE, "en": CLOSED_TITLE})
    closed.abstract = Localized({"fr": CLOSED_ABSTRACT, "en": CLOSED_ABSTRACT})
    closed.slug = CLOSED_SLUG
    series.revision += 1
    session.commit()
    return by_level


def _found(result: Crawl) -> set[str]:
    return {canary for canary in CANARIES if result.where(canary)}


def test_the_crawl_finds_leaks_that_are_planted(app: Flask, client: FlaskClient, session: Session) -> None:
    by_level = _plant(app, session)
    by_level[Level.WHOLE_SESSION].level = Level.DISCUSSION
    closed = by_level[Level.CLOSED]
    closed.level, closed.visibility = Level.ON_THE_RECORD, Visibility.PUBLIC
    for item in session.scalars(sa.select(Item).join(Section)):
        item.level = None
    closed.series.revision += 1
    session.commit()
    found = _found(crawl(client))
    assert {NAME, AFFILIATION, CLOSED_TITLE, CLOSED_ABSTRACT, CLOSED_SLUG} <= found
    assert not found & {ROOM, PARTICIPANT, ADDRESS}


def test_the_public_finds_no_protected_name_and_no_trace_of_the_closed_session(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    by_level = _plant(app, session)
    result = crawl(client)
    assert _found(result) == set()
    assert by_level[Level.CLOSED].uid not in "".join(result.pages.values())
    # It went everywhere: both languages, feeds, forms.
    reached = "\n".join(result.pages)
    for level in (Level.ON_THE_RECORD, Level.DISCUSSION, Level.WHOLE_SESSION):
        for language in ("fr", "en"):
            base = f"/{language}/series/{by_level[level].series.slug}/{by_level[level].slug}/"
            assert base in reached
            assert f"{base}session.ics" in reached
            assert f"{base}rsvp" in reached
    assert set(result.statuses.values()) <= {200, 302, 308, 503}, {
        p: s for p, s in result.statuses.items() if s not in {200, 302}
    }


def test_below_a_hidden_session_every_address_answers_as_below_an_unknown_one(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    closed = _plant(app, session)[Level.CLOSED]
    base = f"/fr/series/{closed.series.slug}"
    for tail in ("", "session.ics", "rsvp", "rsvp/sent", "announcement", "no-such-page"):
        for method in ("GET", "HEAD", "POST", "OPTIONS"):
            hidden = client.open(f"{base}/{CLOSED_SLUG}/{tail}", method=method)
            unknown = client.open(f"{base}/zzzslug-canary/{tail}", method=method)
            assert hidden.status_code == unknown.status_code, (method, tail)
            assert hidden.get_data() == unknown.get_data(), (method, tail)
            assert sorted(hidden.headers.keys()) == sorted(unknown.headers.keys()), (method, tail)
