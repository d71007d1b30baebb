"""Participants, their answers, capacity."""
