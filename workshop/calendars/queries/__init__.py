"""Reading what secret feeds hold, and what decides on their bytes."""

from workshop.calendars.queries.organisers import AnswerCount, OrganiserMark, find_organiser_mark, list_managed_series
from workshop.calendars.queries.personal import (
    ParticipantMark,
    SpeakerMark,
    find_participant_mark,
    find_speaker_mark,
)
from workshop.calendars.queries.replies import find_answer, is_withdrawn_by_organisers

__all__ = [
    "AnswerCount",
    "OrganiserMark",
    "ParticipantMark",
    "SpeakerMark",
    "find_answer",
    "find_organiser_mark",
    "find_participant_mark",
    "find_speaker_mark",
    "is_withdrawn_by_organisers",
    "list_managed_series",
]
