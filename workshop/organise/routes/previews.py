"""Who sees what: a session as each reader finds it, made by the code that serves them, for somebody made up.

Nothing is stored, and no real participant is read: a draft is shown as if it were published.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.rule import PLANNERS
from workshop.calendars.view import organiser_entry, session_entry, speaker_entry
from workshop.chatham.notices import explanation
from workshop.chatham.rule import Audience, Level, Surface, Visibility
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.ical import Event
from workshop.mail.service import sender_of
from workshop.organise import readers
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.routes.session_editing import translator_page
from workshop.organise.seen import Card, Page, calendar_card, mail_card, page_card, table
from workshop.programme.models import WorkshopSession
from workshop.programme.organise import open_session, session_row
from workshop.programme.view import SessionView, series_view, session_disclosure, session_view
from workshop.programme.view.speakers import speaking_views
from workshop.public.my.page import Example, own_page
from workshop.public.routes import session_page
from workshop.public.speaker.page import own_page as speaker_page
from workshop.reminders.emails import quiet_hours, reminder_sample
from workshop.reminders.schedule import SessionTimes, departures, parse_offsets
from workshop.rsvp.emails import (
    Sample,
    answer_recorded_sample,
    invitation_sample,
    own_entry,
    reply_to,
    sender_name,
)
from workshop.rsvp.models import Answer
from workshop.rsvp.queries import count_seats, count_states
from workshop.rsvp.queries.answers import SessionMark
from workshop.rsvp.routes.inviting import invitation_page
from workshop.rsvp.schedule import Phase, Standing, phase, standing
from workshop.rsvp.view.lists import notes_people
from workshop.summaries.queries import list_published
from workshop.summaries.view import summary_view

_BASE = "/series/<series>/<session>/who-sees-what"
NOWHERE = "example"
"""Stands in the made-up reader's addresses, and opens nothing."""


class Preview(NamedTuple):
    """What stands above a real page that is only shown."""

    words: str
    back: str


