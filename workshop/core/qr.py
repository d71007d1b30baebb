"""A QR code as numbers: a page draws it as SVG with one path, and so needs neither an image nor a style."""

from __future__ import annotations

from typing import NamedTuple

QUIET = 4
"""Modules left free on every side (ISO/IEC 18004)."""


class QRCode(NamedTuple):
    """What `<svg viewBox="0 0 size size"><path d="…"/></svg>` shows as the code."""

    size: int
    """Modules along one side, the quiet zone included."""
    path: str
    """One rectangle for each run of dark modules."""


def make_qr(text: str) -> QRCode:
    """Return the QR code of a text such as an address, readable when a seventh of it is damaged (level M)."""
    import segno

    matrix = segno.make(text, error="m", micro=False).matrix
    runs = []
    for y, row in enumerate(matrix, QUIET):
        start = None
        for x, module in enumerate([*row, 0], QUIET):
            if module and start is None:
                start = x
            elif not module and start is not None:
                runs.append(f"M{start} {y}h{x - start}v1h{start - x}z")
                start = None
    return QRCode(len(matrix) + 2 * QUIET, "".join(runs))
