"""Organisers' pages for series and sessions, and the walls that all pages of the workspace share.

The page of a series counts answers, which lie above the programme: `workshop.organise` makes it, at the address and
under the name that it has here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workshop.accounts.models import Role
from workshop.accounts.queries import list_glass, list_open_glass, list_roles
from workshop.accounts.routes import current_organiser, require_sign_in
from workshop.accounts.service import actor_of, grant, require_role
from workshop.chatham.rule import Level, effective_level, shown_level
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages
from workshop.core.localized import Localized
from workshop.programme import queries
from workshop.programme.forms import NewSessionForm, SeriesForm, add_faults
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.programme.service.series import create_series
from workshop.programme.service.sessions import create_session
from workshop.programme.view import default_label

blueprint = Blueprint("programme_organise", __name__, template_folder="templates", url_prefix="/<lang:lang>/organise")
blueprint.before_request(require_sign_in)

MANAGERS = (Role.OWNER, Role.ORGANISER)
"""Who decides; a helper changes texts only, and finds people at the door."""


_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_WITH_GLASS = frozenset({"organise.grant_access", "organise.change_access", "organise.revoke_access"})
"""All that an administrator does in a series that is not theirs, besides reading it."""


@dataclass(frozen=True, slots=True)
class GlassView:
    """That an administrator without a role reads the series, as its pages say it while it lasts."""

    name: str
    reason: str
    until: datetime
    is_own: bool
    """It is the reader who does."""


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in the workspace, with what it still lacks."""

    series: str
    """Slug."""
    slug: str
    name: Localized
    starts_at: datetime
    ends_at: datetime
    tzid: str
    status: SessionStatus
    level: Level
    """The strictest of the session and its items."""
    level_source: str
    """Which of `item`, `session`, `series` decided it."""
    is_published: bool
    is_past: bool
    needs_room_link: bool
    missing: tuple[str, ...]
    """Languages in which a text is missing."""
    lacks_sentence: tuple[str, ...] = ()
    """Languages in which the series' own sentence beside the Rule's notice is missing."""
    is_paused: bool = False
    """Whether its reminders, or those of the whole series, are held back."""

    @property
    def is_cancelled(self) -> bool:
        """Whether it will not take place."""
        return self.status is SessionStatus.CANCELLED

    @property
    def is_tentative(self) -> bool:
        """Whether its date is not yet certain."""
        return self.status is SessionStatus.TENTATIVE


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series in the workspace."""

    slug: str
    title: Localized
    level: Level
    may_manage: bool
    sessions: tuple[SessionRow, ...]
    is_owner: bool = False


def session_row(workshop_session: WorkshopSession, series: Series, *, now: datetime) -> SessionRow:
    """Return a session as the workspace lists it."""
    texts = (workshop_session.title, workshop_session.abstract, *workshop_session.objectives)
    level, source = effective_level(session=workshop_session.level, series=series.level)
    items = [item.level for section in workshop_session.sections for item in section.items]
    strictest = shown_level(session=level, items=items)
    wanted = [workshop_session.monolingual] if workshop_session.monolingual else series.languages
    return SessionRow(
        series=series.slug,
        slug=workshop_session.slug,
        name=workshop_session.title or workshop_session.label or default_label(workshop_session.number),
        starts_at=workshop_session.starts_at,
        ends_at=workshop_session.ends_at,
        tzid=workshop_session.tzid,
        status=workshop_session.status,
        level=strictest,
        level_source=source if strictest is level else "item",
        is_published=workshop_session.is_published,
        is_past=workshop_session.ends_at <= now,
        needs_room_link=workshop_session.mode != "on_site" and not workshop_session.room_link,
        missing=tuple(language for language in wanted if any(text.missing([language]) for text in texts)),
        lacks_sentence=tuple(series.own_sentence.missing(wanted)),
        is_paused=(workshop_session.reminders_paused_at or series.reminders_paused_at) is not None,
    )


def series_row(series: Series, role: Role, *, now: datetime) -> SeriesRow:
    """Return a series as the workspace lists it."""
    rows = tuple(session_row(one, series, now=now) for one in series.sessions)
    return SeriesRow(series.slug, series.title, series.level, role in MANAGERS, rows, is_owner=role is Role.OWNER)


def open_series(slug: str, *roles: Role) -> tuple[Series, Role]:
    """Return a series and one's role in it; raises NotFoundError: none of `roles`, or no such series.

    An administrator who broke the glass reads as an owner does, and may give roles; nothing else is theirs to do.
    """
    _check_wall(slug)
    series = queries.find_series(db.session(), slug)
    if series is None:
        raise NotFoundError
    return series, _role_in(series.id, *roles)


def open_session(series: str, slug: str, *roles: Role) -> tuple[WorkshopSession, Role]:
    """Return a session and one's role in its series; raises NotFoundError as `open_series` does."""
    _check_wall(series)
    workshop_session = queries.find_session(db.session(), series, slug)
    if workshop_session is None:
        raise NotFoundError
    return workshop_session, _role_in(workshop_session.series_id, *roles)


