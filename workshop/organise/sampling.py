"""Each kind of message as it would leave, to a made-up reader about a real session; apart because it spans features.

Nothing is stored. Where the message would be neutral it is so here too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from flask import current_app
from flask_babel import gettext as _

from workshop.chatham.notices import current_notice, level_character
from workshop.chatham.notices import label as level_label
from workshop.chatham.rule import Audience, Level, Surface
from workshop.core.language import speaking
from workshop.core.localized import Localized
from workshop.mail.service import sender_of
from workshop.organise import readers
from workshop.programme.emails import speaker_url
from workshop.programme.models import WorkshopSession
from workshop.programme.rule import Facts, facts_of
from workshop.programme.view import SessionView, session_view
from workshop.reminders.emails import change_sample, change_sample_of_speaker, reminder_sample
from workshop.reminders.rule import Change
from workshop.reminders.schedule import SessionTimes, departures, parse_offsets
from workshop.rsvp.emails import (
    Sample,
    answer_recorded_sample,
    erasure_of,
    invitation_sample,
    my_url,
    reply_to,
    sample,
    sender_name,
)
from workshop.rsvp.emails.answers import render_own, view_for
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.schedule import REQUEST_LIFETIME
from workshop.rsvp.view.levels import AskedView

_POSITION = 3
_QUIET = (0, 0)
"""A sample leaves whenever it is looked at."""
_CHANGES: Mapping[str, Change] = {
    "session_moved": "session_moved",
    "session_cancelled": "session_cancelled",
    "session_reinstated": "session_reinstated",
    "session_changed": "session_changed",
}
_STATES = {
    "place_lapsed": AnswerState.LAPSED,
    "place_offered": AnswerState.OFFERED,
    "place_free": AnswerState.WAITLISTED,
    "added_by_hand": AnswerState.OFFERED,
    "answer_refused": AnswerState.DECLINED,
    "answer_withdrawn": AnswerState.WITHDRAWN,
}
"""How the made-up reader's answer stands; accepted for every other kind."""


class Of(NamedTuple):
    """What a sample is made of."""

    workshop_session: WorkshopSession
    language: str
    now: datetime


def sample_of(kind: str, workshop_session: WorkshopSession, *, language: str, now: datetime) -> Sample | None:
    """Return a message of a kind as somebody made up would get it; None where none would leave.

    Args:
        kind: one that a series may word anew (mail.texts).
        workshop_session: whole, with its series; a draft is taken as published, in memory.
        language: the reader's.
        now: the present.
    """
    readers.as_published(workshop_session)
    of = Of(workshop_session, language, now)
    if kind.endswith("_speaker") or kind == "speaker_link":
        return _to_speaker(kind, of)
    if kind in _CHANGES:
        before, after = _facts(_CHANGES[kind], workshop_session)
        return change_sample(_answer(of, kind), _CHANGES[kind], before=before, after=after)
    return _MAKERS.get(kind, _about_answer)(kind, of)


def is_neutral(workshop_session: WorkshopSession) -> bool:
    """Whether mail about a session names nothing, and so holds no word of the organisers."""
    readers.as_published(workshop_session)
    view = session_view(workshop_session, audience=Audience.PARTICIPANT, surface=Surface.MAIL)
    return view is None or view.is_neutral


def _answer(of: Of, kind: str) -> Answer:
    answer = readers.make_answer(of.workshop_session, now=of.now, language=of.language, is_discreet=False)
    answer.state = _STATES.get(kind, AnswerState.ACCEPTED)
    return answer


def _reminder(kind: str, of: Of) -> Sample | None:
    one = of.workshop_session
    offsets = parse_offsets(("+1d",) if kind == "thanks" else ("-1d",))
    times = SessionTimes(id=one.id, starts_at=one.starts_at, ends_at=one.ends_at, tzid=one.tzid, offsets=offsets)
    departure = departures(times, quiet=_QUIET)[0]
    return reminder_sample(_answer(of, kind), departure, now=departure.leaves_at)


def _recorded(kind: str, of: Of) -> Sample | None:
    return answer_recorded_sample(_answer(of, kind))


