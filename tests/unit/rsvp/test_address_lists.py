"""Lists of addresses as people have them."""

from __future__ import annotations

import io
import time
import zipfile

import pytest
import xlsxwriter

from workshop.rsvp.service.inviting.checking import Checked, check_entries
from workshop.rsvp.service.inviting.reading_lists import Entry, UnreadableListError, read_file, read_pasted

CODES = ("fr", "en")


def _plain(entries: list[Entry]) -> list[tuple[str, str, str]]:
    return [(one.address, one.name, one.language) for one in entries]


def _check(entries: list[Entry], invited: dict[str, bool] | None = None) -> Checked:
    return check_entries(entries, language="fr", codes=CODES, invited=invited or {})


def _faults(entries: list[Entry], invited: dict[str, bool] | None = None) -> list[tuple[int, str]]:
    return [(fault.entry.line, fault.code) for fault in _check(entries, invited).faults]


def workbook(rows: list[list[object]]) -> bytes:
    """Return an XLSX with these rows; text that begins with = is a formula."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    sheet = book.add_worksheet()
    for number, row in enumerate(rows):
        sheet.write_row(number, 0, row)
    book.close()
    return content.getvalue()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a@example.org\nb@example.org\r\n\n c@example.org ", ["a", "b", "c"]),
        ("a@example.org, b@example.org; c@example.org", ["a", "b", "c"]),
        ("a@example.org;b@example.org,c@example.org", ["a", "b", "c"]),
    ],
)
def test_pasted_addresses_stand_on_lines_or_between_commas_and_semicolons(text: str, wanted: list[str]) -> None:
    assert [one.address for one in read_pasted(text)] == [f"{name}@example.org" for name in wanted]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Camille Durand <a@example.org>", "Camille Durand"),
        ('"Durand, Camille" <a@example.org>', "Durand, Camille"),
        ("Durand, Camille <a@example.org>", "Durand, Camille"),
        ("<a@example.org>", ""),
        ("a@example.org; Camille Durand", "Camille Durand"),
        ("Camille Durand\ta@example.org", "Camille Durand"),
    ],
)
def test_a_name_may_stand_beside_a_pasted_address(text: str, name: str) -> None:
    assert _plain(read_pasted(text)) == [("a@example.org", name, "")]


def test_a_pasted_table_is_read_by_its_heading() -> None:
    text = "Nom;Prénom;Courriel;Langue\nDurand;Élise;e@example.org;anglais\nMartin;;m@example.org;\n"
    assert _plain(read_pasted(text)) == [
        ("e@example.org", "Élise Durand", "anglais"),
        ("m@example.org", "Martin", ""),
    ]
    assert [one.language for one in _check(read_pasted(text)).invitees] == ["en", "fr"]


FRENCH = "Nom;Adresse électronique;Langue\nÉlodie Œuvrard;e@example.org;français\n"
ENGLISH = 'Name,E-mail address,Language\n"Œuvrard, Élodie",e@example.org,French\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize(("text", "name"), [(FRENCH, "Élodie Œuvrard"), (ENGLISH, "Œuvrard, Élodie")])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_encoding_separator_and_headings_of_a_csv_are_found_out(
    text: str, name: str, encoding: str, ending: str
) -> None:
    entries = read_file(text.replace("\n", ending).encode(encoding))
    assert [(one.address, one.name, one.language) for one in _check(entries).invitees] == [
        ("e@example.org", name, "fr")
    ]
    assert [one.line for one in entries] == [2]


def test_a_csv_in_latin_1_with_semicolons_and_no_heading() -> None:
    entries = read_file("a@example.org;Éléonore Müller;fr\nb@example.org;;en\n;;\nc@example.org;Ÿ;\n".encode("cp1252"))
    assert _plain(entries) == [
        ("a@example.org", "Éléonore Müller", "fr"),
        ("b@example.org", "", "en"),
        ("c@example.org", "Ÿ", ""),
    ]


def test_tabs_separate_too_and_columns_that_nobody_asked_for_are_left_out() -> None:
    text = "organisation\temail\tphone\tname\nONG\ta@example.org\t01 02\tCamille\n"
    assert _plain(read_file(text.encode())) == [("a@example.org", "Camille", "")]


def test_a_workbook_is_read_and_a_formula_is_a_fault_of_its_line() -> None:
    content = workbook(
        [
            ["Name", "Email", "Language"],
            ["Camille", "a@example.org", "fr"],
            ["Dominique", '=CONCATENATE("b","@example.org")', "en"],
            [None, None, None],
            ['=HYPERLINK("https://evil.example.org/","x")', "c@example.org", "en"],
            [12, "d@example.org", None],
        ]
    )
    entries = read_file(content)
    assert _faults(entries) == [(3, "formula"), (5, "formula")]
    assert [(one.address, one.name) for one in _check(entries).invitees] == [
        ("a@example.org", "Camille"),
        ("d@example.org", "12"),
    ]
    assert "HYPERLINK" not in str(entries)


def test_a_workbook_without_headings_is_read_by_the_look_of_its_cells() -> None:
    content = workbook([["Camille", "a@example.org", "EN"], ["b@example.org", "Dominique", "French"], ["x", "=1+1"]])
    entries = read_file(content)
    assert [(one.address, one.name, one.language) for one in _check(entries).invitees] == [
        ("a@example.org", "Camille", "en"),
        ("b@example.org", "Dominique", "fr"),
    ]
    assert _faults(entries) == [(3, "formula")]


def _bomb(part: str, filling: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([["a@example.org"]]))) as good, zipfile.ZipFile(content, "w") as bad:
        for member in good.infolist():
            if member.filename != part:
                bad.writestr(member.filename, good.read(member.filename))
        bad.writestr(part, filling, zipfile.ZIP_DEFLATED)
    return content.getvalue()


@pytest.mark.parametrize(
    ("part", "filling", "times"),
    [("worksheets/sheet1", b" ", 30_000_000), ("sharedStrings", b"<si/>", 2_000_000), ("styles", b"<xf/>", 200_000)],
)
def test_a_workbook_that_would_unpack_to_much_more_is_refused_before_it_is_unpacked(
    part: str, filling: bytes, times: int
) -> None:
    content = _bomb(f"xl/{part}.xml", filling * times)
    assert len(content) < 100_000
    begun = time.perf_counter()
    with pytest.raises(UnreadableListError) as caught:
        read_file(content)
    assert caught.value.context["reason"] == "large"
    assert time.perf_counter() - begun < 1


def test_a_workbook_with_entities_is_refused() -> None:
    content = io.BytesIO()
    evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><worksheet>&b;</worksheet>'
    with zipfile.ZipFile(io.BytesIO(workbook([["a@example.org"]]))) as good, zipfile.ZipFile(content, "w") as bad:
        for member in good.infolist():
            is_sheet = member.filename.endswith("sheet1.xml")
            bad.writestr(member.filename, evil if is_sheet else good.read(member.filename))
    with pytest.raises(UnreadableListError) as caught:
        read_file(content.getvalue())
    assert caught.value.context["reason"] == "damaged"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"PK\x03\x04 and then nothing", "damaged"),
        (b"%PDF-1.7", "kind"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "kind"),
        (b"\n".join(b"p%d@example.org" % number for number in range(5001)), "many"),
    ],
)
def test_what_is_no_list_is_refused(content: bytes, reason: str) -> None:
    with pytest.raises(UnreadableListError) as caught:
        read_file(content)
    assert caught.value.context["reason"] == reason


def test_another_archive_is_no_workbook() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    with pytest.raises(UnreadableListError) as caught:
        read_file(content.getvalue())
    assert caught.value.context["reason"] == "kind"


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        (Entry(1, ""), "no_address"),
        (Entry(1, "nobody"), "bad_address"),
        (Entry(1, "a@b@example.org"), "bad_address"),
        (Entry(1, "a@example.org\nBcc: b@example.org"), "control_characters"),
        (Entry(1, "a@example.org", "x\x00y"), "control_characters"),
        (Entry(1, "é@example.org"), "accented_address"),
        (Entry(1, f"{'a' * 300}@example.org"), "long_address"),
        (Entry(1, "a@example.org", "x" * 300), "long_name"),
        (Entry(1, "a@example.org", "https://evil.example.org/"), "link_as_name"),
        (Entry(1, "a@example.org", "", "Klingon"), "unknown_language"),
        (Entry(1, "a@example.org", "", "de"), "unknown_language"),
        (Entry(1, "a@example.org", is_formula=True), "formula"),
    ],
)
def test_each_fault_has_its_code(entry: Entry, code: str) -> None:
    assert _faults([entry]) == [(1, code)]
    assert _check([entry]).invitees == ()


def test_an_address_counts_once_and_not_again_when_invited_already() -> None:
    entries = read_pasted("a@example.org\nA@Example.ORG\nb@example.org\nc@example.org")
    checked = _check(entries, {"b@example.org": True, "c@example.org": False})
    assert [(fault.entry.line, fault.code, fault.other_line) for fault in checked.faults] == [
        (2, "twice", 1),
        (3, "invited_already", 0),
    ]
    assert [one.address for one in checked.invitees] == ["a@example.org", "c@example.org"]


def test_five_thousand_with_a_hundred_faults_are_read_in_a_moment() -> None:
    lines = [f"Person {n} <p{n}@example.org>" if n % 50 else f"not an address {n}" for n in range(5000)]
    begun = time.perf_counter()
    checked = _check(read_pasted("\n".join(lines)))
    assert (len(checked.invitees), len(checked.faults)) == (4900, 100)
    assert checked.faults[1].entry.line == 51
    assert time.perf_counter() - begun < 5
