"""My link again: the same for every address, known or not; the truth is only in the mail."""

from __future__ import annotations

from datetime import timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from workshop.core import clock
from workshop.core.db import db
from workshop.core.limits import Limit, limited
from workshop.rsvp import service
from workshop.rsvp.forms import LinkForm
from workshop.rsvp.routes.blueprint import blueprint

_TEN_MINUTES = timedelta(minutes=10)


@blueprint.route("/link", methods=["GET", "POST"])
@limited(Limit("link", 30, _TEN_MINUTES), Limit("link_all", 3000, _TEN_MINUTES, by_client=False))
def link(lang: str) -> ResponseReturnValue:
    """Ask for an address; a POST keeps it for the worker, which writes to it where it is known."""
    now = clock.now()
    form = LinkForm()
    if request.method != "POST":
        return render_template("rsvp/link.html", form=form, problem="")
    if not form.is_trapped:
        if not form.validate_on_submit():
            return render_template("rsvp/link.html", form=form, problem=""), 422
        if form.is_too_fast(now):
            return render_template("rsvp/link.html", form=form, problem="too_fast"), 422
        service.request_link(db.session(), now=now, address=form.email.data, language=lang)
        db.session.commit()
    return redirect(url_for("rsvp.link_sent"), 303)


@blueprint.get("/link/sent")
def link_sent(lang: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Say that a message leaves if there is something to send: the same to everybody."""
    return render_template("rsvp/link_sent.html")
