"""What every answer says to the browser. A file of its own: it is one decision, for all features."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action {form_action}; "
    "frame-ancestors 'none'; base-uri 'none'"
)
FILE_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope", "magnetometer",
        "microphone", "midi", "payment", "usb",
    )
)  # fmt: skip
HSTS_SECONDS = 63_072_000
_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Opener-Policy": "same-origin",
}


def init_headers(app: Flask) -> None:
    """Send the headers, and make cookies as strict as BASE_URL allows."""
    is_https = urlsplit(app.config["BASE_URL"]).scheme == "https"
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=is_https,
        SESSION_COOKIE_NAME="__Host-session" if is_https else "session",
        SESSION_COOKIE_PATH="/",
    )
    app.after_request(add_headers)


def add_headers(response: Response) -> Response:
    """Complete an answer. What may not be said otherwise is kept nowhere: a view opts into caching by Cache-Control.

    A public page says `no-cache` and gets its ETag here.
    """
    # Each look into werkzeug's headers reads them from the first on: what is there is read once, what lacks is added.
    said = {name.lower(): value for name, value in response.headers}
    is_page = said.get("content-type", "").startswith("text/html")
    caching = said.get("cache-control", "no-store")
    wanted = dict(_ALWAYS)
    # Chromium holds form-action against redirects too: the join page, which leads into a room, widens it.
    # “Not modified” names no type, and what it says replaces what the browser kept with the page (RFC 9111 3.2).
    if response.status_code != HTTPStatus.NOT_MODIFIED:
        wanted["Cross-Origin-Resource-Policy"] = "same-origin"
        wanted["Content-Security-Policy"] = (
            PAGE_POLICY.format(form_action=g.get("form_action", "'self'")) if is_page else FILE_POLICY
        )
    wanted["Cache-Control"] = caching
    wanted["Referrer-Policy"] = "no-referrer" if "no-store" in caching else "same-origin"
    if "no-store" in caching:
        wanted["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    if is_page:
        wanted["Content-Language"] = g.get("lang") or ""
    if current_app.config["SESSION_COOKIE_SECURE"]:
        wanted["Strict-Transport-Security"] = f"max-age={HSTS_SECONDS}"
    for name, value in wanted.items():
        if name.lower() not in said:
            response.headers.add(name, value)
    # core.kept has already answered the condition, and leaves If-Modified-Since alone.
    may_be_kept = "no-cache" in caching and "no-store" not in caching and "etag" not in said
    return _conditional(response) if may_be_kept else response


def _conditional(response: Response) -> Response:
    if response.status_code == 200 and not response.is_streamed and request.method in {"GET", "HEAD"}:  # noqa: PLR2004 (HTTP)
        response.add_etag()
        response.make_conditional(request)
    return response
