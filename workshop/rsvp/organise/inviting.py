"""Inviting people: who is invited and where that stands, by whoever manages the series or brings people to it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext, ngettext
from flask_wtf import FlaskForm

from workshop.accounts.routes import current_organiser
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.core import clock
from workshop.core.db import db, writing
from workshop.core.links import Purpose, cut, find_token
from workshop.core.urls import external_url
from workshop.mail.suppression import statuses_of
from workshop.programme.organise import form_page
from workshop.rsvp import emails
from workshop.rsvp.forms.lists import read_number
from workshop.rsvp.models import InvitationKind, InvitationState
from workshop.rsvp.organise.blueprint import blueprint
from workshop.rsvp.organise.invitation_desk import Desk, open_desk, session_names
from workshop.rsvp.queries import invitations as queries
from workshop.rsvp.service import inviting as service
from workshop.rsvp.view.inviting import group_view, invitee_view

PAGE = 200
"""Invitations on one page."""
STATES = {
    InvitationState.NOT_SENT: lazy_gettext("not sent"),
    InvitationState.SENT: lazy_gettext("sent, no answer yet"),
    InvitationState.ANSWERED: lazy_gettext("answered"),
    InvitationState.DECLINED: lazy_gettext("will not come"),
    InvitationState.BOUNCED: lazy_gettext("came back"),
    InvitationState.WITHDRAWN: lazy_gettext("withdrawn"),
}


@blueprint.get("/series/<series>/invitations")
def invitations(lang: str, series: str) -> ResponseReturnValue:
    """Show who is invited and where that stands; looking is written into the log."""
    desk, now, session = open_desk(series), clock.now(), db.session()
    organisation = desk.chosen(request.args.get("organisation"))
    state = request.args.get("state", "")
    number = max(1, read_number(request.args.get("page")))
    rows = queries.list_invitations(
        session,
        desk.series.id,
        kind=InvitationKind.PERSON,
        organisation=organisation,
        state=InvitationState(state) if state in set(InvitationState) else None,
        first=(number - 1) * PAGE,
        limit=PAGE + 1,
    )
    groups = queries.list_invitations(
        session, desk.series.id, kind=InvitationKind.GROUP, organisation=organisation, limit=PAGE
    )
    names = session_names(desk)
    counts = queries.count_invitations(session, desk.series.id, organisation=organisation)
    refusing = statuses_of(session, [row.invitation.address or "" for row in rows[:PAGE]])
    context = {
        "people": [
            invitee_view(row, names=names, partner_id=desk.partner_id, refusing=refusing) for row in rows[:PAGE]
        ],
        "groups": [group_view(row, names=names, link=_link(row), now=now) for row in groups],
        "counts": [(str(STATES[one]), count) for one, count in counts.items() if count],
        "states": [(one.value, str(words)) for one, words in STATES.items()],
        "words": {one: str(words) for one, words in STATES.items()},
        "state": state,
        "organisation": organisation or "",
        "organisations": [] if desk.is_partner else queries.list_organisations(session, desk.series.id),
        "to_send": _count(desk, organisation, now, is_reminder=False),
        "to_remind": _count(desk, organisation, now, is_reminder=True),
        "number": number,
        "has_more": len(rows) > PAGE,
        "tzid": desk.series.tzid,
    }
    object_ = f"series:{desk.series.id}"
    page = render_template("rsvp/organise/invitations.html", page_language=lang, **desk.page, **context)
    with writing() as log:
        record(log, now=now, actor=actor_of(current_organiser()), action="rsvp.view_invitations", object_=object_)
    return page


def _link(row: queries.InvitationRow) -> str:
    invitation = row.invitation
    if invitation.withdrawn_at is not None:
        return ""
    token = find_token(db.session(), purpose=Purpose.INVITATION, subject=invitation.subject)
    return external_url("rsvp.invitation", lang=invitation.language, token=token) if token else ""


def _conditions(desk: Desk, now: datetime, *, is_reminder: bool) -> Any:
    if is_reminder:
        return queries.may_be_reminded(now, knows_answers=not desk.is_partner)
    return queries.may_be_sent(now)


def _count(desk: Desk, organisation: str | None, now: datetime, *, is_reminder: bool) -> int:
    conditions = _conditions(desk, now, is_reminder=is_reminder)
    return sum(queries.count_matching(db.session(), desk.series.id, conditions, organisation=organisation).values())


@blueprint.route("/series/<series>/invitations/send", methods=["GET", "POST"])
def send_invitations(lang: str, series: str) -> ResponseReturnValue:
    """Send those not sent yet, once it is said to how many."""
    return _mail(lang, series, is_reminder=False)


@blueprint.route("/series/<series>/invitations/remind", methods=["GET", "POST"])
def remind_invited(lang: str, series: str) -> ResponseReturnValue:
    """Remind those of whom nothing was heard, once it is said how many they are."""
    return _mail(lang, series, is_reminder=True)


def _mail(lang: str, slug: str, *, is_reminder: bool) -> ResponseReturnValue:
    desk, now = open_desk(slug), clock.now()
    organisation = desk.chosen(request.values.get("organisation"))
    form = FlaskForm()
    has_changed = False
    if form.validate_on_submit() and request.form.get("confirm") == "yes":
        try:
            count = service.ask_for_mail(
                db.session(),
                now=now,
                series_id=desk.series.id,
                organisation=organisation,
                is_reminder=is_reminder,
                expected=request.form.get("count", -1, type=int),
                knows_answers=not desk.is_partner,
                actor=actor_of(current_organiser()),
            )
        except service.CountChangedError:
            db.session.rollback()
            has_changed = True
        else:
            db.session.commit()
            flash(ngettext("%(num)d message is on its way.", "%(num)d messages are on their way.", count))
            return redirect(url_for("rsvp_organise.invitations", lang=lang, series=slug), 303)
    conditions = _conditions(desk, now, is_reminder=is_reminder)
    by_language = queries.count_matching(db.session(), desk.series.id, conditions, organisation=organisation)
    page = render_template(
        "rsvp/organise/invitations_send.html",
        form=form,
        count=sum(by_language.values()),
        by_language=list(by_language.items()),
        samples=_samples(desk, conditions, organisation, by_language, now, is_reminder=is_reminder),
        is_reminder=is_reminder,
        has_changed=has_changed,
        organisation=organisation or "",
        page_language=lang,
        **desk.page,
    )
    return page, 409 if has_changed else 200


def _samples(
    desk: Desk,
    conditions: Any,
    organisation: str | None,
    by_language: dict[str, int],
    now: datetime,
    *,
    is_reminder: bool,
) -> list[tuple[str, str, str]]:
    """Return language, subject and text of one message in each language, its secret link cut."""
    samples = []
    for language in by_language:
        sample = queries.find_sample(
            db.session(), desk.series.id, conditions, organisation=organisation, language=language
        )
        shown = emails.invitation_sample(sample, now=now, is_reminder=is_reminder) if sample else None
        if shown:
            samples.append((language, shown.subject, cut(shown.text)))
    return samples


@blueprint.route("/series/<series>/invitations/withdraw", methods=["GET", "POST"])
def withdraw_invitations(lang: str, series: str) -> ResponseReturnValue:
    """Take invitations back, once it is said which; what was answered by them stays."""
    desk, now = open_desk(series), clock.now()
    ids = {number for number in map(read_number, request.values.getlist("invitation")) if number}
    found = queries.list_own(db.session(), desk.series.id, ids, organisation=desk.own)
    back = url_for("rsvp_organise.invitations", lang=lang, series=series)
    if not found:
        return redirect(back, 303)
    form = FlaskForm()
    if form.validate_on_submit():
        count = service.withdraw_invitations(
            db.session(),
            now=now,
            series_id=desk.series.id,
            organisation=desk.own,
            ids=[one.id for one in found],
            actor=actor_of(current_organiser()),
        )
        db.session.commit()
        flash(
            ngettext(
                "%(num)d invitation is withdrawn: its link no longer works.",
                "%(num)d invitations are withdrawn: their links no longer work.",
                count,
            )
        )
        return redirect(back, 303)
    names = session_names(desk)
    rows = [
        invitee_view(queries.InvitationRow(one, InvitationState.SENT), names=names, partner_id=desk.partner_id)
        for one in found
    ]
    return form_page(
        "rsvp/organise/invitations_withdraw.html",
        form,
        people=rows,
        page_language=lang,
        **desk.page,
    )
