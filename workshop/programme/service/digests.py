"""What a form showed, field by field and language by language, as digests that tell whether it was touched.

Apart from `merging`, which compares them: it is pure.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from workshop.core.localized import Localized
from workshop.programme.service.snapshots import value_to_json

_LENGTH = 10
"""Characters of a digest: they tell apart what one person saw and another wrote, and guard nothing."""


def of_fields(prefix: str, part: Any, names: Iterable[str]) -> dict[str, str]:
    """Return path → digest of those fields of a dataclass that it has, and of each language of its texts."""
    found = {}
    key = prefix if not prefix or prefix.endswith(".") else f"{prefix}."
    for name in names:
        if not hasattr(part, name):
            continue
        value = getattr(part, name)
        found[f"{key}{name}"] = digest_all(value)
        if name == "objectives" or isinstance(value, Localized):
            languages = by_language(value)
            found |= {f"{key}{name}.{language or '*'}": digest(text) for language, text in languages.items()}
    return found


def by_language(value: Any) -> dict[str, str]:
    """Return language → text, lines for objectives; under an empty key where all languages say the same."""
    if isinstance(value, Localized):
        texts = {language: value[language] for language in value}
        if value.is_neutral or (len(texts) > 1 and len(set(texts.values())) == 1):
            return {"": value.pick("").value}
        return texts
    value = [_same(one) for one in value]
    if any(one.is_neutral for one in value):
        return {"": json.dumps([one.to_json() for one in value])}
    codes = dict.fromkeys(language for one in value for language in one)
    return {code: "\n".join(one.get(code, "") for one in value).rstrip("\n") for code in codes}


def joined(texts: Mapping[str, str], *, like: Any) -> Any:
    """Return language → text as a text, or as lines, whichever `like` is."""
    if isinstance(like, Localized):
        return Localized(texts)
    lines = {language: text.split("\n") for language, text in texts.items()}
    number = max((len(found) for found in lines.values()), default=0)
    made = [
        Localized({language: found[at] for language, found in lines.items() if at < len(found)}) for at in range(number)
    ]
    return tuple(text for text in made if text)


def digest_all(value: Any) -> str:
    """Return the digest of a whole value, the same however a text that all languages share is written."""
    if isinstance(value, Localized):
        return digest(by_language(value))
    if isinstance(value, tuple) and value and isinstance(value[0], Localized):
        return digest(by_language(value))
    if isinstance(value, tuple):
        return digest(tuple(_row(one) for one in value))
    return digest(value)


def _same(text: Localized) -> Localized:
    """Return a text neutral where all its languages say the same: a form makes it so."""
    languages = by_language(text)
    return Localized.neutral(languages[""]) if "" in languages else text


def _row(row: Any) -> Any:
    if not dataclasses.is_dataclass(row):
        return row
    values = {one.name: getattr(row, one.name) for one in dataclasses.fields(row)}
    return {name: value_to_json(_same(one) if isinstance(one, Localized) else one) for name, one in values.items()}


def digest(value: Any) -> str:
    """Return the digest of a plain value; how a text is broken into lines is no part of it."""
    plain = " ".join(value.split()) if isinstance(value, str) else value_to_json(value)
    if isinstance(plain, dict):
        plain = {name: " ".join(text.split()) if isinstance(text, str) else text for name, text in plain.items()}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


EMPTY = digest("")
"""Of a text that is not there."""


def read(base: str) -> dict[str, str]:
    """Return path → digest, of what a form sent back; what is none is left out."""
    pairs = (pair.partition("=") for pair in base.split(";") if "=" in pair)
    return {path: digest for path, _sign, digest in pairs}
