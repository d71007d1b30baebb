"""What participants are told about their answers, written into the outbox of the same transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from flask import current_app
from sqlalchemy.orm import Session, object_session

from workshop.chatham.rule import Audience, Surface
from workshop.core.links import Purpose, mark, new_subject
from workshop.core.localtime import city
from workshop.core.urls import external_url
from workshop.mail.render import Rendered, render
from workshop.mail.service import enqueue, sender_of, supersede
from workshop.mail.texts import own_text
from workshop.programme.models import Series
from workshop.programme.view import SessionView, session_view
from workshop.rsvp.emails.calendar import join_url, my_url
from workshop.rsvp.emails.itip import brings_request, calendar_basis, calendar_files, calendar_words
from workshop.rsvp.emails.sender import reply_to, sender_name
from workshop.rsvp.models import Answer, AnswerState, Participant
from workshop.rsvp.queries import positions
from workshop.rsvp.schedule import REQUEST_LIFETIME, door_opens_at, erases_at

PRIORITY = 30
ABOUT_ANSWERS = (
    "answer_recorded", "answer_refused", "place_offered", "place_lapsed", "place_free", "added_by_hand",
    "session_announced", "answer_withdrawn",
)  # fmt: skip
"""Kinds of messages that say where an answer stands: a newer one takes back an older one that has not left."""


_NOBODY = new_subject()
"""Stands in a text rendered ahead where the participant's random id is put. Random, so that no text can hold it."""
_TEXTS_KEPT = 16


@dataclass(frozen=True, slots=True)
class Sample:
    """A mail as it would leave, to be shown; its secret links are marks."""

    sender: str
    reply_to: str
    """Empty: answers go to the instance."""
    text: Rendered
    has_calendar: bool


class Addressee(Protocol):
    """Whom a mail goes to: a participant, or what was read of one."""

    @property
    def series_id(self) -> int:
        """Of which series."""

    @property
    def subject(self) -> str:
        """Their random id."""

    @property
    def address(self) -> str | None:
        """Where it goes."""


def confirm_address_text(language: str, *, now: datetime) -> Rendered:
    """Return what that mail says to anybody: rendered before the transaction, so that nobody waits for it meanwhile.

    Kept until the minute is over, since all of that minute get the same text but for the link.
    """
    expires_at = now + REQUEST_LIFETIME
    key = (language, expires_at.replace(second=0, microsecond=0))
    kept: dict[Any, Rendered] = current_app.extensions.setdefault("workshop_confirm_address", {})
    if (found := kept.get(key)) is not None:
        return found
    if len(kept) >= _TEXTS_KEPT:
        kept.clear()
    context = {
        "confirm_url": external_url("my.page", lang=language, token=mark(Purpose.MY, _NOBODY)),
        "expires_at": expires_at,
        "tzid": current_app.config["TIMEZONE"],
        "sender_name": sender_of(""),
    }
    kept[key] = found = render("confirm_address", language, context)
    return found


def confirm_address(
    session: Session,
    *,
    now: datetime,
    participant: Addressee,
    session_ids: Sequence[int],
    language: str,
    text: Rendered | None = None,
) -> None:
    """Mail the link to the page with the button. Names no series, repeats nothing typed: anybody can type any address.

    One mail for all that waits, since one button confirms all of it: an earlier one that has not left is taken back.

    Args:
        session: the transaction in which the answers were asked for.
        now: the present.
        participant: whose address it is; they have one.
        session_ids: of the sessions asked for.
        language: chosen in the form.
        text: what `confirm_address_text` returned before the transaction.
    """
    assert participant.address is not None
    text = text or confirm_address_text(language, now=now)
    expires_at = now + REQUEST_LIFETIME
    supersede(session, now=now, person_ref=participant.subject, kinds=("confirm_address",), reason="asked again")
    enqueue(
        session,
        now=now,
        kind="confirm_address",
        priority=PRIORITY,
        series_id=participant.series_id,
        workshop_session_id=session_ids[0] if len(session_ids) == 1 else None,
        person_ref=participant.subject,
        answer_ref="",
        basis={"asked_at": now.isoformat()},
        dedupe_key=f"confirm_address:{participant.subject}:{now.isoformat()}",
        recipient=participant.address,
        language=language,
        sender_name="",
        context={},
        expires_at=expires_at,
        rendered=Rendered(*(part.replace(_NOBODY, participant.subject) for part in text)),
    )


def answer_recorded(session: Session, *, now: datetime, answer: Answer, calendar_knows: bool = False) -> None:
    """Mail what was recorded, with the personal page; for a seat also the join link and the calendar entry.

    The answer's state must be set and flushed. `calendar_knows`: it came from the participant's calendar, which need
    not be told that they do not come.
    """
    view = view_for(answer)
    if view is None:
        return
    send(
        session,
        now=now,
        answer=answer,
        view=view,
        kind="answer_recorded",
        basis={"state": answer.state.value},
        context={
            **_recorded(answer, view),
            "position": positions(session, [answer]).get(answer.id, 0),
            # A finger slips more easily there than on the page, which asks.
            "kept_until": answer.seat_kept_until if calendar_knows else None,
        },
        calendar_knows=calendar_knows,
    )


