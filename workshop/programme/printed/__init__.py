"""Announcements as they were printed: text in, draft out. Pure; no layer's file reads prose."""

from workshop.programme.printed.draft import (
    Draft,
    Found,
    FoundItem,
    FoundPartner,
    FoundPerson,
    FoundSection,
    Texts,
)
from workshop.programme.printed.reading import MAXIMUM_CHARACTERS, read_announcement

__all__ = [
    "MAXIMUM_CHARACTERS",
    "Draft",
    "Found",
    "FoundItem",
    "FoundPartner",
    "FoundPerson",
    "FoundSection",
    "Texts",
    "read_announcement",
]
