"""Feeds and downloads: from views to octets (RFC 5545). Needs an application context."""

from workshop.calendars.view.feeds import (
    all_feed,
    in_window,
    last_revision,
    series_feed,
    session_entry,
    session_file,
    window_start,
)

__all__ = ["all_feed", "in_window", "last_revision", "series_feed", "session_entry", "session_file", "window_start"]
