"""What stands between a session and its publication, line by line: what blocks it, what only warns, what is well."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from workshop.chatham.notices import label as level_label
from workshop.core.language import language_name
from workshop.organise.comparing import FIELD_WORDS
from workshop.organise.composing import field_place
from workshop.organise.timeline import rule_words
from workshop.people.staleness import list_stale
from workshop.programme.conflicts import booking_of, bookings_of, find_conflicts
from workshop.programme.models import Mode, SessionStatus, SpeakerSlot, WorkshopSession
from workshop.programme.organise import SessionRow
from workshop.programme.queries import list_sessions
from workshop.programme.service.checks import lacking_sentence
from workshop.programme.service.values import session_values
from workshop.programme.texts import lacking_texts
from workshop.programme.view.planning import conflict_words
from workshop.reminders.schedule import parse_offsets

_DAYS = timedelta(days=2)


class Standing(enum.StrEnum):
    """How much a line matters."""

    BLOCKS = "blocks"
    WARNS = "warns"
    WELL = "well"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist."""

    standing: Standing
    words: str
    endpoint: str = ""
    """Of the page where it is seen to; empty: nothing is to do."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """Of its address, beside language and slugs."""
    is_of_series: bool = False
    """Whether that page is the series'."""


def checks_of(
    session: Session, workshop_session: WorkshopSession, row: SessionRow, *, now: datetime, language: str
) -> list[Check]:
    """Return every line, what blocks first.

    Args:
        session: the database.
        workshop_session: whole, with its series.
        row: the same as the workspace lists it.
        now: the present instant.
        language: in which the page is read.
    """
    found = [
        *_texts(session, workshop_session, row, language),
        *_speakers(workshop_session),
        *_place(workshop_session, row),
        *_seats(workshop_session),
        *_reminders(workshop_session),
        *_rule(row, language),
        *_date(session, workshop_session, now, language),
    ]
    return sorted(found, key=lambda one: list(Standing).index(one.standing))


def _names(codes: Iterable[str], language: str) -> str:
    return ", ".join(language_name(code, language) for code in codes)


def _edit(anchor: str) -> dict[str, Any]:
    return {"endpoint": "organise.edit_session", "values": {"_anchor": anchor}}


def _texts(session: Session, one: WorkshopSession, row: SessionRow, language: str) -> list[Check]:
    found = []
    titles = [section.title for section in one.sections]
    lacking = lacking_texts(one, titles, one.series.languages)
    for name, missing in lacking.items():
        is_programme = name.startswith("programme")
        words = _(
            "%(field)s: missing in %(languages)s",
            field=_("Title of a section") if is_programme else FIELD_WORDS[name],
            languages=_names(missing, language),
        )
        where: dict[str, Any] = _edit(name)
        if is_programme:
            where = {"endpoint": "organise.programme", "values": field_place(name)}
        found.append(Check(Standing.BLOCKS, words, **where))
    values = session_values(one)
    for code in lacking_sentence(
        one.series.own_sentence, dataclasses.replace(values, is_published=True), one.series.languages
    ):
        words = _(
            "The series’ own sentence beside the notice is missing in %(language)s",
            language=language_name(code, language),
        )
        where = {"endpoint": "organise.edit_series", "values": {"_anchor": "own_sentence"}, "is_of_series": True}
        found.append(Check(Standing.BLOCKS, words, **where))
    wanted = [one.monolingual] if one.monolingual else one.series.languages
    if missing := one.abstract.missing(wanted):
        words = _("The abstract is missing in %(languages)s", languages=_names(missing, language))
        found.append(Check(Standing.WARNS, words, **_edit("abstract")))
    if number := _count_stale(session, one):
        words = ngettext(
            "%(num)d text may be stale: its other language was changed since",
            "%(num)d texts may be stale: their other language was changed since",
            number,
        )
        found.append(Check(Standing.WARNS, words, "programme_organise.languages", {"session": row.slug}, True))
    if not found:
        languages = _names(wanted, language)
        found.append(Check(Standing.WELL, _("The texts are there in: %(languages)s", languages=languages)))
    return found


