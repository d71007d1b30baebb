"""One rendering for many readers: what a mail says to hundreds differs by their links and their name only.

Whoever shares says by `key` what else it depends on (zone, state, view …). What the first reader is told becomes the
text of all: the random ids that their links are derived from are taken out again, and a rendering in which anybody
else's link is left is refused.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, Final

from markupsafe import escape
from sqlalchemy.orm import Session

from workshop.core import links
from workshop.mail.render import MAX_SUBJECT, Rendered, clean_line, render, unlinked
from workshop.mail.service import sender_of
from workshop.mail.texts import own_text

KEPT: Final = 100
"""Renderings that one object keeps: of a dozen zones in two languages and two states it needs about fifty."""


class StrayLinkError(RuntimeError):
    """What was to be shared holds a link of somebody it was not said to hold links of."""


class Renderings:
    """What was rendered, nothing of any reader's own in it."""

    def __init__(self) -> None:
        self.found: dict[Hashable, tuple[_Pieces, _Pieces, _Pieces] | None] = {}
        self.somebody: Final = f"n{secrets.token_hex(16)}"
        """Stands for a name: random, so that no text can hold it; one word, so that `unlinked` leaves it whole."""
        self._numbers: dict[Hashable, int] = {}
        self._count = 0

    def number_of(self, value: Hashable) -> int:
        """Return a number that equal values share, to stand in keys: a view takes as long to hash as a text to fill."""
        if len(self._numbers) >= KEPT:
            self._numbers.clear()
        if value not in self._numbers:
            self._count += 1
            self._numbers[value] = self._count
        return self._numbers[value]


class Shared:
    """The renderings of one run of a task.

    Beyond it they are only kept (`renderings`) by whoever has in their key all that may change between two runs, such
    as the revision of the series.
    """

    def __init__(self, session: Session, renderings: Renderings | None = None) -> None:
        self._session = session
        self._renderings = Renderings() if renderings is None else renderings

    def render(
        self,
        kind: str,
        language: str,
        context: Callable[[], Mapping[str, Any]],
        *,
        key: Hashable,
        subjects: Sequence[str],
        sender_name: str,
        name: str = "",
        wording_of: int | None = None,
    ) -> Rendered:
        """Return what `mail.render.render` would return for this reader, rendered once for all with the same key.

        Args:
            kind: as `enqueue` takes it.
            language: the reader's.
            context: returns what the templates need, with this reader's marks; only called for the first of a key.
                `sender_name` and `reader_name` are put in here.
            key: all that the context depends on, but for `subjects` and `name`.
            subjects: random ids whose marks stand in the context, in the same order for every reader.
            sender_name: as `enqueue` takes it.
            name: what the reader calls themselves, where the message may say it.
            wording_of: id of the series whose own wording is used; None for a neutral message: the product's.

        Raises:
            StrayLinkError: the rendering holds a mark of none of `subjects`.
        """
        sender, name = sender_of(sender_name), clean_line(name)
        own = None
        if wording_of is not None:
            own = own_text(self._session, series_id=wording_of, kind=kind, language=language)
        found = self._renderings.found
        whole = (kind, language, sender, own, bool(name), len(subjects), key)
        if whole not in found:
            if len(found) >= KEPT:
                found.clear()
            values = {**context(), "sender_name": sender, "reader_name": self._renderings.somebody if name else ""}
            found[whole] = self._cut(render(kind, language, values, own=own), subjects)
        pieces = found[whole]
        if pieces is None:
            return render(kind, language, {**context(), "sender_name": sender, "reader_name": name}, own=own)
        return _fill(pieces, subjects, name)

    def _cut(self, rendered: Rendered, subjects: Sequence[str]) -> tuple[_Pieces, _Pieces, _Pieces] | None:
        """Return the three parts without what is the reader's own; None where that cannot be told apart."""
        if strays := {one for part in rendered for one in links.subjects_in(part)} - set(subjects):
            raise StrayLinkError(f"links of {len(strays)} others")
        if len(rendered.subject) >= MAX_SUBJECT:
            return None  # cut off at its end, perhaps within the name
        subject, text, html = (_Pieces(part, [*subjects, self._renderings.somebody]) for part in rendered)
        return subject, text, html


def _fill(pieces: tuple[_Pieces, _Pieces, _Pieces], subjects: Sequence[str], name: str) -> Rendered:
    subject, text, html = pieces
    # The name comes last among what stands for something, and few texts say it.
    clean = unlinked(name) if any(part.highest == len(subjects) for part in pieces) else ""
    plain = [*subjects, clean]
    return Rendered(subject.fill(plain)[:MAX_SUBJECT], text.fill(plain), html.fill([*subjects, str(escape(clean))]))


class _Pieces:
    """A text cut where something of the reader's own stands."""

    def __init__(self, text: str, stands: Sequence[str]) -> None:
        found = re.split(f"({'|'.join(map(re.escape, stands))})", text)
        self._texts = found
        self._holes = [(place, stands.index(found[place])) for place in range(1, len(found), 2)]
        self.highest = max((number for _place, number in self._holes), default=-1)

    def fill(self, values: Sequence[str]) -> str:
        """Return the text with the values in the order of what stood for them."""
        texts = self._texts.copy()
        for place, number in self._holes:
            texts[place] = values[number]
        return "".join(texts)
