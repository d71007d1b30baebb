"""A looser level that somebody is asked about, as they may read it. A file of its own: page and mail share it."""

from __future__ import annotations

from dataclasses import dataclass

from workshop.chatham.notices import Notice
from workshop.chatham.rule import Audience, Level, Surface, disclosure, effective_level, effective_visibility
from workshop.core.localized import Localized
from workshop.programme.models import LevelProposal, WorkshopSession
from workshop.rsvp.rule import notice_asked


@dataclass(frozen=True, slots=True)
class AskedView:
    """What would hold once everybody has agreed."""

    old: Level
    """As it stands, of the session or of the talk."""
    notice: Notice
    """Of the looser level."""
    is_talk: bool
    """Whether it is about one talk only."""
    talk: Localized
    """Its title; empty where it may not be named."""
    has_agreed: bool


def asked_view(
    proposal: LevelProposal,
    workshop_session: WorkshopSession,
    *,
    audience: Audience,
    surface: Surface,
    has_agreed: bool = False,
    is_discreet: bool = False,
) -> AskedView:
    """Return what somebody is asked, as far as this surface may say it.

    Args:
        proposal: what is asked.
        workshop_session: its session, whole.
        audience: for whom.
        surface: where.
        has_agreed: whether they have.
        is_discreet: whether they asked for neutral titles in mail.
    """
    series = workshop_session.series
    level, _ = effective_level(session=workshop_session.level, series=series.level)
    items = [item for section in workshop_session.sections for item in section.items]
    item = next((one for one in items if one.id == proposal.item_id), None)
    old = level if item is None else item.level or level
    shown = disclosure(
        level=old,
        within=None if item is None else level,
        visibility=effective_visibility(series=series.visibility, session=workshop_session.visibility, level=level),
        audience=audience,
        surface=surface,
        is_discreet=is_discreet,
    )
    return AskedView(
        old=old,
        notice=notice_asked(proposal, workshop_session, has_own_sentence=shown.own_sentence),
        is_talk=item is not None,
        talk=item.title if item is not None and shown.item_titles else Localized(),
        has_agreed=has_agreed,
    )
