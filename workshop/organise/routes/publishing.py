"""The checklist before a session is published, and the one press that publishes page, calendar and mail."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, ngettext
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workshop.accounts.models import Role
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import MANAGERS, PLANNERS
from workshop.accounts.service import actor_of
from workshop.announcements.emails import languages_of
from workshop.announcements.queries import Group, Whom, count_recipients
from workshop.announcements.rule import RecipientsChangedError
from workshop.announcements.service import announce
from workshop.chatham.rule import Audience, Surface
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages
from workshop.core.localized import Localized
from workshop.core.localtime import moment
from workshop.core.typography import typeset
from workshop.core.urls import external_url
from workshop.organise import readers
from workshop.organise.readiness import Standing, checks_of
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.routes.versions import FaultRow, fault_rows
from workshop.programme.models import SessionStatus, WorkshopSession
from workshop.programme.organise import blueprint as programme_blueprint
from workshop.programme.organise import open_session, series_row, session_row
from workshop.programme.service.lifecycle import publish as publish_session
from workshop.programme.service.locking import lock
from workshop.programme.service.versions import publish_kept
from workshop.programme.view import session_view
from workshop.rsvp.forms.lists import read_number
from workshop.rsvp.queries import count_answers


@dataclass(frozen=True, slots=True)
class Notice:
    """The mail that may go along, as its readers get it."""

    subject: Localized
    body: Localized
    number: int
    """To how many people as things stand."""


@blueprint.get("/series/<series>/<session>/publish")
def checklist(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show what stands between a session and its publication, and what one press would do."""
    workshop_session, role = open_session(series, session, *PLANNERS)
    return _checklist_page(lang, workshop_session, role)


@programme_blueprint.post("/series/<series>/<session>/publish")
def publish(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Publish a session, and write to those who asked to be kept informed where that was ticked."""
    workshop_session, role = open_session(series, session, *PLANNERS)
    database, now, organiser = db.session(), clock.now(), current_organiser()
    lock(database, [workshop_session])
    notice = _notice(workshop_session, role) if request.form.get("announce") else None
    number = 0
    try:
        if not workshop_session.is_published:
            # Published once before: what was kept aside then goes in first.
            publish_kept(
                database,
                now=now,
                workshop_session=workshop_session,
                has_answers=count_answers(database, [workshop_session.id])[workshop_session.id] > 0,
                actor=actor_of(organiser),
                instance_languages=languages(),
            )
        is_new = publish_session(database, now=now, workshop_session=workshop_session, actor=actor_of(organiser))
        if notice is not None and is_new:
            number = announce(
                database,
                now=now,
                series=workshop_session.series,
                subject=notice.subject,
                body=notice.body,
                expected=read_number(request.form.get("number")),
                organiser=organiser,
            )
    except InvalidValuesError as fault:
        database.rollback()
        return _checklist_page(lang, workshop_session, role, fault_rows(lang, series, session, fault.faults)), 422
    except RecipientsChangedError:
        database.rollback()
        words = str(_("The number of people who would be told has changed. Nothing was published: look again."))
        return _checklist_page(lang, workshop_session, role, [FaultRow(words, "#announce")]), 409
    slug = workshop_session.slug
    database.commit()
    flash(_("The session is published."))
    if number:
        flash(ngettext("%(num)d person is told by e-mail.", "%(num)d people are told by e-mail.", number))
    return redirect(url_for("programme_organise.series", lang=lang, series=series, _anchor=f"session-{slug}"), 303)


def _checklist_page(
    lang: str, workshop_session: WorkshopSession, role: Role, faults: list[FaultRow] | None = None
) -> str:
    now, series = clock.now(), workshop_session.series
    row = session_row(workshop_session, series, now=now)
    checks = checks_of(db.session(), workshop_session, row, now=now, language=lang)
    return render_template(
        "organise/publish.html",
        page_language=lang,
        series=series_row(series, role),
        row=row,
        form=FlaskForm(None),
        checks=checks,
        blocks=any(one.standing is Standing.BLOCKS for one in checks),
        notice=None if workshop_session.is_published else _notice(workshop_session, role),
        may_announce=role in MANAGERS,
        faults=faults or [],
    )


def _notice(workshop_session: WorkshopSession, role: Role) -> Notice | None:
    """Return the mail to those who asked to be kept informed; None where the public may not know of the session."""
    if role not in MANAGERS or workshop_session.status is SessionStatus.CANCELLED:
        return None
    series = workshop_session.series
    was_draft = readers.as_published(workshop_session)
    view = session_view(workshop_session, audience=Audience.PUBLIC, surface=Surface.MAIL)
    if was_draft:
        readers.as_draft(workshop_session)
    if view is None:
        return None
    number = count_recipients(db.session(), series, Group(whom=Whom.INFORMED)).people
    subjects, bodies = {}, {}
    for code in languages_of(series):
        with force_locale(code):
            name = (view.title or view.label).pick(code).value
            span = moment(view.starts_at, view.ends_at, view.tzid, code)
            title = series.title.pick(code).value
            subjects[code] = typeset(str(_("%(series)s: a new session", series=title)), code)
            address = external_url("public.session", lang=code, series=series.slug, session=workshop_session.slug)
            written = _("You asked to be kept informed. This session has been added, and you can answer on its page.")
            when = f"{span.date}, {span.hours} ({span.zone})"
            bodies[code] = "\n\n".join([typeset(name, code), when, typeset(str(written), code), address])
    return Notice(Localized(subjects), Localized(bodies), number)
