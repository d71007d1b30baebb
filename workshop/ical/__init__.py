"""Plain values to RFC 5545 text, and replies back. Knows no feature; the only package that imports icalendar."""

from workshop.ical.replies import BadReplyError, Reply, read_reply
from workshop.ical.serialise import serialise, serialise_event
from workshop.ical.text import clean_text
from workshop.ical.values import Calendar, Event, EventStatus, Invitation, Method, PartStat
from workshop.ical.vtimezone import vtimezone_for

__all__ = [
    "BadReplyError",
    "Calendar",
    "Event",
    "EventStatus",
    "Invitation",
    "Method",
    "PartStat",
    "Reply",
    "clean_text",
    "read_reply",
    "serialise",
    "serialise_event",
    "vtimezone_for",
]
