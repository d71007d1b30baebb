"""Those who speak or moderate: to what each agreed, and the link by which they say so themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm

from workshop.accounts.reauthentication import confirmed_or_page
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.chatham.rule import ConsentKind
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.core.folding import fold
from workshop.core.language import languages
from workshop.core.limits import Limit, limited
from workshop.organise.forms import CONSENT_NAMES, ConsentForm, ContactForm
from workshop.organise.queries import list_newest_mail
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.view import SpeakerRow, speaker_row
from workshop.people.models import Person
from workshop.people.queries import find_person
from workshop.people.service import set_contact
from workshop.programme.emails import LINK, language_of
from workshop.programme.forms import add_faults
from workshop.programme.models import Item, Series, SpeakerSlot, WorkshopSession
from workshop.programme.organise import form_page, open_series, series_row, session_row
from workshop.programme.queries import count_slides
from workshop.programme.service.consents import set_consent
from workshop.programme.service.speakers import send_link
from workshop.programme.service.speaking import confirm, decline
from workshop.programme.view.speakers import slot_row, slot_rows, slots_of

_BASE = "/series/<series>/speakers"
PEOPLE, SESSIONS = 50, 4
"""So many are listed at once."""
_SENDING = Limit("speaker_link", 60, timedelta(minutes=15))


@blueprint.get(_BASE)
def speakers(lang: str, series: str) -> ResponseReturnValue:
    """Show everybody who speaks or moderates, and by session to what each agreed; with `session`, of one alone."""
    found = _open(series)
    now, wanted = clock.now(), request.args.get("session")
    told = [one for one in found.sessions if any(True for _found in slots_of(one)) and wanted in {None, one.slug}]
    # What comes next first, what is over after it, the latest first.
    told.sort(key=lambda one: (one.ends_at <= now, abs(one.starts_at - now), one.id))
    people = [] if wanted is not None else _people(found)
    number, last = _turn("page", len(told), SESSIONS)
    people_number, people_last = _turn("people", len(people), PEOPLE)
    slides = count_slides(db.session(), found.id)
    return render_template(
        "organise/speakers.html",
        people=people[(people_number - 1) * PEOPLE : people_number * PEOPLE],
        may_send_all=any(one.has_address and one.is_shown and not one.link_state for one in people),
        sessions=[
            (session_row(one, found, now=now), slot_rows(one, slides))
            for one in told[(number - 1) * SESSIONS : number * SESSIONS]
        ],
        turns={"page": (number, last), "people": (people_number, people_last)},
        is_one=wanted is not None,
        consent_names=[(kind.value, words) for kind, words in CONSENT_NAMES.items()],
        form=FlaskForm(None),
        **_page(lang, found),
    )


def _turn(name: str, total: int, each: int) -> tuple[int, int]:
    """Return which page of a list is asked for, and the last one; from 1."""
    last = max(1, -(-total // each))
    typed = request.args.get(name, "")
    is_number = typed.isascii() and typed.isdigit() and len(typed) < 6  # noqa: PLR2004 (digits)
    return min(max(1, int(typed)), last) if is_number else 1, last


@blueprint.route(f"{_BASE}/parts/<int:part>", methods=["GET", "POST"])
def speaker_part(lang: str, series: str, part: int) -> ResponseReturnValue:
    """Show one part of somebody's; a POST keeps what they told an organiser about it."""
    found = _open(series)
    workshop_session, slot, item = _find_part(found, part)
    form = ConsentForm()
    if form.validate_on_submit():
        set_consent(
            db.session(),
            now=clock.now(),
            slot=slot,
            kind=ConsentKind(form.kind.data),
            given=form.given.data == "yes",
            recorded_by=actor_of(current_organiser()),
            details={"way": form.way.data},
        )
        db.session.commit()
        flash(_("Noted. It counts from this moment, and they see it on their own page."))
        return redirect(url_for("organise.speaker_part", lang=lang, series=series, part=part), 303)
    return form_page(
        "organise/speaker_part.html",
        form,
        part=slot_row(workshop_session, slot, item),
        row=session_row(workshop_session, found, now=clock.now()),
        consent_names={kind.value: words for kind, words in CONSENT_NAMES.items()},
        **_page(lang, found),
    )


@blueprint.post(f"{_BASE}/parts/<int:part>/coming")
def speaker_coming(lang: str, series: str, part: int) -> ResponseReturnValue:
    """Keep that somebody told an organiser that they come (`act=confirm`) or do not (`decline`)."""
    found = _open(series)
    _workshop_session, slot, _item = _find_part(found, part)
    act = {"confirm": confirm, "decline": decline}.get(request.form.get("act", ""))
    if act is not None and act(db.session(), now=clock.now(), slot=slot, actor=actor_of(current_organiser())):
        db.session.commit()
        flash(_("Noted. It counts from this moment, and they see it on their own page."))
    return redirect(url_for("organise.speaker_part", lang=lang, series=series, part=part), 303)


