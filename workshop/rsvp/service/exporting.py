"""Taking a list out: for a stated purpose that is kept, as a file in which no cell is a formula."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import ListExport, Participant
from workshop.rsvp.view.lists import Table

MIN_PURPOSE, MAX_PURPOSE = 10, 300
"""Characters."""
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")
_HIDDEN_FORMULA = re.compile(r"(;\s*)(?=[=+\-@])")
"""A program that takes the semicolon for the separator would find a cell of its own after it."""
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_CELL_LENGTH = 32_767
"""Characters that a cell of a spreadsheet holds."""
_SHEET_NAME_LENGTH = 31


def record_export(
    session: Session,
    *,
    now: datetime,
    series_id: int,
    workshop_session: WorkshopSession | None,
    purpose: str,
    rows: int,
    has_addresses: bool,
    actor: str,
) -> ListExport:
    """Keep for what a list was taken out, so that those on it may read it; the log holds numbers only. Flushes.

    Args:
        session: the database session.
        now: the present.
        series_id: whose list.
        workshop_session: whose list; None for the whole series'.
        purpose: MIN_PURPOSE to MAX_PURPOSE characters, checked by the form.
        rows: how many people are in the file.
        has_addresses: whether their addresses are.
        actor: for the log.
    """
    found = ListExport(
        series_id=series_id,
        workshop_session_id=workshop_session.id if workshop_session else None,
        purpose=purpose,
        exported_at=now,
    )
    session.add(found)
    session.flush()
    audit.record(
        session,
        now=now,
        actor=actor,
        action="rsvp.export",
        object_=f"session:{workshop_session.id}" if workshop_session else f"series:{series_id}",
        details={"export": found.id, "rows": rows, "addresses": has_addresses},
    )
    return found


def neutral(text: str) -> str:
    """Return what a spreadsheet shows as text, whatever it begins with; the apostrophe is its own sign for that."""
    text = _HIDDEN_FORMULA.sub(r"\1'", _NO_TEXT.sub("", text))[: _CELL_LENGTH - 1]
    return f"'{text}" if _FORMULA.match(text) else text


def to_csv(table: Table) -> bytes:
    """Return UTF-8 with a byte order mark, commas, every cell in quotes (RFC 4180)."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([neutral(head) for head in table.heads])
    writer.writerows([neutral(cell) for cell in row] for row in table.rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")


def forget_purposes(session: Session) -> int:
    """Forget why lists were taken out, once nobody is left who may have stood on them; returns how many. Flushes.

    An organiser's words may name people. The log goes on saying when a list was taken out, and by whom.
    """
    stands = sa.select(Participant.id).where(
        Participant.series_id == ListExport.series_id,
        Participant.erased_at.is_(None),
        Participant.created_at <= ListExport.exported_at,
    )
    found = session.scalars(sa.select(ListExport).where(~stands.exists())).all()
    for one in found:
        session.delete(one)
    session.flush()
    return len(found)


def to_xlsx(table: Table, *, name: str, now: datetime) -> bytes:
    """Return a workbook with one sheet of texts; `name` becomes the sheet's."""
    import xlsxwriter

    content = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(content, options) as book:
        book.set_properties({"created": now.astimezone(UTC).replace(tzinfo=None)})
        sheet = book.add_worksheet(re.sub(r"[\[\]:*?/\\']", " ", name)[:_SHEET_NAME_LENGTH].strip() or "1")
        bold = book.add_format({"bold": True, "text_wrap": True})
        for number, head in enumerate(table.heads):
            sheet.write_string(0, number, neutral(head), bold)
        for line, row in enumerate(table.rows, 1):
            for number, cell in enumerate(row):
                sheet.write_string(line, number, neutral(cell))
        sheet.freeze_panes(1, 1)
        sheet.set_column(0, max(len(table.heads) - 1, 0), 24)
    return content.getvalue()
