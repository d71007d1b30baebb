"""Feeds, downloads and the subscribe page."""
