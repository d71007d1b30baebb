"""What stands at fields in several languages: marks, boxes, buttons for the typography; the glossary's form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import FieldList, Form, FormField, HiddenField

from workshop.core.fields import LocalizedField
from workshop.programme.service.languages import MAXIMUM_TERMS, TermValues
from workshop.programme.view.languages import Marks

_ROWS_TO_ADD = 3
_DIGITS = 10
"""Of the longest number that a row has."""


class TermForm(Form):
    """One row: a term in each language, and when to say it."""

    key = HiddenField()
    term = LocalizedField(_("Term"), max_length=200)
    note = LocalizedField(_("Note"), max_length=500)


class GlossaryForm(FlaskForm):
    """A series' own terms."""

    terms = FieldList(FormField(TermForm), _("Terms"), max_entries=MAXIMUM_TERMS + _ROWS_TO_ADD)

    def values(self) -> list[tuple[int | None, TermValues]]:
        """Return what was entered: a stored term's id, None for a new one, with its values (empty: it goes)."""
        rows = [(_id_of(row["key"] or ""), TermValues(row["term"], row["note"])) for row in self.terms.data]
        return [(key, value) for key, value in rows if key is not None or value.term or value.note]


def _id_of(key: str) -> int | None:
    return int(key) if key.isascii() and key.isdigit() and len(key) <= _DIGITS else None


def glossary_data(terms: Iterable[tuple[int | None, TermValues]]) -> dict[str, Any]:
    """Return what the form of terms shows, each with its id where it is stored, with rows to write in."""
    rows: list[dict[str, Any]] = [
        {"key": "" if key is None else str(key), "term": one.term, "note": one.note} for key, one in terms
    ]
    return {"terms": (rows + [{"key": ""}] * _ROWS_TO_ADD)[: MAXIMUM_TERMS + _ROWS_TO_ADD]}


def dress(form: Any, marks: Marks, *, fields: Mapping[str, str] | None = None) -> None:
    """Give the fields of a form in several languages their marks, and the buttons that correct their typography.

    Args:
        form: any form; rows within it get the buttons too.
        marks: by field.
        fields: name of the form's field → field of its mark; None: they have the same names.
    """
    for field in localized_fields(form):
        field.offers_typesetting = True
        field.marks = marks.get(field.name if fields is None else fields.get(field.name, ""), {})


def fine_of(form: Any) -> set[tuple[str, str]]:
    """Return the texts that are said to hold: the field's name and the language of each box that is ticked."""
    return {
        (field.name, part.language)
        for field in localized_fields(form)
        for part in field.inputs
        if request.form.get(f"fine-{part.name}")
    }


def is_typesetting() -> bool:
    """Whether a button was pressed that only corrects the typography, or takes that back."""
    return request.form.get("act", "").partition(":")[0] in {"typeset", "as-typed"}


def press_typesetting(form: Any) -> bool:
    """Correct the typography in the fields where a button asks for it, or take that back; returns whether one did.

    Nothing is checked or stored: the page comes again with the form.
    """
    if not is_typesetting():
        return False
    act, _colon, target = request.form["act"].partition(":")
    for field in localized_fields(form):
        for part in field.inputs:
            typed = request.form.get(f"typed-{part.name}")
            if act == "typeset" and target in {"*", part.name}:
                field.correct(part.language, as_typed=part.value if typed is None else typed)
            elif act == "as-typed" and target == part.name:
                field.typed[part.language] = part.value if typed is None else typed
            elif typed is not None and typed != part.value:
                field.corrected[part.language] = typed  # can still be taken back
    return True


def localized_fields(form: Any) -> Iterator[LocalizedField]:
    """Yield every field in several languages of a form, those of its rows included."""
    for field in form:
        if isinstance(field, LocalizedField):
            yield field
        elif isinstance(field, FormField):
            yield from localized_fields(field.form)
        elif isinstance(field, FieldList):
            yield from localized_fields(field)
