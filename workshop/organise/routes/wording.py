"""A series' own words in its mail: what may be changed, an editor with a preview, and back to the original."""

from __future__ import annotations

import hashlib

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.language import languages
from workshop.core.links import cut
from workshop.mail.render import outline
from workshop.mail.texts import KINDS, OwnText, check, clean_own, forget_own, list_own, save_own
from workshop.organise.forms import WordingForm
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.sampling import is_neutral
from workshop.organise.wording import (
    choose_session,
    examples_of,
    kind_groups,
    kind_name,
    placeholder_rows,
    try_sample,
)
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.organise import Depth, open_series, series_row, session_row
from workshop.programme.sentences import sentence
from workshop.rsvp.emails import Sample

_LIST = "/series/<series>/texts"
_ONE = f"{_LIST}/<kind>/<language>"
_MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; sandbox"
"""For the HTML part alone in a window: its styles are inline, nothing else in it does anything."""


@blueprint.get(_LIST)
def texts(lang: str, series: str) -> ResponseReturnValue:
    """Show which messages can be worded anew, and which are."""
    found, _role = open_series(series, *PLANNERS, depth=Depth.ITSELF)
    return render_template(
        "organise/texts.html",
        page_language=lang,
        series=series_row(found),
        groups=kind_groups(list_own(db.session(), series_id=found.id)),
        codes=_languages(found),
    )


@blueprint.route(_ONE, methods=["GET", "POST"])
def edit_text(lang: str, series: str, kind: str, language: str) -> ResponseReturnValue:
    """Edit one text, checked and shown before it is kept. What somebody else saved meanwhile is not overwritten."""
    found = _open(series, kind, language)
    kept = list_own(db.session(), series_id=found.id).get((kind, language))
    shown = kept or outline(kind, language)
    form = WordingForm(data=shown._asdict())
    one = choose_session(found, form.session.data or request.args.get("session"), now=clock.now())
    is_refused = is_other = False
    if form.validate_on_submit():
        shown = clean_own(form.subject.data, form.body.data)
        is_refused = _tie_faults(form, kind, shown)
        act = request.form.get("act")
        is_other = act == "save" and request.form.get("seen", _mark(kept)) != _mark(kept)
        if not is_refused and not is_other and act == "save":
            return _save(lang, found, kind, language, shown)
        if not is_refused and act == "html" and one is not None:
            return _as_html(try_sample(db.session(), kind, one, shown, language=language, now=clock.now()))
    page = _page(lang, found, kind, language, form, one, None if is_refused else shown, kept, is_other=is_other)
    return page, 422 if is_refused else 409 if is_other else 200


def _mark(kept: OwnText | None) -> str:
    """Return what tells whether somebody saw the text as it is kept now."""
    return hashlib.sha256("\0".join(kept).encode()).hexdigest()[:16] if kept else ""


@blueprint.post(f"{_ONE}/original")
def reset_text(lang: str, series: str, kind: str, language: str) -> ResponseReturnValue:
    """Go back to the product's words."""
    found = _open(series, kind, language)
    if forget_own(db.session(), series_id=found.id, kind=kind, language=language):
        _log(found, "organise.reset_mail_text", kind, language)
        db.session.commit()
        flash(_("This message has its original text again."), "done")
    return redirect(url_for("organise.texts", lang=lang, series=series), 303)


def _open(slug: str, kind: str, language: str) -> Series:
    found, _role = open_series(slug, *PLANNERS, depth=Depth.PROGRAMMES)
    if kind not in KINDS or language not in _languages(found):
        raise NotFoundError
    return found


def _save(lang: str, found: Series, kind: str, language: str, own: OwnText) -> ResponseReturnValue:
    now, slug = clock.now(), found.slug
    if own == outline(kind, language):
        # Whoever saves the original has nothing of their own to keep up with it.
        is_changed = forget_own(db.session(), series_id=found.id, kind=kind, language=language)
    else:
        is_changed = save_own(db.session(), now=now, series_id=found.id, kind=kind, language=language, own=own)
    if is_changed:
        _log(found, "organise.word_mail", kind, language)
    db.session.commit()
    flash(_("The text is saved. Messages written from now on have it."), "done")
    return redirect(url_for("organise.edit_text", lang=lang, series=slug, kind=kind, language=language), 303)


def _log(found: Series, action: str, kind: str, language: str) -> None:
    details = {"kind": kind, "language": language}
    actor = actor_of(current_organiser())
    record(db.session(), now=clock.now(), actor=actor, action=action, object_=f"series:{found.id}", details=details)


def _tie_faults(form: WordingForm, kind: str, own: OwnText) -> bool:
    """Say at each field what is wrong; returns whether anything is."""
    faults = check(kind, own)
    for fault in faults:
        field = form[fault.field]
        field.errors = [*field.errors, sentence(fault)]
    return bool(faults)


def _as_html(sample: Sample | None) -> Response:
    if sample is None:
        raise NotFoundError
    answer = make_response(cut(sample.text.html))
    answer.headers["Content-Security-Policy"] = _MAIL_POLICY
    return answer


def _languages(series: Series) -> tuple[str, ...]:
    return tuple(code for code in series.languages if code in languages())


def _page(  # noqa: PLR0913 (what one page needs, named at its only call)
    lang: str,
    found: Series,
    kind: str,
    language: str,
    form: WordingForm,
    one: WorkshopSession | None,
    shown: OwnText | None,
    kept: OwnText | None,
    *,
    is_other: bool,
) -> str:
    now, session = clock.now(), db.session()
    rows = sorted((session_row(each, found, now=now) for each in found.sessions), key=lambda row: row.starts_at)
    form.session.choices = [(row.slug, row.name.pick(lang).value) for row in rows]
    sample, examples = None, {}
    if one is not None:
        form.session.data = one.slug
        examples = examples_of(session, kind, one, language=language, now=now)
        sample = try_sample(session, kind, one, shown, language=language, now=now) if shown else None
    return render_template(
        "organise/text.html",
        page_language=lang,
        series=series_row(found),
        kind=kind,
        kind_name=kind_name(kind),
        language=language,
        form=form,
        has_own=kept is not None,
        mark=_mark(kept),
        is_other=is_other,
        theirs=kept or outline(kind, language),
        original=outline(kind, language),
        placeholders=placeholder_rows(kind, examples),
        sample=sample,
        sample_text=cut(sample.text.text) if sample else "",
        has_session=one is not None,
        is_neutral=one is not None and is_neutral(one),
    )
