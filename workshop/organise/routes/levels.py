"""The levels of a session and its items: which decides, what waits for agreement, and what a change would do."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from workshop.accounts.reauthentication import confirmation_page, is_confirmed, wrong_confirmation
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS
from workshop.accounts.service import actor_of
from workshop.chatham.notices import label as level_label
from workshop.chatham.rule import Level, effective_level
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages
from workshop.core.localized import Localized
from workshop.organise.effects import Effect, find_effects, is_lowered, look, mark_of, proposed_levels
from workshop.organise.routes.blueprint import blueprint
from workshop.programme.forms import add_faults
from workshop.programme.models import Item, ItemKind, LevelProposal, WorkshopSession
from workshop.programme.organise import open_session, session_row
from workshop.programme.queries import find_proposal, list_asked_people
from workshop.programme.service.levels import ProposalOverError, agree_as_speaker, set_item_level, withdraw_proposal
from workshop.programme.service.locking import lock
from workshop.programme.service.sessions import update_session
from workshop.programme.service.values import session_values
from workshop.rsvp.queries import count_answers, lock_list
from workshop.rsvp.queries.levels import Agreed, count_agreed_to_tell
from workshop.rsvp.service.agreeing import settle_proposals

SESSION = "session"
"""Names the session itself among what has a level."""
INHERIT = ""
"""No level of its own."""


@dataclass(frozen=True, slots=True)
class LevelRow:
    """Something that has a level: the session, or an item of its programme."""

    key: str
    """`session`, or the item's id."""
    title: Localized
    level: Level
    source: str
    """Which of `item`, `session`, `series` decided."""
    own: str
    """Its own level; empty for none."""
    options: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A looser level that waits, as the organisers may see it: how many, never who."""

    level: Level
    talk: Localized
    """Empty: the whole session."""
    proposed_at: datetime
    counted: Agreed | None
    """None: too few are asked for a number."""
    unreached: tuple[tuple[int, str], ...]
    """Those who speak, have no address and whose agreement is not recorded: id and name."""


@blueprint.route("/series/<series>/<session>/level", methods=["GET", "POST"])
def level(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show the levels; a POST first shows what the change would do to whom, then does it."""
    workshop_session, _role = open_session(series, session, *PLANNERS)
    page = _page(lang, workshop_session)
    form = FlaskForm()
    if form.validate_on_submit() and "back" not in request.form:
        wanted = _wanted(workshop_session)
        if wanted is None:
            form.form_errors = [_("Please choose what to change.")]
            return render_template("organise/level.html", form=form, **page), 422
        if (wrong := wrong_confirmation()) is not None:
            return wrong
        try:
            effects, weighs, has_changed = _perform(workshop_session, *wanted)
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
            return render_template("organise/level.html", form=form, **page), 422
        if (held := hold_back(lang, effects, page["row"].name, weighs=weighs)) is not None:
            return held
        db.session.commit()
        flash(said(effects) if has_changed else _("Nothing has changed."))
        return redirect(url_for("organise.level", **page["at"]), 303)
    return render_template("organise/level.html", form=form, **page)


