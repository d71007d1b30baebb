"""What remains of a session as its organisers see it: every file and every recording, and what stands in the way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from workshop.chatham.rule import Level, may_store_recording
from workshop.core.localized import Localized
from workshop.programme.models import Recording, WorkshopSession
from workshop.programme.view.materials import Obstacle, level_of, obstacle_of
from workshop.programme.view.speakers import Reach, SlidesRow, SlotRow, slides_reach, slides_row, slot_row, slots_of


@dataclass(frozen=True, slots=True)
class PartRow:
    """Somebody's part in a session, with its files."""

    part: SlotRow
    files: tuple[SlidesRow, ...]
    reach: Reach
    """Who gets them now."""


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """A recording, published or not."""

    id: int
    title: Localized
    """Of the item; empty for all of the session."""
    url: str
    language: str
    level: Level
    agreed_at: datetime | None
    published_at: datetime | None
    obstacle: Obstacle | None


@dataclass(frozen=True, slots=True)
class MaterialsDesk:
    """Slides and recordings of one session."""

    parts: tuple[PartRow, ...]
    recordings: tuple[RecordingRow, ...]
    items: tuple[tuple[int, Localized], ...]
    """Those of which a recording may be kept, by the number of their row."""
    may_keep_whole: bool
    """Whether a recording of all of it may be kept."""
    level: Level
    """The strictest of the session and its items."""


def materials_desk(workshop_session: WorkshopSession) -> MaterialsDesk:
    """Return slides and recordings of a session, loaded whole with its materials."""
    titles = {item.id: item.title for section in workshop_session.sections for item in section.items}
    theirs = workshop_session.slides
    number = Counter(one.slot_id for one in theirs)
    return MaterialsDesk(
        parts=tuple(
            PartRow(
                part=slot_row(workshop_session, slot, item, slides=number[slot.id]),
                files=tuple(slides_row(one) for one in theirs if one.slot_id == slot.id),
                reach=slides_reach(workshop_session, slot, item),
            )
            for slot, item in slots_of(workshop_session)
        ),
        recordings=tuple(_recording(workshop_session, one, titles) for one in workshop_session.recordings),
        items=tuple(
            (item, title) for item, title in titles.items() if may_store_recording(level_of(workshop_session, item))
        ),
        may_keep_whole=may_store_recording(level_of(workshop_session, None)),
        level=level_of(workshop_session, None),
    )


def _recording(workshop_session: WorkshopSession, recording: Recording, titles: dict[int, Localized]) -> RecordingRow:
    return RecordingRow(
        id=recording.id,
        title=titles.get(recording.item_id or 0, Localized()),
        url=recording.url,
        language=recording.language,
        level=level_of(workshop_session, recording.item_id),
        agreed_at=recording.agreed_at,
        published_at=recording.published_at,
        obstacle=obstacle_of(workshop_session, recording),
    )
