"""A session as a calendar entry: plain values for `ical`, in one reader's language (RFC 5545, RFC 7986)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from flask_babel import gettext as _

from workshop.chatham.notices import label as level_label
from workshop.chatham.notices import level_character
from workshop.core.language import language_name, speaking
from workshop.core.localized import Localized
from workshop.core.localtime import wall_clock
from workshop.core.markup import plain
from workshop.core.typography import typeset
from workshop.ical import Event, EventStatus
from workshop.programme.models import Format, ItemKind, Mode, SessionStatus
from workshop.programme.view.make import default_label
from workshop.programme.view.shown import ItemView, PersonView, SessionView
from workshop.programme.view.words import FORMATS

_STATUS = {
    SessionStatus.TENTATIVE: EventStatus.TENTATIVE,
    SessionStatus.CONFIRMED: EventStatus.CONFIRMED,
    SessionStatus.CANCELLED: EventStatus.CANCELLED,
}


def session_event(  # noqa: PLR0913 (what an entry has beside its session)
    view: SessionView,
    *,
    language: str,
    url: str,
    domain: str,
    uid: str = "",
    join_url: str = "",
    is_transparent: bool = True,
    prefix: str = "",
    addition: str = "",
) -> Event:
    """Return the calendar entry of a session seen on the calendar's surface. Needs an application context.

    Args:
        view: made for `Surface.CALENDAR`.
        language: the reader's.
        url: of the session's page, or of the reader's own; a neutral entry gets none that names the topic, so the
            caller gives one without, or none.
        domain: of the UID, fixed by configuration (RFC 5545, 3.8.4.7).
        uid: local part of the reader's own UID; by default the session's.
        join_url: of the join page, never of the room.
        is_transparent: whether it leaves the reader free; a cancelled one always does.
        prefix: put before the summary, in the reader's language, such as "[Waiting list]".
        addition: a paragraph for this reader, put before the address; a neutral entry has none.
    """
    with speaking(language):
        writer = _Writer(view, language)
        summary = writer.summary()
        return Event(
            uid=f"{uid or view.uid}@{domain}",
            sequence=view.sequence,
            revised_at=view.revised_at,
            starts_at=view.starts_at,
            ends_at=view.ends_at,
            tzid=view.tzid,
            status=_STATUS[view.status],
            summary=f"{prefix} {summary}" if prefix else summary,
            description="" if view.is_neutral else writer.description(url, addition),
            location=writer.location(),
            url=url,
            language=language,
            is_transparent=is_transparent or view.is_cancelled,
            categories=writer.categories(),
            conference=join_url,
        )


class _Writer:
    """Sets a view's texts for one reader. The language of gettext is the reader's while it is used."""

    def __init__(self, view: SessionView, language: str) -> None:
        self.view = view
        self.language = language

    def text(
        self,
        localized: Localized,
        setting: Callable[[str, str | None], str] = typeset,
        *,
        says_monolingual: bool = False,
    ) -> str:
        """Return a text for the reader; one in another language names it, unless the entry has said so as a whole."""
        picked = localized.pick(self.language, self.view.languages)
        value = setting(picked.value, picked.language)
        if not value or picked.language is None or picked.language == self.language:
            return value
        if picked.language == self.view.monolingual and not says_monolingual:
            return value
        note = _("(in %(language)s)", language=self.name(picked.language))
        return f"{note}\n{value}" if "\n" in value else f"{value} {note}"

    def summary(self) -> str:
        """Return label and title on one line."""
        view = self.view
        words = self.text(view.label)
        if view.title and view.title != view.label:
            title = self.text(view.title, says_monolingual=True)
            words = title if view.label == default_label(None) else f"{words} – {title}"
        if not view.is_cancelled:
            return words
        # Not within an f-string: the extraction of messages looks into none.
        prefix = str(_("POSTPONED:")) if view.is_postponed else str(_("CANCELLED:"))
        return f"{prefix} {words}"

    def location(self) -> str:
        """Return where, on one line: the place as far as it may be told, "Online", or both."""
        place = self.text(self.view.place)
        if self.view.mode is Mode.ON_SITE:
            return place
        online = str(_("Online"))
        return f"{place} / {online}" if place else online

    def categories(self) -> tuple[str, ...]:
        """Return what kind of session it is; a neutral entry does not say."""
        if self.view.is_neutral or self.view.format is Format.OTHER:
            return ()
        return (str(FORMATS[self.view.format]),)

    def description(self, url: str, addition: str) -> str:
        """Return the entry's text, paragraphs apart, the address last."""
        return "\n\n".join(paragraph for paragraph in (*self.paragraphs(), addition, url) if paragraph)

    def paragraphs(self) -> Iterator[str]:
        """Yield what the Rule lets be told, most important first."""
        view = self.view
        if view.notice is not None:
            sign = f"{level_character(view.level)} {self.text(level_label(view.level))}"
            yield f"{sign}\n{self.text(view.notice.text)}"
            if view.own_sentence:
                heading = str(_("The organisers add:"))
                yield f"{heading} {self.text(view.own_sentence)}"
        if view.monolingual and view.monolingual != self.language:
            yield str(_("This session exists in %(language)s only.", language=self.name(view.monolingual)))
        yield self.text(view.abstract, plain)
        if view.objectives:
            points = "\n".join(f"- {self.text(objective)}" for objective in view.objectives)
            heading = str(_("Objectives:"))
            yield f"{heading}\n{points}"
        if view.moderators:
            yield str(_("Moderator: %(people)s", people=self.people(view.moderators)))
        for section in view.sections:
            lines = [self.text(section.title), *(self.item(item) for item in section.items)]
            yield "\n".join(line for line in lines if line)
        yield "\n".join(self.languages())

    def name(self, code: str) -> str:
        """Return a language's name."""
        return language_name(code, self.language)

    def languages(self) -> Iterator[str]:
        """Yield what is spoken and what is interpreted."""
        view = self.view
        if view.floor_languages:
            names = ", ".join(self.name(code) for code in view.floor_languages)
            yield str(_("Floor language: %(languages)s", languages=names))
        for offer in view.interpretation:
            line = str(
                _(
                    "Interpretation: %(source)s into %(target)s",
                    source=self.name(offer.source),
                    target=self.name(offer.target),
                )
            )
            yield f"{line} ({self.text(offer.scope)})" if offer.scope else line

    def item(self, item: ItemView) -> str:
        """Return a talk in a line: time, title, who speaks."""
        words = self.text(item.title) or (str(_("Break")) if item.kind is ItemKind.BREAK else "")
        if not words:
            return ""
        if item.starts:
            wall = datetime.fromisoformat(f"2000-01-01T{item.starts}")
            words = f"{wall_clock(wall, self.language)} {words}"
        if item.speakers:
            words = f"{words} – {self.people(item.speakers)}"
        if item.moderators:
            moderators = str(_("Moderator: %(people)s", people=self.people(item.moderators)))
            words = f"{words} – {moderators}"
        return f"- {words}"

    def people(self, people: Sequence[PersonView]) -> str:
        """Return names with their affiliations."""
        semicolon = "\u202f; " if self.language == "fr" else "; "
        return semicolon.join(
            ", ".join([person.name, *(self.text(affiliation) for affiliation in person.affiliations)])
            for person in people
        )
