"""What can be said of people and partners (its own file because forms and the series file fill the same values)."""

from __future__ import annotations

from dataclasses import dataclass

from workshop.core.localized import Localized
from workshop.people.checks import Checker
from workshop.people.models import Partner, Person

EMPTY = Localized()


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonValues:
    """A speaker, moderator or member of the committee."""

    key: str
    name: str
    role: Localized = EMPTY
    affiliations: tuple[Localized, ...] = ()
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
        biography=person.biography,
        links=person.links,
        email=person.email,
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
        biography=checker.localized(f"{prefix}biography", values.biography, is_long=True),
        links=checker.urls(f"{prefix}links", values.links),
        email=checker.email(f"{prefix}email", values.email),
    )


def clean_partner(values: PartnerValues, checker: Checker, prefix: str = "") -> PartnerValues:
    """Return the values cleaned; `checker` notes what is wrong, each field under `prefix`."""
    return PartnerValues(
        name=checker.localized(f"{prefix}name", values.name, is_required=True),
        role=checker.localized(f"{prefix}role", values.role),
        url=checker.url(f"{prefix}url", values.url),
    )
