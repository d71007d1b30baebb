"""The answer form, and the forms of the personal page."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, StopValidation

from workshop.core.fields import AddressField, BotTrap, LineField, ZoneField, clean_line
from workshop.core.language import NAMES
from workshop.rsvp.models import Choice

NAME_LENGTH = 200
AFFILIATION_LENGTH = 300

CHOICES = [
    SelectChoice(value=Choice.ACCEPTED.value, label=_("I will come")),
    SelectChoice(value=Choice.TENTATIVE.value, label=_("Perhaps (this keeps no place)")),
    SelectChoice(value=Choice.DECLINED.value, label=_("I will not come")),
]


def _plain_local_part(form: Any, field: Any) -> None:  # noqa: ARG001 (the signature is WTForms')
    if not field.data.rpartition("@")[0].isascii():
        raise StopValidation(
            _("We cannot write to an address with accents before the @. Please give another one if you have it.")
        )


class PreferencesForm(FlaskForm):
    """How a participant wants to be called and written to."""

    name = LineField(
        _("Name or alias"),
        validators=[
            DataRequired(_("Please give a name. An alias is enough.")),
            Length(max=NAME_LENGTH, message=_("At most %(max)d characters.")),
        ],
        description=_("An alias is enough. Only the organisers see it."),
    )
    language = SelectField(_("Language of the messages"))
    timezone = ZoneField(_("Your time zone"), may_be_empty=True)
    affiliation = LineField(
        _("Affiliation"),
        validators=[Length(max=AFFILIATION_LENGTH, message=_("At most %(max)d characters."))],
        description=_("Optional. You need not represent any organisation."),
    )
    reminders = BooleanField(_("Remind me before the session"), default=True)

    def __init__(self, *args: Any, codes: tuple[str, ...], **kwargs: Any) -> None:
        """As Flask-WTF; `codes` are the languages to choose from."""
        super().__init__(*args, **kwargs)
        self.language.choices = [SelectChoice(value=code, label=NAMES.get(code, code)) for code in codes]


class AnswerForm(BotTrap, PreferencesForm):
    """One answer for one session (contract: Answer form fields)."""

    email = AddressField(
        _("E-mail address"),
        validators=[
            DataRequired(_("Please give your e-mail address: the link that confirms your answer goes there.")),
            _plain_local_part,
        ],
        description=_("For the link that confirms your answer. Only the organisers can see it."),
    )
    answer = RadioField(_("Your answer"), choices=CHOICES, validators=[InputRequired(_("Please choose your answer."))])
    acknowledge_rule = BooleanField(_("I have read this and will respect it."))
    notice = HiddenField("")  # without a label WTForms reads its whole catalogue to make one
    """Which notice the page showed."""


class ChangeForm(FlaskForm):
    """Another answer for one session, on the personal page."""

    session = HiddenField("", filters=[clean_line])
    """Slug of the session."""
    answer = RadioField(_("Your answer"), choices=CHOICES, validators=[InputRequired(_("Please choose your answer."))])
    acknowledge_rule = BooleanField(_("I have read this and will respect it."))
    notice = HiddenField("")
