"""Sites that may show a series' list in a frame: what is typed becomes an origin (RFC 6454), or a fault.

A file of its own, because what passes here is written into a header: nothing may stand in it that ends a directive.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from workshop.people.checks import Checker

MAXIMUM_ORIGINS = 20

_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_DEVIATING = frozenset("ßς\u200c\u200d")
"""Letters that Python's IDNA makes others of than browsers do (UTS 46, 7), so that another site would be named."""
_SHOWN = 100
"""Characters of what was typed that are said again."""
_PORTS = {"https": 443, "http": 80}
_HIGHEST_PORT = 65535


def clean_origins(values: Sequence[str], checker: Checker) -> tuple[str, ...]:
    """Return origins in their normal form, each once and the empty ones left out; `checker` notes what is none."""
    if len(values) > MAXIMUM_ORIGINS:
        checker.add("embed_origins", "too_many", limit=MAXIMUM_ORIGINS)
    found: dict[str, None] = {}
    for index, value in enumerate(values):
        text = value.strip()
        origin = normal_origin(text)
        if text and not origin:
            checker.add(f"embed_origins.{index}", "not_origin", text=text[:_SHOWN])
        elif origin:
            found[origin] = None
    return tuple(found)


def normal_origin(text: str) -> str:
    """Return an origin such as `https://partner.example.org:8443`; empty for what is none or may not be one.

    Without encryption only the reader's own machine, where sites are tried out: anybody on the way could put another
    page around the list.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return ""
    has_more = parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc
    if has_more or parts.scheme not in _PORTS or not text.isprintable() or "?" in text or "#" in text:
        return ""
    host = _ascii_host(parts.hostname or "")
    if not host or port == 0 or (port or 0) > _HIGHEST_PORT or (parts.scheme == "http" and not _is_here(host)):
        return ""
    is_usual = port is None or port == _PORTS[parts.scheme]
    return f"{parts.scheme}://{host}" if is_usual else f"{parts.scheme}://{host}:{port}"


def _ascii_host(host: str) -> str:
    """Return a host's name in ASCII; empty where there is none, or one that no header can name, as of IPv6."""
    if _DEVIATING & set(host):
        return ""
    try:
        found = host.lower() if host.isascii() else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
    return found if _HOST.fullmatch(found) and len(found) <= 253 else ""  # noqa: PLR2004 (RFC 1035, 2.3.4)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
