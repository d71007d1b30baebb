"""Counting once who took part by language, interpretation and replies, as the Rule lets it be passed on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from workshop.audit import service as audit
from workshop.chatham.rule import Audience, Surface
from workshop.chatham.suppression import suppress, suppress_pair
from workshop.core.language import languages
from workshop.core.localized import Localized
from workshop.programme.models import Question, QuestionKind, WorkshopSession
from workshop.programme.service.locking import lock
from workshop.programme.view import session_disclosure
from workshop.rsvp.models import Breakdown, BreakdownKind
from workshop.rsvp.queries.breakdowns import Counted, has_breakdowns, list_counted, list_uncounted
from workshop.rsvp.queries.lists import list_asked, list_replies

Row = dict[str, Any]
NONE = ""
"""Code of the row for nothing chosen."""


def count_breakdowns(session: Session, *, now: datetime) -> int:
    """Count sessions that have begun, each once and for good; returns how many. Flushes.

    Once, because a count that follows every answer shows by its steps what its cells hide. Those with a place when it
    begins are counted; who was erased by then is nobody. Closed sessions are not counted at all.
    """
    done = 0
    for workshop_session in list_uncounted(session, now=now):
        shown = session_disclosure(workshop_session, audience=Audience.ORGANISER, surface=Surface.PAGE)
        if not shown.breakdowns:
            continue
        lock(session, [workshop_session])
        # Another worker may have been quicker.
        if not has_breakdowns(session, workshop_session.id):
            _count(session, workshop_session, now)
            done += 1
    return done


def _count(session: Session, workshop_session: WorkshopSession, now: datetime) -> None:
    people = list_counted(session, workshop_session.id)
    tables = [
        (BreakdownKind.LANGUAGE, Localized(), _by_language(workshop_session, people)),
        (BreakdownKind.INTERPRETATION, Localized(), _by_interpretation(workshop_session, people)),
        *(
            (BreakdownKind.QUESTION, question.text, rows)
            for question, rows in _by_reply(session, workshop_session, people)
        ),
    ]
    for position, (kind, title, rows) in enumerate(tables):
        if rows:
            session.add(
                Breakdown(
                    workshop_session_id=workshop_session.id,
                    position=position,
                    kind=kind,
                    title=title,
                    rows=tuple(rows),
                    total=len(people),
                    counted_at=now,
                )
            )
    session.flush()
    audit.record(
        session,
        now=now,
        actor="worker",
        action="rsvp.count_breakdown",
        object_=f"session:{workshop_session.id}",
        details={"people": len(people)},
    )


def _by_language(workshop_session: WorkshopSession, people: Sequence[Counted]) -> list[Row]:
    offered = [code for code in workshop_session.series.languages if code in languages()] or list(languages())
    return _partition(offered, people, lambda one: one.language)


def _by_interpretation(workshop_session: WorkshopSession, people: Sequence[Counted]) -> list[Row]:
    offered = dict.fromkeys(str(offer["into"]) for offer in workshop_session.interpretation)
    return _partition([*offered, NONE], people, lambda one: one.interpretation) if offered else []


def _partition(codes: Sequence[str], people: Sequence[Counted], code_of: Callable[[Counted], str]) -> list[Row]:
    """Return a row for each code; whoever is in none of them, as after a change, is counted in a row for others."""
    counter = Counter(code if (code := code_of(one)) in codes else None for one in people)
    counts: list[int] = [counter[code] for code in codes]
    if counter[None]:
        # A row that the form does not have: no count is told, or the row itself would tell that they are.
        return [_row(code, None) for code in codes]
    return [_row(code, count) for code, count in zip(codes, suppress(counts), strict=True)]


def _by_reply(
    session: Session, workshop_session: WorkshopSession, people: Sequence[Counted]
) -> list[tuple[Question, list[Row]]]:
    questions = [
        one
        for one in list_asked(session, workshop_session.series_id, [workshop_session.id])
        if one.kind in {QuestionKind.ONE_OF, QuestionKind.SEVERAL_OF, QuestionKind.YES_NO}
    ]
    counted = {one.participant_id for one in people}
    replies: dict[int, dict[int, Any]] = {}
    for participant, question_id, value in list_replies(session, [one.id for one in questions], [workshop_session.id]):
        if participant in counted:
            replies.setdefault(question_id, {})[participant] = value
    return [(one, _rows_of(one, replies.get(one.id, {}), len(people))) for one in questions]


def _rows_of(question: Question, replies: dict[int, Any], total: int) -> list[Row]:
    """Return the rows of a question: its options, and for those who said nothing one more where they need not reply."""
    if question.kind is QuestionKind.SEVERAL_OF:
        chosen = Counter(key for value in replies.values() for key in set(value))
        return [
            _row(option["key"], suppress_pair(chosen[option["key"]], total), option["text"])
            for option in question.options
        ]
    texts: dict[Hashable, Any] = (
        {True: None, False: None}
        if question.kind is QuestionKind.YES_NO
        else {option["key"]: option["text"] for option in question.options}
    )
    counter = Counter(replies.values())
    silent = total - sum(counter[key] for key in texts)
    counts = [counter[key] for key in texts]
    if question.is_required and silent:
        # Asked only after somebody had answered: the form has no row for them, so nothing is told.
        found: Sequence[int | None] = [None] * len(counts)
    else:
        found = suppress(counts if question.is_required else [*counts, silent])
    codes = [{True: "yes", False: "no"}.get(key, key) for key in texts]  # type: ignore[call-overload] # keys of both kinds
    rows = [_row(str(code), count, text) for code, count, text in zip(codes, found, texts.values(), strict=False)]
    return rows if question.is_required else [*rows, _row(NONE, found[-1])]


def _row(code: str, count: int | None, text: Any = None) -> Row:
    return {"code": code, "text": text, "count": count}
