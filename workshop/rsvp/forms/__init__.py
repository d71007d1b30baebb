"""The answer form, and the forms of the personal page."""

from workshop.rsvp.forms.answering import AnswerForm, ChangeForm, PreferencesForm

__all__ = ["AnswerForm", "ChangeForm", "PreferencesForm"]
