"""Slides and recordings as they are shown, and whose consent a recording needs."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workshop.chatham.rule import Level, effective_level, shown_level
from workshop.programme.models import Recording, Slides, SpeakerSlot, WorkshopSession
from workshop.programme.view.consents import consents_of


@dataclass(frozen=True, slots=True)
class SlidesView:
    """A file that this audience may have. It names nobody."""

    key: str
    """The last part of its address."""
    media_type: str
    size: int
    """Octets."""
    language: str
    """Of the slides, or empty."""


@dataclass(frozen=True, slots=True)
class RecordingView:
    """A published recording."""

    url: str
    language: str
    """Spoken in it, or empty."""


class Obstacle(enum.StrEnum):
    """Why a recording is not published, the first that counts."""

    UNDER_RULE = "under_rule"
    """It, or for a whole session any part of it, is not on the record."""
    NOT_AGREED = "not_agreed"
    """Nobody declared that everybody heard in it agreed."""
    CONSENT_MISSING = "consent_missing"
    """Somebody announced in it did not agree to be recorded, or has withdrawn that."""


def slides_view(slides: Slides) -> SlidesView:
    """Return a file for whoever may have it."""
    return SlidesView(slides.key, slides.media_type, slides.size, slides.language)


def recording_view(recording: Recording) -> RecordingView:
    """Return a recording for whoever may see it."""
    return RecordingView(recording.url, recording.language)


def heard_in(workshop_session: WorkshopSession, item_id: int | None) -> Sequence[SpeakerSlot]:
    """Return whoever is announced as speaking in an item; in all of a session, its moderators too, for None."""
    items = [item for section in workshop_session.sections for item in section.items]
    own = [slot for item in items if item_id in {None, item.id} for slot in item.slots]
    return own if item_id is not None else [*workshop_session.slots, *own]


def has_recorded_consents(slots: Iterable[SpeakerSlot]) -> bool:
    """Whether everybody announced agreed to be recorded."""
    return all(consents_of(slot).recorded for slot in slots)


def level_of(workshop_session: WorkshopSession, item_id: int | None) -> Level:
    """Return the level under which a recording stands: an item's, or the strictest of all of a whole session."""
    level, _ = effective_level(session=workshop_session.level, series=workshop_session.series.level)
    items = [item for section in workshop_session.sections for item in section.items]
    if item_id is None:
        return shown_level(session=level, items=[item.level for item in items])
    found = next((item.level or level for item in items if item.id == item_id), Level.CLOSED)
    # As disclosure reads it: looser than its session only where the session is at most under `discussion`.
    return found if level <= Level.DISCUSSION else max(found, level)


def obstacle_of(workshop_session: WorkshopSession, recording: Recording) -> Obstacle | None:
    """Return what keeps a recording from being published; None for nothing."""
    if level_of(workshop_session, recording.item_id) is not Level.ON_THE_RECORD:
        return Obstacle.UNDER_RULE
    if recording.agreed_at is None:
        return Obstacle.NOT_AGREED
    if not has_recorded_consents(heard_in(workshop_session, recording.item_id)):
        return Obstacle.CONSENT_MISSING
    return None
