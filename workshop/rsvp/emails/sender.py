"""Whom a participant's mail comes from, and whom its answers go to."""

from __future__ import annotations

from workshop.core.language import languages
from workshop.programme.models import Series
from workshop.programme.view import SessionView


def sender_name(series: Series, view: SessionView, language: str) -> str:
    """Return the series' name for its mail; empty, so the instance's, where the message is neutral."""
    return "" if view.is_neutral else series.sender_name.pick(language, languages()).value


def reply_to(series: Series, view: SessionView) -> dict[str, str]:
    """Return the Reply-To header: the series' contact, none where the message is neutral, since its domain tells."""
    return {"Reply-To": series.contact} if series.contact and not view.is_neutral else {}
