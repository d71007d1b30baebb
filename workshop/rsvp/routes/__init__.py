"""Answering for a session, a series or an invitation, the join page, stopping reminders, my link again."""

from workshop.rsvp.routes import answering, inviting, joining, links, reminding, series_answering
from workshop.rsvp.routes.blueprint import blueprint

__all__ = ["answering", "blueprint", "inviting", "joining", "links", "reminding", "series_answering"]
