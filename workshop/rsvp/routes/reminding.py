"""Stopping reminders, and choosing among them; no button here withdraws an answer."""

from __future__ import annotations

from datetime import timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.language import languages
from workshop.core.limits import Limit, limited
from workshop.core.links import Purpose
from workshop.rsvp import queries, service
from workshop.rsvp.forms.reminding import RemindersForm, make_reminders_form
from workshop.rsvp.models import Participant
from workshop.rsvp.queries.reminding import list_reminder_rules
from workshop.rsvp.routes.blueprint import blueprint
from workshop.rsvp.service.preferences import choose_reminders

_BY_CLIENT = Limit("unsubscribe", 120, timedelta(minutes=10))


@blueprint.route("/unsubscribe/<token>", methods=["GET", "POST"])
@limited(_BY_CLIENT)
def unsubscribe(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Show a button that stops all reminders, and a form to choose among them; a POST presses that button.

    It does so without cookies and whatever is sent along (RFC 8058), and answers with the page for that RFC's sake.
    """
    participant = _find(token)
    if request.method == "POST":
        service.stop_reminders(db.session(), participant)
        db.session.commit()
        # Read anew: what the page needs was let go with the transaction.
        participant = _find(token)
    return _page(token, participant, make_form(participant))


@blueprint.post("/unsubscribe/<token>/reminders")
@limited(_BY_CLIENT)
def choose(lang: str, token: str) -> ResponseReturnValue:
    """Keep which reminders are wanted, and in which language."""
    participant = _find(token)
    form = make_form(participant, is_sent=True)
    if not form.validate_on_submit():
        return _page(token, participant, form, status=422)
    return redirect(url_for("rsvp.unsubscribe", lang=keep_choice(participant, form) or lang, token=token), 303)


def _find(token: str) -> Participant:
    participant = queries.find_participant(db.session(), purpose=Purpose.UNSUBSCRIBE, token=token)
    if participant is None or participant.confirmed_at is None:
        raise NotFoundError("no such link")
    return participant


def _page(token: str, participant: Participant, form: RemindersForm, *, status: int = 200) -> ResponseReturnValue:
    html = render_template(
        "rsvp/unsubscribe.html",
        is_stopped=not participant.wants_reminders,
        form=form,
        stop_url=url_for("rsvp.unsubscribe", token=token),
        choose_url=url_for("rsvp.choose", token=token),
        my_url="",
        announcements_url=url_for("announcements.unsubscribe", token=token),
    )
    return html, status


def make_form(participant: Participant, *, is_sent: bool = False) -> RemindersForm:
    """Return the form for a participant, with what was sent where the request carries it."""
    rules = list_reminder_rules(db.session(), participant, now=clock.now())
    codes = tuple(code for code in participant.series.languages if code in languages()) or languages()
    return make_reminders_form(participant, rules, codes=codes, is_sent=is_sent)


def keep_choice(participant: Participant, form: RemindersForm) -> str:
    """Keep what was sent, commit and say so; returns the language chosen where it is another one."""
    before, session = participant.language, db.session()
    choose_reminders(
        session,
        participant,
        rules=[str(choice.value) for choice in form.shown],
        declined=form.declined,
        language=form.language.data,
    )
    session.commit()
    flash(_("Your choices are saved."), "done")
    return form.language.data if form.language.data != before else ""
