"""What can be said of the values by themselves: pure, every fault at once."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from workshop.chatham.recordings import find_recordings
from workshop.chatham.rule import Level, LevelFault, check_item_level, check_visibility, effective_level
from workshop.core.faults import Fault
from workshop.core.localized import Localized
from workshop.core.localtime import FoldError, GapError, to_instant, zone_names
from workshop.people.checks import LINE, Checker
from workshop.people.values import PartnerValues, clean_partner
from workshop.programme.models import ItemKind, QuestionKind, SessionStatus
from workshop.programme.service.origins import clean_origins
from workshop.programme.service.values import (
    InterpretationValues,
    ItemValues,
    QuestionValues,
    SectionValues,
    SeriesValues,
    SessionValues,
    ShareValues,
)

RESERVED_SLUGS = frozenset({"rsvp", "subscribe", "calendar", "embed", "feed", "follow", "texts"})
"""Addresses below a series that are no session's."""
MAXIMUM_RETENTION = 90
MAXIMUM_CAPACITY = 100_000
MAXIMUM_NUMBER = 9999
MAXIMUM_MINUTES = 24 * 60
MAXIMUM_SHARES = 10
MAXIMUM_OPTIONS = 30
MAXIMUM_QUESTIONS = 20
"""Of a series, and of each of its sessions."""
CHOOSES = (QuestionKind.ONE_OF, QuestionKind.SEVERAL_OF)
"""Kinds of questions that offer options."""
WHOLE = 100
"""All places, in percent."""

_FREE_TEXTS = ("label", "short_title", "title", "public_title", "abstract", "objectives", "place", "links")
_SLUG = re.compile(r"[a-z0-9-]{1,80}")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
_OFFSET = re.compile(r"[+-][1-9]\d{0,2}[dh]")
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_YEARS = range(1990, 2200)


def clean_series(values: SeriesValues, checker: Checker) -> SeriesValues:
    """Return the values cleaned; `checker`, whose languages are the instance's, notes what is wrong."""
    _check_slug(checker, values.slug)
    _check_languages(checker, values.languages)
    if values.tzid not in zone_names():
        checker.add("tzid", "unknown_zone")
    _check_range(checker, "retention_days", values.retention_days, MAXIMUM_RETENTION)
    if values.colour and not _COLOUR.fullmatch(values.colour):
        checker.add("colour", "not_colour")
    _check_reminders(checker, values.reminders)
    origins = clean_origins(values.embed_origins, checker)
    _refuse_recordings(checker, {"own_sentence": values.own_sentence})
    return dataclasses.replace(
        values,
        title=checker.localized("title", values.title, is_required=True),
        subtitle=checker.localized("subtitle", values.subtitle),
        kind=checker.localized("kind", values.kind),
        description=checker.localized("description", values.description, is_long=True),
        contact=checker.email("contact", values.contact),
        sender_name=checker.localized("sender_name", values.sender_name, limit=200),
        controller=checker.localized("controller", values.controller, limit=1000),
        own_sentence=checker.localized("own_sentence", values.own_sentence),
        links=checker.urls("links", values.links),
        embed_origins=origins,
        partners=_clean_partners(checker, values.partners),
    )


def clean_session(
    values: SessionValues, checker: Checker, *, languages: Sequence[str], tzid: str, series_level: Level
) -> SessionValues:
    """Return the values cleaned and with their defaults; `checker` notes what is wrong.

    Args:
        values: as entered.
        checker: its languages are the instance's.
        languages: the series'.
        tzid: the series' zone.
        series_level: the series' level.
    """
    values = dataclasses.replace(
        values,
        tzid=values.tzid or tzid,
        slug=values.slug or _default_slug(values.number),
        is_postponed=values.is_postponed and values.status is SessionStatus.CANCELLED,
    )
    _check_slug(checker, values.slug, RESERVED_SLUGS)
    _check_range(checker, "number", values.number, MAXIMUM_NUMBER, least=0)
    _check_range(checker, "capacity", values.capacity, MAXIMUM_CAPACITY)
    check_times(checker, values)
    _check_spoken(checker, values)
    _check_reminders(checker, values.reminders or ())
    _refuse_recordings(checker, {name: getattr(values, name) for name in _FREE_TEXTS})
    level, _ = effective_level(session=values.level, series=series_level)
    if check_visibility(session=values.visibility, level=level):
        checker.add("visibility", LevelFault.CLOSED_BUT_VISIBLE.value)
    values = _clean_session_texts(values, checker)
    if values.monolingual and values.monolingual not in languages:
        checker.add("monolingual", "not_of_series", languages=list(languages))
    elif missing := lacking_languages(values, languages):
        checker.add("title", "lacks_language", languages=missing)
    return dataclasses.replace(values, shares=_clean_shares(values, checker, languages))


