"""The form that takes a series file, and holds it until its import is confirmed."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms.validators import ValidationError

MAXIMUM_FILE = 500_000
"""Octets: what is larger is imported by the command."""


class ImportForm(FlaskForm):
    """A series file, chosen; or held as text by the page that asks for a confirmation."""

    file = FileField(
        _("Series file"),
        description=_("A YAML file, as “Export” makes it. You see what it would change before anything is stored."),
        render_kw={"accept": ".yaml,.yml,application/yaml,text/yaml"},
    )
    content = b""
    """The file as it came."""

    def validate_file(self, field: Any) -> None:
        """Read the file, or what is held of it; WTForms calls this."""
        held = "" if field.data else self._held()
        self.content = field.data.read(MAXIMUM_FILE + 1) if field.data else held.encode()
        if not self.content:
            raise ValidationError(_("Please choose a series file."))
        if len(self.content) > MAXIMUM_FILE:
            raise ValidationError(
                _("This file is larger than 500 kB. Import it with the command “workshop series import”.")
            )

    def _held(self) -> str:
        # Browsers send line breaks as CR LF.
        return request.form.get("content", "").replace("\r\n", "\n")
