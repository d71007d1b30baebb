"""Feedback as its organisers see it, and the questions in words."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _

from workshop.chatham.rule import Level
from workshop.feedback.models import Feedback
from workshop.feedback.rule import QUESTIONS, STEP, takes_remarks

QUESTION_WORDS = {
    "useful": _("Was the session useful to you?"),
    "language": _("Could you follow and speak in a language that suits you?"),
    "rule": _("As far as you could see, was the Rule respected?"),
}
OPTION_WORDS = {
    "useful": {"very": _("Very"), "rather": _("Fairly"), "little": _("A little"), "not": _("Not at all")},
    "language": {"yes": _("Yes"), "partly": _("Partly"), "no": _("No")},
    "rule": {"yes": _("Yes"), "no": _("No"), "unsure": _("I cannot tell")},
}


@dataclass(frozen=True, slots=True)
class QuestionView:
    """How a question was answered."""

    text: str
    rows: tuple[tuple[str, int], ...]
    """Option in words and how many chose it."""


@dataclass(frozen=True, slots=True)
class FeedbackView:
    """What organisers see: nothing before five answers, then five more at a time."""

    number: int
    """Of the answers shown; 0: too few."""
    questions: tuple[QuestionView, ...]
    remarks: tuple[str, ...]
    step: int


def feedback_view(found: Feedback | None, *, level: Level) -> FeedbackView:
    """Return what organisers may see of it; `level` is the one shown for the session now."""
    if found is None or found.shown_number < STEP:
        return FeedbackView(0, (), (), STEP)
    questions = tuple(
        QuestionView(
            str(QUESTION_WORDS[key]),
            tuple((str(OPTION_WORDS[key][option]), found.shown_counts[key][option]) for option in options),
        )
        for key, options in QUESTIONS.items()
        # A question that was not asked has no answers.
        if any(found.shown_counts.get(key, {}).values())
    )
    # Written before the session was closed: they are gone with the next purge.
    remarks = tuple(sorted(found.shown_remarks)) if takes_remarks(level) else ()
    return FeedbackView(found.shown_number, questions, remarks, STEP)
