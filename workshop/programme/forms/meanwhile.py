"""What somebody else saved while a form was filled in: taken in, or told at the field (named for what it is about).

A form carries what it showed as digests, in a hidden `base`. Without one all is as posted: so it is of a script.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request
from flask_babel import get_locale
from flask_babel import gettext as _
from wtforms import BooleanField, FieldList, RadioField, SelectField

from workshop.core.fields import LocalizedField
from workshop.core.language import language_name
from workshop.core.localized import Localized
from workshop.programme.service.merging import Conflict, digests, is_overtaken, merge_values, take

BASE = "base"
_LONGEST = 300
"""Characters of another's text at the field; all of it stands at the top of the form."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """A field that two people changed: what was typed, and what stands."""

    words: str
    target: str
    """Identifier of its input."""
    take: str
    """Names the place for the box that takes what stands; empty where there is none."""
    language: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Met(Generic[T]):
    """What was typed together with what others saved since."""

    values: T
    """To be stored where there is no conflict, else to be shown again."""
    conflicts: tuple[Conflict, ...]
    base: str
    """Digests of what stands now, for the form that comes again."""
    others: str
    """The sentence on what was taken in; empty where nothing was."""


def names_in(form: Any, values: type) -> list[str]:
    """Return the fields of a dataclass for which a form has a field: no other is to be told by its digest."""
    return [name for name in values.__dataclass_fields__ if name in form]  # type: ignore[attr-defined] # a dataclass


def base_of(stands: Any, fields: Sequence[str]) -> str:
    """Return what the form carries: of what it was made from. After a fault that is what it had carried before."""
    return sent_base() or digests(stands, None, fields=fields)


def sent_base() -> str:
    """Return what the form that was sent had carried; empty for none."""
    return request.form.get(BASE, "") if request.method == "POST" else ""


def meet(posted: T, stands: T, fields: Sequence[str]) -> Met[T]:
    """Return what was posted with what stands in every field that was not touched, or where a box asks for it.

    Args:
        posted: a dataclass of values.
        stands: the same as stored now, read under the lock under which it will be written.
        fields: those of the form.
    """
    base, now = sent_base(), digests(stands, None, fields=fields)
    posted = take(posted, stands, request.form.getlist("take"), fields=fields)
    merged, conflicts = merge_values(base, posted, stands, fields)
    return Met(merged, conflicts, now, others_words(base, now))


def others_words(base: str, now: str) -> str:
    """Return the sentence on what was saved since a page was made; empty where nothing was."""
    return (
        str(_("Meanwhile other changes were saved here: they stand beside yours.")) if is_overtaken(base, now) else ""
    )


def say_conflicts(form: Any, theirs: Any, conflicts: Iterable[Conflict], *, may_take: bool = True) -> list[ConflictRow]:
    """Say at each field that two people changed what the other wrote; returns the same for the top of the form.

    Args:
        form: as it comes again, with what was typed.
        theirs: the same form of what stands.
        conflicts: the fields.
        may_take: whether the form understands the box that takes what stands.
    """
    rows = []
    for one in conflicts:
        field = _find(form, one.field)
        stands = "" if one.stands is None else _words_of(_find(theirs, one.field), one.language)
        field.errors = [*field.errors, _sentence(stands, one.language, is_gone=one.stands is None)]
        name = f"{one.field}.{one.language}" if one.language else one.field
        rows.append(
            ConflictRow(
                words=str(field.label.text),
                target=f"{field.id}-{one.language}" if one.language else field.id,
                take=name if may_take else "",
                language=one.language,
                mine=_words_of(field, one.language),
                theirs=stands,
            )
        )
    return rows


def _find(form: Any, path: str) -> Any:
    """Return a field by its path, such as `terms.0.term`."""
    found = form
    for name in path.split("."):
        found = found[int(name)].form if name.isdecimal() else found[name]
    return found


def _sentence(stands: str, language: str, *, is_gone: bool) -> str:
    if is_gone:
        return str(_("Meanwhile this was taken out. Save again to keep yours."))
    text = stands if len(stands) <= _LONGEST else f"{stands[:_LONGEST].rstrip()} …"
    said = _("Meanwhile “%(text)s” was saved here. Yours is not saved yet.", text=text)
    if not stands:
        said = _("Meanwhile this was emptied. Yours is not saved yet.")
    if not language:
        return str(said)
    name = language_name(language, str(get_locale().language))
    return f"{name[:1].upper()}{name[1:]} – {said}"


def _words_of(field: Any, language: str) -> str:
    """Return what a field shows, in one language where it has several."""
    if isinstance(field, LocalizedField) and language:
        return str(field.text_of(language))
    if isinstance(field, LocalizedField):
        texts = [field.data] if isinstance(field.data, Localized) else field.data
        return "; ".join(_in_each([text.get(code, "") for code in field.languages]) for text in texts)
    if isinstance(field, BooleanField):
        return str(_("yes") if field.data else _("no"))
    if isinstance(field, FieldList):
        rows = (", ".join(filter(None, (_words_of(part, "") for part in entry.form))) for entry in field)
        return "; ".join(filter(None, rows))
    if isinstance(field, RadioField | SelectField):
        return next((str(one.label) for one in field.choices if str(one.value) == str(field.data)), "")
    return str(field._value())  # noqa: SLF001 (what WTForms' own inputs show)


def _in_each(texts: Iterable[str]) -> str:
    return " / ".join(dict.fromkeys(filter(None, texts)))
