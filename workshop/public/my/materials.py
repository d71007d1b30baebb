"""Slides that participants get by their own link: whatever their page offers, and nothing else."""

from __future__ import annotations

from flask import Response

from workshop.core import clock
from workshop.core.errors import NotFoundError
from workshop.public.downloads import send_slides
from workshop.public.my.page import blueprint, find_owner, shown_answers


@blueprint.get("/<token>/slides/<key>")
def slides(lang: str, token: str, key: str) -> Response:  # noqa: ARG001 (the address has it)
    """Send a file that the personal page offers."""
    now = clock.now()
    participant = find_owner(token, now, is_confirmed=True)
    if not any(key in one.session.files for one in shown_answers(participant, now)):
        raise NotFoundError
    return send_slides(key, cache_control="no-store")
