"""Feeds, downloads, how to subscribe, and what calendars answer."""
