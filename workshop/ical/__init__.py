"""Plain values to RFC 5545 text. Knows no feature; the only package that imports icalendar."""

from workshop.ical.serialise import serialise, serialise_event
from workshop.ical.text import clean_text
from workshop.ical.values import Calendar, Event, EventStatus, Invitation, Method, PartStat
from workshop.ical.vtimezone import vtimezone_for

__all__ = [
    "Calendar",
    "Event",
    "EventStatus",
    "Invitation",
    "Method",
    "PartStat",
    "clean_text",
    "serialise",
    "serialise_event",
    "vtimezone_for",
]
