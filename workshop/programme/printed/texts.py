"""Lines made into texts of one language each (named for what it makes)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from workshop.programme.printed.draft import Found
from workshop.programme.printed.headings import Line
from workshop.programme.printed.repairing import is_rough, mend
from workshop.programme.printed.runs import Run
from workshop.programme.printed.tongues import join_lines, split_lines, tongue_of
from workshop.programme.printed.words import EVERYWHERE

_UNFINISHED = re.compile(
    r"(?:[,&/(«–—-]|(?:^| )(?:of|the|and|on|in|for|to|de|du|des|la|le|les|et|en|sur|pour|d['’]|l['’]|au|aux|a|à))$",
    re.IGNORECASE,
)


class Weaver:
    """Makes texts of lines; knows the words that stand whole in the announcement."""

    def __init__(self, words: frozenset[str]) -> None:
        """Keep the words, in lower case."""
        self.words = words

    def join(self, lines: Sequence[Run]) -> Run:
        """Return broken lines as one."""
        return join_lines(lines, self.words)

    def text(self, language: str, run: Run, *, is_title: bool = False) -> Found:
        """Return a text; one whose language nobody can tell is not sure."""
        run = run.without(";")
        if is_title:
            run = run.without(",")
            if run.text.endswith(".") and not run.text.endswith(".."):
                run = run.cut(0, len(run.text) - 1)
        if language == "fr":
            run = mend(run)
        return Found(
            value=run.text,
            start=run.start,
            end=run.end,
            is_sure=bool(language),
            is_rough=is_rough(run.text, language),
        )

    def texts(self, lines: Sequence[Run], *, is_title: bool = True) -> dict[str, Found]:
        """Return the languages of lines that stand together; of what stands twice in one, the first."""
        made: dict[str, Found] = {}
        for language, run in split_lines(lines, self.words):
            if not run.text.strip(" .,;:"):
                continue
            if not language and run.text.strip(" .").lower() in EVERYWHERE:
                return {code: self.text(code, run, is_title=is_title) for code in ("fr", "en")}
            found = self.text(language, run, is_title=is_title)
            before = made.get(language)
            made[language] = found if before is None else _longer(before, found)
        return made


def _longer(before: Found, after: Found) -> Found:
    """Return two texts of one language as one that is not sure."""
    return Found(
        value=f"{before.value} {after.value}", start=before.start, end=after.end, is_sure=False,
        is_rough=before.is_rough or after.is_rough,
    )  # fmt: skip


def goes_on(before: Run, line: Line) -> bool:
    """Whether a line goes on with the one before it, whatever stands between them."""
    if line.bullet:
        return False
    first = line.run.text.lstrip("«“\"'‘(")[:1]
    if first.islower() or before.text.endswith(","):
        return True
    return not line.after_gap and _UNFINISHED.search(before.text[-12:]) is not None


def paragraphs(lines: Iterable[Line]) -> list[list[Line]]:
    """Return lines in paragraphs: a gap ends one unless the next line goes on in small letters."""
    found: list[list[Line]] = []
    for line in lines:
        is_new = line.after_gap or bool(line.bullet)
        if found and (not is_new or goes_on(found[-1][-1].run, line)):
            found[-1].append(line)
        else:
            found.append([line])
    return found


def is_other(titles: dict[str, Found], more: dict[str, Found]) -> bool:
    """Whether texts are the other language of what stands before them."""
    return bool(titles) and bool(more) and "" not in titles and "" not in more and not titles.keys() & more.keys()


def runs_of(lines: Iterable[Line]) -> list[Run]:
    """Return the texts of lines."""
    return [line.run for line in lines]


def main_tongue(run: Run, otherwise: str = "") -> str:
    """Return the language of a paragraph."""
    return tongue_of(run.text) or otherwise
