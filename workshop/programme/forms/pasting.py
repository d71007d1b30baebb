"""The forms of an announcement that is pasted: its text, then everything found in it, to be checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, Form, FormField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Optional

from workshop.chatham.rule import Level
from workshop.core.fields import CodesField, LineField, LocalizedField, TextField
from workshop.core.localized import Localized
from workshop.people.values import PartnerValues
from workshop.programme.forms.fields import (
    ChoiceField,
    level_options,
    options,
    partner_data,
    partner_rows,
    partner_values,
)
from workshop.programme.forms.sessions import INHERIT, InterpretationForm, SessionContentForm, TimesForm
from workshop.programme.models import ItemKind
from workshop.programme.printed import MAXIMUM_CHARACTERS, Draft, Found, FoundPerson
from workshop.programme.service.pasting import PastedItem, PastedPerson, PastedProgramme, PastedSection
from workshop.programme.service.values import InterpretationValues, SessionValues

MAXIMUM_SECTIONS = 30
MAXIMUM_ITEMS = 60
MAXIMUM_PEOPLE = 30
_ITEM_KINDS = {
    ItemKind.TALK: _("Talk"),
    ItemKind.PANEL: _("Panel"),
    ItemKind.DISCUSSION: _("Discussion"),
    ItemKind.BREAK: _("Break"),
}


class PasteForm(FlaskForm):
    """The text of an announcement."""

    text = TextField(
        _("Text of the announcement"),
        validators=[
            DataRequired(_("Please paste the text of an announcement.")),
            Length(max=MAXIMUM_CHARACTERS, message=_("This text is too long for one announcement. Please paste less.")),
        ],
        description=_("As it was sent or scanned, in French, in English or in both. Nothing is saved yet."),
        render_kw={"rows": 16, "spellcheck": "false"},
    )


class PersonRowForm(Form):
    """One person: who, and where they work."""

    name = LineField(_("Name"), render_kw={"maxlength": 200, "autocomplete": "off"})
    affiliation = LineField(_("Affiliation"), render_kw={"maxlength": 500, "autocomplete": "off"})

    def person(self) -> PastedPerson | None:
        """Return who is meant; None for an empty row."""
        return PastedPerson(self.name.data, self.affiliation.data) if self.name.data else None


class CommitteeRowForm(PersonRowForm):
    """One of the committee: only those ticked come in."""

    is_taken = BooleanField(_("Add to the committee of the series"))


class ItemRowForm(Form):
    """One item of the programme."""

    kind = SelectField(_("Kind"), choices=lambda: options(_ITEM_KINDS), default=ItemKind.TALK.value)
    title = LocalizedField(_("Title"))
    starts = LineField(_("Start"), render_kw={"size": 5, "maxlength": 5, "placeholder": "16:10"})
    minutes = IntegerField(_("Minutes"), validators=[Optional(), NumberRange(1, 1440)])
    speakers = FieldList(FormField(PersonRowForm), _("Speakers"), min_entries=1, max_entries=MAXIMUM_PEOPLE)


class SectionRowForm(Form):
    """One section of the programme, with its items."""

    title = LocalizedField(_("Title of the section"))
    items = FieldList(FormField(ItemRowForm), _("Items"), max_entries=MAXIMUM_ITEMS)


class PastedForm(SessionContentForm, TimesForm):
    """Everything that was found; what is not sure is empty."""

    text = TextField()
    """As pasted: it is read again for the passages, and kept nowhere."""
    number = IntegerField(_("Number"), validators=[Optional(), NumberRange(0, 9999)])
    slug = LineField(_("Address"), description=_("Small letters a–z, digits and hyphens. Empty: the number."))
    floor_languages = CodesField(
        _("Floor languages"),
        validators=[InputRequired(_("Please name at least one language."))],
        description=_("Languages in which one speaks: codes separated by commas, such as fr, en."),
    )
    interpretation = FieldList(FormField(InterpretationForm), _("Interpretation"), min_entries=1, max_entries=6)
    monolingual = LineField(
        _("Exists in one language only"), description=_("Its code, such as fr; empty when it exists in all.")
    )
    level = ChoiceField(
        _("Level of the Chatham House Rule"),
        choices=lambda: [SelectChoice(value=INHERIT, label=_("As the series")), *level_options()],
    )
    moderators = FieldList(FormField(PersonRowForm), _("Moderators"), min_entries=1, max_entries=MAXIMUM_PEOPLE)
    sections = FieldList(FormField(SectionRowForm), _("Programme"), max_entries=MAXIMUM_SECTIONS)
    committee = FieldList(FormField(CommitteeRowForm), _("Committee"), max_entries=MAXIMUM_PEOPLE)
    partners = partner_rows()

    def values(self) -> SessionValues:
        """Return what was entered of the session; its moderators are of the programme."""
        return SessionValues(
            **self.content(),
            **self.times(),
            number=self.number.data,
            slug=self.slug.data,
            floor_languages=self.floor_languages.data,
            interpretation=tuple(
                InterpretationValues(source=row["source"].lower(), target=row["target"].lower(), scope=row["scope"])
                for row in self.interpretation.data
                if row["source"] or row["target"] or row["scope"]
            ),
            monolingual=(self.monolingual.data or "").lower(),
            level=None if self.level.data == INHERIT else Level(self.level.data),
            partners=partner_values(self.partners),
        )

    def programme(self) -> PastedProgramme:
        """Return sections, items and people as entered; empty ones are left out, each other knows its field."""
        return PastedProgramme(
            sections=tuple(
                PastedSection(
                    field=section.name,
                    title=section.form.title.data,
                    items=tuple(_item(item) for item in section.form["items"] if not _is_empty(item)),
                )
                for section in self.sections
                if section.form.title.data or any(not _is_empty(item) for item in section.form["items"])
            ),
            moderators=_people(self.moderators),
            committee=tuple(
                entry.form.person() for entry in self.committee if entry.form.is_taken.data and entry.form.name.data
            ),
        )


def _item(entry: Any) -> PastedItem:
    form = entry.form
    return PastedItem(
        field=entry.name,
        kind=ItemKind(form.kind.data),
        title=form.title.data,
        starts=form.starts.data,
        minutes=form.minutes.data,
        speakers=_people(form.speakers),
    )


def _is_empty(entry: Any) -> bool:
    return not entry.form.title.data and not _people(entry.form.speakers)


def _people(rows: Iterable[Any]) -> tuple[PastedPerson, ...]:
    return tuple(person for person in (row.form.person() for row in rows) if person is not None)


def pasted_data(draft: Draft, *, text: str, tzid: str, level: Level) -> dict[str, Any]:
    """Return what the form shows of a draft: what is sure, and nothing else.

    Args:
        draft: as found.
        text: as pasted.
        tzid: the series' zone, where the text names none.
        level: the series': a text never makes its session looser.
    """
    found_level = Level(draft.level.value) if draft.level and draft.level.is_sure else level
    return {
        "text": text,
        "number": int(draft.number.value) if draft.number and draft.number.is_sure else None,
        **{name: sure_texts(getattr(draft, name)) for name in ("label", "short_title", "title", "abstract")},
        "objectives": tuple(sure_texts(one) for one in draft.objectives),
        "starts_wall": _wall(draft.date, draft.starts),
        "ends_wall": _wall(draft.date, draft.ends),
        "tzid": tzid if draft.zone is None else draft.zone.value if draft.zone.is_sure else "",
        "floor_languages": (draft.floor_language.value,)
        if draft.floor_language and draft.floor_language.is_sure
        else (),
        "level": found_level.value if found_level > level else INHERIT,
        "moderators": [_person_data(one) for one in draft.moderators[:MAXIMUM_PEOPLE]] or [{}],
        "sections": _sections_data(draft),
        "committee": [_person_data(one) | {"is_taken": one.name.is_sure} for one in draft.committee[:MAXIMUM_PEOPLE]],
        "partners": partner_data(
            PartnerValues(name=Localized.neutral(one.name.value), role=Localized({one.language: one.role.value}))
            for one in draft.partners[:MAXIMUM_PEOPLE]
        ),
    }


def _sections_data(draft: Draft) -> list[dict[str, Any]]:
    """Return what the rows show; of a text that is no programme, not more than a programme has."""
    found: list[dict[str, Any]] = []
    left = MAXIMUM_ITEMS
    for section in draft.sections[:MAXIMUM_SECTIONS]:
        items = section.items[:left]
        left -= len(items)
        rows = [
            {
                "kind": item.kind,
                "title": sure_texts(item.title),
                "starts": item.starts,
                "speakers": [_person_data(one) for one in item.speakers[:MAXIMUM_PEOPLE]] or [{}],
            }
            for item in items
        ]
        found.append({"title": sure_texts(section.title), "items": rows})
    return found


def sure_texts(texts: Mapping[str, Found]) -> Localized:
    """Return the languages of a text that are sure."""
    return Localized({language: found.value for language, found in texts.items() if language and found.is_sure})


def _person_data(person: FoundPerson) -> dict[str, Any]:
    found = {"name": person.name, "affiliation": person.affiliation}
    return {name: one.value for name, one in found.items() if one is not None and one.is_sure}


def _wall(day: Found | None, clock: Found | None) -> datetime | None:
    if day is None or clock is None or not (day.is_sure and clock.is_sure):
        return None
    return datetime.fromisoformat(f"{day.value}T{clock.value}")