def _invitation(kind: str, of: Of) -> Sample | None:
    one = of.workshop_session
    view = session_view(one, audience=Audience.INVITED, surface=Surface.MAIL)
    invitation = readers.make_invitation(one, now=of.now, language=of.language)
    text = invitation_sample(invitation, now=of.now, is_reminder=kind == "invitation_reminder")
    if text is None or view is None:
        return None
    sender = sender_of(sender_name(one.series, view, of.language))
    return Sample(sender, reply_to(one.series, view).get("Reply-To", ""), text, has_calendar=False)


def _about_answer(kind: str, of: Of) -> Sample | None:
    answer = _answer(of, kind)
    view = view_for(answer)
    if view is None:
        return None
    page_url = my_url(answer.participant, of.language)
    context = {
        **_words(view, of, page_url),
        "state": AnswerState.OFFERED.value if kind == "added_by_hand" else answer.state.value,
        "own_tzid": answer.participant.tzid,
        "erases_at": erasure_of(answer.participant),
    }
    return sample(answer, view, kind, context, has_calendar=False)


def _to_speaker(kind: str, of: Of) -> Sample | None:
    one, person = of.workshop_session, readers.make_person(of.workshop_session, language=of.language)
    change = _CHANGES.get(kind.removesuffix("_speaker"))
    if change is not None:
        before, after = _facts(change, one)
        return change_sample_of_speaker(person, one, change, before=before, after=after)
    view = session_view(one, audience=Audience.SPEAKER, surface=Surface.MAIL)
    if view is None:
        return None
    context = {**_words(view, of, speaker_url(person, of.language)), "reader_name": person.name}
    sender = sender_of(sender_name(one.series, view, of.language))
    text = render_own(one.series, view, kind, of.language, {**context, "sender_name": sender})
    return Sample(sender, reply_to(one.series, view).get("Reply-To", ""), text, has_calendar=False)


def _words(view: SessionView, of: Of, page_url: str) -> dict[str, Any]:
    """Return what templates of all these kinds may ask for, as an example."""
    asked = AskedView(
        old=view.level, notice=current_notice(_looser(view.level)), is_talk=False, talk=Localized(), has_agreed=False
    )
    with speaking(of.language):
        words = Localized.neutral(_("(Here stand your words of that day.)"))
    return {
        "view": view,
        "reader_name": readers.ALIAS,
        "is_neutral": view.is_neutral,
        "series_title": view.series_title,
        "my_url": page_url,
        "page_url": page_url,
        "speaker_url": page_url,
        "own_tzid": "",
        "is_new": False,
        "is_over": False,
        "needs_box": view.notice is not None and view.notice.box is not None,
        "itip": "",
        "takes_replies": bool(current_app.config["MAIL_REPLIES"]),
        "join_url": "",
        "position": _POSITION,
        "expires_at": of.now + REQUEST_LIFETIME,
        "may_ask_again": True,
        "reason": str(words.pick(of.language, (of.language,)).value),
        "refusal_text": words,
        "words": words,
        "level_label": level_label(view.level),
        "level_character": level_character(view.level),
        "asked": asked,
        "asked_label": level_label(asked.notice.level),
        "asked_character": level_character(asked.notice.level),
    }


def _looser(level: Level) -> Level:
    found = [one for one in Level if one < level]
    return max(found) if found else level


def _facts(kind: Change, workshop_session: WorkshopSession) -> tuple[Facts, Facts]:
    """Return what somebody knew and what stands, so that a message of that kind is due."""
    stands = facts_of(workshop_session)
    if kind == "session_cancelled":
        return stands, stands
    if kind == "session_changed":
        other = tuple(code for code in workshop_session.series.languages if code not in (stands.floor_languages or ()))
        return dataclasses.replace(stands, floor_languages=other or ("en",)), stands
    day = timedelta(days=1)
    return dataclasses.replace(stands, starts_at=stands.starts_at - day, ends_at=stands.ends_at - day), stands


_MAKERS: Mapping[str, Callable[[str, Of], Sample | None]] = {
    "reminder": _reminder,
    "thanks": _reminder,
    "answer_recorded": _recorded,
    "invitation": _invitation,
    "invitation_reminder": _invitation,
}
