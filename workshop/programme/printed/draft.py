"""What was found in an announcement (named for what it is): each value with its passage, sure or not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value and the passage that it comes from."""

    value: str
    start: int
    """Of the passage in the text that was pasted, in characters."""
    end: int
    is_sure: bool = True
    """False: something like it stands there, but the value must not be taken over without a look."""
    is_rough: bool = False
    """Whether the value still seems to hold scanning errors."""


Texts: TypeAlias = Mapping[str, Found]
"""Language → text; the language is empty where nobody can tell which it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPerson:
    """Somebody who is named, with where they work."""

    name: Found
    affiliation: Found | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPartner:
    """An organisation beside the organisers."""

    name: Found
    role: Found
    language: str
    """Of the role's words."""


@dataclass(slots=True)
class FoundItem:
    """An item of the programme."""

    title: dict[str, Found] = field(default_factory=dict)
    speakers: list[FoundPerson] = field(default_factory=list)
    kind: str = "talk"
    """As programme.models.ItemKind has it."""
    starts: str = ""
    """HH:MM or empty."""


@dataclass(slots=True)
class FoundSection:
    """A section of the programme."""

    title: dict[str, Found] = field(default_factory=dict)
    items: list[FoundItem] = field(default_factory=list)


@dataclass(slots=True)
class Draft:
    """All that was found in an announcement."""

    number: Found | None = None
    label: dict[str, Found] = field(default_factory=dict)
    short_title: dict[str, Found] = field(default_factory=dict)
    title: dict[str, Found] = field(default_factory=dict)
    date: Found | None = None
    """ISO 8601."""
    starts: Found | None = None
    """HH:MM."""
    ends: Found | None = None
    """HH:MM."""
    zone: Found | None = None
    """IANA name; empty value where the name of the zone is not known."""
    abstract: dict[str, Found] = field(default_factory=dict)
    objectives: list[dict[str, Found]] = field(default_factory=list)
    moderators: list[FoundPerson] = field(default_factory=list)
    sections: list[FoundSection] = field(default_factory=list)
    committee: list[FoundPerson] = field(default_factory=list)
    partners: list[FoundPartner] = field(default_factory=list)
    floor_language: Found | None = None
    """Code."""
    interpretation: dict[str, Found] = field(default_factory=dict)
    """The words of the announcement about translation; never sure: they rarely say from which language into which."""
    level: Found | None = None
    """As chatham.rule.Level has it."""
    monolingual: Found | None = None
    """Code of the only language that texts were found in."""
