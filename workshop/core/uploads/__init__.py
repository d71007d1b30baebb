"""Files that people upload: never kept as they came, but drawn anew without anything that is not seen.

By content, never by name or by what the browser says (security-and-privacy.md, item 11). A process of its own, with a
bound on memory and time, looks into a file, so that one made to exhaust or to break a library reaches nothing else.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from workshop.core.uploads import refusals
from workshop.core.uploads.refusals import UploadError

__all__ = [
    "MAXIMUM",
    "MEDIA_TYPES",
    "CleanFile",
    "UploadError",
    "accepts_upload",
    "clean_portrait",
    "clean_upload",
    "octets_of",
]

MAXIMUM: Final = 20 * 1024 * 1024
"""Octets of one file, as it comes and as it is kept."""
_FORM: Final = 256 * 1024
"""Octets of what a form sends beside the file."""
_SECONDS: Final = 60
_REFUSED: Final = 3
_SIGNATURES: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
)
MEDIA_TYPES: Final = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg"}
"""What is taken, with the ending of the names under which it is saved."""
ViewT = TypeVar("ViewT", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class CleanFile:
    """A file made anew."""

    content: bytes
    media_type: str


def clean_upload(data: bytes) -> CleanFile:
    """Return a file made anew from what came, and what it is.

    A PDF keeps its pages as they are drawn, without metadata, scripts, actions, annotations, attachments or layers; a
    picture its pixels, turned upright. Takes up to a minute.

    Raises:
        UploadError: with one of `refusals.REASONS`.
    """
    media_type = _media_type(data)
    content = _clean_apart(data, media_type)
    if len(content) > MAXIMUM:
        raise UploadError(refusals.TOO_LARGE)
    return CleanFile(content, media_type)


def clean_portrait(data: bytes) -> CleanFile:
    """Return a picture made anew and small: a JPEG of at most 160 pixels a side and 15 000 octets.

    Raises:
        UploadError: with one of `refusals.REASONS`.
    """
    media_type = _media_type(data)
    if media_type == "application/pdf":
        raise UploadError(refusals.NO_PICTURE)
    return CleanFile(_clean_apart(data, media_type, "portrait"), "image/jpeg")


def _media_type(data: bytes) -> str:
    if not data:
        raise UploadError(refusals.EMPTY)
    if len(data) > MAXIMUM:
        raise UploadError(refusals.TOO_LARGE)
    media_type = next((kind for signature, kind in _SIGNATURES if data.startswith(signature)), "")
    if not media_type:
        raise UploadError(refusals.UNKNOWN)
    return media_type


def _clean_apart(data: bytes, media_type: str, *wishes: str) -> bytes:
    root = str(Path(__file__).parents[3])
    child = str(Path(__file__).with_name("child.py"))
    try:
        done = subprocess.run(  # noqa: S603 (our own interpreter and file; what was uploaded goes in by its standard input)
            [sys.executable, "-I", child, root, media_type, *wishes],
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UploadError(refusals.TOO_COMPLEX) from None
    if done.returncode == 0 and done.stdout:
        return done.stdout
    said = done.stdout.decode("ascii", "replace") if done.returncode == _REFUSED else ""
    raise UploadError(said if said in refusals.REASONS else refusals.TOO_COMPLEX)


def accepts_upload(view: ViewT) -> ViewT:
    """Let requests to this view be as large as a file may be; all others stay at MAX_CONTENT_LENGTH."""
    view.upload_octets = MAXIMUM + _FORM  # type: ignore[attr-defined] # read by web's before_request
    return view


def octets_of(view: Any) -> int | None:
    """Return how large a request to this view may be; None: as any."""
    return getattr(view, "upload_octets", None)
