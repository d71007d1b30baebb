"""The forms that make sessions: from a rule, after another session, and a series after another one."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    FieldList,
    Form,
    FormField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from workshop.core.faults import Fault
from workshop.core.fields import (
    LineField,
    LinesField,
    LocalizedField,
    LocalizedRequired,
    WallTimeField,
    ZoneField,
)
from workshop.core.localized import Localized
from workshop.programme.forms.faults import sentence_of
from workshop.programme.forms.fields import FoldField, options
from workshop.programme.forms.sessions import TimesForm
from workshop.programme.schedule import MAXIMUM_PLANNED, LeftOut, Rhythm, Rule, left_out_of, slot_on, slots_of
from workshop.programme.service.copying import USUAL, USUAL_OF_SERIES, Part, When

NUMBER = "{number}"
"""Stands for a session's number in the title of all."""
NOTHING = ""
_FIELD_OF = {
    "starts_wall": "starts_wall",
    "ends_wall": "ends_wall",
    "title": "title",
    "slug": "number",
    "number": "number",
}
"""Field of a session → field of a row."""
_YEARS = range(1990, 2200)
_DAY = re.compile(r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})|(?P<d2>\d{1,2})[/.](?P<m2>\d{1,2})[/.](?P<y2>\d{4})")
_RULE = ("first", "starts", "ends", "rhythm", "every", "weekdays", "until", "count", "excluded")
"""Fields that say the rule of dates."""
RHYTHMS = {
    Rhythm.WEEKS: _("weeks, on the days chosen below"),
    Rhythm.MONTHS_WEEKDAY: _("months, on the same weekday as the first, such as the second Monday"),
    Rhythm.MONTHS_LAST: _("months, on the last such weekday of the month"),
    Rhythm.MONTHS_DAY: _("months, on the same day of the month"),
}
WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))
PARTS = {
    Part.TEXTS: _("Texts"),
    Part.PROGRAMME: _("Programme: sections, talks, breaks"),
    Part.PEOPLE: _("People: who speaks and moderates; what they agreed to stays behind"),
    Part.SETTINGS: _("Settings: places, waiting list, languages, reminders, when answers open and close"),
    Part.QUESTIONS: _("Questions to those who answer"),
    Part.PARTNERS: _("Partners"),
    Part.ROOM: _("Address of the online room: those who know it from the other session could enter"),
}
PARTS_OF_SERIES = PARTS | {
    Part.GLOSSARY: _("Glossary: the terms of this series"),
    Part.MAIL: _("Your own wording of mails; read it again where it names dates or this series"),
    Part.PORTRAITS: _("Pictures of the people who come along; they gave them for this series, so ask them first"),
}


