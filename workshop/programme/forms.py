"""Forms for series and sessions, in all languages side by side: every field that the series file can say of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, Form, FormField, IntegerField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from workshop.chatham.notices import explanation, label
from workshop.chatham.rule import Level, Visibility
from workshop.core.fields import (
    AddressField,
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
from workshop.core.language import languages
from workshop.people.values import PartnerValues
from workshop.programme.models import DEFAULT_REMINDERS, Format, Mode, SessionStatus
from workshop.programme.service.values import InterpretationValues, SeriesValues, SessionValues

NO_REMINDERS = "0"
INHERIT = "series"
INTERPRETATION_ROWS = 3
MAXIMUM_ROWS = 12
MAXIMUM_PARTNERS = 50

FORMATS = {
    Format.WORKSHOP: _("Workshop"),
    Format.OPEN_DEBATE: _("Open debate"),
    Format.WORKING_GROUP: _("Working group"),
    Format.EXPERT_GROUP: _("Expert group"),
    Format.TRAINING: _("Training"),
    Format.SEMINAR: _("Seminar"),
    Format.NETWORK: _("Network"),
    Format.WEBINAR: _("Webinar"),
    Format.EXHIBITION: _("Exhibition"),
    Format.OTHER: _("Other"),
}
MODES = {Mode.ONLINE: _("Online"), Mode.ON_SITE: _("On site"), Mode.HYBRID: _("On site and online")}
STATUSES = {
    SessionStatus.CONFIRMED: _("Confirmed"),
    SessionStatus.TENTATIVE: _("Planned, date not yet certain"),
}
"""Those that a form offers; cancelling is an act of its own."""
VISIBILITIES = {
    Visibility.PUBLIC: _("Public: listed, in calendars, found by search engines"),
    Visibility.UNLISTED: _("Unlisted: for whoever has the address"),
    Visibility.INVITE_ONLY: _("By invitation only: for everybody else it does not exist"),
}
_FOLDS = (("", _("— please choose —")), ("0", _("The first, before clocks go back")), ("1", _("The second, after")))


def options(words: dict[Any, Any]) -> list[SelectChoice]:
    """Return choices of an enumeration with their words."""
    return [SelectChoice(value=member.value, label=word) for member, word in words.items()]


def level_options() -> list[SelectChoice]:
    """Return the four levels, each explained in a line in the page's language."""
    language = str(get_locale().language)
    return [
        SelectChoice(
            value=level.value,
            label=f"{label(level).pick(language).value} – {explanation(level).summary.pick(language).value}",
        )
        for level in Level
    ]


class ChoiceField(RadioField):
    """One of several, nothing chosen beforehand: leaving it is refused with a sentence."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As WTForms."""
        super().__init__(*args, validate_choice=False, **kwargs)
        self.flags.required = True

    def post_validate(self, form: Any, validation_stopped: bool) -> None:  # noqa: ARG002, FBT001 (the signature is WTForms')
        """Refuse what is no choice."""
        if self.data not in {str(choice.value) for choice in self.choices}:
            raise ValidationError(_("Please choose one of these."))


class FoldField(SelectField):
    """Which of two equal wall times is meant when clocks go back; shown only when it is asked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the first and the second."""
        choices = [SelectChoice(value=value, label=word) for value, word in _FOLDS]
        super().__init__(*args, choices=choices, default="", **kwargs)

    @property
    def fold(self) -> int | None:
        """0, 1 or None."""
        return int(self.data) if self.data else None


class RemindersField(LinesField):
    """Offsets such as -7d, -1h, separated by spaces or commas."""

    separator = CodesField.separator
    joiner = ", "
    widget = CodesField.widget


class PartnerForm(Form):
    """One row: an organisation, its part, its address on the web."""

    name = LocalizedField(_("Name"))
    role = LocalizedField(_("Role"))
    url = LinkField(_("Web address"), render_kw={"type": "url"})


def partner_rows() -> FieldList:
    """Return the field of partners, with a row to write in."""
    return FieldList(FormField(PartnerForm), _("Partners"), min_entries=1, max_entries=MAXIMUM_PARTNERS)


