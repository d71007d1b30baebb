"""Static files under addresses that hold their hash. A file of its own: headers and templates both need it."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort

FOLDER = Path(__file__).resolve().parent / "static"
IMMUTABLE = "public, max-age=31536000, immutable"

_NOTES = re.compile(rb"/\*.*?\*/|\s*\n\s*|(?<=[:;,{}>]) +| +(?=[{}>])|;(?=\s*\})", re.DOTALL)
"""Comments, line ends and what else of a style sheet no browser needs: each of its lines ends in one of `{};,`."""

_SCRIPT_NOTES = re.compile(rb"^[ \t]*(//.*\n)?", re.MULTILINE)
"""Comments and margins of a script, none of whose lines lies within a string."""

blueprint = Blueprint("assets", __name__)


@dataclass(frozen=True, slots=True)
class Asset:
    """One static file."""

    body: bytes
    address: str
    """Path under which it is served, with its hash."""
    content_type: str


@lru_cache(maxsize=1)
def manifest() -> dict[str, Asset]:
    """Return every static file by name, read once."""
    found = {}
    for path in sorted(FOLDER.iterdir()):
        if path.is_file():
            body = path.read_bytes()
            if path.suffix == ".css":
                body = _NOTES.sub(b"", body)
            elif path.suffix == ".js":
                body = _SCRIPT_NOTES.sub(b"", body)
            digest = hashlib.sha256(body).hexdigest()[:12]
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            content_type = f"{kind}; charset=utf-8" if kind.startswith("text/") else kind
            found[path.name] = Asset(body, f"/static/{path.stem}.{digest}{path.suffix}", content_type)
    return found


def asset(name: str) -> str:
    """Return the address of a static file, such as `workshop.css`; raises KeyError for an unknown one."""
    return manifest()[name].address


@lru_cache(maxsize=1)
def _by_address() -> dict[str, Asset]:
    return {one.address: one for one in manifest().values()}


@blueprint.get("/static/<name>")
def static(name: str) -> Response:
    """Serve a static file; it never changes under its address, so it is kept for a year."""
    found = _by_address().get(f"/static/{name}")
    if found is None:
        abort(404)
    response = Response(found.body, content_type=found.content_type)
    response.headers["Cache-Control"] = IMMUTABLE
    return response