class SeveralField(SelectMultipleField):
    """Several of some, each with its box."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


def read_day(text: str) -> str:
    """Return a day as YYYY-MM-DD; raises ValueError with a sentence."""
    found = _DAY.fullmatch(text.strip())
    try:
        parts = found.groupdict() if found else {}
        day = date(*(int(parts[name] or parts[f"{name}2"]) for name in "ymd"))
    except (KeyError, ValueError):
        raise ValueError(_("Please write days such as 2026-12-21, one per line.")) from None
    return day.isoformat()


class RowForm(Form):
    """One session that a plan would make."""

    use = BooleanField(_("Create"))
    number = IntegerField(_("Number"), validators=[Optional(), NumberRange(0, 9999)])
    starts_wall = WallTimeField(_("Start"))
    fold = FoldField(_("Which of the two?"))
    ends_wall = WallTimeField(_("End"))
    ends_fold = FoldField(_("Which of the two?"))
    title = LocalizedField(_("Title"))

    @property
    def is_used(self) -> bool:
        """Whether it would be made."""
        return bool(self.use.data)

    @property
    def is_whole(self) -> bool:
        """Whether both times were given and can be read."""
        times = (self.starts_wall, self.ends_wall)
        return not any(field.errors for field in times) and None not in (self.starts_wall.data, self.ends_wall.data)

    def when(self, tzid: str) -> When:
        """Return its time, where it is whole."""
        assert self.starts_wall.data is not None
        assert self.ends_wall.data is not None
        return When(
            starts_wall=self.starts_wall.data,
            ends_wall=self.ends_wall.data,
            tzid=tzid,
            fold=self.fold.fold,
            ends_fold=self.ends_fold.fold,
        )


class PlanForm(FlaskForm):
    """A rule, and the list of sessions made from it, which can be edited before anything is created."""

    first = DateField(_("First day"), validators=[InputRequired(_("Please give the first day."))])
    every = IntegerField(
        _("Every"), default=1, validators=[InputRequired(_("Please write a number from 1 to 12.")), NumberRange(1, 12)]
    )
    rhythm = SelectField(_("Weeks or months"), choices=lambda: options(RHYTHMS), default=Rhythm.WEEKS.value)
    weekdays = SeveralField(
        _("On"),
        description=_("None chosen: the weekday of the first day."),
        choices=lambda: [SelectChoice(value=str(day), label=name) for day, name in enumerate(WEEKDAYS)],
    )
    starts = TimeField(_("Starts at"), validators=[InputRequired(_("Please give the start."))])
    ends = TimeField(
        _("Ends at"),
        description=_("Before the start: on the next day."),
        validators=[InputRequired(_("Please give the end."))],
    )
    tzid = ZoneField(_("Time zone"), render_kw={"autocomplete": "off"})
    until = DateField(_("Last day"), validators=[Optional()])
    count = IntegerField(_("Or how many"), validators=[Optional(), NumberRange(1, MAXIMUM_PLANNED)])
    excluded = LinesField(
        _("But not on"), check=read_day, max_items=200, description=_("One day per line, such as 2026-12-21.")
    )
    without_holidays = BooleanField(_("Leave out the public holidays of France"), default=True)
    from_number = IntegerField(_("Number of the first"), validators=[Optional(), NumberRange(0, 9999)])
    title = LocalizedField(
        _("Title of each session"),
        description=_("“{number}” stands for the number of each."),
        max_length=300,
        validators=[LocalizedRequired()],
    )
    like = SelectField(
        _("Settings as in"),
        description=_("Places, waiting list, languages, reminders, when answers open and close, level and visibility."),
        default=NOTHING,
    )
    rows = FieldList(FormField(RowForm), _("Sessions"), max_entries=MAXIMUM_PLANNED)

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for an end, too: a field that may be empty has no validators of its own."""
        is_valid = bool(super().validate(extra_validators))
        said = None
        if not (self.until.data or self.count.data or self.until.errors or self.count.errors):
            said = _("Please say until when, or how many.")
        elif self.until.data and self.first.data and self.until.data < self.first.data:
            said = _("The last day is before the first.")
        if said is None:
            return is_valid
        self.until.errors = [*self.until.errors, said]
        return False

    def validate_first(self, field: Field) -> None:
        """Refuse a year that cannot be right."""
        if field.data and field.data.year not in _YEARS:
            raise ValidationError(_("This year cannot be right."))

    def rule(self) -> Rule:
        """Return what was said of the dates, once the form is valid."""
        return Rule(
            first=self.first.data,
            starts=self.starts.data,
            ends=self.ends.data,
            rhythm=Rhythm(self.rhythm.data),
            every=self.every.data,
            weekdays=tuple(int(day) for day in self.weekdays.data or ()),
            until=self.until.data,
            count=self.count.data,
            excluded=frozenset(date.fromisoformat(day) for day in self.excluded.data),
            without_holidays=self.without_holidays.data,
        )

    def fill(self, taken: Iterable[int]) -> None:
        """Put the list that follows from the rule into the rows; numbers that the series has are left out."""
        del self.rows.entries[:]
        self.rows.last_index = -1
        slots = slots_of(self.rule())
        for number, slot in zip(self._numbers(len(slots), taken), slots, strict=True):
            self.add_row(number, slot.starts_wall, slot.ends_wall)

    def left_out(self) -> list[LeftOut]:
        """Return the days that the rule leaves out and no row has; none where the rule cannot be read."""
        if any(self[name].errors for name in _RULE):
            return []
        days = {row.form.starts_wall.data.date() for row in self.rows if row.form.starts_wall.data}
        return [one for one in left_out_of(self.rule()) if one.day not in days]

    def take_in(self, days: Iterable[date], taken: Iterable[int]) -> None:
        """Put sessions on these days among the rows, as far as there is room, and number all of them anew.

        Where somebody has numbered them otherwise their numbers stay, and the new ones have none.

        Args:
            days: left out by the rule.
            taken: numbers that the series has.
        """
        rows: list[dict[str, Any]] = [dict(entry.data) for entry in self.rows]
        was = [row["number"] for row in rows]
        is_as_made = was == self._numbers(len(rows), taken)
        for day in list(days)[: MAXIMUM_PLANNED - len(rows)]:
            slot = slot_on(day, self.starts.data, self.ends.data)
            times = {"starts_wall": slot.starts_wall, "ends_wall": slot.ends_wall}
            rows.append({**times, "use": True, "number": None, "title": numbered(self.title.data, None)})
        rows.sort(key=lambda row: row["starts_wall"] or datetime.max)  # noqa: DTZ901 (a wall time)
        if is_as_made:
            for row, number in zip(rows, self._numbers(len(rows), taken), strict=True):
                if row["title"] == numbered(self.title.data, row["number"]):
                    row["title"] = numbered(self.title.data, number)
                row["number"] = number
        del self.rows.entries[:]
        self.rows.last_index = -1
        for row in rows:
            self.rows.append_entry(row)

    def _numbers(self, count: int, taken: Iterable[int]) -> list[int | None]:
        """Return this many numbers from the first on, without those that the series has; Nones without a first."""
        if self.from_number.data is None:
            return [None] * count
        known = set(taken)
        free = (number for number in itertools.count(self.from_number.data) if number not in known)
        return list(itertools.islice(free, count))

    def add_row(self, number: int | None, starts: datetime | None, ends: datetime | None) -> None:
        """Put one more session into the list."""
        self.rows.append_entry(
            {
                "use": True,
                "number": number,
                "starts_wall": starts,
                "ends_wall": ends,
                "title": numbered(self.title.data, number),
            }
        )

    def add_row_faults(self, row: RowForm, faults: Sequence[Fault]) -> None:
        """Tie what the services found wrong to the fields of a row; what has none there stands at its start."""
        for fault in faults:
            said = sentence_of(fault)
            name = _FIELD_OF.get(fault.field.partition(".")[0], "starts_wall")
            if fault.code == "time_in_fold":
                row["fold" if name == "starts_wall" else "ends_fold"].is_asked = True
            row[name].errors = [*row[name].errors, said]
        # The summary above the form reads them from here.
        self.rows.errors = [entry.errors for entry in self.rows]


