"""What values are called, on pages and in calendars alike; looked up in the language that is spoken when used."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

from workshop.programme.models import Format

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
