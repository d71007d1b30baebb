"""Whose invitations somebody may see and make; apart because each page about inviting needs it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workshop.accounts.models import Role
from workshop.accounts.queries import find_access
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import LISTERS
from workshop.chatham.rule import Visibility
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.fields import clean_line
from workshop.core.localized import Localized
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.organise import Depth, open_series
from workshop.programme.view import SessionView
from workshop.rsvp.queries import invitations as queries
from workshop.rsvp.view.inviting import desk_session


@dataclass(frozen=True, slots=True)
class Desk:
    """Who looks at which series' invitations, and how far they may."""

    series: Series
    partner_id: int | None
    """Id of a partner's account; None for whoever manages the series."""
    own: str | None
    """The organisation that a partner is bound to; None: any."""

    @property
    def is_partner(self) -> bool:
        """Whether this is a partner, who sees its own invitees' states and nothing else."""
        return self.own is not None

    @property
    def page(self) -> dict[str, Any]:
        """What every page is given."""
        return {"series_slug": self.series.slug, "series_title": self.series.title, "is_partner": self.is_partner}

    def chosen(self, wanted: str | None) -> str | None:
        """Return the organisation to look at: a partner's own, whatever was asked for."""
        return self.own if self.is_partner else clean_line(wanted) or None


def open_desk(slug: str) -> Desk:
    """Return the desk; raises NotFoundError for anybody who neither manages the series nor is a partner in it."""
    series, role = open_series(slug, *LISTERS, Role.PARTNER, depth=Depth.PROGRAMMES)
    if role in LISTERS:
        return Desk(series, None, None)
    organiser = current_organiser()
    access = find_access(db.session(), series_id=series.id, organiser_id=organiser.id)
    if access is None or not access[1].organisation:
        raise NotFoundError
    return Desk(series, organiser.id, access[1].organisation)


def invitable(desk: Desk, now: datetime) -> dict[str, tuple[WorkshopSession, SessionView]]:
    """Return slug → the sessions that one may invite to.

    A partner: those that anybody may know of, and those that its organisation was given invitations to.
    """
    session = db.session()
    given = queries.list_given(session, desk.series.id, desk.own) if desk.own is not None else set()
    found = {}
    for one in queries.list_invitable(session, desk.series.id, now=now):
        view = desk_session(one, is_partner=desk.is_partner)
        is_hidden = view is None or view.visibility is Visibility.INVITE_ONLY
        if view is not None and not (desk.is_partner and is_hidden and one.id not in given):
            found[one.slug] = (one, view)
    return found


def session_names(desk: Desk) -> dict[int, Localized]:
    """Return session's id → what it is called, for all that this desk may know of."""
    views = ((one.id, desk_session(one, is_partner=desk.is_partner)) for one in desk.series.sessions)
    return {id_: view.short_title or view.title or view.label for id_, view in views if view is not None}
