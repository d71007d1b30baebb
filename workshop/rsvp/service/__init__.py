"""What is done with answers. Each verb flushes and never commits.

Order of locks: the participant's row, then the sessions' rows by id, then answers, an invitation, the log last. Rows
are locked without their keys (`FOR NO KEY UPDATE`), so that the foreign keys of a new answer never wait for them in a
circle. Whether somebody gets a seat is decided under the session's lock alone, after its list was tended (`seats`).
"""

from workshop.rsvp.service.adding import Added, add_by_hand
from workshop.rsvp.service.addresses import (
    AddressTakenError,
    confirm_new_address,
    forget_address_changes,
    is_done,
    request_address,
)
from workshop.rsvp.service.approving import Decision, decide
from workshop.rsvp.service.asking import Asked, ask_for_answers, request_answer, request_answers
from workshop.rsvp.service.confirming import Outcome, confirm, list_open_requests
from workshop.rsvp.service.following import follow
from workshop.rsvp.service.forgetting import forget_link_requests, forget_replies, forget_unconfirmed
from workshop.rsvp.service.links import answer_link_requests, renew_links, request_link
from workshop.rsvp.service.own import (
    accept_offer,
    answer_by_calendar,
    change_answer,
    pass_on,
    undo,
    withdraw,
)
from workshop.rsvp.service.preferences import stop_reminders, update_preferences
from workshop.rsvp.service.replies import clean_reply, keep_replies
from workshop.rsvp.service.seats import has_place, leave_place, take_place, tend, tend_lists
from workshop.rsvp.service.standing import (
    lock_left_sessions,
    lock_participant,
    lock_sessions,
    remember_told,
    set_state,
)
from workshop.rsvp.service.taking_over import take_over

__all__ = [
    "Added",
    "AddressTakenError",
    "Asked",
    "Decision",
    "Outcome",
    "accept_offer",
    "add_by_hand",
    "answer_by_calendar",
    "answer_link_requests",
    "ask_for_answers",
    "change_answer",
    "clean_reply",
    "confirm",
    "confirm_new_address",
    "decide",
    "follow",
    "forget_address_changes",
    "forget_link_requests",
    "forget_replies",
    "forget_unconfirmed",
    "has_place",
    "is_done",
    "keep_replies",
    "leave_place",
    "list_open_requests",
    "lock_left_sessions",
    "lock_participant",
    "lock_sessions",
    "pass_on",
    "remember_told",
    "renew_links",
    "request_address",
    "request_answer",
    "request_answers",
    "request_link",
    "set_state",
    "stop_reminders",
    "take_over",
    "take_place",
    "tend",
    "tend_lists",
    "undo",
    "update_preferences",
    "withdraw",
]
