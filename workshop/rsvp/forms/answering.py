"""The answer form, for one session or for several, and what it says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import BooleanField, Field, HiddenField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from workshop.chatham.notices import Notice
from workshop.core.fields import AddressField, BotTrap
from workshop.core.language import language_name, languages
from workshop.core.localized import Localized
from workshop.core.typography import typeset
from workshop.programme.models import Question, WorkshopSession
from workshop.rsvp.forms.own import CHOICES, PreferencesForm, plain_local_part
from workshop.rsvp.forms.questions import make_question_field, option_texts, reply_of
from workshop.rsvp.models import Choice
from workshop.rsvp.rule import needs_box, notice_id, notice_of, shares_of
from workshop.rsvp.service import Asked


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question with its field."""

    question: Question
    field: Field
    session: str
    """Slug of the session that it is about; empty for the series."""
    text: Localized
    reason: Localized
    is_required: bool
    options: Mapping[str, Localized]
    """Option's key → its text."""


class SessionsField(SelectMultipleField):
    """Slugs of the sessions ticked."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class BoxesField(Field):
    """What was sent for the boxes of the notices: their names, such as `discussion.1`; anything else for the only one.

    Rendered by the page, one box for each notice.
    """

    widget = CheckboxInput()
    data: tuple[str, ...]

    def process_data(self, value: Any) -> None:
        """Keep the names."""
        self.data = tuple(value or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep what was ticked; an older page may still say `false` for a box left alone."""
        self.data = tuple(value for value in valuelist if value not in {"", "false"})


