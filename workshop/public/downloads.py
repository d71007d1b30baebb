"""How a file of slides is sent: apart from the routes because several kinds of pages send one."""

from __future__ import annotations

from flask import Response

from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.kept import KeptAnswer, respond
from workshop.core.uploads import MEDIA_TYPES
from workshop.programme.queries import find_slides_content

POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def send_slides(key: str, *, cache_control: str) -> Response:
    """Return a file as something to be saved, never shown in place; raises NotFoundError.

    The caller has asked whether the reader may have it. Its ETag is its key, which no other file ever has and which
    says nothing about it: the content of a key never changes.

    Args:
        key: of the slides.
        cache_control: `no-cache` where anybody may have it, so that a browser asks again; else `no-store`.
    """
    found = find_slides_content(db.session(), key)
    if found is None:
        raise NotFoundError
    media_type, content = found
    headers = (
        ("Content-Disposition", f'attachment; filename="{key}{MEDIA_TYPES[media_type]}"'),
        ("Content-Security-Policy", POLICY),
        ("X-Robots-Tag", "noindex, nofollow, noarchive"),
    )
    answer = KeptAnswer(body=content, etag=f'"{key}"', last_modified="", headers=headers)
    return respond(answer, content_type=media_type, cache_control=cache_control)
