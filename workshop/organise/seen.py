"""Who sees what of a session, apart from view.py: cards made of what each reader is given, and the Rule in a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from workshop.chatham.rule import Audience, Consents, Disclosure, Level, Surface, TitleForm, Visibility, disclosure
from workshop.core.links import cut
from workshop.ical import Event
from workshop.programme.models import SpeakerSlot, WorkshopSession
from workshop.programme.view import PersonView, SessionView
from workshop.rsvp.emails import Sample

# -- cards: this session, as each reader is given it -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a reader sees or does not see; `words` say how far."""

    name: str
    words: str
    is_shown: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One reader, or one thing that is sent, with what it shows of the session."""

    key: str
    """What its own address ends in."""
    name: str
    where: str
    """On which page, or in what."""
    view: SessionView | None
    """None: the reader does not learn from it that the session exists."""
    facts: tuple[Fact, ...] = ()
    has_page: bool = False
    """Whether the real page can be opened with a made-up reader."""
    sender: str = ""
    reply_to: str = ""
    subject: str = ""
    """Of a mail, or the title in a calendar."""
    place: str = ""
    """Where, as a calendar says it."""
    text: str = ""
    """What a mail or an entry says, secret links cut."""
    note: str = ""

    @property
    def is_message(self) -> bool:
        """Whether it is a mail or a calendar's entry."""
        return bool(self.subject)


@dataclass(frozen=True, slots=True)
class Page:
    """What a page holds beside the session itself."""

    has_way_in: bool = False
    """Whether it leads into the room of whoever may enter."""
    finds_names: bool = False
    """Whether its reader learns the name of whoever shows them a code at the door."""
    has_summary: bool | None = None
    """Whether it shows the published summary; None where there is none, or no page for it."""


def page_card(
    key: str, name: str, where: str, view: SessionView | None, of: WorkshopSession, page: Page | None = None
) -> Card:
    """Return what a page shows of a session to whom `view` was made for; `of` tells what there is to show."""
    facts = tuple(_facts(view, of, page or Page())) if view else ()
    return Card(key=key, name=name, where=where, view=view, facts=facts, has_page=view is not None)


def mail_card(
    key: str, name: str, found: tuple[SessionView, Sample] | None, of: WorkshopSession, why: str = ""
) -> Card:
    """Return a mail as it would leave; `why` says why none does."""
    if found is None:
        return Card(key=key, name=name, where="", view=None, note=why)
    view, sample = found
    return Card(
        key=key,
        name=name,
        where=_("Sender and subject also show on a locked telephone."),
        view=view,
        facts=tuple(_told(sample.text.text, of)),
        sender=sample.sender,
        reply_to=sample.reply_to,
        subject=sample.text.subject,
        text=cut(sample.text.text),
        note=_("The participant’s calendar entry is attached.") if sample.has_calendar else "",
    )


def calendar_card(
    key: str,
    name: str,
    where: str,
    found: tuple[SessionView, Event] | None,
    of: WorkshopSession,
    note: str = "",
    *,
    has_number: bool = False,
) -> Card:
    """Return a calendar's entry as a person reads it; `has_number`: it tells how many take part."""
    if found is None:
        return Card(key=key, name=name, where=where, view=None, note=note)
    view, event = found
    links = [link for link in (event.conference, event.url) if link and link not in event.description]
    text = "\n\n".join(part for part in (event.description, *links) if part)
    return Card(
        key=key,
        name=name,
        where=where,
        view=view,
        facts=(*_told(text, of), _yes_or_no(_("How many take part"), is_shown=has_number)),
        subject=event.summary,
        place=event.location,
        text=cut(text),
        note=note,
    )


def _told(text: str, of: WorkshopSession) -> Iterator[Fact]:
    """Yield what the words of a mail or an entry tell: read from the words themselves."""
    people = {slot.person.name for slot in _slots(of)}
    if people:
        named = sum(name in text for name in people)
        partly = _("%(shown)d of %(number)d", shown=named, number=len(people))
        words = partly if 0 < named < len(people) else _word(is_shown=named > 0)[0]
        yield Fact(_("Names of speakers"), words, named > 0)
    yield _way_in(is_shown="/join/" in text)


