"""Real objects in the database, with sensible values for whatever a test does not care about.

Each takes the session, any column by its name, and flushes. Nobody real: test people live at example.org.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser, Role, SeriesRole
from workshop.chatham.rule import Level, Visibility
from workshop.core.localized import Localized
from workshop.people.models import CommitteeMember, Partner, Person
from workshop.programme.models import (
    Item,
    ItemKind,
    Recording,
    Section,
    Series,
    Slides,
    SlotRole,
    SpeakerSlot,
    WorkshopSession,
)
from workshop.rsvp.models import HOLDS_SEAT, Answer, AnswerState, Participant
from workshop.rsvp.rule import level_of

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PASSWORD = "correct horse battery staple"

_numbers = itertools.count(1)
ModelT = TypeVar("ModelT")


def both(fr: str, en: str) -> Localized:
    """Return a text in both languages."""
    return Localized({"fr": fr, "en": en})


def _keep(session: Session, thing: ModelT) -> ModelT:
    session.add(thing)
    session.flush()
    return thing


def build_series(session: Session, **values: Any) -> Series:
    """Return a public bilingual series in Paris, whose level is `discussion`."""
    number = next(_numbers)
    defaults = {
        "slug": f"serie-{number}",
        "title": both(f"Série d’exemple {number}", f"Example series {number}"),
        "description": both("Une série de séances.", "A series of sessions."),
        "languages": ("fr", "en"),
        "tzid": "Europe/Paris",
        "level": Level.DISCUSSION,
        "visibility": Visibility.PUBLIC,
        "contact": "contact@example.org",
        "sender_name": both("Les ateliers", "The workshops"),
        "controller": both("L’association d’exemple, contact@example.org", "The example society, contact@example.org"),
        "revised_at": NOW,
    }
    return _keep(session, Series(**{**defaults, **values}))


def build_session(session: Session, series: Series | None = None, **values: Any) -> WorkshopSession:
    """Return a published session of two hours, eight days ahead at 16:00 on the series' clock.

    Give `starts_at` (aware) or `starts_wall` (naive, in `tzid`), and the others are worked out; `hours` is its length.
    """
    series = series or build_series(session)
    # Within what a form takes, however many tests came before.
    number = values.get("number", next(_numbers) % 9999 + 1)
    zone = ZoneInfo(values.setdefault("tzid", series.tzid))
    if "starts_at" in values:
        values.setdefault("starts_wall", values["starts_at"].astimezone(zone).replace(tzinfo=None))
    wall = values.setdefault("starts_wall", datetime(2026, 11, 30, 16))  # noqa: DTZ001 (a wall time has no zone)
    if "ends_at" in values:
        values.setdefault("ends_wall", values["ends_at"].astimezone(zone).replace(tzinfo=None))
    values.setdefault("ends_wall", wall + timedelta(hours=values.pop("hours", 2)))
    values.setdefault("starts_at", wall.replace(tzinfo=zone))
    values.setdefault("ends_at", values["ends_wall"].replace(tzinfo=zone))
    defaults = {
        "slug": str(number),
        "number": number,
        "title": both(f"Titre de la séance {number}", f"Title of session {number}"),
        "short_title": both(f"Séance {number}", f"Session {number}"),
        "abstract": both("De quoi il s’agit.", "What it is about."),
        "room_link": f"https://rooms.example.org/{number}",
        "floor_languages": ("fr", "en"),
        "is_published": True,
        "published_at": NOW,
        "revised_at": NOW,
    }
    workshop_session = WorkshopSession(**{**defaults, **values})
    series.sessions.append(workshop_session)
    return _keep(session, workshop_session)


def build_person(session: Session, series: Series, **values: Any) -> Person:
    """Return somebody who speaks, moderates or organises."""
    number = next(_numbers)
    defaults = {
        "key": f"person-{number}",
        "name": f"Camille Exemple {number}",
        "role": both("sociologue", "sociologist"),
        "affiliations": (Localized.neutral("Inserm"), both("Université d’exemple", "University of Examples")),
        "biography": both("Travaille sur les exemples.", "Works on examples."),
        "email": f"person-{number}@example.org",
    }
    person = Person(**{**defaults, **values})
    series.people.append(person)
    return _keep(session, person)


def build_committee_member(session: Session, series: Series, person: Person | None = None) -> CommitteeMember:
    """Return a place in the committee."""
    person = person or build_person(session, series)
    member = CommitteeMember(person=person, position=len(series.committee))
    series.committee.append(member)
    return _keep(session, member)


def build_partner(
    session: Session, series: Series, workshop_session: WorkshopSession | None = None, **values: Any
) -> Partner:
    """Return a partner of the series, or of one session."""
    partners = workshop_session.partners if workshop_session else series.partners
    defaults = {
        "series_id": series.id,
        "workshop_session_id": workshop_session.id if workshop_session else None,
        "position": len(partners),
        "name": Localized.neutral("Exemple & Co"),
        "role": both("soutien", "support"),
        "url": "https://partner.example.org",
    }
    partner = Partner(**{**defaults, **values})
    partners.append(partner)
    return _keep(session, partner)


def build_section(session: Session, workshop_session: WorkshopSession, **values: Any) -> Section:
    """Return an empty section at the end of the programme."""
    defaults = {"position": len(workshop_session.sections), "title": both("Première partie", "First part")}
    section = Section(**{**defaults, **values})
    workshop_session.sections.append(section)
    return _keep(session, section)


def build_item(session: Session, workshop_session: WorkshopSession, **values: Any) -> Item:
    """Return a talk of twenty minutes, in `section` or in the last one; `speakers` and `moderators` are people."""
    section = values.pop("section", None) or next(reversed(workshop_session.sections), None)
    section = section or build_section(session, workshop_session)
    people = {SlotRole.SPEAKER: values.pop("speakers", ()), SlotRole.MODERATOR: values.pop("moderators", ())}
    defaults = {
        "position": len(section.items),
        "kind": ItemKind.TALK,
        "title": both("Un exposé", "A talk"),
        "minutes": 20,
    }
    item = Item(**{**defaults, **values})
    section.items.append(item)
    _keep(session, item)
    for role, those in people.items():
        for person in those:
            build_slot(session, workshop_session, person, item=item, role=role)
    return item


def build_slot(
    session: Session, workshop_session: WorkshopSession, person: Person, item: Item | None = None, **values: Any
) -> SpeakerSlot:
    """Return a person's part in an item (as its speaker), or in the whole session (as its moderator)."""
    slots = item.slots if item else workshop_session.slots
    defaults = {
        "workshop_session_id": workshop_session.id,
        "item_id": item.id if item else None,
        "role": SlotRole.SPEAKER if item else SlotRole.MODERATOR,
        "position": len(slots),
        "created_at": NOW,
    }
    slot = SpeakerSlot(person=person, **{**defaults, **values})
    slots.append(slot)
    return _keep(session, slot)


