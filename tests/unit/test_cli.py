"""The commands as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from workshop.cli import main


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """Begin with the umask of most machines, and put back the one that was there."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_whatever_a_command_makes_is_for_the_owner_of_the_instance_only(instance_path: Path) -> None:
    result = CliRunner().invoke(main, ["demo", "--no-serve"])
    assert result.exit_code == 0, result.output
    made = [path for path in instance_path.rglob("*") if path.is_file()]
    assert {path.name for path in made} >= {"workshop.sqlite", "demo-login", "demo.json", "secret_key"}
    assert {path.name: oct(path.stat().st_mode & 0o077) for path in made} == {path.name: "0o0" for path in made}