def clean_question(
    values: QuestionValues, checker: Checker, *, languages: Sequence[str], prefix: str = ""
) -> QuestionValues:
    """Return a question cleaned; `checker` notes what is wrong, each field under `prefix`.

    Args:
        values: as entered.
        checker: its languages are the instance's.
        languages: in all of which it must be asked: the series', or the one in which alone its session exists.
        prefix: of the fields' names.
    """
    checker.many(f"{prefix}options", values.options)
    options = checker.localized_list(f"{prefix}options", values.options)
    for index, option in enumerate(options):
        _check_complete(checker, f"{prefix}options.{index}", option, languages)
    _check_named_once(checker, f"{prefix}options", options)
    if values.kind not in CHOOSES and options:
        checker.add(f"{prefix}options", "options_without_choice")
    elif values.kind in CHOOSES and len(options) < 2:  # noqa: PLR2004 (with one there is nothing to choose)
        checker.add(f"{prefix}options", "options_too_few")
    elif len(options) > MAXIMUM_OPTIONS:
        checker.add(f"{prefix}options", "too_many", limit=MAXIMUM_OPTIONS)
    _check_range(checker, f"{prefix}keep_days", values.keep_days, MAXIMUM_RETENTION, least=0)
    _refuse_recordings(checker, {f"{prefix}text": values.text, f"{prefix}reason": values.reason})
    text = checker.localized(f"{prefix}text", values.text, is_required=True)
    reason = checker.localized(f"{prefix}reason", values.reason, is_required=True)
    _check_complete(checker, f"{prefix}text", text, languages)
    _check_complete(checker, f"{prefix}reason", reason, languages)
    return dataclasses.replace(values, text=text, reason=reason, options=options)


def wanted_languages(monolingual: str, languages: Sequence[str]) -> Sequence[str]:
    """Return the languages in which all must be said: the series', or the one in which alone a session exists."""
    return [monolingual] if monolingual else languages


def _clean_shares(values: SessionValues, checker: Checker, languages: Sequence[str]) -> tuple[ShareValues, ...]:
    if not values.shares:
        return ()
    if len(values.shares) > MAXIMUM_SHARES:
        checker.add("shares", "too_many", limit=MAXIMUM_SHARES)
    cleaned = []
    for index, share in enumerate(values.shares):
        name = checker.localized(f"shares.{index}.name", share.name, limit=200, is_required=True)
        _check_complete(checker, f"shares.{index}.name", name, wanted_languages(values.monolingual, languages))
        _check_range(checker, f"shares.{index}.percent", share.percent, WHOLE)
        cleaned.append(dataclasses.replace(share, name=name))
    _check_named_once(checker, "shares", [share.name for share in cleaned])
    percents = [share.percent for share in cleaned]
    if max(percents) <= WHOLE < sum(percents):
        checker.add("shares", "shares_beyond_all")
    if values.capacity is None:
        checker.add("shares", "shares_without_capacity")
    return tuple(cleaned)


def _check_complete(checker: Checker, field: str, text: Localized, languages: Sequence[str]) -> None:
    if missing := text.missing(languages):
        checker.add(field, "lacks_text", languages=missing)


def _check_named_once(checker: Checker, field: str, texts: Sequence[Localized]) -> None:
    for index, text in enumerate(texts):
        if text and any(is_text_equal(text, other) for other in texts[:index]):
            checker.add(f"{field}.{index}", "named_twice")


def lacking_languages(values: SessionValues, languages: Sequence[str]) -> list[str]:
    """Return the languages that a session's title lacks: none may lack that it declares, or, published, all."""
    if not values.title:
        return []
    if values.monolingual:
        return values.title.missing([values.monolingual])
    return values.title.missing(languages) if values.is_published else []


def lacking_sentence(sentence: Localized, values: SessionValues, languages: Sequence[str]) -> list[str]:
    """Return the languages that the series' own sentence lacks for a published session; none where there is none."""
    return sentence.missing(wanted_languages(values.monolingual, languages)) if values.is_published else []