@blueprint.get(_BASE)
def who_sees_what(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show side by side what each reader is given of a session; with ?discreet=1 to whoever asked for discretion."""
    workshop_session, _role = open_session(series, session, *PLANNERS)
    return _overview(lang, workshop_session)


@blueprint.get(f"{_BASE}/<reader>")
def seen_by(lang: str, series: str, session: str, reader: str) -> ResponseReturnValue:
    """Show the real page of one reader, or one message alone; nothing on it can be sent."""
    workshop_session, _role = open_session(series, session, *PLANNERS)
    make = _PAGES.get(reader)
    if make is None:
        return _overview(lang, workshop_session, only=reader)
    readers.as_published(workshop_session)
    words = _("A preview for the organisers, with a made-up reader. Nothing on this page can be sent.")
    g.preview = Preview(words, url_for("organise.who_sees_what", lang=lang, series=series, session=session))
    # Also without a script no form leaves: what somebody made up would answer must not be asked for.
    g.form_action = "'none'"
    return make(lang, workshop_session)


# -- the pages that serve the real readers -----------------------------------------------------------------------------


def _public_page(lang: str, workshop_session: WorkshopSession) -> ResponseReturnValue:
    return session_page(workshop_session, lang=lang, today=_standing(workshop_session))


def _invited_page(lang: str, workshop_session: WorkshopSession) -> ResponseReturnValue:
    return invitation_page(readers.make_invitation(workshop_session, now=clock.now(), language=lang), lang)


def _participant_page(lang: str, workshop_session: WorkshopSession) -> ResponseReturnValue:
    now = clock.now()
    answer = _answer(lang, workshop_session)
    example = Example([answer], readers.make_acknowledgements(answer, now=now))
    return own_page(lang, NOWHERE, answer.participant, now, example=example)


def _speaker_page(lang: str, workshop_session: WorkshopSession) -> ResponseReturnValue:
    person = readers.make_speaker(workshop_session, now=clock.now(), language=lang)
    return speaker_page(NOWHERE, person, example=speaking_views([workshop_session], person))


_PAGES: dict[str, Callable[[str, WorkshopSession], ResponseReturnValue]] = {
    "public": _public_page,
    "invited": _invited_page,
    "participant": _participant_page,
    "speaker": _speaker_page,
    "helper": translator_page,
}


def _standing(workshop_session: WorkshopSession) -> Standing:
    """Return how the session stands today, as its public page says it."""
    one = workshop_session
    held = count_seats(db.session(), [one.id])[one.id] if one.capacity is not None else 0
    mark = SessionMark(
        id=one.id,
        series_id=one.series_id,
        revision=one.series.revision,
        uid=one.uid,
        is_listed=False,
        status=one.status,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        rsvp_opens_at=one.rsvp_opens_at,
        rsvp_closes_at=one.rsvp_closes_at,
        tzid=one.tzid,
        capacity=one.capacity,
        held=held,
    )
    return standing(mark, now=clock.now())


def _answer(lang: str, workshop_session: WorkshopSession, *, is_discreet: bool = False) -> Answer:
    return readers.make_answer(workshop_session, now=clock.now(), language=lang, is_discreet=is_discreet)


# -- the overview ------------------------------------------------------------------------------------------------------


def _overview(lang: str, workshop_session: WorkshopSession, only: str = "") -> ResponseReturnValue:
    now, is_discreet = clock.now(), request.args.get("discreet") == "1"
    row = session_row(workshop_session, workshop_session.series, now=now)
    is_draft = readers.as_published(workshop_session)
    own = session_view(workshop_session, audience=Audience.ORGANISER, surface=Surface.PAGE)
    assert own is not None
    level = next((one for one in Level if one.value == request.args.get("level")), own.level)
    people = _people(workshop_session)
    messages = _messages(lang, workshop_session, now=now, is_discreet=is_discreet)
    cards = {one.key: one for one in (*people, *messages)}
    if only and only not in cards:
        raise NotFoundError
    columns, rows = table(level, _visibility(workshop_session))
    return render_template(
        "organise/who_sees_what.html",
        page_language=lang,
        row=row,
        own=own,
        is_draft=is_draft,
        is_discreet=is_discreet,
        only=cards.get(only),
        people=people,
        sent=messages,
        level=level,
        levels=list(Level),
        meaning=explanation(level),
        columns=columns,
        rows=rows,
    )


def _visibility(workshop_session: WorkshopSession) -> Visibility:
    """Return what series and session say of it themselves; the table adds what a level makes of it."""
    own, of_series = workshop_session.visibility, workshop_session.series.visibility
    return of_series if own is None else max(of_series, own)


def _people(one: WorkshopSession) -> list[Card]:
    """Return what the pages of people show."""
    published = list_published(db.session(), [one.id]).get(one.id)
    own = Surface.PERSONAL_PAGE

    def card(key: str, name: str, where: str, audience: Audience, surface: Surface, page: Page) -> Card:
        view = session_view(one, audience=audience, surface=surface, has_materials=True)
        return page_card(key, name, where, view, one, page)

    def reported(audience: Audience, surface: Surface) -> bool | None:
        return summary_view(one, published, audience=audience, surface=surface) is not None if published else None

    is_public = _visibility(one) is Visibility.PUBLIC
    where = (
        _("The session’s page, lists, search engines; other sites and programs are given no more")
        if is_public
        else _("The session’s page, by its address")
    )
    of_public = Page(has_summary=reported(Audience.PUBLIC, Surface.PAGE))
    of_participant = Page(has_way_in=True, has_summary=reported(Audience.PARTICIPANT, own))
    of_helper = Page(finds_names=notes_people(one))
    behind, at_work = (
        _("The page behind the invitation’s link"),
        _("A translator’s form for texts; a helper’s check-in"),
    )
    has_place, their = _("Somebody who has a place"), _("Their personal page")
    return [
        card("public", _("The public"), where, Audience.PUBLIC, Surface.PAGE, of_public),
        card("invited", _("Somebody invited"), behind, Audience.INVITED, Surface.PAGE, Page()),
        card("participant", has_place, their, Audience.PARTICIPANT, own, of_participant),
        card("speaker", _("A speaker"), _("Their own page"), Audience.SPEAKER, own, Page()),
        card("helper", _("A translator, a helper"), at_work, Audience.HELPER, Surface.PAGE, of_helper),
    ]


def _messages(lang: str, one: WorkshopSession, *, now: datetime, is_discreet: bool) -> list[Card]:
    """Return what is sent, and what calendars hold."""
    answer = _answer(lang, one, is_discreet=is_discreet)
    view = session_view(one, audience=Audience.PARTICIPANT, surface=Surface.MAIL, is_discreet=is_discreet)

    def mail(key: str, name: str, sample: Sample | None, why: str = "", seen: SessionView | None = view) -> Card:
        return mail_card(key, name, (seen, sample) if seen and sample else None, one, why)

    invited, text = _invitation(lang, one, now=now)
    entry, note = _public_entry(lang, one)
    shared, feed = _("Often shared with colleagues or family."), _("The feed of the series, and the download")
    own = _("Their own feed, and the invitation that comes by e-mail.") + f" {shared}"
    theirs = _("Their own feed, by a secret address. Whoever keeps the calendar for them reads it.")
    managed = organiser_entry(one, count_states(db.session(), one.id), language=lang)
    counts = session_disclosure(one, audience=Audience.ORGANISER, surface=Surface.CALENDAR).participant_count
    no_reminder = _("No reminder before the start is planned.")
    no_invitation = _("No invitation leaves: the session takes no more answers.")
    cards = [
        calendar_card("public-calendar", _("Public calendar"), feed, entry, one, note),
        calendar_card("own-calendar", _("A participant’s calendar"), own, own_entry(answer), one),
        calendar_card("organiser-calendar", _("An organiser’s calendar"), theirs, managed, one, has_number=counts),
        mail("invitation", _("E-mail: the invitation"), text, no_invitation, invited),
        mail("confirmation", _("E-mail: the answer is recorded"), answer_recorded_sample(answer)),
        mail("reminder", _("E-mail: the first reminder"), _reminder(one, answer), no_reminder),
    ]
    # Last: from here on somebody made up stands in the programme.
    speaking = speaker_entry(one, readers.make_speaker(one, now=now, language=lang), language=lang)
    cards.insert(2, calendar_card("speaker-calendar", _("A speaker’s calendar"), theirs, speaking, one))
    return cards


def _public_entry(lang: str, workshop_session: WorkshopSession) -> tuple[tuple[SessionView, Event] | None, str]:
    """Return the session's entry in the series' public feed, else that of its download, and which of both it is."""
    series = series_view(
        workshop_session.series,
        audience=Audience.PUBLIC,
        surface=Surface.CALENDAR,
        has_address=True,
        sessions=[workshop_session],
    )
    view = next(iter(series.sessions), None) if series else None
    if view is not None:
        return (view, session_entry(view, lang)), ""
    view = session_view(workshop_session, audience=Audience.PUBLIC, surface=Surface.CALENDAR, has_address=True)
    if view is None:
        return None, ""
    return (view, session_entry(view, lang)), _("In no feed: only the download from its page.")


def _invitation(lang: str, one: WorkshopSession, *, now: datetime) -> tuple[SessionView | None, Sample | None]:
    """Return the session as an invitation's mail may show it, and that mail; None where none would leave."""
    view = session_view(one, audience=Audience.INVITED, surface=Surface.MAIL)
    text = invitation_sample(readers.make_invitation(one, now=now, language=lang), now=now, is_reminder=False)
    if text is None or view is None:
        return view, None
    sender = sender_of(sender_name(one.series, view, lang))
    return view, Sample(sender, reply_to(one.series, view).get("Reply-To", ""), text, has_calendar=False)


def _reminder(workshop_session: WorkshopSession, answer: Answer) -> Sample | None:
    """Return the first reminder before the start as it reads when it leaves; None where there is none."""
    own = workshop_session.reminders
    times = SessionTimes(
        id=workshop_session.id,
        starts_at=workshop_session.starts_at,
        ends_at=workshop_session.ends_at,
        tzid=workshop_session.tzid,
        offsets=parse_offsets(workshop_session.series.reminders if own is None else own),
    )
    planned = [one for one in departures(times, quiet=quiet_hours()) if not one.offset.is_after]
    if not planned or phase(workshop_session, now=clock.now()) is Phase.CANCELLED:
        return None
    return reminder_sample(answer, planned[0], now=planned[0].leaves_at)
