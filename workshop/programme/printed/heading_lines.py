"""What stands above everything else: name, titles, day and hours (named for what it reads)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from workshop.core.folding import fold
from workshop.programme.printed.draft import Draft, Found
from workshop.programme.printed.headings import LABEL, QUOTED, Line
from workshop.programme.printed.runs import Run
from workshop.programme.printed.texts import Weaver, paragraphs, runs_of
from workshop.programme.printed.times import When, read_when
from workshop.programme.printed.tongues import split_pair

_WORDS = {
    "atelier": ("fr", "Atelier"), "workshop": ("en", "Workshop"), "séance": ("fr", "Séance"),
    "seance": ("fr", "Séance"),
    "session": ("", "Session"), "webinaire": ("fr", "Webinaire"), "webinar": ("en", "Webinar"),
    "séminaire": ("fr", "Séminaire"), "seminaire": ("fr", "Séminaire"), "seminar": ("en", "Seminar"),
    "rencontre": ("fr", "Rencontre"), "meeting": ("en", "Meeting"), "conférence": ("fr", "Conférence"),
    "conference": ("en", "Conference"),
}  # fmt: skip
_OTHER = {"Atelier": "Workshop", "Séance": "Session", "Webinaire": "Webinar", "Séminaire": "Seminar",
          "Rencontre": "Meeting", "Conférence": "Conference"}  # fmt: skip
_ALSO = _OTHER | {english: french for french, english in _OTHER.items()}
_BESIDE = 30
"""Characters beside a date that are still the date's line."""
_PROSE = 250
"""Characters from which a paragraph of the head that ends as a sentence is no title."""


class Head:
    """Reads the lines above the first heading."""

    def __init__(self, weaver: Weaver, *, is_french: bool, known: frozenset[str]) -> None:
        """Read with the words of the announcement; `known` are folded texts of the series."""
        self.weaver = weaver
        self.is_french = is_french
        self.known = known
        self.before: list[Line] = []
        self.titles: list[Line] = []
        self.whens: list[When] = []
        self.labels: list[tuple[re.Match[str], Run]] = []
        self.shorts: list[Run] = []
        self.rests: list[Run] = []

    def read(self, lines: Sequence[Line]) -> list[Line]:
        """Read lines; returns those that are prose: the abstract of an announcement without headings."""
        prose: list[Line] = []
        for inside in paragraphs(lines):
            kept: list[Line] = []
            for line in inside:
                had_label = bool(self.labels)
                if not self._take(line):
                    kept.append(line)
                elif self.labels and not had_label:
                    self.before += kept
                    kept = []
            run = self.weaver.join(runs_of(kept))
            if len(run.text) > _PROSE and run.text.rstrip('»”" ').endswith((".", "!", "?")):
                prose += kept
            elif not self.labels and not self.whens:
                self.before += kept
            else:
                self.titles += kept
        return prose

    def _take(self, line: Line) -> bool:
        """Whether a line is the name, the day or the hours, or no part of the session; it is then kept."""
        text = line.run.text
        folded = fold(text[:400]).strip(" /–—-|")
        if any(folded == one or (len(folded) > 5 and folded in one) for one in self.known):  # noqa: PLR2004 (characters)
            return True
        if self.known and all(fold(run.text) in self.known for _, run in split_pair(line.run)):
            return True
        match = LABEL.match(text[:400])
        is_new = match is not None and all(match["kind"].lower() != one["kind"].lower() for one, _ in self.labels)
        if match and is_new and (match["number"] or QUOTED.match(text, match.end())):
            self._name(line, match)
            return True
        when = read_when(line.run, is_french=self.is_french)
        if (when.date or when.starts or when.zone) and len(when.rest) <= _BESIDE:
            self.whens.append(when)
            return True
        return False

    def _name(self, line: Line, match: re.Match[str]) -> None:
        self.labels.append((match, line.run))
        quoted = QUOTED.match(line.run.text, match.end())
        rest = line.run.cut(match.end())
        if quoted:
            self.shorts.append(line.run.cut(*quoted.span("text")))
            rest = line.run.cut(quoted.end()).without("—–-:|/.")
        when = read_when(rest, is_french=self.is_french)
        if when.date and len(when.rest) <= _BESIDE:
            self.whens.append(when)
            return
        if rest.text:
            self.rests.append(rest)

    def settle(self, draft: Draft) -> None:
        """Write all that was found."""
        self._settle_label(draft)
        self._settle_titles(draft)
        for field in ("date", "starts", "ends", "zone"):
            found = [getattr(when, field) for when in self.whens if getattr(when, field)]
            setattr(draft, field, _agreed(found))

    def _settle_label(self, draft: Draft) -> None:
        for match, run in self.labels:
            if match["number"] is not None:
                self._say_label(draft, match, run)
        if len(draft.label) == 1:
            language, found = next(iter(draft.label.items()))
            word, _, number = found.value.partition(" ")
            if other := _ALSO.get(word):
                # Nobody wrote it: it is offered, and not filled in.
                draft.label["en" if language == "fr" else "fr"] = Found(
                    value=f"{other} {number}", start=found.start, end=found.end, is_sure=False
                )

    @staticmethod
    def _say_label(draft: Draft, match: re.Match[str], run: Run) -> None:
        place = run.cut(*match.span("number"))
        draft.number = draft.number or Found(value=str(int(place.text)), start=place.start, end=place.end)
        start, end = run.cut(match.start("kind"), match.end("number")).start, place.end
        for said in filter(None, (match["kind"], match["other"], match["twin"])):
            language, word = _WORDS[said.lower()]
            language = language or ("fr" if "en" in draft.label else "en")
            found = Found(value=f"{word} {draft.number.value}", start=start, end=end)
            draft.label.setdefault(language, found)

    def _settle_titles(self, draft: Draft) -> None:
        lines, rests = runs_of(self.titles), list(self.rests)
        if not self.shorts and rests and lines:
            self.shorts, rests = rests, []
        for run in self.shorts:
            for language, found in self._short(run).items():
                draft.short_title.setdefault(language, found)
        if rests or lines:
            draft.title = self.weaver.texts([*rests, *lines])
        elif self.before:
            draft.title = {
                language: Found(value=one.value, start=one.start, end=one.end, is_sure=False, is_rough=one.is_rough)
                for language, one in self.weaver.texts(runs_of(self.before)).items()
            }

    def _short(self, run: Run) -> dict[str, Found]:
        return {
            language: self.weaver.text(language, piece.without('«»“”"/'), is_title=True)
            for language, piece in split_pair(run)
        }


def _agreed(found: Sequence[Found]) -> Found | None:
    """Return the one value that is said; not sure where several are."""
    sure = [one for one in found if one.is_sure] or list(found)
    if not sure:
        return None
    first = sure[0]
    is_sure = first.is_sure and len({one.value for one in sure}) == 1
    return Found(value=first.value, start=first.start, end=first.end, is_sure=is_sure)
