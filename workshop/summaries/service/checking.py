"""What the attribution check is told of people, and what it finds in a summary as it stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from workshop.chatham import attribution
from workshop.chatham.attribution import Known, KnownOrganisation, KnownPerson, Severity
from workshop.chatham.rule import (
    Audience,
    Surface,
)
from workshop.core.localized import Localized
from workshop.people.models import Person
from workshop.people.rule import all_affiliations, post_on
from workshop.programme.models import WorkshopSession
from workshop.programme.queries import find_series
from workshop.programme.view import PersonView, series_view
from workshop.summaries.models import Summary
from workshop.summaries.queries import (
    Colleague,
    Due,
    Guest,
    list_colleagues,
    list_guests,
    list_partners,
    list_people,
)
from workshop.summaries.rule import Checked, attributable_slots, domain_of, languages_of, names_organisation

RULES = 1
"""Raise this where the check itself changed so much that what is published must be looked at anew."""
_PAGE = Surface.PAGE


@dataclass(frozen=True, slots=True)
class _Dictionaries:
    """Those who are named nowhere, and those who may be named for their talk."""

    hidden: attribution.Dictionary
    attributable: attribution.Dictionary | None


def check_summary(
    session: Session, workshop_session: WorkshopSession, summary: Summary, *, knows_list: bool
) -> list[Checked]:
    """Return what the check finds, text by text, in the order of the places.

    Args:
        session: the database.
        workshop_session: loaded whole, with its series.
        summary: as it stands.
        knows_list: whether whoever asks may see the list of participants. Without it the check is not even told of
            anybody whom they may not see, so that neither its findings nor their absence nor its time says anything.
    """
    known = _known_whole(session, workshop_session) if knows_list else _known_to_helpers(session, workshop_session)
    dictionaries = _compile(known, _attributable(workshop_session))
    return [
        found
        for quotation, text in _texts(summary)
        for language, words in _in_languages(text, workshop_session)
        for found in _check(quotation, language, words, dictionaries)
    ]


def fingerprint(due: Due, guests: Sequence[Guest], colleagues: Sequence[Colleague]) -> str:
    """Return a hash that changes with whatever the check of a summary depends on."""
    known = [RULES, due.revision, due.version, guests, colleagues]
    return hashlib.sha256(json.dumps(known, ensure_ascii=False).encode()).hexdigest()


def fingerprints(session: Session, dues: Sequence[Due]) -> dict[int, str]:
    """Return session's id → the fingerprint of its summary now; two statements for all of them."""
    guests = list_guests(session, [due.id for due in dues])
    colleagues = list_colleagues(session, {due.series_id for due in dues})
    return {due.id: fingerprint(due, guests[due.id], colleagues[due.series_id]) for due in dues}


def _texts(summary: Summary) -> Iterator[tuple[int | None, Localized]]:
    yield None, summary.text
    for quotation in summary.quotations:
        yield quotation.position, quotation.text


def _in_languages(text: Localized, workshop_session: WorkshopSession) -> Iterator[tuple[str, str]]:
    codes = languages_of(workshop_session) if text.is_neutral else tuple(text)
    yield from ((language, text[language]) for language in codes)


def _check(quotation: int | None, language: str, words: str, dictionaries: _Dictionaries) -> Iterator[Checked]:
    found = [
        Checked(quotation, language, one, one.severity)
        for one in attribution.check(words, language, dictionaries.hidden)
    ]
    if dictionaries.attributable is not None:
        taken = {one.finding.key for one in found}
        found += [
            Checked(quotation, language, one, Severity.WARN, is_attributable=True)
            for one in attribution.check(words, language, dictionaries.attributable)
            if one.key not in taken
        ]
    yield from sorted(found, key=lambda one: (one.finding.start, one.finding.end))


# A few, and in memory only: putting one together takes longer than everything else, and it holds names.
@lru_cache(maxsize=4)
def _dictionary(known: Known) -> attribution.Dictionary:
    return attribution.compile(known)


