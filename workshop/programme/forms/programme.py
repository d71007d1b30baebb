"""The form of a whole programme: sections, their items, and who speaks or moderates, as rows of rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import get_locale
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import Field, FieldList, Form, FormField, HiddenField, IntegerField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import HiddenInput

from workshop.chatham.notices import label
from workshop.chatham.rule import Level, check_item_level
from workshop.core.faults import Fault
from workshop.core.fields import LineField, LocalizedTextField, clean_line
from workshop.people.models import StaleText
from workshop.programme.forms.faults import sentence_of
from workshop.programme.forms.languages import dress, fine_of
from workshop.programme.forms.materials import ChosenField
from workshop.programme.forms.typed import Typed, TypedItem, TypedSection
from workshop.programme.models import ItemKind
from workshop.programme.view.languages import marks_of

_MOST = 101
"""One more than may be saved, so that what is too much is said and not cut off."""
_KINDS = {
    ItemKind.TALK: _("Talk"),
    ItemKind.PANEL: _("Panel"),
    ItemKind.DISCUSSION: _("Discussion"),
    ItemKind.BREAK: _("Break"),
}
_LIKE_SESSION = ""
_COLUMNS = (
    "row_id", "kind", "starts", "minutes", "title", "speakers", "add_speaker", "pick_speaker", "moderators",
    "add_moderator", "pick_moderator", "level", "abstract",
)  # fmt: skip


class KeysField(Field):
    """Keys of people, each in a hidden input of its own."""

    widget = HiddenInput()

    def process_data(self, value: Any) -> None:
        """Keep a list."""
        self.data = list(value or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep each key once, in order."""
        self.data = list(dict.fromkeys(key for key in map(clean_line, valuelist) if key))


class _AbstractField(LocalizedTextField):
    """An abstract: a few lines are enough to begin with."""

    rows = 4


class _TitleField(LocalizedTextField):
    """A title, which is one line, and a long one as often as not: broken where the field ends."""

    rows = 2

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As WTForms."""
        super().__init__(*args, max_length=500, **kwargs)


class ItemForm(Form):
    """One talk, panel, discussion or break."""

    row_id = IntegerField(validators=[Optional()], widget=HiddenInput())
    place = HiddenField()
    """Where a script put it: number of section and item, as `0.3`."""
    kind = ChosenField(
        _("What it is"),
        choices=lambda: [SelectChoice(value=kind.value, label=word) for kind, word in _KINDS.items()],
        validate_choice=False,
        default=ItemKind.TALK.value,
    )
    starts = LineField(_("Begins at"), render_kw={"type": "time"})
    minutes = IntegerField(_("Minutes"), validators=[Optional()], render_kw={"min": 1, "max": 1440})
    title = _TitleField(_("Title"))
    speakers = KeysField(_("Speakers"))
    add_speaker = LineField(_("Add a speaker"))
    pick_speaker = KeysField(_("Speakers"))
    moderators = KeysField(_("Moderators"))
    add_moderator = LineField(_("Add a moderator"))
    pick_moderator = KeysField(_("Moderators"))
    level = ChosenField(_("Its own level of the Rule"), choices=[], validate_choice=False, default=_LIKE_SESSION)
    abstract = _AbstractField(_("Abstract"), description=_("Markdown: **bold**, *italic*, lists, links."))


class SectionForm(Form):
    """One section with its items."""

    row_id = IntegerField(validators=[Optional()], widget=HiddenInput())
    title = _TitleField(_("Title of the section"))
    items = FieldList(FormField(ItemForm), max_entries=_MOST)


class ProgrammeForm(FlaskForm):
    """The programme of a session and its moderators."""

    base = HiddenField()
    """What the page showed, as versions.digests writes it."""
    moderators = KeysField(_("Moderators of the session"))
    add_moderator = LineField(_("Add a moderator"))
    pick_moderator = KeysField(_("Moderators of the session"))
    sections = FieldList(FormField(SectionForm), max_entries=_MOST)

    def __init__(self, *args: Any, session_level: Level, **kwargs: Any) -> None:
        """As Flask-WTF; offers each item the levels that it may have within its session's effective one."""
        super().__init__(*args, **kwargs)
        for section in self.sections:
            for entry in section.form.items:
                entry.form.level.choices = _level_choices(session_level)

    @property
    def leaves(self) -> Leaves:
        """Every field that a person fills in, for the list of what is to be corrected."""
        found = [self.csrf_token, self.moderators, self.add_moderator] if "csrf_token" in self else []
        for section in self.sections:
            found += [section.form.title]
            for entry in section.form.items:
                found += list(entry.form)
        return Leaves(found, [*self.form_errors])

    def typed(self, *, is_placed: bool = True) -> Typed:
        """Return what was typed, the items where a script put them unless `is_placed` is false."""
        sections = [
            TypedSection(row_id=one.form.row_id.data, title=one.form.title.data, origin=number)
            for number, one in enumerate(self.sections)
        ]
        placed = []
        for number, section in enumerate(self.sections):
            for index, entry in enumerate(section.form.items):
                placed.append(
                    (_place(entry.form.place.data, len(sections)), number, _typed_item(entry.form, number, index))
                )
        is_ordered = is_placed and all(place is not None for place, _number, _item in placed)
        if is_ordered:
            placed.sort(key=lambda one: one[0] or (0, 0))
        for place, number, item in placed:
            sections[place[0] if place is not None and is_ordered else number].items.append(item)
        return Typed(
            moderators=list(self.moderators.data),
            add_moderator=self.add_moderator.data,
            pick_moderator=list(self.pick_moderator.data),
            sections=sections,
        )


