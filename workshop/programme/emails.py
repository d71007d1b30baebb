"""What those who speak are told, written into the outbox of the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from workshop.chatham.rule import Level, effective_level, shown_level
from workshop.core.language import languages
from workshop.core.links import Purpose, mark
from workshop.core.urls import external_url
from workshop.mail.service import enqueue, supersede
from workshop.people.models import Person
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.view.consents import consents_of
from workshop.programme.view.speakers import slots_of

LINK = "speaker_link"
PRIORITY = 30


def speaker_link(
    session: Session,
    *,
    now: datetime,
    person: Person,
    series: Series,
    sessions: Iterable[WorkshopSession],
    is_new: bool = False,
) -> int | None:
    """Mail the link of their own page to somebody who speaks; None without an address.

    Neutral, naming neither series nor topic nor part in it, where `must_be_neutral` says so.

    Args:
        session: the transaction.
        now: the present.
        person: of the series.
        series: its own columns are enough.
        sessions: those in which they speak or moderate, whole.
        is_new: the links before this one are dead.
    """
    if not person.email:
        return None
    is_neutral = must_be_neutral(person, sessions)
    language = language_of(person, series)
    supersede(session, now=now, person_ref=person.subject, kinds=(LINK,), reason="sent again")
    return enqueue(
        session,
        now=now,
        kind=LINK,
        priority=PRIORITY,
        series_id=series.id,
        workshop_session_id=None,
        person_ref=person.subject,
        answer_ref="",
        basis={"is_neutral": is_neutral},
        dedupe_key=f"{LINK}:{person.subject}:{now.isoformat()}",
        recipient=person.email,
        language=language,
        sender_name="" if is_neutral else series.sender_name.pick(language, languages()).value,
        headers={"Reply-To": series.contact} if series.contact and not is_neutral else {},
        context={
            "is_neutral": is_neutral,
            "reader_name": person.name,
            "series_title": "" if is_neutral else series.title,
            "is_new": is_new,
            "speaker_url": speaker_url(person, language),
        },
    )


def must_be_neutral(person: Person, sessions: Iterable[WorkshopSession]) -> bool:
    """Whether a mail to somebody about their sessions may name nothing.

    As soon as one of these, or a part of it, is so strict; or as soon as they do not want to be named in one of them:
    then a lock screen that shows a subject does not name them either.
    """
    return any(
        _shown_level(one) >= Level.WHOLE_SESSION
        or any(slot.person_id == person.id and not consents_of(slot).announce_name for slot, _item in slots_of(one))
        for one in sessions
    )


def language_of(person: Person, series: Series) -> str:
    """Return the language in which somebody who speaks is written to."""
    known = [code for code in (person.language, *series.languages) if code in languages()]
    return known[0] if known else languages()[0]


def speaker_url(person: Person, language: str) -> str:
    """Return the address of a speaker's own page, its secret as a mark."""
    return external_url("speaker.page", lang=language, token=mark(Purpose.SPEAKER, person.subject))


def _shown_level(one: WorkshopSession) -> Level:
    level, _ = effective_level(session=one.level, series=one.series.level)
    return shown_level(session=level, items=(item.level for section in one.sections for item in section.items))
