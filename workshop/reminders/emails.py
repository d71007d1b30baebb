"""Reminders and notices of change, written into the outbox of the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy.orm import Session

from workshop.chatham.notices import label as level_label
from workshop.chatham.notices import level_character
from workshop.chatham.rule import Audience, Level, Surface, effective_level, shown_level
from workshop.core.links import Purpose, mark
from workshop.core.localtime import clock_time, long_date
from workshop.core.urls import external_url
from workshop.mail.service import enqueue
from workshop.programme.models import WorkshopSession
from workshop.programme.view import SessionView, default_label, session_view
from workshop.reminders.rule import Change, Facts
from workshop.reminders.schedule import Departure, nearness
from workshop.rsvp.emails import (
    Sample,
    calendar_basis,
    calendar_files,
    calendar_words,
    join_url,
    my_url,
    reply_to,
    sample,
    sender_name,
)
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.schedule import erases_at

REMINDER_PRIORITY = 40
_PRIORITIES: dict[Change, int] = {"session_cancelled": 10, "session_moved": 20, "session_reinstated": 20}


def quiet_hours() -> tuple[int, int]:
    """Return the hours of the day, from and until, in which no reminder leaves."""
    begins, ends = current_app.config["QUIET_HOURS"]
    return int(begins), int(ends)


def levels_of(workshop_session: WorkshopSession, items: Iterable[Level | None]) -> tuple[str, str]:
    """Return the session's own level, which titles follow, and the strictest of its items, which the notice follows."""
    own, _source = effective_level(session=workshop_session.level, series=workshop_session.series.level)
    return own.value, shown_level(session=own, items=items).value


