"""Answers that are the same for everybody, kept per process as the bytes that were sent.

Whoever keeps one chooses a key that holds all that decides on its bytes, so nothing here ever expires by time.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime

from flask import Response, current_app, request, session
from werkzeug.http import http_date

from workshop.core.db import db
from workshop.core.localtime import zone_names

LIMIT = 24 * 1024 * 1024
"""Octets of bodies kept per process; the least recently used go first."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A body and what HTTP says of it."""

    body: bytes
    etag: str
    """Strong, quoted: a digest of `body` (RFC 9110, 8.8.3)."""
    last_modified: str
    """An HTTP date, or empty."""
    headers: tuple[tuple[str, str], ...] = ()


def make_answer(body: bytes, *, last_modified: datetime | None = None, **headers: str) -> KeptAnswer:
    """Return an answer for a body; a header's name is written with underscores, such as `Content_Disposition`."""
    return KeptAnswer(
        body=body,
        etag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
        last_modified=http_date(last_modified) if last_modified else "",
        headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
    )


class Kept:
    """A bounded store, safe between threads."""

    def __init__(self, limit: int = LIMIT) -> None:
        self._answers: OrderedDict[Hashable, KeptAnswer] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()
        self._limit = limit
        self._size = 0

    def get(self, key: Hashable, make: Callable[[], KeptAnswer]) -> KeptAnswer:
        """Return the answer kept under `key`, else the one that `make` makes; of many who ask at once, one makes it."""
        if (found := self._find(key)) is not None:
            return found
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        try:
            with making:
                return self._find(key) or self._keep(key, make())
        finally:
            with self._lock:
                self._making.pop(key, None)

    def _find(self, key: Hashable) -> KeptAnswer | None:
        with self._lock:
            if (found := self._answers.get(key)) is not None:
                self._answers.move_to_end(key)
            return found

    def _keep(self, key: Hashable, made: KeptAnswer) -> KeptAnswer:
        with self._lock:
            if key not in self._answers and len(made.body) <= self._limit:
                self._answers[key] = made
                self._size += len(made.body)
            while self._size > self._limit:
                self._size -= len(self._answers.popitem(last=False)[1].body)
        return made

    def __len__(self) -> int:
        return len(self._answers)


def kept() -> Kept:
    """Return this application's store."""
    store: Kept = current_app.extensions.setdefault("kept_answers", Kept())
    return store


def keep(key: Hashable, make: Callable[[], KeptAnswer]) -> KeptAnswer:
    """Return the answer kept under `key` by this application, else the one that `make` makes from the database."""

    def make_anew() -> KeptAnswer:
        # A transaction begun before the revision was read may see an older state: what has become hidden since would
        # be kept under the newer revision, and shown.
        db.session.rollback()
        return make()

    return kept().get(key, make_anew)


def respond(answer: KeptAnswer, *, content_type: str, cache_control: str) -> Response:
    """Return the answer, or 304 without a body where If-None-Match names it (RFC 9110, 13.1.2).

    If-Modified-Since is left alone, which RFC 9110 allows: a text that became hidden makes no date younger, and a date
    that did would tell that something hidden was edited.
    """
    condition = request.headers.get("If-None-Match")
    # The whole header first: parsing it costs more than the rest of the answer.
    if condition and (condition == answer.etag or request.if_none_match.contains_weak(answer.etag[1:-1])):
        response = Response(status=304)
        del response.headers["Content-Type"]
    else:
        response = Response(answer.body, content_type=content_type, headers=answer.headers)
    response.headers.add("ETag", answer.etag)
    response.headers.add("Cache-Control", cache_control)
    if answer.last_modified:
        response.headers.add("Last-Modified", answer.last_modified)
    return response


def respond_page(key: Hashable, render: Callable[[], str], *, is_indexable: bool = True) -> Response:
    """Return a public page: kept when it is the same for everybody, made anew when it is not.

    Args:
        key: all that decides on the page but the chosen zone, which is read here.
        render: makes the HTML; must not look at cookies or at who is signed in. Raises NotFoundError for what must
            not be known; nothing is kept then.
        is_indexable: whether search engines may keep it.
    """

    def make() -> KeptAnswer:
        body = render().encode()
        return make_answer(body) if is_indexable else make_answer(body, X_Robots_Tag="noindex")

    zone, says_once = _chosen_zone(), has_message()
    if zone is None or says_once:
        caching = "no-store" if says_once else "no-cache"
        return respond(make(), content_type="text/html; charset=utf-8", cache_control=caching)
    return respond(keep((key, zone), make), content_type="text/html; charset=utf-8", cache_control="no-cache")


def has_message() -> bool:
    """Whether the page is to say something once, to this reader only. Looks at the session only where there is one."""
    return current_app.config["SESSION_COOKIE_NAME"] in request.cookies and "_flashes" in session


def _chosen_zone() -> str | None:
    """Return the zone asked for with `?tz=`, empty without; None for any other query, whose page is not kept."""
    if not request.query_string:
        return ""
    asked = list(request.args.items(multi=True))
    if len(asked) == 1 and asked[0][0] == "tz" and (asked[0][1] in zone_names() or not asked[0][1]):
        return asked[0][1]
    return None
