"""The programme's editor: sections, items, who speaks, each press of a button saved, the printed whole beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.actors import name_of
from workshop.accounts.reauthentication import wrong_confirmation
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import WRITERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages
from workshop.organise import composing
from workshop.organise.composing import Press
from workshop.organise.effects import find_effects, is_lowered, look, proposed_levels
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.routes.composed import Desk
from workshop.organise.routes.levels import hold_back, said
from workshop.organise.routes.session_editing import others_words
from workshop.people.matching import find_by_name
from workshop.people.values import PersonValues
from workshop.programme.forms.languages import press_typesetting
from workshop.programme.forms.programme import (
    ProgrammeForm,
    add_programme_faults,
    add_sentence,
    fine_by_owner,
)
from workshop.programme.forms.typed import Typed, keep_languages, only_texts, typed_programme
from workshop.programme.organise import open_session
from workshop.programme.service.aside import editor_of
from workshop.programme.service.languages import say_fine
from workshop.programme.service.locking import lock
from workshop.programme.service.merging import Conflict, Content, merge
from workshop.programme.service.people import add_person
from workshop.programme.service.values import SectionValues, SessionValues
from workshop.programme.service.versions import Act, Saved, save
from workshop.rsvp.queries import count_answers, lock_list

_PATH = "/series/<series>/<session>/programme"
_NEW_ROW = {"add-item", "add-section"}
"""Presses that ask for a row to write in: where nothing was typed, that nothing changed is no news."""


@blueprint.get(_PATH)
def programme(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show the programme to be edited, with what is kept aside over it."""
    desk = Desk(lang, *open_session(series, session, *WRITERS))
    typed = typed_programme(desk.stands.values.moderators or (), desk.stands.sections)
    opened = composing.add_blank(typed, request.args.get("new", "")) or composing.place_of(request.args.get("open", ""))
    return desk.page(desk.form_of(typed), typed, opened={opened})


@blueprint.post(_PATH)
def save_programme(lang: str, series: str, session: str) -> ResponseReturnValue:  # noqa: PLR0911 (one for each press)
    """Do what the button says to what was typed, and save all of it."""
    desk = Desk(lang, *open_session(series, session, *WRITERS))
    form = ProgrammeForm(session_level=desk.level)
    if "base" not in request.form:
        # Nothing of the form came along: what is not there would count as taken out.
        typed = typed_programme(desk.stands.values.moderators or (), desk.stands.sections)
        return desk.page(desk.form_of(typed), typed, status=422)
    if press_typesetting(form):
        return desk.page(form, form.typed(is_placed=False), is_sound=False)
    if not form.validate():
        # As it was typed, in the order in which the page shows it.
        return desk.page(form, form.typed(is_placed=False), status=422, is_sound=False)
    typed, act = form.typed(), request.form.get("act", "")
    keep_languages(typed, desk.stands.sections)
    if not desk.may_plan:
        moderators = desk.stands.values.moderators or ()
        return _Saving(desk, form, only_texts(typed, moderators, desk.stands.sections)).save()
    if "back" in request.form:
        return desk.page(desk.form_of(typed, form.base.data), typed)
    press = composing.read_press(act)
    typed.drop_blank()
    if press is not None and press.verb == "remove" and request.form.get("confirm-remove") != act:
        attached = composing.attached(desk.workshop_session, typed, press)
        if attached:
            return desk.removal_page(act, attached)
    return _Saving(desk, form, typed, press).save()


