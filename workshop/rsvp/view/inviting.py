"""What organisers and partners see of invitations, and whoever is invited of theirs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from workshop.chatham.rule import Audience, Surface
from workshop.core.addresses import mask_address
from workshop.core.localized import Localized
from workshop.programme.models import WorkshopSession
from workshop.programme.view import SessionView, session_view
from workshop.rsvp.models import Invitation, InvitationState
from workshop.rsvp.queries.invitations import InvitationRow
from workshop.rsvp.schedule import Phase, phase


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteeView:
    """A person's invitation as an organiser or a partner sees it."""

    id: int
    name: str
    address: str
    """Masked, unless for a partner who typed it; empty once erased."""
    comes_back: bool
    """Mail to this address came back: none goes there any more."""
    language: str
    organisation: str
    state: InvitationState
    is_due: bool
    """Its mail is about to be written."""
    sent_at: datetime | None
    reminded_at: datetime | None
    sessions: tuple[Localized, ...]
    """What they are called."""
    may_withdraw: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupView:
    """A group's link."""

    id: int
    name: str
    organisation: str
    sessions: tuple[Localized, ...]
    uses: int
    max_uses: int | None
    ends_at: datetime | None
    is_withdrawn: bool
    is_over: bool
    """Used up, or past its end."""
    link: str
    """Empty where it is dead, or was made under another key and cannot be told again."""


@dataclass(frozen=True, slots=True)
class InvitedSession:
    """A session on the page behind the link."""

    session: SessionView
    phase: Phase
    is_answered: bool
    """By this invitation."""

    @property
    def is_open(self) -> bool:
        """Whether it can be answered now."""
        return self.phase is Phase.OPEN and not self.is_answered


def desk_session(workshop_session: WorkshopSession, *, is_partner: bool) -> SessionView | None:
    """Return a session as whoever invites to it sees it; a partner sees what those whom it invites will see."""
    audience = Audience.INVITED if is_partner else Audience.ORGANISER
    return session_view(workshop_session, audience=audience, surface=Surface.PAGE)


def invitee_view(
    row: InvitationRow, *, names: dict[int, Localized], partner_id: int | None, refusing: Collection[str] = ()
) -> InviteeView:
    """Return a person's invitation.

    Args:
        row: the invitation with where it stands.
        names: session's id → what it is called; a session that is not in it is not named.
        partner_id: id of the partner's account that looks; None for the series' organisers.
        refusing: addresses that mail came back from.
    """
    found = row.invitation
    is_own = partner_id is not None and found.made_by == partner_id
    address = found.address or ""
    return InviteeView(
        id=found.id,
        name=found.name,
        address=address if is_own else mask_address(address),
        comes_back=address in refusing,
        language=found.language,
        organisation=found.organisation,
        state=row.state,
        is_due=found.due_at is not None,
        sent_at=found.sent_at,
        reminded_at=found.reminded_at,
        sessions=_named(found, names),
        may_withdraw=row.state is not InvitationState.WITHDRAWN,
    )


def group_view(row: InvitationRow, *, names: dict[int, Localized], link: str, now: datetime) -> GroupView:
    """Return a group's link."""
    found = row.invitation
    is_used_up = found.max_uses is not None and found.uses >= found.max_uses
    return GroupView(
        id=found.id,
        name=found.name,
        organisation=found.organisation,
        sessions=_named(found, names),
        uses=found.uses,
        max_uses=found.max_uses,
        ends_at=found.ends_at,
        is_withdrawn=found.withdrawn_at is not None,
        is_over=is_used_up or (found.ends_at is not None and now >= found.ends_at),
        link=link,
    )


def _named(invitation: Invitation, names: dict[int, Localized]) -> tuple[Localized, ...]:
    return tuple(names[one.id] for one in invitation.sessions if one.id in names)


def invited_sessions(
    workshop_sessions: Sequence[WorkshopSession], *, answered: set[int], now: datetime
) -> list[InvitedSession]:
    """Return the sessions of an invitation as whoever has its link may see them; drafts are left out."""
    found = []
    for one in workshop_sessions:
        view = session_view(one, audience=Audience.INVITED, surface=Surface.PAGE)
        if view is not None:
            found.append(InvitedSession(view, phase(one, now=now), one.id in answered))
    return found
