"""What participants do with what is held about them: correct it, have it written elsewhere, take it along, erase it."""

from __future__ import annotations

import json

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.core import clock
from workshop.core.db import checkpoint, db
from workshop.core.limits import limited
from workshop.core.links import Purpose, find_token, has_link
from workshop.privacy import service as privacy
from workshop.privacy.view import certificate_view
from workshop.public.my.page import BY_CLIENT, blueprint, find_owner, own_page, told_form
from workshop.public.own_feed import calendar_stays
from workshop.rsvp import service
from workshop.rsvp.forms import NewAddressForm


@blueprint.post("/<token>/preferences")
@limited(BY_CLIENT)
def preferences(lang: str, token: str) -> ResponseReturnValue:
    """Keep how to be called and written to, what is needed, and replies to the organisers' questions."""
    now = clock.now()
    participant = find_owner(token, now, is_confirmed=True)
    form = told_form(lang, participant, is_posted=True)
    if not form.validate_on_submit():
        return own_page(lang, token, participant, now, form=form, status=422)
    has_address = participant.address is not None
    is_other_language = participant.language != form.language.data
    ends_files = has_address and participant.wants_calendar and form.no_calendar.data
    service.update_preferences(
        db.session(),
        now=now,
        participant=participant,
        name=form.name.data,
        affiliation=form.affiliation.data or "",
        language=form.language.data,
        tzid=form.timezone.data,
        wants_reminders=form.reminders.data if has_address else participant.wants_reminders,
        is_discreet=form.discreet.data if has_address else participant.is_discreet,
        wants_calendar=not form.no_calendar.data if has_address else participant.wants_calendar,
        keeps_informed=has_address and form.keep_informed.data,
        follows=has_address and form.later.data,
        access_needs=form.access_needs.data if "access_needs" in request.form else None,
        interpretation=form.interpretation,
        replies=form.replies,
    )
    db.session.commit()
    flash(_("Your choices are saved."), "done")
    if ends_files:
        flash(
            _("What came by e-mail before stays in your calendar and changes no more: take it out there yourself."),
            "warning",
        )
    return redirect(url_for("my.page", lang=form.language.data if is_other_language else lang, token=token), 303)


@blueprint.post("/<token>/address")
@limited(BY_CLIENT)
def address(lang: str, token: str) -> ResponseReturnValue:
    """Keep a new address until its mailbox confirms it; the old one stays until then."""
    now = clock.now()
    participant = find_owner(token, now, is_confirmed=True)
    form = NewAddressForm()
    if not form.validate_on_submit():
        return own_page(lang, token, participant, now, address_form=form, status=422)
    if form.email.data != participant.address:
        service.request_address(db.session(), now=now, participant=participant, address=form.email.data)
        db.session.commit()
    flash(
        _("A message has gone to the new address. It counts once you press the button behind the link in it."), "done"
    )
    return redirect(url_for("my.page", token=token), 303)


@blueprint.post("/<token>/link")
@limited(BY_CLIENT)
def link(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Make a new link; the old one is dead at once, and with it those into rooms and out of reminders."""
    now = clock.now()
    session = db.session()
    participant = find_owner(token, now, is_confirmed=True)
    subject = participant.subject
    service.renew_links(session, now=now, participant=participant)
    session.commit()
    flash(_("This is your new page. The old links no longer open anything."), "done")
    if has_link(session, purpose=Purpose.FEED, subject=subject):
        flash(calendar_stays(), "warning")
    return redirect(url_for("my.page", token=find_token(session, purpose=Purpose.MY, subject=subject)), 303)


@blueprint.post("/<token>/export")
@limited(BY_CLIENT)
def export(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Give all that is held as a file."""
    now = clock.now()
    found = privacy.export(db.session(), now=now, participant=find_owner(token, now, is_confirmed=True))
    response = Response(json.dumps(found, ensure_ascii=False, indent=2) + "\n", mimetype="application/json")
    # A name that tells nothing to whoever looks over a shoulder.
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@blueprint.post("/<token>/erase")
@limited(BY_CLIENT)
def erase(lang: str, token: str) -> ResponseReturnValue:
    """Erase the participant at once; all their links end. The page that follows certifies it, one last mail says so."""
    now = clock.now()
    participant = find_owner(token, now)
    is_told = participant.address is not None
    found = certificate_view(privacy.erase(db.session(), now=now, participant=participant, tells=is_told))
    db.session.commit()
    checkpoint()
    return render_template("public/my_erased.html", certificate=found, page_language=lang, is_told=is_told)
