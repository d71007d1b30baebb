"""A series' own terms in its file (named for what it holds): a list of terms with their notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from workshop.core.faults import Fault, InvalidValuesError
from workshop.programme.models import GlossaryTerm
from workshop.programme.service.checks import is_text_equal
from workshop.programme.service.languages import TermValues, clean_terms, list_terms, write_terms


def check_terms(terms: Sequence[TermValues], languages: Sequence[str]) -> list[Fault]:
    """Return what is wrong with the terms; fields are paths within the series."""
    try:
        clean_terms(terms, languages, prefix="glossary.")
    except InvalidValuesError as error:
        return list(error.faults)
    return []


def merge_terms(
    session: Session,
    *,
    now: datetime,
    series_id: int,
    terms: Sequence[TermValues],
    languages: Sequence[str],
    actor: str,
) -> tuple[bool, bool]:
    """Write the terms of a file; returns whether that changed anything, and whether it lacks any that stay. Flushes."""
    stored = list_terms(session, series_id)
    free = list(stored)
    values: list[tuple[int | None, TermValues]] = []
    for said in terms:
        found = next((one for one in free if is_text_equal(one.term, said.term)), None)
        if found is not None:
            free.remove(found)
        values.append((None if found is None else found.id, said))
    if not values:
        return False, bool(stored)
    is_changed = write_terms(session, now=now, series_id=series_id, values=values, languages=languages, actor=actor)
    return is_changed, bool(free)


def terms_data(terms: Sequence[GlossaryTerm]) -> list[Mapping[str, Any]]:
    """Return terms and notes as a file has them."""
    return [{"term": one.term} | ({"note": one.note} if one.note else {}) for one in terms]
