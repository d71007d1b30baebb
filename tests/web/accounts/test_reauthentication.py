"""Before acts of weight: the pass phrase once more, and nothing lost while it is asked for."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, PASSWORD, build_answer, build_organiser, build_participant, build_series, build_session
from tests.web.accounts.codes import code_of, set_up
from tests.web.workspace import post, sign_in, token_of
from workshop.accounts.models import Organiser, OrganiserAddressChange, SignIn
from workshop.chatham.rule import Level

PATH, PAGE = "/en/account/address", "/en/account"
NEW = {"email": "new@example.org"}
ASKS = 'name="reauthentication"'


@pytest.fixture
def organiser(client: FlaskClient, session: Session) -> Organiser:
    """Give somebody who signed in longer ago than their pass phrase counts."""
    found = build_organiser(session)
    sign_in(client, found)
    _make_stale(session)
    return found


def _make_stale(session: Session) -> None:
    session.execute(sa.update(SignIn).values(confirmed_at=sa.null()))
    session.commit()


def _changes(session: Session) -> int:
    session.expire_all()
    return len(session.scalars(sa.select(OrganiserAddressChange)).all())


def test_signing_in_counts_for_a_quarter_of_an_hour(
    client: FlaskClient, session: Session, clock: time_machine.Traveller
) -> None:
    sign_in(client, build_organiser(session))
    assert post(client, PATH, NEW, page=PAGE).status_code == 303
    clock.shift(timedelta(minutes=15))
    assert post(client, PATH, NEW, page=PAGE).status_code == 403


def test_what_was_posted_comes_back_with_the_right_phrase(
    client: FlaskClient, session: Session, organiser: Organiser
) -> None:
    asked = post(client, f"{PATH}?a=b&c=%3Cd%3E", {**NEW, "again": ["1", "2"]}, page=PAGE)
    assert asked.status_code == 403
    assert _changes(session) == 0
    assert 'action="/en/account/address?a=b&amp;c=%3Cd%3E"' in asked.text
    assert re.findall(r'name="again" value="(\d)"', asked.text) == ["1", "2"]
    assert 'name="email" value="new@example.org"' in asked.text
    wrong = client.post(PATH, data={"csrf_token": token_of(asked), **NEW, "reauthentication": "a wrong phrase"})
    assert (wrong.status_code, "not your pass phrase" in wrong.text) == (403, True)
    assert "a wrong phrase" not in wrong.text
    assert _changes(session) == 0
    right = client.post(PATH, data={"csrf_token": token_of(wrong), **NEW, "reauthentication": PASSWORD})
    assert right.status_code == 303
    assert _changes(session) == 1
    # It counts from now on.
    assert post(client, PATH, NEW, page=PAGE).status_code == 303


def test_what_cannot_be_stored_is_said_before_the_phrase_is_asked_for(
    client: FlaskClient, organiser: Organiser
) -> None:
    answer = post(client, PATH, {"email": "no address"}, page=PAGE)
    assert (answer.status_code, ASKS in answer.text) == (422, False)


def test_a_second_factor_is_asked_for_too(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    codes = set_up(session, organiser)
    sign_in(client, organiser)
    post(client, "/en/login/code", {"code": codes[0]})
    _make_stale(session)
    asked = post(client, PATH, NEW, page=PAGE)
    assert 'name="reauthentication_code"' in asked.text
    phrase = {"csrf_token": token_of(asked), **NEW, "reauthentication": PASSWORD}
    for bad in ("", "000000", codes[0]):
        answer = client.post(PATH, data={**phrase, "reauthentication_code": bad})
        assert (answer.status_code, "This code is not right" in answer.text) == (403, True)
    later = code_of(organiser)
    assert client.post(PATH, data={**phrase, "reauthentication_code": later}).status_code == 303


def test_another_pass_phrase_is_not_a_way_round_the_code(client: FlaskClient, session: Session) -> None:
    organiser = build_organiser(session)
    codes = set_up(session, organiser)
    sign_in(client, organiser)
    post(client, "/en/login/code", {"code": codes[0]})
    _make_stale(session)
    new = "quatre oies sauvages"
    changed = {"current": PASSWORD, "pass_phrase": new, "repeated": new}
    assert post(client, f"{PAGE}/pass-phrase", changed, page=PAGE).status_code == 303
    answer = post(client, f"{PAGE}/second-factor/off", page=PAGE)
    assert (answer.status_code, 'name="reauthentication_code"' in answer.text) == (403, True)


@pytest.mark.rate_limits
def test_guessing_ends_soon(client: FlaskClient, organiser: Organiser) -> None:
    token = token_of(client.get(PAGE))
    guess = {"csrf_token": token, **NEW, "reauthentication": "a wrong phrase"}
    codes = [client.post(PATH, data=guess).status_code for _ in range(11)]
    assert codes == [403] * 10 + [429]


def test_hostile_fields_come_back_harmless(client: FlaskClient, organiser: Organiser) -> None:
    hostile = '"><script>alert(1)</script>'
    answer = post(client, PATH, {**NEW, hostile: hostile}, page=PAGE)
    assert "<script>alert" not in answer.text


def test_a_list_is_not_taken_out_without_it(client: FlaskClient, session: Session) -> None:
    series = build_series(session, level=Level.ON_THE_RECORD)
    one = build_session(session, series)
    build_answer(session, one, build_participant(session, series))
    sign_in(client, build_organiser(session, series))
    path = f"/en/organise/series/{series.slug}/{one.slug}/answers/export"
    data = {"purpose": "Badges for the door", "format": "csv"}
    assert post(client, path, data).content_type.startswith("text/csv")
    _make_stale(session)
    asked = post(client, path, data)
    assert (asked.status_code, ASKS in asked.text, "saves the file" in asked.text) == (403, True, True)
    again = {**data, "csrf_token": token_of(asked), "reauthentication": PASSWORD}
    assert client.post(path, data=again).content_type.startswith("text/csv")


@pytest.mark.parametrize("is_published", [True, False])
def test_a_level_is_made_stricter_without_it_and_looser_only_with_it(
    client: FlaskClient, session: Session, *, is_published: bool
) -> None:
    series = build_series(session, level=Level.DISCUSSION)
    one = build_session(session, series, is_published=is_published)
    sign_in(client, build_organiser(session, series))
    _make_stale(session)
    path = f"/en/organise/series/{series.slug}/{one.slug}/level"
    looser = {"of": "session", "level": Level.ON_THE_RECORD.value}
    assert post(client, path, looser).status_code == 403
    assert post(client, path, {"of": "session", "level": Level.CLOSED.value}).status_code in {200, 303}
    assert post(client, path, {**looser, "reauthentication": PASSWORD}).status_code in {200, 303}


def test_nobody_else_s_page_asks(client: FlaskClient, session: Session) -> None:
    series = build_series(session)
    one = build_session(session, series)
    sign_in(client, build_organiser(session))
    _make_stale(session)
    path = f"/en/organise/series/{series.slug}/{one.slug}/answers/export"
    assert post(client, path, {"purpose": "Badges for the door"}, page=PAGE).status_code == 404


def test_the_time_is_that_of_the_sign_in(client: FlaskClient, session: Session, organiser: Organiser) -> None:
    session.execute(sa.update(SignIn).values(confirmed_at=NOW - timedelta(days=1)))
    assert post(client, PATH, NEW, page=PAGE).status_code == 403
