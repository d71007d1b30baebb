"""Saying that texts hold, and a series' own terms."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.localized import Localized
from workshop.people.checks import Checker
from workshop.people.staleness import mark_fine
from workshop.people.values import EMPTY
from workshop.programme.models import GlossaryTerm
from workshop.programme.service.checks import is_text_equal

MAXIMUM_TERMS = 100
_LONGEST_TERM = 200


@dataclass(frozen=True, slots=True)
class TermValues:
    """How a series says something."""

    term: Localized
    note: Localized = EMPTY
    """When to say it, and what not to say instead."""


def say_fine(
    session: Session,
    *,
    now: datetime,
    actor: str,
    series_id: int,
    workshop_session_id: int | None,
    owner: str,
    fine: Collection[tuple[str, str]],
) -> bool:
    """Take it that texts hold though their other language was changed; returns whether any was stale. Flushes.

    Args:
        session: the database.
        now: the present instant.
        actor: as the log names who did it.
        series_id: whose series.
        workshop_session_id: whose session; None: the series' own texts, or a person's.
        owner: such as `item:3`, which the caller knows to be of that series.
        fine: fields and languages.
    """
    held = mark_fine(session, owner=owner, fine=fine) if fine else 0
    if not held:
        return False
    of = f"series:{series_id}" if workshop_session_id is None else f"session:{workshop_session_id}"
    record(session, now=now, actor=actor, action="programme.check_text", object_=of, details={"texts": held})
    return True


def list_terms(session: Session, series_id: int, *, is_read_again: bool = False) -> list[GlossaryTerm]:
    """Return a series' own terms in order; `is_read_again`: as the database has them now."""
    statement = sa.select(GlossaryTerm).where(GlossaryTerm.series_id == series_id)
    ordered = statement.order_by(GlossaryTerm.position, GlossaryTerm.id)
    return list(session.scalars(ordered.execution_options(populate_existing=is_read_again)))


def write_terms(
    session: Session,
    *,
    now: datetime,
    series_id: int,
    values: Sequence[tuple[int | None, TermValues]],
    languages: Sequence[str],
    actor: str = "command",
) -> bool:
    """Write a series' own terms; returns whether that changed anything. Flushes.

    A stored term that `values` lacks stays, so that two who write at once lose nothing; a new one that it equals is not
    written twice.

    Args:
        session: the database.
        now: the present instant.
        series_id: the series.
        values: in order, the id of a stored term (None: a new one) and what it says; an empty term goes.
        languages: in which texts may be.
        actor: as the log names who did it.

    Raises:
        InvalidValuesError: with every fault; fields are `terms.0.term`.
    """
    stored = {one.id: one for one in list_terms(session, series_id)}
    before = len(stored)
    cleaned = clean_terms([value for _id, value in values], languages, prefix="terms.")
    kept: list[tuple[GlossaryTerm | None, TermValues]] = []
    is_changed = False
    known = _known([key for key, _value in values], cleaned, stored.values())
    for number, ((key, _value), value) in enumerate(zip(values, cleaned, strict=True)):
        one = stored.pop(key, None) if key is not None else None
        if number in known:
            continue
        if value.term:
            kept.append((one, value))
        elif one is not None:
            session.delete(one)
            is_changed = True
    if len(kept) + len(stored) > max(MAXIMUM_TERMS, before):
        raise InvalidValuesError([Fault("terms", "too_many", {"limit": MAXIMUM_TERMS})])
    for position, (one, value) in enumerate(kept):
        is_changed = _write_term(session, series_id, one, value, position) or is_changed
    for position, one in enumerate(stored.values(), len(kept)):
        one.position = position
    session.flush()
    if is_changed:
        of = f"series:{series_id}"
        details = {"terms": len(kept) + len(stored)}
        record(session, now=now, actor=actor, action="programme.change_glossary", object_=of, details=details)
    return is_changed


def _known(keys: Sequence[int | None], values: Sequence[TermValues], stored: Collection[GlossaryTerm]) -> set[int]:
    """Return the places of new terms that somebody else added meanwhile, and of which nothing else is said here.

    Raises:
        InvalidValuesError: something else is said of one.
    """
    others = [one for one in stored if one.id not in keys]
    found: set[int] = set()
    faults: list[Fault] = []
    for number, (key, value) in enumerate(zip(keys, values, strict=True)):
        same = next((one for one in others if key is None and _says_all(one.term, value.term)), None)
        if same is not None:
            found.add(number)
            if value.note and value.note != same.note:
                faults.append(Fault(f"terms.{number}.term", "named_twice"))
    if faults:
        raise InvalidValuesError(faults)
    return found


def _says_all(stored: Localized, said: Localized) -> bool:
    """Whether a term says in each language what another says there, so that leaving the other out loses nothing."""
    if stored.is_neutral or said.is_neutral:
        return is_text_equal(stored, said)
    one_by_one = [(Localized({code: stored[code]}), Localized({code: said[code]})) for code in said if code in stored]
    return bool(said) and len(one_by_one) == len(said) and all(is_text_equal(*both) for both in one_by_one)


def clean_terms(values: Sequence[TermValues], languages: Sequence[str], *, prefix: str) -> list[TermValues]:
    """Return terms cleaned.

    Raises:
        InvalidValuesError: with every fault; fields begin with `prefix`.
    """
    checker = Checker(languages)
    if sum(bool(value.term) for value in values) > MAXIMUM_TERMS:
        checker.add(prefix.rstrip("."), "too_many", limit=MAXIMUM_TERMS)
    cleaned: list[TermValues] = []
    for number, value in enumerate(values):
        term = checker.localized(f"{prefix}{number}.term", value.term, limit=_LONGEST_TERM)
        note = checker.localized(f"{prefix}{number}.note", value.note)
        if note and not term:
            checker.add(f"{prefix}{number}.term", "required")
        if term and any(one.term and is_text_equal(one.term, term) for one in cleaned):
            checker.add(f"{prefix}{number}.term", "named_twice")
        cleaned.append(TermValues(term, note))
    checker.raise_any()
    return cleaned


def _write_term(session: Session, series_id: int, one: GlossaryTerm | None, value: TermValues, position: int) -> bool:
    if one is None:
        session.add(GlossaryTerm(series_id=series_id, position=position, term=value.term, note=value.note))
        return True
    is_changed = (one.position, one.term, one.note) != (position, value.term, value.note)
    one.position, one.term, one.note = position, value.term, value.note
    return is_changed
