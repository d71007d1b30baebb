"""What participants and organisers see of answers: all that templates receive."""

from workshop.rsvp.view.own import (
    AnswerView,
    ParticipantView,
    own_session,
    participant_view,
    reply_erases_at,
    requests_mark,
)

__all__ = ["AnswerView", "ParticipantView", "own_session", "participant_view", "reply_erases_at", "requests_mark"]
