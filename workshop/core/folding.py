"""Text with case and accents taken away, so that searching and sorting find what people mean on both databases."""

from __future__ import annotations

import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "’": "'"})
"""What Unicode does not decompose and people type without."""


def fold(text: str) -> str:
    """Return `text` in lower case, without accents, spaces made single: « Élodie  Œuvrard » → `elodie oeuvrard`."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return " ".join(plain.casefold().translate(_LIGATURES).split())
