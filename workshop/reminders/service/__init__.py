"""Plan reminders, tell of changes, and look a last time before a message leaves."""

from workshop.programme.rule import facts_of
from workshop.reminders.queries import load_ahead as look_ahead
from workshop.reminders.service.changes import notice_changes, notice_levels
from workshop.reminders.service.looking import last_look
from workshop.reminders.service.pausing import is_paused, pause_reminders, resume_reminders
from workshop.reminders.service.planning import BATCH, forecast, plan
from workshop.reminders.service.telling import Untold, find_untold, tell

__all__ = [
    "BATCH",
    "Untold",
    "facts_of",
    "find_untold",
    "forecast",
    "is_paused",
    "last_look",
    "look_ahead",
    "notice_changes",
    "notice_levels",
    "pause_reminders",
    "plan",
    "resume_reminders",
    "tell",
]
