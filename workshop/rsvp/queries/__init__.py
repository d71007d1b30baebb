"""Reading participants and answers, and how sessions stand."""

from workshop.rsvp.queries.answers import (
    SessionMark,
    count_answers,
    count_seats,
    count_states,
    find_answer_to_join,
    find_participant,
    find_session_mark,
    list_acknowledgements,
    list_answers,
    list_coming_marks,
    list_own_answers,
    list_perhaps_due,
    list_stale_requests,
)

__all__ = [
    "SessionMark",
    "count_answers",
    "count_seats",
    "count_states",
    "find_answer_to_join",
    "find_participant",
    "find_session_mark",
    "list_acknowledgements",
    "list_answers",
    "list_coming_marks",
    "list_own_answers",
    "list_perhaps_due",
    "list_stale_requests",
]
