"""Fields and choices that the forms of series and of sessions share."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from wtforms import FieldList, Form, FormField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import ValidationError

from workshop.chatham.notices import explanation, label
from workshop.chatham.recordings import find_recordings
from workshop.chatham.rule import Level, Visibility
from workshop.core.faults import Fault
from workshop.core.fields import CodesField, LinesField, LinkField, LocalizedField
from workshop.core.localized import Localized
from workshop.people.values import PartnerValues
from workshop.programme.forms.faults import sentence_of
from workshop.programme.models import Mode, SessionStatus

MAXIMUM_PARTNERS = 50

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


def no_recording(form: Any, field: Any) -> None:  # noqa: ARG001 (the signature is WTForms')
    """Refuse what organisers write to people where the address of a recording stands in it."""
    text = field.data.to_json() if isinstance(field.data, Localized) else field.data or ""
    said = [text] if isinstance(text, str) else text.values()
    if any(find_recordings(words) for words in said):
        raise ValidationError(sentence_of(Fault(field.name, "recording_link")))


class FoldField(SelectField):
    """Which of two equal wall times is meant when clocks go back; shown only when it is asked."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the first and the second."""
        choices = [SelectChoice(value=value, label=word) for value, word in _FOLDS]
        super().__init__(*args, choices=choices, default="", **kwargs)

    @property
    def fold(self) -> int | None:
        """0, 1 or None."""
        return int(self.data) if self.data in {"0", "1"} else None  # also of a form that is faulty


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


def partner_values(field: FieldList) -> tuple[PartnerValues, ...] | None:
    """Return what the rows say; None, which leaves the partners as they are, when no row was sent."""
    if not any(entry.form.url.raw_data for entry in field):
        return None
    return tuple(
        PartnerValues(name=row["name"], role=row["role"], url=row["url"] or "")
        for row in field.data
        if row["name"] or row["role"] or row["url"]
    )


def partner_data(partners: Iterable[PartnerValues] | None) -> list[dict[str, Any]]:
    """Return the rows for these partners, and one to write in."""
    rows: list[dict[str, Any]] = [{"name": one.name, "role": one.role, "url": one.url} for one in partners or ()]
    return rows + [{}] * (len(rows) < MAXIMUM_PARTNERS)
