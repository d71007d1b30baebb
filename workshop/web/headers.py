"""What every answer says to the browser. A file of its own: it is one decision, for all features."""

from __future__ import annotations

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
    headers = response.headers
    is_page = response.mimetype == "text/html"
    # Chromium holds form-action against redirects too: the join page, which leads into a room, widens it.
    policy = PAGE_POLICY.format(form_action=g.get("form_action", "'self'")) if is_page else FILE_POLICY
    headers.setdefault("Content-Security-Policy", policy)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Permissions-Policy", PERMISSIONS)
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Cache-Control", "no-store")
    if response.cache_control.no_store:
        headers.setdefault("Referrer-Policy", "no-referrer")
        headers.setdefault("X-Robots-Tag", "noindex, nofollow, noarchive")
    headers.setdefault("Referrer-Policy", "same-origin")
    if is_page:
        headers.setdefault("Content-Language", g.get("lang") or "")
    if urlsplit(current_app.config["BASE_URL"]).scheme == "https":
        headers.setdefault("Strict-Transport-Security", f"max-age={HSTS_SECONDS}")
    return _conditional(response)


def _conditional(response: Response) -> Response:
    may_be_kept = response.cache_control.no_cache and not response.cache_control.no_store
    if not may_be_kept or response.status_code != 200 or response.is_streamed or request.method not in {"GET", "HEAD"}:  # noqa: PLR2004 (HTTP)
        return response
    if "ETag" in response.headers:  # core.kept has already answered the condition, and leaves If-Modified-Since alone
        return response
    response.add_etag()
    response.make_conditional(request)
    return response
