"""What holds whatever is asked, and the circumstances beside the table: consents, items, addresses, discretion."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from workshop.chatham.rule import (
    NOTHING,
    Audience,
    Consents,
    Disclosure,
    Level,
    Surface,
    TitleForm,
    Visibility,
    disclosure,
)

consents = st.builds(Consents, *[st.booleans()] * 5)
circumstances = st.fixed_dictionaries(
    {
        "visibility": st.sampled_from(Visibility),
        "surface": st.sampled_from(Surface),
        "consents": consents,
        "has_address": st.booleans(),
        "is_discreet": st.booleans(),
    }
)
levels = st.sampled_from(Level)
audiences = st.sampled_from(Audience)

RANK = [TitleForm.NONE, TitleForm.LABEL, TitleForm.PUBLIC_TITLE, TitleForm.FULL]


def exceeds(one: Disclosure, other: Disclosure) -> list[str]:
    """What `one` shows and `other` does not; being neutral shows nothing."""
    more = [
        field.name
        for field in fields(Disclosure)
        if field.name not in {"title", "is_neutral"} and getattr(one, field.name) and not getattr(other, field.name)
    ]
    return more + ["title"] * (RANK.index(one.title) > RANK.index(other.title))


def test_the_comparison_can_find_a_leak() -> None:
    assert exceeds(Disclosure(speaker_names=True, title=TitleForm.FULL), NOTHING) == ["speaker_names", "title"]


@given(levels, levels, audiences, circumstances)
def test_a_stricter_level_never_shows_more(one: Level, other: Level, audience: Audience, rest: dict[str, Any]) -> None:
    looser, stricter = sorted([one, other])
    strict = disclosure(level=stricter, audience=audience, **rest)
    assert exceeds(strict, disclosure(level=looser, audience=audience, **rest)) == []


@given(levels, levels, audiences, circumstances)
def test_a_stricter_session_never_shows_more_of_an_item(
    one: Level, other: Level, audience: Audience, rest: dict[str, Any]
) -> None:
    looser, stricter = sorted([one, other])
    strict = disclosure(level=Level.ON_THE_RECORD, within=stricter, audience=audience, **rest)
    assert exceeds(strict, disclosure(level=Level.ON_THE_RECORD, within=looser, audience=audience, **rest)) == []


@given(levels, audiences, circumstances, st.sampled_from(Visibility))
def test_a_stricter_visibility_never_shows_more(
    level: Level, audience: Audience, rest: dict[str, Any], other: Visibility
) -> None:
    looser, stricter = sorted([rest.pop("visibility"), other])
    strict = disclosure(level=level, audience=audience, visibility=stricter, **rest)
    assert exceeds(strict, disclosure(level=level, audience=audience, visibility=looser, **rest)) == []


@given(levels, circumstances, audiences)
def test_nobody_sees_less_than_the_public_and_an_administrator_sees_the_same(
    level: Level, rest: dict[str, Any], audience: Audience
) -> None:
    public = disclosure(level=level, audience=Audience.PUBLIC, **rest)
    assert exceeds(public, disclosure(level=level, audience=audience, **rest)) == []
    assert disclosure(level=level, audience=Audience.ADMINISTRATOR, **rest) == public


@given(levels, levels, audiences, circumstances)
def test_the_room_and_the_people_answering_stay_with_the_organisers(
    level: Level, within: Level, audience: Audience, rest: dict[str, Any]
) -> None:
    shown = disclosure(level=level, within=within, audience=audience, **rest)
    if rest["surface"] not in {Surface.FORM, Surface.PRIVATE_EXPORT}:
        assert not shown.room_link
    if audience is not Audience.ORGANISER:
        assert not shown.room_link
        assert not shown.participant_names
        assert not shown.participant_addresses
        assert not shown.participant_count
        assert not shown.breakdowns


@given(levels, levels, audiences, circumstances)
def test_a_log_holds_no_words_and_no_link(
    level: Level, within: Level, audience: Audience, rest: dict[str, Any]
) -> None:
    shown = disclosure(level=level, within=within, audience=audience, **{**rest, "surface": Surface.LOG})
    words = {field.name for field in fields(Disclosure)} - {
        "is_known", "title", "may_attribute_talk", "may_attribute_discussion", "may_report"
    }  # fmt: skip
    assert shown.title is TitleForm.NONE
    assert not any(getattr(shown, name) for name in words)


@given(levels, levels, audiences, circumstances)
def test_what_is_not_known_shows_nothing_else(
    level: Level, within: Level, audience: Audience, rest: dict[str, Any]
) -> None:
    shown = disclosure(level=level, within=within, audience=audience, **rest)
    assert shown.is_known or shown == NOTHING


def public_page(level: Level, **rest: Any) -> Disclosure:
    return disclosure(level=level, visibility=Visibility.PUBLIC, audience=Audience.PUBLIC, surface=Surface.PAGE, **rest)


def test_a_speaker_is_announced_until_they_withdraw() -> None:
    announced = public_page(Level.DISCUSSION)
    assert announced.speaker_names
    assert announced.speaker_affiliations
    nameless = public_page(Level.DISCUSSION, consents=Consents(announce_name=False))
    assert not nameless.speaker_names
    assert not nameless.speaker_affiliations
    alone = public_page(Level.DISCUSSION, consents=Consents(announce_affiliation=False))
    assert alone.speaker_names
    assert not alone.speaker_affiliations


def test_a_withdrawn_name_is_withheld_from_participants_and_kept_for_the_organisers() -> None:
    withdrawn = Consents(announce_name=False)
    about = {"level": Level.WHOLE_SESSION, "visibility": Visibility.PUBLIC, "consents": withdrawn}
    personal = disclosure(**about, audience=Audience.PARTICIPANT, surface=Surface.PERSONAL_PAGE)  # type: ignore[arg-type] # a mapping of mixed values
    workspace = disclosure(**about, audience=Audience.ORGANISER, surface=Surface.PAGE)  # type: ignore[arg-type] # a mapping of mixed values
    assert not personal.speaker_names
    assert workspace.speaker_names


def test_slides_recording_and_quotation_begin_as_not_given() -> None:
    shown = public_page(Level.ON_THE_RECORD)
    assert shown.may_attribute_talk
    assert not shown.slides
    assert not shown.recording
    assert not shown.may_attribute_discussion


def test_a_talk_on_the_record_inside_a_discussion_is_attributed_only_if_the_speaker_agrees() -> None:
    silent = public_page(Level.ON_THE_RECORD, within=Level.DISCUSSION)
    agreed = public_page(Level.ON_THE_RECORD, within=Level.DISCUSSION, consents=Consents(quoted=True, recorded=True))
    assert not silent.may_attribute_talk
    assert agreed.may_attribute_talk
    assert agreed.recording
    assert not agreed.may_attribute_discussion


def test_an_item_under_the_rule_hides_its_speakers_in_an_open_session() -> None:
    item = public_page(Level.WHOLE_SESSION, within=Level.DISCUSSION)
    assert item.item_titles
    assert not item.speaker_names


def test_an_item_of_a_closed_session_is_as_closed_as_the_session() -> None:
    assert public_page(Level.ON_THE_RECORD, within=Level.CLOSED) == NOTHING


def test_discretion_makes_mail_and_calendar_neutral_and_nothing_else() -> None:
    for surface in Surface:
        plain, discreet = (
            disclosure(
                level=Level.DISCUSSION,
                visibility=Visibility.PUBLIC,
                audience=Audience.PARTICIPANT,
                surface=surface,
                is_discreet=is_discreet,
            )
            for is_discreet in (False, True)
        )
        if surface not in {Surface.MAIL, Surface.CALENDAR}:
            assert discreet == plain
            continue
        assert discreet.is_neutral
        assert discreet.title is TitleForm.LABEL
        assert discreet.join_link
        assert not discreet.abstract
        assert not discreet.place
        assert not discreet.speaker_names
