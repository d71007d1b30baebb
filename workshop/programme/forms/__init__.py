"""Forms for series, sessions and questions, in all languages side by side: every field that a series file can hold."""

from workshop.programme.forms.faults import add_faults
from workshop.programme.forms.questions import KINDS, QuestionForm, question_data
from workshop.programme.forms.series import SeriesForm, series_data
from workshop.programme.forms.sessions import (
    EditSessionForm,
    NewSessionForm,
    SessionContentForm,
    SessionForm,
    TimesForm,
    session_data,
)

__all__ = [
    "KINDS",
    "EditSessionForm",
    "NewSessionForm",
    "QuestionForm",
    "SeriesForm",
    "SessionContentForm",
    "SessionForm",
    "TimesForm",
    "add_faults",
    "question_data",
    "series_data",
    "session_data",
]
