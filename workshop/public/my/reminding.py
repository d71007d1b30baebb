"""Choosing among reminders from one's own page; the same as behind the last link of a reminder."""

from __future__ import annotations

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.limits import limited
from workshop.public.my.page import BY_CLIENT, blueprint, find_owner
from workshop.rsvp import service
from workshop.rsvp.forms.reminding import RemindersForm
from workshop.rsvp.models import Participant
from workshop.rsvp.routes.reminding import keep_choice, make_form


@blueprint.get("/<token>/reminders")
def reminders(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Show a button that stops all reminders, and a form to choose among them."""
    participant = _find(token)
    return _page(token, participant, make_form(participant))


@blueprint.post("/<token>/reminders")
@limited(BY_CLIENT)
def choose_reminders(lang: str, token: str) -> ResponseReturnValue:
    """Keep which reminders are wanted, and in which language."""
    participant = _find(token)
    form = make_form(participant, is_sent=True)
    if not form.validate_on_submit():
        return _page(token, participant, form, status=422)
    return redirect(url_for("my.reminders", lang=keep_choice(participant, form) or lang, token=token), 303)


@blueprint.post("/<token>/reminders/stop")
@limited(BY_CLIENT)
def stop_reminders(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Stop all reminders."""
    service.stop_reminders(db.session(), _find(token))
    db.session.commit()
    return redirect(url_for("my.reminders", token=token), 303)


def _find(token: str) -> Participant:
    participant = find_owner(token, clock.now(), is_confirmed=True)
    if participant.address is None:
        raise NotFoundError("nothing can be mailed")
    return participant


def _page(token: str, participant: Participant, form: RemindersForm, *, status: int = 200) -> ResponseReturnValue:
    html = render_template(
        "rsvp/unsubscribe.html",
        is_stopped=not participant.wants_reminders,
        form=form,
        stop_url=url_for("my.stop_reminders", token=token),
        choose_url=url_for("my.choose_reminders", token=token),
        my_url=url_for("my.page", token=token),
        announcements_url="",
    )
    return html, status
