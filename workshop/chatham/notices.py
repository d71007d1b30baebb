"""Wording of record. A file of its own, beside the closed set: notices are data, versioned and never edited.

A new wording is a new version; what somebody acknowledged stays as they read it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from workshop.chatham.rule import Level
from workshop.core.localized import Localized

if TYPE_CHECKING:
    from collections.abc import Mapping


NONE: Final = Localized()


@dataclass(frozen=True, slots=True)
class Notice:
    """What is read before a session at a level; `box` is the sentence to tick, None where nothing is asked."""

    level: Level
    version: int
    text: Localized
    box: Localized | None
    own_sentence: Localized = NONE
    """The organisers' own, shown after the text, which it cannot change; empty for none."""
    own_version: int = 0
    """Of that sentence; 0 for none."""

    @property
    def id(self) -> str:
        """What a form carries to say which notice it showed: `discussion.1`, `discussion.1.2` with own sentence 2."""
        words = f"{self.level.value}.{self.version}"
        return f"{words}.{self.own_version}" if self.own_version else words


@dataclass(frozen=True, slots=True)
class Explanation:
    """A level in plain words: what it is for, what one may do, what one may not."""

    level: Level
    summary: Localized
    may: Localized
    may_not: Localized


LABELS: Final[Mapping[Level, Localized]] = {
    Level.ON_THE_RECORD: Localized({"fr": "Propos attribuables", "en": "On the record"}),
    Level.DISCUSSION: Localized({"fr": "Discussion sous la règle", "en": "Discussion under the Rule"}),
    Level.WHOLE_SESSION: Localized({"fr": "Toute la séance sous la règle", "en": "Whole session under the Rule"}),
    Level.CLOSED: Localized({"fr": "Huis clos", "en": "Closed"}),
}

_SIGNS: Final[Mapping[Level, tuple[str, str]]] = {
    Level.ON_THE_RECORD: ("ring", "○"),
    Level.DISCUSSION: ("half", "◐"),
    Level.WHOLE_SESSION: ("disc", "●"),
    Level.CLOSED: ("square", "■"),
}

_BOX_1: Final = Localized(
    {"fr": "J’ai lu cette règle et je la respecterai.", "en": "I have read this and will respect it."}
)

_TEXTS_1: Final[Mapping[Level, Localized]] = {
    Level.ON_THE_RECORD: Localized(
        {
            "fr": (
                "Ce que disent les personnes qui interviennent peut être cité avec leur nom ; ce que disent "
                "les autres, seulement avec leur accord. Vous pouvez poser une question sans donner votre "
                "nom."
            ),
            "en": (
                "What the speakers say may be quoted with their names; what others say, only if they agree. "
                "You may ask a question without giving your name."
            ),
        }
    ),
    Level.DISCUSSION: Localized(
        {
            "fr": (
                "Les discussions de cette séance se déroulent sous la règle de Chatham House : vous pouvez "
                "utiliser les informations reçues, sans révéler l’identité ni l’affiliation de la personne "
                "qui les a données, ni celles d’aucune autre personne présente. Ce qui se dit est rapporté en "
                "termes généraux et n’est attribué à aucune personne ni à aucune institution. Les noms "
                "inscrits au programme sont publics. Rien ne vous oblige à représenter votre organisation ni "
                "à donner votre nom : un pseudonyme suffit. Ni enregistrement, ni capture d’écran, ni outil "
                "automatique de prise de notes pendant la discussion."
            ),
            "en": (
                "The discussions of this session are held under the Chatham House Rule: you may use the "
                "information you receive, but you may not reveal the identity or the affiliation of whoever "
                "gave it, or those of anyone else taking part. What is said is reported in general terms and "
                "attributed to no person and no institution. The names printed in the programme are public. "
                "You need not represent your organisation or give your name: an alias is enough. No "
                "recording, screenshots or automatic note-taking during the discussion."
            ),
        }
    ),
    Level.WHOLE_SESSION: Localized(
        {
            "fr": (
                "Toute cette séance se déroule sous la règle de Chatham House : vous pouvez utiliser les "
                "informations reçues, sans révéler l’identité ni l’affiliation de la personne qui les a "
                "données, ni celles d’aucune autre personne présente, y compris des personnes qui "
                "interviennent. Leurs noms ne figurent que sur votre page personnelle : ne les diffusez pas. "
                "Ce qui se dit est rapporté en termes généraux et n’est attribué à aucune personne ni à "
                "aucune institution. Rien ne vous oblige à représenter votre organisation ni à donner votre "
                "nom : un pseudonyme suffit. Ni enregistrement, ni capture d’écran, ni outil automatique de "
                "prise de notes pendant la séance."
            ),
            "en": (
                "The whole of this session is held under the Chatham House Rule: you may use the information "
                "you receive, but you may not reveal the identity or the affiliation of whoever gave it, or "
                "those of anyone else taking part, including the speakers. Their names appear on your "
                "personal page only: do not pass them on. What is said is reported in general terms and "
                "attributed to no person and no institution. You need not represent your organisation or give "
                "your name: an alias is enough. No recording, screenshots or automatic note-taking during the "
                "session."
            ),
        }
    ),
    Level.CLOSED: Localized(
        {
            "fr": (
                "Cette séance se tient à huis clos : rien de ce qui s’y dit ne peut être utilisé ni répété, "
                "et son existence même n’est connue que des personnes invitées. Un pseudonyme suffit. Ni "
                "enregistrement, ni capture d’écran, ni outil automatique de prise de notes."
            ),
            "en": (
                "This is a closed session: nothing said in it may be used or repeated, and only those invited "
                "know that it takes place. An alias is enough. No recording, screenshots or automatic "
                "note-taking."
            ),
        }
    ),
}

