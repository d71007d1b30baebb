"""Pass phrases: what they are measured by, how they are kept (security-and-privacy item 8)."""

from __future__ import annotations

import secrets
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from workshop.core.errors import InvalidError

HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""argon2id with 19 MiB, two passes, one lane; tests put a cheap profile here."""
MINIMUM_LENGTH = 12
_COMMON = frozenset({
    "123456789012", "1234567890ab", "abcdefghijkl", "administrator", "azertyuiopqs", "azertyuiopqsdf", "changeme1234",
    "chathamhouse", "chathamhouserule", "correcthorsebatterystaple", "iloveyou1234", "letmein12345", "letmeinletmein",
    "motdepasse12", "motdepasse123", "motdepasse1234", "motdepassemotdepasse", "organisateur", "organisatrice",
    "password1234", "password12345", "passwordpassword", "qwertyuiop12", "qwertyuiop123", "qwertyuiopas",
    "qwertyuiopasdf", "welcome12345", "workshop1234", "workshopworkshop",
})  # fmt: skip
"""Compared without spaces, signs and case; what is shorter is refused anyway."""


class WeakPassPhraseError(InvalidError):
    """A pass phrase that is too short or on the list of common ones; `reason` is `short` or `common`."""

    code = "weak_pass_phrase"


def check_pass_phrase(text: str) -> None:
    """Raise WeakPassPhraseError unless `text` has 12 characters and is not a common one. No composition rules."""
    text = unicodedata.normalize("NFC", text)
    if len(text) < MINIMUM_LENGTH:
        raise WeakPassPhraseError(field="pass_phrase", reason="short")
    squeezed = "".join(char for char in text.casefold() if char.isalnum())
    if squeezed in _COMMON or len(set(text)) < 4:  # noqa: PLR2004 (a phrase of three letters or fewer, repeated)
        raise WeakPassPhraseError(field="pass_phrase", reason="common")


def new_pass_phrase() -> str:
    """Return a random pass phrase of 100 bits in groups that can be read aloud."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def hash_phrase(phrase: str) -> str:
    """Return the encoded argon2id hash of a phrase, in the one form that accents have here."""
    return HASHER.hash(unicodedata.normalize("NFC", phrase))


def verify_phrase(stored: str, phrase: str) -> bool:
    """Whether a phrase is the one that a hash is of; a damaged hash is nobody's."""
    try:
        return HASHER.verify(stored, unicodedata.normalize("NFC", phrase))
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=4)
def dummy_hash(hasher: PasswordHasher) -> str:
    """Return a hash that no phrase has, to be verified where there is no account."""
    return hasher.hash(secrets.token_urlsafe(16))