def _slots(of: WorkshopSession) -> list[SpeakerSlot]:
    return [*of.slots, *(slot for section in of.sections for item in section.items for slot in item.slots)]


def _way_in(*, is_shown: bool) -> Fact:
    words = _("a link of their own, never the room’s address") if is_shown else _("no")
    return Fact(_("Way into the room"), words, is_shown)


def _facts(view: SessionView, of: WorkshopSession, page: Page) -> Iterator[Fact]:
    yield _title(view, of)
    if of.abstract or of.objectives or of.sections:
        is_shown = bool(view.abstract or view.objectives or view.sections)
        talks = sum(len(section.items) for section in view.sections)
        words = _("yes") if is_shown else _("no")
        if talks:
            words = ngettext("yes, with %(num)d item", "yes, with %(num)d items", talks)
        yield Fact(_("Text and programme"), words, is_shown)
    yield from _people_facts(view, of)
    if of.place:
        yield _yes_or_no(_("Place"), is_shown=bool(view.place))
    shown = [*view.recordings, *(one for section in view.sections for item in section.items for one in item.recordings)]
    for name, number, total in (
        (_("Slides"), len(view.files), len(of.slides)),
        (_("Recordings"), len(shown), len(of.recordings)),
    ):
        if total:
            yield Fact(name, _("%(shown)d of %(number)d", shown=number, number=total), number > 0)
    if page.has_summary is not None:
        yield _yes_or_no(_("Summary"), is_shown=page.has_summary)
    yield _way_in(is_shown=page.has_way_in and view.has_join_link)
    if page.finds_names:
        yield Fact(_("Who takes part"), _("no list; at the door, the name that goes with a code"), is_shown=True)
    else:
        yield Fact(_("Who takes part"), _("never"), is_shown=False)


def _title(view: SessionView, of: WorkshopSession) -> Fact:
    is_real = view.title_form is TitleForm.FULL
    if view.title_form is TitleForm.PUBLIC_TITLE and of.public_title:
        return Fact(_("Title"), _("the public title in place of the real one"), is_shown=False)
    if is_real or view.title_form is TitleForm.PUBLIC_TITLE:
        words = _("yes") if is_real else _("the real one, since no public title is written")
        return Fact(_("Title"), words, is_shown=True)
    return Fact(_("Title"), _("the label only"), is_shown=False)


def _yes_or_no(name: str, *, is_shown: bool) -> Fact:
    return Fact(name, _word(is_shown=is_shown)[0], is_shown)


def _people_facts(view: SessionView, of: WorkshopSession) -> Iterator[Fact]:
    """Yield how many of those who speak or moderate are named, and whether affiliations are told."""
    slots = _slots(of)
    if not slots:
        return
    people = _people(view)
    names = list(dict.fromkeys(person.name for person in people))
    number = len({slot.person_id for slot in slots})
    words = ", ".join(names)
    if len(names) < number and names:
        words = _("%(shown)d of %(number)d: %(names)s", shown=len(names), number=number, names=words)
    yield Fact(_("Names of speakers"), words or _("no"), bool(names))
    yield _yes_or_no(_("Their affiliations"), is_shown=any(one.affiliations or one.role for one in people))


def _people(view: SessionView) -> list[PersonView]:
    items = [item for section in view.sections for item in section.items]
    return [*view.moderators, *(person for item in items for person in (*item.speakers, *item.moderators))]


# -- the table: what the Rule lets each reader see, whatever the session -----------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """A datum: what decides about it, and a cell for each reader."""

    name: str
    decides: str
    cells: tuple[Fact, ...]
    """Named for their readers."""


