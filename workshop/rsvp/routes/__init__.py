"""Answering by a link, the join page, stopping reminders."""

from workshop.rsvp.routes import answering, joining
from workshop.rsvp.routes.blueprint import blueprint

__all__ = ["answering", "blueprint", "joining"]
