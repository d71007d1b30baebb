"""What organisers see of answers: rows, counts and the table that is taken out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import gettext, lazy_gettext

from workshop.chatham.rule import Audience, Level, Surface
from workshop.core.addresses import mask_address
from workshop.core.language import language_name
from workshop.core.localized import Localized
from workshop.programme.models import Question, QuestionKind, WorkshopSession
from workshop.programme.view import default_label, session_disclosure
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.queries.lists import Listed, Needs
from workshop.rsvp.rule import STANDS, level_of

STATES = {
    AnswerState.PENDING: lazy_gettext("not confirmed"),
    AnswerState.REQUESTED: lazy_gettext("waits for approval"),
    AnswerState.ACCEPTED: lazy_gettext("coming"),
    AnswerState.OFFERED: lazy_gettext("has been offered a place"),
    AnswerState.WAITLISTED: lazy_gettext("on the waiting list"),
    AnswerState.TENTATIVE: lazy_gettext("perhaps"),
    AnswerState.DECLINED: lazy_gettext("not coming"),
    AnswerState.WITHDRAWN: lazy_gettext("withdrawn"),
    AnswerState.LAPSED: lazy_gettext("came too late"),
}
_REFUSED = lazy_gettext("declined by the organisers")

Replies = Mapping[tuple[int, int], Any]
"""(participant, question) → reply, as QuestionReply keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """An answer as an organiser sees it."""

    id: int
    name: str
    affiliation: str
    address: str
    """Masked, unless it was asked for."""
    may_reveal: bool
    comes_back: bool
    """Mail to this address came back: none goes there any more."""
    language: str
    state: AnswerState
    state_words: str
    answered_at: datetime
    position: int | None
    """In the waiting list, None for who does not wait."""
    interpretation: str
    access_needs: str
    organisation: str
    added_reason: str
    has_come: bool
    may_come: bool
    is_erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """Somebody in the list of a series."""

    name: str
    affiliation: str
    language: str
    access_needs: str
    organisations: str
    states: tuple[str, ...]
    """One per session of the list, empty without an answer."""
    is_erased: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Numbers above a list, for those who read the list itself and prepare the session by it.

    What is counted by language or need are those who come, perhaps come or wait. What may be passed on is another
    matter: that is counted once, in a breakdown, with its small numbers suppressed.
    """

    states: tuple[tuple[str, int], ...]
    languages: tuple[tuple[str, int], ...] = ()
    interpretation: tuple[tuple[str, int], ...] = ()
    needs: int = 0
    has_breakdowns: bool = True
    """False where the Rule lets nobody count by such things."""


class Table(NamedTuple):
    """A list to be taken out: heads and cells as texts."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def notes_people(workshop_session: WorkshopSession) -> bool:
    """Whether it may be noted who came; else attendance is a mere number."""
    return level_of(workshop_session) <= Level.DISCUSSION


def state_words(answer: Answer) -> str:
    """Return where an answer stands, in the reader's words."""
    return str(_REFUSED if answer.refused_at and answer.state is AnswerState.DECLINED else STATES[answer.state])


def answer_row(
    listed: Listed, *, ranks: Mapping[int, int], revealed: int | None = None, refusing: Collection[str] = ()
) -> AnswerRow:
    """Return an answer as an organiser sees it.

    Args:
        listed: the answer.
        ranks: answer's id → place in the waiting list.
        revealed: id of the one whose address is shown whole.
        refusing: addresses that mail came back from.
    """
    answer = listed.answer
    participant = answer.participant
    address = participant.address or ""
    is_erased = participant.erased_at is not None
    return AnswerRow(
        id=answer.id,
        name=participant.name,
        affiliation=participant.affiliation,
        address=address if answer.id == revealed else mask_address(address),
        may_reveal=bool(address) and answer.id != revealed,
        comes_back=address in refusing,
        language=participant.language,
        state=answer.state,
        state_words=state_words(answer),
        answered_at=answer.answered_at,
        position=ranks.get(answer.id),
        interpretation=answer.interpretation,
        access_needs=participant.access_needs,
        organisation=listed.organisation,
        added_reason=answer.added_reason,
        has_come=answer.attended_at is not None,
        may_come=answer.state in STANDS and not is_erased,
        is_erased=is_erased,
    )


def session_counts(workshop_session: WorkshopSession, needs: Sequence[Needs], language: str) -> Counts:
    """Return the numbers above the list of a session, as its level lets organisers count."""
    by_state = Counter(one.state for one in needs)
    states = tuple((str(words), by_state[state]) for state, words in STATES.items() if by_state[state])
    shown = session_disclosure(workshop_session, audience=Audience.ORGANISER, surface=Surface.PAGE)
    if not shown.breakdowns:
        return Counts(states=states, has_breakdowns=False)
    standing = [one for one in needs if one.state in STANDS]
    return Counts(
        states=states,
        languages=by_language((one.language for one in standing), language),
        interpretation=by_language((one.interpretation for one in standing), language),
        needs=sum(one.has_needs for one in standing),
    )


