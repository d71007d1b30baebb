"""Forms about who has access to a series, about those who speak in it, and about mail that did not arrive."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from workshop.accounts.models import Role
from workshop.accounts.service import ORGANISATION_LENGTH, REASON_LENGTH, REASON_MINIMUM
from workshop.chatham.rule import ConsentKind
from workshop.core.fields import AddressField, LineField, TextField
from workshop.core.language import NAMES

ROLE_NAMES = {
    Role.OWNER: _("Owner"),
    Role.ORGANISER: _("Organiser"),
    Role.HELPER: _("Helper"),
    Role.PARTNER: _("Partner"),
}
ROLE_MEANINGS = {
    Role.OWNER: _("does everything, and decides who has access"),
    Role.ORGANISER: _("edits sessions, decides on answers, invites people"),
    Role.HELPER: _("edits texts, and finds people at the door by their code"),
    Role.PARTNER: _("invites people for an organisation, and sees those people only"),
}


class RoleForm(FlaskForm):
    """A role in a series; a partner's with the organisation."""

    role = SelectField(_("Role"), default=Role.ORGANISER.value)
    organisation = LineField(
        _("Organisation"),
        validators=[Length(max=ORGANISATION_LENGTH)],
        description=_("For a partner only: whose invitations they make and see."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer every role."""
        super().__init__(*args, **kwargs)
        self.role.choices = [(role.value, words) for role, words in ROLE_NAMES.items()]


class GrantForm(RoleForm):
    """A role for whoever has an account."""

    email = AddressField(
        _("E-mail address of the account"),
        validators=[InputRequired(_("Please write the address with which they sign in."))],
        render_kw={"autocomplete": "off", "type": "email"},
    )


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
