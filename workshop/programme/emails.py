"""What those who speak are told, written into the outbox of the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from workshop.accounts.queries import list_planners
from workshop.chatham.rule import Level, effective_level, shown_level
from workshop.core.erasures import account_ref
from workshop.core.language import languages
from workshop.core.links import Purpose, mark
from workshop.core.urls import external_url
from workshop.mail.service import enqueue, supersede
from workshop.people.models import ChangeState, Person, SpeakerChange
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.view.consents import BY_SPEAKER, consents_of
from workshop.programme.view.speakers import slots_of

LINK = "speaker_link"
CHANGE = "speaker_change"
DECIDED = "speaker_change_decided"
DECLINED, RETURNED, MADE, WAITING = "declined", "returned", "made", "waiting"
"""What somebody who speaks did, as CHANGE tells it."""
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


def speaker_change(
    session: Session,
    *,
    now: datetime,
    event: str,
    person: Person,
    series: Series,
    sessions: Iterable[WorkshopSession],
    workshop_session_id: int | None = None,
) -> int:
    """Tell whoever plans a series what somebody who speaks did on their own page; returns how many are told.

    It never names them; nor, where `must_be_neutral` says so, the series. Once a day for each of them and event.

    Args:
        session: the transaction.
        now: the present.
        event: DECLINED, RETURNED, MADE or WAITING.
        person: who speaks.
        series: theirs.
        sessions: those in which they speak or moderate, whole.
        workshop_session_id: which one it is about; None: what is written about them.
    """
    # Whoever declines is announced no more, which alone would make this neutral: the organisers know the session.
    is_neutral = names_nothing(sessions)
    count = 0
    for organiser in list_planners(session, series_id=series.id, now=now):
        language, ref = organiser.language, account_ref(organiser.email_folded)
        page = "programme_organise.changes" if event == WAITING else "programme_organise.person"
        address = {"series": series.slug} if event == WAITING else {"series": series.slug, "person": person.id}
        made = enqueue(
            session,
            now=now,
            kind=CHANGE,
            priority=PRIORITY,
            series_id=series.id,
            workshop_session_id=None,
            person_ref=ref,
            answer_ref="",
            basis={"organiser": organiser.id, "speaker": person.subject, "is_neutral": is_neutral},
            dedupe_key=f"{CHANGE}:{ref}:{person.subject}:{event}:{workshop_session_id}:{now.date().isoformat()}",
            recipient=organiser.email,
            language=language,
            sender_name="" if is_neutral else series.sender_name.pick(language, languages()).value,
            context={
                "is_neutral": is_neutral,
                "event": event,
                "series_title": "" if is_neutral else series.title,
                "desk_url": external_url("organise.dashboard", lang=language)
                if is_neutral
                else external_url(page, lang=language, **address),
            },
        )
        count += made is not None
    return count


def speaker_change_decided(
    session: Session,
    *,
    now: datetime,
    change: SpeakerChange,
    person: Person,
    series: Series,
    sessions: Iterable[WorkshopSession],
) -> int | None:
    """Tell somebody who speaks what became of a change that they asked for; None without an address.

    Where the series lets changes through at once, that it was made: once a day, so that whoever else has their link
    changes nothing unnoticed.

    Neutral as `speaker_link` is, and it repeats nothing of what they wrote.
    """
    if not person.email:
        return None
    is_neutral = must_be_neutral(person, sessions)
    language = language_of(person, series)
    is_own = change.decided_by == BY_SPEAKER
    occasion = f"own:{change.asked_at.date().isoformat()}" if is_own else str(change.id)
    return enqueue(
        session,
        now=now,
        kind=DECIDED,
        priority=PRIORITY,
        series_id=series.id,
        workshop_session_id=None,
        person_ref=person.subject,
        answer_ref="",
        basis={"is_neutral": is_neutral},
        dedupe_key=f"{DECIDED}:{person.subject}:{occasion}",
        recipient=person.email,
        language=language,
        sender_name="" if is_neutral else series.sender_name.pick(language, languages()).value,
        headers={"Reply-To": series.contact} if series.contact and not is_neutral else {},
        context={
            "is_neutral": is_neutral,
            "is_made": change.state is ChangeState.MADE,
            "is_own": is_own,
            "series_title": "" if is_neutral else series.title,
            "speaker_url": speaker_url(person, language),
        },
    )


def must_be_neutral(person: Person, sessions: Iterable[WorkshopSession]) -> bool:
    """Whether a mail to somebody about their sessions may name nothing.

    As soon as one of these, or a part of it, is so strict; or as soon as they do not want to be named in one of them:
    then a lock screen that shows a subject does not name them either.
    """
    sessions = list(sessions)
    return names_nothing(sessions) or any(
        slot.person_id == person.id and not consents_of(slot).announce_name
        for one in sessions
        for slot, _item in slots_of(one)
    )


def names_nothing(sessions: Iterable[WorkshopSession]) -> bool:
    """Whether one of these sessions, or a part of it, is so strict that no mail names it."""
    return any(_shown_level(one) >= Level.WHOLE_SESSION for one in sessions)


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