def _count_stale(session: Session, one: WorkshopSession) -> int:
    owners = {f"session:{one.id}", *(f"section:{section.id}" for section in one.sections)}
    owners |= {f"item:{item.id}" for section in one.sections for item in section.items}
    return sum(len(rows) for owner, rows in list_stale(session, one.series_id).items() if owner in owners)


def _slots(one: WorkshopSession) -> list[SpeakerSlot]:
    items = [slot for section in one.sections for item in section.items for slot in item.slots]
    return [*one.slots, *items]


def _speakers(one: WorkshopSession) -> list[Check]:
    slots = _slots(one)
    declined = {slot.person_id for slot in slots if slot.declined_at}
    waiting = {slot.person_id for slot in slots if not slot.confirmed_at} - declined
    where: dict[str, Any] = {
        "endpoint": "organise.speakers", "values": {"session": one.slug}, "is_of_series": True,
    }  # fmt: skip
    found = []
    if declined:
        words = ngettext(
            "%(num)d person who speaks has declined", "%(num)d people who speak have declined", len(declined)
        )
        found.append(Check(Standing.WARNS, words, "organise.programme"))
    if waiting:
        words = ngettext(
            "%(num)d person who speaks has not confirmed yet",
            "%(num)d people who speak have not confirmed yet",
            len(waiting),
        )
        found.append(Check(Standing.WARNS, words, **where))
    if not slots:
        found.append(Check(Standing.WARNS, _("Nobody speaks in the programme yet"), "organise.programme"))
    return found or [Check(Standing.WELL, _("Everybody who speaks has confirmed"))]


def _place(one: WorkshopSession, row: SessionRow) -> list[Check]:
    found = []
    if row.needs_room_link:
        found.append(Check(Standing.WARNS, _("The address of the online room is missing"), **_edit("room_link")))
    if one.mode is not Mode.ONLINE and not one.place:
        found.append(Check(Standing.WARNS, _("The place is missing"), **_edit("place")))
    return found or [Check(Standing.WELL, _("Where it takes place is known"))]


def _seats(one: WorkshopSession) -> list[Check]:
    if one.capacity is None:
        return [Check(Standing.WELL, _("Places: no limit"), **_edit("capacity"))]
    words = ngettext("%(num)d place", "%(num)d places", one.capacity)
    return [Check(Standing.WELL, words, **_edit("capacity"))]


def _reminders(one: WorkshopSession) -> list[Check]:
    if one.reminders_paused_at or one.series.reminders_paused_at:
        return [Check(Standing.WARNS, _("Reminders are paused"), "organise.session_mail")]
    offsets = parse_offsets(one.series.reminders if one.reminders is None else one.reminders)
    if not offsets:
        return [Check(Standing.WARNS, _("No reminders are planned"), **_edit("reminders"))]
    words = _("Reminders: %(rules)s", rules=", ".join(rule_words(offset) for offset in offsets))
    return [Check(Standing.WELL, words, "organise.session_mail")]


def _rule(row: SessionRow, language: str) -> list[Check]:
    words = _("The Rule: %(level)s. See who sees what", level=level_label(row.level).pick(language).value)
    return [Check(Standing.WELL, words, "organise.who_sees_what")]


def _date(session: Session, one: WorkshopSession, now: datetime, language: str) -> list[Check]:
    found = []
    if one.status is SessionStatus.CANCELLED:
        found.append(Check(Standing.BLOCKS, _("It is cancelled or postponed"), "organise.move"))
    elif one.starts_at <= now:
        found.append(Check(Standing.WARNS, _("Its date has passed"), "organise.move"))
    elif one.status is SessionStatus.TENTATIVE:
        found.append(Check(Standing.WARNS, _("Its date is not yet certain"), **_edit("status")))
    sentences: Sequence[str] = ()
    if one.starts_at > now:
        near = [other.id for other in one.series.sessions if other is not one and _is_near(one, other)]
        others = bookings_of(list_sessions(session, near)) if near else []
        sentences = conflict_words(find_conflicts(booking_of(one), others), language)
    return found + [Check(Standing.WARNS, sentence, "organise.move") for sentence in sentences]


def _is_near(one: WorkshopSession, other: WorkshopSession) -> bool:
    """Whether two may share a day on some clock: only those are loaded whole."""
    return one.starts_at - _DAYS < other.ends_at and other.starts_at < one.ends_at + _DAYS
