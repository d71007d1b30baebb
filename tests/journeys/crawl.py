"""A crawl that knows no routes: it follows what a page, feed or header names, presses every button, and asks the map."""

from __future__ import annotations

import html
import io
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import BuildError
from werkzeug.test import TestResponse

SEEDS = ("/", "/robots.txt", "/sitemap.xml", "/fr/calendar.ics", "/en/calendar.ics", "/healthz", "/readyz")
ORIGIN = "http://127.0.0.1:5000"
_ADDRESS = re.compile(r"(?:https?|webcal)://[^\s\"'<>\\]+")


@dataclass
class Form:
    """A form as it stands on a page, with the values that it would send untouched."""

    action: str
    method: str
    values: list[tuple[str, str]] = field(default_factory=list)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.forms: list[Form] = []
        self._select = ""
        self._area: str | None = None
        self._elsewhere: list[tuple[str, str, str]] = []
        """Buttons that send the form to an address of their own: address, name, value."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.found += [values[name] for name in ("href", "src", "action") if values.get(name)]
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get").casefold()))
        elif self.forms:
            self._control(tag, values)

    def _control(self, tag: str, values: dict[str, str]) -> None:
        name = values.get("name", "")
        if tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in values:
            self.forms[-1].values.append((self._select, values.get("value", "")))
        elif tag == "textarea":
            self._area = name
        elif tag == "button" and values.get("formaction"):
            self._elsewhere.append((values["formaction"], name, values.get("value", "")))
        elif tag == "button" and name:
            self.forms[-1].values.append((name, values.get("value", "")))
        elif tag == "input" and name:
            is_choice = values.get("type") in {"checkbox", "radio"}
            if not is_choice or "checked" in values:
                self.forms[-1].values.append((name, values.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area and self.forms:
            self.forms[-1].values.append((self._area, data))

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = None
        elif tag == "form" and self.forms:
            form = self.forms[-1]
            for action, name, value in self._elsewhere:
                self.forms.append(Form(action, "post", [*form.values, *([(name, value)] if name else [])]))
            self._elsewhere = []


@dataclass
class Crawl:
    """Everything reachable: path (after "POST " where a form was sent) → what was answered, as a person would read it."""

    pages: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    _folded: dict[str, str] = field(default_factory=dict)

    def note(self, path: str, text: str, status: int) -> None:
        """Keep what was answered; folded once, because it is searched for hundreds of words."""
        self.pages[path], self.statuses[path] = text, status
        self._folded[path] = f"{text}\n{unquote(path)}".casefold()

    def where(self, canary: str) -> list[str]:
        """Return the paths whose headers, body or own address hold `canary`, whatever the case or encoding."""
        wanted = canary.casefold()
        return [path for path, text in self._folded.items() if wanted in text]

    def where_number(self, number: int) -> list[str]:
        """Return the paths whose headers or body hold this number by itself."""
        pattern = re.compile(rf"(?<![\w.#-]){number}(?![\w-])")
        return [path for path, text in self.pages.items() if pattern.search(text)]


def crawl(client: FlaskClient, seeds: Iterable[str] = SEEDS, *, limit: int = 4000, presses: bool = False) -> Crawl:
    """Follow every link of this origin from `seeds`, with GET.

    Args:
        client: the visitor.
        seeds: where to begin.
        limit: of pages, so that a crawl that does not end is a failure.
        presses: whether every form is sent too, as it stands, after all was read; where an answer leads is not followed.
    """
    result = Crawl()
    waiting = list(dict.fromkeys(seeds))
    forms: dict[tuple[str, str, tuple[str, ...]], tuple[str, Form]] = {}
    while waiting:
        path = waiting.pop()
        if path in result.pages:
            continue
        assert len(result.pages) < limit, "the crawl does not end"
        response = client.get(path)
        _note(result, path, response)
        page = _Page()
        page.feed(response.get_data().decode("utf-8", "replace"))
        for form in page.forms:
            action = urlsplit(urljoin(urljoin(ORIGIN, path), form.action)).path
            forms.setdefault((form.method, action, tuple(name for name, _ in form.values)), (path, form))
        waiting += [found for found in _links(path, page, response) if found not in result.pages]
    if presses:
        _press(client, result, forms)
    return result


def _press(
    client: FlaskClient, result: Crawl, forms: Mapping[tuple[str, str, tuple[str, ...]], tuple[str, Form]]
) -> None:
    # What ends things last: after it nothing more could be pressed.
    order = {action: rank for rank, action in enumerate(("revoke", "withdraw", "erase", "link", "cancel", "logout"), 1)}
    for (method, action, _names), (_path, form) in sorted(
        forms.items(), key=lambda one: order.get(one[0][1].rstrip("/").rpartition("/")[2], 0)
    ):
        if method != "post":
            continue
        values: dict[str, list[str]] = {}
        for name, value in form.values:
            values.setdefault(name, []).append(value)
        name = f"POST {action}"
        while name in result.pages:
            name += " again"
        _note(result, name, client.post(action, data=values))


def _note(result: Crawl, path: str, response: TestResponse) -> None:
    # How long an answer is is a number by itself, and may by chance be one of those that are looked for.
    headers = "\n".join(f"{name}: {value}" for name, value in response.headers if name != "Content-Length")
    text = "\n".join((headers, as_read(response.get_data()), unquote(headers)))
    result.note(path, text, response.status_code)


def as_read(body: bytes) -> str:
    """Return what a person reads in a page, calendar or file: entities resolved, lines unfolded, a PDF's text."""
    if body.startswith(b"%PDF"):
        return _pdf_text(body)
    # Before decoding: a line may be folded within a character (RFC 5545, 3.1).
    text = re.sub(rb"\r?\n[ \t]", b"", body).decode("utf-8", "replace") if b"BEGIN:VCALENDAR" in body else ""
    text = text or body.decode("utf-8", "replace")
    return html.unescape(text.replace("\\,", ",").replace("\\;", ";").replace("\\n", "\n"))


def _pdf_text(body: bytes) -> str:
    import pikepdf

    with pikepdf.open(io.BytesIO(body)) as pdf:
        found = [repr(pdf.docinfo), str(pdf.Root.keys())]
        for page in pdf.pages:
            for instruction in pikepdf.parse_content_stream(page):
                found += [str(operand) for operand in instruction.operands]
    return "\n".join(found)


def _links(path: str, page: _Page, response: TestResponse) -> list[str]:
    here = urljoin(ORIGIN, path)
    text = response.get_data().decode("utf-8", "replace")
    found = []
    for link in [*page.found, *_ADDRESS.findall(text), response.headers.get("Location", "")]:
        parts = urlsplit(urljoin(here, link.replace("webcal://", "http://"))) if link else None
        if parts and f"http://{parts.netloc}" == ORIGIN:
            found.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return found


def addresses(app: Flask, known: Mapping[str, Sequence[object]]) -> dict[str, str]:
    """Return path → endpoint of every route that answers GET, filled with every combination of known values.

    An argument that nobody knows a value for gets `unknown` or a number that nothing has, so that a route added later
    is asked too.
    """
    found: dict[str, str] = {}
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("127.0.0.1:5000")
        for rule in app.url_map.iter_rules():
            if "GET" not in (rule.methods or set()):
                continue
            names = sorted(rule.arguments)
            for values in itertools.product(*(known.get(name, ("unknown", 99_999_999)) for name in names)):
                try:
                    path = adapter.build(rule.endpoint, dict(zip(names, values, strict=True)), method="GET")
                except (BuildError, ValueError):
                    continue
                found[urlsplit(path).path] = rule.endpoint
    return found
