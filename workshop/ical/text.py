"""What may stand in a content line: cleaning and escaping of values (RFC 5545 3.1 and 3.3.11)."""

import re
from urllib.parse import quote

# C0 controls but LF, DEL, NEL, line and paragraph separators, lone surrogates: each ends or breaks a line somewhere.
_FORBIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff]")
_LINE_END = re.compile("\r\n?")
_LINE_ENDS = re.compile(" *\n[ \n]*")
_LANGUAGE_TAG = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
# RFC 3986's reserved and unreserved characters, and % because what is encoded already stays as it is.
_URI_SAFE = "%:/?#[]@!$&'()*+,;=-._~"


def clean_text(text: str) -> str:
    """Return the text without what iCalendar cannot carry; CR LF and CR become LF, a tab becomes a space."""
    return _FORBIDDEN.sub("", _LINE_END.sub("\n", text).replace("\t", " "))


def clean_line(text: str) -> str:
    """Return the cleaned text on one line, each run of line ends a space."""
    return _LINE_ENDS.sub(" ", clean_text(text)).strip()


def escape(text: str) -> str:
    r"""Return cleaned text as a TEXT value; unlike the library's, a backslash before a capital N survives."""
    return text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def clean_uri(uri: str) -> str:
    """Return the address on one line, in ASCII, with all that RFC 3986 does not allow percent-encoded."""
    return quote(clean_text(uri).replace("\n", "").strip(), safe=_URI_SAFE)


def find_language_tag(language: str) -> str | None:
    """Return the tag if it has the form of BCP 47, for a parameter that cannot be escaped."""
    return language if _LANGUAGE_TAG.fullmatch(language) else None
