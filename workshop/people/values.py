"""What can be said of people and partners (its own file because forms and the series file fill the same values)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from typing import Any

from workshop.core.localized import Localized
from workshop.people.checks import Checker
from workshop.people.models import Partner, Person

EMPTY = Localized()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerValues:
    """Where somebody worked until a day."""

    until: date
    """The first day on which it no longer held."""
    affiliations: tuple[Localized, ...] = ()
    role: Localized | None = None
    """None: the same as afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonValues:
    """A speaker, moderator or member of the committee."""

    key: str
    name: str
    role: Localized = EMPTY
    affiliations: tuple[Localized, ...] = ()
    former: tuple[FormerValues, ...] = ()
    """The earliest first."""
    biography: Localized = EMPTY
    links: tuple[str, ...] = ()
    email: str = ""
    """Private."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerValues:
    """A partner organisation."""

    name: Localized
    role: Localized = EMPTY
    url: str = ""


def person_values(person: Person) -> PersonValues:
    """Return what is stored of a person."""
    return PersonValues(
        key=person.key,
        name=person.name,
        role=person.role,
        affiliations=person.affiliations,
        former=tuple(_former_values(one) for one in person.former),
        biography=person.biography,
        links=person.links,
        email=person.email,
    )


def _former_values(said: dict[str, Any]) -> FormerValues:
    role = said.get("role")
    return FormerValues(
        until=date.fromisoformat(said["until"]),
        affiliations=tuple(Localized.from_json(text) for text in said["affiliations"]),
        role=None if role is None else Localized.from_json(role),
    )


def former_data(values: tuple[FormerValues, ...]) -> tuple[dict[str, Any], ...]:
    """Return what `Person.former` holds for these."""
    return tuple(
        {
            "until": one.until.isoformat(),
            "affiliations": [text.to_json() for text in one.affiliations],
            **({} if one.role is None else {"role": one.role.to_json()}),
        }
        for one in values
    )


def partner_values(partner: Partner) -> PartnerValues:
    """Return what is stored of a partner."""
    return PartnerValues(name=partner.name, role=partner.role, url=partner.url)


def clean_person(values: PersonValues, checker: Checker, prefix: str = "") -> PersonValues:
    """Return the values cleaned; `checker` notes what is wrong, each field under `prefix`."""
    return PersonValues(
        key=checker.line(f"{prefix}key", values.key, limit=80, is_required=True),
        name=checker.line(f"{prefix}name", values.name, limit=200, is_required=True),
        role=checker.localized(f"{prefix}role", values.role),
        affiliations=checker.localized_list(f"{prefix}affiliations", values.affiliations),
        former=_clean_former(values.former, checker, f"{prefix}former"),
        biography=checker.localized(f"{prefix}biography", values.biography, is_long=True),
        links=checker.urls(f"{prefix}links", values.links),
        email=checker.email(f"{prefix}email", values.email),
    )


def _clean_former(values: tuple[FormerValues, ...], checker: Checker, field: str) -> tuple[FormerValues, ...]:
    checker.many(field, values)
    if any(later.until <= earlier.until for earlier, later in itertools.pairwise(values)):
        checker.add(field, "not_in_order")
    return tuple(
        FormerValues(
            until=one.until,
            affiliations=checker.localized_list(f"{field}.{index}.affiliations", one.affiliations),
            role=None if one.role is None else checker.localized(f"{field}.{index}.role", one.role),
        )
        for index, one in enumerate(values)
    )


def clean_partner(values: PartnerValues, checker: Checker, prefix: str = "") -> PartnerValues:
    """Return the values cleaned; `checker` notes what is wrong, each field under `prefix`."""
    return PartnerValues(
        name=checker.localized(f"{prefix}name", values.name, is_required=True),
        role=checker.localized(f"{prefix}role", values.role),
        url=checker.url(f"{prefix}url", values.url),
    )