def _check_wall(slug: str) -> None:
    """Raise NotFoundError unless one has a role in the series; before any of it is loaded, which would take time."""
    organiser = current_organiser()
    own: set[int] = set(list_roles(db.session(), organiser_id=organiser.id))
    if organiser.is_administrator:
        own |= set(list_open_glass(db.session(), organiser_id=organiser.id, now=clock.now()))
    if not queries.is_one_of(db.session(), slug, own):
        raise NotFoundError


def _role_in(series_id: int, *roles: Role) -> Role:
    """Return one's role in a series, or what the broken glass lends; notes for the page what is open."""
    organiser, now = current_organiser(), clock.now()
    opened = [
        GlassView(opener.name or opener.email, one.reason, one.closes_at, opener.id == organiser.id)
        for one, opener in list_glass(db.session(), series_id=series_id, open_at=now)
    ]
    if any(one.is_own for one in opened) and series_id not in list_roles(db.session(), organiser_id=organiser.id):
        is_allowed = request.method in _READS or request.endpoint in _WITH_GLASS
        if not is_allowed or (roles and Role.OWNER not in roles):
            raise NotFoundError
        g.glass = opened
        return Role.OWNER
    role = require_role(db.session(), organiser, series_id, *roles)
    # Told to those who see who takes part, not to helpers and partners.
    g.glass = opened if role in MANAGERS else []
    return role


def form_page(template: str, form: FlaskForm, **context: Any) -> ResponseReturnValue:
    """Return a page with a form: 422 when it comes back with faults, not when one goes back to it (`back`)."""
    is_faulty = request.method == "POST" and "back" not in request.form
    return render_template(template, form=form, **context), 422 if is_faulty else 200


@blueprint.route("/series/new", methods=["GET", "POST"])
def new_series(lang: str) -> ResponseReturnValue:
    """Create a series; whoever does owns it."""
    form = SeriesForm()
    if not form.is_submitted():
        form.tzid.data = current_app.config["TIMEZONE"]
    elif form.validate():
        now, organiser = clock.now(), current_organiser()
        actor = actor_of(organiser)
        try:
            series = create_series(
                db.session(), now=now, values=form.values(), actor=actor, instance_languages=languages()
            )
            grant(db.session(), now=now, series_id=series.id, organiser=organiser, role=Role.OWNER, actor=actor)
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            db.session.commit()
            return redirect(url_for("programme_organise.series", lang=lang, series=form.slug.data), 303)
    return form_page("programme/organise/series_form.html", form, page_language=lang, series=None)


@blueprint.route("/series/<series>/sessions/new", methods=["GET", "POST"])
def new_session(lang: str, series: str) -> ResponseReturnValue:
    """Create a session: a draft until it is published."""
    found, role = open_series(series, *MANAGERS)
    now = clock.now()
    row = series_row(found, role, now=now)
    form = NewSessionForm()
    if not form.is_submitted():
        form.tzid.data = found.tzid
        form.number.data = max((one.number or 0 for one in found.sessions), default=0) + 1
        form.floor_languages.data = found.languages
    elif form.validate():
        try:
            made = create_session(
                db.session(),
                now=now,
                series=found,
                values=form.values(),
                actor=actor_of(current_organiser()),
                instance_languages=languages(),
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            db.session.commit()
            flash(_("The session is kept as a draft. Nobody else sees it until you publish it."))
            return redirect(url_for("organise.edit_session", lang=lang, series=series, session=made.slug), 303)
    return form_page("programme/organise/session_form.html", form, page_language=lang, series=row, row=None)
