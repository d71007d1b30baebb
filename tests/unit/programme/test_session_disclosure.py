"""What belongs to a session as a whole: its room and its list, for whom and where."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.builders import build_item, build_series, build_session
from workshop.chatham.rule import Audience, Level, Surface
from workshop.programme.view import session_disclosure


@pytest.mark.parametrize("level", list(Level))
def test_the_room_is_for_the_organisers_form_and_private_export_only(session: Session, level: Level) -> None:
    one = build_session(session, build_series(session, level=level))
    shows = {
        (audience, surface)
        for audience in Audience
        for surface in Surface
        if session_disclosure(one, audience=audience, surface=surface).room_link
    }
    assert shows == {(Audience.ORGANISER, Surface.FORM), (Audience.ORGANISER, Surface.PRIVATE_EXPORT)}


def test_the_list_is_for_organisers_and_not_for_helpers(session: Session) -> None:
    one = build_session(session, build_series(session))
    assert session_disclosure(one, audience=Audience.ORGANISER, surface=Surface.PAGE).participant_names
    for audience in set(Audience) - {Audience.ORGANISER}:
        assert not session_disclosure(one, audience=audience, surface=Surface.PAGE).participant_names


def test_the_strictest_item_decides(session: Session) -> None:
    one = build_session(session, build_series(session, level=Level.DISCUSSION))
    before = session_disclosure(one, audience=Audience.PUBLIC, surface=Surface.PAGE)
    build_item(session, one, level=Level.WHOLE_SESSION)
    session.flush()
    session.refresh(one)
    after = session_disclosure(one, audience=Audience.PUBLIC, surface=Surface.PAGE)
    assert before.places_word
    assert not after.places_word
