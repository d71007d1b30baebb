"""What organisers are told by mail."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from workshop.accounts.models import BreakGlass, Organiser
from workshop.accounts.queries import list_with_list
from workshop.core.erasures import account_ref
from workshop.core.urls import external_url
from workshop.mail.service import enqueue

PRIORITY = 20
"""As urgent as a move."""


def break_glass_opened(session: Session, *, now: datetime, glass: BreakGlass, opener: Organiser) -> int:
    """Tell every owner and organiser of a series that an administrator reads it; returns how many.

    Neutral: it names no series and repeats no reason, which their pages show.
    """
    found = list_with_list(session, series_id=glass.series_id)
    for organiser in found:
        enqueue(
            session,
            now=now,
            kind="break_glass_opened",
            priority=PRIORITY,
            series_id=glass.series_id,
            workshop_session_id=None,
            person_ref=account_ref(organiser.email_folded),
            answer_ref="",
            basis={},
            dedupe_key=f"break_glass_opened:{glass.id}:{account_ref(organiser.email_folded)}",
            recipient=organiser.email,
            language=organiser.language,
            sender_name="",
            context={
                "name": opener.name or opener.email,
                "closes_at": glass.closes_at,
                "desk_url": external_url("organise.dashboard", lang=organiser.language),
            },
        )
    return len(found)
