"""Format, lint, types and layers: what `make check` says, said here too, so that one command shows everything."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("ruff", "format", "--check", "."), id="format"),
        pytest.param(("ruff", "check", "."), id="lint"),
        pytest.param(("mypy",), id="types"),
        pytest.param(("lint-imports", "--no-logo"), id="layers"),
    ],
)
def test_the_house_is_tidy(command: tuple[str, ...]) -> None:
    name, *arguments = command
    run = subprocess.run(
        [Path(sys.executable).parent / name, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
