"""The page on which organisers get the address of their own calendar, change it and end it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.forms import PressForm
from workshop.accounts.models import Role
from workshop.accounts.queries import list_roles
from workshop.accounts.routes import current_organiser, require_sign_in
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.calendars.service import make_feed, renew_feed, revoke_feed
from workshop.calendars.view import feed_links
from workshop.core import clock
from workshop.core.db import db
from workshop.core.limits import Limit, limited
from workshop.core.links import Purpose, find_token, has_link
from workshop.core.urls import external_url

blueprint = Blueprint(
    "calendars_organise", "workshop.calendars", template_folder="templates", url_prefix="/<lang:lang>/organise"
)
blueprint.before_request(require_sign_in)

_ACTS = {"make": make_feed, "renew": renew_feed, "revoke": revoke_feed}


@blueprint.get("/calendar")
def calendar(lang: str) -> ResponseReturnValue:
    """Show the address of one's own calendar, or how to get one."""
    session, organiser = db.session(), current_organiser()
    token = find_token(session, purpose=Purpose.FEED, subject=organiser.subject)
    roles = list_roles(session, organiser_id=organiser.id, now=clock.now())
    return render_template(
        "calendars/organise.html",
        links=feed_links(external_url("calendars.secret_feed", token=token)) if token else None,
        # One made under an earlier SECRET_KEY still opens, but cannot be shown again.
        is_lost=token is None and has_link(session, purpose=Purpose.FEED, subject=organiser.subject),
        has_series=any(role in {*PLANNERS, Role.ANSWERS} for role in roles.values()),
        reads=organiser.language,
        press=PressForm(formdata=None),
        page_language=lang,
    )


@blueprint.post("/calendar")
@limited(Limit("organiser-feed", 30, timedelta(minutes=15)))
def change_calendar(lang: str) -> ResponseReturnValue:
    """Make, renew or end the address; anything else that is asked for changes nothing, and is told so."""
    session, organiser = db.session(), current_organiser()
    asked = request.form.get("action", "")
    if (act := _ACTS.get(asked)) is None:
        flash(_("Please press one of the buttons below. Nothing was changed."), "warning")
        return redirect(url_for("calendars_organise.calendar", lang=lang), 303)
    # In line: two presses at once make one address.
    session.refresh(organiser, with_for_update=True)
    act(session, subject=organiser.subject)
    record(session, now=clock.now(), actor=actor_of(organiser), action=f"calendars.{asked}_feed")
    session.commit()
    flash(_words(asked), "done")
    return redirect(url_for("calendars_organise.calendar", lang=lang), 303)


def _words(asked: str) -> Any:
    if asked == "make":
        return _("This is your calendar’s address.")
    if asked == "renew":
        return _("This is the new address. The old one no longer works: give the new one to your calendars.")
    return _("The address no longer works. Remove the calendar from your programs too: they keep what they fetched.")
