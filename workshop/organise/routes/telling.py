"""Telling those concerned what was edited in a session: what they would read and how many they are, then the press."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm

from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.language import languages
from workshop.core.links import cut
from workshop.organise import readers
from workshop.organise.routes.blueprint import blueprint
from workshop.programme.models import WorkshopSession
from workshop.programme.organise import open_session, session_row
from workshop.reminders.emails import change_sample, change_sample_of_speaker
from workshop.reminders.service import Untold, find_untold
from workshop.reminders.service import tell as tell_changes
from workshop.rsvp.emails import Sample


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody will read, in one language; secret links cut."""

    language: str
    is_to_speaker: bool
    sender: str
    subject: str
    text: str


@blueprint.route("/series/<series>/<session>/tell", methods=["GET", "POST"])
def tell(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show what was edited and told to nobody, to whom it would be told and in which words; a POST tells it."""
    one, _role = open_session(series, session, *PLANNERS)
    now, form = clock.now(), FlaskForm()
    untold = find_untold(db.session(), [one], now=now).get(one.id)
    is_other = False
    if form.validate_on_submit():
        if untold is None:
            flash(_("There is nothing to tell."))
            return redirect(url_for("organise.tell", lang=lang, series=series, session=session), 303)
        is_other = request.form.get("seen") != mark_of(untold)
        if not is_other:
            number = untold.mails
            actor = actor_of(current_organiser())
            tell_changes(db.session(), now=now, workshop_session=one, actor=actor, number=number)
            db.session.commit()
            words = ngettext(
                "%(num)s person is being told by e-mail.", "%(num)s people are being told by e-mail.", number
            )
            flash(words if number else _("Noted: they were told."))
            return redirect(url_for("programme_organise.series", lang=lang, series=series), 303)
    page = render_template(
        "organise/tell.html",
        page_language=lang,
        form=form,
        row=session_row(one, one.series, now=now),
        untold=untold,
        mark=mark_of(untold) if untold else "",
        is_other=is_other,
        letters=_letters(one, untold) if untold else [],
    )
    return page, 409 if is_other else 200


def untold_of(sessions: Iterable[WorkshopSession]) -> dict[tuple[str, str], Untold]:
    """Return series' slug and session's slug → what was edited and not told, for the marks in lists of sessions."""
    own = {one.id: one for one in sessions}
    found = find_untold(db.session(), own.values(), now=clock.now())
    return {(own[session_id].series.slug, own[session_id].slug): one for session_id, one in found.items()}


def mark_of(untold: Untold) -> str:
    """Return what tells whether somebody saw it as it is now."""
    seen: list[object] = [untold.after.to_json()]
    seen += [[one.before.to_json(), one.by_mail, one.without] for one in (*untold.known, *untold.speakers)]
    return hashlib.sha256(json.dumps(seen, sort_keys=True).encode()).hexdigest()[:16]


def _letters(one: WorkshopSession, untold: Untold) -> list[Letter]:
    """Return what most of them will read, in every language of the series; no reader of these is real."""
    now = clock.now()
    found: list[Letter] = []
    readers.as_published(one)
    codes = [code for code in one.series.languages if code in languages()]
    if untold.known:
        before = untold.known[0].before
        for code in codes:
            answer = readers.make_answer(one, now=now, language=code, is_discreet=False)
            sample = change_sample(answer, "session_changed", before=before, after=untold.after)
            found += _letter(code, sample, is_to_speaker=False)
    if untold.speakers_by_mail:
        before = untold.speakers[0].before
        for code in codes:
            person = readers.make_person(one, language=code)
            sample = change_sample_of_speaker(person, one, "session_changed", before=before, after=untold.after)
            found += _letter(code, sample, is_to_speaker=True)
    return found


def _letter(language: str, sample: Sample | None, *, is_to_speaker: bool) -> Iterable[Letter]:
    if sample is not None:
        yield Letter(language, is_to_speaker, sample.sender, sample.text.subject, cut(sample.text.text))
