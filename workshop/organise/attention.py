"""What needs somebody: of a series and of each of its sessions, for the dashboard and for the daily digest.

Numbers only: nothing here names who takes part. Each need leads to the page, and where there is one to the field, where
it is seen to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from workshop.accounts.models import Role
from workshop.accounts.rule import LISTERS, PLANNERS, WRITERS
from workshop.core.language import language_name
from workshop.core.localtime import days_until, short_date
from workshop.organise.queries import (
    AnswerCounts,
    NotArrived,
    count_changes_waiting,
    count_not_arrived,
    count_stale,
    count_standing,
    list_kept_aside,
)
from workshop.organise.view import missed_words
from workshop.programme.models import Series, SessionStatus, SpeakerSlot, WorkshopSession
from workshop.programme.organise import session_row
from workshop.programme.texts import NOT_TRANSLATORS, series_texts, session_texts
from workshop.reminders.service import find_untold

SOON = 7
"""What is missing of a session presses so many days before it, as a calendar counts them."""
AHEAD = 28
"""And is shown so many days before it: time to translate, and to ask those who speak again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Something that needs somebody, and where it is seen to."""

    words: str
    """A sentence, in the reader's language."""
    endpoint: str
    values: Mapping[str, Any] = field(default_factory=dict)
    """Of the address, beside the language and the slugs of series and session."""
    is_pressing: bool = False
    """Whether the daily digest tells it too."""
    is_of_series: bool = False
    """Whether that page is the series', also for what a session needs."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom it is told to: in a series, where they have this role, and in their language."""

    role: Role
    language: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is read once for all series of a reader, or of all readers; by ids, absent where there is nothing."""

    missed: Mapping[int, NotArrived]
    changes: Mapping[int, int]
    """Series → changes that speakers asked for and that nobody has decided on."""
    stale: Mapping[str, int]
    """Owner, such as `session:4`, → its texts whose other language was changed since."""
    standing: Mapping[tuple[str, str], AnswerCounts]
    untold: Collection[int]
    """Sessions with changes that nobody was told of."""
    aside: Collection[int]
    """Sessions with edits kept aside."""


def find_facts(
    session: Session, series_ids: Collection[int], sessions: Iterable[WorkshopSession], *, now: datetime
) -> Facts:
    """Return what the needs of these series and of their sessions that are not over are made of."""
    own = list(sessions)
    ids = [one.id for one in own]
    return Facts(
        missed=count_not_arrived(session, series_ids),
        changes=count_changes_waiting(session, series_ids),
        stale=count_stale(session, series_ids),
        standing=count_standing(session, own),
        untold=set(find_untold(session, own, now=now)),
        aside=list_kept_aside(session, ids),
    )


def needs_of_series(series: Series, reader: Reader, found: Facts, *, has_coming: bool) -> list[Need]:
    """Return what a series needs of a reader, apart from its sessions."""
    needs, role = [], reader.role
    if role in LISTERS and series.id in found.missed:
        missed = missed_words(found.missed[series.id])
        values = {"fate": missed.fate.value, "_anchor": "list"}
        needs.append(Need(words=missed.words, endpoint="organise.mail", values=values, is_pressing=True))
    if role in LISTERS and series.reminders_paused_at and has_coming:
        words = _paused_words(series.reminders_paused_at, series.tzid, reader.language)
        needs.append(Need(words=words, endpoint="organise.mail", is_pressing=True))
    if role in PLANNERS and (waiting := found.changes.get(series.id)):
        words = ngettext(
            "%(num)d change that a speaker asked for is waiting.",
            "%(num)d changes that speakers asked for are waiting.",
            waiting,
        )
        needs.append(Need(words=words, endpoint="programme_organise.changes", is_pressing=True))
    if role in WRITERS and has_coming:
        needs += _missing_of_series(series, reader)
    if role in WRITERS and (number := found.stale.get(f"series:{series.id}")):
        needs.append(_stale_need(number))
    return needs


def needs_of_session(one: WorkshopSession, reader: Reader, found: Facts, *, now: datetime) -> list[Need]:
    """Return what a session that is not over needs of a reader."""
    needs: list[Need] = []
    role = reader.role
    if role in LISTERS:
        needs += _of_answers(found.standing[one.series.slug, one.slug])
    if one.status is not SessionStatus.CANCELLED and one.starts_at > now:
        days = days_until(one.starts_at, one.tzid, now=now)
        if days <= AHEAD:
            needs += _of_planning(one, reader, days=days, now=now)
    if role in WRITERS and (number := _stale_of(one, found)):
        needs.append(_stale_need(number))
    if role in PLANNERS and one.id in found.aside:
        words = _("Edits are kept aside: nobody sees them yet.")
        needs.append(Need(words=words, endpoint="organise.changes"))
    if role in PLANNERS and one.id in found.untold and one.tell_at is None:
        words = _("It was changed, and those concerned have not been told.")
        needs.append(Need(words=words, endpoint="organise.tell", is_pressing=True))
    if role in LISTERS and one.reminders_paused_at:
        words = _paused_words(one.reminders_paused_at, one.tzid, reader.language)
        needs.append(Need(words=words, endpoint="organise.session_mail", is_pressing=True))
    return needs


def news_of_session(one: WorkshopSession, reader: Reader, *, since: datetime, now: datetime) -> list[Need]:
    """Return what a session needs nobody for, and the daily digest tells: who speaks said since then that they come."""
    if reader.role not in PLANNERS or one.status is SessionStatus.CANCELLED or one.starts_at <= now:
        return []
    number = len(
        {slot.person_id for slot in _slots(one) if slot.confirmed_at is not None and slot.confirmed_at > since}
    )
    if not number:
        return []
    words = ngettext(
        "Newly confirmed: %(num)d person who speaks or moderates.",
        "Newly confirmed: %(num)d people who speak or moderate.",
        number,
    )
    values = {"session": one.slug}
    return [Need(words=words, endpoint="organise.speakers", values=values, is_pressing=True, is_of_series=True)]


def standing_of_speakers(one: WorkshopSession) -> str:
    """Return in words how many of those who speak or moderate have confirmed; empty for nobody, and where it is off."""
    slots = _slots(one) if one.status is not SessionStatus.CANCELLED else []
    everybody = {slot.person_id for slot in slots}
    declined = {slot.person_id for slot in slots if slot.declined_at is not None}
    confirmed = {slot.person_id for slot in slots if slot.confirmed_at is not None} - declined
    if not everybody:
        return ""
    words = str(_("%(confirmed)s of %(all)s confirmed", confirmed=len(confirmed), all=len(everybody)))
    if not declined:
        return words
    others = ngettext("%(num)s declined", "%(num)s declined", len(declined))
    return f"{words}, {others}"


def group_by_series(sessions: Iterable[WorkshopSession]) -> dict[int, list[WorkshopSession]]:
    """Return series' id → its sessions, in the order given."""
    found: dict[int, list[WorkshopSession]] = defaultdict(list)
    for one in sessions:
        found[one.series_id].append(one)
    return found


