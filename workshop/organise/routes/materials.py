"""Slides and recordings of a session: kept, offered as the Rule lets, taken away."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.models import Role
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.core.limits import Limit, limited
from workshop.core.localized import Localized
from workshop.core.uploads import accepts_upload
from workshop.organise.routes.blueprint import blueprint
from workshop.programme.forms import add_faults
from workshop.programme.forms.materials import RecordingForm, SlidesForm
from workshop.programme.models import Item, Recording, Slides, SpeakerSlot, WorkshopSession
from workshop.programme.organise import form_page, open_session, series_row, session_row
from workshop.programme.queries import find_slides
from workshop.programme.service import materials as service
from workshop.programme.view.desk import MaterialsDesk, PartRow, materials_desk
from workshop.public.downloads import send_slides

_PAGE = "/series/<series>/<session>/materials"
_UPLOADS = Limit("upload", 60, timedelta(minutes=10))


@blueprint.get(_PAGE)
def materials(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show every file and every recording, and who gets them."""
    return _page(lang, *open_session(series, session, *PLANNERS))


@blueprint.post(f"{_PAGE}/slides")
@limited(_UPLOADS)
@accepts_upload
def add_slides(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Keep a file for somebody's part."""
    workshop_session, role = open_session(series, session, *PLANNERS)
    form = _slides_form(lang, workshop_session, materials_desk(workshop_session))
    if form.validate_on_submit():
        slot = _find_slot(workshop_session, form.part.data)
        actor = actor_of(current_organiser())
        # The file takes a while to be looked into: nobody else waits for this transaction meanwhile.
        db.session.rollback()
        try:
            service.add_slides(
                db.session(),
                now=clock.now(),
                slot=slot,
                data=form.content,
                language=form.language.data,
                actor=actor,
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            workshop_session, role = open_session(series, session, *PLANNERS)
            add_faults(form, fault.faults)
        else:
            db.session.commit()
            flash(_("The slides are kept, without anything in the file that is not seen."), "done")
            return _back(lang, series, session)
    return _page(lang, workshop_session, role, slides_form=form)


@blueprint.get(f"{_PAGE}/slides/<key>")
def slides(lang: str, series: str, session: str, key: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Send a file as it is kept, offered to others or not."""
    workshop_session, _role = open_session(series, session, *PLANNERS)
    return send_slides(_find_slides(workshop_session, key).key, cache_control="no-store")


@blueprint.post(f"{_PAGE}/slides/<key>/remove")
def remove_slides(lang: str, series: str, session: str, key: str) -> ResponseReturnValue:
    """Take a file away for good."""
    workshop_session, _role = open_session(series, session, *PLANNERS)
    service.remove_slides(
        db.session(),
        now=clock.now(),
        slides=_find_slides(workshop_session, key),
        actor=actor_of(current_organiser()),
    )
    db.session.commit()
    flash(_("The slides are gone from here. Copies already made cannot be recalled."), "done")
    return _back(lang, series, session)


@blueprint.post(f"{_PAGE}/recordings")
def add_recording(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Keep where a recording can be seen; nobody else sees it until it is published."""
    workshop_session, role = open_session(series, session, *PLANNERS)
    form = _recording_form(lang, workshop_session, materials_desk(workshop_session))
    if form.validate_on_submit():
        try:
            service.add_recording(
                db.session(),
                now=clock.now(),
                workshop_session=workshop_session,
                item=_find_item(workshop_session, form.item.data),
                url=form.url.data,
                language=form.spoken.data,
                actor=actor_of(current_organiser()),
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            db.session.commit()
            flash(_("The recording is kept. Nobody but the organisers sees it."), "done")
            return _back(lang, series, session)
    return _page(lang, workshop_session, role, recording_form=form)


@blueprint.post(f"{_PAGE}/recordings/<recording>/<verb>")
def change_recording(lang: str, series: str, session: str, recording: str, verb: str) -> ResponseReturnValue:
    """Declare that everybody heard agreed, or take that back; publish, unpublish or forget a recording."""
    workshop_session, _role = open_session(series, session, *PLANNERS)
    found = _find_recording(workshop_session, recording)
    if verb not in _acts():
        raise NotFoundError("verb")
    if verb == "declare" and request.form.get("everybody") != "yes":
        flash(_("Please tick the box: only if everybody heard in the recording agreed."), "error")
        return _back(lang, series, session)
    act, said = _acts()[verb]
    act(
        db.session(),
        now=clock.now(),
        workshop_session=workshop_session,
        recording=found,
        actor=actor_of(current_organiser()),
    )
    db.session.commit()
    flash(said, "done")
    return _back(lang, series, session)


def _acts() -> dict[str, tuple[Callable[..., object], str]]:
    """Return what each verb does, and the sentence after it."""

    def take_back(*args: Any, **values: Any) -> None:
        service.declare_agreed(*args, **values, is_agreed=False)

    gone = _("The recording is off every page. Copies already made cannot be recalled.")
    return {
        "declare": (service.declare_agreed, _("It is noted that everybody heard in it agreed.")),
        "take-back": (take_back, gone),
        "publish": (service.publish_recording, _("The recording is published.")),
        "unpublish": (service.unpublish_recording, gone),
        "remove": (service.remove_recording, _("The recording is forgotten here. The file itself is where it was.")),
    }


def _page(
    lang: str,
    workshop_session: WorkshopSession,
    role: Role,
    *,
    slides_form: SlidesForm | None = None,
    recording_form: RecordingForm | None = None,
) -> ResponseReturnValue:
    desk = materials_desk(workshop_session)
    series = workshop_session.series
    found = slides_form or recording_form
    return form_page(
        "organise/materials.html",
        found or _slides_form(lang, workshop_session, desk),
        slides_form=slides_form or _slides_form(lang, workshop_session, desk, is_empty=True),
        recording_form=recording_form or _recording_form(lang, workshop_session, desk, is_empty=True),
        desk=desk,
        maximum=service.MAXIMUM_FILES,
        page_language=lang,
        series=series_row(series, role),
        row=session_row(workshop_session, series, now=clock.now()),
        here={"lang": lang, "series": series.slug, "session": workshop_session.slug},
    )


def _slides_form(
    lang: str, workshop_session: WorkshopSession, desk: MaterialsDesk, *, is_empty: bool = False
) -> SlidesForm:
    return SlidesForm(
        *([None] if is_empty else []),
        parts=[(str(row.part.id), _part_words(row, lang)) for row in desk.parts],
        codes=workshop_session.series.languages,
        prefix="",
    )


def _part_words(row: PartRow, lang: str) -> str:
    what = _words(row.part.title, lang) or _("the whole session")
    return f"{row.part.name} – {what}"


def _recording_form(
    lang: str, workshop_session: WorkshopSession, desk: MaterialsDesk, *, is_empty: bool = False
) -> RecordingForm:
    whole = [("", _("The whole session"))] if desk.may_keep_whole else []
    return RecordingForm(
        *([None] if is_empty else []),
        items=[*whole, *((str(key), _words(title, lang)) for key, title in desk.items)],
        codes=workshop_session.series.languages,
    )


def _words(title: Localized, lang: str) -> str:
    return title.pick(lang).value


def _find_slot(workshop_session: WorkshopSession, key: str) -> SpeakerSlot:
    of_items = [slot for section in workshop_session.sections for item in section.items for slot in item.slots]
    return next(slot for slot in (*workshop_session.slots, *of_items) if str(slot.id) == key)


def _find_item(workshop_session: WorkshopSession, key: str) -> Item | None:
    items = (item for section in workshop_session.sections for item in section.items)
    return next((item for item in items if str(item.id) == key), None)


def _find_slides(workshop_session: WorkshopSession, key: str) -> Slides:
    found = find_slides(db.session(), workshop_session.id, key)
    if found is None:
        raise NotFoundError("slides")
    return found


def _find_recording(workshop_session: WorkshopSession, key: str) -> Recording:
    found = next((one for one in workshop_session.recordings if str(one.id) == key), None)
    if found is None:
        raise NotFoundError("recording")
    return found


def _back(lang: str, series: str, session: str) -> ResponseReturnValue:
    return redirect(url_for("organise.materials", lang=lang, series=series, session=session), 303)