def check_retention(before: int, days: int, *, has_answers: bool) -> list[Fault]:
    """Return the fault of keeping people for more days than the form told those who have answered, if any."""
    if days <= before or not has_answers:
        return []
    return [Fault("retention_days", "retention_longer", {"days": before})]


def clean_sections(
    sections: Iterable[SectionValues], checker: Checker, *, session_level: Level
) -> tuple[SectionValues, ...]:
    """Return a programme cleaned; fields are `programme.0.items.1.title`.

    Args:
        sections: as entered.
        checker: notes what is wrong.
        session_level: the session's effective level.
    """
    cleaned = []
    sections = tuple(sections)
    checker.many("programme", sections)
    for number, section in enumerate(sections):
        prefix = f"programme.{number}"
        checker.many(f"{prefix}.items", section.items)
        items = tuple(
            _clean_item(item, checker, f"{prefix}.items.{index}.", session_level)
            for index, item in enumerate(section.items)
        )
        title = checker.localized(f"{prefix}.title", section.title)
        cleaned.append(dataclasses.replace(section, title=title, items=items))
    return tuple(cleaned)


def _clean_item(item: ItemValues, checker: Checker, prefix: str, session_level: Level) -> ItemValues:
    if item.starts and not _CLOCK.fullmatch(item.starts):
        checker.add(f"{prefix}starts", "not_clock")
    _check_range(checker, f"{prefix}minutes", item.minutes, MAXIMUM_MINUTES)
    fault = check_item_level(item=item.level, session=session_level, is_talk=item.kind is ItemKind.TALK)
    if fault is not None:
        checker.add(f"{prefix}level", fault.value)
    _refuse_recordings(checker, {f"{prefix}title": item.title, f"{prefix}abstract": item.abstract})
    is_required = item.kind is not ItemKind.BREAK
    return dataclasses.replace(
        item,
        title=checker.localized(f"{prefix}title", item.title, is_required=is_required),
        abstract=checker.localized(f"{prefix}abstract", item.abstract, is_long=True),
    )


def _clean_session_texts(values: SessionValues, checker: Checker) -> SessionValues:
    return dataclasses.replace(
        values,
        label=checker.localized("label", values.label, limit=100),
        short_title=checker.localized("short_title", values.short_title, limit=200),
        title=checker.localized("title", values.title, is_required=True),
        public_title=checker.localized("public_title", values.public_title),
        abstract=checker.localized("abstract", values.abstract, is_long=True),
        objectives=checker.localized_list("objectives", values.objectives, limit=2000),
        place=checker.localized("place", values.place),
        room_link=checker.url("room_link", values.room_link, limit=1000),
        links=checker.urls("links", values.links),
        interpretation=tuple(
            InterpretationValues(
                source=entry.source,
                target=entry.target,
                scope=checker.localized(f"interpretation.{index}.scope", entry.scope, limit=LINE),
            )
            for index, entry in enumerate(values.interpretation)
        ),
        partners=_clean_partners(checker, values.partners),
    )


def _refuse_recordings(checker: Checker, texts: Mapping[str, Localized | Sequence[Localized | str]]) -> None:
    """Note each text with the address of a recording in it: those are published where the Rule is asked."""
    for field, text in texts.items():
        parts = {field: text} if isinstance(text, Localized) else {f"{field}.{n}": one for n, one in enumerate(text)}
        for path, part in parts.items():
            said = part.to_json() if isinstance(part, Localized) else part
            if any(find_recordings(words) for words in ([said] if isinstance(said, str) else said.values())):
                checker.add(path, "recording_link")


def _clean_partners(checker: Checker, partners: tuple[PartnerValues, ...] | None) -> tuple[PartnerValues, ...] | None:
    if partners is None:
        return None
    checker.many("partners", partners)
    return tuple(clean_partner(partner, checker, f"partners.{index}.") for index, partner in enumerate(partners))


def check_times(checker: Checker, values: SessionValues) -> None:
    """Note what is wrong with a session's zone and wall times."""
    if values.tzid not in zone_names():
        checker.add("tzid", "unknown_zone")
        return
    starts = check_wall(checker, "starts_wall", values.starts_wall, values.tzid, values.fold)
    ends = check_wall(checker, "ends_wall", values.ends_wall, values.tzid, end_fold(values.fold, values.ends_fold))
    if starts and ends and ends <= starts:
        checker.add("ends_wall", "ends_before_start")
    opens = check_wall(checker, "rsvp_opens_wall", values.rsvp_opens_wall, values.tzid, values.rsvp_opens_fold)
    closes = check_wall(checker, "rsvp_closes_wall", values.rsvp_closes_wall, values.tzid, values.rsvp_closes_fold)
    if opens and closes and closes <= opens:
        checker.add("rsvp_closes_wall", "closes_before_opening")


