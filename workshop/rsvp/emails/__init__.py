"""What participants are told, written into the outbox of the same transaction."""

from workshop.rsvp.emails.answers import (
    answer_recorded,
    calendar_file,
    confirm_address,
    erasure_of,
    join_url,
    my_url,
    reply_to,
    sender_name,
)

__all__ = [
    "answer_recorded",
    "calendar_file",
    "confirm_address",
    "erasure_of",
    "join_url",
    "my_url",
    "reply_to",
    "sender_name",
]
