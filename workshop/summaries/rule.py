"""Who approves a summary, in which languages it must be, and what the check finds in it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from workshop.chatham.attribution import Finding, Severity
from workshop.chatham.rule import (
    MINIMUM_CELL,
    Audience,
    Disclosure,
    Level,
    Surface,
    disclosure,
    effective_level,
    effective_visibility,
)
from workshop.core.errors import ConflictError, InvalidError
from workshop.core.folding import fold
from workshop.core.localized import Localized
from workshop.programme.models import SpeakerSlot, WorkshopSession
from workshop.programme.view.consents import consents_of
from workshop.summaries.models import SummaryApproval

MINIMUM_SHARED = MINIMUM_CELL
"""A role is shown with a quotation only when so many confirmed participants share it."""
MAXIMUM_QUOTATIONS = 12
REASON_LENGTH = 500

_PROVIDERS = frozenset({
    "aol.com", "bluewin.ch", "free.fr", "gmail.com", "gmx.ch", "gmx.com", "gmx.de", "gmx.fr", "gmx.net",
    "googlemail.com", "hotmail.com", "hotmail.fr", "icloud.com", "laposte.net", "live.com", "live.fr", "mac.com",
    "mail.com", "mailbox.org", "me.com", "msn.com", "neuf.fr", "numericable.fr", "orange.fr", "outlook.com",
    "outlook.fr", "pm.me", "posteo.de", "posteo.net", "proton.me", "protonmail.ch", "protonmail.com", "riseup.net",
    "sfr.fr", "skynet.be", "tutanota.com", "videotron.ca", "wanadoo.fr", "yahoo.ca", "yahoo.co.uk", "yahoo.com",
    "yahoo.fr", "ymail.com",
})  # fmt: skip
"""Domains that say nothing of where somebody works."""
_NO_ORGANISATION = frozenset({
    "activist", "activiste", "anonyme", "anonymous", "artist", "artiste", "association", "aucun", "aucune", "autre",
    "avocat", "avocate", "benevole", "chercheur", "chercheuse", "citizen", "citoyen", "citoyenne", "consultant",
    "consultante", "doctor", "etudiant", "etudiante", "freelance", "independant", "independante", "independent",
    "infirmier", "infirmiere", "journalist", "journaliste", "judge", "juge", "lawyer", "medecin", "militant",
    "militante", "ministere", "ministry", "nobody", "none", "nurse", "other", "personne", "pharmacien",
    "pharmacienne", "pharmacist", "private", "prive", "privee", "psychologist", "psychologue", "researcher",
    "retired", "retraite", "retraitee", "social", "sociologist", "sociologue", "student", "travailleur",
    "universite", "university", "usager", "usagere", "user", "volunteer", "worker",
})  # fmt: skip
"""What people write for an affiliation that names none; as `fold` leaves it."""


class SummaryChangedError(ConflictError):
    """Somebody saved another text since the page was opened; nothing was overwritten."""

    code = "summary_changed"


class SummaryPublishedError(ConflictError):
    """What is published is taken back before it is changed."""

    code = "summary_published"


class SummaryClosedError(ConflictError):
    """Nothing of a closed session is reported."""

    code = "summary_closed"


class SummaryTooEarlyError(ConflictError):
    """Nothing was said yet."""

    code = "summary_too_early"


class OwnSummaryError(ConflictError):
    """Whoever wrote in it does not approve it, and nobody approves twice."""

    code = "own_summary"


class SummaryBlockedError(InvalidError):
    """The attribution check refuses the text, or warns of something for which no reason is given."""

    code = "summary_blocked"


@dataclass(frozen=True, slots=True)
class Checked:
    """A finding of the check, in one of a summary's texts."""

    quotation: int | None
    """Position of the quotation, from 0; None: in the text itself."""
    language: str
    finding: Finding
    severity: Severity
    is_attributable: bool = False
    """Whether it is somebody who may be quoted on a talk that is on the record: a question then, no block."""

    @property
    def key(self) -> str:
        """What a reason is kept under: the same for the same words elsewhere."""
        return self.finding.key


