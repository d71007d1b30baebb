"""Any Unicode in any text of a session: the same text in two other parsers, and no property more than expected."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import vobject
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from icalendar import Calendar

from workshop.calendars.view import series_feed
from workshop.chatham.notices import current_notice
from workshop.chatham.rule import Level, TitleForm, Visibility
from workshop.core.localized import Localized
from workshop.core.markup import plain
from workshop.core.typography import typeset
from workshop.programme.models import Format, ItemKind, Mode, SessionStatus
from workshop.programme.view import (
    InterpretationView,
    ItemView,
    PersonView,
    SectionView,
    SeriesView,
    SessionView,
)

STARTS = datetime(2026, 11, 30, 15, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
NONE = Localized()
EXPECTED = [
    *("UID", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE", "STATUS", "TRANSP", "DTSTART", "DTEND", "SUMMARY"),
    *("DESCRIPTION", "LOCATION", "URL", "CATEGORIES"),
]
HEAD = [
    *("VERSION", "PRODID", "CALSCALE", "NAME", "X-WR-CALNAME", "URL", "SOURCE"),
    *("REFRESH-INTERVAL", "X-PUBLISHED-TTL"),
]
# What breaks lines, ends values, hides, turns round, joins, looks like a property or like markup.
NASTY = (
    "\r\n", "\n", "\r", "\x85", "\u2028", "\u2029", "\x00", "\x0b", "\x0c", "\x1b", "\x7f", "\ufeff", "\ud800", "\udfff",
    "\\", "\\n", "\\N", "\\,", ";", ",", ":", '"', "^n", "^", "\t", " ", "\u00a0", "\u202e", "\u200d", "👩‍🔬", "é", "e\u0301",
    "END:VEVENT", "BEGIN:VALARM", "ATTACH:x", "X-A;B=C:", "*", "_", "<b>", "&amp;", "[a](b)", "«", "»", "'", "!", "😀", "\U0010ffff",
)  # fmt: skip
texts = st.lists(st.one_of(st.sampled_from(NASTY), st.text(st.characters(), max_size=40)), max_size=12).map("".join)
# As the forms keep them: without what `clean` takes out. Lone surrogates cannot even be stored.
one_line = texts.map(lambda text: " ".join(text.split()))


def localized(text: str) -> Localized:
    """Return a text in English; languages set their own punctuation, which this test is not about."""
    return Localized({"en": text})


def person(name: str, affiliation: str) -> PersonView:
    return PersonView(name=name, role=NONE, affiliations=(localized(affiliation),), biography=NONE, links=())


@dataclasses.dataclass
class Texts:
    """One text for each place where organisers can write one."""

    label: str
    title: str
    place: str
    abstract: str
    objective: str
    name: str
    affiliation: str
    section: str
    item: str
    scope: str
    sentence: str
    calendar: str


def a_series(words: Texts) -> SeriesView:
    item = ItemView(
        kind=ItemKind.TALK,
        title=localized(words.item),
        abstract=NONE,
        starts="16:15",
        minutes=20,
        level=Level.DISCUSSION,
        level_source="session",
        speakers=(person(words.name, words.affiliation),),
        moderators=(person(words.name, words.affiliation),),
    )
    session = SessionView(
        series_slug="s", slug="1", uid="0f4d", sequence=3, revised_at=NOW, series_title=localized("x"),
        label=localized(words.label), number=1, title=localized(words.title), title_form=TitleForm.FULL,
        short_title=NONE, starts_at=STARTS, ends_at=STARTS + timedelta(hours=2), tzid="Europe/Paris",
        status=SessionStatus.CONFIRMED, cancelled_at=None, mode=Mode.HYBRID, format=Format.WORKSHOP,
        place=localized(words.place), floor_languages=("fr",),
        interpretation=(InterpretationView(source="fr", target="en", scope=localized(words.scope)),), monolingual="",
        languages=("fr", "en"), visibility=Visibility.PUBLIC, level=Level.DISCUSSION, level_source="series",
        notice=dataclasses.replace(current_notice(Level.DISCUSSION), own_sentence=localized(words.sentence)),
        abstract=localized(words.abstract), objectives=(localized(words.objective),),
        sections=(SectionView(title=localized(words.section), items=(item,)),),
        moderators=(person(words.name, words.affiliation),), partners=(), links=(), rsvp_opens_at=None,
        rsvp_closes_at=STARTS, says_places=True, has_waiting_list=True, needs_approval=False, hides_names=False,
        has_join_link=False, is_neutral=False, is_indexable=True,
    )  # fmt: skip
    return SeriesView(
        slug="s", title=localized(words.calendar), subtitle=NONE, kind=NONE, description=NONE, languages=("fr", "en"),
        tzid="Europe/Paris", level=Level.DISCUSSION, visibility=Visibility.PUBLIC, contact="", controller=NONE,
        retention_days=30, links=(), colour="", revision=1, revised_at=NOW, committee=(), partners=(),
        sessions=(session,), is_indexable=True,
    )  # fmt: skip


def carried(text: str) -> str:
    """Return the text without what iCalendar has no way to say (RFC 5545 3.1, 3.3.11), written apart from the product."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(
        sign
        for sign in text
        if sign == "\n" or not (unicodedata.category(sign) in {"Cs", "Zl", "Zp"} or sign in "\x7f\x85" or sign < " ")
    )


