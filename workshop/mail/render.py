"""Templates to subject, text and HTML; apart from service.py because it alone touches Jinja.

Works in and out of requests. Templates are `mail/<kind>/{subject.txt,body.txt,body.html}` of any feature and extend
`mail/base.txt` and `mail/base.html`. Only .html is escaped. What a participant typed goes through `| unlinked` in all
of them.

A kind that a series may word anew (mail.texts) has its passages in blocks of the same names in both bodies. Its own
text takes the place of the block `content`, and each placeholder renders its block, so that nothing that organisers
type is ever read by Jinja.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale
from flask import current_app
from flask_babel import get_locale
from jinja2 import Environment, FileSystemLoader
from jinja2.runtime import Context
from markupsafe import Markup, escape

from workshop.core import localtime
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages, speaking
from workshop.core.localized import Localized, Text
from workshop.core.typography import typeset
from workshop.mail.texts import DIRECTIONS, KINDS, PRODUCTS_SUBJECT, OwnText, Paragraph, ParsedText, Placeholder, parse

MAX_SUBJECT = 300
_ZERO_WIDTH = "\u200b"
_ELEMENT = re.compile(r"\s*<(?:p|h[1-6]|div|ul|ol|table|blockquote)\b")
_PARAGRAPH = Markup('<p style="margin:0 0 1rem">')
_FOLLOWS = frozenset({"when", "where", "languages"})
_IS_FOLLOWED = frozenset({"session", "when", "where"})
"""In an outline no empty line stands between these passages."""
logger = logging.getLogger(__name__)


class Rendered(NamedTuple):
    """A message as it will be stored, marks in place of secret links."""

    subject: str
    text: str
    html: str


def render(kind: str, language: str, context: Mapping[str, Any], *, own: OwnText | None = None) -> Rendered:
    """Return a message of a kind in a language.

    Args:
        kind: folder of its templates.
        language: code.
        context: for the templates; `reader_name`, raw, for the placeholder `{name}`.
        own: the series' own wording. One that no longer holds what it must is left aside.

    Raises:
        jinja2.TemplateNotFound: an unknown kind.
    """
    environment = _environment()
    values = {"language": language, "instance_name": current_app.config["NAME"], **context}
    if "sender_name" in values:
        values["sender_name"] = unmarked(values["sender_name"])
    parsed = _parsed(kind, own)
    with speaking(language):
        subject = environment.get_template(f"mail/{kind}/subject.txt").render(values)
        if parsed is not None:
            named = {PRODUCTS_SUBJECT: Text(clean_line(subject), None), **inline_values(values)}
            subject = _filled(parsed.subject, named, _plain)
        # The HTML part repeats it.
        values["subject"] = unmarked(clean_line(subject))[:MAX_SUBJECT]
        text = _body(environment, f"mail/{kind}/body.txt", values, parsed, _text_paragraph)
        html = _body(environment, f"mail/{kind}/body.html", values, parsed, _html_paragraph)
    return Rendered(values["subject"], _tidy(text), _tidy(html))


def outline(kind: str, language: str) -> OwnText:
    """Return the product's own wording as a series may begin to change it: its passages as placeholders."""
    template = _environment().get_template(f"mail/{kind}/body.txt")
    context = template.new_context({"language": language})

    def named(name: str) -> Callable[[Context], Iterator[str]]:
        before, after = ("" if name in names else "\n" for names in (_FOLLOWS, _IS_FOLLOWED))
        return lambda _context: iter([f"{before}{{{name}}}\n{after}"])

    for name in KINDS[kind].blocks:
        context.blocks.setdefault(name, []).insert(0, named(name))
    with speaking(language):
        deque(template.root_render_func(context), maxlen=0)  # so that what it imports and extends is there
        body = "".join(context.blocks["content"][0](context))
    return OwnText(f"{{{PRODUCTS_SUBJECT}}}", _tidy(body).strip("\n"))


def inline_values(values: Mapping[str, Any]) -> dict[str, Text]:
    """Return what placeholders inside a line stand for, as far as these values of a template know it."""
    found: dict[str, Text] = {}
    view = values.get("view")
    if view is not None:
        at = _moment(view.starts_at, view.ends_at, view.tzid)
        clock = localtime.clock_time(view.starts_at, view.tzid, _language())
        found["title"] = picked(view.title or view.label)
        found["date"] = Text(str(values.get("starts_date") or at.date), None)
        found["time"] = Text(str(values.get("starts_time") or clock), None)
    series = values.get("series_title") or (view.series_title if view is not None else "")
    found["series"] = picked(series)
    found["name"] = Text(unlinked(values.get("reader_name") or ""), None)
    return found


def clean_line(text: str) -> str:
    """Return `text` on one line, without control characters; no-break spaces stay."""
    return re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+", " ", DIRECTIONS.sub("", text)).strip()


def unlinked(text: object) -> str:
    """Return what a participant typed on one line, with breaks that keep mail programs from making a link of it.

    The zero-width space is invisible; an address or a mark of a secret link written by a stranger falls apart.
    """
    line = clean_line(str(text))
    return re.sub(r"(?<=[.:@/\[\]])(?=\S)|(?<=\S)(?=[.@])", _ZERO_WIDTH, line)


