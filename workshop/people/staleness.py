"""Which texts may no longer say the same as their other language (its own file: programme keeps its texts so too)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.core.localized import Localized
from workshop.core.typography import typeset
from workshop.people.models import StaleText


def follow(
    session: Session,
    *,
    now: datetime,
    actor: str,
    series_id: int,
    owner: str,
    before: Mapping[str, Localized],
    after: Mapping[str, Localized],
    fine: Collection[tuple[str, str]] = (),
) -> None:
    """Keep which of somebody's texts may no longer say the same, after they were written. Flushes.

    Where one language was changed and another was not, the other is stale until it is edited or said to be fine. A
    correction of typography, a first translation and a text taken away change what no other language says; whoever
    edits a stale text catches up, which makes none of the others stale.

    Args:
        session: the database.
        now: the present instant.
        actor: as the log names who did it.
        series_id: whose series.
        owner: such as `session:3`.
        before: field → text as it was; empty for what is new.
        after: field → text as it is, of the same fields.
        fine: fields and languages which somebody says hold as they are.
    """
    fields = [name for name, text in after.items() if before.get(name, Localized()) != text]
    if before and not fields and not fine:
        return
    rows = {
        (row.field, row.language): row for row in session.scalars(sa.select(StaleText).where(StaleText.owner == owner))
    }
    for name in fields:
        known = {language for field, language in rows if field == name}
        stale = find_stale(before.get(name, Localized()), after[name], known)
        for language in known - set(stale):
            session.delete(rows.pop((name, language)))
        for language, changed in stale.items():
            if (name, language) in fine or (changed is None and (name, language) in rows):
                continue
            row = rows.get((name, language))
            if row is None:
                row = StaleText(owner=owner, field=name, language=language, series_id=series_id)
                session.add(row)
            row.changed_language, row.changed_at, row.changed_by = changed or "", now, actor
    for key, row in rows.items():
        # What was left of another owner of this number, or is said to hold.
        if not before or key[0] not in after or key in fine:
            session.delete(row)
    session.flush()


def find_stale(before: Localized, after: Localized, known: Collection[str] = ()) -> dict[str, str | None]:
    """Return the languages in which a text is stale now, each with the one that was changed (None: none was just now).

    Args:
        before: as it was.
        after: as it is.
        known: languages in which it was stale until now.
    """
    if after.is_neutral:
        return {}
    changed = {code for code in after if _says(before, code) != _says(after, code)}
    # What catches up with another language, and a first translation, changes what is said in none.
    leading = [code for code in after if code in changed and code not in known and before.get(code)]
    found: dict[str, str | None] = {}
    for code in after:
        if code in changed:
            continue
        if leading:
            found[code] = leading[0]
        elif code in known:
            found[code] = None
    return found


def _says(text: Localized, language: str) -> str:
    """Return what is said: the same words set otherwise say the same."""
    return " ".join(typeset(text.get(language, ""), language).split())


def list_stale(session: Session, series_id: int) -> dict[str, list[StaleText]]:
    """Return owner → its stale texts, in a series."""
    statement = (
        sa.select(StaleText)
        .where(StaleText.series_id == series_id)
        .order_by(StaleText.owner, StaleText.field, StaleText.language)
    )
    found: dict[str, list[StaleText]] = {}
    for row in session.scalars(statement):
        found.setdefault(row.owner, []).append(row)
    return found


def mark_fine(session: Session, *, owner: str, fine: Collection[tuple[str, str]]) -> int:
    """Take it that these texts (field and language) hold as they are; returns how many were stale. Flushes."""
    rows = session.scalars(sa.select(StaleText).where(StaleText.owner == owner))
    held = [row for row in rows if (row.field, row.language) in fine]
    for row in held:
        session.delete(row)
    session.flush()
    return len(held)


def forget(session: Session, owners: Iterable[str]) -> None:
    """Forget the stale texts of what is deleted: on SQLite its number comes again."""
    session.execute(sa.delete(StaleText).where(StaleText.owner.in_(list(owners))))


def joined(texts: Iterable[Localized]) -> Localized:
    """Return a list of texts as one, a line for each; neutral only where all of them are."""
    texts = tuple(texts)
    if texts and all(text.is_neutral for text in texts):
        return Localized.neutral("\n".join(str(text.to_json()) for text in texts))
    codes = dict.fromkeys(language for text in texts for language in text)
    return Localized({code: "\n".join(text.get(code, "") for text in texts) for code in codes})
