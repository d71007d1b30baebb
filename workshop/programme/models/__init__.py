"""Series, workshop sessions, their programme, what remains of them, and changes of level that wait for people."""

from workshop.programme.models.levels import LevelProposal, OwnSentence, SpeakerAgreement
from workshop.programme.models.materials import Recording, Slides
from workshop.programme.models.planning import (
    DEFAULT_REMINDERS,
    Format,
    Mode,
    OldSlug,
    Question,
    QuestionKind,
    Series,
    SessionStatus,
    WorkshopSession,
)
from workshop.programme.models.programme import Item, ItemKind, Section, SlotRole, SpeakerConsent, SpeakerSlot
from workshop.programme.models.versions import GlossaryTerm, SessionDraft, SessionVersion

__all__ = [
    "DEFAULT_REMINDERS",
    "Format",
    "GlossaryTerm",
    "Item",
    "ItemKind",
    "LevelProposal",
    "Mode",
    "OldSlug",
    "OwnSentence",
    "Question",
    "QuestionKind",
    "Recording",
    "Section",
    "Series",
    "SessionDraft",
    "SessionStatus",
    "SessionVersion",
    "Slides",
    "SlotRole",
    "SpeakerAgreement",
    "SpeakerConsent",
    "SpeakerSlot",
    "WorkshopSession",
]
