"""Lines and what begins with them: headings, labels, bullets, and what is no part of an announcement (named for it)."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from itertools import pairwise

from workshop.programme.printed.runs import Run

_BULLET = re.compile(
    r"^(?:([®■•▪▫◦●○·*=»>§+\-–—]+|\(?\d{1,2}[.)]|[a-z]\)|o(?= [A-ZÀ-Þ]))[ =*]+"
    r"|([•▪■●◦®*=]+)(?=[^\W\d_«“\"]))"
)
_KINDS = (
    "atelier|workshop|s[ée]ance|session|webinaire|webinar|s[ée]minaire|seminar|rencontre|meeting|conf[ée]rence|"
    "conference"
)
_SHORT = 200
"""Characters of a line that can be a heading, or noise."""
LABEL = re.compile(
    rf"^[/|–—\- ]*(?P<kind>{_KINDS})[ /]*(?P<other>{_KINDS})?(?: ?(?:n[°o]\.? ?|#))? ?(?P<number>\d{{1,3}})?"
    rf"(?: ?[/|–—-] ?(?P<twin>{_KINDS})(?: ?(?:n[°o]\.? ?|#))? ?(?P=number))?(?!\w)[ :.–—\-|/]*",
    re.IGNORECASE,
)
QUOTED = re.compile(r"[«“\"](?P<text>[^«»“”\"]{2,300})[»”\"]")
_TAIL = (
    r"(?: (?:of the|de l[ae]|de l['’]|du)[^:/]{0,40})?"
    r"(?: ?[/–—|-] ?(?:objecti|program|agenda|comit|organi|mod[ée]r|r[ée]sum|abstract|pr[ée]sent|d[ée]roul)[^:]{0,30})?"
)


class Part(enum.Enum):
    """A part of an announcement."""

    HEAD = enum.auto()
    ABSTRACT = enum.auto()
    OBJECTIVES = enum.auto()
    PROGRAMME = enum.auto()
    MODERATOR = enum.auto()
    COMMITTEE = enum.auto()


def _heading(words: str, *, needs_colon: bool = False) -> re.Pattern[str]:
    end = r"\s*:\s*" if needs_colon else r"\s*(?::\s*|$)"
    return re.compile(rf"^(?:{words}){_TAIL}{end}", re.IGNORECASE)


_HEADINGS = {
    Part.OBJECTIVES: _heading("(?:main |specific )?(?:objectives?|aims?|goals?)|objectifs?(?: principaux)?"),
    Part.PROGRAMME: _heading(
        "(?:draft |provisional |detailed )?(?:programme?|agenda)(?: (?:provisoire|détaillé))?|ordre du jour|"
        "déroulé|déroulement"
    ),
    Part.MODERATOR: _heading(
        "(?:(?:introduction|opening|ouverture) (?:and|et|&) )?(?:moderat(?:ors?|ion|ed by)|"
        "modérat(?:eurs?|rices?|ion)|"
        "moderateurs?|moderatrices?|modéré[es]? par|chair(?:person|ed by)?|présidence|"
        "animation|animée? par|facilitat(?:ors?|ion))",
        needs_colon=True,
    ),
    Part.COMMITTEE: _heading(
        "comit[ée] d['’ ]?organisation|comit[ée] organisateur|organi[sz]ing committee|organi[sz](?:ers|ed by)|"
        "organisateurs|organis[ée]e? par",
    ),
    Part.ABSTRACT: _heading("abstract|résumé|argumentaire|présentation|presentation|background|contexte?|summary"),
}
_INLINE = re.compile(
    r"(?<=[.;!?»”] )(?=(?:(?:Introduction|Opening|Ouverture) (?:and|et|&) )?(?:[Mm]oderat|[Mm]odérat|Objecti|Aims|"
    r"Comité d|Organi[sz]ing committee|Programme?\b)[^.:;]{0,30}:)"
    r"|(?<=[.] )(?=(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|Lundi|Mardi|Mercredi|Jeudi|Vendredi|Samedi|Dimanche)"
    r",? (?:the |le )?\d)"
)
_NOISE = re.compile(
    r"^(?:https?://\S+|www\.\S+|[-–— ]*(?:page |p\. ?)?\d{1,3}(?: ?/ ?\d{1,3})?[-–— ]*|rsvp\b[ /:]*(?:https?://\S+)?|"
    r"[^\w«“\"]*|please see below.{0,60}|(?:la )?version (?:française|anglaise).{0,60}|"
    r"(?:for the )?(?:english|french) version.{0,60}|"
    r"(?:inscriptions?|register|registration|s['’]inscrire)\b.{0,12})$",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(
    r"^(?:[I1l'’¹*]\s+)?(?:Les participants seront libres|Participants (?:are|will be) free|Les participant\W?e\W?s)",
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its bullet taken off."""

    run: Run
    bullet: str
    """Its sign, the same for all of one sort; empty for none."""
    after_gap: bool
    """Whether an empty line, or the end of a page, stands before it."""


def read_lines(raw: list[Run]) -> list[Line]:
    """Return the lines that say something; what stands behind a label in the middle of a line begins one."""
    found: list[Line] = []
    has_gap = True
    for run in raw:
        if not run.text:
            has_gap = True
            continue
        places = [0, *(match.start() for match in _INLINE.finditer(run.text)), len(run.text)]
        for start, end in pairwise(places):
            piece = run.cut(start, end)
            if not piece.text or (len(piece.text) < _SHORT and _NOISE.match(piece.text)):
                has_gap = True
                continue
            match = _BULLET.match(piece.text)
            bullet = "" if match is None else _sort_of(match[1] or match[2])
            found.append(Line(piece if match is None else piece.cut(match.end()), bullet, has_gap))
            has_gap = False
    return [line for line in found if line.run.text]


def _sort_of(sign: str) -> str:
    """Return one sign for bullets that scanners take for each other."""
    if sign == "o" or sign[0] in "◦○":
        return "o"
    if sign[0].isdigit() or sign[0] == "(":
        return "1"
    return "-" if sign[0] in "-–—+>" else "*"


def part_of(line: Line) -> tuple[Part, Run] | None:
    """Return which part a line begins, and what stands behind its heading."""
    text = line.run.text[:_SHORT]
    for part, pattern in _HEADINGS.items():
        match = pattern.match(text)
        if match is None:
            continue
        if part is Part.ABSTRACT and (line.bullet or match.end() < len(text)):
            continue
        return part, line.run.cut(match.end())
    return None


def is_footnote(text: str) -> bool:
    """Whether a paragraph is the Rule's own, which the product says in its own words."""
    return _FOOTNOTE.match(text[:80]) is not None
