"""What is done with answers: confirmed, changed, a place taken or passed on, withdrawn, had back."""

from __future__ import annotations

from datetime import datetime

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError, WorkshopError
from workshop.core.fields import clean_line
from workshop.core.limits import limited
from workshop.public.my.page import BY_CLIENT, address_page, blueprint, find_change, find_owner, own_page
from workshop.rsvp import service
from workshop.rsvp.forms import ChangeForm
from workshop.rsvp.models import AddressChange, Answer, AnswerState, Choice, Participant
from workshop.rsvp.rule import RequestChangedError, read_notice_id
from workshop.rsvp.view import requests_mark


@blueprint.post("/<token>/confirm")
@limited(BY_CLIENT)
def confirm(lang: str, token: str) -> ResponseReturnValue:
    """Press the button: what waits becomes an answer; too late is told on the page, with 409."""
    now = clock.now()
    session = db.session()
    if change := find_change(token, now):
        return _confirm_address(token, change, now)
    participant = find_owner(token, now)
    seen = request.form.get("waiting")
    if seen and seen != requests_mark(service.list_open_requests(session, participant, now=now)):
        if not service.list_open_requests(session, participant, now=now):
            return redirect(url_for("my.page", token=token), 303)  # pressed twice
        return own_page(lang, token, participant, now, problem=RequestChangedError.code, status=409)
    try:
        outcomes = service.confirm(
            session,
            now=now,
            participant=participant,
            acknowledged=request.form.getlist("acknowledge_rule"),
            language=lang,
        )
    except NotFoundError:
        raise
    except WorkshopError as fault:
        session.rollback()
        return own_page(lang, token, participant, now, problem=fault.code, status=fault.status)
    session.commit()
    refused = [outcome for outcome in outcomes if outcome.refusal]
    if refused and len(refused) == len(outcomes):
        code = refused[0].refusal.code if refused[0].refusal else ""
        about = refused[0].answer.workshop_session.slug
        return own_page(lang, token, participant, now, problem=code, about=about, status=409)
    if outcomes:
        flash(_said([outcome.answer for outcome in outcomes if not outcome.refusal]), "done")
    if refused:
        flash(_("Not every answer could be kept: see below."), "warning")
    return redirect(url_for("my.page", token=token), 303)


def _confirm_address(token: str, change: AddressChange, now: datetime) -> ResponseReturnValue:
    try:
        service.confirm_new_address(db.session(), now=now, change=change)
    except service.AddressTakenError as fault:
        db.session.rollback()
        return address_page(token, change, problem=fault.code, status=fault.status)
    db.session.commit()
    return redirect(url_for("my.page", token=token), 303)


def _said(answers: list[Answer]) -> str:
    """Return the sentence after a press: what it came to."""
    states = {answer.state for answer in answers}
    if states == {AnswerState.WAITLISTED}:
        return str(_("Thank you: you are on the waiting list."))
    if states == {AnswerState.REQUESTED}:
        return str(_("Thank you: the organisers will decide."))
    return str(_("Thank you: your answer is recorded."))


@blueprint.post("/<token>/answer")
@limited(BY_CLIENT)
def answer(lang: str, token: str) -> ResponseReturnValue:
    """Change one answer; where a place is offered, take it or pass it on."""
    now = clock.now()
    session = db.session()
    participant = find_owner(token, now, is_confirmed=True)
    form = ChangeForm()
    if not form.validate_on_submit():
        return own_page(lang, token, participant, now, problem="invalid", status=422)
    slug = form.session.data or _only_session(participant)
    try:
        changed = _change(participant, slug, form, lang, now)
    except NotFoundError:
        raise
    except WorkshopError as fault:
        session.rollback()
        return own_page(lang, token, participant, now, problem=fault.code, about=slug, status=fault.status)
    session.commit()
    flash(_said_of_change(changed.state), "done")
    return redirect(url_for("my.page", token=token), 303)


def _change(participant: Participant, slug: str, form: ChangeForm, lang: str, now: datetime) -> Answer:
    choice = Choice(form.answer.data)
    read = read_notice_id(form.notice.data) if form.acknowledge_rule.data else None
    if request.form.get("offer") and choice is Choice.ACCEPTED:
        return service.accept_offer(
            db.session(), now=now, participant=participant, slug=slug, notice=read, language=lang
        )
    if choice is Choice.DECLINED and (request.form.get("offer") or _is_offered(participant, slug)):
        return service.pass_on(db.session(), now=now, participant=participant, slug=slug)
    return service.change_answer(
        db.session(),
        now=now,
        participant=participant,
        slug=slug,
        choice=choice,
        notice=read,
        language=lang,
        joins_list=form.waiting_list.data,
    )


def _is_offered(participant: Participant, slug: str) -> bool:
    return any(
        found.state is AnswerState.OFFERED and found.workshop_session.slug == slug for found in participant.answers
    )


def _said_of_change(state: AnswerState) -> str:
    if state is AnswerState.WAITLISTED:
        return str(_("You are on the waiting list."))
    if state is AnswerState.REQUESTED:
        return str(_("The organisers will decide."))
    return str(_("You have a place.") if state is AnswerState.ACCEPTED else _("Your answer is changed."))


def _only_session(participant: Participant) -> str:
    """Return the slug of the participant's one session; empty when there are several."""
    slugs = [found.workshop_session.slug for found in participant.answers if found.state is not AnswerState.PENDING]
    return slugs[0] if len(slugs) == 1 else ""


@blueprint.post("/<token>/withdraw")
@limited(BY_CLIENT)
def withdraw(lang: str, token: str) -> ResponseReturnValue:
    """Take one answer back, or with `undo` have back what was given up a short time ago."""
    now = clock.now()
    participant = find_owner(token, now, is_confirmed=True)
    slug = clean_line(request.form.get("session")) or _only_session(participant)
    is_undone = bool(request.form.get("undo"))
    act = service.undo if is_undone else service.withdraw
    try:
        act(db.session(), now=now, participant=participant, slug=slug)
    except NotFoundError:
        raise
    except WorkshopError as fault:
        db.session.rollback()
        return own_page(lang, token, participant, now, problem=fault.code, about=slug, status=fault.status)
    db.session.commit()
    flash(_("Undone: your answer counts again.") if is_undone else _("Your answer is withdrawn."), "done")
    return redirect(url_for("my.page", token=token), 303)
