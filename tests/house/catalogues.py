"""The catalogues of translations: kept in step with the source, and looked through for what is wrong.

`python -m tests.house.catalogues update` takes up new texts; `… check` prints every fault. English is the source: its
catalogue says what the source says, so that a text may be mended there without touching code.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "translations"
LANGUAGES = ("fr", "en")
KEYWORDS = ("lazy_gettext", "lazy_ngettext:1,2", "lazy_pgettext:1c,2")

_DATES = re.compile(r'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid)')
_PLACEHOLDER = re.compile(r"%\((\w+)\)[a-z]|%[sd]|\{(\w*)\}")
_TAG = re.compile(r"</?[a-z]+")
_BARE = re.compile(r"%(?!\(\w+\)[a-z]|%)")
_FRENCH = (
    (re.compile(r"(?<!\u202f)[;!?]"), "needs U+202F before ; ! ?"),
    (re.compile(r"(?<!\u00a0):(?=\s|$)"), "needs U+00A0 before :"),
    (re.compile(r"«(?!\u00a0)|(?<!\u00a0)»"), "needs U+00A0 inside « »"),
    (re.compile(r"\w'\w"), "needs the apostrophe ’"),
    (re.compile(r"\w·\w"), "has a point médian"),
    (re.compile(r"\.\.\."), "needs the ellipsis …"),
)
# In these a colon or a question mark is no punctuation: addresses, markup, entities, placeholders.
_NO_PROSE = re.compile(r"\w+://\S+|(?:mailto|webcal):\S+|<[^>]*>|&\w+;|%\(\w+\)[a-z]")


def path_of(language: str) -> Path:
    """Return a language's catalogue."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def extract() -> Catalog:
    """Return every text of the source."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "messages.pot"
        keywords = [argument for keyword in KEYWORDS for argument in ("-k", keyword)]
        babel = [sys.executable, "-m", "babel.messages.frontend", "--quiet"]
        options = ["--add-comments=Translators:", "--strip-comment-tags", "--add-location=file"]
        subprocess.run(
            [*babel, "extract", "-F", "pyproject.toml", *keywords, *options, "-o", target, "."], cwd=ROOT, check=True
        )
        with target.open("rb") as file:
            return read_po(file)


def read(language: str) -> Catalog:
    """Return a language's catalogue; an empty one when there is none."""
    if not path_of(language).exists():
        return Catalog(locale=language, project="workshop", charset="utf-8", fuzzy=False)
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    """Take up new texts, drop those gone, and let English say what the source says."""
    template = extract()
    template.fuzzy = False
    FOLDER.mkdir(exist_ok=True)
    _write(FOLDER / "messages.pot", template)
    for language in LANGUAGES:
        catalogue = read(language)
        catalogue.update(template, no_fuzzy_matching=True)
        catalogue.obsolete.clear()
        catalogue.fuzzy = False
        if language == "en":
            for message in texts(catalogue):
                message.string = message.id
        path_of(language).parent.mkdir(parents=True, exist_ok=True)
        _write(path_of(language), catalogue)


def _write(path: Path, catalogue: Catalog) -> None:
    # Without dates and line numbers: the file changes when a text does, and only then.
    catalogue.header_comment = "# Texts of workshop; same licence."
    buffer = io.BytesIO()
    write_po(buffer, catalogue, sort_output=True, include_lineno=False, width=110)
    lines = buffer.getvalue().decode().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not _DATES.match(line)), "utf-8")


def texts(catalogue: Catalog) -> list[Message]:
    """Return the messages but the header."""
    return [message for message in catalogue if message.id]


def faults() -> list[str]:
    """Return a line for everything that is wrong with the catalogues."""
    wanted = {_key(message) for message in texts(extract())}
    found: list[str] = []
    for language in LANGUAGES:
        catalogue = read(language)
        known = {_key(message) for message in texts(catalogue)}
        found += [f"{language}: missing (make i18n): {key[1]!r}" for key in sorted(wanted - known)]
        found += [f"{language}: no longer in the source (make i18n): {key[1]!r}" for key in sorted(known - wanted)]
        for message in texts(catalogue):
            found += [f"{language}: {fault}: {_forms(message.id)[0]!r}" for fault in _faults_of(message, language)]
    return found


def _key(message: Message) -> tuple[str, str]:
    return message.context or "", _forms(message.id)[0]


def _forms(value: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value or "",)


def _faults_of(message: Message, language: str) -> Iterator[str]:
    forms, originals = _forms(message.string), _forms(message.id)
    if message.fuzzy:
        yield "fuzzy"
    if not all(forms) or len(forms) < len(originals):
        yield "not translated"
        return
    whole = {match[0] for match in _PLACEHOLDER.finditer(originals[-1])}
    for form in forms:
        names = {match[0] for match in _PLACEHOLDER.finditer(form)}
        # One form of a plural may say "one" in words.
        if names - whole or (len(forms) == 1 and names != whole):
            yield f"placeholders {sorted(names)} instead of {sorted(whole)}"
        if sorted(_TAG.findall(form)) != sorted(_TAG.findall(originals[-1])):
            yield "other markup"
        # Templates fill every text in, even one without a placeholder.
        if any(str(place).endswith((".html", ".txt")) for place, _ in message.locations) and _BARE.search(form):
            yield "a bare % in a template’s text: write %% or a word"
        if language == "fr":
            prose = _NO_PROSE.sub("x", form)
            yield from (f"{fault} in {form!r}" for pattern, fault in _FRENCH if pattern.search(prose))


if __name__ == "__main__":
    if sys.argv[1:] == ["update"]:
        update()
    elif sys.argv[1:] == ["check"]:
        if lines := faults():
            sys.exit("\n".join(lines))
    else:
        sys.exit("usage: python -m tests.house.catalogues update|check")
