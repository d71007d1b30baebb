"""What those invited are told, written into the outbox of the same transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session

from workshop.chatham.rule import Audience, Level, Surface, effective_level
from workshop.core.links import Purpose, mark
from workshop.core.urls import external_url
from workshop.mail.render import Rendered, clean_line
from workshop.mail.service import enqueue
from workshop.programme.models import WorkshopSession
from workshop.programme.view import SessionView, session_view
from workshop.rsvp.emails.answers import render_own
from workshop.rsvp.emails.sender import reply_to, sender_name
from workshop.rsvp.models import Invitation
from workshop.rsvp.queries.invitations import is_discreet
from workshop.rsvp.schedule import Phase, phase

PRIORITY = 50


def invitation(session: Session, *, now: datetime, invitation: Invitation, is_reminder: bool) -> int | None:
    """Queue the mail to a person who is invited, or its reminder; None where no session is left to answer.

    Where one of the sessions may not be named, all of the message is neutral: neither series nor topic in it. So it is
    for whoever takes part in the series and asked for discretion.

    Args:
        session: the transaction in which it is due.
        now: the present.
        invitation: a person's, with an address; its series and sessions whole.
        is_reminder: whether they were written to before.
    """
    views = _views(invitation, now=now, is_discreet=is_discreet(session, invitation))
    if invitation.address is None or not views:
        return None
    kind = "invitation_reminder" if is_reminder else "invitation"
    series, language = invitation.series, invitation.language
    return enqueue(
        session,
        now=now,
        kind=kind,
        priority=PRIORITY,
        series_id=invitation.series_id,
        workshop_session_id=None,
        person_ref=invitation.subject,
        answer_ref="",
        basis={"is_neutral": views[0].is_neutral},
        dedupe_key=f"{kind}:{invitation.subject}:{now.isoformat()}",
        recipient=invitation.address,
        language=language,
        sender_name=sender_name(series, views[0], language),
        headers=reply_to(series, views[0]),
        context=_context(invitation, views),
        expires_at=max(view.rsvp_closes_at for view in views),
    )


def invitation_sample(sample: Invitation, *, now: datetime, is_reminder: bool) -> Rendered | None:
    """Return the mail as it would leave, its link a mark, to be shown; None where nothing would leave."""
    views = _views(sample, now=now)
    if not views:
        return None
    sender = clean_line(sender_name(sample.series, views[0], sample.language)) or str(current_app.config["NAME"])
    kind = "invitation_reminder" if is_reminder else "invitation"
    context = {**_context(sample, views), "sender_name": sender}
    return render_own(sample.series, views[0], kind, sample.language, context)


def may_name(workshop_session: WorkshopSession) -> bool:
    """Whether a mail may name the session and its series."""
    level, _source = effective_level(session=workshop_session.level, series=workshop_session.series.level)
    return level < Level.WHOLE_SESSION


def _views(invitation: Invitation, *, now: datetime, is_discreet: bool = False) -> list[SessionView]:
    """Return the sessions that can still be answered, as the mail may show them: all neutral as soon as one is."""
    left = [one for one in invitation.sessions if phase(one, now=now) in {Phase.OPEN, Phase.NOT_OPEN}]
    is_neutral = is_discreet or not all(map(may_name, left))
    views = [session_view(one, audience=Audience.INVITED, surface=Surface.MAIL, is_discreet=is_neutral) for one in left]
    return [view for view in views if view is not None]


def _context(invitation: Invitation, views: Sequence[SessionView]) -> dict[str, Any]:
    last = max(views, key=lambda view: view.ends_at)
    closes_at = min(view.rsvp_closes_at for view in views)
    notices = {view.notice.id: view.notice for view in views if view.notice}
    return {
        "views": views,
        "is_neutral": views[0].is_neutral,
        "series_title": views[0].series_title,
        "notices": list(notices.values()),
        "is_locked": invitation.is_locked,
        "organisation": "" if views[0].is_neutral else invitation.organisation,
        "answer_by": min(closes_at, invitation.ends_at) if invitation.ends_at else closes_at,
        "tzid": views[0].tzid,
        "erases_at": last.ends_at + timedelta(days=invitation.series.retention_days),
        "invitation_url": external_url(
            "rsvp.invitation", lang=invitation.language, token=mark(Purpose.INVITATION, invitation.subject)
        ),
    }