def reminder(session: Session, *, now: datetime, answer: Answer, departure: Departure) -> int | None:
    """Queue one reminder; None when it was there already, or nothing may be said to this person.

    Args:
        session: the transaction that holds the delivery.
        now: the present.
        answer: accepted or tentative, with participant and the session whole.
        departure: the rule that it follows.
    """
    view = _view(answer)
    if view is None:
        return None
    context = _reminding(answer, view, departure, now=now)
    unsubscribe_url = context["unsubscribe_url"]
    starts_at = departure.starts_at.isoformat()
    return _enqueue(
        session,
        now=now,
        answer=answer,
        view=view,
        kind="reminder",
        priority=REMINDER_PRIORITY,
        basis={"starts_at": starts_at, "offset": departure.offset.text, "state": answer.state.value},
        dedupe_key=f"reminder|{answer.subject}|{departure.offset.text}|{starts_at}",
        context=context,
        # RFC 8058: one POST to the same address, without cookies, and no more are sent.
        headers={"List-Unsubscribe": f"<{unsubscribe_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
        expires_at=departure.expires_at,
    )


def reminder_sample(answer: Answer, departure: Departure, *, now: datetime) -> Sample | None:
    """Return a reminder as it would leave at `now`, to be shown; None where none would. Reads and writes nothing."""
    view = _view(answer)
    if view is None or answer.participant.address is None:
        return None
    return sample(answer, view, "reminder", _reminding(answer, view, departure, now=now), has_calendar=False)


def _reminding(answer: Answer, view: SessionView, departure: Departure, *, now: datetime) -> dict[str, Any]:
    """Return what the templates of a reminder need."""
    participant = answer.participant
    near, days = nearness(view.starts_at, {view.tzid, participant.tzid or view.tzid}, now=now)
    return {
        **_about(answer, view),
        "nearness": near.value,
        "days": days,
        "is_after": departure.offset.is_after,
        "unsubscribe_url": external_url(
            "rsvp.unsubscribe", lang=participant.language, token=mark(Purpose.UNSUBSCRIBE, participant.subject)
        ),
    }


def change(session: Session, *, now: datetime, answer: Answer, kind: Change, before: Facts, after: Facts) -> int | None:
    """Queue one notice of a move, a cancellation or a reinstatement; None when it was there already.

    Args:
        session: the transaction that also writes down what was told.
        now: the present.
        answer: one that stands, with participant (and all of their answers) and the session whole.
        kind: the message.
        before: what the participant knows.
        after: the session as it stands.
    """
    view = _view(answer)
    if view is None:
        return None
    is_coming = kind != "session_cancelled"
    files = calendar_files(session, answer, now=now)
    return _enqueue(
        session,
        now=now,
        answer=answer,
        view=view,
        kind=kind,
        priority=_PRIORITIES[kind],
        basis={
            "told": before.to_json(),
            "now": after.to_json(),
            "sequence": view.sequence,
            **calendar_basis(files, answer),
        },
        dedupe_key=f"{kind}|{answer.subject}|{view.sequence}",
        context={
            **_about(answer, view),
            **_difference(view, before, after, answer.participant.language),
            **calendar_words(files),
            "new_erasure_at": _new_erasure(answer, before) if is_coming else None,
        },
        attachments=files,
        # Told too late it helps nobody; a cancellation is still worth knowing while one waits in vain.
        expires_at=after.ends_at,
    )


def _enqueue(session: Session, *, answer: Answer, view: SessionView, **message: Any) -> int | None:
    participant, workshop_session = answer.participant, answer.workshop_session
    assert participant.address is not None
    items = [item.level for section in workshop_session.sections for item in section.items]
    message["basis"]["levels"] = list(levels_of(workshop_session, items))
    message["basis"]["is_neutral"] = view.is_neutral
    if participant.is_discreet:
        # Whoever asks for discretion while a message waits is written to anew.
        message["dedupe_key"] += "|discreet"
    message["headers"] = {**reply_to(workshop_session.series, view), **message.get("headers", {})}
    return enqueue(
        session,
        series_id=workshop_session.series_id,
        workshop_session_id=workshop_session.id,
        person_ref=participant.subject,
        answer_ref=answer.subject,
        recipient=participant.address,
        language=participant.language,
        sender_name=sender_name(workshop_session.series, view, participant.language),
        **message,
    )


def _view(answer: Answer) -> SessionView | None:
    """Return the session as its mail may show it; whoever has no seat is invited, not a participant."""
    audience = Audience.PARTICIPANT if answer.state is AnswerState.ACCEPTED else Audience.INVITED
    return session_view(
        answer.workshop_session,
        audience=audience,
        surface=Surface.MAIL,
        is_discreet=answer.participant.is_discreet,
    )


def _about(answer: Answer, view: SessionView) -> dict[str, Any]:
    """Return what all these messages say of the session."""
    participant, language = answer.participant, answer.participant.language
    has_seat = answer.state is AnswerState.ACCEPTED
    has_room = has_seat and view.has_join_link and view.mode.value != "on_site"
    return {
        "view": view,
        # A label of the product's own making beside a title of one's own says nothing.
        "has_label": view.title != view.label and view.label != default_label(None),
        "level_label": level_label(view.level),
        "level_character": level_character(view.level),
        "own_tzid": participant.tzid,
        **_start(view.starts_at, view.tzid, language),
        "opens_minutes": int(current_app.config["JOIN_OPENS_MINUTES"]),
        "state": answer.state.value,
        "join_url": join_url(answer, language) if has_room else "",
        "my_url": my_url(participant, language),
    }


def _start(starts_at: datetime, tzid: str, language: str) -> dict[str, str]:
    """Return day and hour as a subject writes them."""
    day = starts_at.astimezone(ZoneInfo(tzid)).date()
    return {"starts_date": long_date(day, language), "starts_time": clock_time(starts_at, tzid, language)}


def _difference(view: SessionView, before: Facts, after: Facts, language: str) -> dict[str, Any]:
    """Return before and after; places as far as the Rule lets a mail name them."""
    # A cancelled session is named by the day that people have kept free for it.
    shown = before if after.is_cancelled else after
    return {
        **_start(shown.starts_at, shown.tzid, language),
        "before": before,
        "after": after,
        "has_new_time": (before.starts_at, before.ends_at, before.tzid) != (after.starts_at, after.ends_at, after.tzid),
        "has_new_place": (before.mode, before.place) != (after.mode, after.place),
        "has_moved": before.has_moved_to(after),
        "may_name_place": not view.is_neutral,
    }


def _new_erasure(answer: Answer, before: Facts) -> datetime | None:
    """Return when the identity will be erased, if the move takes that date along; else None."""
    participant = answer.participant
    dates = [
        erases_at(
            [
                (one.state, one.answered_at, ends_at if one.id == answer.id else one.workshop_session.ends_at)
                for one in participant.answers
            ],
            created_at=participant.created_at,
            retention_days=answer.workshop_session.series.retention_days,
        )
        for ends_at in (before.ends_at, answer.workshop_session.ends_at)
    ]
    # The date is what people are told: a move of two hours within one day leaves it as it was.
    zone = ZoneInfo(answer.workshop_session.tzid)
    was, will_be = (at.astimezone(zone).date() for at in dates)
    return dates[1] if will_be != was else None