@blueprint.route(f"{_BASE}/people/<int:person>", methods=["GET", "POST"])
def speaker(lang: str, series: str, person: int) -> ResponseReturnValue:
    """Show whether somebody can be written to; a POST keeps their address and language."""
    found = _open(series)
    who = _find_person(found, person)
    form = ContactForm(codes=_codes(found), data={"language": language_of(who, found)})
    if form.validate_on_submit():
        email = "" if form.forget.data else form.email.data or who.email
        if email != who.email and (asked := confirmed_or_page()) is not None:
            return asked
        try:
            is_changed = set_contact(
                db.session(),
                now=clock.now(),
                person=who,
                email=email,
                language=form.language.data,
                languages=found.languages,
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            if is_changed:
                _log("programme.set_speaker_contact", who.id, {"has_address": bool(email)})
            db.session.commit()
            flash(_("Saved."))
            return redirect(url_for("organise.speaker", lang=lang, series=series, person=person), 303)
    (row,) = (one for one in _people(found, who) if one.id == who.id)
    return form_page("organise/speaker.html", form, person=row, **_page(lang, found))


@blueprint.post(f"{_BASE}/people/<int:person>/link")
@limited(_SENDING)
def send_speaker_link(lang: str, series: str, person: int) -> ResponseReturnValue:
    """Mail somebody the link of their own page."""
    found = _open(series)
    send_link(
        db.session(),
        now=clock.now(),
        person=_find_person(found, person),
        series=found,
        actor=actor_of(current_organiser()),
    )
    db.session.commit()
    flash(_("The link leaves by e-mail at once."))
    return redirect(url_for("organise.speakers", lang=lang, series=series), 303)


@blueprint.post(f"{_BASE}/links")
@limited(_SENDING)
def send_speaker_links(lang: str, series: str) -> ResponseReturnValue:
    """Mail the link to everybody who can be written to and never had it."""
    found = _open(series)
    people = {person.id: person for person in found.people}
    wanted = [one for one in _people(found) if one.has_address and one.is_shown and not one.link_state]
    actor = actor_of(current_organiser())
    for one in wanted:
        send_link(db.session(), now=clock.now(), person=people[one.id], series=found, actor=actor)
    db.session.commit()
    flash(
        ngettext("%(num)d link leaves by e-mail at once.", "%(num)d links leave by e-mail at once.", len(wanted))
        if wanted
        else _("Nobody is left to send a link to.")
    )
    return redirect(url_for("organise.speakers", lang=lang, series=series), 303)


def _open(series: str) -> Series:
    return open_series(series, *PLANNERS)[0]


def _find_person(series: Series, person_id: int) -> Person:
    found = find_person(db.session(), series_id=series.id, person_id=person_id)
    if found is None:
        raise NotFoundError
    return found


def _find_part(series: Series, slot_id: int) -> tuple[WorkshopSession, SpeakerSlot, Item | None]:
    for one in series.sessions:
        for slot, item in slots_of(one):
            if slot.id == slot_id:
                return one, slot, item
    raise NotFoundError


def _people(series: Series, *others: Person) -> list[SpeakerRow]:
    """Return everybody with a part in a session, by name; `others` too, though they have none."""
    speaking: dict[int, list[WorkshopSession]] = {person.id: [] for person in others}
    for one in series.sessions:
        for slot, _item in slots_of(one):
            speaking.setdefault(slot.person_id, []).append(one)
    people = [person for person in series.people if person.id in speaking]
    mail = list_newest_mail(db.session(), LINK, [person.subject for person in people])
    rows = [
        speaker_row(
            person,
            language=language_of(person, series),
            message=mail.get(person.subject),
            sessions=speaking[person.id],
        )
        for person in people
    ]
    return sorted(rows, key=lambda row: fold(row.name))


def _codes(series: Series) -> tuple[str, ...]:
    return tuple(code for code in series.languages if code in languages()) or languages()


def _log(action: str, person_id: int, details: dict[str, bool]) -> None:
    actor = actor_of(current_organiser())
    record(db.session(), now=clock.now(), actor=actor, action=action, object_=f"person:{person_id}", details=details)


def _page(lang: str, series: Series) -> dict[str, Any]:
    return {
        "page_language": lang,
        "series": series_row(series),
        "tzid": series.tzid,
    }