def _partner_values(field: FieldList) -> tuple[PartnerValues, ...] | None:
    """Return what the rows say; None, which leaves the partners as they are, when no row was sent."""
    if not any(entry.form.url.raw_data for entry in field):
        return None
    return tuple(
        PartnerValues(name=row["name"], role=row["role"], url=row["url"] or "")
        for row in field.data
        if row["name"] or row["role"] or row["url"]
    )


def _partner_data(partners: Iterable[PartnerValues] | None) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [{"name": one.name, "role": one.role, "url": one.url} for one in partners or ()]
    return rows + [{}] * (len(rows) < MAXIMUM_PARTNERS)


class SeriesForm(FlaskForm):
    """A series."""

    partners = partner_rows()
    title = LocalizedField(_("Title"), validators=[LocalizedRequired()])
    subtitle = LocalizedField(_("Subtitle"))
    kind = LocalizedField(_("Kind"), description=_("Such as “An online workshop series”."))
    description = LocalizedTextField(_("Description"), description=_("Markdown: **bold**, *italic*, lists, links."))
    slug = LineField(
        _("Address"),
        validators=[InputRequired(_("Please choose an address."))],
        description=_("Small letters a–z, digits and hyphens. If you change it, the old address leads to the new one."),
    )
    languages = CodesField(
        _("Languages"),
        validators=[InputRequired(_("Please name at least one language."))],
        description=_("Codes separated by commas, such as fr, en."),
        default=languages,
    )
    tzid = ZoneField(_("Time zone"), render_kw={"autocomplete": "off"})
    level = ChoiceField(_("Level of the Chatham House Rule"), choices=level_options)
    visibility = ChoiceField(_("Who may know of it"), choices=lambda: options(VISIBILITIES))
    contact = AddressField(_("Contact address"), description=_("Replies to the series’ e-mails go there."))
    sender_name = LocalizedField(
        _("Name of the sender"), description=_("What the series’ e-mails show as their sender."), max_length=200
    )
    controller = LocalizedField(
        _("Who answers for the personal data"),
        description=_("The institution that the privacy page names."),
        max_length=1000,
    )
    retention_days = IntegerField(
        _("Days after the last session until identities are erased"),
        validators=[
            InputRequired(_("Please write a number from 1 to 90.")),
            NumberRange(1, 90, _("Please write a number from 1 to 90.")),
        ],
        default=30,
    )
    without_address = BooleanField(_("An answer with a name or alias alone is enough, without an e-mail address"))
    links = LinesField(_("Links"), check=check_link, description=_("One address per line."))
    colour = LineField(_("Colour"), description=_("Such as #0b5d5b; empty for the usual one."))
    reminders = RemindersField(
        _("Reminders"),
        default=DEFAULT_REMINDERS,
        description=_("Before the start (−) or after the end (+), in days or hours: -7d, -1d, -1h. Empty for none."),
    )

    def values(self) -> SeriesValues:
        """Return what was entered; the committee is left as it is."""
        return SeriesValues(
            slug=self.slug.data,
            title=self.title.data,
            subtitle=self.subtitle.data,
            kind=self.kind.data,
            description=self.description.data,
            languages=self.languages.data,
            tzid=self.tzid.data,
            level=Level(self.level.data),
            visibility=Visibility(self.visibility.data),
            contact=self.contact.data or "",
            sender_name=self.sender_name.data,
            controller=self.controller.data,
            retention_days=self.retention_days.data,
            without_address=self.without_address.data,
            links=self.links.data,
            colour=self.colour.data or "",
            partners=_partner_values(self.partners),
            reminders=self.reminders.data,
        )


