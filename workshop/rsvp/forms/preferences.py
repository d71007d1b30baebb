"""What participants told, on their own page: their choices with a field for each interpretation and each question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import request
from flask_babel import gettext
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from workshop.core.language import language_name
from workshop.programme.models import Question, QuestionKind
from workshop.rsvp.forms.answering import AskedQuestion
from workshop.rsvp.forms.own import PreferencesForm
from workshop.rsvp.forms.questions import make_question_field, option_texts, reply_of
from workshop.rsvp.models import Answer, Participant

INTERPRETATION = "interpretation-"
"""What the name of a session's field begins with; its slug follows."""


class ToldForm(PreferencesForm):
    """A participant's choices. Made by `make_preferences_form`."""

    questions: Sequence[AskedQuestion] = ()
    replied: Mapping[str, Any]
    """Question's key → what is held."""

    @property
    def interpretation_fields(self) -> list[Any]:
        """The fields that ask what is needed, one for each session that is interpreted."""
        return [field for field in self if field.name.startswith(INTERPRETATION)]

    @property
    def interpretation(self) -> dict[str, str]:
        """Session's slug → language, of the fields that were sent."""
        return {
            field.name.removeprefix(INTERPRETATION): field.data or ""
            for field in self.interpretation_fields
            if field.name in request.form
        }

    @property
    def replies(self) -> dict[str, Any]:
        """Question's key → reply, None for one taken back; of the questions whose fields were shown."""
        found = {one.question.key: reply_of(one.question, one.field) for one in self.questions}
        # A box that is not ticked is not sent: the page says which questions it showed.
        shown = {*request.form.getlist("shown"), *(name.removeprefix("questions-") for name in request.form)}
        return {key: value for key, value in found.items() if key in shown}

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field; a reply that is required may be changed and not taken back."""
        is_valid = bool(super().validate(extra_validators))
        for one in self.questions:
            is_missing = one.is_required and one.question.key in self.replied and self._is_taken_back(one.question.key)
            if is_missing and not one.field.errors:
                one.field.errors = [*one.field.errors, str(gettext("Please answer this question."))]
                is_valid = False
        return is_valid

    def _is_taken_back(self, key: str) -> bool:
        return self.replies.get(key, "") is None


def make_preferences_form(
    participant: Participant,
    answers: Sequence[Answer],
    questions: Sequence[Question],
    replied: Mapping[str, Any],
    *,
    codes: tuple[str, ...],
    lang: str,
    is_posted: bool,
) -> ToldForm:
    """Return the form with what is held, or with what was sent.

    Args:
        participant: whose choices they are.
        answers: theirs that may be asked about, with sessions.
        questions: of the series and of these sessions, each in their order.
        replied: question's key → reply that is held.
        codes: languages to be written to in.
        lang: the page's language.
        is_posted: whether the request carries this form.
    """
    interpreted = [answer for answer in answers if answer.workshop_session.interpretation]
    fields: dict[str, Any] = {f"questions-{one.key}": make_question_field(one, lang) for one in questions}
    fields |= {f"{INTERPRETATION}{one.workshop_session.slug}": _interpretation(one, lang) for one in interpreted}
    kind = type("ToldForm", (ToldForm,), fields)
    held = {} if is_posted else _held(participant, interpreted, questions, replied)
    form: ToldForm = kind(codes=codes, **held) if is_posted else kind(None, codes=codes, **held)
    slugs = {one.workshop_session_id: one.workshop_session.slug for one in answers}
    form.replied = replied
    form.questions = [
        AskedQuestion(
            one,
            form[f"questions-{one.key}"],
            slugs.get(one.workshop_session_id or 0, ""),
            one.text,
            one.reason,
            one.is_required,
            option_texts(one),
        )
        for one in questions
    ]
    if participant.address is None:
        # Nothing can be mailed: what only mail does is not asked.
        for name in ("reminders", "discreet", "no_calendar", "keep_informed", "later"):
            delattr(form, name)
    return form


def _interpretation(answer: Answer, lang: str) -> SelectField:
    targets = dict.fromkeys(str(offer["into"]) for offer in answer.workshop_session.interpretation)
    return SelectField(
        answer.workshop_session.slug,
        choices=[
            SelectChoice(value="", label=gettext("I need none")),
            *(
                SelectChoice(value=code, label=gettext("into %(language)s", language=language_name(code, lang)))
                for code in targets
            ),
        ],
        default=answer.interpretation,
        validate_choice=True,
    )


def _held(
    participant: Participant, interpreted: Sequence[Answer], questions: Sequence[Question], replied: Mapping[str, Any]
) -> dict[str, Any]:
    held: dict[str, Any] = {
        "name": participant.name,
        "language": participant.language,
        "timezone": participant.tzid,
        "affiliation": participant.affiliation,
        "access_needs": participant.access_needs,
        "reminders": participant.wants_reminders,
        "discreet": participant.is_discreet,
        "no_calendar": not participant.wants_calendar,
        "keep_informed": participant.informed_since is not None,
        "later": participant.follows_since is not None,
    }
    for answer in interpreted:
        held[f"{INTERPRETATION}{answer.workshop_session.slug}"] = answer.interpretation
    for question in questions:
        if question.key in replied:
            held[f"questions-{question.key}"] = _typed(question, replied[question.key])
    return held


def _typed(question: Question, value: Any) -> Any:
    """Return a reply as its field shows it."""
    if question.kind is QuestionKind.YES_NO:
        return "yes" if value else "no"
    return list(value) if question.kind is QuestionKind.SEVERAL_OF else value
