"""The form of a series."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, NumberRange

from workshop.chatham.rule import Level, Visibility
from workshop.core.fields import (
    AddressField,
    CodesField,
    LineField,
    LinesField,
    LocalizedField,
    LocalizedRequired,
    LocalizedTextField,
    ZoneField,
    check_link,
)
from workshop.core.language import languages
from workshop.programme.forms.fields import (
    VISIBILITIES,
    ChoiceField,
    RemindersField,
    level_options,
    options,
    partner_data,
    partner_rows,
    partner_values,
)
from workshop.programme.models import DEFAULT_REMINDERS
from workshop.programme.service.values import SeriesValues

_WAITS, _AT_ONCE = "waits", "at_once"
_TEXTS = ("title", "subtitle", "kind", "description")


class SeriesTextsForm(FlaskForm):
    """What a translator may change of a series: its texts, but not what the Rule says, nor who writes and answers."""

    title = LocalizedField(_("Title"), validators=[LocalizedRequired()])
    subtitle = LocalizedField(_("Subtitle"))
    kind = LocalizedField(_("Kind"), description=_("Such as “An online workshop series”."))
    description = LocalizedTextField(_("Description"), description=_("Markdown: **bold**, *italic*, lists, links."))

    def texts(self) -> dict[str, Any]:
        """Return the texts entered, by name."""
        return {name: self[name].data for name in _TEXTS}


class SeriesForm(SeriesTextsForm):
    """A series."""

    sender_name = LocalizedField(
        _("Name of the sender"), description=_("What the series’ e-mails show as their sender."), max_length=200
    )
    controller = LocalizedField(
        _("Who answers for the personal data"),
        description=_("The institution that the privacy page names."),
        max_length=1000,
    )
    partners = partner_rows()
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
    own_sentence = LocalizedField(
        _("A sentence of your own"),
        description=_(
            "Shown after the notice of the Rule, wherever that is shown, but not in neutral e-mails and calendar "
            "entries. It adds to the notice and cannot change it. Needed in every language of the series before a "
            "session is published. If you change it, whoever answers from then on reads the new one."
        ),
    )
    visibility = ChoiceField(_("Who may know of it"), choices=lambda: options(VISIBILITIES))
    contact = AddressField(_("Contact address"), description=_("Replies to the series’ e-mails go there."))
    retention_days = IntegerField(
        _("Days after the last session until identities are erased"),
        validators=[
            InputRequired(_("Please write a number from 1 to 90.")),
            NumberRange(1, 90, _("Please write a number from 1 to 90.")),
        ],
        default=30,
    )
    without_address = BooleanField(
        _("An answer with a name or alias alone is enough, without an e-mail address"),
        description=_(
            "Whoever leaves no address receives nothing: no reminder, no word of a move or a cancellation. Their "
            "personal page is the only key to their answer, and nobody can send it again. One person can answer "
            "several times."
        ),
    )
    speaker_changes_wait = RadioField(
        _("What those who speak write about themselves"),
        choices=[
            SelectChoice(_WAITS, _("waits until one of the organisers accepts it")),
            SelectChoice(_AT_ONCE, _("counts at once; the organisers are told")),
        ],
        default=_WAITS,
        validate_choice=False,
        description=_(
            "Their name, affiliation and biography, title and abstract of their talk, on their own page. What they "
            "agree to and withdraw counts at once in any case."
        ),
    )
    links = LinesField(_("Links"), check=check_link, description=_("One address per line."))
    colour = LineField(_("Colour"), description=_("Such as #0b5d5b; empty for the usual one."))
    embed_origins = LinesField(
        _("Sites that may show the list of sessions in their pages"),
        description=_(
            "One address per line, such as https://partner.example.org, without the name of a page. Every page of such "
            "a site may then show the list in a frame; no other site can."
        ),
    )
    reminders = RemindersField(
        _("Reminders"),
        default=DEFAULT_REMINDERS,
        description=_("Before the start (−) or after the end (+), in days or hours: -7d, -1d, -1h. Empty for none."),
    )

    def values(self) -> SeriesValues:
        """Return what was entered; the committee is left as it is."""
        return SeriesValues(
            **self.texts(),
            sender_name=self.sender_name.data,
            controller=self.controller.data,
            slug=self.slug.data,
            languages=self.languages.data,
            tzid=self.tzid.data,
            level=Level(self.level.data),
            visibility=Visibility(self.visibility.data),
            contact=self.contact.data or "",
            own_sentence=self.own_sentence.data,
            retention_days=self.retention_days.data,
            without_address=self.without_address.data,
            speaker_changes_wait=self.speaker_changes_wait.data != _AT_ONCE,
            links=self.links.data,
            colour=self.colour.data or "",
            embed_origins=self.embed_origins.data,
            partners=partner_values(self.partners),
            reminders=self.reminders.data,
        )


def series_data(values: SeriesValues) -> dict[str, Any]:
    """Return what a form for these values shows."""
    data = {name: getattr(values, name) for name in SeriesValues.__dataclass_fields__}
    return data | {
        "level": values.level.value,
        "visibility": values.visibility.value,
        "speaker_changes_wait": _WAITS if values.speaker_changes_wait else _AT_ONCE,
        "partners": partner_data(values.partners),
    }
