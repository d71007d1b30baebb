"""Organisers' pages about answers."""

from workshop.rsvp.organise import answers
from workshop.rsvp.organise.blueprint import blueprint

__all__ = ["answers", "blueprint"]