def on_one_line(text: str) -> str:
    return re.sub(r" *\n[ \n]*", " ", carried(text)).strip()


def read_by_icalendar(body: bytes) -> tuple[list[str], dict[str, Any]]:
    calendar: Any = Calendar.from_ical(body)
    assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE", "VEVENT"]
    (event,) = calendar.walk("VEVENT")
    assert event.subcomponents == []
    assert event["DTSTART"].dt.astimezone(UTC) == STARTS
    words = {name: str(event.get(name, "")) for name in ("SUMMARY", "DESCRIPTION", "LOCATION", "URL")}
    return list(calendar), {"properties": list(event), **words}


def read_by_vobject(body: bytes) -> tuple[list[str], dict[str, Any]]:
    calendar = vobject.readOne(body.decode())
    assert sorted(part.name for part in calendar.components()) == ["VEVENT", "VTIMEZONE"]
    event = calendar.vevent
    assert list(event.components()) == []
    assert event.dtstart.value.astimezone(UTC) == STARTS
    words = {name: (event.getChildValue(name.lower()) or "") for name in ("SUMMARY", "DESCRIPTION", "LOCATION", "URL")}
    names = [line.name for line in event.lines()]
    head = [line.name for line in calendar.lines()]
    return head, {"properties": names, **words}


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("read", [read_by_icalendar, read_by_vobject])
@settings(
    database=None,
    deadline=None,
    max_examples=150,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(words=st.builds(Texts, **dict.fromkeys(Texts.__dataclass_fields__, texts)))
def test_any_text_comes_back_as_it_went_in(
    app: Flask, read: Callable[[bytes], tuple[list[str], dict[str, Any]]], words: Texts
) -> None:
    view = a_series(words)
    with app.test_request_context("/en/series/s/calendar.ics"):
        body = series_feed(view, language="en", now=NOW)
    assert b"\r" not in body.replace(b"\r\n", b"")
    assert b"\n" not in body.replace(b"\r\n", b"")
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()
    head, event = read(body)
    assert [name for name in HEAD if name in head] == head
    # At most these, each once; a text that iCalendar cannot say at all leaves its property out.
    assert [name for name in EXPECTED if name in event["properties"]] == sorted(event["properties"], key=EXPECTED.index)
    assert event["URL"] == "http://127.0.0.1:5000/en/series/s/1/"
    _, title, label = (typeset(text, "en") for text in ("", words.title, words.label))
    if title and label and title != label:
        assert event["SUMMARY"] == on_one_line(f"{label} – {title}")
    assert event["LOCATION"] == on_one_line(f"{typeset(words.place, 'en')} / Online" if words.place else "Online")
    description = event["DESCRIPTION"]
    assert description.endswith("\n\nhttp://127.0.0.1:5000/en/series/s/1/")
    for text in (words.objective, words.section, words.sentence, words.scope, words.affiliation, words.item):
        assert carried(typeset(text, "en")) in description
    assert carried(words.name) in description
    assert carried(plain(words.abstract, "en")).strip("\n") in description
    # Neither parser unescapes a property that is younger than itself.
    unfolded = body.decode().replace("\r\n ", "").split("\r\n")
    names = [line.partition(":")[2] for line in unfolded if line.startswith(("NAME;LANGUAGE=en:", "X-WR-CALNAME:"))]
    shown = on_one_line(typeset(words.calendar, "en"))
    assert [re.sub(r"\\(.)", r"\1", name) for name in names] == [shown] * 2 * bool(names)
    assert bool(names) == bool(on_one_line(words.calendar))