def _compile(known: Known, attributable: Known) -> _Dictionaries:
    names = {person.name for person in attributable.people}
    organisations = {name for one in attributable.organisations for name in one.names}
    hidden = replace(
        known,
        people=tuple(one for one in known.people if one.name not in names),
        organisations=tuple(one for one in known.organisations if not organisations & set(one.names)),
    )
    return _Dictionaries(_dictionary(hidden), _dictionary(attributable) if attributable.people else None)


def _organisation(texts: Localized | str, *, is_private: bool) -> KnownOrganisation | None:
    names = (texts,) if isinstance(texts, str) else (texts.pick("").value, *texts.values())
    kept = tuple(dict.fromkeys(name for name in names if names_organisation(name)))
    return KnownOrganisation(kept, is_private=is_private) if kept else None


def _known_whole(session: Session, workshop_session: WorkshopSession) -> Known:
    """Return everybody: those of the programme, of the workspace and of the list."""
    series_id = workshop_session.series_id
    people = list_people(session, series_id)
    guests = list_guests(session, [workshop_session.id])[workshop_session.id]
    colleagues = list_colleagues(session, [series_id])[series_id]
    persons = [KnownPerson(one.name, links=one.links) for one in people]
    persons += [KnownPerson(one.name, is_private=one.is_partner) for one in colleagues if one.name]
    persons += [KnownPerson(one.name, is_private=True) for one in guests if one.name]
    organisations = [
        *(_organisation(affiliation, is_private=False) for one in people for affiliation in all_affiliations(one)),
        *(_organisation(one.name, is_private=False) for one in list_partners(session, series_id)),
        *(_organisation(one.organisation, is_private=one.is_partner) for one in colleagues),
        *(_organisation(one.affiliation, is_private=True) for one in guests),
    ]
    domains = [domain_of(address) for address in (*(one.address for one in guests), *(one.email for one in people))]
    return Known(
        people=tuple(dict.fromkeys(persons)),
        organisations=tuple(dict.fromkeys(one for one in organisations if one)),
        domains=tuple(dict.fromkeys(filter(None, domains))),
    )


def _known_to_helpers(session: Session, workshop_session: WorkshopSession) -> Known:
    """Return whom a helper sees in the workspace anyway, as the Rule lets them."""
    series = find_series(session, workshop_session.series.slug)
    view = series_view(series, audience=Audience.HELPER, surface=_PAGE) if series else None
    if view is None:
        return Known()
    shown: list[PersonView] = [*view.committee]
    partners = [*view.partners]
    for one in view.sessions:
        shown += one.moderators
        shown += [
            person for part in one.sections for item in part.items for person in (*item.speakers, *item.moderators)
        ]
        partners += one.partners
    organisations = [
        *(_organisation(affiliation, is_private=False) for one in shown for affiliation in one.affiliations),
        *(_organisation(one.name, is_private=False) for one in partners),
    ]
    return Known(
        people=tuple(dict.fromkeys(KnownPerson(one.name, links=one.links) for one in shown)),
        organisations=tuple(dict.fromkeys(one for one in organisations if one)),
    )


def _attributable(workshop_session: WorkshopSession) -> Known:
    """Return those who may be quoted by name on a talk of this session, with what they let be told of them."""
    people: list[KnownPerson] = []
    organisations: list[KnownOrganisation | None] = []
    day = workshop_session.starts_at.astimezone(ZoneInfo(workshop_session.tzid)).date()
    for slot, shown in attributable_slots(workshop_session):
        person: Person = slot.person
        people.append(KnownPerson(person.name, links=person.links))
        if shown.speaker_affiliations:
            organisations += [_organisation(one, is_private=False) for one in post_on(person, day).affiliations]
    return Known(
        people=tuple(dict.fromkeys(people)), organisations=tuple(dict.fromkeys(one for one in organisations if one))
    )
