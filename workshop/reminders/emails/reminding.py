"""Reminders before a session and thanks after it, written into the outbox of the caller's transaction."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy.orm import Session

from workshop.chatham.rule import Surface
from workshop.core.links import Purpose, mark
from workshop.core.urls import external_url
from workshop.mail.service import enqueue_many
from workshop.mail.sharing import Renderings, Shared
from workshop.programme.view import SessionView
from workshop.reminders.emails.about import about, message_about, view_of
from workshop.reminders.schedule import Departure, nearness
from workshop.rsvp.emails import Sample, erasure_of, sample
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.view.own import own_audience
from workshop.summaries.models import Summary
from workshop.summaries.queries import list_published
from workshop.summaries.view import summary_view

REMINDER_PRIORITY = 40
_SUBJECT = "<subject>"
"""Stands in an address for somebody's random id; no address holds such a character."""


def quiet_hours() -> tuple[int, int]:
    """Return the hours of the day, from and until, in which no reminder leaves."""
    begins, ends = current_app.config["QUIET_HOURS"]
    return int(begins), int(ends)


def reminders(session: Session, turns: Sequence[tuple[Answer, Departure]], *, now: datetime) -> dict[int, int]:
    """Queue reminders, and thanks after the end; returns answer's id → message's id. Flushes.

    Whom nothing may be said to, and whose message was there already, are missing in what it returns. All who are told
    the same share one rendering.

    Args:
        session: the transaction that holds the deliveries.
        turns: answers, accepted or tentative, with participant and session whole (and all answers of those who are
            thanked), each with the rule that it follows.
        now: the present.
    """
    over = {answer.workshop_session_id for answer, departure in turns if departure.offset.is_after}
    desk = _Desk(session, now, list_published(session, over))
    messages: list[dict[str, Any]] = []
    answers: dict[str, int] = {}
    for answer, departure in turns:
        message = desk.write(answer, departure)
        if message is not None:
            messages.append(message)
            answers[message["dedupe_key"]] = answer.id
    return {answers[key]: number for key, number in enqueue_many(session, messages, now=now).items()}


def reminder_sample(answer: Answer, departure: Departure, *, now: datetime) -> Sample | None:
    """Return a reminder, or thanks, as it would leave at `now`, to be shown; None where none would.

    Reads and writes nothing: what was published after a session is not asked for.
    """
    view = view_of(answer)
    if view is None or answer.participant.address is None:
        return None
    context = _context(answer, view, _depends(answer, view, departure, now=now, summary=None))
    return sample(answer, view, _kind(departure), context, has_calendar=False)


def _kind(departure: Departure) -> str:
    return "thanks" if departure.offset.is_after else "reminder"


class _Desk:
    """Writes many messages, and does once what is the same for many."""

    def __init__(self, session: Session, now: datetime, summaries: Mapping[int, Summary]) -> None:
        self._now, self._summaries = now, summaries
        # Kept from batch to batch: all that a text may depend on stands in its key by its value.
        self._renderings = current_app.extensions.setdefault("workshop_reminders", Renderings())
        self._shared = Shared(session, self._renderings)
        self._views: dict[Hashable, tuple[SessionView, int] | None] = {}
        self._urls: dict[str, str] = {}

    def write(self, answer: Answer, departure: Departure) -> dict[str, Any] | None:
        """Return one message as `enqueue_many` takes it; None where nothing may be said to this person."""
        participant = answer.participant
        named = (answer.workshop_session_id, answer.state, participant.is_discreet)
        if named not in self._views:
            found = view_of(answer)
            self._views[named] = (found, self._renderings.number_of(found)) if found is not None else None
        shown = self._views[named]
        if shown is None:
            return None
        view, number = shown
        kind, starts_at = _kind(departure), departure.starts_at.isoformat()
        unsubscribe_url = self._unsubscribe_url(participant)
        message = message_about(
            answer,
            view,
            kind=kind,
            priority=REMINDER_PRIORITY,
            basis={"starts_at": starts_at, "offset": departure.offset.text, "state": answer.state.value},
            dedupe_key=f"{kind}|{answer.subject}|{departure.offset.text}|{starts_at}",
            # RFC 8058: one POST to the same address, without cookies, and no more are sent.
            headers={"List-Unsubscribe": f"<{unsubscribe_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"},
            expires_at=departure.expires_at,
        )
        depends = _depends(
            answer, view, departure, now=self._now, summary=self._summaries.get(answer.workshop_session_id)
        )
        message["rendered"] = self._shared.render(
            kind,
            participant.language,
            lambda: _context(answer, view, depends),
            key=(number, answer.state, participant.tzid, *depends.values()),
            subjects=(participant.subject, answer.subject),
            sender_name=message["sender_name"],
            name=participant.name,
            wording_of=None if view.is_neutral else answer.workshop_session.series_id,
        )
        return message

    def _unsubscribe_url(self, participant: Participant) -> str:
        if (found := self._urls.get(participant.language)) is None:
            url = _unsubscribe_url(participant)
            found = self._urls[participant.language] = url.replace(participant.subject, _SUBJECT)
        return found.replace(_SUBJECT, participant.subject)


def _context(answer: Answer, view: SessionView, depends: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the templates need: of view, state, zone, links, name, and what `_depends` says; nothing else."""
    context = {**about(answer, view), **depends, "unsubscribe_url": _unsubscribe_url(answer.participant)}
    if depends.get("asks_feedback"):
        token = mark(Purpose.FEEDBACK, answer.subject)
        context["feedback_url"] = external_url("feedback.questionnaire", lang=answer.participant.language, token=token)
    return context


def _depends(
    answer: Answer, view: SessionView, departure: Departure, *, now: datetime, summary: Summary | None
) -> dict[str, Any]:
    """Return what the templates need beside view, state, zone and links; hashable values."""
    if departure.offset.is_after:
        # Their own page shows it to the very same audience.
        audience = own_audience(answer.state, is_confirmed=True)
        found = summary_view(answer.workshop_session, summary, audience=audience, surface=Surface.PERSONAL_PAGE)
        # The day only: thousands share it who answered at different seconds.
        midday = erasure_of(answer.participant).astimezone(ZoneInfo(view.tzid)).replace(hour=12, minute=0, second=0)
        return {
            "erases_at": midday.replace(microsecond=0),
            "has_summary": found is not None,
            # Of who had a place; whoever said “perhaps” may not have been there. Also of who has answered already:
            # organisers can read the message, and would see by it who has.
            "asks_feedback": answer.state is AnswerState.ACCEPTED,
        }
    near, days = nearness(view.starts_at, {view.tzid, answer.participant.tzid or view.tzid}, now=now)
    return {"nearness": near.value, "days": days}


def _unsubscribe_url(participant: Participant) -> str:
    token = mark(Purpose.UNSUBSCRIBE, participant.subject)
    return external_url("rsvp.unsubscribe", lang=participant.language, token=token)
