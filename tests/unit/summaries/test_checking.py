"""What the check finds in a summary, for whom, and what it asks for."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_item, build_participant, build_person
from tests.unit.summaries.writers import Desk, approve, build_desk, give, quoted, submit, write
from workshop.chatham.rule import ConsentKind, Level
from workshop.core.faults import InvalidValuesError
from workshop.core.localized import Localized
from workshop.programme.models import SpeakerConsent
from workshop.rsvp.models import Answer
from workshop.summaries.models import Summary
from workshop.summaries.rule import Checked, SummaryBlockedError, blocks, open_warnings
from workshop.summaries.service import check_summary
from workshop.summaries.view import EditorView, editor_view

NAMED = both("Hortense Galland a parlé des salles.", "Rooms were discussed.")
GUEST = both("On a parlé des salles.", "As Balthazar Quimper said, rooms were discussed.")


def _desk(session: Session) -> Desk:
    """Return a desk with one speaker, Hortense Galland, and one guest, Balthazar Quimper."""
    desk = build_desk(session)
    series = desk.one.series
    speaker = build_person(
        session, series, name="Hortense Galland", affiliations=(Localized.neutral("Cendrars Institute"),)
    )
    build_item(session, desk.one, speakers=[speaker])
    build_answer(session, desk.one, build_participant(session, series, name="Balthazar Quimper"))
    session.flush()
    session.refresh(desk.one)
    return desk


def _find(session: Session, desk: Desk, summary: Summary, *, knows_list: bool = True) -> list[Checked]:
    return check_summary(session, desk.one, summary, knows_list=knows_list)


def _words(found: list[Checked]) -> list[str]:
    return [one.finding.words for one in found]


def _page(desk: Desk, summary: Summary, found: list[Checked]) -> EditorView:
    return editor_view(desk.one, summary, found, organiser_id=desk.author.id, may_manage=True, confirmed=7, now=NOW)


def test_a_name_is_refused_with_its_place(session: Session) -> None:
    desk = _desk(session)
    summary = write(session, desk, Localized({"fr": f"Un.\n\n{NAMED['fr']}", "en": NAMED["en"]}))
    (found,) = blocks(_find(session, desk, summary))
    assert (found.language, found.finding.words) == ("fr", "Hortense Galland")
    with pytest.raises(SummaryBlockedError):
        submit(session, desk, summary)
    (view,) = _page(desk, summary, [found]).findings
    (place,) = view.places
    assert (place.line, place.before, place.words, place.after) == (
        3,
        "",
        "Hortense Galland",
        " a parlé des salles.",
    )
    assert view.is_block


def test_a_name_in_a_quotation_is_refused_too(session: Session) -> None:
    desk = _desk(session)
    summary = write(session, desk, quotations=(quoted(), quoted(text=both("Dit à Galland.", "Said."))))
    (found,) = blocks(_find(session, desk, summary))
    assert (found.quotation, found.finding.words) == (1, "Galland")
    assert _page(desk, summary, [found]).findings[0].places[0].quotation == 2


def test_a_helper_is_neither_shown_nor_refused_what_the_list_tells(session: Session) -> None:
    desk = _desk(session)
    summary = write(session, desk, GUEST, organiser=desk.helper)
    assert _words(blocks(_find(session, desk, summary))) == ["Balthazar Quimper"]
    assert _find(session, desk, summary, knows_list=False) == []
    submit(session, desk, summary, desk.helper)
    with pytest.raises(SummaryBlockedError):
        approve(session, desk, summary, desk.second)


def test_a_helper_is_not_told_by_a_refusal_how_many_are_on_the_list(session: Session) -> None:
    desk = _desk(session)
    summary = write(session, desk, quotations=(quoted(),))
    for answer in _answers(session, desk)[:-4]:
        session.delete(answer.participant)
    session.flush()
    session.expire_all()
    submit(session, desk, summary, desk.helper)
    with pytest.raises(InvalidValuesError) as raised:
        approve(session, desk, summary, desk.second)
    assert [one.code for one in raised.value.faults] == ["shared_by_more"]


def test_for_a_helper_a_guests_name_reads_like_any_other(session: Session) -> None:
    """Neither by hit nor by silence: the findings are those of the same text in a series without that guest."""
    desk = _desk(session)
    text = both("Mme Quimper, née Galland, a parlé.", "Balthazar, the representative of Quimper & Co, spoke.")
    with_guest = _find(session, desk, write(session, desk, text), knows_list=False)
    for answer in [answer for answer in _answers(session, desk) if answer.participant.name == "Balthazar Quimper"]:
        session.delete(answer.participant)
    session.flush()
    session.expire_all()
    assert _find(session, desk, write(session, desk, text), knows_list=False) == with_guest
    assert "Galland" in " ".join(_words(with_guest))


def _answers(session: Session, desk: Desk) -> list[Answer]:
    return list(session.scalars(sa.select(Answer).where(Answer.workshop_session_id == desk.one.id)))


def test_a_helper_is_refused_what_everybody_sees(session: Session) -> None:
    desk = _desk(session)
    summary = write(session, desk, NAMED, organiser=desk.helper)
    with pytest.raises(SummaryBlockedError):
        submit(session, desk, summary, desk.helper)


def test_a_warning_asks_for_a_reason_and_keeps_it_for_the_same_words(session: Session) -> None:
    desk = _desk(session)
    text = both("Hortense était un prénom cité.", "A first name was mentioned: Hortense. And again Hortense.")
    summary = write(session, desk, text)
    warned = open_warnings(_find(session, desk, summary), set())
    assert set(_words(warned)) == {"Hortense"}
    with pytest.raises(SummaryBlockedError):
        submit(session, desk, summary)
    (key,) = {one.key for one in warned}
    assert give(session, desk, summary, {key: "A character of a novel.", "f" * 64: "Nothing of the kind."}) == 1
    assert [reason.reason for reason in summary.reasons] == ["A character of a novel."]
    assert give(session, desk, summary, {key: "A character of a novel."}) == 0
    submit(session, desk, summary)
    assert give(session, desk, summary, {key: ""}) == 1
    with pytest.raises(SummaryBlockedError):
        approve(session, desk, summary, desk.second)
    # Whoever approves may give it, and is no author by that.
    give(session, desk, summary, {key: "Of a novel."}, desk.second)
    assert approve(session, desk, summary, desk.second)


def test_no_reason_passes_over_a_block_and_a_helper_gives_none_for_what_they_may_not_see(session: Session) -> None:
    desk = _desk(session)
    summary = write(session, desk, NAMED)
    (block,) = blocks(_find(session, desk, summary))
    assert give(session, desk, summary, {block.key: "They agreed."}) == 0
    summary = write(session, desk, both("Balthazar.", "Balthazar."))
    summary = write(session, desk, both("Un mot : Balthazar.", "A word: Balthazar."))
    (key,) = {one.key for one in _find(session, desk, summary)}
    assert give(session, desk, summary, {key: "A wise man."}, desk.helper) == 0
    assert give(session, desk, summary, {key: "A wise man."}) == 1


@pytest.mark.parametrize("level", [Level.DISCUSSION, Level.ON_THE_RECORD])
def test_whoever_may_be_quoted_on_their_talk_is_a_question_and_no_block(session: Session, level: Level) -> None:
    desk = _desk(session)
    (item,) = desk.one.sections[0].items
    desk.one.level = level
    item.level = Level.ON_THE_RECORD
    summary = write(session, desk, both("Galland a décrit les salles.", "Hortense Galland described the rooms."))
    if level is Level.DISCUSSION:
        assert blocks(_find(session, desk, summary)), "not without their consent"
        item.slots[0].consents.append(SpeakerConsent(kind=ConsentKind.QUOTED, given_at=NOW))
        session.flush()
    found = _find(session, desk, summary)
    assert blocks(found) == []
    assert all(one.is_attributable for one in found)
    assert len(open_warnings(found, set())) >= 2


def test_the_same_words_are_shown_once_with_three_places(session: Session) -> None:
    desk = _desk(session)
    summary = write(session, desk, both("Galland. " * 5, "Nothing."))
    (view,) = _page(desk, summary, _find(session, desk, summary)).findings
    assert (len(view.places), view.more) == (3, 2)