def by_language(codes: Iterable[str], language: str) -> tuple[tuple[str, int], ...]:
    """Return (name of a language, how often), the most frequent first; nothing for no language."""
    counted = Counter(code for code in codes if code)
    return tuple((language_name(code, language), number) for code, number in sorted(counted.items(), key=_frequent))


def _frequent(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def _options(question: Question) -> dict[Any, Localized]:
    if question.kind is QuestionKind.YES_NO:
        return {True: Localized.neutral(gettext("yes")), False: Localized.neutral(gettext("no"))}
    return {option["key"]: Localized.from_json(option["text"]) for option in question.options}


def reply_text(question: Question, value: Any, language: str) -> str:
    """Return a reply as text for a reader of `language`."""
    options = _options(question) if question.kind not in {QuestionKind.SHORT, QuestionKind.LONG} else {}
    parts = value if isinstance(value, tuple) else [] if value is None else [value]
    return "; ".join(options[part].pick(language).value if part in options else str(part) for part in parts)


def session_name(workshop_session: WorkshopSession) -> Localized:
    """Return the short name of a session for the head of a column."""
    return workshop_session.short_title or workshop_session.label or default_label(workshop_session.number)


def person_rows(
    people: Sequence[Participant], listed: Sequence[Listed], sessions: Sequence[WorkshopSession]
) -> list[PersonRow]:
    """Return the rows of a series' list, a state for each of `sessions`."""
    states = {(one.answer.participant_id, one.answer.workshop_session_id): state_words(one.answer) for one in listed}
    organisations: dict[int, set[str]] = {}
    for one in listed:
        organisations.setdefault(one.answer.participant_id, set()).add(one.organisation)
    return [
        PersonRow(
            name=person.name,
            affiliation=person.affiliation,
            language=person.language,
            access_needs=person.access_needs,
            organisations=", ".join(sorted(filter(None, organisations.get(person.id, ())))),
            states=tuple(states.get((person.id, session.id), "") for session in sessions),
            is_erased=person.erased_at is not None,
        )
        for person in people
    ]


def session_table(
    workshop_session: WorkshopSession,
    listed: Sequence[Listed],
    questions: Sequence[Question],
    replies: Replies,
    *,
    language: str,
    with_addresses: bool,
) -> Table:
    """Return the list of a session to be taken out, without those who were erased."""
    heads = [
        *_person_heads(with_addresses=with_addresses),
        gettext("Answer"),
        gettext("Answered on (%(zone)s)", zone=workshop_session.tzid),
        gettext("Interpretation"),
        gettext("Access needs"),
        gettext("Invited by"),
        *(question.text.pick(language).value for question in questions),
    ]
    notes = notes_people(workshop_session)
    zone = ZoneInfo(workshop_session.tzid)
    rows = []
    for answer, organisation in listed:
        person = answer.participant
        if person.erased_at is not None:
            continue
        cells = [
            *_person_cells(person, language, with_addresses=with_addresses),
            state_words(answer),
            answer.answered_at.astimezone(zone).strftime("%Y-%m-%d %H:%M"),
            language_name(answer.interpretation, language) if answer.interpretation else "",
            person.access_needs,
            organisation,
            *(reply_text(question, replies.get((person.id, question.id)), language) for question in questions),
        ]
        rows.append((*cells, gettext("came") if answer.attended_at else "") if notes else tuple(cells))
    return Table((*heads, gettext("Attendance")) if notes else tuple(heads), tuple(rows))


def series_table(
    people: Sequence[Participant],
    listed: Sequence[Listed],
    sessions: Sequence[WorkshopSession],
    questions: Sequence[Question],
    replies: Replies,
    *,
    language: str,
    with_addresses: bool,
) -> Table:
    """Return the list of a series to be taken out, without those who were erased."""
    living = [person for person in people if person.erased_at is None]
    heads = (
        *_person_heads(with_addresses=with_addresses),
        gettext("Access needs"),
        gettext("Invited by"),
        *(f"{session.slug}: {session_name(session).pick(language).value}" for session in sessions),
        *(question.text.pick(language).value for question in questions),
    )
    rows = tuple(
        (
            *_person_cells(person, language, with_addresses=with_addresses),
            person.access_needs,
            row.organisations,
            *row.states,
            *(reply_text(question, replies.get((person.id, question.id)), language) for question in questions),
        )
        for person, row in zip(living, person_rows(living, listed, sessions), strict=True)
    )
    return Table(heads, rows)


def _person_heads(*, with_addresses: bool) -> list[str]:
    address = [gettext("Address")] if with_addresses else []
    return [gettext("Name"), gettext("Affiliation"), *address, gettext("Language")]


def _person_cells(person: Participant, language: str, *, with_addresses: bool) -> list[str]:
    address = [person.address or ""] if with_addresses else []
    return [person.name, person.affiliation, *address, language_name(person.language, language)]
