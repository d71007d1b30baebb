"""Keys of shares and options (a file of its own because both outlive the names that people read)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from workshop.core.folding import fold
from workshop.core.localized import Localized
from workshop.programme.service.checks import is_text_equal

LENGTH = 32
"""Characters that an answer has room for."""


def pair(stored: Sequence[Localized], said: Sequence[Localized]) -> list[int | None]:
    """Return for each text that was said the index of the stored one that it means; None for a new one.

    They match by position where the text is the same, then by text, then by position: a corrected name stays itself.
    """
    found: list[int | None] = [None] * len(said)
    free = dict(enumerate(stored))
    for index, text in enumerate(said):
        if index in free and is_text_equal(free[index], text):
            found[index] = index
            del free[index]
    for index, text in enumerate(said):
        twin = next((at for at, other in free.items() if is_text_equal(other, text)), None)
        if found[index] is None and twin is not None:
            found[index] = twin
            del free[twin]
    for index in range(len(said)):
        if found[index] is None and index in free:
            found[index] = index
            del free[index]
    return found


def keys_of(stored: Sequence[Mapping[str, Any]], texts: Sequence[Localized], attribute: str) -> list[str]:
    """Return a key for each text: the stored one's that it means, else one made from its words.

    Args:
        stored: objects with `key` and, under `attribute`, a Localized's JSON.
        texts: as they are now, in order.
        attribute: `name` or `text`.
    """
    before = [Localized.from_json(entry[attribute]) for entry in stored]
    matched = pair(before, texts)
    # Nor one that has just gone: who chose it did not choose what comes in its place.
    taken = {str(entry["key"]) for entry in stored}
    keys = []
    for text, at in zip(texts, matched, strict=True):
        key = str(stored[at]["key"]) if at is not None else _new_key(text, taken)
        taken.add(key)
        keys.append(key)
    return keys


def _new_key(text: Localized, taken: set[str]) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", fold(text.pick("").value)).strip("-")
    base = words[: LENGTH - 4].strip("-") or "x"
    key, number = base, 1
    while key in taken:
        number += 1
        key = f"{base}-{number}"
    return key
