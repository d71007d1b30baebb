"""Word lists of the attribution check, from the text files beside this one; the files say what each list is."""

from __future__ import annotations

from importlib import resources

_FOLDER = resources.files(__name__)


def _lines(name: str) -> list[str]:
    text = (_FOLDER / name).read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _sections() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    section: set[str] = set()
    for line in _lines("words.txt"):
        if line.startswith("["):
            section = found[line[1:].partition("]")[0]] = set()
        else:
            section.update(line.split())
    return {name: frozenset(words) for name, words in found.items()}


SECTIONS = _sections()
_VERB_ENDINGS = ("e", "es", "ent", "a", "erent", "ait", "aient", "ee", "ees", "er", "era", "ant")

STOP = SECTIONS["stop"]
DETERMINERS = SECTIONS["determiners"]
COMMON = {"fr": SECTIONS["common fr"], "en": SECTIONS["common en"]}
ANY_COMMON = COMMON["fr"] | COMMON["en"]
GENERIC_ALIASES = SECTIONS["generic aliases"]
FIRST_NAMES = SECTIONS["first names"]
FREQUENT_SURNAMES = SECTIONS["frequent surnames"]
SURNAME_FIRST = SECTIONS["surname first"]
PARTICLES = SECTIONS["particles"]
FAMILY_PARTICLES = frozenset({"ben", "bin", "ibn", "ould", "abu", "abou", "al", "el", "ait"})
"""Particles that make a surname of the first name after them: « Ben Ali »."""
HONORIFICS = SECTIONS["honorifics"]
WORDY_HONORIFICS = SECTIONS["wordy honorifics"]
TITLES = SECTIONS["titles"]
DEGREES = SECTIONS["degrees"]
SPEECH = (
    SECTIONS["speech fr"]
    | SECTIONS["speech en"]
    | {stem + ending for stem in SECTIONS["speech -er"] for ending in _VERB_ENDINGS}
)
"""What somebody does who says something, in the forms that a report has."""
SPEECH_BEFORE_THAT = SECTIONS["speech before that"]
AFTER_THAT = frozenset({"that", "how", "why", "que", "qu", "comment"})
SPEECH_NOUNS = SECTIONS["speech nouns"]
REPRESENTATIVES = SECTIONS["representatives"]
ROLES = SECTIONS["roles"]
NEEDING_ARTICLE = SECTIONS["roles needing article"]
BELONGING = SECTIONS["belonging"]
PERSONS = SECTIONS["persons"] | ROLES | REPRESENTATIVES | {f"{role}s" for role in ROLES | REPRESENTATIVES}
RARE = SECTIONS["rare"]
OF = SECTIONS["of"]
SELF = SECTIONS["self"]
NOWHERE = SECTIONS["nowhere"]
SOURCES = SECTIONS["sources"]
PLACES = SECTIONS["places"]
PEOPLES = SECTIONS["peoples"]
CIVIC_ACRONYMS = SECTIONS["civic acronyms"]
FREE_MAIL = SECTIONS["free mail"]
PUBLIC_SUFFIXES = SECTIONS["public suffixes"]
KINDS = SECTIONS["kinds of organisations"]
EQUIVALENTS = tuple(frozenset(line.split(" | ")) for line in _lines("organisations.txt"))
"""Names of one organisation, in both languages, with its acronyms."""
ENDINGS = {
    "fr": (
        *("tion", "tions", "ment", "ments", "ite", "ites", "eur", "eurs", "euse", "ique", "iques", "aient"),
        *("able", "isme"),
    ),
    "en": ("ing", "tion", "tions", "ment", "ments", "ness", "ity", "ities", "able", "ism", "ly", "ful", "ous"),
}
"""Language → endings that make a lower-case word look like an ordinary one."""
