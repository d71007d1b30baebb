"""The forms of the personal page."""

from __future__ import annotations

import unicodedata
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, StopValidation

from workshop.core.addresses import is_link
from workshop.core.fields import AddressField, BotTrap, LineField, TextField, ZoneField, clean_line
from workshop.core.language import NAMES
from workshop.rsvp.models import Choice

NAME_LENGTH = 200
AFFILIATION_LENGTH = 300
ACCESS_LENGTH = 1000

CHOICES = [
    SelectChoice(value=Choice.ACCEPTED.value, label=_("I will come")),
    SelectChoice(value=Choice.TENTATIVE.value, label=_("Perhaps (this keeps no place)")),
    SelectChoice(value=Choice.DECLINED.value, label=_("I will not come")),
]


def plain_local_part(form: Any, field: Any) -> None:  # noqa: ARG001 (the signature is WTForms')
    """Refuse an address that most relays cannot write to."""
    if not (field.data or "").rpartition("@")[0].isascii():
        raise StopValidation(
            _("We cannot write to an address with accents before the @. Please give another one if you have it.")
        )


def plain_name(form: Any, field: Any) -> None:  # noqa: ARG001 (the signature is WTForms')
    """Refuse a link, which lists would carry to whoever reads them, and a name of which nothing can be seen."""
    if is_link(field.data or ""):
        raise StopValidation(_("Please give a name or an alias, not a link."))
    if all(unicodedata.category(char) in {"Cf", "Zs"} for char in field.data or ""):
        raise StopValidation(_("Please give a name. An alias is enough."))


class PreferencesForm(FlaskForm):
    """How a participant wants to be called and written to."""

    name = LineField(
        _("Name or alias"),
        validators=[
            DataRequired(_("Please give a name. An alias is enough.")),
            Length(max=NAME_LENGTH, message=_("At most %(max)d characters.")),
            plain_name,
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
    access_needs = TextField(
        _("What you need in order to take part"),
        validators=[Length(max=ACCESS_LENGTH, message=_("At most %(max)d characters."))],
        description=_(
            "Optional: captions, sign language, a place for a wheelchair, a break … Only the organisers see it."
        ),
    )
    reminders = BooleanField(_("Remind me before the session"), default=True)
    discreet = BooleanField(
        _("Write to me discreetly"),
        description=_("Messages and calendar entries then name neither the series nor the subject."),
    )
    no_calendar = BooleanField(
        _("Send me no calendar files"),
        description=_("A calendar shows its entries on locked screens, and to whoever shares it."),
    )
    keep_informed = BooleanField(
        _("Tell me about later sessions of this series"),
        description=_(
            "A message from the organisers when there is something to announce. You can stop it here at any time."
        ),
    )
    later = BooleanField(
        _("Answer for me: I will also come to those announced later"),
        description=_("With a message each time; you can withdraw from any of them and keep the others."),
    )

    def __init__(self, *args: Any, codes: tuple[str, ...], **kwargs: Any) -> None:
        """As Flask-WTF; `codes` are the languages to choose from."""
        super().__init__(*args, **kwargs)
        self.language.choices = [SelectChoice(value=code, label=NAMES.get(code, code)) for code in codes]


class ChangeForm(FlaskForm):
    """Another answer for one session, on the personal page."""

    session = HiddenField("", filters=[clean_line])
    """Slug of the session."""
    answer = RadioField(_("Your answer"), choices=CHOICES, validators=[InputRequired(_("Please choose your answer."))])
    acknowledge_rule = BooleanField(_("I have read this and will respect it."))
    waiting_list = BooleanField(_("If no place is left, put me on the waiting list"))
    notice = HiddenField("")


class NewAddressForm(FlaskForm):
    """Another address of one's own, to be confirmed from its mailbox."""

    email = AddressField(
        _("New e-mail address"),
        validators=[DataRequired(_("Please give the new e-mail address.")), plain_local_part],
        description=_("A link goes there. Until it is used, nothing changes."),
    )


class LinkForm(BotTrap, FlaskForm):
    """Send me my link again."""

    email = AddressField(
        _("E-mail address"),
        validators=[DataRequired(_("Please give the e-mail address with which you answered.")), plain_local_part],
    )
