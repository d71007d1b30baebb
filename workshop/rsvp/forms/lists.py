"""The organisers' lists: what to look for, acting on many, adding somebody, taking the list out, the check-in."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length

from workshop.core.fields import AddressField, LineField, LocalizedField, LocalizedRequired, TextField, clean_line
from workshop.core.language import NAMES
from workshop.programme.forms.fields import no_recording
from workshop.rsvp.forms.own import AFFILIATION_LENGTH, NAME_LENGTH, plain_name
from workshop.rsvp.models import AnswerState
from workshop.rsvp.queries.lists import ANY, ListFilter, Sort
from workshop.rsvp.service.exporting import MAX_PURPOSE, MIN_PURPOSE

_WORDS_LENGTH = 200
_REASON_LENGTH = 300
_NEEDS_LENGTH = 1000
_AT_MOST = _("At most %(max)d characters.")


class Act(enum.StrEnum):
    """What an organiser does with many answers at once."""

    ACCEPT = "accept"
    LIST = "list"
    REFUSE = "refuse"
    RESEND = "resend"
    WITHDRAW = "withdraw"


ACTS = {
    Act.ACCEPT: _("Accept"),
    Act.LIST: _("Put on the waiting list"),
    Act.REFUSE: _("Decline, with a text"),
    Act.RESEND: _("Send the link again"),
    Act.WITHDRAW: _("Withdraw, with a text"),
}


def read_filter(args: MultiDict[str, str], *, organisations: Mapping[str, str]) -> tuple[ListFilter, bool]:
    """Return what an address asks a list for, and whether all of that was understood; what was not is left out.

    Args:
        args: the parameters `state language interpretation needs organisation q sort` of the address.
        organisations: those that can be asked for.
    """
    said = {name: clean_line(args.get(name)) for name in _PARAMETERS}
    state = next((one for one in AnswerState if one.value == said["state"] and one is not AnswerState.PENDING), None)
    sort = next((one for one in Sort if one.value == said["sort"]), None)
    codes = {*NAMES, ANY}
    found = ListFilter(
        state=state,
        language=said["language"] if said["language"] in NAMES else "",
        interpretation=said["interpretation"] if said["interpretation"] in codes else "",
        has_needs=said["needs"] == "yes",
        organisation=said["organisation"] if said["organisation"] in organisations else "",
        words=said["q"][:_WORDS_LENGTH],
        sort=sort or Sort.DATE,
    )
    wanted = {name: text for name, text in said.items() if text and (name, text) != ("sort", Sort.DATE.value)}
    return found, filter_args(found) == wanted


_PARAMETERS = ("state", "language", "interpretation", "needs", "organisation", "q", "sort")


def filter_args(found: ListFilter) -> dict[str, str]:
    """Return the parameters of an address that asks for the same again."""
    args = {
        "state": found.state.value if found.state else "",
        "language": found.language,
        "interpretation": found.interpretation,
        "needs": "yes" if found.has_needs else "",
        "organisation": found.organisation,
        "q": found.words,
        "sort": "" if found.sort is Sort.DATE else found.sort.value,
    }
    return {name: text for name, text in args.items() if text}


def read_number(text: str | None) -> int:
    """Return a page's or row's number of what somebody sent; 0 for whatever is none that a database takes."""
    text = (text or "").strip()
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS
    return int(text) if is_number else 0


_DIGITS = 9


class RefusalForm(FlaskForm):
    """What those are told who are declined, or whose answers are withdrawn."""

    text = LocalizedField(
        _("What they will read"),
        validators=[LocalizedRequired(), no_recording],
        max_length=1000,
        description=_(
            "In both languages, if you can: each person reads it in their own. It goes into the message as it stands; "
            "a discreet message leads to it on the personal page instead."
        ),
    )


class AddForm(FlaskForm):
    """Somebody whom an organiser adds by hand."""

    name = LineField(
        _("Name or alias"),
        validators=[
            DataRequired(_("Please give a name. An alias is enough.")),
            Length(max=NAME_LENGTH, message=_AT_MOST),
            plain_name,
        ],
    )
    address = AddressField(
        _("E-mail address"), validators=[DataRequired(_("Please give an address: the person is told by e-mail."))]
    )
    language = SelectField(_("Language of the messages"))
    affiliation = LineField(
        _("Affiliation"), validators=[Length(max=AFFILIATION_LENGTH, message=_AT_MOST)], description=_("Optional.")
    )
    interpretation = SelectField(_("Interpretation needed"))
    access_needs = TextField(
        _("Access needs"), validators=[Length(max=_NEEDS_LENGTH, message=_AT_MOST)], description=_("Optional.")
    )
    reason = LineField(
        _("Reason"),
        validators=[
            DataRequired(_("Please say why you add this person: they will read it.")),
            Length(max=_REASON_LENGTH, message=_AT_MOST),
            no_recording,
        ],
        description=_("The person will read it, for example “You asked us by telephone on Monday”."),
    )

    def __init__(self, *args: Any, codes: tuple[str, ...], interpretation: tuple[str, ...], **kwargs: Any) -> None:
        """As Flask-WTF; `codes` are the languages of messages, `interpretation` those that can be asked for."""
        super().__init__(*args, **kwargs)
        self.language.choices = [SelectChoice(value=code, label=NAMES.get(code, code)) for code in codes]
        self.interpretation.choices = [
            SelectChoice(value="", label=_("none")),
            *(SelectChoice(value=code, label=NAMES.get(code, code)) for code in interpretation),
        ]


class ExportForm(FlaskForm):
    """For what a list is taken out, and how."""

    purpose = LineField(
        _("What is the list needed for?"),
        validators=[
            DataRequired(_("Please say what the list is needed for.")),
            Length(min=MIN_PURPOSE, max=MAX_PURPOSE, message=_("Between %(min)d and %(max)d characters.")),
        ],
        description=_("Everybody on the list can read this on their own page."),
    )
    format = RadioField(
        _("File"),
        choices=[
            SelectChoice(value="csv", label=_("CSV (any program)")),
            SelectChoice(value="xlsx", label=_("XLSX (spreadsheet)")),
        ],
        default="csv",
        validators=[InputRequired(_("Please choose a file."))],
    )
    addresses = BooleanField(
        _("With e-mail addresses"), description=_("Only if you need them: it is written into the log.")
    )


class CheckInForm(FlaskForm):
    """A code read at the door."""

    code = LineField(
        _("Code"),
        validators=[DataRequired(_("Please type the code.")), Length(max=40, message=_AT_MOST)],
        description=_("Eight letters and digits, on the person’s own page. Capitals, spaces and dashes do not matter."),
    )
