"""The form of a question to those who answer."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField
from wtforms.validators import InputRequired, NumberRange

from workshop.core.fields import LocalizedField, LocalizedLinesField, LocalizedRequired
from workshop.programme.forms.fields import ChoiceField, options
from workshop.programme.models import QuestionKind
from workshop.programme.service.values import QuestionValues

KINDS = {
    QuestionKind.SHORT: _("A short text"),
    QuestionKind.LONG: _("A long text"),
    QuestionKind.ONE_OF: _("One of several options"),
    QuestionKind.SEVERAL_OF: _("Any number of several options"),
    QuestionKind.YES_NO: _("Yes or no"),
}


class QuestionForm(FlaskForm):
    """A question."""

    text = LocalizedField(_("Question"), validators=[LocalizedRequired()])
    reason = LocalizedField(
        _("Why you ask"),
        validators=[LocalizedRequired()],
        description=_("Participants read it below the question. What you need no reason for, do not ask."),
    )
    kind = ChoiceField(_("How it is answered"), choices=lambda: options(KINDS))
    options = LocalizedLinesField(
        _("Options"),
        description=_(
            "Only for the kinds that offer some: one per line; the same line in each language is the same "
            "option. Correct an option in its own line, and replies stay with it."
        ),
    )
    is_required = BooleanField(
        _("Nobody can answer without replying to it"), description=_("Unticked, it may be left empty.")
    )
    keep_days = IntegerField(
        _("Days until replies are erased"),
        validators=[
            InputRequired(_("Please write a number from 0 to 90.")),
            NumberRange(0, 90, _("Please write a number from 0 to 90.")),
        ],
        default=0,
        description=_(
            "Counted from the end of the session, or of the last session of the series for a question of the series. "
            "Replies go sooner when the person does."
        ),
    )

    def values(self) -> QuestionValues:
        """Return what was entered."""
        return QuestionValues(
            kind=QuestionKind(self.kind.data),
            text=self.text.data,
            reason=self.reason.data,
            options=self.options.data,
            is_required=self.is_required.data,
            keep_days=self.keep_days.data,
        )


def question_data(values: QuestionValues) -> dict[str, Any]:
    """Return what a form for these values shows."""
    return {name: getattr(values, name) for name in QuestionValues.__dataclass_fields__} | {"kind": values.kind.value}
