"""Notices of change to those who take part, written into the outbox of the caller's transaction."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from workshop.chatham.notices import label as level_label
from workshop.chatham.notices import level_character
from workshop.core.localized import Localized
from workshop.mail.sharing import Shared
from workshop.programme.view import InterpretationView, SessionView
from workshop.reminders.emails.about import about, enqueue_about, start_of, view_of
from workshop.reminders.rule import Change, Facts
from workshop.rsvp.emails import Sample, calendar_basis, calendar_files, calendar_words, sample, sender_name
from workshop.rsvp.models import Answer
from workshop.rsvp.schedule import erases_at

PRIORITIES: dict[Change, int] = {
    "session_cancelled": 10,
    "session_moved": 20,
    "session_reinstated": 20,
    "session_changed": 20,
}


class Tongues(NamedTuple):
    """Floor languages and interpretation as somebody knows them; named as a session's view names them."""

    floor_languages: tuple[str, ...]
    interpretation: tuple[InterpretationView, ...]


def change(
    session: Session,
    *,
    now: datetime,
    answer: Answer,
    kind: Change,
    before: Facts,
    after: Facts,
    shared: Shared | None = None,
) -> int | None:
    """Queue one notice of what has changed; None when it was there already.

    Args:
        session: the transaction that also writes down what was told.
        now: the present.
        answer: one that stands, with participant (and all of their answers) and the session whole.
        kind: the message.
        before: what the participant knows.
        after: the session as it stands.
        shared: renders once what many are told.
    """
    view = view_of(answer)
    if view is None:
        return None
    files = calendar_files(session, answer, now=now)
    erases = _new_erasure(answer, before) if kind in {"session_moved", "session_reinstated"} else None

    def context() -> dict[str, Any]:
        return {
            **_changing(answer, view, before, after),
            **calendar_words(files),
            "new_erasure_at": erases,
        }

    participant, series = answer.participant, answer.workshop_session.series
    told, stands = before.to_json(), after.to_json()
    words = calendar_words(files)
    return enqueue_about(
        session,
        now=now,
        answer=answer,
        view=view,
        kind=kind,
        priority=PRIORITIES[kind],
        basis={"told": told, "now": stands, "sequence": view.sequence, **calendar_basis(files, answer)},
        dedupe_key=f"{kind}|{answer.subject}|{view.sequence}|{print_of(told, stands, answer.workshop_session.tell_at)}",
        context={},
        rendered=(shared or Shared(session)).render(
            kind,
            participant.language,
            context,
            key=(
                answer.workshop_session_id,
                participant.tzid,
                participant.is_discreet,
                answer.state,
                json.dumps([told, stands]),
                tuple(words.items()),
                erases,
            ),
            subjects=(participant.subject, answer.subject),
            sender_name=sender_name(series, view, participant.language),
            name="" if view.is_neutral else participant.name,
            # A series’ own words for a cancellation would say that it is one.
            wording_of=None if view.is_neutral or before.is_postponed or after.is_postponed else series.id,
        ),
        attachments=files,
        # Told too late it helps nobody; a cancellation is still worth knowing while one waits in vain.
        expires_at=after.ends_at,
    )


def change_sample(answer: Answer, kind: Change, *, before: Facts, after: Facts) -> Sample | None:
    """Return a notice as it would leave, to be shown; None where none would. Reads and writes nothing."""
    view = view_of(answer)
    if view is None or answer.participant.address is None:
        return None
    context = {**_changing(answer, view, before, after), **calendar_words(()), "new_erasure_at": None}
    return sample(answer, view, kind, context, has_calendar=False)


def print_of(told: dict[str, Any], stands: dict[str, Any], asked_at: datetime | None) -> str:
    """Return what tells one notice from the next where SEQUENCE does not rise: before, after, when it was asked for."""
    whole = json.dumps([told, stands, asked_at.isoformat() if asked_at else ""], sort_keys=True)
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def difference(view: SessionView, before: Facts, after: Facts, language: str) -> dict[str, Any]:
    """Return before and after for the templates; places and scopes as far as the Rule lets a mail name them."""
    # A cancelled session is named by the day that people have kept free for it.
    shown = before if after.is_cancelled else after
    return {
        **start_of(shown.starts_at, shown.tzid, language),
        "before": before,
        "after": after,
        "has_new_time": before.has_new_time(after),
        "has_new_place": before.has_new_place(after),
        "has_new_languages": before.has_new_languages(after),
        "has_looser_level": before.has_looser_level(after),
        "has_moved": before.has_moved_to(after),
        "may_name_place": not view.is_neutral,
        "old_tongues": _tongues(before, view),
        "old_level_label": level_label(before.level or view.level),
        "old_level_character": level_character(before.level or view.level),
    }


def _changing(answer: Answer, view: SessionView, before: Facts, after: Facts) -> dict[str, Any]:
    return {**about(answer, view), **difference(view, before, after, answer.participant.language)}


def _tongues(facts: Facts, view: SessionView) -> Tongues:
    if facts.floor_languages is None or facts.interpretation is None:
        return Tongues(view.floor_languages, view.interpretation)
    offers = tuple(
        InterpretationView(
            source=offer["from"],
            target=offer["into"],
            scope=Localized() if view.is_neutral else Localized.from_json(offer.get("scope")),
        )
        for offer in facts.interpretation
    )
    return Tongues(facts.floor_languages, offers)


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
