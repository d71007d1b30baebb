"""Forms about people: what is said of them, a portrait, two entries made one. Speakers' own pages use some of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import DateField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from workshop.core.fields import (
    LineField,
    LinesField,
    LocalizedField,
    LocalizedLinesField,
    LocalizedTextField,
    check_link,
)
from workshop.core.localized import Localized

CORRECTED = "corrected"
CHANGED = "changed"
MAXIMUM_LINKS = 20
_YEARS = range(1990, 2200)


class DayField(DateField):
    """A day, or None."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the day; nothing typed is None."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        try:
            found = date.fromisoformat(valuelist[0].strip())
        except ValueError:
            raise ValueError(_("Please give a day, such as 2026-10-26.")) from None
        if found.year not in _YEARS:
            raise ValueError(_("This year cannot be right."))
        self.data = found


class TextsForm(FlaskForm):
    """What stands beside a name."""

    role = LocalizedField(
        lazy_pgettext("person", "Role"),
        description=_("What they do, such as “sociologist”. It stands beside the name."),
    )
    affiliations = LocalizedLinesField(
        _("Affiliations"),
        max_length=5000,
        description=_(
            "One per line; the lines of the languages belong together. A name that is the same in both stays the same."
        ),
    )
    biography = LocalizedTextField(
        _("Biography"), description=_("A few sentences; **bold**, *italic* and links are possible.")
    )

    def texts(self) -> dict[str, Any]:
        """Return field → value."""
        return {name: self[name].data for name in ("role", "affiliations", "biography")}


class PersonForm(TextsForm):
    """Everything that is said of somebody."""

    name = LineField(_("Name"), validators=[InputRequired(_("Please write a name.")), Length(max=200)])
    when = RadioField(
        _("If role or affiliation are other than before"),
        choices=[
            SelectChoice(CORRECTED, _("What stood there was wrong: correct it in every programme")),
            SelectChoice(CHANGED, _("It has changed: earlier programmes keep what was printed")),
        ],
        default=CORRECTED,
        validate_choice=False,
    )
    since = DayField(
        _("Since which day"), description=_("The first day on which it holds; programmes of earlier days keep the old.")
    )
    links = LinesField(
        _("Links"), check=check_link, max_items=MAXIMUM_LINKS, description=_("Web addresses, one per line.")
    )

    def validate(self, extra_validators: Any = None) -> bool:
        """Ask for the day of a change."""
        is_good = bool(super().validate(extra_validators))
        # A translator's form has no day: they correct.
        if "when" in self and self.when.data == CHANGED and self.since.data is None and not self.since.errors:
            self.since.errors = [_("Please say since which day.")]
            return False
        return is_good

    @property
    def since_day(self) -> date | None:
        """The day of a change; None for a correction."""
        return self.since.data if self.when.data == CHANGED else None


class TalkForm(FlaskForm):
    """Title and abstract of a talk."""

    title = LocalizedField(_("Title of your talk"))
    abstract = LocalizedTextField(_("What it is about"))

    def texts(self) -> dict[str, Localized]:
        """Return field → text."""
        return {"title": self.title.data, "abstract": self.abstract.data}


class PortraitForm(FlaskForm):
    """A picture of somebody."""

    file = FileField(
        _("Picture"),
        description=_("PNG or JPEG, up to 20 MB. It is drawn anew, small, without what cameras write into it."),
        render_kw={"accept": "image/png,image/jpeg"},
    )

    @property
    def content(self) -> bytes:
        """The file as it came; empty for none."""
        content: bytes = self.file.data.read() if self.file.data else b""
        return content


class MergeForm(FlaskForm):
    """Which entry stays."""

    into = SelectField(
        _("The entry that stays"),
        validators=[InputRequired(_("Please choose the entry that stays."))],
        validate_choice=True,
    )

    def __init__(self, *args: Any, others: Iterable[tuple[int, str]], **kwargs: Any) -> None:
        """As Flask-WTF; `others` are numbers and names of the other people."""
        super().__init__(*args, **kwargs)
        self.into.choices = [SelectChoice("", ""), *(SelectChoice(str(key), words) for key, words in others)]
