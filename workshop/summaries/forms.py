"""The form of a summary: text and quotations in all languages side by side, and reasons for warnings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, Form, FormField, HiddenField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from workshop.core.faults import Fault
from workshop.core.fields import LocalizedTextField, clean_line
from workshop.core.language import request_language
from workshop.programme.forms.faults import sentence_of
from workshop.summaries.models import SpeakerRole
from workshop.summaries.rule import MAXIMUM_QUOTATIONS, REASON_LENGTH
from workshop.summaries.service import QuotationValues, SummaryValues
from workshop.summaries.view import ROLES

QUOTATION_LENGTH = 1000
REASON_PREFIX = "reason-"

_SENTENCES: dict[str, Any] = {
    "required": _("This is needed."),
    "too_many": _("These are too many."),
    "lacks_text": _("This is missing in a language of the session. The same words in every language count as missing."),
    "shared_by_few": _("At least five confirmed participants must share the role. Otherwise choose a wider one."),
    "shared_by_more": _("There were not so many confirmed participants."),
}


class VersionField(HiddenField):
    """Which text the page showed; 0 where there was none, or where it says nothing that is a number."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the number."""
        text = valuelist[0] if valuelist else ""
        self.data = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0  # noqa: PLR2004 (digits that an integer column holds)


class QuotationForm(Form):
    """One row: the words, as whom, and how many share that."""

    text = LocalizedTextField(_("What was said"), max_length=QUOTATION_LENGTH)
    role = SelectField(_("Said by"), default=SpeakerRole.PARTICIPANT.value)
    shared_by = IntegerField(_("How many confirmed participants share this role"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the fixed list."""
        super().__init__(*args, **kwargs)
        language = request_language()
        self.role.choices = [
            SelectChoice(value=role.value, label=words.pick(language).value) for role, words in ROLES.items()
        ]


class VersionForm(FlaskForm):
    """An act on the text that the page showed."""

    version = VersionField(default=0)


class SummaryForm(VersionForm):
    """The text, in every language; what a helper may write."""

    text = LocalizedTextField(
        _("Summary"),
        description=_(
            "In general terms: what was said, never who said it. Markdown: **bold**, *italic*, lists, links."
        ),
        render_kw={"rows": 18},
    )

    def values(self) -> SummaryValues:
        """Return what was entered; the quotations as they are."""
        return SummaryValues(self.text.data)


class WholeSummaryForm(SummaryForm):
    """The text and the quotations, whose roles organisers answer for."""

    quotations = FieldList(FormField(QuotationForm), _("Quotations"), min_entries=1, max_entries=MAXIMUM_QUOTATIONS)

    def values(self) -> SummaryValues:
        """Return what was entered."""
        return SummaryValues(
            self.text.data,
            tuple(
                QuotationValues(role=SpeakerRole(row.role.data), shared_by=row.shared_by.data or 0, text=row.text.data)
                for row in self._written()
            ),
        )

    def _written(self) -> list[Any]:
        rows = [entry.form for entry in self.quotations]
        return [row for row in rows if row.text.data or row.shared_by.data is not None]

    def add_row_fault(self, path: str, sentence: Any) -> None:
        """Tie a sentence to a field of a row: `0.shared_by`."""
        number, _point, name = path.partition(".")
        row = self._written()[int(number)]
        row[name].errors = [*row[name].errors, sentence]
        self.quotations.errors = [*self.quotations.errors, sentence]


def summary_data(values: SummaryValues, version: int) -> dict[str, Any]:
    """Return what a form for a stored summary shows, with a row to write in."""
    rows: list[dict[str, Any]] = [
        {"text": one.text, "role": one.role.value, "shared_by": one.shared_by} for one in values.quotations or ()
    ]
    rows += [{}] * (len(rows) < MAXIMUM_QUOTATIONS)
    return {"text": values.text, "version": version, "quotations": rows}


def add_faults(form: SummaryForm, faults: Iterable[Fault]) -> None:
    """Tie what the services found wrong to the fields."""
    for fault in faults:
        sentence = _SENTENCES.get(fault.code) or sentence_of(fault)
        name, _point, rest = fault.field.partition(".")
        if rest and isinstance(form, WholeSummaryForm):
            form.add_row_fault(rest, sentence)
        elif name in form:
            form[name].errors = [*form[name].errors, sentence]
        else:
            form.form_errors.append(sentence)


def reasons_in(sent: MultiDict[str, str]) -> dict[str, str]:
    """Return warning's key → reason, of those that the page asked for."""
    return {
        name.removeprefix(REASON_PREFIX): clean_line(words)[:REASON_LENGTH]
        for name, words in sent.items()
        if name.startswith(REASON_PREFIX)
    }
