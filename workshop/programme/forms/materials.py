"""Forms for slides and for recordings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, ValidationError

from workshop.core.fields import LinkField
from workshop.core.language import NAMES
from workshop.core.uploads import MEDIA_TYPES

_SPOKEN = ("fr", "en", "ar", "de", "es", "it", "nl", "pt", "ru", "uk")


def _language_choices(codes: Sequence[str]) -> list[SelectChoice]:
    known = dict.fromkeys((*codes, *_SPOKEN))
    return [SelectChoice(value="", label=_("not said")), *(SelectChoice(code, NAMES.get(code, code)) for code in known)]


class ChosenField(SelectField):
    """One of several, with a sentence of our own where it is none of them."""

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (the signature is WTForms')
        """Refuse what is no choice."""
        if self.data not in {str(choice.value) for choice in self.choices}:
            raise ValidationError(_("Please choose one of these."))


class SlidesForm(FlaskForm):
    """A file for somebody's part in a session."""

    part = ChosenField(_("Whose slides"), validate_choice=False)
    file = FileField(
        _("File"),
        description=_(
            "PDF, PNG or JPEG, up to 20 MB. It is made anew: metadata, comments, links, attachments and scripts do not "
            "come along. What can be read on the slides stays, names included."
        ),
        render_kw={"accept": ",".join((*MEDIA_TYPES, *MEDIA_TYPES.values()))},
    )
    language = ChosenField(_("Language of the slides"), validate_choice=False, default="")

    def __init__(self, *args: Any, parts: Iterable[tuple[str, str]], codes: Sequence[str], **kwargs: Any) -> None:
        """As Flask-WTF; `parts` are keys and words of the parts, `codes` the languages offered first."""
        super().__init__(*args, **kwargs)
        self.part.choices = [SelectChoice(value=key, label=words) for key, words in parts]
        self.language.choices = _language_choices(codes)

    @property
    def content(self) -> bytes:
        """The file as it came; empty for none."""
        content: bytes = self.file.data.read() if self.file.data else b""
        return content


class RecordingForm(FlaskForm):
    """Where a recording can be seen."""

    item = ChosenField(_("What was recorded"), validate_choice=False)
    url = LinkField(_("Its address"), validators=[DataRequired(_("This is needed."))], render_kw={"type": "url"})
    spoken = ChosenField(_("Language spoken in it"), validate_choice=False, default="")

    def __init__(self, *args: Any, items: Iterable[tuple[str, str]], codes: Sequence[str], **kwargs: Any) -> None:
        """As Flask-WTF; `items` are keys and words of the items, the empty key for the whole session."""
        super().__init__(*args, **kwargs)
        self.item.choices = [SelectChoice(value=key, label=words) for key, words in items]
        self.spoken.choices = _language_choices(codes)
