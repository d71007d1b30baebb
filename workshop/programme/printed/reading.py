"""Reading a whole announcement (named for its act): its parts in turn, each value with its passage."""

from __future__ import annotations

import re
from collections.abc import Sequence

from workshop.core.folding import fold
from workshop.programme.printed.draft import Draft, Found, FoundPartner, FoundPerson, FoundSection
from workshop.programme.printed.heading_lines import Head
from workshop.programme.printed.headings import LABEL, QUOTED, Line, Part, is_footnote, part_of, read_lines
from workshop.programme.printed.names import read_people
from workshop.programme.printed.programme import read_programme
from workshop.programme.printed.repairing import words_of
from workshop.programme.printed.rules import read_rules
from workshop.programme.printed.runs import Run, lines_of
from workshop.programme.printed.texts import Weaver, goes_on, is_other, main_tongue, paragraphs, runs_of
from workshop.programme.printed.tongues import tongue_of

MAXIMUM_CHARACTERS = 100_000
"""What is longer is no announcement: only its beginning is read."""
_TOGETHER = re.compile(
    r"(?P<role>en (?:coopération|partenariat|collaboration) avec|in (?:co-?operation|partnership|collaboration) with)"
    r"\s+(?:the |le |la )?(?P<name>.{2,200})",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[.!?](?= [A-ZÀ-Þ«“])")
_SEMICOLON = re.compile(r" ?;(?: |$)")


def read_announcement(text: str, *, known: Sequence[str] = ()) -> Draft:
    """Return what an announcement says.

    Args:
        text: as pasted, or as taken out of a scanned file.
        known: texts of the series itself, such as its title, which are no title of the session.
    """
    lines = read_lines(lines_of(text[:MAXIMUM_CHARACTERS]))
    weaver = Weaver(words_of(line.run for line in lines))
    is_french = any(tongue_of(line.run.text) == "fr" for line in lines)
    head = Head(weaver, is_french=is_french, known=frozenset(fold(one) for one in known if one))
    reader = _Reader(weaver, head)
    for part, inside in _parts(lines):
        reader.read(part, inside)
    head.settle(reader.draft)
    reader.settle()
    read_rules(reader.draft, [weaver.join(runs_of(one)) for one in paragraphs(lines)])
    return reader.draft


def _parts(lines: Sequence[Line]) -> list[tuple[Part, list[Line]]]:
    """Return the lines by part, in their order; a moderator's line stands within another part."""
    found: list[tuple[Part, list[Line]]] = [(Part.HEAD, [])]
    outer, named = Part.HEAD, ""
    for line in lines:
        begun = part_of(line)
        if begun is not None:
            part, rest = begun
            outer = outer if part is Part.MODERATOR else part
            found.append((part, [Line(rest, "", after_gap=False)] if rest.text else []))
            continue
        label = _label_of(line)
        if label and not named:
            named = label
        elif label.isalpha() and outer in {Part.HEAD, Part.ABSTRACT}:
            outer = Part.ABSTRACT
            found.append((outer, []))
            continue
        elif _is_twin(named, label):
            outer = Part.HEAD
            found.append((outer, [line]))
            continue
        part, inside = found[-1]
        if part is Part.MODERATOR and inside and (line.bullet or line.after_gap or not goes_on(inside[-1].run, line)):
            found.append((outer, [line]))
        else:
            inside.append(line)
    return found


def _label_of(line: Line) -> str:
    """Return the name of the session that begins a line: `atelier 4`, or `workshop` before quotation marks."""
    match = LABEL.match(line.run.text[:400])
    if match is None or line.bullet:
        return ""
    if match["number"]:
        return f"{match['kind']} {int(match['number'])}".lower()
    return match["kind"].lower() if QUOTED.match(line.run.text, match.end()) else ""


def _is_twin(named: str, label: str) -> bool:
    """Whether a name is the other language's of the same session: `Workshop 4` behind `Atelier 4`."""
    one, _, number = named.partition(" ")
    other, _, same = label.partition(" ")
    return bool(number) and number == same and one != other


class _Reader:
    """Gathers what the parts say."""

    def __init__(self, weaver: Weaver, head: Head) -> None:
        self.weaver = weaver
        self.head = head
        self.draft = Draft()
        self.abstracts: dict[str, list[Found]] = {}
        self.lists: list[list[dict[str, Found]]] = []
        self.programmes: list[list[FoundSection]] = []

    def read(self, part: Part, lines: list[Line]) -> None:
        """Read one part."""
        if not lines:
            return
        if part is Part.HEAD:
            self.read_abstract(self.head.read(lines))
        elif part is Part.ABSTRACT:
            self.read_abstract(lines)
        elif part is Part.OBJECTIVES:
            self.read_objectives(lines)
        elif part is Part.PROGRAMME:
            self.programmes.append(read_programme(lines, self.weaver))
        elif part is Part.MODERATOR:
            self.draft.moderators += read_people(self.weaver.join(runs_of(lines)))
        else:
            self.read_committee(lines)

    def read_abstract(self, lines: Sequence[Line]) -> None:
        """Keep paragraphs by their language, but for the Rule's footnote."""
        language = ""
        for inside in paragraphs(lines):
            run = self.weaver.join(runs_of(inside))
            if is_footnote(run.text):
                continue
            language = main_tongue(run, language)
            self.abstracts.setdefault(language, []).append(self.weaver.text(language, run))

    def read_objectives(self, lines: Sequence[Line]) -> None:
        """Keep objectives, each with its languages."""
        entries: list[dict[str, Found]] = []
        has_bullets = any(line.bullet for line in lines)
        for runs, is_bulleted in _entries(lines, self.weaver, has_bullets=has_bullets):
            texts = self.weaver.texts(runs, is_title=False)
            if not is_bulleted and entries and is_other(entries[-1], texts):
                entries[-1].update(texts)
            elif texts:
                entries.append(texts)
        self.lists.append(entries)

    def read_committee(self, lines: Sequence[Line]) -> None:
        """Keep the committee, and with whom the session is made."""
        blocks: list[list[Line]] = []
        for line in lines:
            ends = blocks and blocks[-1][-1].run.text[-1:] in {";", "."}
            if blocks and not line.bullet and not (ends and line.run.text[:1].isupper()):
                blocks[-1].append(line)
            else:
                blocks.append([line])
        for inside in blocks:
            run = self.weaver.join(runs_of(inside))
            match = _TOGETHER.match(run.text[:300])
            if match is None:
                self.draft.committee += [one for one in read_people(run) if one.name.is_sure or len(blocks) > 1]
            else:
                self.draft.partners.append(_partner(run, match))

    def settle(self) -> None:
        """Put together what stood in several places."""
        for language, found in self.abstracts.items():
            self.draft.abstract[language] = Found(
                value="\n\n".join(one.value for one in found),
                start=found[0].start,
                end=found[-1].end,
                is_sure=bool(language),
                is_rough=any(one.is_rough for one in found),
            )
        self.draft.objectives = _merge_lists(self.lists)
        self.draft.moderators = _each_once(self.draft.moderators)
        self.draft.committee = _each_once(self.draft.committee)
        self.draft.sections = _merge_programmes(self.programmes)


def _each_once(people: Sequence[FoundPerson]) -> list[FoundPerson]:
    """Return people without those named again, in the other language's text."""
    return list({fold(one.name.value): one for one in reversed(people)}.values())[::-1]


def _partner(run: Run, match: re.Match[str]) -> FoundPartner:
    name, role = run.cut(*match.span("name")).without(".;,"), run.cut(*match.span("role"))
    language = "fr" if match["role"].lower().startswith("en ") else "en"
    return FoundPartner(
        name=Found(value=name.text, start=name.start, end=name.end),
        role=Found(value=role.text, start=role.start, end=role.end),
        language=language,
    )


def _entries(lines: Sequence[Line], weaver: Weaver, *, has_bullets: bool) -> list[tuple[list[Run], bool]]:
    """Return the lines of each objective, and whether a bullet begins it.

    Without bullets a semicolon ends one, and what stands behind the last one's sentence is none.
    """
    if has_bullets:
        return [(runs_of(inside), bool(inside[0].bullet)) for inside in paragraphs(lines)]
    found: list[tuple[list[Run], bool]] = []
    for inside in paragraphs(lines):
        run = weaver.join(runs_of(inside))
        if not _SEMICOLON.search(run.text):
            found.append((runs_of(inside), False))
            continue
        places = [0]
        for match in _SEMICOLON.finditer(run.text):
            places += [match.start(), match.end()]
        places.append(len(run.text))
        pieces = [run.cut(start, end) for start, end in zip(places[::2], places[1::2], strict=True)]
        for piece in pieces:
            end = _SENTENCE.search(piece.text)
            whole = piece if end is None else piece.cut(0, end.end())
            found.append(([whole.without(".")], True))
    return found


def _merge_lists(lists: Sequence[list[dict[str, Found]]]) -> list[dict[str, Found]]:
    """Return objectives of two lists of one language each as pairs, where they are equally many."""
    made: list[dict[str, Found]] = []
    for entries in lists:
        pairs = list(zip(made, entries, strict=False))
        if made and len(made) == len(entries) and all(is_other(one, other) for one, other in pairs):
            for one, other in pairs:
                one.update(other)
        else:
            made += entries
    return made


def _merge_programmes(programmes: Sequence[list[FoundSection]]) -> list[FoundSection]:
    """Return a programme that was printed once in each language as one, where both have the same parts."""
    made: list[FoundSection] = []
    for sections in programmes:
        if made and [len(one.items) for one in made] == [len(one.items) for one in sections]:
            for one, other in zip(made, sections, strict=True):
                _take(one.title, other.title)
                for item, twin in zip(one.items, other.items, strict=True):
                    _take(item.title, twin.title)
                    item.speakers = item.speakers or twin.speakers
        else:
            made += sections
    return made


def _take(titles: dict[str, Found], more: dict[str, Found]) -> None:
    for language, found in more.items():
        titles.setdefault(language, found)
