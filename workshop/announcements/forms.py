"""Forms: what organisers write to many, and who asks to be told."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired, StopValidation

from workshop.announcements.queries import ANY, Group, Whom
from workshop.announcements.view import WHOM
from workshop.core.faults import Fault
from workshop.core.fields import (
    AddressField,
    BotTrap,
    LocalizedField,
    LocalizedTextField,
    WallTimeField,
)
from workshop.core.language import NAMES
from workshop.core.localtime import FoldError, GapError, to_instant
from workshop.programme.forms.faults import sentence_of
from workshop.programme.forms.fields import FoldField, no_recording
from workshop.rsvp.forms.lists import read_number
from workshop.rsvp.forms.own import plain_local_part
from workshop.rsvp.forms.questions import SeveralOfField
from workshop.rsvp.models import AnswerState
from workshop.rsvp.view.lists import STATES

SUBJECT_LENGTH = 150
BODY_LENGTH = 10_000
OFFERED_STATES = (
    AnswerState.ACCEPTED, AnswerState.TENTATIVE, AnswerState.REQUESTED, AnswerState.WAITLISTED, AnswerState.OFFERED,
    AnswerState.DECLINED,
)  # fmt: skip
"""Whoever withdrew wants to hear no more of it."""


class EveryLanguage:
    """Refuses a text that lacks one of the languages in which people are written to."""

    field_flags = {"required": True}  # noqa: RUF012 (WTForms reads a plain dict)

    def __call__(self, form: Any, field: Any) -> None:
        """Stop where one is missing; the form has `codes`."""
        if not field.data or field.data.missing(form.codes):
            raise StopValidation(_("Please write this in every language of the series."))


class AnnouncementForm(FlaskForm):
    """A text in every language of the series, and whom it is for."""

    subject = LocalizedField(_("Subject"), validators=[EveryLanguage(), no_recording], max_length=SUBJECT_LENGTH)
    body = LocalizedTextField(
        _("Text"),
        validators=[EveryLanguage(), no_recording],
        max_length=BODY_LENGTH,
        description=_(
            "Plain text; an empty line begins a new paragraph. An address that begins with https:// becomes a link, "
            "nothing else does. Name nobody who takes part."
        ),
    )
    whom = RadioField(
        _("Whom it is for"),
        choices=[SelectChoice(value=one.value, label=words) for one, words in WHOM.items()],
        default=Whom.ANSWERED.value,
        validators=[InputRequired(_("Please choose whom it is for."))],
        description=_("Whoever has stopped announcements gets none."),
    )
    sessions = SeveralOfField(_("Sessions"), description=_("None ticked: all of the series."))
    states = SeveralOfField(
        _("State of the answer"),
        choices=[SelectChoice(value=state.value, label=STATES[state]) for state in OFFERED_STATES],
        description=_("None ticked: coming, perhaps, or waiting."),
    )
    languages = SeveralOfField(_("Language of the messages"), description=_("None ticked: any."))
    interpretation = SelectField(_("Interpretation needed into"), default="")
    needs = BooleanField(_("Only those with access needs"))
    version = HiddenField("")

    def __init__(
        self,
        *args: Any,
        codes: Collection[str],
        sessions: Collection[tuple[int, str]],
        interpretation: Collection[str],
        uncountable: Collection[int],
        **kwargs: Any,
    ) -> None:
        """As Flask-WTF, with what can be chosen.

        Args:
            args: Flask-WTF's.
            codes: the languages that the text must be in, and that people are written to in.
            sessions: ids and names of those whose list organisers have.
            interpretation: languages into which any session is interpreted.
            uncountable: ids of the sessions that nobody may count by language or need.
            kwargs: Flask-WTF's.
        """
        super().__init__(*args, **kwargs)
        self.codes = tuple(codes)
        self.uncountable = set(uncountable)
        self.known = {id_ for id_, _name in sessions}
        self.sessions.choices = [SelectChoice(value=str(id_), label=name) for id_, name in sessions]
        self.languages.choices = [SelectChoice(value=code, label=NAMES.get(code, code)) for code in codes]
        self.interpretation.choices = [
            SelectChoice(value="", label=_("— does not matter —")),
            SelectChoice(value=ANY, label=_("any language")),
            *(SelectChoice(value=code, label=NAMES.get(code, code)) for code in interpretation),
        ]
        if not self.known - self.uncountable:
            # Nothing may be counted by these, so nobody may be singled out by them.
            del self.languages, self.interpretation, self.needs

    def validate(self, extra_validators: Any = None) -> bool:
        """As WTForms; refuses a filter that the Rule forbids."""
        is_valid = bool(super().validate(extra_validators))
        group = self.group()
        chosen = set(group.sessions) or self.known
        if group.singles_out and chosen & self.uncountable and group.whom is Whom.ANSWERED:
            self.sessions.errors = [
                *self.sessions.errors,
                _(
                    "A closed session is among these: nobody may be picked out of it by language or need. Tick the "
                    "other sessions, or leave those filters."
                ),
            ]
            is_valid = False
        return is_valid

    def group(self) -> Group:
        """Return whom it is for."""
        whom = Whom.INFORMED if self.whom.data == Whom.INFORMED else Whom.ANSWERED
        codes = tuple(self.languages.data or ()) if self.languages else ()
        if whom is Whom.INFORMED:
            return Group(whom=whom, languages=codes)
        return Group(
            whom=whom,
            sessions=tuple(read_number(value) for value in self.sessions.data or ()),
            states=tuple(state for state in OFFERED_STATES if state.value in (self.states.data or ())),
            languages=codes,
            interpretation=(self.interpretation.data or "") if self.interpretation else "",
            has_needs=bool(self.needs and self.needs.data),
        )


def group_data(group: Group) -> dict[str, Any]:
    """Return what a form for this group shows."""
    return {
        "whom": group.whom.value,
        "sessions": [str(id_) for id_ in group.sessions],
        "states": [state.value for state in group.states],
        "languages": list(group.languages),
        "interpretation": group.interpretation,
        "needs": group.has_needs,
    }


class ConfirmForm(FlaskForm):
    """The last word before an announcement leaves: to how many, and when."""

    version = HiddenField("")
    number = HiddenField("")
    when = RadioField(
        _("When"),
        choices=[
            SelectChoice(value="now", label=_("At once")),
            SelectChoice(value="later", label=_("At a later time")),
        ],
        default="now",
        validators=[InputRequired(_("Please choose when it leaves."))],
    )
    leaves_wall = WallTimeField(_("Day and time"))
    fold = FoldField(_("Which of the two?"))

    def leaves_at(self, tzid: str, *, now: datetime) -> datetime | None:
        """Return when it is to leave, None for at once; what is wrong stands at its field."""
        if self.when.data != "later":
            return None
        if self.leaves_wall.data is None:
            self.leaves_wall.errors = [_("Please give a day and a time, such as 2026-10-26T18:00.")]
            return None
        try:
            at = to_instant(self.leaves_wall.data, tzid, fold=self.fold.fold)
        except GapError:
            self.leaves_wall.errors = [sentence_of(Fault("leaves_wall", "time_in_gap"))]
            return None
        except FoldError:
            self.fold.is_asked = True
            self.leaves_wall.errors = [sentence_of(Fault("leaves_wall", "time_in_fold"))]
            return None
        if at <= now.astimezone(UTC):
            self.leaves_wall.errors = [_("This time is past.")]
            return None
        return at


class FollowForm(BotTrap, FlaskForm):
    """Asking for a series' announcements without answering for a session."""

    email = AddressField(
        _("E-mail address"), validators=[DataRequired(_("Please give an e-mail address.")), plain_local_part]
    )
    language = SelectField(_("Language of the messages"))

    def __init__(self, *args: Any, codes: Collection[str], **kwargs: Any) -> None:
        """As Flask-WTF; `codes` are the languages to choose from."""
        super().__init__(*args, **kwargs)
        self.language.choices = [SelectChoice(value=code, label=NAMES.get(code, code)) for code in codes]


class FollowingForm(FlaskForm):
    """What whoever follows a series decides about it."""

    language = SelectField(_("Language of the messages"))

    def __init__(self, *args: Any, codes: Collection[str], **kwargs: Any) -> None:
        """As Flask-WTF; `codes` are the languages to choose from."""
        super().__init__(*args, **kwargs)
        self.language.choices = [SelectChoice(value=code, label=NAMES.get(code, code)) for code in codes]
