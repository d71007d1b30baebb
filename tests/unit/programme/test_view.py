"""What each audience sees of a session and a series."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_item, build_person, build_series, build_session, build_slot
from workshop.chatham.rule import Audience, ConsentKind, Level, Surface, TitleForm, Visibility
from workshop.core.localized import Localized
from workshop.programme.models import SpeakerConsent, WorkshopSession
from workshop.programme.view import SessionView, default_label, series_view, session_view

pytestmark = pytest.mark.databases("sqlite")


def see(
    workshop_session: WorkshopSession, audience: Audience = Audience.PUBLIC, surface: Surface = Surface.PAGE
) -> SessionView:
    view = session_view(workshop_session, audience=audience, surface=surface)
    assert view is not None
    return view


def names(view: SessionView) -> list[str]:
    speakers = [person.name for section in view.sections for item in section.items for person in item.speakers]
    return speakers + [person.name for person in view.moderators]


def populate(session: Session, workshop_session: WorkshopSession) -> None:
    series = workshop_session.series
    build_item(session, workshop_session, speakers=[build_person(session, series, name="Speaker")])
    build_slot(session, workshop_session, build_person(session, series, name="Moderator"))


@pytest.mark.parametrize("level", [Level.ON_THE_RECORD, Level.DISCUSSION])
def test_the_public_sees_the_announced_programme(session: Session, level: Level) -> None:
    one = build_session(session, level=level)
    populate(session, one)
    view = see(one)
    assert names(view) == ["Speaker", "Moderator"]
    assert view.title == one.title
    assert view.title_form is TitleForm.FULL
    assert view.abstract == one.abstract
    assert view.level is level
    assert view.level_source == "session"
    assert view.notice is not None
    assert view.notice.level is level
    assert view.says_places
    assert not view.hides_names
    assert not view.has_join_link


def test_whole_session_hides_who_speaks_but_from_participants_on_their_own_page(session: Session) -> None:
    one = build_session(session, level=Level.WHOLE_SESSION)
    populate(session, one)
    page = see(one)
    assert names(page) == []
    assert page.hides_names
    assert page.abstract == one.abstract
    assert not page.says_places
    assert names(see(one, Audience.INVITED, Surface.PERSONAL_PAGE)) == []
    own = see(one, Audience.PARTICIPANT, Surface.PERSONAL_PAGE)
    assert names(own) == ["Speaker", "Moderator"]
    for surface in (Surface.MAIL, Surface.CALENDAR):
        assert names(see(one, Audience.PARTICIPANT, surface)) == []


@pytest.mark.parametrize("surface", [Surface.MAIL, Surface.CALENDAR])
def test_messages_about_a_whole_session_are_neutral(session: Session, surface: Surface) -> None:
    one = build_session(session, level=Level.WHOLE_SESSION, label=both("Atelier 9", "Workshop 9"), place=both("a", "b"))
    populate(session, one)
    view = see(one, Audience.PARTICIPANT, surface)
    assert view.is_neutral
    assert view.title == view.label == one.label
    assert not view.series_title
    assert not view.abstract
    assert not view.place
    assert not view.short_title
    assert view.sections == ()
    assert view.links == ()


def test_a_public_title_replaces_the_real_one_and_the_short_one(session: Session) -> None:
    one = build_session(session, level=Level.WHOLE_SESSION, public_title=both("Autre", "Other"))
    view = see(one)
    assert view.title == one.public_title
    assert not view.short_title
    assert see(one, Audience.ORGANISER).title == one.title


def test_a_closed_session_is_known_only_within(session: Session) -> None:
    one = build_session(session, level=Level.CLOSED)
    for surface in Surface:
        assert session_view(one, audience=Audience.PUBLIC, surface=surface, has_address=True) is None
    assert see(one, Audience.INVITED, Surface.PERSONAL_PAGE).visibility is Visibility.INVITE_ONLY


def test_what_is_not_published_exists_for_organisers_only(session: Session) -> None:
    one = build_session(session, is_published=False)
    assert session_view(one, audience=Audience.PUBLIC, surface=Surface.PAGE) is None
    assert session_view(one, audience=Audience.PARTICIPANT, surface=Surface.PERSONAL_PAGE) is None
    assert see(one, Audience.ORGANISER).slug == one.slug


@pytest.mark.parametrize(
    ("kind", "name", "affiliation"),
    [(ConsentKind.ANNOUNCE_NAME, False, False), (ConsentKind.ANNOUNCE_AFFILIATION, True, False)],
)
def test_a_withdrawn_consent_hides_what_it_was_for(
    session: Session,
    kind: ConsentKind,
    name: bool,  # noqa: FBT001 (a parameter of the test)
    affiliation: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    one = build_session(session)
    populate(session, one)
    slot = one.sections[0].items[0].slots[0]
    slot.consents.append(SpeakerConsent(kind=kind, withdrawn_at=NOW))
    speakers = see(one).sections[0].items[0].speakers
    assert bool(speakers) is name
    for person in speakers:
        assert bool(person.affiliations) is affiliation
        assert not person.role
        assert not person.biography
    assert see(one).moderators


def test_a_consent_given_again_by_its_speaker_shows_the_name(session: Session) -> None:
    one = build_session(session)
    populate(session, one)
    consent = SpeakerConsent(kind=ConsentKind.ANNOUNCE_NAME, given_at=NOW, withdrawn_at=None)
    one.sections[0].items[0].slots[0].consents.append(consent)
    assert names(see(one)) == ["Speaker", "Moderator"]


def test_an_item_stricter_than_its_session_hides_its_own_speakers_and_decides_the_sign(session: Session) -> None:
    one = build_session(session)
    populate(session, one)
    speaker = build_person(session, one.series, name="Sheltered")
    build_item(session, one, speakers=[speaker], level=Level.WHOLE_SESSION, title=both("Abri", "Shelter"))
    view = see(one)
    assert names(view) == ["Speaker", "Moderator"]
    assert view.level is Level.WHOLE_SESSION
    assert view.level_source == "item"
    assert view.notice is not None
    assert view.notice.level is Level.WHOLE_SESSION
    assert not view.says_places
    titles = [item.title["en"] for section in see(one, surface=Surface.CALENDAR).sections for item in section.items]
    assert titles == ["A talk"]


def test_a_talk_on_the_record_within_a_discussion_leaves_the_sign_alone(session: Session) -> None:
    one = build_session(session)
    build_item(session, one, level=Level.ON_THE_RECORD)
    view = see(one)
    assert view.level is Level.DISCUSSION
    assert view.level_source == "series"
    assert view.sections[0].items[0].level is Level.ON_THE_RECORD


def test_discretion_makes_any_level_neutral(session: Session) -> None:
    one = build_session(session)
    view = session_view(one, audience=Audience.PARTICIPANT, surface=Surface.MAIL, is_discreet=True)
    assert view is not None
    assert view.is_neutral
    assert view.title == view.label


def test_only_those_who_take_part_get_the_join_link(session: Session) -> None:
    one = build_session(session)
    assert see(one, Audience.PARTICIPANT, Surface.MAIL).has_join_link
    assert not see(one, Audience.INVITED, Surface.MAIL).has_join_link
    assert not see(one, Audience.PUBLIC, Surface.CALENDAR).has_join_link


def test_labels_are_never_empty(session: Session) -> None:
    assert default_label(4) == both("Séance 4", "Session 4")
    assert default_label(None) == both("Séance", "Session")
    assert see(build_session(session, number=4)).label == both("Séance 4", "Session 4")


def test_answers_close_at_the_start_where_nothing_else_is_said(session: Session) -> None:
    one = build_session(session)
    assert see(one).rsvp_closes_at == one.starts_at
    one.rsvp_closes_at = one.starts_at - timedelta(days=1)
    assert see(one).rsvp_closes_at == one.rsvp_closes_at


def test_lists_name_neither_closed_nor_unlisted_sessions(session: Session) -> None:
    series = build_series(session)
    shown = build_session(session, series)
    build_session(session, series, visibility=Visibility.UNLISTED)
    build_session(session, series, level=Level.CLOSED)
    build_session(session, series, is_published=False)
    for surface in (Surface.LIST, Surface.CALENDAR, Surface.SITEMAP):
        view = series_view(series, audience=Audience.PUBLIC, surface=surface)
        assert view is not None
        assert [one.slug for one in view.sessions] == [shown.slug]
    workspace = series_view(series, audience=Audience.ORGANISER, surface=Surface.LIST)
    assert workspace is not None
    assert len(workspace.sessions) == 4


def test_an_unlisted_series_lists_its_sessions_for_whoever_has_its_address(session: Session) -> None:
    series = build_series(session, visibility=Visibility.UNLISTED)
    build_session(session, series)
    assert series_view(series, audience=Audience.PUBLIC, surface=Surface.LIST) is None
    view = series_view(series, audience=Audience.PUBLIC, surface=Surface.LIST, has_address=True)
    assert view is not None
    assert len(view.sessions) == 1
    assert not view.is_indexable


def test_an_invite_only_series_is_unknown(session: Session) -> None:
    series = build_series(session, visibility=Visibility.INVITE_ONLY)
    build_session(session, series)
    assert series_view(series, audience=Audience.PUBLIC, surface=Surface.LIST, has_address=True) is None


def test_interpretation_keeps_its_scope_where_content_may_be_seen(session: Session) -> None:
    offer = {"from": "en", "into": "fr", "scope": {"en": "discussion only"}}
    one = build_session(session, level=Level.WHOLE_SESSION, interpretation=(offer,))
    assert see(one).interpretation[0].scope == Localized({"en": "discussion only"})
    neutral = see(one, surface=Surface.CALENDAR).interpretation[0]
    assert (neutral.source, neutral.target, neutral.scope) == ("en", "fr", Localized())