def _of_answers(counts: AnswerCounts) -> list[Need]:
    needs = []
    if counts.to_approve:
        words = ngettext(
            "%(num)d answer is waiting for approval.", "%(num)d answers are waiting for approval.", counts.to_approve
        )
        values = {"state": "requested"}
        needs.append(Need(words=words, endpoint="rsvp_organise.answers", values=values, is_pressing=True))
    is_full = counts.capacity is not None and counts.coming + counts.offered >= counts.capacity
    if counts.waiting and is_full:
        words = ngettext(
            "The session is full, and %(num)d person waits for a place.",
            "The session is full, and %(num)d people wait for a place.",
            counts.waiting,
        )
        needs.append(Need(words=words, endpoint="rsvp_organise.answers", values={"state": "waitlisted"}))
    return needs


def _of_planning(one: WorkshopSession, reader: Reader, *, days: int, now: datetime) -> list[Need]:
    needs, role = [], reader.role
    is_soon = days <= SOON
    row = session_row(one, one.series, now=now)
    if role in PLANNERS and not one.is_published:
        words = _("It is still a draft that nobody sees.")
        needs.append(Need(words=words, endpoint="organise.checklist", is_pressing=is_soon))
    if role in PLANNERS and row.needs_room_link and is_soon:
        words = _("The address of the online room is missing.")
        values = {"_anchor": "room_link"}
        needs.append(Need(words=words, endpoint="organise.edit_session", values=values, is_pressing=True))
    if role in WRITERS:
        needs += [_missing_need(one, language, reader) for language in row.missing]
    if role in PLANNERS:
        needs += _of_speakers(one)
    return needs


