"""Speakers, moderators, committee and organisations of a series."""
