"""Forms about who has access to a series."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.validators import InputRequired, Length

from workshop.accounts.models import Role
from workshop.accounts.service import ORGANISATION_LENGTH
from workshop.core.fields import AddressField, LineField

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
