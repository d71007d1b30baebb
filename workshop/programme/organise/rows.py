"""Series and sessions as the workspace lists them, with what they lack."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from workshop.accounts.models import Role
from workshop.accounts.rule import LISTERS, PLANNERS, WRITERS
from workshop.chatham.rule import Level, effective_level, shown_level
from workshop.core.localized import Localized
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.programme.texts import languages_of_session, measure, session_texts
from workshop.programme.view import workspace_name


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session in the workspace, with what it still lacks."""

    series: str
    """Slug."""
    slug: str
    name: Localized
    starts_at: datetime
    ends_at: datetime
    tzid: str
    status: SessionStatus
    level: Level
    """The strictest of the session and its items."""
    level_source: str
    """Which of `item`, `session`, `series` decided it."""
    is_published: bool
    is_past: bool
    needs_room_link: bool
    missing: tuple[str, ...]
    """Languages in which a text is missing."""
    lacks_sentence: tuple[str, ...] = ()
    """Languages in which the series' own sentence beside the Rule's notice is missing."""
    is_postponed: bool = False
    """Whether it is cancelled only until there is a new date."""
    may_delete: bool = False
    """Whether it was never published; that nobody has answered is asked where it is deleted."""
    is_paused: bool = False
    """Whether its reminders, or those of the whole series, are held back."""

    @property
    def is_cancelled(self) -> bool:
        """Whether it will not take place."""
        return self.status is SessionStatus.CANCELLED

    @property
    def is_tentative(self) -> bool:
        """Whether its date is not yet certain."""
        return self.status is SessionStatus.TENTATIVE


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """A series as the pages of the workspace head themselves."""

    slug: str
    title: Localized
    level: Level
    role: Role | None = None
    """The reader's; None where the page offers nothing by it."""

    @property
    def is_owner(self) -> bool:
        """Whether they give roles."""
        return self.role is Role.OWNER

    @property
    def may_plan(self) -> bool:
        """Whether they plan, edit and publish."""
        return self.role in PLANNERS

    @property
    def may_write(self) -> bool:
        """Whether they edit texts."""
        return self.role in WRITERS

    @property
    def may_list(self) -> bool:
        """Whether they see who takes part."""
        return self.role in LISTERS


def session_row(workshop_session: WorkshopSession, series: Series, *, now: datetime) -> SessionRow:
    """Return a session as the workspace lists it."""
    level, source = effective_level(session=workshop_session.level, series=series.level)
    items = [item.level for section in workshop_session.sections for item in section.items]
    strictest = shown_level(session=level, items=items)
    wanted = languages_of_session(workshop_session, series.languages)
    meters = measure(session_texts(workshop_session), wanted, {})
    return SessionRow(
        series=series.slug,
        slug=workshop_session.slug,
        name=workspace_name(workshop_session),
        starts_at=workshop_session.starts_at,
        ends_at=workshop_session.ends_at,
        tzid=workshop_session.tzid,
        status=workshop_session.status,
        level=strictest,
        level_source=source if strictest is level else "item",
        is_published=workshop_session.is_published,
        is_past=workshop_session.ends_at <= now,
        needs_room_link=workshop_session.mode != "on_site" and not workshop_session.room_link,
        missing=tuple(meter.language for meter in meters if meter.missing),
        lacks_sentence=tuple(series.own_sentence.missing(wanted)),
        is_postponed=workshop_session.postponed_at is not None,
        may_delete=workshop_session.published_at is None,
        is_paused=(workshop_session.reminders_paused_at or series.reminders_paused_at) is not None,
    )


def series_row(series: Series, role: Role | None = None) -> SeriesRow:
    """Return what a page of the workspace says of its series."""
    return SeriesRow(series.slug, series.title, series.level, role)
