"""What every page of the programme's editor shows: the form, what stands, whom the series knows, the printed whole."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from workshop.accounts.actors import name_of
from workshop.accounts.models import Role
from workshop.accounts.rule import PLANNERS
from workshop.chatham.rule import effective_level
from workshop.core import clock
from workshop.core.db import db
from workshop.core.localized import Localized
from workshop.organise.composing import Attached
from workshop.organise.printing import printed
from workshop.people.models import Person
from workshop.people.service import list_by_key
from workshop.people.staleness import list_stale
from workshop.programme.forms.programme import ProgrammeForm, dress_programme
from workshop.programme.forms.typed import Typed
from workshop.programme.models import WorkshopSession
from workshop.programme.organise import series_row, session_row
from workshop.programme.service.aside import Working, working
from workshop.programme.service.languages import list_terms
from workshop.programme.service.merging import digests
from workshop.programme.service.values import SectionValues
from workshop.programme.timetable import is_clock, timetable
from workshop.programme.view.languages import terms_of
from workshop.programme.view.speakers import slots_of


@dataclass(frozen=True, slots=True)
class PersonOption:
    """Somebody of the series, to be chosen by name."""

    key: str
    name: str
    affiliation: Localized


@dataclass(frozen=True, slots=True)
class Coming:
    """Whether somebody who stands in the programme comes."""

    confirmed_at: datetime | None
    declined_at: datetime | None


class Desk:
    """What every page of the editor is made from: the session, as it is being edited, and the people of its series."""

    def __init__(self, lang: str, workshop_session: WorkshopSession, role: Role) -> None:
        self.lang = lang
        self.workshop_session = workshop_session
        self.may_plan = role in PLANNERS
        series = workshop_session.series
        self.series = series_row(series, role)
        self.row = session_row(workshop_session, series, now=clock.now())
        self.at = {"lang": lang, "series": series.slug, "session": workshop_session.slug}
        self.level, _source = effective_level(session=workshop_session.level, series=series.level)
        self.look()

    def look(self) -> None:
        """Read what is edited and whom the series knows, anew once the session is locked."""
        self.stands: Working = working(db.session(), self.workshop_session)
        self.people = list_by_key(db.session(), series_id=self.workshop_session.series_id)

    def form_of(self, typed: Typed, base: str | None = None) -> ProgrammeForm:
        """Return the form with these rows, on what stands unless it was made on something else."""
        form = ProgrammeForm(formdata=None, obj=typed, session_level=self.level)
        form.base.data = self.digests() if base is None else base
        return form

    def digests(self) -> str:
        """Return what tells later whether what stands was changed since."""
        return digests(self.stands.values, self.stands.sections, fields=("moderators",))

    def page(
        self,
        form: ProgrammeForm,
        typed: Typed,
        *,
        status: int = 200,
        opened: set[str] | None = None,
        choices: Mapping[str, Sequence[Person]] | None = None,
        is_conflict: bool = False,
        is_sound: bool = True,
    ) -> ResponseReturnValue:
        """Return the editor.

        Args:
            form: as it is shown.
            typed: the same rows.
            status: of the answer.
            opened: anchors of the items that stand unfolded.
            choices: place → whom the name typed there may mean.
            is_conflict: whether somebody else changed the same meanwhile.
            is_sound: whether the rows could be saved; what cannot be is not printed either.
        """
        one = self.workshop_session
        length = round((one.ends_at - one.starts_at).total_seconds() / 60)
        items = [item for section in typed.sections for item in section.items]
        times = timetable(one.starts_wall.strftime("%H:%M"), length, [(item.starts, item.minutes) for item in items])
        sections = _printable(typed) if is_sound else self.stands.sections
        database, series_id = db.session(), one.series_id
        dress_programme(form, list_stale(database, series_id))
        view, is_public = printed(
            one,
            moderators=typed.moderators,
            sections=sections,
            people=self.people,
            names_people=self.may_plan,
        )
        return render_template(
            "organise/programme.html",
            page_language=self.lang,
            series=self.series,
            row=self.row,
            at=self.at,
            form=form,
            times=times,
            may_plan=self.may_plan,
            kept_at=self.stands.saved_at if self.stands.is_kept else None,
            kept_by=name_of(database, self.stands.saved_by) if self.stands.is_kept else "",
            terms=terms_of(list_terms(database, series_id), typed.texts),
            is_conflict=is_conflict,
            opened=opened or set(),
            options={key: _option(person) for key, person in self.people.items()} if self.may_plan else {},
            choices={at: [_option(person) for person in those] for at, those in (choices or {}).items()},
            coming=_coming(one) if self.may_plan else {},
            view=view,
            is_public=is_public,
        ), status

    def removal_page(self, act: str, attached: Attached) -> ResponseReturnValue:
        """Return the page that says what goes with an item or a section."""
        left_out = {"csrf_token", "back", "confirm-remove"}
        return render_template(
            "organise/programme_remove.html",
            page_language=self.lang,
            series=self.series,
            row=self.row,
            attached=attached,
            act=act,
            posted=[(key, value) for key, value in request.form.items(multi=True) if key not in left_out],
            form=FlaskForm(None),
        )


def _coming(workshop_session: WorkshopSession) -> dict[tuple[int, str, str], Coming]:
    """Return item's id (0: the session as a whole), role and key → whether they come."""
    return {
        (item.id if item else 0, slot.role.value, slot.person.key): Coming(slot.confirmed_at, slot.declined_at)
        for slot, item in slots_of(workshop_session)
    }


def _option(person: Person) -> PersonOption:
    return PersonOption(person.key, person.name, person.affiliations[0] if person.affiliations else Localized())


def _printable(typed: Typed) -> tuple[SectionValues, ...]:
    """Return what was typed without the rows in which nothing was."""
    drawn = copy.deepcopy(typed)
    drawn.drop_blank()
    for item in (item for section in drawn.sections for item in section.items):
        item.starts = item.starts if is_clock(item.starts) else ""
    return drawn.values()
