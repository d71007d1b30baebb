"""What was counted of a session, for the page, its bars and the file alike."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext

from workshop.core.language import language_name
from workshop.core.localized import Localized
from workshop.rsvp.models import Breakdown, BreakdownKind
from workshop.rsvp.view.lists import Table


@dataclass(frozen=True, slots=True)
class CellView:
    """A row of a breakdown."""

    text: Localized
    count: int | None
    """None: suppressed."""


@dataclass(frozen=True, slots=True)
class BreakdownView:
    """People of a session, counted by one thing."""

    title: Localized
    cells: tuple[CellView, ...]
    total: int
    counted_at: datetime

    @property
    def is_hidden(self) -> bool:
        """Whether no cell of it may be shown."""
        return all(cell.count is None for cell in self.cells)


def breakdown_views(found: Iterable[Breakdown], language: str) -> list[BreakdownView]:
    """Return what was counted, for a reader of `language`."""
    return [
        BreakdownView(
            _title(one),
            tuple(CellView(_text(one.kind, row, language), row["count"]) for row in one.rows),
            one.total,
            one.counted_at,
        )
        for one in found
    ]


def breakdown_table(views: Iterable[BreakdownView], language: str) -> Table:
    """Return the same to be taken out."""
    heads = (gettext("Counted by"), gettext("Row"), gettext("People"), gettext("Of"))
    rows = tuple(
        (
            view.title.pick(language).value,
            cell.text.pick(language).value,
            gettext("not shown") if cell.count is None else str(cell.count),
            str(view.total),
        )
        for view in views
        for cell in view.cells
    )
    return Table(heads, rows)


def _title(one: Breakdown) -> Localized:
    if one.kind is BreakdownKind.QUESTION:
        return one.title
    is_language = one.kind is BreakdownKind.LANGUAGE
    return Localized.neutral(gettext("Language") if is_language else gettext("Interpretation needed"))


def _text(kind: BreakdownKind, row: dict[str, Any], language: str) -> Localized:
    if row["text"] is not None:
        return Localized.from_json(row["text"])
    if kind is not BreakdownKind.QUESTION and row["code"]:
        return Localized.neutral(language_name(row["code"], language))
    words = {"yes": gettext("yes"), "no": gettext("no")}
    nothing = gettext("no reply") if kind is BreakdownKind.QUESTION else gettext("none")
    return Localized.neutral(words.get(row["code"], nothing))
