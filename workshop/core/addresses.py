"""E-mail addresses: whether one can be written to, when two are one person's, and what is a link in place of a name."""

from __future__ import annotations

import unicodedata

from email_validator import EmailNotValidError, validate_email

from workshop.core.errors import InvalidError

MAX_LENGTH = 254


class BadAddressError(InvalidError):
    """Text that is no e-mail address."""

    code = "bad_address"


def check_address(text: str) -> str:
    """Return the address as it will be stored and written to; raises BadAddressError. Asks no DNS."""
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError as fault:
        # The library's sentence may quote the address: it is not passed on.
        raise BadAddressError(field="email") from fault


def fold_address(address: str) -> str:
    """Return what makes two addresses one person's.

    RFC 5321 (2.4) lets a local part be case-sensitive, but no mailbox in use is: somebody who types "Ana@" once and
    "ana@" another time is one person, and must find one answer. Dots and "+tags" are left alone: they do differ.
    """
    return unicodedata.normalize("NFC", address.strip()).casefold()


def mask_address(address: str) -> str:
    """Return an address as a workspace shows it: first letter and domain's end, such as "a…@….org"."""
    local, _, domain = address.rpartition("@")
    if not local:
        return "…" if address else ""
    return f"{local[0]}…@….{domain.rpartition('.')[2]}"


def is_link(text: str) -> bool:
    """Whether a name is, or holds, the address of a page."""
    return "://" in text or text.casefold().startswith("www.")
