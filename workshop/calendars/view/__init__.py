"""Feeds and downloads: from views to octets (RFC 5545). Needs an application context."""

from workshop.calendars.view.feeds import (
    all_feed,
    in_window,
    last_revision,
    series_feed,
    session_entry,
    session_file,
    shown_today,
    window_start,
)
from workshop.calendars.view.links import FeedLinks, feed_links
from workshop.calendars.view.organisers import managed_sessions, organiser_calendar, organiser_entry
from workshop.calendars.view.personal import OwnCalendar, participant_calendar
from workshop.calendars.view.speakers import speaker_calendar, speaker_entry

__all__ = [
    "FeedLinks",
    "OwnCalendar",
    "all_feed",
    "feed_links",
    "in_window",
    "last_revision",
    "managed_sessions",
    "organiser_calendar",
    "organiser_entry",
    "participant_calendar",
    "series_feed",
    "session_entry",
    "session_file",
    "shown_today",
    "speaker_calendar",
    "speaker_entry",
    "window_start",
]
