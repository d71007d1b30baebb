"""The forms by which people are invited, and a list of addresses on its way from the preview to the act."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, HiddenField, IntegerField, SelectField, SelectMultipleField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from workshop.core.fields import LineField, WallTimeField
from workshop.core.language import NAMES
from workshop.rsvp.service.inviting import Entry, Invitee, LineFault

MAX_USES = 10_000
_TOO_LONG = _("At most %(max)d characters.")
FAULTS = {
    "formula": _("A cell contains a formula. Write its result instead."),
    "control_characters": _("There is a line break or another control character in it."),
    "no_address": _("There is no address."),
    "bad_address": _("This is no e-mail address."),
    "accented_address": _("We cannot write to an address with accents before the @."),
    "long_address": _("The address is too long."),
    "long_name": _("The name is longer than 200 characters."),
    "link_as_name": _("The name is a link."),
    "unknown_language": _("We do not write in this language."),
    "twice": _("This address stands on line %(line)d already."),
    "invited_already": _("This address is invited already."),
}
UNREADABLE = {
    "kind": _("This is neither a CSV file nor an XLSX workbook. Save the list as one of these and send it again."),
    "damaged": _("This file cannot be read: it is damaged."),
    "large": _("This workbook would become too large when unpacked. Copy the list alone into a new one."),
    "many": _("At most 5,000 addresses at once. Please send the list in parts."),
}
_NOT_CORRECTABLE = frozenset({"twice", "invited_already"})


class SuggestField(LineField):
    """One line of text, with suggestions in a datalist."""

    choices: Sequence[str] = ()


class SessionsField(SelectMultipleField):
    """One or several of a series' sessions, ticked."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (the signature is WTForms')
        """Refuse what is no choice, with a sentence of our own."""
        if set(self.data or ()) - {str(choice.value) for choice in self.choices}:
            raise ValidationError(_("One of these sessions cannot be invited to any more."))


class _InvitingForm(FlaskForm):
    sessions = SessionsField(
        _("Sessions"), validators=[DataRequired(_("Please choose at least one session."))], choices=[]
    )
    language = SelectField(_("Language of the invitation"))
    organisation = SuggestField(
        _("For which organisation"),
        validators=[Length(max=200, message=_TOO_LONG)],
        description=_(
            "Only where a partner brings these people: whoever has its account sees where these invitations stand, and "
            "nothing else. Otherwise leave it empty."
        ),
    )

    def __init__(
        self,
        *args: Any,
        sessions: Sequence[tuple[str, str]],
        codes: Sequence[str],
        organisations: Sequence[str] | None,
        **kwargs: Any,
    ) -> None:
        """As Flask-WTF.

        Args:
            *args: as Flask-WTF.
            sessions: slug and words of each that one may be invited to.
            codes: languages to be written to in.
            organisations: suggested; None where the organisation is no choice.
            **kwargs: as Flask-WTF.
        """
        super().__init__(*args, **kwargs)
        self.sessions.choices = [SelectChoice(value=slug, label=words) for slug, words in sessions]
        self.language.choices = [SelectChoice(value=code, label=NAMES.get(code, code)) for code in codes]
        if organisations is None:
            del self.organisation
        else:
            self.organisation.choices = organisations


class InvitingForm(_InvitingForm):
    """People to be invited, pasted or as a file; `rows` are those that a preview has checked."""

    addresses = TextAreaField(
        _("Addresses"),
        description=_(
            "One per line, or separated by commas or semicolons; a name may stand before an address in angle brackets. "
            "Or a table with a heading: address, name, language."
        ),
    )
    file = FileField(
        _("Or a file"),
        description=_("CSV or XLSX, up to 1 MB and 5,000 people. Separators, encoding and headings are recognised."),
    )
    is_passable = BooleanField(
        _("Each may pass their link on to one other person"),
        description=_("Otherwise only the address that is invited can answer."),
    )
    rows = HiddenField("")


class GroupForm(_InvitingForm):
    """A link for several people."""

    name = LineField(
        _("What you call this group"),
        validators=[DataRequired(_("Please give the group a name.")), Length(max=200, message=_TOO_LONG)],
        description=_("Only the organisers see it."),
    )
    max_uses = IntegerField(
        _("How many may answer by it"),
        validators=[
            Optional(),
            NumberRange(min=1, max=MAX_USES, message=_("Please write a number from %(min)s to %(max)s.")),
        ],
        description=_("Empty: any number."),
    )
    ends_wall = WallTimeField(
        _("Until when"),
        validators=[Optional()],
        description=_("On the clock of the series. Empty: as long as the sessions take answers."),
    )


def rows_of(invitees: Iterable[Invitee]) -> str:
    """Return checked people as the preview carries them."""
    return json.dumps([[one.address, one.name, one.language] for one in invitees], ensure_ascii=False)


def entries_of(rows: str) -> list[Entry]:
    """Return what the preview carried, to be checked anew; raises ValueError for anything else."""
    try:
        found = json.loads(rows) if rows else []
    except RecursionError:
        raise ValueError("rows") from None
    if not isinstance(found, list):
        raise ValueError("rows")  # noqa: TRY004 (whatever a stranger sends instead is one and the same fault)
    entries = []
    for number, row in enumerate(found, 1):
        if not (isinstance(row, list) and len(row) == 3 and all(isinstance(cell, str) for cell in row)):  # noqa: PLR2004 (address, name, language)
            raise ValueError("rows")
        entries.append(Entry(number, row[0], row[1], row[2]))
    return entries


def correctable(faults: Iterable[LineFault]) -> str:
    """Return the faulty lines as a table to be corrected in a text area; empty where none can be."""
    lines = [fault.entry for fault in faults if fault.code not in _NOT_CORRECTABLE]
    if not lines:
        return ""
    table = io.StringIO()
    writer = csv.writer(table, delimiter=";", lineterminator="\n")
    writer.writerow([gettext("address"), gettext("name"), gettext("language")])
    for entry in lines:
        writer.writerow([" ".join(cell.split()) for cell in (entry.address, entry.name, entry.language)])
    return table.getvalue()


def sentence(fault: LineFault) -> str:
    """Return why a line cannot be taken."""
    words = str(FAULTS[fault.code])
    return words % {"line": fault.other_line} if fault.code == "twice" else words
