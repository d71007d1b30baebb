"""Organisers' pages: write to many, try it out, confirm the number, follow it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from workshop.accounts.routes import current_organiser, require_sign_in
from workshop.accounts.rule import LISTERS
from workshop.announcements import service
from workshop.announcements.emails import Sample, languages_of, sample
from workshop.announcements.forms import AnnouncementForm, ConfirmForm, group_data
from workshop.announcements.models import Announcement
from workshop.announcements.queries import (
    Count,
    Group,
    count_recipients,
    count_states,
    count_subscribers,
    find_announcement,
    is_open,
    is_strict,
    list_announcements,
    list_planned,
    uncountable,
)
from workshop.announcements.rule import (
    AnnouncementChangedError,
    AnnouncementNotTestedError,
    AnnouncementStandsError,
    RecipientsChangedError,
)
from workshop.announcements.view import (
    announcement_row,
    group_facts,
    interpreted_into,
    listed,
    message_facts,
)
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.language import languages
from workshop.mail.models import OutboxState
from workshop.programme.models import Series
from workshop.programme.organise import Depth, open_series, series_row
from workshop.rsvp.forms.lists import read_number
from workshop.rsvp.view.lists import session_name

_BASE = "/series/<series>/announcements"
_ONE = f"{_BASE}/<announcement>"
_PROBLEMS = (
    AnnouncementChangedError, AnnouncementNotTestedError, AnnouncementStandsError, RecipientsChangedError,
)  # fmt: skip
"""Shown on the page itself, beside what can be done about them."""

blueprint = Blueprint(
    "announcements_organise", __name__, template_folder="templates", url_prefix="/<lang:lang>/organise"
)
blueprint.before_request(require_sign_in)


class _Opened(NamedTuple):
    """What every page here needs."""

    series: Series
    row: Any
    """The series, for the page."""


def _open(series: str) -> _Opened:
    found, role = open_series(series, *LISTERS, depth=Depth.LEVELS)
    return _Opened(found, series_row(found, role))


def _open_one(series: str, key: str) -> tuple[_Opened, Announcement]:
    opened = _open(series)
    found = find_announcement(db.session(), opened.series.id, key)
    if found is None:
        raise NotFoundError("announcement")
    return opened, found


@blueprint.get(_BASE)
def index(lang: str, series: str) -> ResponseReturnValue:
    """Show all announcements of a series, and how many follow it."""
    opened, now = _open(series), clock.now()
    found = list_announcements(db.session(), opened.series.id)
    left = {one.key: one.recipients for one in list_planned(db.session(), series_id=opened.series.id)}
    return render_template(
        "announcements/organise/index.html",
        page_language=lang,
        series=opened.row,
        tzid=opened.series.tzid,
        announcements=[announcement_row(one, now=now) for one in found],
        left=left,
        followers=count_subscribers(db.session(), opened.series.id),
        is_open=is_open(opened.series),
    )


@blueprint.route(f"{_BASE}/new", methods=["GET", "POST"])
def new(lang: str, series: str) -> ResponseReturnValue:
    """Write a draft."""
    opened = _open(series)
    form = _form(opened.series, lang)
    if form.validate_on_submit():
        made = service.create(
            db.session(),
            now=clock.now(),
            series=opened.series,
            subject=form.subject.data,
            body=form.body.data,
            group=form.group(),
        )
        db.session.commit()
        flash(_("The draft is saved. Nothing leaves before you confirm it."))
        return _back(lang, series, made.key)
    return _form_page(form, opened, lang)


@blueprint.route(f"{_ONE}/edit", methods=["GET", "POST"])
def edit(lang: str, series: str, announcement: str) -> ResponseReturnValue:
    """Change a draft; what somebody else saved meanwhile is not overwritten."""
    opened, found = _open_one(series, announcement)
    if found.confirmed_at is not None:
        return _page(lang, opened, found, problem=AnnouncementStandsError.code), 409
    form = _form(opened.series, lang, found)
    if not form.validate_on_submit():
        return _form_page(form, opened, lang, key=found.key)
    try:
        service.save(
            db.session(),
            found,
            version=read_number(form.version.data),
            subject=form.subject.data,
            body=form.body.data,
            group=form.group(),
        )
    except _PROBLEMS as problem:
        db.session.rollback()
        return _form_page(form, opened, lang, key=found.key, problem=problem.code)[0], problem.status
    db.session.commit()
    flash(_("The draft is saved. Nothing leaves before you confirm it."))
    return _back(lang, series, found.key)


def _form(series: Series, lang: str, announcement: Announcement | None = None) -> AnnouncementForm:
    sessions = listed(series)
    given: dict[str, Any] = {}
    if announcement is not None:
        given = {
            "subject": announcement.subject,
            "body": announcement.body,
            "version": str(announcement.version),
            **group_data(Group.from_json(announcement.audience)),
        }
    return AnnouncementForm(
        codes=languages_of(series),
        sessions=[(one.id, session_name(one).pick(lang, languages()).value) for one in sessions],
        interpretation=interpreted_into(sessions),
        uncountable=uncountable(series),
        data=given,
    )


def _form_page(
    form: AnnouncementForm, opened: _Opened, lang: str, *, key: str = "", problem: str = ""
) -> tuple[str, int]:
    page = render_template(
        "announcements/organise/form.html",
        form=form,
        page_language=lang,
        series=opened.row,
        announcement=key,
        problem=problem,
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.get(_ONE)
def page(lang: str, series: str, announcement: str) -> ResponseReturnValue:
    """Show an announcement as its readers will get it, to how many, and what became of it."""
    opened, found = _open_one(series, announcement)
    return _page(lang, opened, found)


@blueprint.post(f"{_ONE}/test")
def test(lang: str, series: str, announcement: str) -> ResponseReturnValue:
    """Send a draft to oneself."""
    opened, found = _open_one(series, announcement)
    version = read_number(request.form.get("version"))

    def act() -> str:
        service.test(db.session(), found, now=clock.now(), version=version, organiser=current_organiser())
        return str(_("A test is on its way to your own address, in every language of the series."))

    return _do(lang, opened, found, act)


@blueprint.post(f"{_ONE}/confirm")
def confirm(lang: str, series: str, announcement: str) -> ResponseReturnValue:
    """Let it leave, to the number of people that the page named."""
    opened, found = _open_one(series, announcement)
    now, form = clock.now(), ConfirmForm()
    leaves_at = form.leaves_at(opened.series.tzid, now=now) if form.validate() else None
    if any(field.errors for field in form):
        return _page(lang, opened, found, form=form), 422

    def act() -> str:
        people = service.confirm(
            db.session(),
            found,
            now=now,
            version=read_number(form.version.data),
            expected=read_number(form.number.data),
            leaves_at=leaves_at,
            organiser=current_organiser(),
        )
        if leaves_at is not None:
            return str(_("It is planned. Until it begins to leave you can make it a draft again."))
        return str(ngettext("It leaves now, to %(num)d person.", "It leaves now, to %(num)d people.", people))

    return _do(lang, opened, found, act, form=form)


@blueprint.post(f"{_ONE}/act")
def act(lang: str, series: str, announcement: str) -> ResponseReturnValue:
    """Pause, resume, end, make it a draft again, or delete a draft."""
    opened, found = _open_one(series, announcement)
    acts: dict[str, tuple[Callable[..., None], str]] = {
        "pause": (service.pause, _("Paused: nothing more of it leaves until you let it go on.")),
        "resume": (service.resume, _("It goes on, to those to whom it has not been sent yet.")),
        "stop": (service.stop_announcement, _("Ended. What had left by now has left.")),
        "draft": (service.take_back, _("It is a draft again. Nothing of it has left.")),
    }
    wanted = request.form.get("act", "")
    if wanted == "delete":
        try:
            service.delete(db.session(), found)
        except _PROBLEMS as problem:
            db.session.rollback()
            return _page(lang, opened, found, problem=problem.code), problem.status
        db.session.commit()
        flash(_("The draft is deleted."))
        return redirect(url_for("announcements_organise.index", lang=lang, series=series), 303)
    if wanted not in acts:
        return _page(lang, opened, found), 422
    do, said = acts[wanted]

    def perform() -> str:
        do(db.session(), found, now=clock.now(), organiser=current_organiser())
        return said

    return _do(lang, opened, found, perform)


def _do(
    lang: str, opened: _Opened, found: Announcement, act: Callable[[], str], *, form: ConfirmForm | None = None
) -> ResponseReturnValue:
    """Perform an act, commit it and lead back; or show the page again with what stood in the way."""
    key = found.key
    try:
        said = act()
    except _PROBLEMS as problem:
        db.session.rollback()
        return _page(lang, opened, found, problem=problem.code, form=form), problem.status
    db.session.commit()
    flash(said)
    return _back(lang, opened.row.slug, key)


def _back(lang: str, series: str, key: str) -> ResponseReturnValue:
    return redirect(url_for("announcements_organise.page", lang=lang, series=series, announcement=key), 303)


def _page(
    lang: str, opened: _Opened, found: Announcement, *, problem: str = "", form: ConfirmForm | None = None
) -> str:
    now, session, series = clock.now(), db.session(), opened.series
    group = Group.from_json(found.audience)
    is_draft = found.confirmed_at is None
    states = {} if is_draft else count_states(session, found)
    waiting = states.get(OutboxState.QUEUED, 0) + states.get(OutboxState.CLAIMED, 0)
    count = count_recipients(session, series, group)
    planned = {one.key: one.recipients for one in list_planned(session, series_id=series.id)} if not is_draft else {}
    confirm_form = form or ConfirmForm(None)
    confirm_form.version.data = str(found.version)
    confirm_form.number.data = str(count.people)
    return render_template(
        "announcements/organise/page.html",
        page_language=lang,
        series=opened.row,
        tzid=series.tzid,
        row=announcement_row(found, now=now, waiting=waiting),
        facts=group_facts(group, series.sessions, lang),
        count=count if is_draft else None,
        left=planned.get(found.key, 0),
        happened=message_facts(states),
        failed=states.get(OutboxState.FAILED, 0) + states.get(OutboxState.UNCERTAIN, 0),
        samples=_samples(found, count),
        form=confirm_form,
        problem=problem,
        here={"lang": lang, "series": opened.row.slug, "announcement": found.key},
    )


def _samples(found: Announcement, count: Count) -> list[tuple[Sample, bool]]:
    """Return how it reads in each language; the neutral message too where somebody gets it."""
    codes = languages_of(found.series)
    named = [] if is_strict(found.series) else [(sample(found, code, is_neutral=False), False) for code in codes]
    is_needed = is_strict(found.series) or count.neutral > 0
    return named + ([(sample(found, code, is_neutral=True), True) for code in codes] if is_needed else [])