def numbered(title: Localized, number: int | None) -> Localized:
    """Return the title of all as that of one."""
    said = "" if number is None else str(number)
    if title.is_neutral:
        text = str(title.to_json())
        return Localized.neutral(text.replace(NUMBER, said).strip())
    return Localized({language: text.replace(NUMBER, said).strip() for language, text in title.items()})


class _PartsForm:
    """What comes along."""

    parts = SeveralField(
        _("What comes along"),
        description=_("Never: answers, invitations, consents, slides, recordings, summaries."),
        choices=lambda: options(PARTS),
        default=[part.value for part in USUAL],
    )

    def chosen(self) -> frozenset[Part]:
        """Return what was chosen."""
        return frozenset(Part(value) for value in self.parts.data or ())


class DuplicateForm(_PartsForm, TimesForm):
    """A session after another one."""

    number = IntegerField(_("Number"), validators=[Optional(), NumberRange(0, 9999)])
    slug = LineField(_("Address"), description=_("Small letters a–z, digits and hyphens. Empty: the number."))

    def when(self) -> When:
        """Return its time."""
        return When(**self.times())


class DuplicateSeriesForm(_PartsForm, FlaskForm):
    """A series after another one."""

    parts = SeveralField(
        _("What comes along"),
        description=_(
            "Never: answers, invitations, links, what people confirmed or agreed to, slides, recordings, summaries."
        ),
        choices=lambda: options(PARTS_OF_SERIES),
        default=[part.value for part in USUAL_OF_SERIES],
    )
    title = LocalizedField(_("Title"), validators=[LocalizedRequired()])
    slug = LineField(
        _("Address"),
        validators=[InputRequired(_("Please choose an address."))],
        description=_("Small letters a–z, digits and hyphens."),
    )
    with_sessions = BooleanField(_("Copy its sessions too, as drafts; cancelled ones are left out"), default=True)
    first_on = DateField(
        _("First session on"),
        validators=[Optional()],
        description=_("The others follow at the same distances. The same weekday, a year later, is proposed."),
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for the day of the first session, too, where sessions come along."""
        is_valid = bool(super().validate(extra_validators))
        day, said = self.first_on.data, None
        if self.with_sessions.data and day is None and not self.first_on.errors:
            said = _("Please give the day of the first session.")
        elif day is not None and day.year not in _YEARS:
            said = _("This year cannot be right.")
        if said is None:
            return is_valid
        self.first_on.errors = [*self.first_on.errors, said]
        return False
