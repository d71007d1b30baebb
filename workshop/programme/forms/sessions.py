"""The forms of a session, and of its times."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, Form, FormField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional

from workshop.chatham.rule import Level, Visibility
from workshop.core.fields import (
    CodesField,
    LineField,
    LinesField,
    LinkField,
    LocalizedField,
    LocalizedLinesField,
    LocalizedRequired,
    LocalizedTextField,
    WallTimeField,
    ZoneField,
    check_link,
)
from workshop.programme.forms.fields import (
    MODES,
    STATUSES,
    VISIBILITIES,
    ChoiceField,
    FoldField,
    RemindersField,
    level_options,
    options,
    partner_data,
    partner_rows,
    partner_values,
)
from workshop.programme.models import Format, Mode, SessionStatus
from workshop.programme.service.checks import MAXIMUM_SHARES
from workshop.programme.service.values import InterpretationValues, SessionValues, ShareValues
from workshop.programme.view.words import FORMATS

NO_REMINDERS = "0"
INHERIT = "series"
INTERPRETATION_ROWS = 3
MAXIMUM_ROWS = 12


class InterpretationForm(Form):
    """One row: from a language into another, with what it covers."""

    source = LineField(_("From"), render_kw={"size": 3, "maxlength": 3, "autocapitalize": "none"})
    target = LineField(_("Into"), render_kw={"size": 3, "maxlength": 3, "autocapitalize": "none"})
    scope = LocalizedField(_("What it covers"))


class ShareForm(Form):
    """One row: for whom, and how many of all places in percent."""

    name = LocalizedField(_("For whom"), max_length=200)
    percent = IntegerField(_("Per cent of the places"), validators=[Optional()])


class SessionContentForm(FlaskForm):
    """What a helper may change of a session: its texts."""

    label = LocalizedField(
        _("Label"), description=_("Stands for the title where it may not be shown: “Workshop 4”."), max_length=100
    )
    title = LocalizedField(_("Title"), validators=[LocalizedRequired()])
    short_title = LocalizedField(_("Short title"), max_length=200)
    public_title = LocalizedField(
        _("Public title"), description=_("What the public reads instead of the title under the stricter levels.")
    )
    abstract = LocalizedTextField(_("Abstract"), description=_("Markdown: **bold**, *italic*, lists, links."))
    objectives = LocalizedLinesField(
        _("Objectives"), description=_("One per line; the same line in each language is the same objective.")
    )
    format = SelectField(_("Format"), choices=lambda: options(FORMATS), default=Format.WORKSHOP.value)
    links = LinesField(_("Links"), check=check_link, description=_("One address per line."))

    def content(self) -> dict[str, Any]:
        """Return the values entered, by name."""
        names = ("label", "title", "short_title", "public_title", "abstract", "objectives", "links")
        return {name: self[name].data for name in names} | {"format": Format(self.format.data)}


class SessionForm(SessionContentForm):
    """A session without its times, which move by an act of their own."""

    partners = partner_rows()
    slug = LineField(_("Address"), description=_("Small letters a–z, digits and hyphens. Empty: the number."))
    number = IntegerField(_("Number"), validators=[Optional(), NumberRange(0, 9999)])
    mode = SelectField(_("Where"), choices=lambda: options(MODES), default=Mode.ONLINE.value)
    place = LocalizedField(
        _("Place"),
        description=_(
            "After a change of place, mode or languages, you choose when those concerned are told by e-mail."
        ),
    )
    room_link = LinkField(
        _("Address of the online room"),
        description=_("Private: participants get there only through their own link, near the start."),
        render_kw={"autocomplete": "off", "type": "url"},
    )
    floor_languages = CodesField(
        _("Floor languages"),
        validators=[InputRequired(_("Please name at least one language."))],
        description=_("Languages in which one speaks: codes separated by commas, such as fr, en."),
    )
    interpretation = FieldList(
        FormField(InterpretationForm), _("Interpretation"), min_entries=INTERPRETATION_ROWS, max_entries=MAXIMUM_ROWS
    )
    monolingual = LineField(
        _("Exists in one language only"), description=_("Its code, such as fr; empty when it exists in all.")
    )
    level = ChoiceField(
        _("Level of the Chatham House Rule"),
        choices=lambda: [SelectChoice(value=INHERIT, label=_("As the series")), *level_options()],
    )
    visibility = SelectField(
        _("Who may know of it"),
        choices=lambda: [SelectChoice(value=INHERIT, label=_("As the series")), *options(VISIBILITIES)],
        default=INHERIT,
    )
    capacity = IntegerField(_("Places"), validators=[Optional()], description=_("Empty: no limit."))
    has_waiting_list = BooleanField(
        _("Whoever finds the session full may wait for a place"),
        default=True,
        description=_(
            "Nobody is put on the waiting list unasked. A place that becomes free is offered to whoever has waited "
            "longest, for a day at most; then to the next. In the last hour it goes to whoever comes first."
        ),
    )
    needs_approval = BooleanField(
        _("Answers wait for your approval"),
        description=_(
            "Nobody has a place until you have accepted them, put them on the waiting list or declined with a few "
            "words. The page of the session says so."
        ),
    )
    shares = FieldList(FormField(ShareForm), _("Places kept for some"), min_entries=1, max_entries=MAXIMUM_SHARES)
    rsvp_opens_wall = WallTimeField(_("Answers open"), description=_("Empty: as soon as the session is published."))
    rsvp_opens_fold = FoldField(_("Which of the two?"))
    rsvp_closes_wall = WallTimeField(_("Answers close"), description=_("Empty: at the start."))
    rsvp_closes_fold = FoldField(_("Which of the two?"))
    reminders = RemindersField(
        _("Reminders"),
        description=_(
            "Before the start (−) or after the end (+), such as -7d, -1h, +2h. Empty: as the series. 0: none for this "
            "session."
        ),
    )

    def settings(self) -> dict[str, Any]:
        """Return what stands beside the texts, by name."""
        return {
            "slug": self.slug.data,
            "number": self.number.data,
            "mode": Mode(self.mode.data),
            "place": self.place.data,
            "room_link": self.room_link.data or "",
            "floor_languages": self.floor_languages.data,
            "interpretation": tuple(
                InterpretationValues(source=row["source"].lower(), target=row["target"].lower(), scope=row["scope"])
                for row in self.interpretation.data
                if row["source"] or row["target"] or row["scope"]
            ),
            "monolingual": (self.monolingual.data or "").lower(),
            "level": None if self.level.data == INHERIT else Level(self.level.data),
            "visibility": None if self.visibility.data == INHERIT else Visibility(self.visibility.data),
            "capacity": self.capacity.data,
            "has_waiting_list": self.has_waiting_list.data,
            "needs_approval": self.needs_approval.data,
            **self._shares(),
            "partners": partner_values(self.partners),
            "rsvp_opens_wall": self.rsvp_opens_wall.data,
            "rsvp_opens_fold": self.rsvp_opens_fold.fold,
            "rsvp_closes_wall": self.rsvp_closes_wall.data,
            "rsvp_closes_fold": self.rsvp_closes_fold.fold,
            "reminders": () if self.reminders.data == (NO_REMINDERS,) else (self.reminders.data or None),
        }

    def _shares(self) -> dict[str, tuple[ShareValues, ...]]:
        """Return what the rows say; nothing, which leaves the shares as they are, when no row was sent."""
        if not any(entry.form.percent.raw_data for entry in self.shares):
            return {}
        rows = [row for row in self.shares.data if row["name"] or row["percent"] is not None]
        # Without a number it is none, which is out of range.
        return {"shares": tuple(ShareValues(name=row["name"], percent=row["percent"] or 0) for row in rows)}


class TimesForm(FlaskForm):
    """When a session is: for moving it."""

    starts_wall = WallTimeField(_("Start"), validators=[InputRequired(_("Please give the start."))])
    fold = FoldField(_("Which of the two?"))
    ends_wall = WallTimeField(_("End"), validators=[InputRequired(_("Please give the end."))])
    ends_fold = FoldField(_("Which of the two?"))
    tzid = ZoneField(_("Time zone"), render_kw={"autocomplete": "off"})

    def times(self) -> dict[str, Any]:
        """Return the times entered, by name."""
        return {
            "starts_wall": self.starts_wall.data,
            "fold": self.fold.fold,
            "ends_wall": self.ends_wall.data,
            "ends_fold": self.ends_fold.fold,
            "tzid": self.tzid.data,
        }


class EditSessionForm(SessionForm):
    """A session that exists; cancelling it is an act of its own."""

    status = SelectField(_("Status"), choices=lambda: options(STATUSES), default=SessionStatus.CONFIRMED.value)


class NewSessionForm(EditSessionForm, TimesForm):
    """A new session: a draft until it is published."""

    def values(self) -> SessionValues:
        """Return what was entered."""
        return SessionValues(
            **self.content(), **self.settings(), **self.times(), status=SessionStatus(self.status.data)
        )


def session_data(values: SessionValues) -> dict[str, Any]:
    """Return what a form for these values shows."""
    names = SessionValues.__dataclass_fields__
    data = {name: getattr(values, name) for name in names}
    for name in ("fold", "ends_fold", "rsvp_opens_fold", "rsvp_closes_fold"):
        data[name] = "" if data[name] is None else str(data[name])
    for name in ("level", "visibility"):
        data[name] = data[name].value if data[name] else INHERIT
    for name in ("format", "mode", "status"):
        data[name] = data[name].value
    data["partners"] = partner_data(values.partners)
    data["shares"] = [{"name": share.name, "percent": share.percent} for share in values.shares]
    data["shares"] += [{}] * (len(values.shares) < MAXIMUM_SHARES)
    data["reminders"] = (NO_REMINDERS,) if values.reminders == () else values.reminders
    data["interpretation"] = [
        {"source": row.source, "target": row.target, "scope": row.scope} for row in values.interpretation
    ]
    if INTERPRETATION_ROWS <= len(values.interpretation) < MAXIMUM_ROWS:
        data["interpretation"].append({})  # one to write in
    return data
