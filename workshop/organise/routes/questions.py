"""What a series or a session asks those who answer: here, not in programme, because of the replies."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages
from workshop.organise.queries import count_replies
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.service import count_lost, drop_choices
from workshop.organise.view import question_row
from workshop.programme.forms import QuestionForm, add_faults, question_data
from workshop.programme.forms.meanwhile import Met, base_of, meet, names_in, say_conflicts, sent_base
from workshop.programme.models import Question, Series, WorkshopSession
from workshop.programme.organise import Depth, form_page, open_series, open_session, series_row, session_row
from workshop.programme.service import questions as service
from workshop.programme.service.locking import hold, lock
from workshop.programme.service.values import QuestionValues, question_values

_OF_SERIES = "/series/<series>/questions"
_OF_SESSION = "/series/<series>/<session>/questions"
_TEMPLATE = "organise/question_form.html"
_BY = {"up": -1, "down": 1}


@blueprint.get(_OF_SERIES)
@blueprint.get(_OF_SESSION)
def questions(lang: str, series: str, session: str | None = None) -> ResponseReturnValue:
    """Show what is asked."""
    owner = _open(series, session)
    counts = count_replies(db.session(), [one.id for one in owner.questions])
    rows = [question_row(one, replies=counts[one.id]) for one in owner.questions]
    above = (
        [question_row(one, replies=0) for one in owner.series.questions] if isinstance(owner, WorkshopSession) else []
    )
    return render_template("organise/questions.html", questions=rows, of_series=above, **_page(lang, owner))


@blueprint.route(f"{_OF_SERIES}/new", methods=["GET", "POST"])
@blueprint.route(f"{_OF_SESSION}/new", methods=["GET", "POST"])
def new_question(lang: str, series: str, session: str | None = None) -> ResponseReturnValue:
    """Ask something more."""
    owner = _open(series, session)
    form = QuestionForm()
    if form.validate_on_submit():
        try:
            service.create_question(
                db.session(), owner=owner, values=form.values(), **_act(), instance_languages=languages()
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            db.session.commit()
            flash(_("The question is asked from now on."))
            return _back(lang, series, session)
    return form_page(_TEMPLATE, form, question=None, **_page(lang, owner))


@blueprint.route(f"{_OF_SERIES}/<question>/edit", methods=["GET", "POST"])
@blueprint.route(f"{_OF_SESSION}/<question>/edit", methods=["GET", "POST"])
def edit_question(lang: str, series: str, question: str, session: str | None = None) -> ResponseReturnValue:
    """Change a question; replies that would no longer fit it are named first."""
    owner = _open(series, session)
    if sent_base() and question not in {one.key for one in owner.questions}:
        return _gone_page(lang, owner)
    found = _find(owner, question)
    form = QuestionForm(data=question_data(question_values(found)))
    fields = names_in(form, QuestionValues)
    base = base_of(question_values(found), fields)
    if form.validate_on_submit():
        _hold(owner, found)
        stands = question_values(found)
        met = meet(form.values(), stands, fields)
        if met.conflicts:
            db.session.rollback()
            return _conflict_page(lang, owner, found, met, stands)
        values = met.values
        lost = count_lost(db.session(), found, values)
        removed = frozenset() if values.kind is not found.kind else service.removed_options(found, values)
        try:
            changed = service.update_question(
                db.session(), owner=owner, question=found, values=values, **_act(), instance_languages=languages()
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            if lost and request.form.get("confirm") != "yes":
                db.session.rollback()
                return _confirm_change(lang, owner, found, lost)
            drop_choices(db.session(), changed.id, removed)
            db.session.commit()
            flash(_("The question is changed."))
            if met.others:
                flash(met.others)
            return _back(lang, series, session)
    row = question_row(found, replies=count_replies(db.session(), [found.id])[found.id])
    return form_page(_TEMPLATE, form, question=row, base=base, **_page(lang, owner))


@blueprint.route(f"{_OF_SERIES}/<question>/delete", methods=["GET", "POST"])
@blueprint.route(f"{_OF_SESSION}/<question>/delete", methods=["GET", "POST"])
def delete_question(lang: str, series: str, question: str, session: str | None = None) -> ResponseReturnValue:
    """Ask something no more, once it is said how many replies go with it."""
    owner = _open(series, session)
    found = _find(owner, question)
    form = FlaskForm()
    if form.validate_on_submit():
        service.delete_question(db.session(), owner=owner, question=found, **_act())
        db.session.commit()
        flash(_("The question is gone, and every reply to it."))
        return _back(lang, series, session)
    row = question_row(found, replies=count_replies(db.session(), [found.id])[found.id])
    return form_page("organise/question_delete.html", form, question=row, **_page(lang, owner))


@blueprint.post(f"{_OF_SERIES}/<question>/move")
@blueprint.post(f"{_OF_SESSION}/<question>/move")
def move_question(lang: str, series: str, question: str, session: str | None = None) -> ResponseReturnValue:
    """Ask something earlier or later."""
    owner = _open(series, session)
    found = _find(owner, question)
    by = _BY.get(request.form.get("by", ""), 0)
    if by:
        service.move_question(db.session(), now=clock.now(), owner=owner, question=found, by=by)
        db.session.commit()
    return _back(lang, series, session)


def _open(series: str, session: str | None) -> Series | WorkshopSession:
    if session is None:
        return open_series(series, *PLANNERS, depth=Depth.LEVELS)[0]
    return open_session(series, session, *PLANNERS)[0]


def _find(owner: Series | WorkshopSession, key: str) -> Question:
    found = next((one for one in owner.questions if one.key == key), None)
    if found is None:
        raise NotFoundError
    return found


def _hold(owner: Series | WorkshopSession, question: Question) -> None:
    if isinstance(owner, WorkshopSession):
        lock(db.session(), [owner])
    hold(db.session(), question)


def _conflict_page(
    lang: str, owner: Series | WorkshopSession, question: Question, met: Met[QuestionValues], stands: QuestionValues
) -> ResponseReturnValue:
    """Return the page with what was typed, and what was saved meanwhile."""
    form = QuestionForm(formdata=None, data=question_data(met.values))
    rows = say_conflicts(form, QuestionForm(formdata=None, data=question_data(stands)), met.conflicts)
    row = question_row(question, replies=count_replies(db.session(), [question.id])[question.id])
    page = {"question": row, "base": met.base, "conflicts": rows, **_page(lang, owner)}
    return render_template(_TEMPLATE, form=form, **page), 409


def _gone_page(lang: str, owner: Series | WorkshopSession) -> ResponseReturnValue:
    """Return the page of a new question with what was typed for one that is no more."""
    page = _page(lang, owner)
    action = url_for("organise.new_question", **page["here"])
    return render_template(_TEMPLATE, form=QuestionForm(), question=None, is_gone=True, action=action, **page), 409


def _act() -> dict[str, Any]:
    return {"now": clock.now(), "actor": actor_of(current_organiser())}


def _confirm_change(lang: str, owner: Series | WorkshopSession, question: Question, lost: int) -> str:
    row = question_row(question, replies=lost)
    kept = [(name, text) for name, text in request.form.items(multi=True) if name not in {"csrf_token", "confirm"}]
    return render_template(
        "organise/question_change.html", question=row, kept=kept, form=FlaskForm(None), **_page(lang, owner)
    )


def _back(lang: str, series: str, session: str | None) -> ResponseReturnValue:
    return redirect(url_for("organise.questions", lang=lang, series=series, session=session), 303)


def _page(lang: str, owner: Series | WorkshopSession) -> dict[str, Any]:
    series = owner.series if isinstance(owner, WorkshopSession) else owner
    here = {"lang": lang, "series": series.slug}
    if isinstance(owner, WorkshopSession):
        here["session"] = owner.slug
    return {
        "page_language": lang,
        "series": series_row(series),
        "row": session_row(owner, series, now=clock.now()) if isinstance(owner, WorkshopSession) else None,
        "here": here,
    }
