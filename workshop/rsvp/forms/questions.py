"""The organisers' questions as fields, and back from fields to replies."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import Field, RadioField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from workshop.core.fields import LineField, TextField
from workshop.core.language import languages
from workshop.core.localized import Localized
from workshop.core.typography import typeset
from workshop.programme.models import Question, QuestionKind
from workshop.rsvp.service import clean_reply
from workshop.rsvp.service.replies import LONG_LENGTH, SHORT_LENGTH

_TOO_LONG = _("At most %(max)d characters.")


class OneOfField(RadioField):
    """One option, or none: an empty value is no reply."""

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (the signature is WTForms')
        """Refuse what is none of the options."""
        if self.data and self.data not in {choice.value for choice in self.choices}:
            raise ValidationError(gettext("Please choose one of the options shown."))


class SeveralOfField(SelectMultipleField):
    """Any number of options."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (the signature is WTForms')
        """Refuse what is none of the options."""
        known = {choice.value for choice in self.choices}
        if any(value not in known for value in self.data or ()):
            raise ValidationError(gettext("Please choose one of the options shown."))


def make_question_field(question: Question, lang: str) -> Any:
    """Return an unbound field for a question, worded for a page in `lang`; whether a reply is due is the form's."""
    label = _plain(question.text, lang)
    reason = _plain(question.reason, lang)
    if question.kind is QuestionKind.SHORT:
        return LineField(label, validators=[Length(max=SHORT_LENGTH, message=_TOO_LONG)], description=reason)
    if question.kind is QuestionKind.LONG:
        return TextField(label, validators=[Length(max=LONG_LENGTH, message=_TOO_LONG)], description=reason)
    if question.kind is QuestionKind.YES_NO:
        options = [("yes", str(gettext("Yes"))), ("no", str(gettext("No")))]
    else:
        options = [(option["key"], _plain(Localized.from_json(option["text"]), lang)) for option in question.options]
    choices = [SelectChoice(value=key, label=text) for key, text in options]
    if question.kind is QuestionKind.SEVERAL_OF:
        return SeveralOfField(label, choices=choices, description=reason)
    if not question.is_required:
        # A radio button once pressed cannot be taken back without another.
        choices.append(SelectChoice(value="", label=str(gettext("No answer"))))
    return OneOfField(label, choices=choices, description=reason, default=None if question.is_required else "")


def option_texts(question: Question) -> dict[str, Localized]:
    """Return option's key → its text, for a page that marks texts in another language."""
    return {option["key"]: Localized.from_json(option["text"]) for option in question.options}


def reply_of(question: Question, field: Field) -> Any:
    """Return what a field replies, as QuestionReply keeps it; None for nothing."""
    if question.kind is QuestionKind.YES_NO:
        return {"yes": True, "no": False}.get(field.data or "")
    return clean_reply(question, field.data)


def _plain(text: Localized, lang: str) -> str:
    picked = text.pick(lang, languages())
    return str(typeset(picked.value, picked.language))
