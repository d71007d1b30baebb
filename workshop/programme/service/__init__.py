"""Writing series, workshop sessions and their programme."""

from workshop.programme.service.lifecycle import CancelledError, cancel, publish, reschedule, unpublish
from workshop.programme.service.locking import lock
from workshop.programme.service.programme import set_moderators
from workshop.programme.service.questions import (
    create_question,
    delete_question,
    move_question,
    removed_options,
    update_question,
)
from workshop.programme.service.series import create_series, update_series
from workshop.programme.service.sessions import create_session, update_session
from workshop.programme.service.standing import Answers, CountAnswers, HasAnswersError
from workshop.programme.service.values import (
    InterpretationValues,
    ItemValues,
    QuestionValues,
    SectionValues,
    SeriesValues,
    SessionValues,
    ShareValues,
    question_values,
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
    "QuestionValues",
    "SectionValues",
    "SeriesValues",
    "SessionValues",
    "ShareValues",
    "cancel",
    "create_question",
    "create_series",
    "create_session",
    "delete_question",
    "lock",
    "move_question",
    "publish",
    "question_values",
    "removed_options",
    "reschedule",
    "series_values",
    "session_values",
    "set_moderators",
    "unpublish",
    "update_question",
    "update_series",
    "update_session",
]
