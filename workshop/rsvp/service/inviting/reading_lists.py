"""Lists of addresses as people have them: pasted, as CSV in any encoding, as XLSX. What they say, nothing checked yet.

No formula is ever evaluated, and no file is unpacked before it is known how large it would become.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from workshop.core.errors import InvalidError
from workshop.core.folding import fold

MAX_ENTRIES = 5000
"""At most so many addresses in one act."""
MAX_ROWS = 20_000
"""Rows of a sheet that are looked at, empty ones included."""
MAX_COLUMNS = 40
MAX_UNPACKED = 8 * 1024 * 1024
"""Octets that an XLSX may become."""
MAX_BESIDE = 512 * 1024
"""Octets of its XML that are neither cells nor texts: a style costs far more time and memory than a cell."""
MAX_MEMBERS = 500
_DELIMITERS = (";", "\t", ",")
_SAMPLE = 50
_SAMPLE_LENGTH = 4000
"""Characters of a line by which its separator is found out: `csv` takes no field as long as a list on one line."""

_HEADINGS = {
    "address": {
        "address", "adresse", "adresse courriel", "adresse e mail", "adresse electronique", "adresse email",
        "adresse mail", "courriel", "e mail", "e mail address", "email", "email address", "mail", "mel",
    },
    "name": {"display name", "full name", "name", "nom", "nom complet", "nom et prenom", "nom prenom", "prenom nom",
             "prenom et nom", "nom ou pseudonyme", "name or alias"},
    "given": {"first name", "firstname", "forename", "given name", "prenom", "prenoms"},
    "family": {"family name", "last name", "lastname", "nom de famille", "surname"},
    "language": {"lang", "langue", "language", "lng", "preferred language", "langue preferee"},
}  # fmt: skip
_CELLS = re.compile(r"xl/(worksheets/|sharedStrings)")
_ANGLE = re.compile(r"^(?P<name>.*?)<(?P<address>[^<>]*)>\s*$", re.DOTALL)


class UnreadableListError(InvalidError):
    """A file that is no list; `reason` is `kind`, `damaged`, `large` or `many`."""

    code = "unreadable_list"


@dataclass(frozen=True, slots=True)
class Entry:
    """One address with what stands beside it, as typed."""

    line: int
    """Of the text or the sheet, from 1."""
    address: str
    name: str = ""
    language: str = ""
    is_formula: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: tuple[str, ...]
    formulas: frozenset[int] = frozenset()


def read_pasted(text: str) -> list[Entry]:
    """Return what a text says: one per line, or several between commas or semicolons, "Name <address>" too.

    Raises UnreadableListError for more than MAX_ENTRIES.
    """
    lines = re.split(r"\r\n|\r|\n", text)
    first = next((line[:_SAMPLE_LENGTH] for line in lines if line.strip()), "")
    if _heading_of(next(csv.reader([first], delimiter=_delimiter([first])))):
        return _limited(_entries(_csv_rows(text)))
    return _limited(entry for number, line in enumerate(lines, 1) if line.strip() for entry in _from_line(number, line))


def read_file(content: bytes) -> list[Entry]:
    """Return what a CSV or XLSX says; which of them it is, its content tells, not its name.

    Raises:
        UnreadableListError: it is neither, damaged, unpacks to more than MAX_UNPACKED, or has more than MAX_ENTRIES.
    """
    if content.startswith(b"PK"):
        return _limited(_entries(_xlsx_rows(content)))
    if content.startswith((b"\xd0\xcf\x11\xe0", b"%PDF", b"{\\rtf")):
        raise UnreadableListError(reason="kind")
    return _limited(_entries(_csv_rows(_decode(content))))


def _limited(entries: Iterable[Entry]) -> list[Entry]:
    found = []
    for entry in entries:
        found.append(entry)
        if len(found) > MAX_ENTRIES:
            raise UnreadableListError(reason="many")
    return found


# -- text --------------------------------------------------------------------------------------------------------------


def _decode(content: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16, or what Windows writes in Western Europe."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace")
    if content[:200].count(0) > len(content[:200]) // 4:
        # Without its mark: of two octets of a Latin letter one is zero, and which one tells the order.
        is_little = content[1:200:2].count(0) >= content[0:200:2].count(0)
        return content.decode("utf-16-le" if is_little else "utf-16-be", "replace")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _delimiter(lines: Sequence[str]) -> str:
    """Return what separates the cells: what cuts most lines into equally many."""

    def score(delimiter: str) -> tuple[int, int]:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter) if any(row))
        width, times = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(0, 0))
        return (times, width) if width > 1 else (0, 0)

    return max(_DELIMITERS, key=score)


def _csv_rows(text: str) -> Iterator[_Row]:
    sample = [line[:_SAMPLE_LENGTH] for line in re.split(r"\r\n|\r|\n", text) if line.strip()][:_SAMPLE]
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(sample))
        before = 0
        for cells in reader:
            yield _row(before + 1, [cell.strip() for cell in cells])
            before = reader.line_num
    except csv.Error:
        raise UnreadableListError(reason="damaged") from None


def _row(line: int, cells: Sequence[str]) -> _Row:
    # What a spreadsheet would take for a formula when this list comes back to it.
    return _Row(line, tuple(cells), frozenset(at for at, cell in enumerate(cells) if cell.startswith("=")))


# -- sheets ------------------------------------------------------------------------------------------------------------


def _xlsx_rows(content: bytes) -> Iterator[_Row]:
    _check_archive(content)
    import openpyxl

    if not openpyxl.DEFUSEDXML:
        raise RuntimeError("sheets are read with defusedxml only")
    try:
        # It warns of whatever it does not know, such as a company's own extensions.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
            rows = list(_sheet_rows(book.worksheets[0])) if book.worksheets else []
            book.close()
    except UnreadableListError:
        raise
    except Exception:  # noqa: BLE001 (a stranger's file can be wrong in any way)
        raise UnreadableListError(reason="damaged") from None
    yield from rows


def _check_archive(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise UnreadableListError(reason="damaged") from None
    if "xl/workbook.xml" not in {member.filename for member in members}:
        raise UnreadableListError(reason="kind")
    beside = [one for one in members if one.filename.endswith((".xml", ".rels")) and not _CELLS.match(one.filename)]
    if (
        len(members) > MAX_MEMBERS
        or sum(member.file_size for member in members) > MAX_UNPACKED
        or sum(member.file_size for member in beside) > MAX_BESIDE
    ):
        raise UnreadableListError(reason="large")


def _sheet_rows(sheet: Any) -> Iterator[_Row]:
    for number, cells in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS), 1):
        if number > MAX_ROWS:
            raise UnreadableListError(reason="many")
        # A formula is written as what it is; what it would give is nobody's to know.
        formulas = frozenset(at for at, cell in enumerate(cells) if getattr(cell, "data_type", "") == "f")
        texts = [
            "=" if at in formulas else "" if cell.value is None else str(cell.value).strip()
            for at, cell in enumerate(cells)
        ]
        row = _row(number, texts)
        yield replace(row, formulas=row.formulas | formulas)


# -- rows to entries ---------------------------------------------------------------------------------------------------


def _heading_of(cells: Sequence[str]) -> dict[str, int]:
    """Return what stands in which column, or nothing where this row is no heading."""
    if any("@" in cell for cell in cells):
        return {}
    folded = [" ".join(re.findall(r"[a-z]+", fold(cell))) for cell in cells]
    columns: dict[str, int] = {}
    for kind, words in _HEADINGS.items():
        for at, word in enumerate(folded):
            if word in words:
                columns.setdefault(kind, at)
    return columns if "address" in columns else {}


def _entries(rows: Iterable[_Row]) -> Iterator[Entry]:
    columns: dict[str, int] | None = None
    for row in rows:
        if not any(row.cells):
            continue
        if columns is None:
            columns = _heading_of(row.cells)
            if columns:
                continue
        yield from _by_columns(row, columns) if columns else _by_look(row)


def _by_columns(row: _Row, columns: dict[str, int]) -> Iterator[Entry]:
    def cell(kind: str) -> str:
        at = columns.get(kind)
        return row.cells[at] if at is not None and at < len(row.cells) else ""

    family = cell("family") or (cell("name") if "given" in columns else "")
    name = f"{cell('given')} {family}".strip() if "given" in columns or "family" in columns else cell("name")
    is_formula = bool(row.formulas & set(columns.values()))
    yield _plain(Entry(row.line, cell("address"), name, cell("language"), is_formula))


def _by_look(row: _Row) -> Iterator[Entry]:
    """Without headings: the cell with an @ is the address, two letters alone a language, the first other a name."""
    if row.formulas:
        yield Entry(row.line, next((cell for cell in row.cells if "@" in cell), ""), is_formula=True)
        return
    yield from _from_cells(row.line, [cell for cell in row.cells if cell])


def _from_line(number: int, line: str) -> Iterator[Entry]:
    cells = [cell for cell in re.split(r"\t", line) if cell.strip()]
    if len(cells) == 1:
        cells = _cut(line, ";")
        # Between semicolons a comma belongs to a name, unless it stands between addresses.
        cells = cells if len(cells) > 1 else [line]
        cells = [part for cell in cells for part in (_cut(cell, ",") if _is_several(cell, cells) else [cell])]
    yield from _from_cells(number, [cell.strip(" \t") for cell in cells])


def _is_several(cell: str, cells: Sequence[str]) -> bool:
    return len(cells) == 1 or cell.count("@") > 1


def _cut(line: str, delimiter: str) -> list[str]:
    """Return the parts of a line between delimiters that stand neither in quotation marks nor in angle brackets."""
    parts = re.findall(rf'(?:"[^"]*"|<[^<>]*>|[^{delimiter}])+', line)
    return [part for part in parts if part.strip()]


def _from_cells(number: int, cells: Sequence[str]) -> Iterator[Entry]:
    having = [at for at, cell in enumerate(cells) if "@" in cell]
    if len(having) == 1 and len(cells) > 1:
        yield _plain(_described(number, cells, having[0]))
        return
    for cell in cells:
        yield _plain(Entry(number, cell))


def _described(number: int, cells: Sequence[str], at: int) -> Entry:
    if _ANGLE.match(cells[at]) and at > 0:
        # "Durand, Camille <camille@example.org>": the comma belongs to the name.
        return Entry(number, ", ".join(cells[: at + 1]), "", next(filter(_is_code, cells[at + 1 :]), ""))
    others = [cell for position, cell in enumerate(cells) if position != at]
    language = next(filter(_is_code, others), "")
    name = next((cell for cell in others if cell is not language), "")
    return Entry(number, cells[at], name, language)


def _is_code(cell: str) -> bool:
    return re.fullmatch(r"[A-Za-z]{2}([-_][A-Za-z]{2})?", cell) is not None or fold(cell) in LANGUAGE_WORDS


LANGUAGE_WORDS = {
    "anglais": "en", "english": "en", "francais": "fr", "french": "fr", "allemand": "de", "deutsch": "de",
    "german": "de", "espagnol": "es", "espanol": "es", "spanish": "es", "italian": "it", "italiano": "it",
    "italien": "it", "arabe": "ar", "arabic": "ar", "dutch": "nl", "nederlands": "nl", "neerlandais": "nl",
    "portugais": "pt", "portugues": "pt", "portuguese": "pt",
}  # fmt: skip
"""Folded names of languages, in French, in English and in themselves, to codes."""


def _plain(entry: Entry) -> Entry:
    """Return an entry whose address, written as "Name <address>", is taken apart."""
    if (found := _ANGLE.match(entry.address)) is None:
        return replace(entry, name=_unquoted(entry.name))
    name = entry.name or found["name"]
    return replace(entry, address=found["address"].strip(" \t"), name=_unquoted(name))


def _unquoted(name: str) -> str:
    name = name.strip(" \t")
    if len(name) > 1 and name[0] == name[-1] and name[0] in "\"'":
        name = name[1:-1].strip(" \t")
    return name