def blocks(found: Iterable[Checked]) -> list[Checked]:
    """Return what forbids publishing."""
    return [one for one in found if one.severity is Severity.BLOCK]


def open_warnings(found: Iterable[Checked], given: Collection[str]) -> list[Checked]:
    """Return the warnings for which no reason is among those given, by their keys."""
    return [one for one in found if one.severity is Severity.WARN and one.key not in given]


def languages_of(workshop_session: WorkshopSession) -> tuple[str, ...]:
    """Return the languages in which a summary must exist."""
    return (workshop_session.monolingual,) if workshop_session.monolingual else workshop_session.series.languages


def approvals_needed(level: Level) -> int:
    """How many people approve a summary; `level` is the strictest of the session and its items.

    From `discussion` up none of them wrote in it (section 6); under `whole_session` a second one reads it too
    (section 3). Raises SummaryClosedError for a closed session.
    """
    if level is Level.CLOSED:
        raise SummaryClosedError
    return 2 if level is Level.WHOLE_SESSION else 1


def may_approve(
    level: Level, organiser_id: int, *, authors: Collection[int], approvers: Collection[int | None]
) -> bool:
    """Whether this organiser may approve the text as it stands."""
    if level is Level.CLOSED or organiser_id in approvers:
        return False
    return level is Level.ON_THE_RECORD or organiser_id not in authors


def is_approved(level: Level, approvals: Collection[SummaryApproval]) -> bool:
    """Whether these approvals carry a summary under this level: an author's own only while it is on the record."""
    if level is Level.CLOSED:
        return False
    counted = [one for one in approvals if level is Level.ON_THE_RECORD or not one.is_own]
    return len(counted) >= approvals_needed(level)


def attributable_slots(workshop_session: WorkshopSession) -> Iterator[tuple[SpeakerSlot, Disclosure]]:
    """Yield the parts of those who may be named on their talk today, with what the Rule lets be told of them."""
    level, _ = effective_level(session=workshop_session.level, series=workshop_session.series.level)
    visibility = effective_visibility(
        series=workshop_session.series.visibility, session=workshop_session.visibility, level=level
    )
    for item in (item for section in workshop_session.sections for item in section.items):
        for slot in item.slots:
            shown = disclosure(
                level=item.level or level,
                within=level,
                visibility=visibility,
                audience=Audience.PARTICIPANT,
                surface=Surface.PERSONAL_PAGE,
                consents=consents_of(slot),
            )
            if shown.may_attribute_talk and shown.speaker_names:
                yield slot, shown


def attributable_marks(workshop_session: WorkshopSession) -> tuple[str, ...]:
    """Return who may be named on their talk today, and with their affiliation: numbers, never names."""
    marks = {
        f"{slot.person_id}{suffix}"
        for slot, shown in attributable_slots(workshop_session)
        for suffix in (("", "+") if shown.speaker_affiliations else ("",))
    }
    return tuple(sorted(marks))


def may_still_name(workshop_session: WorkshopSession, attributable: Collection[str]) -> bool:
    """Whether all whom the last check let be named may be named today: if not, a new check decides first."""
    return not attributable or set(attributable) <= set(attributable_marks(workshop_session))


def names_organisation(affiliation: str) -> bool:
    """Whether an affiliation that somebody typed names an organisation: "student" and "independent" do not."""
    words = set(fold(affiliation).replace(",", " ").split())
    return len(affiliation) > 1 and any(char.isupper() for char in affiliation) and not words <= _NO_ORGANISATION


def domain_of(address: str) -> str:
    """Return the domain of an address; empty where it says nothing of where somebody works."""
    domain = address.rpartition("@")[2].casefold().strip(".")
    return "" if domain in _PROVIDERS else domain


def lacking(text: Localized, languages: Iterable[str]) -> list[str]:
    """Return the languages in which a text must be and is not; one text for several languages is in none of them.

    Nobody writes the same paragraphs in two languages: they were pasted into both.
    """
    wanted = list(languages)
    if not text or (text.is_neutral and len(wanted) > 1):
        return wanted
    return text.missing(wanted)
