"""Forms about who has access to a series, about those who speak in it, and about mail that did not arrive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from workshop.accounts.models import Role
from workshop.accounts.service import ORGANISATION_LENGTH, REASON_LENGTH, REASON_MINIMUM
from workshop.accounts.view import ROLE_NAMES
from workshop.chatham.rule import ConsentKind
from workshop.core.fields import AddressField, LineField, TextField, WallTimeField
from workshop.core.language import NAMES, languages


class InstitutionField(LineField):
    """One line, with the names that the series knows offered."""

    choices: tuple[str, ...] = ()


class RoleForm(FlaskForm):
    """A role in a series, of which institution, for how long; a helper's with the session."""

    role = SelectField(_("Role"), default=Role.ORGANISER.value)
    organisation = InstitutionField(
        _("Institution"),
        validators=[Length(max=ORGANISATION_LENGTH)],
        description=_("Shown beside their name in this list. A partner makes and sees invitations in its name."),
    )
    session = SelectField(_("Session"), default="", description=_("For a helper only: at whose door they stand."))
    until = WallTimeField(
        _("Until"),
        description=_(
            "On the clock of the series. Empty: until you take it away; for a helper, a day after the session’s end."
        ),
    )

    def __init__(
        self, *args: Any, sessions: Sequence[tuple[str, str]], institutions: Sequence[str], **kwargs: Any
    ) -> None:
        """Offer every role, the series' sessions (slug and name) and the institutions that it knows."""
        super().__init__(*args, **kwargs)
        self.role.choices = [(role.value, words) for role, words in ROLE_NAMES.items()]
        self.session.choices = [("", ""), *sessions]
        self.organisation.choices = tuple(institutions)


class AccessForm(RoleForm):
    """A role for whom one invites."""

    email = AddressField(
        _("E-mail address"),
        validators=[InputRequired(_("Please write the address to invite."))],
        render_kw={"autocomplete": "off", "type": "email"},
    )
    language = SelectField(_("Language of the message"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the instance's languages."""
        super().__init__(*args, **kwargs)
        self.language.choices = [(code, NAMES.get(code, code)) for code in languages()]


CONSENT_NAMES = {
    ConsentKind.ANNOUNCE_NAME: _("Name announced"),
    ConsentKind.ANNOUNCE_AFFILIATION: _("Affiliation announced"),
    ConsentKind.QUOTED: _("Quoted by name"),
    ConsentKind.SLIDES: _("Slides passed on"),
    ConsentKind.RECORDED: _("Recorded and published"),
}
WAYS = {
    "mail": _("by e-mail"),
    "telephone": _("by telephone"),
    "in_person": _("face to face"),
    "on_paper": _("on paper"),
}
"""How somebody said it to an organiser; the keys stand in the log."""


class ConsentForm(FlaskForm):
    """What somebody who speaks told an organiser about one part of theirs."""

    kind = SelectField(_("What it is about"), validators=[InputRequired(_("Please choose what it is about."))])
    given = RadioField(
        _("What they said"),
        choices=[
            SelectChoice("yes", _("They agree")),
            SelectChoice("no", _("They do not agree, or no longer")),
        ],
        validators=[InputRequired(_("Please say what they said."))],
    )
    way = SelectField(
        _("How they said it"),
        validators=[InputRequired(_("Please say how they said it: it stands in the log."))],
        description=_("Kept in the log, with your account and the time; never their words."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer every consent."""
        super().__init__(*args, **kwargs)
        self.kind.choices = [("", ""), *((kind.value, words) for kind, words in CONSENT_NAMES.items())]
        self.way.choices = [("", ""), *WAYS.items()]


class ContactForm(FlaskForm):
    """Where somebody who speaks is written to, and in which language."""

    email = AddressField(
        _("E-mail address"),
        validators=[Optional()],
        description=_(
            "For the link of their own page and for notices of changes; on no page, and in no export but a private "
            "one. An address that is already there is not shown. Leave this empty to keep it."
        ),
        render_kw={"autocomplete": "off", "type": "email"},
    )
    language = SelectField(_("Language of the messages"))
    forget = BooleanField(_("Forget the address that is there"))

    def __init__(self, *args: Any, codes: tuple[str, ...], **kwargs: Any) -> None:
        """Offer the series' languages."""
        super().__init__(*args, **kwargs)
        self.language.choices = [(code, NAMES.get(code, code)) for code in codes]


class CorrectionForm(FlaskForm):
    """The right address of whom a message was for."""

    email = AddressField(
        _("The right address"),
        validators=[InputRequired(_("Please write an e-mail address such as name@example.org."))],
        description=_("The one that is there is not shown."),
        render_kw={"autocomplete": "off", "type": "email"},
    )


class GlassForm(FlaskForm):
    """Which series an administrator reads although it is not theirs, and why."""

    series = LineField(
        _("Address of the series"),
        validators=[InputRequired(_("Please write the last part of the address of its page."))],
        description=_("The last part of the address of its page, such as “decloisonner”."),
        render_kw={"autocomplete": "off"},
    )
    reason = TextField(
        _("Reason"),
        description=_("Its organisers read this, word for word. Name nobody who takes part."),
    )
    close = BooleanField()

    def validate_reason(self, field: TextField) -> None:
        """Raise ValidationError unless a reason is given; closing needs none."""
        if not self.close.data and not REASON_MINIMUM <= len(field.data or "") <= REASON_LENGTH:
            raise ValidationError(
                _("Please say why, in %(least)d to %(most)d characters.", least=REASON_MINIMUM, most=REASON_LENGTH)
            )


class WordingForm(FlaskForm):
    """Subject and body of one kind of message in one language, and the session that they are shown with."""

    subject = LineField(_("Subject"))
    body = TextField(_("Text"))
    session = SelectField(_("Shown with"), validate_choice=False)
