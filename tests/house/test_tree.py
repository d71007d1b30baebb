"""The tree: what may stand where."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "workshop"
FEATURES = (
    "audit accounts people programme rsvp summaries feedback calendars announcements reminders privacy api public organise mail chatham".split()  # noqa: SIM905 (a list of words)
)
LAYERS = {
    "__init__", "models", "queries", "service", "view", "schedule", "rule", "forms", "emails", "routes", "organise", "cli",
    "personal_data",
}  # fmt: skip
TOP = {
    "pyproject.toml", "workshop", "migrations", "translations", "tests", "instance", "README.md", "Makefile",
    "requirements.txt", "requirements-test.txt", "requirements-tools.txt", "hatch_build.py", "CHANGELOG.md", "ARCHITECTURE.md", "LICENSE",
}  # fmt: skip


def _files() -> list[str]:
    """What git keeps, or would if asked now."""
    run = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in run.stdout.splitlines() if (ROOT / line).exists()]


def test_the_top_holds_only_what_belongs_there() -> None:
    top = {name.partition("/")[0] for name in _files()}
    assert {name for name in top if not name.startswith(".")} <= TOP


def test_nothing_of_an_instance_is_kept() -> None:
    assert [name for name in _files() if name.startswith("instance/")] == ["instance/.gitkeep"]


def test_files_of_a_feature_have_names_of_the_closed_set() -> None:
    """Another name is a decision, and says its reason in the file's first line: at least in a sentence of eight words."""
    unexplained = []
    for feature in FEATURES:
        for path in sorted((PACKAGE / feature).glob("*.py")):
            first = path.read_text("utf-8").partition("\n")[0]
            if path.stem not in LAYERS and len(first.split()) < 8:
                unexplained.append(str(path.relative_to(ROOT)))
    assert unexplained == []


def test_no_file_is_named_for_being_handy() -> None:
    handy = {"utils", "util", "helpers", "helper", "common", "misc"}
    assert [name for name in _files() if handy & set(re.split(r"[/._-]", name.removeprefix(".ci/")))] == []


def test_migrations_never_import_the_product() -> None:
    importing = re.compile(r"^\s*(from|import) workshop", re.MULTILINE)
    versions = sorted((ROOT / "migrations" / "versions").glob("*.py"))
    assert versions
    assert [path.name for path in versions if importing.search(path.read_text("utf-8"))] == []


def test_only_the_clock_reads_the_clock() -> None:
    reading = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(|\btime\.time\(")
    found = [
        str(path.relative_to(ROOT))
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != PACKAGE / "core" / "clock.py" and reading.search(path.read_text("utf-8"))
    ]
    assert found == []


def test_every_file_with_tests_is_a_package_and_is_found() -> None:
    """Pytest imports by path: without __init__.py two files of one name would hide each other from mypy."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [str(folder.relative_to(ROOT)) for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []
