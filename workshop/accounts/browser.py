"""What a browser calls itself, in two words that tell one's own sign-ins apart. Pure, and keeps nothing else of it."""

from __future__ import annotations

from typing import Final

_BROWSERS: Final = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrom", "Chrome"),
    ("Safari", "Safari"),
)
"""In this order: most name others beside themselves."""
_SYSTEMS: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def name_browser(user_agent: str | None) -> str:
    """Return words such as "Firefox, Linux"; empty for what names neither. Never a word of the browser's own."""
    text = user_agent or ""
    found = (next((name for sign, name in names if sign in text), "") for names in (_BROWSERS, _SYSTEMS))
    return ", ".join(filter(None, found))