def build_slides(session: Session, slot: SpeakerSlot, **values: Any) -> Slides:
    """Return a file of somebody's part, as it is kept."""
    content = values.setdefault("content", b"%PDF-1.7 slides")
    defaults = {"slot_id": slot.id, "media_type": "application/pdf", "size": len(content), "uploaded_at": NOW}
    slides = Slides(**{**defaults, "uploaded_by": "speaker", **values})
    slot.slides.append(slides)
    return _keep(session, slides)


def build_recording(
    session: Session, workshop_session: WorkshopSession, item: Item | None = None, **values: Any
) -> Recording:
    """Return a recording of an item or of it all, published where `published_at` says so."""
    own = item.level if item else None
    defaults = {
        "item_id": item.id if item else None,
        "url": "https://media.example.org/recording.mp4",
        "level": own or workshop_session.level or workshop_session.series.level,
        "agreed_at": NOW,
        "created_at": NOW,
    }
    recording = Recording(**{**defaults, **values})
    workshop_session.recordings.append(recording)
    return _keep(session, recording)


def build_organiser(
    session: Session,
    series: Series | None = None,
    *,
    role: Role = Role.OWNER,
    door: WorkshopSession | None = None,
    **values: Any,
) -> Organiser:
    """Return somebody who signs in with `password` (PASSWORD by default), with a role in `series` if it is given.

    A helper stands at the `door` of one session, for as long as no test says otherwise.
    """
    from workshop.accounts.service import phrases

    number = next(_numbers)
    email = values.pop("email", f"organiser-{number}@example.org")
    defaults = {
        "email_folded": email.casefold(),
        "name": f"Organisatrice {number}",
        "password_hash": phrases.HASHER.hash(values.pop("password", PASSWORD)),
        "created_at": NOW,
    }
    organiser = Organiser(email=email, **{**defaults, **values})
    if series is not None:
        held = SeriesRole(series_id=series.id, role=role, granted_at=NOW)
        held.workshop_session_id = door.id if door is not None else None
        organiser.roles.append(held)
    return _keep(session, organiser)


def build_participant(session: Session, series: Series, **values: Any) -> Participant:
    """Return somebody who takes part and has confirmed their address, in French; `confirmed_at=None`: not yet."""
    number = next(_numbers)
    address = values.pop("address", f"participant-{number}@example.org")
    defaults = {
        "series_id": series.id,
        "address_folded": address.casefold() if address else None,
        "name": f"Participante {number}",
        "language": "fr",
        "created_at": NOW - timedelta(days=1),
        "confirmed_at": NOW - timedelta(days=1),
    }
    return _keep(session, Participant(address=address, **{**defaults, **values}))


def build_answer(
    session: Session,
    workshop_session: WorkshopSession,
    participant: Participant | None = None,
    *,
    state: AnswerState = AnswerState.ACCEPTED,
    **values: Any,
) -> Answer:
    """Return an answer, by default a seat that is held, whose participant was told the session as it stands."""
    participant = participant or build_participant(session, workshop_session.series)
    at = values.get("created_at", NOW - timedelta(days=1))
    defaults = {
        "created_at": at,
        "answered_at": at,
        "accepted_at": at if state in HOLDS_SEAT else None,
    }
    if state is not AnswerState.PENDING:
        defaults |= {
            "told_starts_at": workshop_session.starts_at,
            "told_ends_at": workshop_session.ends_at,
            "told_tzid": workshop_session.tzid,
            "told_mode": workshop_session.mode,
            "told_place": workshop_session.place,
            "told_floor_languages": workshop_session.floor_languages,
            "told_interpretation": workshop_session.interpretation,
            "told_status": workshop_session.status,
            "told_level": level_of(workshop_session),
        }
    answer = Answer(workshop_session=workshop_session, state=state, **{**defaults, **values})
    participant.answers.append(answer)
    return _keep(session, answer)
