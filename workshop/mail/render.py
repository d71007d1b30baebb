"""Templates to subject, text and HTML; apart from service.py because it alone touches Jinja.

Works in and out of requests. Templates are `mail/<kind>/{subject.txt,body.txt,body.html}` of any feature and extend
`mail/base.txt` and `mail/base.html`. Only .html is escaped. What a participant typed goes through `| unlinked` in all
of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from babel import Locale
from flask import current_app
from flask_babel import get_locale
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from workshop.core import localtime
from workshop.core.language import languages, speaking
from workshop.core.localized import Localized, Text

MAX_SUBJECT = 300
_ZERO_WIDTH = "\u200b"


class Rendered(NamedTuple):
    """A message as it will be stored, marks in place of secret links."""

    subject: str
    text: str
    html: str


def render(kind: str, language: str, context: Mapping[str, Any]) -> Rendered:
    """Return a message of a kind in a language; raises jinja2.TemplateNotFound for an unknown kind."""
    environment = _environment()
    values = {"language": language, "instance_name": current_app.config["NAME"], **context}
    with speaking(language):
        subject = environment.get_template(f"mail/{kind}/subject.txt").render(values)
        values["subject"] = clean_line(subject)[:MAX_SUBJECT]
        text = environment.get_template(f"mail/{kind}/body.txt").render(values)
        html = environment.get_template(f"mail/{kind}/body.html").render(values)
    return Rendered(values["subject"], _tidy(text), _tidy(html))


def clean_line(text: str) -> str:
    """Return `text` on one line, without control characters; no-break spaces stay."""
    return re.sub(r"[\x00-\x20\x7f-\x9f\u2028\u2029\ud800-\udfff]+", " ", text).strip()


def unlinked(text: object) -> str:
    """Return what a participant typed on one line, with breaks that keep mail programs from making a link of it.

    The zero-width space is invisible; an address or a mark of a secret link written by a stranger falls apart.
    """
    line = clean_line(str(text))
    return re.sub(r"(?<=[.:@/\[\]])(?=\S)|(?<=\S)(?=[.@])", _ZERO_WIDTH, line)


def _tidy(text: str) -> str:
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]", "", text.replace("\r\n", "\n"))
    lines = [line if line == "-- " else line.rstrip(" \t") for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


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
        return Text(text if isinstance(text, Markup) else str(text), None)
    found = text.pick(_language(), languages())
    return Text(found.value, None if found.language == _language() else found.language)


def language_name(code: str) -> str:
    """Return the name of a language in the reader's own, such as « anglais »."""
    return str(Locale.parse(code).get_display_name(_language()) or code)


def _moment(starts_at: datetime, ends_at: datetime, tzid: str) -> localtime.Moment:
    return localtime.moment(starts_at, ends_at, tzid, _language())
