"""What is done with answers. Each verb flushes and never commits.

Order of locks: the participant's row, then the sessions' rows by id, the log last. Rows are locked without their keys
(`FOR NO KEY UPDATE`), so that the foreign keys of a new answer never wait for them in a circle.
"""

from workshop.rsvp.service.asking import Asked, request_answer
from workshop.rsvp.service.confirming import Outcome, confirm, list_open_requests
from workshop.rsvp.service.forgetting import forget_unconfirmed
from workshop.rsvp.service.own import change_answer, stop_reminders, update_preferences, withdraw
from workshop.rsvp.service.standing import lock_participant, remember_told, set_state

__all__ = [
    "Asked",
    "Outcome",
    "change_answer",
    "confirm",
    "forget_unconfirmed",
    "list_open_requests",
    "lock_participant",
    "remember_told",
    "request_answer",
    "set_state",
    "stop_reminders",
    "update_preferences",
    "withdraw",
]