def _missing_of_series(series: Series, reader: Reader) -> list[Need]:
    """Return that a series' own texts are missing in a language, with the way to the field of the first of them."""
    texts = [text for text in series_texts(series) if reader.role in PLANNERS or text.field not in NOT_TRANSLATORS]
    needs = []
    for language in series.languages:
        first = next((text for text in texts if text.missing([language])), None)
        if first is not None:
            words = _("Texts are missing in %(language)s.", language=language_name(language, reader.language))
            values = {"_anchor": f"{first.field}-{language}"}
            needs.append(Need(words=words, endpoint="organise.edit_series", values=values))
    return needs


def _missing_need(one: WorkshopSession, language: str, reader: Reader) -> Need:
    """Return that texts are missing, with the way to the field of the first of them."""
    words = _("Texts are missing in %(language)s.", language=language_name(language, reader.language))
    first = next((text for text in session_texts(one) if text.missing([language])), None)
    if first is not None and first.field in NOT_TRANSLATORS and reader.role not in PLANNERS:
        first = None  # their form has no field for it
    if first is not None and first.owner == f"session:{one.id}":
        values = {"_anchor": f"{first.field}-{language}"}
        return Need(words=words, endpoint="organise.edit_session", values=values)
    for number, section in enumerate(one.sections):
        if first is not None and first.owner == f"section:{section.id}":
            values = {"_anchor": f"sections-{number}-{first.field}-{language}", "open": f"s{number}"}
            return Need(words=words, endpoint="organise.programme", values=values)
        for index, item in enumerate(section.items):
            if first is not None and first.owner == f"item:{item.id}":
                anchor = f"sections-{number}-items-{index}-{first.field}-{language}"
                values = {"_anchor": anchor, "open": f"s{number}i{index}"}
                return Need(words=words, endpoint="organise.programme", values=values)
    values = {"session": one.slug}
    return Need(words=words, endpoint="programme_organise.languages", values=values, is_of_series=True)


def _of_speakers(one: WorkshopSession) -> list[Need]:
    slots = _slots(one)
    declined = {slot.person_id for slot in slots if slot.declined_at is not None}
    silent = {slot.person_id for slot in slots if slot.confirmed_at is None} - declined
    needs = []
    if declined:
        words = ngettext(
            "%(num)d person in the programme has declined.",
            "%(num)d people in the programme have declined.",
            len(declined),
        )
        needs.append(Need(words=words, endpoint="organise.programme"))
    if silent:
        words = ngettext(
            "%(num)d person who speaks or moderates has not confirmed.",
            "%(num)d people who speak or moderate have not confirmed.",
            len(silent),
        )
        needs.append(Need(words=words, endpoint="organise.speakers", values={"session": one.slug}, is_of_series=True))
    return needs


def _slots(one: WorkshopSession) -> list[SpeakerSlot]:
    return [*one.slots, *(slot for section in one.sections for item in section.items for slot in item.slots)]


def _stale_of(one: WorkshopSession, found: Facts) -> int:
    owners = [f"session:{one.id}"]
    for section in one.sections:
        owners += [f"section:{section.id}", *(f"item:{item.id}" for item in section.items)]
    return sum(found.stale.get(owner, 0) for owner in owners)


def _stale_need(number: int) -> Need:
    words = ngettext(
        "%(num)d text is to be checked: its other language was changed.",
        "%(num)d texts are to be checked: their other language was changed.",
        number,
    )
    return Need(words=words, endpoint="programme_organise.languages", is_of_series=True)


def _paused_words(at: datetime, tzid: str, language: str) -> str:
    day = short_date(at.astimezone(ZoneInfo(tzid)).date(), language)
    return str(_("Reminders have been paused since %(day)s.", day=day))
