"""Plan reminders, tell of changes, and look a last time before a message leaves."""

from workshop.reminders.service.changes import facts_of, notice_changes, notice_levels
from workshop.reminders.service.looking import last_look
from workshop.reminders.service.planning import BATCH, forecast, plan

__all__ = ["BATCH", "facts_of", "forecast", "last_look", "notice_changes", "notice_levels", "plan"]
