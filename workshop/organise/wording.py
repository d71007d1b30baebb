"""A series' own texts of mail, in words: what may be worded anew, and what each placeholder stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from sqlalchemy.orm import Session

from workshop.core.links import cut
from workshop.mail.render import clean_line
from workshop.mail.texts import KINDS, PRODUCTS_SUBJECT, Adaptable, OwnText, trying
from workshop.organise.sampling import is_neutral, sample_of
from workshop.organise.view import KINDS as KIND_NAMES
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.rsvp.emails import Sample

MEANINGS: Mapping[str, Any] = {
    PRODUCTS_SUBJECT: _("the subject as it would be without your text"),
    "title": _("title of the session"),
    "series": _("title of the series"),
    "date": _("the day of the session"),
    "time": _("the hour at which it begins, in its own time zone"),
    "name": _("what the reader calls themselves; never a link"),
    "opening": _("the first sentence: it fits what has happened, or how much time is left"),
    "session": _("title of the session, and of the series where the message names it"),
    "when": _("day, hours and time zone; also on the reader’s own clock where it differs"),
    "where": _("online, or the place"),
    "languages": _("floor languages and interpretation"),
    "change": _("what has changed: before and now"),
    "answer": _("how the reader’s answer stands, and what that means"),
    "decide": _("for whoever answered “perhaps”: the request to decide"),
    "join": _("the reader’s own link into the room, where they have a place"),
    "rule": _("the level’s sign and notice, and your own sentence after it"),
    "calendar": _("what the attached calendar entry does"),
    "links": _("the link to the reader’s own page, where they answer, change or withdraw"),
    "erasure": _("the day on which the reader’s name and address are erased"),
    "until": _("until when the place is kept"),
    "words": _("what you wrote to this person when you declined or withdrew their answer"),
    "reason": _("the reason that you gave when you added this person"),
    "next": _("what the reader can do now"),
    "again": _("how to ask for a place again, while that is possible"),
    "undo": _("that the place is kept for a short while, after a slip in the calendar"),
    "reminders": _("whether the reader will be reminded"),
    "stop": _("how to stop the answers given automatically"),
    "sessions": _("the sessions of the invitation, with day and hours"),
    "terms": _("whether the link may be passed on, and until when answers are taken"),
    "agreement": _("that nothing changes before everybody has agreed"),
    "renewed": _("that the earlier link no longer works, where it was renewed"),
    "held": _("what is held about the reader, and until when"),
    "published": _("what was published after the session, if anything was"),
    "feedback": _("the question what they thought of it, to whoever had a place, with the link to answer"),
}
_INVITED = ("invitation", "invitation_reminder")
_EXAMPLE = 140
"""Characters of an example that show what it is about."""
_MARKED = "⟦{}⟧"
_PASSAGE = re.compile(r"⟦(\w*)⟧\n*")


@dataclass(frozen=True, slots=True)
class PlaceholderRow:
    """One line of the list of placeholders."""

    name: str
    """With its braces."""
    meaning: str
    is_required: bool
    stands_alone: bool
    example: str
    """As the made-up reader would read it; may be empty."""


@dataclass(frozen=True, slots=True)
class KindRow:
    """A kind of message, with the languages in which the series has words of its own."""

    kind: str
    name: str
    own: frozenset[str]


@dataclass(frozen=True, slots=True)
class KindGroup:
    """Kinds to the same readers."""

    name: str
    rows: tuple[KindRow, ...]


def kind_groups(own: Mapping[tuple[str, str], OwnText]) -> list[KindGroup]:
    """Return all kinds that may be worded anew, by readers."""
    groups: dict[str, list[KindRow]] = {"participants": [], "invited": [], "speakers": []}
    for kind in KINDS:
        languages = frozenset(language for of, language in own if of == kind)
        groups[_readers_of(kind)].append(KindRow(kind, kind_name(kind), languages))
    names = {
        "participants": _("To participants"),
        "invited": _("To those invited"),
        "speakers": _("To those who speak or moderate"),
    }
    return [KindGroup(str(names[key]), tuple(rows)) for key, rows in groups.items()]


def _readers_of(kind: str) -> str:
    if kind in _INVITED:
        return "invited"
    return "speakers" if kind == "speaker_link" or kind.endswith("_speaker") else "participants"


def kind_name(kind: str) -> str:
    """Return what a kind of message is called."""
    return str(KIND_NAMES.get(kind, kind))


def choose_session(series: Series, slug: str | None, *, now: datetime) -> WorkshopSession | None:
    """Return the session that a text is shown with: the one asked for, else the next whose mail is not neutral."""
    asked = next((one for one in series.sessions if one.slug == slug), None)
    if asked is not None or not series.sessions:
        return asked
    left = sorted(series.sessions, key=lambda one: (one.ends_at <= now, abs(one.starts_at - now)))
    open_ones = [one for one in left if one.status is not SessionStatus.CANCELLED]
    return next((one for one in open_ones if not is_neutral(one)), left[0])


def placeholder_rows(kind: str, examples: Mapping[str, str]) -> list[PlaceholderRow]:
    """Return what may stand in a text of this kind, in the order of the product's own message."""
    adaptable = KINDS[kind]

    def row(name: str, *, stands_alone: bool) -> PlaceholderRow:
        is_required = name in adaptable.required
        return PlaceholderRow(f"{{{name}}}", str(MEANINGS[name]), is_required, stands_alone, examples.get(name, ""))

    passages = [row(name, stands_alone=True) for name in adaptable.blocks]
    return [*passages, *(row(name, stands_alone=False) for name in (PRODUCTS_SUBJECT, *adaptable.values))]


def examples_of(
    session: Session, kind: str, workshop_session: WorkshopSession, *, language: str, now: datetime
) -> dict[str, str]:
    """Return what each placeholder would say to the made-up reader; empty where nothing of the organisers is said."""
    adaptable = KINDS[kind]
    own = OwnText(f"{{{PRODUCTS_SUBJECT}}}", _body_of_all(adaptable))
    sample = try_sample(session, kind, workshop_session, own, language=language, now=now)
    if sample is None or "⟦⟧" not in sample.text.text:
        return {}
    pieces = _PASSAGE.split(sample.text.text)
    pairs = zip(pieces[1::2], pieces[2::2], strict=True)
    found = {name: _shorten(cut(text)) for name, text in pairs if name}
    return {PRODUCTS_SUBJECT: sample.text.subject, **found}


def _shorten(text: str) -> str:
    line = clean_line(text)
    return line if len(line) <= _EXAMPLE else f"{line[: _EXAMPLE - 1].rstrip()}…"


def _body_of_all(adaptable: Adaptable) -> str:
    names: Sequence[str] = (*adaptable.blocks, *adaptable.values)
    return "\n\n".join([*(f"{_MARKED.format(name)}\n\n{{{name}}}" for name in names), _MARKED.format("")])


def try_sample(
    session: Session,
    kind: str,
    workshop_session: WorkshopSession,
    own: OwnText | None,
    *,
    language: str,
    now: datetime,
) -> Sample | None:
    """Return the message in these words; None where none would leave. Stores nothing."""
    with trying(session, series_id=workshop_session.series_id, kind=kind, language=language, own=own):
        return sample_of(kind, workshop_session, language=language, now=now)
