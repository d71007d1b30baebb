"""Whether those on a list can be invited: every fault of it by line, before anything is stored."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from workshop.core.addresses import MAX_LENGTH, BadAddressError, check_address, fold_address, is_link
from workshop.core.folding import fold
from workshop.rsvp.service.inviting.reading_lists import LANGUAGE_WORDS, Entry

NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Invitee:
    """Somebody to be invited, checked."""

    address: str
    name: str
    language: str

    @property
    def folded(self) -> str:
        """What makes two addresses one person's."""
        return fold_address(self.address)


@dataclass(frozen=True, slots=True)
class LineFault:
    """Why a line cannot be taken."""

    entry: Entry
    code: str
    """`formula`, `control_characters`, `no_address`, `bad_address`, `accented_address`, `long_address`, `long_name`,
    `link_as_name`, `unknown_language`, `twice`, `invited_already`."""
    other_line: int = 0
    """For `twice`: where the address stands first."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A list that was checked: who can be invited, and what is wrong with the others."""

    invitees: tuple[Invitee, ...]
    faults: tuple[LineFault, ...]


def check_entries(
    entries: Iterable[Entry], *, language: str, codes: Collection[str], invited: Mapping[str, bool]
) -> Checked:
    """Return who can be invited and the faults, in the order of the lines.

    Args:
        entries: what a list says.
        language: for those beside whom none stands.
        codes: languages to be written to in.
        invited: folded addresses that are invited to all of the chosen sessions already (True), or to others only.
    """
    found: dict[str, tuple[int, Invitee]] = {}
    faults: list[LineFault] = []
    for entry in entries:
        checked = _check(entry, language, codes)
        if isinstance(checked, LineFault):
            faults.append(checked)
        elif checked.folded in found:
            faults.append(LineFault(entry, "twice", found[checked.folded][0]))
        elif invited.get(checked.folded):
            faults.append(LineFault(entry, "invited_already"))
        else:
            found[checked.folded] = (entry.line, checked)
    return Checked(tuple(invitee for _, invitee in found.values()), tuple(faults))


def _check(entry: Entry, language: str, codes: Collection[str]) -> Invitee | LineFault:
    """Return who an entry names, or the first thing that is wrong with it."""
    code = _shape_fault(entry)
    address = ""
    if not code:
        try:
            address = check_address(entry.address)
        except BadAddressError:
            code = "bad_address" if entry.address else "no_address"
    if not code and len(address) > MAX_LENGTH:
        code = "long_address"
    # A relay need not know such addresses, and nobody would learn that the mail was lost.
    if not code and not address.rpartition("@")[0].isascii():
        code = "accented_address"
    chosen = _language_of(entry.language) if entry.language else language
    if not code and chosen not in codes:
        code = "unknown_language"
    return LineFault(entry, code) if code else Invitee(address, _single_spaced(entry.name), chosen)


def _shape_fault(entry: Entry) -> str:
    if entry.is_formula:
        return "formula"
    if any(_is_control(char) for char in f"{entry.address}{entry.name}{entry.language}"):
        return "control_characters"
    if len(entry.address) > MAX_LENGTH:
        return "long_address"
    if len(entry.name) > NAME_LENGTH:
        return "long_name"
    return "link_as_name" if is_link(entry.name) else ""


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}


def _language_of(text: str) -> str:
    return LANGUAGE_WORDS.get(fold(text), text.casefold().replace("_", "-").partition("-")[0])


def _single_spaced(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).split())