def answer_recorded_sample(answer: Answer) -> Sample | None:
    """Return that mail as it would leave, to be shown; None where none would. Reads and writes nothing."""
    view = view_for(answer)
    if view is None:
        return None
    has_calendar = brings_request(answer)
    words = {**calendar_words(()), "itip": "REQUEST" if has_calendar else "", "kept_until": None}
    context = _context(answer, view, {**_recorded(answer, view), **words, "position": 0})
    return sample(answer, view, "answer_recorded", context, has_calendar=has_calendar)


def sample(answer: Answer, view: SessionView, kind: str, context: Mapping[str, Any], *, has_calendar: bool) -> Sample:
    """Return a mail about an answer as `enqueue` would render it."""
    participant, series = answer.participant, answer.workshop_session.series
    sender = sender_of(sender_name(series, view, participant.language))
    text = render_own(series, view, kind, participant.language, {**context, "sender_name": sender})
    return Sample(sender, reply_to(series, view).get("Reply-To", ""), text, has_calendar)


def render_own(series: Series, view: SessionView, kind: str, language: str, context: Mapping[str, Any]) -> Rendered:
    """Return a mail to be shown, in the series' own words where it has some and the mail may hold them."""
    session = object_session(series)
    own = None
    if session is not None and not view.is_neutral:
        own = own_text(session, series_id=series.id, kind=kind, language=language)
    return render(kind, language, context, own=own)


def view_for(answer: Answer) -> SessionView | None:
    """Return the session as a mail about this answer may show it; None where nothing can be said or sent."""
    if answer.participant.address is None:
        return None
    audience = Audience.PARTICIPANT if answer.state is AnswerState.ACCEPTED else Audience.INVITED
    return session_view(
        answer.workshop_session,
        audience=audience,
        surface=Surface.MAIL,
        is_discreet=answer.participant.is_discreet,
    )


def send(
    session: Session,
    *,
    now: datetime,
    answer: Answer,
    view: SessionView | None,
    kind: str,
    basis: dict[str, Any],
    context: dict[str, Any],
    calendar_knows: bool = False,
    **message: Any,
) -> int | None:
    """Queue a message about where an answer stands; takes back those about where it stood. Flushes.

    It puts a seat, or a perhaps, into the participant's calendar, and takes out what is there no longer.

    Args:
        session: the transaction that changed the answer.
        now: the present.
        answer: what it is about.
        view: the session, as `view_for` gives it; None: nothing is sent.
        kind: of ABOUT_ANSWERS.
        basis: what the last look compares.
        context: for the templates, beside what all of them need.
        calendar_knows: nothing needs to be taken out of the calendar.
        message: what else `enqueue` takes.
    """
    if view is None:
        return None
    participant, workshop_session = answer.participant, answer.workshop_session
    assert participant.address is not None
    language = participant.language
    supersede(session, now=now, answer_ref=answer.subject, kinds=ABOUT_ANSWERS, reason="changed again")
    files = () if calendar_knows and not brings_request(answer) else calendar_files(session, answer, now=now)
    return enqueue(
        session,
        now=now,
        kind=kind,
        priority=PRIORITY,
        series_id=participant.series_id,
        workshop_session_id=answer.workshop_session_id,
        person_ref=participant.subject,
        answer_ref=answer.subject,
        basis={**basis, "is_neutral": view.is_neutral, **calendar_basis(files, answer)},
        recipient=participant.address,
        language=language,
        sender_name=sender_name(workshop_session.series, view, language),
        headers=reply_to(workshop_session.series, view),
        context=_context(answer, view, {**calendar_words(files), **context}),
        attachments=files,
        **{"dedupe_key": f"{kind}:{answer.subject}:{now.isoformat()}", **message},
    )


def _context(answer: Answer, view: SessionView, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the templates of all messages about answers need, with what this one needs."""
    participant = answer.participant
    return {
        "view": view,
        "reader_name": participant.name,
        "own_tzid": participant.tzid,
        "my_url": my_url(participant, participant.language),
        **context,
    }


def _recorded(answer: Answer, view: SessionView) -> dict[str, Any]:
    participant, language = answer.participant, answer.participant.language
    minutes = int(current_app.config["JOIN_OPENS_MINUTES"])
    return {
        "state": answer.state.value,
        "join_url": join_url(answer, language) if view.has_join_link else "",
        "door_opens_at": door_opens_at(view, minutes=minutes),
        "wants_reminders": participant.wants_reminders,
        "erases_at": erasure_of(participant),
        "zone_city": city(view.tzid, language),
    }


def erasure_of(participant: Participant) -> datetime:
    """Return when the participant's identity is erased, as things stand."""
    return erases_at(
        [(answer.state, answer.answered_at, answer.workshop_session.ends_at) for answer in participant.answers],
        created_at=participant.created_at,
        retention_days=participant.series.retention_days,
    )
