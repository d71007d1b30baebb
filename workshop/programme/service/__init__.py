"""Writing series, workshop sessions and their programme."""

from workshop.programme.service.programme import set_moderators
from workshop.programme.service.series import create_series, update_series
from workshop.programme.service.sessions import (
    CancelledError,
    cancel,
    create_session,
    publish,
    reschedule,
    unpublish,
    update_session,
)
from workshop.programme.service.standing import Answers, CountAnswers, HasAnswersError, lock
from workshop.programme.service.values import (
    InterpretationValues,
    ItemValues,
    SectionValues,
    SeriesValues,
    SessionValues,
    series_values,
    session_values,
)

__all__ = [
    "Answers",
    "CancelledError",
    "CountAnswers",
    "HasAnswersError",
    "InterpretationValues",
    "ItemValues",
    "SectionValues",
    "SeriesValues",
    "SessionValues",
    "cancel",
    "create_series",
    "create_session",
    "lock",
    "publish",
    "reschedule",
    "series_values",
    "session_values",
    "set_moderators",
    "unpublish",
    "update_series",
    "update_session",
]