class _Saving:
    """One press of a button: what was typed, put together with what stands, and saved."""

    def __init__(self, desk: Desk, form: ProgrammeForm, typed: Typed, press: Press | None = None) -> None:
        self.desk, self.form, self.typed, self.press = desk, form, typed, press
        self.base, act = form.base.data or "", request.form.get("act", "")
        self.act = Act.PUBLISH if act in {"", Act.PUBLISH.value} and desk.may_plan else Act.KEEP
        self.new_key, self.new_name = "", ""
        """Of the person who is made along with it."""

    def save(self) -> ResponseReturnValue:
        """Return what follows: the editor again, a question, or the way back to it."""
        desk = self.desk
        if (unclear := self._resolve()) is not None:
            return unclear
        if (wrong := wrong_confirmation()) is not None:
            return wrong
        if self.press is not None:
            composing.perform(self.typed, self.press)
        lock(db.session(), [desk.workshop_session])
        lock_list(db.session(), desk.workshop_session.id)
        desk.look()
        try:
            self._make_person()
            self.typed.adopt(desk.stands.sections)
            merged = merge(self.base, self._content(), Content(desk.stands.values, desk.stands.sections))
            self.typed = self._typed_again(merged.values, merged.sections or ())
            if merged.conflicts:
                return self._conflict_page(merged.conflicts)
            return self._store(merged.values, merged.sections or ())
        except InvalidValuesError as fault:
            return self._fault_page(fault)

    def _content(self) -> Content:
        values = dataclasses.replace(self.desk.stands.values, moderators=tuple(self.typed.moderators))
        return Content(values, self.typed.values())

    def _typed_again(self, values: SessionValues | None, sections: Sequence[SectionValues]) -> Typed:
        """Return what is saved as it stands in the form, each row still known by where it was when it was sent."""
        again = typed_programme((values.moderators if values else None) or (), sections)
        again.take_origins(self.typed)
        return again

    def _resolve(self) -> ResponseReturnValue | None:
        """Add whoever was typed; returns the page that asks whom a name means, or None."""
        cast = composing.find_cast(self.typed, self.press) if self.press and self.press.verb == "new-person" else None
        if cast is not None:
            self.new_name = cast.typed
            cast.clear()
        unclear = composing.resolve(self.typed, self.desk.people, find_by_name)
        if not unclear:
            return None
        if cast is not None:
            cast.put_back(self.new_name)
        form = self.desk.form_of(self.typed, self.base)
        for place, found in unclear:
            sentence = (
                _("Several people may be meant. Please choose one of them, or write more of the name.")
                if found
                else _("Nobody in this series has this name. Please correct it, or add them as a new person.")
            )
            add_sentence(form, place.path, sentence)
        choices = {place.at: found for place, found in unclear}
        opened = {place.at.partition(".")[0] for place, _found in unclear}
        return self.desk.page(form, self.typed, status=422, choices=choices, opened=opened)

    def _make_person(self) -> None:
        if not self.new_name or self.press is None:
            return
        made = add_person(
            db.session(),
            now=clock.now(),
            series=self.desk.workshop_session.series,
            values=PersonValues(key="", name=self.new_name),
            actor=actor_of(current_organiser()),
            languages=languages(),
        )
        self.new_key = made.key
        self.desk.people[made.key] = made
        cast = composing.find_cast(self.typed, self.press)
        if cast is not None:
            cast.add(made.key)

    def _store(self, values: SessionValues | None, sections: Sequence[SectionValues]) -> ResponseReturnValue:
        desk, database = self.desk, db.session()
        one = desk.workshop_session
        was_published = one.is_published
        others = others_words(one, self.base, self.desk.digests())
        before, proposed = look(database, [one]), proposed_levels(database, [one])
        saved = save(
            database,
            now=clock.now(),
            workshop_session=one,
            values=values,
            sections=sections,
            act=self.act,
            has_answers=count_answers(database, [one.id])[one.id] > 0,
            actor=actor_of(current_organiser()),
            fields=("moderators",),
            instance_languages=languages(),
        )
        self._say_fine()
        effects = find_effects(database, [one], before=before, proposed=proposed)
        if (held := hold_back(desk.lang, effects, desk.row.name, weighs=is_lowered([one], before))) is not None:
            return held
        database.commit()
        is_new_row = self.press is not None and self.press.verb in _NEW_ROW
        if effects:
            flash(said(effects))
        elif saved.is_changed or not is_new_row:
            flash(_words(saved, was_published=was_published, is_kept=was_published and self.act is Act.KEEP))
        if others:
            flash(others)
        return self._redirect()

    def _say_fine(self) -> None:
        """Take it that texts hold that were said to; only of this session's own parts."""
        one = self.desk.workshop_session
        own = {f"section:{section.id}" for section in one.sections}
        own |= {f"item:{item.id}" for section in one.sections for item in section.items}
        for owner, fine in fine_by_owner(self.form).items():
            if owner in own:
                say_fine(
                    db.session(),
                    now=clock.now(),
                    actor=actor_of(current_organiser()),
                    series_id=one.series_id,
                    workshop_session_id=one.id,
                    owner=owner,
                    fine=fine,
                )

    def _redirect(self) -> ResponseReturnValue:
        """Lead back to the place of the button, or to the row that it asked for."""
        place = composing.anchor(self.typed, self.press) if self.press else ""
        arguments: dict[str, Any] = dict(self.desk.at)
        if self.press and self.press.verb in _NEW_ROW:
            arguments["new"] = place or "section"
            place = "new"
        elif place and self.press and self.press.is_of_person:
            arguments["open"] = place
        return redirect(url_for("organise.programme", **arguments, _anchor=place or None), 303)

    def _fault_page(self, fault: InvalidValuesError) -> ResponseReturnValue:
        self._take_back()
        form = self.desk.form_of(self.typed, self.base)
        add_programme_faults(form, fault.faults)
        return self.desk.page(form, self.typed, status=422)

    def _conflict_page(self, conflicts: Sequence[Conflict]) -> ResponseReturnValue:
        who = name_of(db.session(), editor_of(db.session(), self.desk.workshop_session))
        self._take_back()
        form = self.desk.form_of(self.typed)
        for one in conflicts:
            add_sentence(form, _place(one), _meanwhile(one, who))
        return self.desk.page(form, self.typed, status=409, is_conflict=True)

    def _take_back(self) -> None:
        """Roll all back; a name that was to become a person stands again as it was typed."""
        db.session.rollback()
        self.desk.look()
        for cast in composing.casts(self.typed):
            if self.new_key and self.new_key in cast.keys:
                cast.keys.remove(self.new_key)
                cast.put_back(self.new_name)


def _words(saved: Saved, *, was_published: bool, is_kept: bool) -> str:
    """Return the sentence after a press that saved something, or nothing."""
    if not saved.is_changed:
        return str(_("Nothing has changed."))
    if is_kept:
        return str(_("Kept aside. Nobody else sees it until it is published."))
    if saved.is_kept:
        return str(_("Published. Other changes of this session are still kept aside."))
    return str(_("The changes are published.") if was_published else _("The programme is saved."))


def _place(conflict: Conflict) -> str:
    """Return the path of the field beside which a conflict is told: of a whole part that is left, its title."""
    is_part = conflict.field.startswith("programme.") and conflict.field.rpartition(".")[2].isdigit()
    return f"{conflict.field}.title" if is_part and conflict.posted is not None else conflict.field


def _meanwhile(conflict: Conflict, who: str) -> str:
    """Return the sentence beside a field that somebody else changed meanwhile."""
    if conflict.field == "programme":
        return str(_("Meanwhile the order was changed. This is yours; save again to keep it."))
    stands = conflict.stands if isinstance(conflict.stands, str | int) else ""
    if who and stands:
        return str(_("Meanwhile %(name)s wrote: “%(text)s”. Yours stands here.", name=who, text=stands))
    if stands:
        return str(_("Meanwhile somebody wrote: “%(text)s”. Yours stands here.", text=stands))
    return str(_("Meanwhile this was changed or taken out. Yours stands here."))
