"""Forms for signing in and for one's own account."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, SelectField
from wtforms.validators import EqualTo, InputRequired, ValidationError

from workshop.accounts.service import MINIMUM_LENGTH, WeakPassPhraseError, check_pass_phrase
from workshop.core.fields import LineField
from workshop.core.language import NAMES, languages


class SignInForm(FlaskForm):
    """Address and pass phrase."""

    email = LineField(
        _("E-mail address"),
        validators=[InputRequired(_("Please write your e-mail address."))],
        render_kw={"autocomplete": "username", "type": "email", "inputmode": "email"},
    )
    password = PasswordField(
        _("Pass phrase"),
        validators=[InputRequired(_("Please write your pass phrase."))],
        render_kw={"autocomplete": "current-password"},
    )


class PassPhraseForm(FlaskForm):
    """The pass phrase as it is, and a new one."""

    current = PasswordField(
        _("Current pass phrase"),
        validators=[InputRequired(_("Please write your pass phrase."))],
        render_kw={"autocomplete": "current-password"},
    )
    pass_phrase = PasswordField(
        _("New pass phrase"),
        description=_("At least 12 characters; several words that you can remember are best. Spaces are welcome."),
        validators=[InputRequired(_("Please write a new pass phrase."))],
        render_kw={"autocomplete": "new-password", "minlength": MINIMUM_LENGTH},
    )
    repeated = PasswordField(
        _("New pass phrase, once more"),
        validators=[EqualTo("pass_phrase", _("The two are not the same."))],
        render_kw={"autocomplete": "new-password"},
    )

    def validate_pass_phrase(self, field: Any) -> None:
        """Refuse weak ones with a sentence."""
        try:
            check_pass_phrase(field.data or "")
        except WeakPassPhraseError as fault:
            raise ValidationError(weakness(fault)) from fault


class AccountLanguageForm(FlaskForm):
    """The language in which one's workspace opens."""

    language = SelectField(_("Language"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the instance's languages."""
        super().__init__(*args, **kwargs)
        self.language.choices = [(code, NAMES.get(code, code)) for code in languages()]


class DigestForm(FlaskForm):
    """Whether what needs attention is mailed once a day."""

    wants_digest = BooleanField(
        _("E-mail me once a day about what needs my attention"),
        description=_(
            "At about 8 in the morning, and only when there is something: mail that did not arrive, answers to "
            "approve, sessions that lack something."
        ),
    )


class PressForm(FlaskForm):
    """A button and nothing else: what it carries is the token against forged requests."""


def weakness(fault: WeakPassPhraseError) -> Any:
    """Return the sentence for a weak pass phrase."""
    if fault.context.get("reason") == "short":
        return _("Please choose at least %(number)s characters.", number=MINIMUM_LENGTH)
    return _("This one is among the first that anybody would try. Please choose another.")
