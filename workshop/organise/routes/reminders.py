"""A session's reminders as they will read, in every language, for somebody made up; and sent to oneself as a test."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import LISTERS
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.language import languages
from workshop.core.limits import Limit, limited
from workshop.core.links import cut
from workshop.organise import emails, readers
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.timeline import rule_words
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.programme.organise import open_session, session_row
from workshop.reminders.emails import quiet_hours, reminder_sample
from workshop.reminders.schedule import Departure, SessionTimes, departures, parse_offsets
from workshop.rsvp.emails import Sample

_PATH = "/series/<series>/<session>/mail/reminder"


@dataclass(frozen=True, slots=True)
class Letter:
    """A reminder in one language, as it will read; secret links cut."""

    language: str
    sender: str
    subject: str
    text: str


@blueprint.get(_PATH)
def reminder(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show one reminder of a session in every language, by ?rule=-7d; the next that leaves without one."""
    one, _role = open_session(series, session, *LISTERS)
    row = session_row(one, one.series, now=clock.now())
    planned = list_departures(one)
    chosen = _choose(planned, request.args.get("rule", ""), now=clock.now())
    samples = {code: _sample(one, chosen, code) for code in _codes(one)} if chosen else {}
    return render_template(
        "organise/reminder.html",
        page_language=lang,
        row=row,
        chosen=chosen.offset.text if chosen else "",
        leaves_at=chosen.leaves_at if chosen else None,
        is_past=chosen is not None and chosen.leaves_at <= clock.now(),
        rules=[(departure.offset.text, rule_words(departure.offset)) for departure in planned],
        letters=[
            Letter(code, found.sender, found.text.subject, cut(found.text.text))
            for code, found in samples.items()
            if found
        ],
        tzid=one.tzid,
    )


@blueprint.post(_PATH)
@limited(Limit("reminder_test", 60, timedelta(minutes=15)))
def send_reminder_test(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Send a reminder to oneself: marked as a test, its links dead."""
    one, _role = open_session(series, session, *LISTERS)
    now, language = clock.now(), request.form.get("language", "")
    chosen = _choose(list_departures(one), request.form.get("rule", ""), now=now)
    language = language if language in _codes(one) else _codes(one)[0]
    sample = _sample(one, chosen, language) if chosen else None
    organiser, rule = current_organiser(), chosen.offset.text if chosen else ""
    if sample is None:
        flash(_("No reminder leaves for this session."))
    else:
        emails.reminder_test(
            db.session(), now=now, organiser=organiser, about=one, rule=rule, sample=sample, language=language
        )
        object_, details = f"session:{one.id}", {"rule": rule, "language": language}
        action = "organise.test_reminder"
        record(db.session(), now=now, actor=actor_of(organiser), action=action, object_=object_, details=details)
        db.session.commit()
        flash(_("The test leaves at once, to the address with which you sign in."))
    return redirect(url_for("organise.reminder", lang=lang, series=series, session=session, rule=rule or None), 303)


def list_departures(one: WorkshopSession) -> list[Departure]:
    """Return the reminders of a session in the order of leaving; none of a cancelled one."""
    if one.status is SessionStatus.CANCELLED:
        return []
    times = SessionTimes(
        id=one.id,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        tzid=one.tzid,
        offsets=parse_offsets(one.series.reminders if one.reminders is None else one.reminders),
    )
    return departures(times, quiet=quiet_hours())


def _choose(planned: list[Departure], rule: str, *, now: datetime) -> Departure | None:
    """Return the reminder of a rule; without one the next that leaves, or else the last."""
    if not rule:
        return next((one for one in planned if one.leaves_at > now), planned[-1] if planned else None)
    found = next((one for one in planned if one.offset.text == rule), None)
    if found is None:
        raise NotFoundError
    return found


def _codes(one: WorkshopSession) -> tuple[str, ...]:
    return tuple(code for code in one.series.languages if code in languages()) or languages()


def _sample(one: WorkshopSession, departure: Departure, language: str) -> Sample | None:
    """Return the reminder as it reads when it leaves, to somebody made up who has a seat."""
    now: datetime = departure.leaves_at
    readers.as_published(one)
    answer = readers.make_answer(one, now=now, language=language, is_discreet=False)
    return reminder_sample(answer, departure, now=now)