@dataclass(frozen=True, slots=True)
class Leaves:
    """Fields one after the other, as the summary of faults wants a form."""

    fields: Sequence[Field]
    form_errors: Sequence[Any]

    def __iter__(self) -> Iterator[Field]:
        return iter(self.fields)


def dress_programme(form: ProgrammeForm, stale: Mapping[str, Iterable[StaleText]]) -> None:
    """Give each text its marks and the buttons that correct its typography; `stale`: as staleness.list_stale."""
    for section in form.sections:
        dress(section.form, {})
        for owner, row in ((f"section:{section.form.row_id.data}", section.form), *_owners(section.form.items)):
            marks = marks_of(stale.get(owner, ()))
            for name in ("title", "abstract"):
                if name in row:
                    row[name].marks = marks.get(name, {})


def fine_by_owner(form: ProgrammeForm) -> dict[str, set[tuple[str, str]]]:
    """Return owner → field and language of each stored text that is said to hold."""
    ticked = fine_of(form)
    found: dict[str, set[tuple[str, str]]] = {}
    for section in form.sections:
        for owner, row in ((f"section:{section.form.row_id.data}", section.form), *_owners(section.form.items)):
            names = {row[name].name: name for name in ("title", "abstract") if name in row}
            if fine := {(names[field_], language) for field_, language in ticked if field_ in names}:
                found[owner] = fine
    return found


def add_programme_faults(form: ProgrammeForm, faults: Iterable[Fault]) -> None:
    """Tie what the services found wrong to the field that is meant."""
    for fault in faults:
        add_sentence(form, fault.field, sentence_of(fault))


def add_sentence(form: ProgrammeForm, path: str, said: Any) -> None:
    """Tie a sentence to a field by its path, such as `programme.0.items.1.title`; above the form where it has none."""
    field_ = find_field(form, path)
    if field_ is None:
        form.form_errors = [*form.form_errors, said]
    elif said not in field_.errors:
        field_.errors = [*field_.errors, said]


def find_field(form: ProgrammeForm, path: str) -> Field | None:
    """Return the field of a path as faults name it; None where the form has none."""
    parts = path.split(".")
    if parts[0] == "moderators":
        return form.add_moderator
    if parts[0] != "programme" or len(parts) < 3 or not parts[1].isdigit():  # noqa: PLR2004 (programme.0.title)
        return None
    section = _entry(form.sections, int(parts[1]))
    if section is None:
        return None
    if parts[2] == "title":
        return section.form.title
    if parts[2] != "items" or len(parts) < 5 or not parts[3].isdigit():  # noqa: PLR2004 (programme.0.items.1.title)
        return None
    entry = _entry(section.form.items, int(parts[3]))
    name = {"speakers": "add_speaker", "moderators": "add_moderator"}.get(parts[4], parts[4])
    return entry.form[name] if entry is not None and name in entry.form else None


def _owners(rows: FieldList) -> list[tuple[str, ItemForm]]:
    return [(f"item:{entry.form.row_id.data}", entry.form) for entry in rows]


def _entry(rows: FieldList, number: int) -> Any:
    return rows[number] if number < len(rows) else None


def _level_choices(session_level: Level) -> list[SelectChoice]:
    """Return the levels that a talk may have; the services know what else may not."""
    language = str(get_locale().language)
    allowed = [one for one in Level if check_item_level(item=one, session=session_level, is_talk=True) is None]
    words = [SelectChoice(value=one.value, label=label(one).pick(language).value) for one in allowed]
    return [SelectChoice(value=_LIKE_SESSION, label=_("The session’s")), *words]


def _place(text: str | None, sections: int) -> tuple[int, int] | None:
    first, _dot, second = (text or "").partition(".")
    if not (first.isdecimal() and second.isdecimal() and len(text or "") < 12):  # noqa: PLR2004 (no long numbers)
        return None
    return (int(first), int(second)) if int(first) < sections else None


def _typed_item(form: ItemForm, number: int, index: int) -> TypedItem:
    values = {name: form[name].data for name in _COLUMNS}
    return TypedItem(**values, origin=(number, index))