def end_fold(fold: int | None, ends_fold: int | None) -> int | None:
    """Return which of two equal wall times the end means: the start's choice where it says nothing itself."""
    return fold if ends_fold is None else ends_fold


def check_wall(checker: Checker, field: str, wall: datetime | None, tzid: str, fold: int | None) -> datetime | None:
    """Return the instant of a wall time in a zone that exists; None, with a fault noted, where there is none."""
    if wall is None:
        return None
    if wall.year not in _YEARS:
        checker.add(field, "year_out_of_range", least=_YEARS.start, most=_YEARS.stop - 1)
        return None
    try:
        return to_instant(wall, tzid, fold=fold)
    except GapError:
        checker.add(field, "time_in_gap", zone=tzid)
    except FoldError:
        # The two readings, so that a form can offer them and a file's fault can name them.
        offsets = [_offset(wall, tzid, which) for which in (0, 1)]
        checker.add(field, "time_in_fold", zone=tzid, wall=wall.isoformat(timespec="minutes"), offsets=offsets)
    return None


def _offset(wall: datetime, tzid: str, fold: int) -> str:
    seconds = int((wall.replace(tzinfo=UTC) - to_instant(wall, tzid, fold=fold)).total_seconds())
    hours, minutes = divmod(abs(seconds) // 60, 60)
    return f"{'-' if seconds < 0 else '+'}{hours:02}:{minutes:02}"


def _check_spoken(checker: Checker, values: SessionValues) -> None:
    if not values.floor_languages:
        checker.add("floor_languages", "required")
    checker.many("interpretation", values.interpretation)
    _check_codes(checker, "floor_languages", values.floor_languages)
    for index, entry in enumerate(values.interpretation):
        for part, code in (("source", entry.source), ("target", entry.target)):
            if not _LANGUAGE.fullmatch(code):
                checker.add(f"interpretation.{index}.{part}", "not_language")
        if entry.source == entry.target:
            checker.add(f"interpretation.{index}.target", "same_language")


def _check_languages(checker: Checker, languages: Sequence[str]) -> None:
    if not languages:
        checker.add("languages", "required")
    for index, code in enumerate(languages):
        if code not in checker.languages:
            checker.add(f"languages.{index}", "unknown_language", languages=list(checker.languages))
        elif code in languages[:index]:
            checker.add(f"languages.{index}", "named_twice")


def _check_codes(checker: Checker, field: str, codes: Sequence[str]) -> None:
    for index, code in enumerate(codes):
        if not _LANGUAGE.fullmatch(code):
            checker.add(f"{field}.{index}", "not_language")
        elif code in codes[:index]:
            checker.add(f"{field}.{index}", "named_twice")


def _check_reminders(checker: Checker, offsets: Sequence[str]) -> None:
    checker.many("reminders", offsets)
    for index, offset in enumerate(offsets):
        if not _OFFSET.fullmatch(offset):
            checker.add(f"reminders.{index}", "not_offset")
        elif offset in offsets[:index]:
            checker.add(f"reminders.{index}", "named_twice")


def _check_range(checker: Checker, field: str, value: int | None, most: int, *, least: int = 1) -> None:
    if value is not None and not least <= value <= most:
        checker.add(field, "out_of_range", least=least, most=most)


def _check_slug(checker: Checker, slug: str, reserved: frozenset[str] = frozenset()) -> None:
    if not slug:
        checker.add("slug", "required")
    elif not _SLUG.fullmatch(slug):
        checker.add("slug", "not_slug")
    elif slug in reserved:
        checker.add("slug", "reserved_slug")


def _default_slug(number: int | None) -> str:
    return "" if number is None else str(number)


def is_text_equal(one: Localized, other: Localized) -> bool:
    """Whether two titles name the same thing: equal, or equal in a language that both have."""
    if one == other:
        return True
    if one.is_neutral and other.is_neutral:
        return _folded(str(one.to_json())) == _folded(str(other.to_json()))
    # A neutral text is the same in every language, so it has them all.
    shared = [language for language in (*one, *other) if language in one and language in other]
    return any(_folded(one[language]) == _folded(other[language]) for language in shared)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
