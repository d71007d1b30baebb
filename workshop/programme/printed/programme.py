"""The printed programme: sections, talks, who speaks (named for what it reads)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from workshop.core.folding import fold
from workshop.programme.printed.draft import Found, FoundItem, FoundSection
from workshop.programme.printed.headings import Line
from workshop.programme.printed.names import looks_like_person, read_people
from workshop.programme.printed.runs import Run
from workshop.programme.printed.texts import Weaver, goes_on, is_other, runs_of

_CLOCK = re.compile(
    r"^(\d{1,2}) ?(?:[h:.]) ?(\d\d)?(?: ?(?:[-–—]|à|to) ?\d{1,2} ?[h:.] ?(?:\d\d)?)?(?= |:|$)[ :.–—-]*", re.IGNORECASE
)
_KINDS = (
    ("break", re.compile(r"^(?:pause|break|coffee|tea break|lunch|dejeuner)\b")),
    ("discussion", re.compile(r"^(?:discussions?|debats?|debate|q ?& ?a|questions?)\b")),
    ("panel", re.compile(r"^(?:panel|table ronde|round ?table)\b")),
)
_LONGEST_PERSON = 600


@dataclass(slots=True)
class _Block:
    lines: list[Line]
    is_person: bool = False

    @property
    def bullet(self) -> str:
        return self.lines[0].bullet


def read_programme(lines: Sequence[Line], weaver: Weaver) -> list[FoundSection]:
    """Return the sections that these lines print."""
    blocks = _blocks(lines)
    has_bullets = any(block.bullet and not block.is_person for block in blocks)
    sections: list[FoundSection] = []
    item: FoundItem | None = None
    for index, block in enumerate(blocks):
        if block.is_person:
            if item is None:
                item = _new_item(sections, FoundItem())
            item.speakers += read_people(weaver.join(runs_of(block.lines)))
            continue
        starts, runs = _without_clock(runs_of(block.lines))
        title = weaver.texts(runs)
        if not title:
            continue
        follower = blocks[index + 1] if index + 1 < len(blocks) else None
        is_item = bool(block.bullet) if has_bullets else (follower is not None and follower.is_person)
        if not block.bullet and sections and not starts and _goes_with(sections[-1], item, title):
            continue
        if is_item or starts or (not block.bullet and _kind(title) != "talk"):
            item = _add_item(sections, item, title, starts)
        else:
            item = None
            sections.append(FoundSection(title=title))
    return [section for section in sections if section.title or section.items]


def _goes_with(section: FoundSection, item: FoundItem | None, title: dict[str, Found]) -> bool:
    """Whether a title without a bullet is the other language of the section or talk before it; it is then taken."""
    target = section.title if item is None and not section.items else item.title if item and not item.speakers else None
    if target is None or not is_other(target, title):
        return False
    target.update(title)
    return True


def _add_item(
    sections: list[FoundSection], before: FoundItem | None, title: dict[str, Found], starts: str
) -> FoundItem:
    if before is not None and not before.speakers and not starts and is_other(before.title, title):
        before.title.update(title)
        return before
    made = FoundItem(title=title, kind=_kind(title), starts=starts)
    return _new_item(sections, made)


def _new_item(sections: list[FoundSection], item: FoundItem) -> FoundItem:
    if not sections:
        sections.append(FoundSection())
    sections[-1].items.append(item)
    return item


def _kind(title: dict[str, Found]) -> str:
    for found in title.values():
        words = fold(found.value[:40])
        for kind, pattern in _KINDS:
            if pattern.match(words):
                return kind
    return "talk"


def _without_clock(runs: list[Run]) -> tuple[str, list[Run]]:
    """Return HH:MM where the first line begins with a time, and the lines without it."""
    match = _CLOCK.match(runs[0].text[:40])
    if match is None or int(match[1]) > 23 or int(match[2] or 0) > 59:  # noqa: PLR2004 (a day, an hour)
        return "", runs
    return f"{int(match[1]):02}:{int(match[2] or 0):02}", [runs[0].cut(match.end()), *runs[1:]]


def _blocks(lines: Sequence[Line]) -> list[_Block]:
    """Return what belongs together: a title in both its languages, or somebody with where they work."""
    speaking = _speaking_bullets(lines)
    blocks: list[_Block] = []
    for line in lines:
        is_person = line.bullet in speaking if line.bullet else False
        is_person = is_person or (len(line.run.text) < _LONGEST_PERSON and looks_like_person(line.run.text))
        last = blocks[-1] if blocks else None
        if last is None or line.bullet or _CLOCK.match(line.run.text[:40]):
            blocks.append(_Block([line], is_person))
        elif goes_on(last.lines[-1].run, line):
            last.lines.append(line)
        elif line.after_gap or is_person or last.is_person:
            blocks.append(_Block([line], is_person))
        else:
            last.lines.append(line)
    return blocks


def _speaking_bullets(lines: Sequence[Line]) -> frozenset[str]:
    """Return the sorts of bullets that only people have."""
    sorts = {line.bullet for line in lines if line.bullet}
    people = {sort for sort in sorts if all(looks_like_person(line.run.text) for line in lines if line.bullet == sort)}
    return frozenset(people if people != sorts else people & {"o"}) | frozenset({"o"} & sorts)
