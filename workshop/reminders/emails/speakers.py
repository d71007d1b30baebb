"""Notices of change to those who speak or moderate, written into the outbox of the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from workshop.chatham.notices import label as level_label
from workshop.chatham.notices import level_character
from workshop.chatham.rule import Audience, Surface
from workshop.mail.render import render
from workshop.mail.service import enqueue, sender_of
from workshop.people.models import Person
from workshop.programme.emails import language_of, must_be_neutral, speaker_url
from workshop.programme.models import WorkshopSession
from workshop.programme.view import SessionView, default_label, session_view
from workshop.reminders.emails.about import levels_of
from workshop.reminders.emails.changes import PRIORITIES, difference
from workshop.reminders.rule import Change, Facts
from workshop.rsvp.emails import Sample, reply_to, sender_name
from workshop.rsvp.emails.answers import render_own

KINDS: Final[Mapping[Change, str]] = {
    "session_moved": "session_moved_speaker",
    "session_cancelled": "session_cancelled_speaker",
    "session_reinstated": "session_reinstated_speaker",
    "session_changed": "session_changed_speaker",
}
"""Which message tells somebody who speaks of a change."""


def change_of_speaker(
    session: Session,
    *,
    now: datetime,
    person: Person,
    workshop_session: WorkshopSession,
    kind: Change,
    before: Facts,
    after: Facts,
) -> int | None:
    """Queue one notice to somebody who speaks or moderates; None without an address, or when it was there already.

    Args:
        session: the transaction that also writes down what was told.
        now: the present.
        person: whom it is for.
        workshop_session: whole, with its series.
        kind: what happened.
        before: what they know.
        after: the session as it stands.
    """
    view = view_of_speaker(person, workshop_session)
    if view is None or not person.email:
        return None
    series, language = workshop_session.series, language_of(person, workshop_session.series)
    items = [item.level for section in workshop_session.sections for item in section.items]
    sender, context = sender_name(series, view, language), _context(person, view, before, after, language)
    rendered = None
    if before.is_postponed or after.is_postponed:
        # A series’ own words for a cancellation would say that it is one.
        rendered = render(KINDS[kind], language, {**context, "sender_name": sender_of(sender)})
    return enqueue(
        session,
        now=now,
        kind=KINDS[kind],
        priority=PRIORITIES[kind],
        series_id=workshop_session.series_id,
        workshop_session_id=workshop_session.id,
        person_ref=person.subject,
        answer_ref="",
        basis={
            "told": before.to_json(),
            "now": after.to_json(),
            "levels": list(levels_of(workshop_session, items)),
            "is_neutral": view.is_neutral,
        },
        # Once for each person, whatever their parts are: the caller holds the session, and writes to each once.
        dedupe_key=f"{KINDS[kind]}|{person.subject}|{workshop_session.uid}|{now.isoformat()}",
        recipient=person.email,
        language=language,
        sender_name=sender,
        headers=reply_to(series, view),
        context=context,
        expires_at=after.ends_at,
        rendered=rendered,
    )


def change_sample_of_speaker(
    person: Person, workshop_session: WorkshopSession, kind: Change, *, before: Facts, after: Facts
) -> Sample | None:
    """Return such a notice as it would leave, to be shown; None where none would. Reads and writes nothing."""
    view = view_of_speaker(person, workshop_session)
    if view is None or not person.email:
        return None
    series, language = workshop_session.series, language_of(person, workshop_session.series)
    sender = sender_of(sender_name(series, view, language))
    context = {**_context(person, view, before, after, language), "sender_name": sender}
    text = render_own(series, view, KINDS[kind], language, context)
    return Sample(sender, reply_to(series, view).get("Reply-To", ""), text, has_calendar=False)


def view_of_speaker(person: Person, workshop_session: WorkshopSession) -> SessionView | None:
    """Return a session as a mail to somebody who speaks there may show it.

    Neutral also for whoever does not want to be named with it: a lock screen that shows a subject would.
    """
    return session_view(
        workshop_session,
        audience=Audience.SPEAKER,
        surface=Surface.MAIL,
        is_discreet=must_be_neutral(person, [workshop_session]),
    )


def _context(person: Person, view: SessionView, before: Facts, after: Facts, language: str) -> dict[str, Any]:
    return {
        "view": view,
        "reader_name": person.name,
        "has_label": view.title != view.label and view.label != default_label(None),
        "level_label": level_label(view.level),
        "level_character": level_character(view.level),
        "own_tzid": "",
        "page_url": speaker_url(person, language),
        **difference(view, before, after, language),
    }
