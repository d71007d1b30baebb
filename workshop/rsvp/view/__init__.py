"""What participants and organisers see of answers: all that templates receive."""

from workshop.rsvp.view.own import ParticipantView, own_session, participant_view, reply_erases_at, requests_mark

__all__ = ["ParticipantView", "own_session", "participant_view", "reply_erases_at", "requests_mark"]
