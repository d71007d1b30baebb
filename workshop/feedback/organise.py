"""What organisers see of feedback."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from workshop.accounts.routes import require_sign_in
from workshop.accounts.rule import LISTERS
from workshop.core import clock
from workshop.core.db import db
from workshop.feedback.queries import find_feedback, is_over
from workshop.feedback.view import feedback_view
from workshop.programme.organise import open_session, session_row
from workshop.rsvp.rule import level_of

blueprint = Blueprint(
    "feedback_organise", "workshop.feedback", template_folder="templates", url_prefix="/<lang:lang>/organise"
)
blueprint.before_request(require_sign_in)


@blueprint.get("/series/<series>/<session>/feedback")
def feedback(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show what was answered, from five answers on and five more at a time."""
    workshop_session, _role = open_session(series, session, *LISTERS)
    now = clock.now()
    return render_template(
        "feedback/organise.html",
        page_language=lang,
        row=session_row(workshop_session, workshop_session.series, now=now),
        found=feedback_view(find_feedback(db.session(), workshop_session.id), level=level_of(workshop_session)),
        is_over=is_over(workshop_session, now=now),
    )
