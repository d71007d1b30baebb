"""Forms for series, sessions and questions, in all languages side by side: every field that a series file can hold."""

from workshop.programme.forms.faults import add_faults
from workshop.programme.forms.planning import DuplicateForm, DuplicateSeriesForm, PlanForm
from workshop.programme.forms.questions import KINDS, QuestionForm, question_data
from workshop.programme.forms.series import SeriesForm, SeriesTextsForm, series_data
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
    "DuplicateForm",
    "DuplicateSeriesForm",
    "EditSessionForm",
    "NewSessionForm",
    "PlanForm",
    "QuestionForm",
    "SeriesForm",
    "SeriesTextsForm",
    "SessionContentForm",
    "SessionForm",
    "TimesForm",
    "add_faults",
    "question_data",
    "series_data",
    "session_data",
]
