"""Forms for signing in and for one's own account."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, SelectField
from wtforms.validators import DataRequired, EqualTo, InputRequired, Length, ValidationError

from workshop.accounts.service import MINIMUM_LENGTH, WeakPassPhraseError, check_pass_phrase
from workshop.accounts.service.own import NAME_LENGTH
from workshop.core.fields import AddressField, LineField, ZoneField
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


def _code_field(words: Any) -> LineField:
    return LineField(
        words,
        description=_("The six digits that your app shows now; one of your recovery codes works too."),
        validators=[InputRequired(_("Please enter the code.")), Length(max=60)],
        render_kw={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"},
    )


class CodeForm(FlaskForm):
    """The second step of signing in."""

    code = _code_field(_("Code"))


class FirstCodeForm(FlaskForm):
    """A first code, which shows that the app has the secret."""

    code = LineField(
        _("Code that the app shows now"),
        description=_("Six digits."),
        validators=[InputRequired(_("Please enter the code.")), Length(max=20)],
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric"},
    )


class ReauthenticationForm(FlaskForm):
    """The pass phrase, and a code where there is a second factor; beside fields that belong to another form."""

    reauthentication = PasswordField(_("Pass phrase"), render_kw={"autocomplete": "current-password", "required": True})
    reauthentication_code = LineField(
        _("Code"),
        description=_("The six digits that your app shows now; one of your recovery codes works too."),
        render_kw={"autocomplete": "one-time-code", "required": True},
    )


class ForgottenForm(FlaskForm):
    """Whose pass phrase is forgotten."""

    email = AddressField(
        _("E-mail address"),
        validators=[InputRequired(_("Please write your e-mail address."))],
        render_kw={"autocomplete": "username", "type": "email", "inputmode": "email"},
    )


class NewPassPhraseForm(FlaskForm):
    """A new pass phrase, twice."""

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


class PassPhraseForm(NewPassPhraseForm):
    """The pass phrase as it is, and a new one."""

    current = PasswordField(
        _("Current pass phrase"),
        validators=[InputRequired(_("Please write your pass phrase."))],
        render_kw={"autocomplete": "current-password"},
    )


class NameForm(FlaskForm):
    """One's own name."""

    name = LineField(
        _("Your name"),
        description=_("As seen by those who organise with you and those whom you invite."),
        validators=[
            DataRequired(_("Please write your name.")),
            Length(max=NAME_LENGTH, message=_("At most %(max)d characters.")),
        ],
        render_kw={"autocomplete": "name", "maxlength": NAME_LENGTH},
    )


class AddressForm(FlaskForm):
    """A new address of one's own."""

    email = AddressField(
        _("New e-mail address"),
        description=_("A link is mailed to it. Until you press that link, nothing changes."),
        validators=[InputRequired(_("Please write an e-mail address."))],
        render_kw={"autocomplete": "email", "type": "email", "inputmode": "email"},
    )


class AccountLanguageForm(FlaskForm):
    """The language in which one's workspace opens and mail comes, and one's own clock."""

    language = SelectField(_("Language"))
    tzid = ZoneField(
        _("Your time zone"),
        description=_("Such as Europe/Paris. Empty: the one of this site."),
        may_be_empty=True,
        render_kw={"autocomplete": "off"},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the instance's languages."""
        super().__init__(*args, **kwargs)
        self.language.choices = [(code, NAMES.get(code, code)) for code in languages()]


class WelcomeForm(AccountLanguageForm, NewPassPhraseForm, NameForm):
    """What somebody gives who accepts an invitation and has no account."""


class SignInHereForm(CodeForm):
    """What somebody gives who accepts an invitation and has an account: its address is known."""

    password = PasswordField(
        _("Pass phrase"),
        validators=[InputRequired(_("Please write your pass phrase."))],
        render_kw={"autocomplete": "current-password"},
    )

    def __init__(self, *args: Any, asks_for_code: bool, **kwargs: Any) -> None:
        """Ask for a code only where there is a second factor."""
        super().__init__(*args, **kwargs)
        if not asks_for_code:
            del self.code


class InviteForm(FlaskForm):
    """Whom an administrator offers an account, without any role."""

    email = AddressField(
        _("E-mail address"),
        validators=[InputRequired(_("Please write an e-mail address."))],
        render_kw={"type": "email", "inputmode": "email"},
    )
    language = SelectField(_("Language of the message"))

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