class InterpretationForm(Form):
    """One row: from a language into another, with what it covers."""

    source = LineField(_("From"), render_kw={"size": 3, "maxlength": 3, "autocapitalize": "none"})
    target = LineField(_("Into"), render_kw={"size": 3, "maxlength": 3, "autocapitalize": "none"})
    scope = LocalizedField(_("What it covers"))


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
        description=_("If the place or the mode (on site, online) changes, participants are told by e-mail."),
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
    rsvp_opens_wall = WallTimeField(_("Answers open"), description=_("Empty: as soon as the session is published."))
    rsvp_opens_fold = FoldField(_("Which of the two?"))
    rsvp_closes_wall = WallTimeField(_("Answers close"), description=_("Empty: at the start."))
    rsvp_closes_fold = FoldField(_("Which of the two?"))
    reminders = RemindersField(
        _("Reminders"), description=_("Such as -7d, -1d, -1h. Empty: as the series. 0: none for this session.")
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
            "partners": _partner_values(self.partners),
            "rsvp_opens_wall": self.rsvp_opens_wall.data,
            "rsvp_opens_fold": self.rsvp_opens_fold.fold,
            "rsvp_closes_wall": self.rsvp_closes_wall.data,
            "rsvp_closes_fold": self.rsvp_closes_fold.fold,
            "reminders": () if self.reminders.data == (NO_REMINDERS,) else (self.reminders.data or None),
        }


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
    data["partners"] = _partner_data(values.partners)
    data["reminders"] = (NO_REMINDERS,) if values.reminders == () else values.reminders
    data["interpretation"] = [
        {"source": row.source, "target": row.target, "scope": row.scope} for row in values.interpretation
    ]
    if INTERPRETATION_ROWS <= len(values.interpretation) < MAXIMUM_ROWS:
        data["interpretation"].append({})  # one to write in
    return data


def series_data(values: SeriesValues) -> dict[str, Any]:
    """Return what a form for these values shows."""
    data = {name: getattr(values, name) for name in SeriesValues.__dataclass_fields__}
    return data | {
        "level": values.level.value,
        "visibility": values.visibility.value,
        "partners": _partner_data(values.partners),
    }


_SENTENCES: dict[str, Any] = {
    "required": _("This is needed."),
    "too_long": _("This is too long."),
    "too_many": _("These are too many."),
    "unknown_zone": _("Please choose a time zone such as Europe/Paris."),
    "unknown_language": _("This instance does not have that language."),
    "not_language": _("Please write language codes of two or three letters, such as fr, en."),
    "named_twice": _("Something is named twice."),
    "same_language": _("Interpretation leads from one language into another."),
    "not_slug": _("Please use small letters a–z, digits and hyphens only."),
    "reserved_slug": _("This address is reserved. Please choose another."),
    "slug_taken": _("This address is taken. Please choose another."),
    "not_web_address": _("Please write a whole address that begins with https://."),
    "not_email": _("Please write an e-mail address such as name@example.org."),
    "not_colour": _("Please write a colour such as #0b5d5b."),
    "not_offset": _("Please write offsets such as -7d, -1d, -1h."),
    "out_of_range": _("This number is too small or too large."),
    "year_out_of_range": _("This year cannot be right."),
    "time_in_gap": _("This time does not exist on that day: clocks go forward over it. Please choose another."),
    "time_in_fold": _("This time occurs twice on that day: clocks go back. Please say which of the two is meant."),
    "ends_before_start": _("The end must be after the start."),
    "closes_before_opening": _("Answers must close after they open."),
    "not_of_series": _("The series does not have that language."),
    "lacks_language": _("The title is missing in a language in which the session is to exist."),
    "closed_item": _("A single item cannot be closed; a whole session can."),
    "item_looser_than_session": _("An item of the programme is looser than the session would be."),
    "closed_but_visible": _("A closed session is by invitation only."),
    "looser_after_answers": _("Somebody has answered under this level: it can become stricter, but no looser."),
    "looser_after_start": _("The session has begun: its level can become stricter, but no looser."),
    "session_has_answers": _("Somebody has answered: a session with answers is cancelled, not hidden."),
}
_FOLD_OF = {
    "starts_wall": "fold",
    "ends_wall": "ends_fold",
    "rsvp_opens_wall": "rsvp_opens_fold",
    "rsvp_closes_wall": "rsvp_closes_fold",
}


def add_faults(form: FlaskForm, faults: Iterable[Any]) -> None:
    """Tie what the services found wrong to the fields of a form; what has no field there stands above it."""
    for fault in faults:
        sentence = _SENTENCES.get(fault.code, _("This cannot be stored as it is."))
        name = fault.field.partition(".")[0]
        if fault.code == "time_in_fold":
            fold = form[_FOLD_OF[name]] if _FOLD_OF.get(name) in form else None
            if fold is not None:
                fold.is_asked = True
        if name in form:
            form[name].errors = [*form[name].errors, sentence]
        else:
            form.form_errors.append(sentence)
