"""A series' own texts: what they may hold, that nothing in them is ever a template, and when they are used."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from jinja2 import StrictUndefined
from jinja2.runtime import Context
from sqlalchemy.orm import Session

from tests.builders import build_series
from tests.unit.mail.conftest import put
from workshop.core import links
from workshop.core.faults import InvalidValuesError
from workshop.core.language import speaking
from workshop.core.localized import Localized
from workshop.mail import render, texts
from workshop.mail.models import MailText
from workshop.mail.texts import KINDS, OwnText, check, clean_own, own_text, parse

GOOD = OwnText("{title}, {date}", "Hello {name},\n\nOurs.\n{session}\n{when}\n\n{links}")


def _view(title: str = "Le titre") -> Any:
    return SimpleNamespace(
        title=Localized({"en": title}),
        label=Localized.neutral("1"),
        series_title=Localized.neutral("Canari"),
        starts_at=datetime(2026, 10, 26, 17, tzinfo=UTC),
        ends_at=datetime(2026, 10, 26, 19, tzinfo=UTC),
        tzid="Europe/Paris",
        is_neutral=False,
    )


def _context(**values: Any) -> dict[str, Any]:
    given = {"view": _view(), "own_tzid": "", "my_url": "https://w.example.org/my", "sender_name": "W"}
    return {**given, "reader_name": "Zoé", **values}


def _place_free(own: OwnText | None, language: str = "en", **values: Any) -> render.Rendered:
    return render.render("place_free", language, _context(**values), own=own)


def _codes(kind: str, **parts: str) -> list[tuple[str, str, Any]]:
    return [(one.field, one.code, one.context.get("line")) for one in check(kind, GOOD._replace(**parts))]


# -- the product's templates -------------------------------------------------------------------------------------------


def _nothing(_context: Context) -> Iterator[str]:
    yield from ()


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("part", ["txt", "html"])
def test_all_that_varies_stands_in_a_block(app: Flask, kind: str, part: str) -> None:
    with app.app_context(), speaking("en"):
        environment = render._environment().overlay(undefined=StrictUndefined)
        template = environment.get_template(f"mail/{kind}/body.{part}")
        context = template.new_context({"language": "en", "sender_name": "", "subject": ""})
        seen = []

        def named(name: str) -> Callable[[Context], Iterator[str]]:
            def write(_context: Context) -> Iterator[str]:
                seen.append(name)
                yield name

            return write

        for name in KINDS[kind].blocks:
            context.blocks.setdefault(name, []).insert(0, named(name))
        context.blocks.setdefault("why", []).insert(0, _nothing)
        "".join(template.root_render_func(context))
        assert seen == list(KINDS[kind].blocks)
        for name in KINDS[kind].blocks:
            assert len(context.blocks[name]) > 1, name


@pytest.mark.databases("sqlite")
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_original_is_a_text_without_a_fault(app: Flask, kind: str) -> None:
    with app.app_context():
        for language in ("fr", "en"):
            outline = render.outline(kind, language)
            assert check(kind, outline) == []
            assert clean_own(*outline) == outline


# -- what a text may hold ----------------------------------------------------------------------------------------------


def test_a_text_without_a_fault() -> None:
    assert _codes("place_free") == []
    assert parse("place_free", GOOD).body[1][1:] == (texts.Placeholder("session"), texts.Placeholder("when"))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{{7*7}}", "placeholder_brace"),
        ("{{ title }}", "placeholder_brace"),
        ("{{title}}", "placeholder_brace"),
        ("{% if 1 %}", "placeholder_brace"),
        ("{# hidden #}", "placeholder_brace"),
        ("{0.__class__}", "placeholder_brace"),
        ("{title.__class__}", "placeholder_brace"),
        ("{title!r}", "placeholder_brace"),
        ("{}", "placeholder_brace"),
        ("{", "placeholder_brace"),
        ("}", "placeholder_brace"),
        ("{TITLE}", "placeholder_brace"),
        ("{self}", "placeholder_unknown"),
        ("{config}", "placeholder_unknown"),
        ("{my_url}", "placeholder_unknown"),
        ("{subject}", "placeholder_unknown"),
        ("See {when}", "placeholder_not_alone"),
        ("{when} {links}", "placeholder_not_alone"),
        ("[[link:my:00000000000000000000000000000000]]", "text_mark"),
        ("a\u202eb", "text_direction"),
        ("a\u2066b", "text_direction"),
        ("a\x07b", "text_control"),
    ],
)
def test_anything_else_is_refused_with_its_line(line: str, code: str) -> None:
    assert ("body", code, 9) in _codes("place_free", body=f"{GOOD.body}\n\n{line}")
    with pytest.raises(InvalidValuesError):
        parse("place_free", GOOD._replace(body=f"{GOOD.body}\n{line}"))


def test_percents_and_links_are_text() -> None:
    body = f"{GOOD.body}\n\n%(x)s, 100 %, %s, $x, https://example.org/?a=1&b=2"
    assert _codes("place_free", body=body) == []


def test_what_must_be_there_must_be_there_alone_on_its_line() -> None:
    (fault,) = check("place_free", GOOD._replace(body="Hello\n{session}"))
    assert (fault.code, fault.context["names"]) == ("placeholder_missing", ["{when}", "{links}"])
    assert _codes("place_free", body="") == [("body", "required", None)]
    assert _codes("place_free", subject=" ") == [("subject", "required", None)]
    assert _codes("place_free", subject="{links}") == [("subject", "placeholder_in_subject", 1)]
    assert _codes("place_free", subject="x" * 201) == [("subject", "too_long", None)]


def test_breaks_become_one_kind() -> None:
    assert clean_own("a\r\nBcc: b@example.org", "a \r\nb\rc\u2028d\n\n") == OwnText(
        "a Bcc: b@example.org", "a\nb\nc\nd"
    )


# -- what becomes of it ------------------------------------------------------------------------------------------------


def test_words_and_passages_in_both_parts(app: Flask) -> None:
    with app.app_context():
        mail = _place_free(GOOD)
    assert mail.subject == "Le titre, Monday 26 October 2026"
    assert mail.text.startswith(
        "Hello Zoé,\n\nOurs.\nLe titre\nMonday 26 October 2026, 18:00–20:00, Paris time (UTC+1)\n\nTake the place\n"
        "https://w.example.org/my\n"
    )
    assert "You receive this message because you are on the waiting list" in mail.text
    assert '<p style="margin:0 0 1rem">Hello Zoé,</p>' in mail.html
    assert "Ours.<br>\n<strong>Le titre</strong><br>\n<strong>Monday" in mail.html
    assert 'href="https://w.example.org/my"' in mail.html
    assert "whoever accepts first" not in mail.text + mail.html


def test_a_text_in_another_language_says_so(app: Flask) -> None:
    with app.app_context():
        mail = _place_free(GOOD, "fr")
    assert mail.subject == "Le titre (anglais), lundi 26 octobre 2026"
    assert '<span lang="en">Le titre</span> (anglais)' in mail.html


def test_values_are_never_read_again(app: Flask) -> None:
    own = OwnText("{title} {name} {subject}", "{title} – {name}\n\n{session}\n{when}\n\n{links}")
    hostile = "{links} {{7*7}} %(x)s {0.__class__} <script>\r\nBcc: x@example.org"
    with app.app_context():
        mail = _place_free(own, view=_view(hostile), reader_name=hostile)
    assert "\n" not in mail.subject
    assert mail.text.count("https://w.example.org/my") == 1
    assert "49" not in mail.text
    assert "{{7*7}}" in mail.text
    assert "<script>" not in mail.html
    assert "class 'int'" not in mail.text + mail.html


def test_a_long_name_or_one_that_turns_the_line_does_no_harm(app: Flask) -> None:
    own = OwnText("{name}", "{name}\n\n{when}\n\n{links}")
    with app.app_context():
        long = _place_free(own, reader_name="x" * 1000)
        turned = _place_free(own, reader_name="\u202egro.elpmaxe\u2066 evil.example https://evil.example")
    assert len(long.subject) <= render.MAX_SUBJECT
    assert "x" * 1000 in long.text
    assert not set("\u202e\u2066") & set(turned.subject + turned.text + turned.html)
    assert "evil.example" not in turned.subject + turned.text + turned.html


def test_no_title_becomes_a_mark_of_a_link(app: Flask) -> None:
    mark = "[[link:my:00000000000000000000000000000000]]"
    # Typed in two halves, a title and the words around it; a third bracket; the subject stands in the HTML part too.
    own = OwnText(
        "{title}" + mark[1:], f"[{{title}}\n[{{series}}\n{{title}}{mark[1:]}\n\n{{session}}\n{{when}}\n\n{{links}}"
    )
    for title in (mark, mark[1:], f"[{mark}", f"[[{mark}", "Perhaps ["):
        with app.app_context():
            view = _view(title)
            view.series_title = Localized.neutral(title)
            for mail in (_place_free(own, view=view, sender_name=mark), _place_free(None, view=view)):
                assert links.subjects_in("".join(mail)) == set()


def test_without_a_name_no_space_stays_before_the_comma(app: Flask) -> None:
    with app.app_context():
        assert _place_free(GOOD, reader_name="").text.startswith("Hello,\n")


def test_typed_mark_up_is_text(app: Flask) -> None:
    own = GOOD._replace(body=f"<a href='https://example.org'>x</a> & https://example.org/?a=1&b=2\n\n{GOOD.body}")
    with app.app_context():
        mail = _place_free(own)
    assert "&lt;a href=" in mail.html
    assert "https://example.org/?a=1&amp;b=2" in mail.html
    assert "https://example.org/?a=1&b=2" in mail.text
    assert mail.html.count("<a ") == 1


def test_a_text_of_an_earlier_version_gives_way(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with app.app_context():
        assert _place_free(OwnText("x", "{gone}")) == _place_free(None)
    assert "place_free" in caplog.text


# -- when it is used ---------------------------------------------------------------------------------------------------


@pytest.fixture
def series(session: Session, now: datetime) -> int:
    series_id = build_series(session, slug="mine").id
    texts.save_own(session, now=now, series_id=series_id, kind="place_free", language="en", own=GOOD)
    session.commit()
    return series_id


def _put(session: Session, now: datetime, **values: Any) -> str:
    given: dict[str, Any] = {
        "kind": "place_free",
        "language": "en",
        "context": _context(),
        "basis": {"is_neutral": False},
    }
    return put(session, now, **{**given, **values}).body_text


def test_a_message_is_in_the_series_words(session: Session, now: datetime, series: int) -> None:
    assert "Ours." in _put(session, now, series_id=series)
    other = build_series(session, slug="other")
    for values in ({"series_id": series, "language": "fr"}, {"series_id": other.id}, {"series_id": None}):
        assert "Ours." not in _put(session, now, **values)


@pytest.mark.parametrize("basis", [{"is_neutral": True}, {}, {"is_neutral": None}])
def test_a_neutral_message_holds_no_word_of_the_organisers(
    session: Session, now: datetime, series: int, basis: dict[str, Any]
) -> None:
    assert "Ours." not in _put(session, now, series_id=series, basis=basis)


def test_one_look_for_each_series_and_transaction(session: Session, now: datetime, series: int) -> None:
    asked = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "FROM mail_text" in statement:
            asked.append(statement)

    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", listen)
    try:
        for kind in ("place_free", "reminder", "place_free"):
            for language in ("en", "fr"):
                own_text(session, series_id=series, kind=kind, language=language)
        assert len(asked) == 1
        session.commit()
        own_text(session, series_id=series, kind="place_free", language="en")
        assert len(asked) == 2
    finally:
        sa.event.remove(engine, "before_cursor_execute", listen)


def test_what_was_just_saved_or_given_up_counts_at_once(session: Session, now: datetime, series: int) -> None:
    def held() -> OwnText | None:
        return own_text(session, series_id=series, kind="place_free", language="en")

    assert held() == GOOD
    newer = GOOD._replace(subject="Newer")
    facts: dict[str, Any] = {"series_id": series, "kind": "place_free", "language": "en"}
    assert texts.save_own(session, now=now, own=newer, **facts)
    assert not texts.save_own(session, now=now, own=newer, **facts)
    assert held() == newer
    assert texts.forget_own(session, **facts)
    assert not texts.forget_own(session, **facts)
    assert held() is None
    assert session.scalar(sa.select(sa.func.count()).select_from(MailText)) == 0


def test_a_bad_text_is_not_kept(session: Session, now: datetime, series: int) -> None:
    with pytest.raises(InvalidValuesError):
        texts.save_own(session, now=now, series_id=series, kind="reminder", language="en", own=OwnText("x", "{{7*7}}"))
    with texts.trying(session, series_id=series, kind="place_free", language="en", own=None):
        assert own_text(session, series_id=series, kind="place_free", language="en") is None
    assert own_text(session, series_id=series, kind="place_free", language="en") == GOOD
