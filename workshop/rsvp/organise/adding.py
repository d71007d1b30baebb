"""Adding somebody by hand: the reason is told to the person; what they will read is shown before it leaves."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.routes import current_organiser
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import ConflictError, InvalidError
from workshop.core.language import languages
from workshop.programme.models import WorkshopSession
from workshop.programme.organise import session_row
from workshop.rsvp import service
from workshop.rsvp.forms.lists import AddForm
from workshop.rsvp.organise.acting import MailSample, mail_samples
from workshop.rsvp.organise.answers import open_list
from workshop.rsvp.organise.blueprint import blueprint
from workshop.rsvp.queries import lists
from workshop.rsvp.view.lists import STATES


@blueprint.route("/series/<series>/<session>/answers/add", methods=["GET", "POST"])
def add(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Add somebody: the form, then what they will read, then the act."""
    workshop_session = open_list(series, session)
    form = _form(workshop_session, lang)
    now = clock.now()
    context = {
        "page_language": lang,
        "row": session_row(workshop_session, workshop_session.series, now=now),
        "form": form,
    }
    samples: tuple[MailSample, ...] = ()
    state, problem, status = "", "", 422 if request.method == "POST" else 200
    if form.validate_on_submit():
        database = db.session()
        last = lists.last_message_id(database)
        try:
            made = service.add_by_hand(
                database,
                now=now,
                workshop_session=workshop_session,
                values=_added(form, workshop_session),
                actor=actor_of(current_organiser()),
            )
        except (ConflictError, InvalidError) as fault:
            database.rollback()
            problem, status = fault.code, fault.status
        else:
            samples = mail_samples(workshop_session.series_id, last, now=now)
            state, status = str(STATES[made.state]), 200
            if request.form.get("confirm") == "yes":
                database.commit()
                flash(_("%(name)s is added; the message leaves at once.", name=form.name.data))
                return redirect(url_for("rsvp_organise.answers", lang=lang, series=series, session=session), 303)
            database.rollback()
    page = render_template("rsvp/organise/add.html", samples=samples, state=state, problem=problem, **context)
    return page, status


def _form(workshop_session: WorkshopSession, lang: str) -> AddForm:
    codes = tuple(code for code in workshop_session.series.languages if code in languages()) or languages()
    into = {str(one["into"]) for one in workshop_session.interpretation}
    return AddForm(
        codes=codes,
        interpretation=tuple(sorted(into or set(workshop_session.series.languages))),
        language=lang if lang in codes else codes[0],
    )


def _added(form: AddForm, workshop_session: WorkshopSession) -> service.Added:
    return service.Added(
        name=form.name.data,
        address=form.address.data,
        language=form.language.data,
        tzid=workshop_session.tzid,
        affiliation=form.affiliation.data or "",
        interpretation=form.interpretation.data or "",
        access_needs=form.access_needs.data or "",
        reason=form.reason.data,
    )
