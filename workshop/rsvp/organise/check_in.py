"""At the door: one code, one person; lists nobody and counts nothing."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.models import Role
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import LISTERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.programme.organise import open_session, session_row
from workshop.rsvp.forms.lists import CheckInForm
from workshop.rsvp.organise.blueprint import blueprint
from workshop.rsvp.rule import STANDS
from workshop.rsvp.service import attending
from workshop.rsvp.view.lists import notes_people, state_words


@blueprint.route("/series/<series>/<session>/check-in", methods=["GET", "POST"])
def check_in(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Find one answer by its code; a second press says that the person came."""
    workshop_session, role = open_session(series, session, *LISTERS, Role.HELPER)
    now, organiser = clock.now(), current_organiser()
    actor, form = actor_of(organiser), CheckInForm()
    notes = notes_people(workshop_session)
    context = {
        "page_language": lang,
        "row": session_row(workshop_session, workshop_session.series, now=now),
        "form": form,
        "notes_people": notes,
        "may_manage": role in LISTERS,
        "found": None,
    }
    if not form.validate_on_submit():
        status = 422 if request.method == "POST" else 200
        return render_template("rsvp/organise/check_in.html", **context), status
    answer = attending.find_code(
        db.session(),
        now=now,
        workshop_session=workshop_session,
        code=form.code.data,
        account=str(organiser.id),
        client=request.remote_addr or "",
    )
    if answer is None:
        db.session.commit()  # what was counted stays counted
        form.code.errors = [_("This code belongs to no answer for this session. Please compare it once more.")]
        return render_template("rsvp/organise/check_in.html", **context), 422
    if request.form.get("came") == "yes":
        is_new = attending.check_in(
            db.session(), now=now, workshop_session=workshop_session, answer=answer, actor=actor
        )
        db.session.commit()
        flash(_("Noted. The next code?") if is_new else _("That was noted already. The next code?"))
        return redirect(url_for("rsvp_organise.check_in", lang=lang, series=series, session=session), 303)
    context["found"] = {
        "code": answer.code,
        # Under the stricter levels names are for the organisers; a helper compares the code alone.
        "name": answer.participant.name if notes else "",
        "state": state_words(answer),
        "may_come": answer.state in STANDS,
        "has_come": answer.attended_at is not None,
    }
    return render_template("rsvp/organise/check_in.html", **context)