_NOTICES: Final[Mapping[tuple[Level, int], Notice]] = {
    (level, 1): Notice(level, 1, text, None if level is Level.ON_THE_RECORD else _BOX_1)
    for level, text in _TEXTS_1.items()
}

_EXPLANATIONS: Final[Mapping[Level, Explanation]] = {
    Level.ON_THE_RECORD: Explanation(
        level=Level.ON_THE_RECORD,
        summary=Localized(
            {
                "fr": "Les interventions peuvent être citées avec le nom de qui parle.",
                "en": "Talks may be quoted with the names of those who give them.",
            }
        ),
        may=Localized(
            {
                "fr": (
                    "Citer ce que disent les personnes qui interviennent, avec leur nom. Citer les autres quand "
                    "elles l’acceptent."
                ),
                "en": "Quote the speakers with their names. Quote anyone else who agrees to it.",
            }
        ),
        may_not=Localized(
            {
                "fr": (
                    "Nommer une personne du public sans son accord. Une question peut se poser sans donner son nom."
                ),
                "en": "Name someone in the audience who has not agreed. Questions may be asked without a name.",
            }
        ),
    ),
    Level.DISCUSSION: Explanation(
        level=Level.DISCUSSION,
        summary=Localized(
            {
                "fr": "Le programme et ses noms sont publics ; la discussion est sous la règle de Chatham House.",
                "en": "The programme and its names are public; the discussion is under the Chatham House Rule.",
            }
        ),
        may=Localized(
            {
                "fr": "Utiliser et rapporter ce que l’on apprend, en termes généraux. Dire qui figure au programme.",
                "en": "Use and report what you learn, in general terms. Say who is on the programme.",
            }
        ),
        may_not=Localized(
            {
                "fr": (
                    "Révéler qui a dit quoi dans la discussion, ou pour quelle organisation, ou qui y prenait "
                    "part. Enregistrer, faire des captures d’écran, laisser un outil prendre des notes pendant la "
                    "discussion."
                ),
                "en": (
                    "Reveal who said what in the discussion, or for which organisation, or who took part. Record, "
                    "take screenshots or let a tool take notes during the discussion."
                ),
            }
        ),
    ),
    Level.WHOLE_SESSION: Explanation(
        level=Level.WHOLE_SESSION,
        summary=Localized(
            {
                "fr": "Toute la séance est sous la règle de Chatham House, interventions comprises.",
                "en": "The whole session is under the Chatham House Rule, talks included.",
            }
        ),
        may=Localized(
            {
                "fr": "Utiliser et rapporter ce que l’on apprend, en termes généraux.",
                "en": "Use and report what you learn, in general terms.",
            }
        ),
        may_not=Localized(
            {
                "fr": (
                    "Révéler qui a pris la parole ou participé, ou pour quelle organisation. Transmettre les "
                    "noms qui figurent sur votre page personnelle. Enregistrer, faire des captures d’écran, "
                    "laisser un outil prendre des notes."
                ),
                "en": (
                    "Reveal who spoke, who took part, or for which organisation. Pass on the names shown on your "
                    "personal page. Record, take screenshots or let a tool take notes."
                ),
            }
        ),
    ),
    Level.CLOSED: Explanation(
        level=Level.CLOSED,
        summary=Localized(
            {
                "fr": (
                    "Une séance à huis clos, plus stricte que la règle de Chatham House : seules les personnes "
                    "invitées savent qu’elle a lieu."
                ),
                "en": (
                    "A closed session, stricter than the Chatham House Rule: only those invited know that it "
                    "takes place."
                ),
            }
        ),
        may=Localized(
            {
                "fr": "En parler avec les autres personnes présentes, pendant la séance.",
                "en": "Talk about it with the others present, during the session.",
            }
        ),
        may_not=Localized(
            {
                "fr": (
                    "Utiliser ou répéter quoi que ce soit de ce qui s’y dit. Dire que la séance existe. "
                    "Enregistrer, faire des captures d’écran, laisser un outil prendre des notes."
                ),
                "en": (
                    "Use or repeat anything said in it. Tell anyone that the session exists. Record, take "
                    "screenshots or let a tool take notes."
                ),
            }
        ),
    ),
}


def label(level: Level) -> Localized:
    """The level's name."""
    return LABELS[level]


def level_sign(level: Level) -> str:
    """The shape that stands for the level: ring (open circle), half (half filled), disc (filled) or square (filled)."""
    return _SIGNS[level][0]


def level_character(level: Level) -> str:
    """The same shape as one character, for plain text."""
    return _SIGNS[level][1]


def notice(level: Level, version: int) -> Notice:
    """The notice in that version.

    Raises:
        LookupError: there is no such version.
    """
    try:
        return _NOTICES[level, version]
    except KeyError:
        raise LookupError(f"no notice {level.value} in version {version}") from None


def current_notice(level: Level) -> Notice:
    """The notice in its newest version."""
    return notice(level, max(version for known, version in _NOTICES if known is level))


def with_own_sentence(notice: Notice, sentence: Localized, version: int) -> Notice:
    """The notice followed by the organisers' own sentence in that version; as it is where they have none."""
    return replace(notice, own_sentence=sentence, own_version=version) if sentence else notice


def explanation(level: Level) -> Explanation:
    """The level in plain words, for the page about the Rule."""
    return _EXPLANATIONS[level]
