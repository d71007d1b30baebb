"""The commands as a whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from workshop.cli import main
from workshop.core import schema


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


@pytest.mark.parametrize("command", ["serve", "worker", "db upgrade", "organiser list"])
def test_a_database_that_is_not_there_is_one_line(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_DATABASE_URL", "postgresql://somebody:geheim@127.0.0.1:1/workshop")
    result = CliRunner().invoke(main, command.split())
    assert (result.exit_code, result.output.count("\n")) == (1, 1), result.output
    assert "The database does not answer: connection" in result.output
    assert "geheim" not in result.output


def test_the_doctor_says_once_that_the_database_is_gone_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_DATABASE_URL", "postgresql://somebody:geheim@127.0.0.1:1/workshop")
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 1
    assert result.output.count("Database: it does not answer: connection failed") == 1
    assert "geheim" not in result.output


@pytest.mark.parametrize("command", ["db upgrade", "db check", "worker", "doctor", "demo --no-serve"])
def test_a_newer_database_is_refused_and_not_with_an_upgrade(
    command: str, instance_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert CliRunner().invoke(main, ["db", "upgrade"]).exit_code == 0
    monkeypatch.setattr(schema, "current", lambda *_arguments: "9999")
    result = CliRunner().invoke(main, command.split())
    assert result.exit_code == 1
    assert "A newer version of workshop has migrated this database." in result.output
    assert "db upgrade" not in result.output
    assert (instance_path / "workshop.sqlite").exists()


def test_an_instance_folder_that_cannot_be_is_a_fault_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("WORKSHOP_INSTANCE_PATH", str(tmp_path / "file" / "instance"))
    result = CliRunner().invoke(main, ["serve"])
    assert result.exit_code == 1
    assert result.output.startswith(f"WORKSHOP_INSTANCE_PATH: {tmp_path}/file/instance cannot be used: ")


def test_a_secret_setting_that_is_bad_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_DATABASE_URL", "mysql://somebody:geheim@127.0.0.1/workshop")
    result = CliRunner().invoke(main, ["serve"])
    assert result.output == "DATABASE_URL (environment): expected postgresql://… or sqlite:///…\n"


def test_the_demo_is_for_this_machine_only(instance_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSHOP_HOST", "0.0.0.0")
    result = CliRunner().invoke(main, ["demo", "--no-serve"])
    assert result.exit_code == 0
    assert "  http://127.0.0.1:5000/fr/" in result.output
    assert "0.0.0.0" not in result.output
