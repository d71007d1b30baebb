"""The real programme of the fourth workshop as the check knows it, and a quick way to ask."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml

from workshop.chatham import attribution
from workshop.chatham.attribution import Dictionary, Known, KnownOrganisation, KnownPerson


def _texts(value: object) -> tuple[str, ...]:
    return tuple(map(str, value.values())) if isinstance(value, dict) else (str(value),)


@cache
def programme() -> Known:
    """All people and affiliations of the series, none of them private."""
    series = yaml.safe_load((resources.files("workshop.demo") / "decloisonner.yaml").read_text("utf-8"))
    people = tuple(KnownPerson(person["name"]) for person in series["people"].values())
    affiliations = [person.get("affiliation", ()) for person in series["people"].values()]
    texts = [text for each in affiliations for text in (each if isinstance(each, list | tuple) else [each])]
    return Known(people, tuple(KnownOrganisation(_texts(text)) for text in texts))


@cache
def dictionary() -> Dictionary:
    """The same, compiled."""
    return attribution.compile(programme())


def found(text: str, language: str | None, known: Dictionary | None = None) -> list[tuple[str, str]]:
    """Reason and words of each finding, in the order of the text."""
    findings = attribution.check(text, language, known or dictionary())
    return [(finding.reason.value, finding.words) for finding in findings]