_AGREED = Consents(quoted=True, slides=True, recorded=True)
"""Of speakers who agreed to everything: the table says what is possible, and that they decide."""
_READERS = (
    (lazy_gettext("Public page"), Audience.PUBLIC, (Surface.PAGE,)),
    (lazy_gettext("Public calendar"), Audience.PUBLIC, (Surface.CALENDAR,)),
    (lazy_gettext("Invited"), Audience.INVITED, (Surface.PAGE,)),
    (lazy_gettext("Participant’s page"), Audience.PARTICIPANT, (Surface.PERSONAL_PAGE,)),
    (lazy_gettext("Participant’s e-mail"), Audience.PARTICIPANT, (Surface.MAIL,)),
    (lazy_gettext("Participant’s calendar"), Audience.PARTICIPANT, (Surface.CALENDAR,)),
    (lazy_gettext("Speaker’s page"), Audience.SPEAKER, (Surface.PERSONAL_PAGE,)),
    (lazy_gettext("Translator, helper"), Audience.HELPER, (Surface.PAGE, Surface.FORM)),
    (lazy_gettext("Organiser"), Audience.ORGANISER, (Surface.PAGE, Surface.FORM)),
)
_TITLES = {
    TitleForm.FULL: lazy_gettext("yes"),
    TitleForm.PUBLIC_TITLE: lazy_gettext("public title"),
    TitleForm.LABEL: lazy_gettext("label only"),
}
_LEVEL = lazy_gettext("decided by the level")
_ALWAYS = lazy_gettext("the same at every level")
_SPEAKER = lazy_gettext("decided by the level, then by each speaker")


def _all_or_label(found: list[Disclosure]) -> tuple[str, bool]:
    forms = [one.title for one in found]
    form = next((one for one in _TITLES if one in forms), None)
    return (str(_TITLES[form]), form is TitleForm.FULL) if form else _word(is_shown=False)


def _word(*, is_shown: bool, words: str = "") -> tuple[str, bool]:
    return (words or _("yes") if is_shown else _("no"), is_shown)


def _any(name: str, words: str = "") -> Callable[[list[Disclosure]], tuple[str, bool]]:
    """Return what says whether one of several disclosures has an attribute."""
    return lambda found: _word(is_shown=any(getattr(one, name) for one in found), words=words)


def _number(found: list[Disclosure]) -> tuple[str, bool]:
    if any(one.participant_count for one in found):
        return _word(is_shown=True)
    return _word(is_shown=any(one.places_word for one in found), words=_("only whether places are left"))


def table(level: Level, visibility: Visibility) -> tuple[list[str], list[Row]]:
    """Return the readers' names and the rows, for sessions of that level as visible as this one.

    Args:
        level: one level for the session and all its items.
        visibility: the session's own and its series', taken together.
    """
    readers = [
        (
            str(name),
            [
                disclosure(
                    level=level,
                    visibility=visibility,
                    audience=audience,
                    surface=surface,
                    consents=_AGREED,
                    has_address=True,
                )
                for surface in surfaces
            ],
        )
        for name, audience, surfaces in _READERS
    ]
    return [name for name, _found in readers], [
        Row(name, str(decides), tuple(Fact(reader, *cell(found)) for reader, found in readers))
        for name, decides, cell in _rows()
    ]


def _rows() -> list[tuple[str, object, Callable[[list[Disclosure]], tuple[str, bool]]]]:
    return [
        (_("That it takes place, and when"), lazy_gettext("decided by visibility and level"), _any("is_known")),
        (_("Title"), _LEVEL, _all_or_label),
        (_("Text, titles of talks, place"), _LEVEL, _any("abstract")),
        (
            _("The level and its notice"),
            lazy_gettext("wherever the title is, save in a neutral calendar entry"),
            _any("notice"),
        ),
        (_("Names of speakers"), _SPEAKER, _any("speaker_names")),
        (_("Their affiliations"), _SPEAKER, _any("speaker_affiliations")),
        (_("Link into the room"), lazy_gettext("for whoever has a place or a part"), _any("join_link")),
        (_("The room’s own address"), _ALWAYS, _any("room_link", _("where it is entered"))),
        (_("Names of participants"), _ALWAYS, _any("participant_names")),
        (_("Their e-mail addresses"), _ALWAYS, _any("participant_addresses", _("masked; each look is logged"))),
        (_("How many take part"), _LEVEL, _number),
        (_("Counts by group"), _LEVEL, _any("breakdowns", _("never fewer than five"))),
        (_("Slides"), _SPEAKER, _any("slides")),
        (_("Recording"), lazy_gettext("decided by the level, then by everyone heard"), _any("recording")),
        (_("Summary, once checked"), _LEVEL, _any("summary")),
    ]
