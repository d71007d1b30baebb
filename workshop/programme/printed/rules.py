"""Floor language, help with translation and the Rule, as sentences say them (named for the Rule)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from workshop.programme.printed.draft import Draft, Found
from workshop.programme.printed.repairing import mend
from workshop.programme.printed.runs import Run
from workshop.programme.printed.tongues import tongue_of

_NAMES = {"anglais": "en", "english": "en", "français": "fr", "francais": "fr", "french": "fr"}
_FLOOR = re.compile(
    r"(?:propos[ée]+e?s?|tenue?s?|tiendra|"
    r"donnée?s?|d[ée]roulera|held|proposed|offered|conducted|run|given|take place) "
    r"(?:en|in) (?P<language>anglais|fran[çc]ais|english|french)\b"
    r"|(?:langues?|languages?)(?: [^:]{1,30})?\s*: (?P<said>anglais|fran[çc]ais|english|french)\b"
    r"(?! ?[,/&]| et | and )",
    re.IGNORECASE,
)
_HELP = re.compile(
    r"\b(?:traductions?|interpr[ée]tation simultan|interpr[ée]tation (?:vers|en|into|from)|translations?|"
    r"simultaneous interpret|interpreted)",
    re.IGNORECASE,
)
_RULE = re.compile(r"chatham[ -]house", re.IGNORECASE)
_TALK = re.compile(r"discussion|débat|debate|échange", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?]) (?=[A-ZÀ-Þ«“])")
_LONGEST = 600


def read_rules(draft: Draft, paragraphs: Iterable[Run]) -> None:
    """Add what single sentences say to a draft."""
    floors: list[Found] = []
    for sentence in _sentences(paragraphs):
        floors += [
            _found(_NAMES[(match["language"] or match["said"]).lower()], sentence)
            for match in _FLOOR.finditer(sentence.text)
        ]
        if _HELP.search(sentence.text):
            language = tongue_of(sentence.text)
            words = mend(sentence) if language == "fr" else sentence
            draft.interpretation.setdefault(language, _found(words.text, words, is_sure=False))
        if _RULE.search(sentence.text) and (draft.level is None or not draft.level.is_sure):
            draft.level = _found("discussion", sentence, is_sure=_TALK.search(sentence.text) is not None)
    if floors:
        is_sure = len({one.value for one in floors}) == 1
        first = floors[0]
        draft.floor_language = Found(value=first.value, start=first.start, end=first.end, is_sure=is_sure)
    _read_monolingual(draft)


def _found(value: str, run: Run, *, is_sure: bool = True) -> Found:
    return Found(value=value, start=run.start, end=run.end, is_sure=is_sure)


def _sentences(paragraphs: Iterable[Run]) -> Iterable[Run]:
    for run in paragraphs:
        places = [0, *(match.start() for match in _SENTENCE.finditer(run.text)), len(run.text)]
        for start, end in pairwise(places):
            if end - start <= _LONGEST:
                yield run.cut(start, end)


def _read_monolingual(draft: Draft) -> None:
    """Note, not as sure, that all texts are in one language."""
    texts: Sequence[dict[str, Found]] = (
        draft.title, draft.abstract, *draft.objectives, *(section.title for section in draft.sections),
        *(item.title for section in draft.sections for item in section.items),
    )  # fmt: skip
    languages = {language for text in texts for language in text}
    if len(languages) == 1 and "" not in languages and draft.title:
        language = languages.pop()
        draft.monolingual = Found(
            value=language, start=draft.title[language].start, end=draft.title[language].end, is_sure=False
        )
