"""The questionnaire, by a link of one's own that works once."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from workshop.chatham.rule import Audience, Surface
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.limits import Limit, limited
from workshop.feedback import service
from workshop.feedback.forms import FeedbackForm
from workshop.feedback.queries import find_ballot, is_over
from workshop.feedback.rule import STEP
from workshop.programme.view import session_view

blueprint = Blueprint("feedback", "workshop.feedback", template_folder="templates", url_prefix="/<lang:lang>/feedback")


@blueprint.route("/<token>/", methods=["GET", "POST"])
@limited(Limit("feedback", 120, timedelta(minutes=10)))
def questionnaire(lang: str, token: str) -> ResponseReturnValue:
    """Ask once; whoever comes again is told that their answers are counted."""
    now, database = clock.now(), db.session()
    answer = find_ballot(database, token=token)
    if answer is None or not is_over(answer.workshop_session, now=now):
        raise NotFoundError("no such link")
    view = session_view(answer.workshop_session, audience=Audience.PARTICIPANT, surface=Surface.PERSONAL_PAGE)
    if view is None:
        raise NotFoundError("no such link")
    form = FeedbackForm(level=view.level)
    page = {"view": view, "form": form, "own_tzid": answer.participant.tzid, "step": STEP}
    if answer.gave_feedback:
        return render_template("feedback/questionnaire.html", **page, is_given=True)
    if form.is_submitted():
        if not form.validate():
            return render_template("feedback/questionnaire.html", **page, is_given=False), 422
        remark = form.remark.data if "remark" in form else ""
        service.give_feedback(database, answer, chosen=form.chosen, remark=remark or "")
        database.commit()
        return redirect(url_for("feedback.questionnaire", lang=lang, token=token), 303)
    return render_template("feedback/questionnaire.html", **page, is_given=False)
