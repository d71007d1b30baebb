"""Reminders and notices of change, written into the outbox of the caller's transaction."""

from workshop.reminders.emails.about import levels_of
from workshop.reminders.emails.changes import change, change_sample
from workshop.reminders.emails.reminding import REMINDER_PRIORITY, quiet_hours, reminder_sample, reminders
from workshop.reminders.emails.speakers import KINDS as SPEAKER_KINDS
from workshop.reminders.emails.speakers import change_of_speaker, change_sample_of_speaker, view_of_speaker

__all__ = [
    "REMINDER_PRIORITY",
    "SPEAKER_KINDS",
    "change",
    "change_of_speaker",
    "change_sample",
    "change_sample_of_speaker",
    "levels_of",
    "quiet_hours",
    "reminder_sample",
    "reminders",
    "view_of_speaker",
]
