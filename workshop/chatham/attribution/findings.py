"""What the check is asked with and what it answers: the people and organisations it knows, and its findings."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Severity(enum.StrEnum):
    """What a finding asks for: a change of the text, or a reason."""

    BLOCK = "block"
    WARN = "warn"


class Reason(enum.StrEnum):
    """What was found; the severity beside each is the one it always has."""

    FULL_NAME = "full_name"
    """Block: first name and surname in either order, run together, or a first name with the surname's initial."""
    INITIALS_AND_SURNAME = "initials_and_surname"
    """Block."""
    HONORIFIC_AND_NAME = "honorific_and_name"
    """Block: « Mme Me », "Dr Kemp"; an honorific with the first name as well."""
    SURNAME = "surname"
    """Block: one that is no other word, or a part of it, even broken up or in look-alike letters."""
    ORGANISATION_SPEAKING = "organisation_speaking"
    """Block: an organisation beside a verb of speech or a role."""
    ADDRESS = "address"
    """Block: an e-mail address, in whatever way its "@" is written."""
    HANDLE = "handle"
    """Block: a name on a social network."""
    PROFILE_LINK = "profile_link"
    """Block: a page about one person, or one of somebody's own links."""
    COMMON_SURNAME = "common_surname"
    """Warn: a surname that is another word or a first name too."""
    OTHER_FIRST_NAME = "other_first_name"
    """Warn: a surname that is known, after a first name that is not theirs."""
    MISSPELT_NAME = "misspelt_name"
    """Warn: one letter away from a surname."""
    FIRST_NAME = "first_name"
    """Warn: a first name, or an alias that is another word too."""
    INITIALS = "initials"
    """Warn."""
    ORGANISATION = "organisation"
    """Warn: an organisation that neither speaks nor has a role there."""
    DOMAIN = "domain"
    """Warn: the domain of an address."""
    PHONE_NUMBER = "phone_number"
    """Warn."""
    REPRESENTATIVE = "representative"
    """Warn: "the representative of …", « la déléguée de … »."""
    DESCRIPTION = "description"
    """Warn: a role with a place that few people have, such as "the mayor of Lyon"."""
    LONG_QUOTATION = "long_quotation"
    """Warn: more than 15 words between quotation marks or in a quoted paragraph."""

    @property
    def severity(self) -> Severity:
        """What this reason asks for."""
        return Severity.BLOCK if self in _BLOCKING else Severity.WARN


_BLOCKING = {
    Reason.FULL_NAME,
    Reason.INITIALS_AND_SURNAME,
    Reason.HONORIFIC_AND_NAME,
    Reason.SURNAME,
    Reason.ORGANISATION_SPEAKING,
    Reason.ADDRESS,
    Reason.HANDLE,
    Reason.PROFILE_LINK,
}


@dataclass(frozen=True)
class KnownPerson:
    """Somebody who may not be named: as they wrote their name, in any order.

    `is_private` says that knowing them needs the list of participants. `links` are pages of their own.
    """

    name: str
    aliases: tuple[str, ...] = ()
    is_private: bool = False
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownOrganisation:
    """An organisation under its names, in every language, as people typed them ("Branch, UNODC" is two)."""

    names: tuple[str, ...]
    acronyms: tuple[str, ...] = ()
    is_private: bool = False


@dataclass(frozen=True)
class Known:
    """All that the check looks for; `domains` are those of participants' addresses, and private."""

    people: tuple[KnownPerson, ...] = ()
    organisations: tuple[KnownOrganisation, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, order=True)
class Finding:
    """One place in a text. `start` and `end` are offsets into the Markdown as typed, `words` is what stands there.

    `key` is a SHA-256 (hex) of the reason and the folded words: equal for the same words elsewhere. What is not
    `is_private` is found alike whether participants are known to the check or not.
    """

    start: int
    end: int
    words: str
    reason: Reason
    key: str
    is_private: bool = False

    @property
    def severity(self) -> Severity:
        """Whether it forbids publishing or asks for a reason."""
        return self.reason.severity
