"""What participants are told, written into the outbox of the same transaction."""

from workshop.rsvp.emails.answers import (
    ABOUT_ANSWERS,
    Sample,
    answer_recorded,
    answer_recorded_sample,
    confirm_address,
    confirm_address_text,
    erasure_of,
    sample,
)
from workshop.rsvp.emails.calendar import join_url, my_url, own_entry
from workshop.rsvp.emails.following import session_announced
from workshop.rsvp.emails.invitations import invitation, invitation_sample
from workshop.rsvp.emails.itip import calendar_basis, calendar_files, calendar_words, invitation_file, method_for
from workshop.rsvp.emails.links import confirm_new_address, link_resent
from workshop.rsvp.emails.offers import (
    added_by_hand,
    answer_refused,
    place_free,
    place_free_key,
    place_lapsed,
    place_offered,
)
from workshop.rsvp.emails.sender import reply_to, sender_name

__all__ = [
    "ABOUT_ANSWERS",
    "Sample",
    "added_by_hand",
    "answer_recorded",
    "answer_recorded_sample",
    "answer_refused",
    "calendar_basis",
    "calendar_files",
    "calendar_words",
    "confirm_address",
    "confirm_address_text",
    "confirm_new_address",
    "erasure_of",
    "invitation",
    "invitation_file",
    "invitation_sample",
    "join_url",
    "link_resent",
    "method_for",
    "my_url",
    "own_entry",
    "place_free",
    "place_free_key",
    "place_lapsed",
    "place_offered",
    "reply_to",
    "sample",
    "sender_name",
    "session_announced",
]
