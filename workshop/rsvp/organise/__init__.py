"""Organisers' pages about answers."""

from workshop.rsvp.organise import (
    acting,
    adding,
    answers,
    breakdowns,
    check_in,
    exporting,
    invitation_making,
    inviting,
    series_answers,
)
from workshop.rsvp.organise.blueprint import blueprint

__all__ = [
    "acting",
    "adding",
    "answers",
    "blueprint",
    "breakdowns",
    "check_in",
    "exporting",
    "invitation_making",
    "inviting",
    "series_answers",
]
