"""Which reminders, none, and in which language: the form behind a reminder's last link."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flask_babel import lazy_gettext as _
from flask_babel import ngettext
from flask_wtf import FlaskForm
from wtforms import RadioField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.widgets import CheckboxInput, ListWidget

from workshop.core.language import NAMES
from workshop.rsvp.models import Participant


class RulesField(SelectMultipleField):
    """Rules such as `-7d`, a box for each."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class RemindersForm(FlaskForm):
    """A participant's reminders. Made by `make_reminders_form`."""

    rules = RulesField(_("Remind me"))
    language = RadioField(_("Language of the messages"))

    @property
    def declined(self) -> tuple[str, ...]:
        """The rules shown whose boxes are empty."""
        chosen = set(self.rules.data or ()) if "rules" in self else set()
        return tuple(str(choice.value) for choice in self.shown if choice.value not in chosen)

    @property
    def shown(self) -> Sequence[SelectChoice]:
        """The rules that the page offers."""
        return list(self.rules.choices or ()) if "rules" in self else []


def make_reminders_form(
    participant: Participant, rules: Sequence[str], *, codes: Collection[str], is_sent: bool
) -> RemindersForm:
    """Return the form with what is chosen, or with what was sent.

    Args:
        participant: whose choices they are.
        rules: rules that concern them, in order.
        codes: languages to be written to in.
        is_sent: whether the request carries this form.
    """
    declined = participant.declined_reminders
    chosen = [rule for rule in rules if rule not in declined] if participant.wants_reminders else []
    held = {"rules": chosen, "language": participant.language}
    form = RemindersForm() if is_sent else RemindersForm(None, data=held)
    form.rules.choices = [SelectChoice(value=rule, label=rule_name(rule)) for rule in rules]
    form.language.choices = [SelectChoice(value=code, label=NAMES.get(code, code)) for code in codes]
    if not rules:
        del form.rules
    return form


def rule_name(rule: str) -> str:
    """Return how a rule such as `-7d`, `-1h` or `+1d` reads in a list."""
    number, is_days = int(rule[1:-1]), rule.endswith("d")
    if rule.startswith("+"):
        name = (
            ngettext("%(num)d day after a session", "%(num)d days after a session", number)
            if is_days
            else ngettext("%(num)d hour after a session", "%(num)d hours after a session", number)
        )
    elif is_days:
        name = ngettext("%(num)d day before a session", "%(num)d days before a session", number)
    else:
        name = ngettext("%(num)d hour before a session", "%(num)d hours before a session", number)
    return str(name)
