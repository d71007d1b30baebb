"""A portrait as an answer: its own file because pages of organisers, of those who speak and of everybody send one."""

from __future__ import annotations

from flask import Response
from sqlalchemy.orm import Session

from workshop.core.errors import NotFoundError
from workshop.core.kept import KeptAnswer, respond
from workshop.programme.queries import find_portrait_content

_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    ("X-Robots-Tag", "noindex, nofollow, noarchive, noimageindex"),
)


def send_portrait(session: Session, key: str, *, cache_control: str) -> Response:
    """Return a portrait to be shown in a page; raises NotFoundError.

    The caller has asked whether the reader may see it. The content of a key never changes.

    Args:
        session: the database.
        key: of the portrait.
        cache_control: `no-cache` where anybody may see it, so that a browser asks again; else `no-store`.
    """
    found = find_portrait_content(session, key)
    if found is None:
        raise NotFoundError
    media_type, content = found
    answer = KeptAnswer(body=content, etag=f'"{key}"', last_modified="", headers=_HEADERS)
    return respond(answer, content_type=media_type, cache_control=cache_control)
