"""What happens before any view: transactions, language, limits, CSRF. A file of its own: their order matters."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, abort, current_app, g, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFProtect
from itsdangerous import URLSafeTimedSerializer
from werkzeug.middleware.proxy_fix import ProxyFix

from workshop.core import clock, limits
from workshop.core.db import begin_reading, end_reading, writing
from workshop.core.errors import TooManyRequestsError
from workshop.core.language import languages, preferred_language
from workshop.core.limits import client_key
from workshop.core.uploads import octets_of

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
WITHOUT_CSRF: Final = frozenset({"rsvp.unsubscribe", "announcements.unsubscribe"})
"""RFC 8058: a mail client presses these buttons without cookies; they stop reminders or announcements, nothing else."""

_BEYOND_ROWS: Final = 2**31

csrf = CSRFProtect()


def init_gate(app: Flask) -> None:
    """Guard every request of an application."""
    app.config.update(
        WTF_CSRF_SSL_STRICT=False,  # token pages send no Referer, on purpose
        WTF_CSRF_TIME_LIMIT=None,  # a form left open for an hour is not lost
        WTF_CSRF_CHECK_DEFAULT=False,  # checked below, after the limits
    )
    hops = app.config["TRUSTED_PROXIES"]
    if hops:
        # Never the host: links are made from BASE_URL.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign] # Flask's own idiom
    csrf.init_app(app)
    app.session_interface = _Sessions()
    app.before_request(_guard)
    app.teardown_request(_end)
    app.url_defaults(_fill_language)


class _Sessions(SecureCookieSessionInterface):
    """Flask's own, whose serialiser is made once: making it anew for each request costs more than reading a page."""

    def __init__(self) -> None:
        self._serialiser: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Return the serialiser of the application's key."""
        if self._serialiser is None:
            self._serialiser = super().get_signing_serializer(app)
        return self._serialiser


def _guard() -> None:
    # Do not move one before another: reading must hold before the first query, and a failed CSRF check must count.
    # One function, because Flask looks at each that it calls.
    _begin()
    _choose_language()
    _refuse_odd_addresses()
    _count()
    _widen()
    _check_csrf()


def _begin() -> None:
    # An application context that outlives the request, as tests have, must not carry one request's choices to the next.
    for name in ("form_action", "is_error_page", "lang", "csrf_token", "csrf_valid", "_login_user"):
        g.pop(name, None)
    if request.method in SAFE_METHODS:
        g.reading = begin_reading()


def _end(_error: BaseException | None) -> None:
    if (token := g.pop("reading", None)) is not None:
        end_reading(token)


def _choose_language() -> None:
    # The first part of the path decides even where no page matches: the 404 speaks the language of the address.
    first = request.path.split("/", 2)[1]
    is_known = first in languages()
    g.lang = first if is_known else preferred_language()
    if not is_known and "lang" in (request.view_args or {}):
        abort(404)


def _refuse_odd_addresses() -> None:
    # Nothing of ours has a control in its address, or a number beyond what a row's can be. PostgreSQL takes no NUL, and
    # neither database such a number: it would look like a database that is away.
    for value in (request.view_args or {}).values():
        is_row_beyond = isinstance(value, int) and value >= _BEYOND_ROWS
        if is_row_beyond or any(ord(char) < 0x20 for char in str(value)):  # noqa: PLR2004 (the first that is no control)
            abort(404)


def _count() -> None:
    if request.method in SAFE_METHODS or request.endpoint is None:
        return
    declared = list(limits.limits_of(current_app.view_functions[request.endpoint]))
    if not declared:
        return
    now = clock.now()
    refused = None
    # A transaction of its own: what fails later in this request was tried all the same.
    with writing() as session:
        for limit in declared:
            key = client_key(request.remote_addr) if limit.by_client else "all"
            try:
                limits.hit(session, scope=limit.scope, key=key, times=limit.times, window=limit.window, now=now)
            except TooManyRequestsError as fault:
                refused = fault
                break
    if refused is not None:
        raise refused


def _widen() -> None:
    # Before the form is read for its token. Everything else stays small.
    if request.endpoint and (octets := octets_of(current_app.view_functions[request.endpoint])):
        request.max_content_length = octets


def _check_csrf() -> None:
    if request.method not in SAFE_METHODS and request.endpoint and request.endpoint not in WITHOUT_CSRF:
        csrf.protect()


def _fill_language(endpoint: str, values: dict[str, Any]) -> None:
    if "lang" not in values and g.get("lang") and current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
        values["lang"] = g.lang
