"""The questionnaire after a session."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from workshop.chatham.rule import Level
from workshop.core.fields import TextField
from workshop.feedback.rule import QUESTIONS, REMARK_LENGTH, questions_for, takes_remarks
from workshop.feedback.view import OPTION_WORDS, QUESTION_WORDS


class FeedbackForm(FlaskForm):
    """What is asked; made for the level of a session."""

    useful = RadioField(QUESTION_WORDS["useful"], validators=[InputRequired(_("Please choose one of the answers."))])
    language = RadioField(QUESTION_WORDS["language"], validators=[Optional()])
    rule = RadioField(QUESTION_WORDS["rule"], validators=[Optional()])
    remark = TextField(
        _("Anything that the organisers should know"),
        validators=[Length(max=REMARK_LENGTH, message=_("At most %(max)d characters."))],
        description=_("Optional. Please name nobody, and nothing by which somebody could be recognised."),
    )

    def __init__(self, *args: Any, level: Level, **kwargs: Any) -> None:
        """As Flask-WTF; `level` is the one shown for the session."""
        super().__init__(*args, **kwargs)
        asked = questions_for(level)
        for key, options in QUESTIONS.items():
            if key not in asked:
                delattr(self, key)
                continue
            self[key].choices = [SelectChoice(value=option, label=OPTION_WORDS[key][option]) for option in options]
        if not takes_remarks(level):
            del self.remark

    @property
    def chosen(self) -> dict[str, str]:
        """Question's key → option, of those that were answered."""
        return {key: self[key].data for key in QUESTIONS if key in self and self[key].data}