@blueprint.post("/series/<series>/<session>/level/withdraw")
def withdraw_level(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Take back what is asked; the level stays as it is."""
    workshop_session, _role = open_session(series, session, *PLANNERS)
    proposal = _get_proposal(workshop_session)
    actor = actor_of(current_organiser())
    withdraw_proposal(db.session(), now=clock.now(), proposal=proposal, actor=actor)
    db.session.commit()
    flash(_("Taken back: nobody is asked any more, and the level stays as it is."))
    return redirect(url_for("organise.level", lang=lang, series=series, session=session), 303)


@blueprint.post("/series/<series>/<session>/level/agreed")
def record_agreement(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Record that somebody who speaks and has no address told the organisers that they agree."""
    workshop_session, _role = open_session(series, session, *PLANNERS)
    proposal = _get_proposal(workshop_session)
    asked = {str(person.id): person for person, _at in list_asked_people(db.session(), proposal) if not person.email}
    person = asked.get(request.form.get("person", ""))
    if person is None:
        raise ProposalOverError
    now = clock.now()
    agree_as_speaker(db.session(), now=now, proposal=proposal, person=person, recorded_by=actor_of(current_organiser()))
    db.session.commit()
    # After the commit, so that no other session's row is waited for while this one's is held.
    settle_proposals(db.session(), now)
    db.session.commit()
    flash(_("Their agreement is recorded."))
    return redirect(url_for("organise.level", lang=lang, series=series, session=session), 303)


def hold_back(
    lang: str, effects: Sequence[Effect], name: Localized, *, weighs: bool = False
) -> ResponseReturnValue | None:
    """Roll an act back that nobody has confirmed as it is now; returns the page that asks, None where it may go on.

    Whoever lets more be said than people know of gives the pass phrase; then what the act does is shown. Under the
    act's own locks, so that what another changed in the same moment counts.

    Args:
        lang: the page's language.
        effects: what the act does, before it is committed.
        name: of what is changed.
        weighs: it asks for the pass phrase whatever its effects are.
    """
    if (weighs or any(one.is_looser for one in effects)) and not is_confirmed():
        db.session.rollback()
        return confirmation_page()
    was_seen = request.form.get("confirm") == "yes" and request.form.get("seen") == mark_of(effects)
    if effects and not was_seen:
        db.session.rollback()
        return _confirm_page(lang, effects, name)
    return None


def _confirm_page(lang: str, effects: Sequence[Effect], name: Localized) -> ResponseReturnValue:
    """Return the page that shows what would happen, with all that was posted, to be posted again."""
    is_other = request.form.get("confirm") == "yes"
    left_out = {"csrf_token", "confirm", "seen", "back"}
    return render_template(
        "organise/level_confirm.html",
        page_language=lang,
        effects=effects,
        mark=mark_of(effects),
        name=name,
        is_other=is_other,
        posted=[(key, value) for key, value in request.form.items(multi=True) if key not in left_out],
        form=FlaskForm(None),
    ), 409 if is_other else 200


def said(effects: Sequence[Effect]) -> str:
    """Return the sentence after a change of level."""
    if any(effect.proposed for effect in effects):
        return str(_("Everybody concerned is asked. Until each has agreed, the level stays as it is."))
    return str(_("The level is changed."))


def _wanted(workshop_session: WorkshopSession) -> tuple[Item | None, Level | None] | None:
    """Return the item that the form names, None for the session itself, and its level; None where it names nothing."""
    key, wanted = request.form.get("of", ""), request.form.get("level", "")
    own = next((one for one in Level if one.value == wanted), None)
    item = _find_item(workshop_session, key)
    if (item is None and key != SESSION) or (own is None and wanted != INHERIT):
        return None
    return item, own


def _perform(
    workshop_session: WorkshopSession, item: Item | None, own: Level | None
) -> tuple[list[Effect], bool, bool]:
    """Give an item, or the session, its own level; returns what that does, whether it lowers any, and changes anything.

    Not committed.
    """
    database, now, actor = db.session(), clock.now(), actor_of(current_organiser())
    lock(database, [workshop_session])
    lock_list(database, workshop_session.id)
    before, proposed = look(database, [workshop_session]), proposed_levels(database, [workshop_session])
    has_answers = count_answers(database, [workshop_session.id])[workshop_session.id] > 0
    if item is not None:
        has_changed = set_item_level(
            database, now=now, workshop_session=workshop_session, item=item, level=own,
            has_answers=has_answers, actor=actor,
        )  # fmt: skip
    else:
        has_changed = update_session(
            database,
            now=now,
            workshop_session=workshop_session,
            values=dataclasses.replace(session_values(workshop_session), level=own, moderators=None, partners=None),
            has_answers=has_answers,
            actor=actor,
            instance_languages=languages(),
        )
    effects = find_effects(database, [workshop_session], before=before, proposed=proposed)
    return effects, is_lowered([workshop_session], before), has_changed


def _find_item(workshop_session: WorkshopSession, key: str) -> Item | None:
    items = (item for section in workshop_session.sections for item in section.items)
    return next((item for item in items if str(item.id) == key), None)


def _get_proposal(workshop_session: WorkshopSession) -> LevelProposal:
    proposal = find_proposal(db.session(), workshop_session.id)
    if proposal is None:
        raise ProposalOverError
    return proposal


def _page(lang: str, workshop_session: WorkshopSession) -> dict[str, Any]:
    # Made before any act, which may be rolled back.
    series = workshop_session.series
    return {
        "page_language": lang,
        "row": session_row(workshop_session, series, now=clock.now()),
        "at": {"lang": lang, "series": series.slug, "session": workshop_session.slug},
        "levels": _rows(workshop_session),
        "level_words": {one: level_label(one) for one in Level},
        "proposal": _proposal_row(workshop_session),
    }


def _rows(workshop_session: WorkshopSession) -> list[LevelRow]:
    series = workshop_session.series
    own, source = effective_level(session=workshop_session.level, series=series.level)
    title = workshop_session.title or workshop_session.label
    of_session = workshop_session.level.value if workshop_session.level else INHERIT
    rows = [LevelRow(SESSION, title, own, source, of_session, tuple(Level))]
    for section in workshop_session.sections:
        for item in section.items:
            if item.kind is ItemKind.BREAK:
                continue
            options = tuple(one for one in Level if one < Level.CLOSED)
            of_item = item.level.value if item.level else INHERIT
            decided = "item" if item.level else source
            rows.append(LevelRow(str(item.id), item.title, item.level or own, decided, of_item, options))
    return rows


def _proposal_row(workshop_session: WorkshopSession) -> ProposalRow | None:
    proposal = find_proposal(db.session(), workshop_session.id)
    if proposal is None:
        return None
    item = _find_item(workshop_session, str(proposal.item_id))
    unreached = [
        (person.id, person.name)
        for person, agreed_at in list_asked_people(db.session(), proposal)
        if not person.email and agreed_at is None
    ]
    return ProposalRow(
        level=proposal.level,
        talk=item.title if item else Localized(),
        proposed_at=proposal.proposed_at,
        counted=count_agreed_to_tell(db.session(), [proposal])[proposal.id],
        unreached=tuple(unreached),
    )
