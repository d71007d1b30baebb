"""What the check is told of people: everybody for whoever has the list, nobody more than they see for a helper."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    build_answer,
    build_committee_member,
    build_item,
    build_organiser,
    build_participant,
    build_partner,
    build_person,
    build_session,
)
from tests.unit.summaries.writers import Desk, build_desk
from workshop.accounts.models import Role
from workshop.accounts.service import grant
from workshop.chatham.attribution import Known
from workshop.chatham.rule import ConsentKind, Level
from workshop.core.localized import Localized
from workshop.programme.models import SpeakerConsent
from workshop.rsvp.models import AnswerState
from workshop.summaries.rule import domain_of, names_organisation
from workshop.summaries.service.checking import _attributable, _known_to_helpers, _known_whole


def _names(known: Known) -> set[str]:
    return {one.name for one in known.people}


def _organisations(known: Known) -> set[str]:
    return {name for one in known.organisations for name in one.names}


def _whole(session: Session, desk: Desk) -> Known:
    session.flush()
    session.expire_all()
    return _known_whole(session, desk.one)


def test_everybody_on_the_programme_the_list_and_in_the_workspace_is_known(session: Session) -> None:
    desk = build_desk(session, confirmed=0)
    series = desk.one.series
    speaker = build_person(session, series, name="Ada Speaker")
    build_item(session, desk.one, speakers=[speaker])
    build_committee_member(session, series, build_person(session, series, name="Bea Committee", affiliations=()))
    build_partner(session, series, desk.one, name=Localized.neutral("Partner House"))
    build_organiser(session, series, name="Cat Organiser")
    partner = build_organiser(session, name="Dan Partner")
    grant(
        session,
        now=NOW,
        series_id=series.id,
        organiser=partner,
        role=Role.PARTNER,
        organisation="Inviters Ltd",
        actor="test",
    )
    guest = build_participant(
        session, series, name="Eve Guest", affiliation="Guest Institute", address="eve@guests.example.org"
    )
    build_answer(session, desk.one, guest)
    known = _whole(session, desk)
    assert _names(known) == {"Ada Speaker", "Bea Committee", "Cat Organiser", "Dan Partner", "Eve Guest"}
    assert {one.name for one in known.people if one.is_private} == {"Dan Partner", "Eve Guest"}
    assert {"Partner House", "Inviters Ltd", "Guest Institute", "Inserm", "University of Examples"} <= _organisations(
        known
    )
    assert "guests.example.org" in known.domains


def test_who_answers_for_a_later_session_is_not(session: Session) -> None:
    """They were not there, and could take a summary off its page by the name that they choose."""
    desk = build_desk(session, confirmed=0)
    series = desk.one.series
    earlier = build_session(session, series, starts_at=NOW - timedelta(days=9))
    later = build_session(session, series, starts_at=NOW + timedelta(days=9))
    for one, name in ((earlier, "Eve Earlier"), (later, "Lea Later")):
        build_answer(session, one, build_participant(session, series, name=name))
    for state, name in ((AnswerState.PENDING, "Pia Pending"), (AnswerState.WITHDRAWN, "Wim Withdrawn")):
        build_answer(session, desk.one, build_participant(session, series, name=name), state=state)
    gone = build_participant(session, series, name="", address=None, erased_at=NOW)
    build_answer(session, desk.one, gone)
    assert _names(_whole(session, desk)) == {"Eve Earlier", "Wim Withdrawn"}


@pytest.mark.parametrize(("level", "sees"), [(Level.DISCUSSION, True), (Level.WHOLE_SESSION, False)])
def test_a_helper_knows_whom_the_rule_lets_them_see(session: Session, level: Level, sees: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    desk = build_desk(session, level)
    series = desk.one.series
    speaker = build_person(session, series, name="Ada Speaker", affiliations=(Localized.neutral("Speaker House"),))
    build_item(session, desk.one, speakers=[speaker])
    build_committee_member(session, series, build_person(session, series, name="Bea Committee"))
    guest = build_participant(session, series, name="Eve Guest", affiliation="Guest Institute")
    build_answer(session, desk.one, guest)
    session.flush()
    session.expire_all()
    known = _known_to_helpers(session, desk.one)
    assert _names(known) == {"Bea Committee"} | ({"Ada Speaker"} if sees else set())
    assert ("Speaker House" in _organisations(known)) is sees
    assert known.domains == ()
    assert not [one for one in known.people if one.is_private]
    assert not [one for one in known.organisations if one.is_private]


def test_speakers_of_a_talk_on_the_record_may_be_named_if_they_agree(session: Session) -> None:
    desk = build_desk(session, Level.DISCUSSION)
    people = [build_person(session, desk.one.series, name=name) for name in ("Ada Agrees", "Bea Silent", "Cat Hidden")]
    item = build_item(session, desk.one, level=Level.ON_THE_RECORD, speakers=people)
    for slot in (item.slots[0], item.slots[2]):
        slot.consents.append(SpeakerConsent(kind=ConsentKind.QUOTED, given_at=NOW))
    item.slots[2].consents.append(SpeakerConsent(kind=ConsentKind.ANNOUNCE_NAME, given_at=NOW, withdrawn_at=NOW))
    session.flush()
    session.refresh(desk.one)
    assert _names(_attributable(desk.one)) == {"Ada Agrees"}
    item.level = None
    assert _names(_attributable(desk.one)) == set()
    desk.one.level = Level.ON_THE_RECORD
    assert _names(_attributable(desk.one)) == {"Ada Agrees", "Bea Silent"}


def test_an_affiliation_that_names_nobody_is_no_organisation() -> None:
    for words in ("Étudiante", "chercheur indépendant", "-", "", "Social worker", "retraitée", "independent"):
        assert not names_organisation(words), words
    for words in ("Inserm", "Médecins du Monde", "Association Gaïa", "OFDT", "Étudiante, EHESS"):
        assert names_organisation(words), words


def test_everybodys_mail_provider_is_no_domain_of_anybody() -> None:
    assert domain_of("a@gmail.com") == domain_of("a@Free.fr") == domain_of("") == ""
    assert domain_of("a@observatoire.example.org") == "observatoire.example.org"
