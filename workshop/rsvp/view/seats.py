"""How many seats are taken, in words; for organisers. A file of its own: a calendar says it as the workspace does."""

from __future__ import annotations

from flask_babel import ngettext


def seats_taken(coming: int, capacity: int | None) -> str:
    """Return it in the language that is spoken; empty where nobody comes and there is no limit."""
    if capacity:
        taken = ngettext(
            "%(coming)s of %(num)s place taken", "%(coming)s of %(num)s places taken", capacity, coming=coming
        )
    else:
        taken = ngettext("%(num)s person comes", "%(num)s people come", coming) if coming else ""
    return str(taken)