class AnswerForm(BotTrap, PreferencesForm):
    """One answer, for one session or for those ticked (contract: Answer form fields). Made by `make_answer_form`."""

    email = AddressField(_("E-mail address"), validators=[plain_local_part])
    answer = RadioField(_("Your answer"), choices=CHOICES, validators=[InputRequired(_("Please choose your answer."))])
    waiting_list: Any = BooleanField(_("If no place is left when I confirm, put me on the waiting list"))
    acknowledge_rule = BoxesField(_("The rule"))
    notice: Any = HiddenField("")  # without a label WTForms reads its whole catalogue to make one
    """Which notice the page of one session showed."""
    sessions: Any = SessionsField(_("Sessions"))
    interpretation: Any = SelectField(_("Interpretation"), default="")
    share: Any = SelectField(
        _("Do you belong to one of these groups?"),
        default="",
        description=_("Some places are kept for them. Optional; only used to share out the places, and never shown."),
    )

    workshop_sessions: Sequence[WorkshopSession] = ()
    """Those that the page lists."""
    questions: Sequence[AskedQuestion] = ()
    needs_address = True

    @property
    def ticked(self) -> list[WorkshopSession]:
        """The sessions that are answered for."""
        if self.sessions is None:
            return list(self.workshop_sessions)
        return [one for one in self.workshop_sessions if one.slug in (self.sessions.data or ())]

    @property
    def notices(self) -> list[tuple[Notice, list[WorkshopSession]]]:
        """The notices of the sessions listed, the mildest first, each with its sessions."""
        found: dict[str, tuple[Notice, list[WorkshopSession]]] = {}
        for one in self.workshop_sessions:
            notice = notice_of(one)
            found.setdefault(notice_id(notice), (notice, []))[1].append(one)
        return sorted(found.values(), key=lambda pair: pair[0].level)

    @property
    def acknowledged(self) -> list[str]:
        """The notices of today whose boxes were ticked."""
        boxes = [notice_id(notice) for notice, _sessions in self.notices if notice.box is not None]
        if len(boxes) == 1 and any("." not in value for value in self.acknowledge_rule.data):
            return boxes
        return [name for name in boxes if name in self.acknowledge_rule.data]

    @property
    def missing_notices(self) -> list[Notice]:
        """The notices whose box the answer asks for and did not get."""
        if self.answer.data not in set(Choice):
            return []
        known = self.acknowledged
        wanted = {notice_id(notice): notice for one in self.ticked if (notice := notice_of(one))}
        return [
            notice
            for name, notice in wanted.items()
            if needs_box(notice, Choice(self.answer.data)) and name not in known
        ]

    def box_id(self, notice: Notice) -> str:
        """Return the identifier of a notice's box; the field's own is that of the first box missing, else the first."""
        missing = self.missing_notices
        boxes = [one for one, _sessions in self.notices if one.box is not None]
        boxes.sort(key=lambda one: one not in missing)
        number = boxes.index(notice)
        return f"{self.acknowledge_rule.id}-{number + 1}" if number else str(self.acknowledge_rule.id)

    @property
    def is_notice_changed(self) -> bool:
        """Whether the page showed another notice than today's."""
        today = {notice_id(notice) for notice, _sessions in self.notices}
        if self.notice is not None and self.notice.data:
            return self.notice.data not in today
        return bool(self.missing_notices) and any(
            "." in value and value not in today for value in self.acknowledge_rule.data
        )

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then what they say of one another; every fault at once, each at its field."""
        is_valid = bool(super().validate(extra_validators))
        faults = [*self._address_faults(), *self._session_faults(), *self._question_faults()]
        if self.missing_notices:
            faults.append((self.acknowledge_rule, self._box_fault()))
        for field, sentence in faults:
            field.errors = [*field.errors, sentence]
        return is_valid and not faults

    def _box_fault(self) -> str:
        if self.sessions is None:
            return str(
                gettext("Please read the rule of this session and tick the box; you may also decline without it.")
            )
        return str(
            gettext("Please read the rule of each session that you ticked and tick its box; declining needs none.")
        )

    def _address_faults(self) -> list[tuple[Any, str]]:
        if self.needs_address or self.email.data or self.email.errors:
            return []
        sentence = str(gettext("This needs an e-mail address: without one we cannot write to you."))
        return [(self[name], sentence) for name in ("keep_informed", "later") if name in self and self[name].data]

    def _session_faults(self) -> list[tuple[Any, str]]:
        if self.sessions is None:
            return []
        listed = {one.slug for one in self.workshop_sessions}
        said = self.sessions.data or []
        if not said:
            self.sessions.errors = []
            return [(self.sessions, str(gettext("Please tick at least one session.")))]
        if all(slug in listed for slug in said):
            return []
        self.sessions.errors = []
        return [
            (
                self.sessions,
                str(gettext("A session that you ticked takes no answers here. Please choose from this list.")),
            )
        ]

    def _question_faults(self) -> list[tuple[Any, str]]:
        if self.answer.data == Choice.DECLINED.value:
            return []
        slugs = {"", *(one.slug for one in self.ticked)}
        return [
            (one.field, str(gettext("Please answer this question; you may decline without it.")))
            for one in self.questions
            if one.question.is_required
            and one.session in slugs
            and not one.field.errors
            and reply_of(one.question, one.field) is None
        ]

    @property
    def replies(self) -> Mapping[str, Any]:
        """Question's key → reply, of the series' questions and of those of the sessions ticked."""
        slugs = {"", *(one.slug for one in self.ticked)}
        found = {one.question.key: reply_of(one.question, one.field) for one in self.questions if one.session in slugs}
        return {key: value for key, value in found.items() if value is not None}


def make_answer_form(
    workshop_sessions: Sequence[WorkshopSession],
    questions: Sequence[Question],
    *,
    codes: Sequence[str],
    lang: str,
    needs_address: bool = True,
    has_several: bool = False,
    **values: Any,
) -> AnswerForm:
    """Return the form of this request, with the fields that these sessions ask for.

    Args:
        workshop_sessions: those that may be answered for; at least one, of one series.
        questions: as `programme.queries.list_questions` returns them.
        codes: languages to be written to in.
        lang: the page's language.
        needs_address: whether an e-mail address is required.
        has_several: the form of a series: sessions are ticked, one box for each notice, and later ones too.
        values: what fields hold before anybody typed, such as `email` or `name`.
    """
    slugs = {one.id: one.slug for one in workshop_sessions}
    fields = {f"questions-{one.key}": make_question_field(one, lang) for one in questions}
    kind = type("AnswerForm", (AnswerForm,), fields) if fields else AnswerForm
    zone = workshop_sessions[0].series.tzid if has_several else workshop_sessions[0].tzid
    form: AnswerForm = kind(
        codes=tuple(codes), **{"language": lang if lang in codes else codes[0], "timezone": zone, **values}
    )
    form.workshop_sessions = workshop_sessions
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
    _ask_address(form, needs_address=needs_address)
    if has_several:
        form.sessions.choices = [SelectChoice(value=one.slug, label=one.slug) for one in workshop_sessions]
        form.sessions.validate_choice = False  # with a sentence of its own
        del form.notice
    else:
        del form.sessions
        del form.later
    _offer(form, workshop_sessions, lang)
    return form


def _ask_address(form: AnswerForm, *, needs_address: bool) -> None:
    form.needs_address = needs_address
    if needs_address:
        required = DataRequired(_("Please give your e-mail address: the link that confirms your answer goes there."))
        form.email.validators = [required, *form.email.validators]
        form.email.flags.required = True
        form.email.description = _("For the link that confirms your answer. Only the organisers can see it.")
    else:
        form.email.description = _(
            "Optional here. Without it nothing can be mailed to you: the link to your personal page is shown once, "
            "and it is your only key."
        )


def _offer(form: AnswerForm, workshop_sessions: Sequence[WorkshopSession], lang: str) -> None:
    """Leave out what none of these sessions has."""
    if not any(has_list(one) for one in workshop_sessions):
        del form.waiting_list
    targets = list(dict.fromkeys(offer["into"] for one in workshop_sessions for offer in one.interpretation))
    if targets:
        form.interpretation.choices = [
            SelectChoice(value="", label=gettext("I need none")),
            *(
                SelectChoice(value=code, label=gettext("into %(language)s", language=language_name(code, lang)))
                for code in targets
            ),
        ]
    else:
        del form.interpretation
    names: dict[str, Localized] = {}
    for one in workshop_sessions:
        for share in shares_of(one):
            names.setdefault(share.key, share.name)
    if names:
        form.share.choices = [
            SelectChoice(value="", label=gettext("No, or I would rather not say")),
            *(
                SelectChoice(value=key, label=_plain(name, lang), render_kw=_lang(name, lang))
                for key, name in names.items()
            ),
        ]
    else:
        del form.share


def has_list(workshop_session: WorkshopSession) -> bool:
    """Whether whoever finds a session full may wait for a place of their own accord."""
    return (
        workshop_session.capacity is not None
        and workshop_session.has_waiting_list
        and not workshop_session.needs_approval
    )


def _plain(text: Localized, lang: str) -> str:
    picked = text.pick(lang, languages())
    return str(typeset(picked.value, picked.language))


def _lang(text: Localized, lang: str) -> dict[str, str]:
    """Return the attribute that names the language of a text which is not the page's."""
    other = text.pick(lang, languages()).language
    return {"lang": other} if other and other != lang else {}


def asked_from_form(form: AnswerForm, *, lang: str, invitation_id: int | None = None) -> Asked:
    """Return what a valid form says.

    Args:
        form: validated.
        lang: language in which its page showed the notices.
        invitation_id: the invitation that let the reader in, where one did.
    """
    return Asked(
        name=form.name.data,
        address=form.email.data or "",
        choice=Choice(form.answer.data),
        language=form.language.data,
        tzid=form.timezone.data,
        affiliation=form.affiliation.data or "",
        wants_reminders=form.reminders.data,
        notices=form.acknowledged,
        notice_language=lang,
        is_discreet=form.discreet.data,
        wants_calendar=not form.no_calendar.data,
        keeps_informed=form.keep_informed.data,
        follows="later" in form and form.later.data,
        interpretation=(form.interpretation.data or "") if form.interpretation is not None else "",
        access_needs=form.access_needs.data or "",
        share=(form.share.data or "") if form.share is not None else "",
        joins_list=bool(form.waiting_list is not None and form.waiting_list.data),
        replies=form.replies,
        invitation_id=invitation_id,
    )
