"""A crawl that knows no routes: it follows whatever a page, feed or header names."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote, urljoin, urlsplit

from flask.testing import FlaskClient

SEEDS = ("/", "/robots.txt", "/sitemap.xml", "/fr/calendar.ics", "/en/calendar.ics", "/healthz", "/readyz")
ORIGIN = "http://127.0.0.1:5000"
_ADDRESS = re.compile(r"(?:https?|webcal)://[^\s\"'<>\\]+")


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in {"href", "src", "action"} and value]


@dataclass
class Crawl:
    """Everything reachable: path → what was answered, as a person would read it."""

    pages: dict[str, str] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)

    def where(self, canary: str) -> list[str]:
        """Return the paths whose headers, body or own address hold `canary`, whatever the case or encoding."""
        wanted = canary.casefold()
        return [
            path for path, text in self.pages.items() if wanted in text.casefold() or wanted in unquote(path).casefold()
        ]


def crawl(client: FlaskClient, seeds: tuple[str, ...] = SEEDS, *, limit: int = 1500) -> Crawl:
    """Follow every link of this origin from `seeds`, with GET, as somebody without an account."""
    result = Crawl()
    waiting = list(seeds)
    while waiting:
        path = waiting.pop()
        if path in result.pages:
            continue
        assert len(result.pages) < limit, "the crawl does not end"
        response = client.get(path)
        body = response.get_data()
        text = body.decode("utf-8", "replace")
        unfolded = text.replace("\r\n ", "").replace("\\,", ",").replace("\\;", ";").replace("\\n", "\n")
        headers = "\n".join(f"{name}: {value}" for name, value in response.headers)
        result.pages[path] = "\n".join((headers, html.unescape(unfolded), unquote(headers)))
        result.statuses[path] = response.status_code
        waiting += [
            found for found in _links(path, text, response.headers.get("Location", "")) if found not in result.pages
        ]
    return result


def _links(path: str, text: str, location: str) -> list[str]:
    parser = _Links()
    parser.feed(text)
    here = urljoin(ORIGIN, path)
    found = []
    for link in [*parser.found, *_ADDRESS.findall(text), location]:
        parts = urlsplit(urljoin(here, link.replace("webcal://", "http://"))) if link else None
        if parts and f"http://{parts.netloc}" == ORIGIN:
            found.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return found
