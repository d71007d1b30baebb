"""README: its settings and commands are the code's."""

import re
from pathlib import Path

import click

from workshop.cli import main
from workshop.config import SETTINGS

ROOT = Path(__file__).parents[2]


def _readme() -> str:
    return (ROOT / "README.md").read_text("utf-8")


def test_the_settings_table_says_what_the_code_says() -> None:
    """One row per setting: | `NAME` | `default` | purpose |, in the code's order; no default: a dash or words."""
    rows = {
        match[1]: match[2].strip()
        for match in re.finditer(r"^\|\s*`(?:WORKSHOP_)?([A-Z_]+)`\s*\|([^|]*)\|", _readme(), re.MULTILINE)
    }
    rows.pop("INSTANCE_PATH", None)
    assert list(rows) == [setting.name for setting in SETTINGS]
    wrong = {
        setting.name: (rows[setting.name], setting.default)
        for setting in SETTINGS
        if setting.default and rows[setting.name].strip("`") != setting.default
    }
    assert wrong == {}


def _code() -> str:
    """The lines that are indented as code, and what stands between backticks."""
    lines = _readme().splitlines()
    indented = [line.strip() for line in lines if line.startswith("    ")]
    return "\n".join(indented + re.findall(r"`([^`\n]+)`", _readme()))


def test_its_commands_are_those_of_the_code() -> None:
    named = re.findall(r"^(?:\.venv/bin/)?workshop ([a-z]+(?: [a-z]+)?)", _code(), re.MULTILINE)
    assert [words for words in named if not _exists(main, words.split())] == []
    assert {words.partition(" ")[0] for words in named} == set(main.list_commands(click.Context(main)))


def _exists(command: click.Command, words: list[str]) -> bool:
    for word in words:
        if not isinstance(command, click.Group):
            return True
        found = command.get_command(click.Context(command), word)
        if found is None:
            return False
        command = found
    return True


def test_every_make_target_it_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    named = set(re.findall(r"\bmake ([a-z0-9]+)\b", _code()))
    assert {"run", "test"} <= named
    assert {name for name in named if not re.search(rf"^{name}:", makefile, re.MULTILINE)} == set()