def unmarked(text: str) -> str:
    """Return what organisers typed in such a way that no mark of a secret link (core.links) can come of it.

    Nor of it and what stands beside it.
    """
    # Twice, for a third bracket; by methods of its own, as what is escaped already stays so.
    apart = text.replace("[[", f"[{_ZERO_WIDTH}[").replace("[[", f"[{_ZERO_WIDTH}[")
    return apart.replace("[link:", f"[{_ZERO_WIDTH}link:")


def _tidy(text: str) -> str:
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]", "", text.replace("\r\n", "\n"))
    text = DIRECTIONS.sub("", text)
    lines = [line if line == "-- " else line.rstrip(" \t") for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


def _parsed(kind: str, own: OwnText | None) -> ParsedText | None:
    if own is None or kind not in KINDS:
        return None
    try:
        return parse(kind, own)
    except InvalidValuesError:
        # Kept under an earlier version, whose placeholders were others: the message matters more than its words.
        logger.warning("a series' own text of %s no longer fits and is left aside", kind)
        return None


def _body(
    environment: Environment,
    name: str,
    values: Mapping[str, Any],
    parsed: ParsedText | None,
    write: Callable[[Paragraph, Context, Mapping[str, Text]], str],
) -> str:
    template = environment.get_template(name)
    if parsed is None:
        return template.render(values)
    context = template.new_context(dict(values))
    named = inline_values(values)
    paragraphs = parsed.body

    def content(context: Context) -> Iterator[str]:
        for paragraph in paragraphs:
            if written := write(paragraph, context, named):
                yield f"{written}\n\n"

    # The frame asks for the first of the blocks of a name: ours stands before the product's.
    context.blocks.setdefault("content", []).insert(0, content)
    return "".join(template.root_render_func(context))


def _text_paragraph(paragraph: Paragraph, context: Context, named: Mapping[str, Text]) -> str:
    lines = (
        _block(context, line.name).strip("\n") if isinstance(line, Placeholder) else _filled(line, named, _plain)
        for line in paragraph
    )
    return "\n".join(line for line in lines if line.strip())


def _html_paragraph(paragraph: Paragraph, context: Context, named: Mapping[str, Text]) -> str:
    """Return elements: lines of words share a paragraph, a passage that is an element stands by itself."""
    elements: list[str] = []
    words: list[str] = []

    def close() -> None:
        if words:
            inside = "<br>\n".join(words)
            elements.append(f"{_PARAGRAPH}{inside}</p>")
            words.clear()

    for line in paragraph:
        if not isinstance(line, Placeholder):
            words.append(_filled(line, named, _rich))
        elif _ELEMENT.match(passage := _block(context, line.name)):
            close()
            elements.append(passage.strip())
        elif passage.strip():
            words.append(passage.strip())
    close()
    return "\n".join(elements)


def _block(context: Context, name: str) -> str:
    return "".join(context.blocks[name][0](context))


def _filled(pieces: Iterable[str | Placeholder], named: Mapping[str, Text], write: Callable[[Text], str]) -> str:
    line = ""
    for piece in pieces:
        if isinstance(piece, str):
            line += write(Text(piece, None))
            continue
        value = named.get(piece.name, Text("", None))
        # Without a name, « Bonjour {name}, » must not keep the space before its comma.
        line = line + write(value) if value.value else line.rstrip(" \u00a0")
    # A title that ends in a bracket, and words that go on where it ends.
    return unmarked(line)


def _plain(text: Text) -> str:
    return f"{text.value} ({language_name(text.language)})" if text.language else text.value


def _rich(text: Text) -> str:
    if not text.language:
        return str(escape(text.value))
    return f'<span lang="{escape(text.language)}">{escape(text.value)}</span> ({escape(language_name(text.language))})'


def _environment() -> Environment:
    found = current_app.extensions.get("workshop_mail_environment")
    if found is None:
        folders = sorted(Path(__file__).resolve().parent.parent.glob("*/templates"))
        found = current_app.jinja_env.overlay(
            loader=FileSystemLoader(folders), trim_blocks=True, lstrip_blocks=True, cache_size=100
        )
        # An overlay shares its parent's dictionaries: what mail adds is not for pages.
        found.globals = {**found.globals, "moment": _moment, "same_clock": localtime.same_clock}
        found.globals["language_name"] = language_name
        found.filters = {**found.filters, "unlinked": unlinked, "picked": picked}
        current_app.extensions["workshop_mail_environment"] = found
    assert isinstance(found, Environment)
    return found


def _language() -> str:
    return str(get_locale().language)


def picked(text: Localized | str) -> Text:
    """Return the text for the message's reader; `.language` is None unless it is another language than theirs."""
    if not isinstance(text, Localized):
        return Text(unmarked(text if isinstance(text, Markup) else str(text)), None)
    found = text.pick(_language(), languages())
    value = typeset(unmarked(found.value), found.language)
    return Text(value, None if found.language == _language() else found.language)


def language_name(code: str) -> str:
    """Return the name of a language in the reader's own, such as « anglais »."""
    return str(Locale.parse(code).get_display_name(_language()) or code)


def _moment(starts_at: datetime, ends_at: datetime, tzid: str) -> localtime.Moment:
    return localtime.moment(starts_at, ends_at, tzid, _language())
