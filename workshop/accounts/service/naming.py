"""How the log names organisers; a file of its own because every other of this folder needs it."""

from __future__ import annotations

from workshop.accounts.models import Organiser


def actor_of(organiser: Organiser) -> str:
    """Return how the log names an organiser."""
    return f"organiser:{organiser.id}"
