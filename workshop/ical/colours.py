"""Colours by name: COLOR takes no other (RFC 7986, 5.9), and organisers choose theirs as #rrggbb."""

from __future__ import annotations

from functools import lru_cache

_LATER = "rebeccapurple"
"""Not in CSS Color Module Level 3, which RFC 7986 refers to."""


@lru_cache(maxsize=256)
def nearest_name(colour: str) -> str:
    """Return the name of the colour that is nearest to `colour`, #rrggbb."""
    from PIL.ImageColor import colormap, getrgb

    wanted = getrgb(colour)
    known = {name: getrgb(name) for name in sorted(colormap.keys() - {_LATER})}
    return min(known, key=lambda name: sum((a - b) ** 2 for a, b in zip(known[name], wanted, strict=True)))
