"""Other people's programs: from .venv-tools, from npm, compiled here. The product uses none of them."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent
BIN = ROOT / ".venv-tools" / "bin"
IN_CI = bool(os.environ.get("CI"))


def missing(what: str) -> None:
    """Skip with a line that says what is missing; in CI nothing may be missing."""
    if IN_CI:
        pytest.fail(f"{what} is missing, and required where CI is set")
    pytest.skip(f"{what} is missing")


def program(name: str) -> Path:
    """Return a program of .venv-tools: vdirsyncer, khal, schemathesis, openapi-spec-validator, python."""
    path = BIN / name
    if not path.exists():
        missing(f"{name} (make tools)")
    return path


def python() -> Path:
    """Return the Python that can import what requirements-tools.txt pins."""
    return program("python")


def environment(home: Path) -> dict[str, str]:
    """Return the environment for such a program: a home of its own, no proxy, nothing of ours."""
    return {"PATH": os.defpath, "HOME": str(home), "LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "TZ": "UTC"}


@functools.cache
def ical_js() -> list[str]:
    """Return the command that reads calendars with ical.js, of Thunderbird and Nextcloud."""
    node = shutil.which("node")
    if node is None:
        missing("node (Debian: nodejs, npm)")
        raise AssertionError
    if not (HERE / "node_modules" / "ical.js").is_dir():
        missing("ical.js (make tools)")
    return [node, str(HERE / "read.mjs")]


@functools.cache
def libical() -> list[str]:
    """Return the command that reads calendars with libical, of GNOME and KDE; compiled once in each process."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        missing("a C compiler (Debian: gcc, libc6-dev)")
        raise AssertionError
    if not _has_header(compiler):
        missing("libical's headers (Debian: libical-dev)")
    folder = tempfile.mkdtemp(prefix="ws-libical-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    target = Path(folder) / "read"
    source = HERE / "read.c"
    command = [compiler, "-std=c11", "-Wall", "-Wextra", "-Werror", "-O1", "-o", str(target), str(source), "-lical"]
    subprocess.run(command, check=True)
    return [str(target)]


def _has_header(compiler: str) -> bool:
    asked = [compiler, "-fsyntax-only", "-x", "c", "-"]
    return not subprocess.run(asked, input=b"#include <libical/ical.h>\n", capture_output=True, check=False).returncode
