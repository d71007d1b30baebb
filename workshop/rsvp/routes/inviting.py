"""The page behind an invitation's link."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.core import clock
from workshop.core.addresses import fold_address
from workshop.core.db import checkpoint, db
from workshop.core.errors import NotFoundError
from workshop.core.limits import limited
from workshop.programme.models import WorkshopSession
from workshop.programme.queries import list_questions
from workshop.rsvp import service
from workshop.rsvp.forms import AnswerForm, make_answer_form
from workshop.rsvp.forms.own import CHOICES
from workshop.rsvp.models import Choice, Invitation, InvitationKind
from workshop.rsvp.queries.invitations import find_invitation, list_answered
from workshop.rsvp.routes.blueprint import blueprint
from workshop.rsvp.routes.receiving import LIMITS, Received, mail_languages, receive
from workshop.rsvp.service import inviting
from workshop.rsvp.service.inviting.answering import answer_invitation, is_own_address
from workshop.rsvp.view.inviting import InvitedSession, invited_sessions


@blueprint.route("/invitation/<token>/", methods=["GET", "POST"])
@limited(*LIMITS)
def invitation(lang: str, token: str) -> ResponseReturnValue:
    """Show what one is invited to, with the form; a POST answers, declines, or asks for the address to be erased."""
    now = clock.now()
    found, shown = _open_invitation(token, now)
    if request.method == "POST":
        return _act(found, shown, token, lang)
    refused = inviting.refusal_of(found, now=now)
    if found.kind is InvitationKind.PERSON and isinstance(refused, inviting.InvitationUsedUpError):
        return render_template("rsvp/invitation_used.html")
    if refused is not None:
        raise refused
    return _page(found, _form(found, shown, lang), shown, Received(200))


def _act(found: Invitation, shown: Sequence[InvitedSession], token: str, lang: str) -> ResponseReturnValue:
    now = clock.now()
    if "erase" in request.form:
        return _erase(found, now) if found.kind is InvitationKind.PERSON else _back(token)
    if refused := inviting.refusal_of(found, now=now):
        raise refused
    if request.form.get("answer") == Choice.DECLINED.value:
        return _decline(found, token, now)
    form = _form(found, shown, lang)
    if form is None:
        return _page(found, form, shown, Received(409)), 409
    is_own = is_own_address(found, fold_address(form.email.data or ""))
    ask = answer_invitation if is_own else service.ask_for_answers
    received = receive(form, lang=lang, now=now, invitation_id=found.id, ask=ask)
    if received.status == 303:  # noqa: PLR2004 (HTTP)
        return _back(token) if is_own else redirect(url_for("rsvp.invitation_sent", token=token), 303)
    db.session.rollback()  # nobody else's answer waits while this page is made
    found, shown = _open_invitation(token, now)
    return _page(found, form, shown, received), received.status


@blueprint.get("/invitation/<token>/sent")
def invitation_sent(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Say that a link was mailed: the same to everybody."""
    _open_invitation(token, clock.now())
    return render_template("rsvp/sent.html", back=url_for("rsvp.invitation", token=token), is_invitation=True)


def _open_invitation(token: str, now: datetime) -> tuple[Invitation, list[InvitedSession]]:
    """Return the invitation of a link with what may be seen by it; anything else raises one and the same error."""
    found = find_invitation(db.session(), token=token)
    if found is None:
        raise NotFoundError("no such link")
    shown = invited_sessions(found.sessions, answered=list_answered(db.session(), found), now=now)
    if not shown:
        raise NotFoundError("no such link")
    return found, shown


def _back(token: str) -> ResponseReturnValue:
    return redirect(url_for("rsvp.invitation", token=token), 303)


def _erase(found: Invitation, now: datetime) -> ResponseReturnValue:
    inviting.forget_invited(db.session(), now=now, invitation=found)
    db.session.commit()
    checkpoint()
    return render_template("rsvp/invitation_erased.html")


def _decline(found: Invitation, token: str, now: datetime) -> ResponseReturnValue:
    inviting.decline(db.session(), now=now, invitation=found)
    db.session.commit()
    if found.kind is InvitationKind.GROUP:
        flash(_("Thank you. Nothing about you was kept."))
    return _back(token)


def invitation_page(found: Invitation, lang: str) -> str:
    """Return the page behind an invitation's link as it opens; also for one that is in no database, to be shown."""
    shown = invited_sessions(found.sessions, answered=set(), now=clock.now())
    return _page(found, _form(found, shown, lang), shown, Received(200))


def _open_sessions(found: Invitation, shown: Sequence[InvitedSession]) -> list[WorkshopSession]:
    slugs = {one.session.slug for one in shown if one.is_open}
    return [one for one in found.sessions if one.slug in slugs]


def _form(found: Invitation, shown: Sequence[InvitedSession], lang: str) -> AnswerForm | None:
    """Return the form for what can be answered; None for nothing."""
    open_sessions = _open_sessions(found, shown)
    if not open_sessions:
        return None
    form = make_answer_form(
        open_sessions,
        list_questions(db.session(), found.series_id, [one.id for one in open_sessions]),
        codes=mail_languages(found.series.languages),
        lang=lang,
        needs_address=not found.is_locked,
        has_several=len(open_sessions) > 1,
    )
    # Declining is a button of its own, which needs neither name nor address.
    form.answer.choices = [choice for choice in CHOICES if choice.value != Choice.DECLINED.value]
    if "later" in form:
        del form.later
    if found.is_locked:
        # Whatever is sent instead is not looked at; the page never shows it, for it may have been passed on.
        form.email.process(None, found.address)
    return form


def _page(found: Invitation, form: AnswerForm | None, shown: Sequence[InvitedSession], received: Received) -> str:
    last = max(one.session.ends_at for one in shown)
    days = found.series.retention_days
    return render_template(
        "rsvp/invitation.html",
        form=form,
        entries=shown,
        views={one.session.slug: one.session for one in shown},
        first=shown[0].session,
        tzid=found.series.tzid,
        is_person=found.kind is InvitationKind.PERSON,
        is_locked=found.is_locked,
        has_declined=found.declined_at is not None,
        organisation=found.organisation,
        problem=received.problem,
        full=next((one.session for one in shown if one.session.slug == received.session), None),
        retention_days=days,
        erases_at=last + timedelta(days=days),
    )
