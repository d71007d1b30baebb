"""A bad file: line, field, value and reason of every fault, and nothing is stored."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.unit.programme.values import LANGUAGES, no_answers
from workshop.core.language import speaking
from workshop.people.models import Person
from workshop.programme.models import Series
from workshop.programme.sentences import CODES, sentence
from workshop.programme.seriesfile import FileFault, SeriesFileError, import_series
from workshop.programme.seriesfile.nodes import MAXIMUM_BYTES

GOOD = """\
workshop: 1
people:
  ada: {name: Ada}
series:
  slug: essai
  title: {fr: Essai, en: Trial}
  languages: [fr, en]
  timezone: Europe/Paris
  chatham_house_rule: discussion
  visibility: public
sessions:
  - slug: "1"
    title: {fr: Un, en: One}
    starts: 2027-01-14T16:00
    ends: 2027-01-14T18:00
    floor_languages: [fr]
    moderators: [ada]
    programme:
      - title: {fr: Partie, en: Part}
        items:
          - kind: talk
            title: {fr: Exposé, en: Talk}
            speakers: [ada]
"""


def faults_of(session: Session, content: bytes) -> list[FileFault]:
    from tests.conftest import NOW

    with pytest.raises(SeriesFileError) as caught:
        import_series(session, now=NOW, content=content, instance_languages=LANGUAGES, count_answers=no_answers)
    assert session.scalar(sa.select(sa.func.count()).select_from(Series)) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(Person)) == 0
    return caught.value.faults


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("workshop: 1", "workshop: 2", (1, "workshop", "2", "not_choice")),
        ("  ada: {name: Ada}", "  ada: {nom: Ada}", (3, "people.ada.nom", "Ada", "unknown_key")),
        ("{name: Ada}", "{name: Ada, links: [javascript:x]}", (3, "people.ada.links[0]", "javascript:x", "not_web_address")),
        ("{name: Ada}", "{name: Ada, email: ada}", (3, "people.ada.email", "ada", "not_email")),
        ("  slug: essai", "  slug: Essai", (5, "series.slug", "Essai", "not_slug")),
        ("  slug: essai", "  slug: essai\n  slug: autre", (6, "series.slug", "slug", "duplicate_key")),
        ("languages: [fr, en]", "languages: [fr, de]", (7, "series.languages[1]", "de", "unknown_language")),
        ("Europe/Paris", "Europe/Lutetia", (8, "series.timezone", "Europe/Lutetia", "unknown_zone")),
        ("rule: discussion", "rule: secret", (9, "series.chatham_house_rule", "secret", "not_choice")),
        ("  visibility: public\n", "", (5, "series.visibility", "", "required")),
        ("visibility: public", "visibility: public\n  retention_days: 91", (11, "series.retention_days", "91", "out_of_range")),
        ("visibility: public", "visibility: public\n  colour: red", (11, "series.colour", "red", "not_colour")),
        ("visibility: public", "visibility: public\n  embed_origins: ['*']", (11, "series.embed_origins[0]", "*", "not_origin")),
        ("visibility: public", "visibility: public\n  reminders: [-7d, soon]", (11, "series.reminders[1]", "soon", "not_offset")),
        ("visibility: public", "visibility: public\n  committee: [bob]", (11, "series.committee[0]", "bob", "unknown_person")),
        ("visibility: public", "visibility: public\n  committee: ada", (11, "series.committee", "ada", "not_list")),
        ('slug: "1"', "slug: rsvp", (12, "sessions[0].slug", "rsvp", "reserved_slug")),
        ('slug: "1"', 'slug: "1"\n    number: four', (13, "sessions[0].number", "four", "not_number")),
        ("{fr: Un, en: One}", "{fr: Un}", (13, "sessions[0].title", "", "lacks_language")),
        ("{fr: Un, en: One}", "{fr: Un, en: One, es: Uno}", (13, "sessions[0].title.es", "Uno", "unknown_language")),
        ("starts: 2027-01-14T16:00", "starts: demain", (14, "sessions[0].starts", "demain", "not_time")),
        ("ends: 2027-01-14T18:00", "ends: 2027-01-14T15:00", (15, "sessions[0].ends", "2027-01-14T15:00", "ends_before_start")),
        ("starts: 2027-01-14T16:00", "starts: 2027-02-30T16:00", (14, "sessions[0].starts", "2027-02-30T16:00", "not_time")),
        ("floor_languages: [fr]", "floor_languages: []", (16, "sessions[0].floor_languages", "", "required")),
        ("floor_languages: [fr]", "floor_languages: [fr]\n    monolingual: es", (17, "sessions[0].monolingual", "es", "not_of_series")),
        ("floor_languages: [fr]", "floor_languages: [fr]\n    capacity: 0", (17, "sessions[0].capacity", "0", "out_of_range")),
        ("floor_languages: [fr]", "floor_languages: [fr]\n    format: party", (17, "sessions[0].format", "party", "not_choice")),
        (
            "floor_languages: [fr]",
            "floor_languages: [fr]\n    chatham_house_rule: closed\n    visibility: unlisted",
            (18, "sessions[0].visibility", "unlisted", "closed_but_visible"),
        ),
        ("floor_languages: [fr]", "floor_languages: [fr]\n    waiting_list: perhaps", (17, "sessions[0].waiting_list", "perhaps", "not_choice")),
        (
            "floor_languages: [fr]",
            "floor_languages: [fr]\n    shares: [{name: Réseau, percent: 30}]",
            (17, "sessions[0].shares", "", "shares_without_capacity"),
        ),
        (
            "floor_languages: [fr]",
            "floor_languages: [fr]\n    capacity: 9\n    shares: [{name: Réseau, percent: 101}]",
            (18, "sessions[0].shares[0].percent", "101", "out_of_range"),
        ),
        (
            "floor_languages: [fr]",
            "floor_languages: [fr]\n    capacity: 9\n    shares:\n      - {name: A, percent: 60}\n      - {name: B, percent: 60}",
            (19, "sessions[0].shares", "", "shares_beyond_all"),
        ),
        (
            "floor_languages: [fr]",
            "floor_languages: [fr]\n    capacity: 9\n    shares: [{name: {fr: A}, percent: 60}]",
            (18, "sessions[0].shares[0].name", "", "lacks_text"),
        ),
        (
            "visibility: public",
            "visibility: public\n  questions: [{text: Quoi, kind: short}]",
            (11, "series.questions[0].reason", "", "required"),
        ),
        (
            "visibility: public",
            "visibility: public\n  questions: [{text: {fr: Quoi}, kind: short, reason: X}]",
            (11, "series.questions[0].text", "", "lacks_text"),
        ),
        (
            "visibility: public",
            "visibility: public\n  questions: [{text: Quoi, kind: one_of, reason: X, options: [A]}]",
            (11, "series.questions[0].options", "", "options_too_few"),
        ),
        (
            "visibility: public",
            "visibility: public\n  questions: [{text: Quoi, kind: long, reason: X, options: [A, B]}]",
            (11, "series.questions[0].options", "", "options_without_choice"),
        ),
        (
            "floor_languages: [fr]",
            "floor_languages: [fr]\n    questions: [{text: Quoi, kind: yes_no, reason: X, keep_days: 91}]",
            (17, "sessions[0].questions[0].keep_days", "91", "out_of_range"),
        ),
        (
            "floor_languages: [fr]",
            "floor_languages: [fr]\n    questions: [{text: Quoi, kind: one_of, reason: X, options: [A, B, a]}]",
            (17, "sessions[0].questions[0].options[2]", "a", "named_twice"),
        ),
        ("moderators: [ada]", "moderators: [bob]", (17, "sessions[0].moderators[0]", "bob", "unknown_person")),
        ("kind: talk", "kind: speech", (21, "sessions[0].programme[0].items[0].kind", "speech", "not_choice")),
        (
            "kind: talk",
            "kind: talk\n            chatham_house_rule: closed",
            (22, "sessions[0].programme[0].items[0].chatham_house_rule", "closed", "closed_item"),
        ),
        (
            "kind: talk",
            "kind: panel\n            chatham_house_rule: on_the_record",
            (22, "sessions[0].programme[0].items[0].chatham_house_rule", "on_the_record", "item_looser_than_session"),
        ),
        ("kind: talk", 'kind: talk\n            starts: "25:00"', (22, "sessions[0].programme[0].items[0].starts", "25:00", "not_clock")),
        ("kind: talk", "kind: talk\n            minutes: -5", (22, "sessions[0].programme[0].items[0].minutes", "-5", "not_number")),
        ("speakers: [ada]", "speakers: [eve]", (23, "sessions[0].programme[0].items[0].speakers[0]", "eve", "unknown_person")),
        ("{name: Ada}", "&a {name: Ada}", (3, "", "&a", "alias")),
        ("[ada]\n    programme", "*a\n    programme", (17, "", "*a", "alias")),
        ("{name: Ada}", "{name: !!int 3}", (3, "", "tag:yaml.org,2002:int", "tag")),
        ("sessions:", "sesions:", (12, "sesions", "", "unknown_key")),
    ],
)  # fmt: skip
def test_names_line_field_value_and_reason(
    session: Session, old: str, new: str, expected: tuple[int, str, str, str]
) -> None:
    assert GOOD.count(old) >= 1
    faults = faults_of(session, GOOD.replace(old, new, 1).encode())
    found = [(fault.line, fault.field, fault.value, fault.code) for fault in faults]
    assert expected in found
    assert len(found) == 1 or expected[3] == "unknown_key"


def test_the_file_they_start_from_is_good(session: Session) -> None:
    from tests.conftest import NOW

    import_series(session, now=NOW, content=GOOD.encode(), instance_languages=LANGUAGES, count_answers=no_answers)
    assert session.scalar(sa.select(Series.slug)) == "essai"


def test_all_faults_at_once(session: Session) -> None:
    content = GOOD.replace("Europe/Paris", "Mars/Base").replace("T16:00", "T99:00").replace("[ada]", "[bob]")
    content = content.replace("slug: essai", "slug: É").replace("name: Ada", "links: x")
    codes = sorted(fault.code for fault in faults_of(session, content.encode()))
    assert codes == [
        "not_list", "not_slug", "not_time", "required", "unknown_person", "unknown_person", "unknown_zone",
    ]  # fmt: skip


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize(
    ("content", "line", "code"),
    [
        (b"", 0, "empty"),
        (b"# nothing\n", 0, "empty"),
        (b"workshop: 1\nseries: [", 2, "not_yaml"),
        (b"workshop: 1\nseries:\n\tslug: a\n", 3, "not_yaml"),
        (b"workshop: 1\nname: \xff\n", 2, "not_utf8"),
        (b"workshop: 1\nname: \x07\n", 2, "not_yaml"),
        (b"[" * 200 + b"]" * 200, 1, "too_deep"),
        (b"x" * (MAXIMUM_BYTES + 1), 0, "too_big"),
        (b"workshop: 1\n---\nworkshop: 1\n", 2, "not_yaml"),
        (b"- workshop\n", 1, "not_mapping"),
        (b"workshop: 1\n", 1, "required"),
        (b"workshop: 1\nseries: text\n", 2, "not_mapping"),
    ],
)  # fmt: skip
def test_what_is_no_series_file(session: Session, content: bytes, line: int, code: str) -> None:
    faults = faults_of(session, content)
    assert code in {fault.code for fault in faults}
    assert line in {fault.line for fault in faults}


def test_a_time_in_a_gap_is_refused(session: Session) -> None:
    content = GOOD.replace("2027-01-14T16:00", "2027-03-28T02:30").replace("2027-01-14T18:00", "2027-03-28T04:30")
    assert [(fault.line, fault.code) for fault in faults_of(session, content.encode())] == [(14, "time_in_gap")]


def test_a_time_in_a_fold_says_which_with_its_offset(session: Session) -> None:
    from tests.conftest import NOW

    asked = GOOD.replace("2027-01-14T16:00", "2027-10-31T02:30").replace("2027-01-14T18:00", "2027-10-31T04:30")
    (fault,) = faults_of(session, asked.encode())
    assert (fault.line, fault.code) == (14, "time_in_fold")
    assert fault.context["offsets"] == ["+02:00", "+01:00"]
    wrong = asked.replace("02:30", "02:30-05:00")
    assert "not_offset_of_zone" in {fault.code for fault in faults_of(session, wrong.encode())}
    said = asked.replace("T02:30", "T02:30+01:00").encode()
    report = import_series(session, now=NOW, content=said, instance_languages=LANGUAGES, count_answers=no_answers)
    (one,) = session.get_one(Series, report.series_id).sessions
    assert one.starts_at.isoformat() == "2027-10-31T01:30:00+00:00"


def test_yaml_1_1_does_not_turn_texts_into_other_things(session: Session) -> None:
    from tests.conftest import NOW

    content = GOOD.replace("{name: Ada}", "{name: no}").replace("kind: talk", "kind: talk\n            starts: 16:15")
    import_series(session, now=NOW, content=content.encode(), instance_languages=LANGUAGES, count_answers=no_answers)
    series = session.scalars(sa.select(Series)).one()
    assert series.people[0].name == "no"
    assert series.sessions[0].sections[0].items[0].starts == "16:15"


@pytest.mark.databases("sqlite")
def test_every_fault_has_a_sentence(session: Session) -> None:
    context = {
        "limit": 1, "languages": ["fr"], "least": 1, "most": 2, "zone": "Europe/Paris", "wall": "2027-10-31T02:30",
        "offsets": ["+02:00", "+01:00"], "key": "ada", "keys": ["a"], "choices": ["b"], "problem": "x",
        "days": 30, "line": 3, "value": "{x}", "names": ["{a}"],
    }  # fmt: skip
    with speaking("en"):
        sentences = {sentence(FileFault("field", code, context)) for code in CODES}
        assert len(sentences) == len(CODES)
        assert sentence(FileFault("title", "required", {"session": "4"})) == "Session 4: This is required."
