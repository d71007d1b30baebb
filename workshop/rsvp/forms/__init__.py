"""The answer form, and the forms of the personal page."""

from workshop.rsvp.forms.answering import AnswerForm, asked_from_form, make_answer_form
from workshop.rsvp.forms.own import ChangeForm, LinkForm, NewAddressForm, PreferencesForm

__all__ = [
    "AnswerForm",
    "ChangeForm",
    "LinkForm",
    "NewAddressForm",
    "PreferencesForm",
    "asked_from_form",
    "make_answer_form",
]
