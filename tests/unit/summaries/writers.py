"""A session that has taken place, those who write about it, and what they write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_answer, build_organiser, build_participant, build_series, build_session
from workshop.accounts.models import Organiser, Role
from workshop.chatham.rule import Level
from workshop.core.localized import Localized
from workshop.programme.models import WorkshopSession
from workshop.summaries import service
from workshop.summaries.models import SpeakerRole, Summary
from workshop.summaries.service import QuotationValues, SummaryValues

HARMLESS = both("On a parlé des salles et de leurs horaires.", "Rooms and their opening hours were discussed.")
OTHER = both("On a parlé des budgets.", "Budgets were discussed.")


@dataclass(frozen=True, slots=True)
class Desk:
    """A past session, and the people around its summary."""

    one: WorkshopSession
    author: Organiser
    second: Organiser
    third: Organiser
    helper: Organiser


def build_desk(session: Session, level: Level = Level.DISCUSSION, *, confirmed: int = 6, **values: Any) -> Desk:
    """Return a session that began two hours ago, with so many confirmed participants whose names are in no text."""
    series = build_series(session, slug="mine", level=level)
    one = build_session(session, series, slug="1", starts_at=NOW - timedelta(hours=2), ends_at=NOW, **values)
    for number in range(confirmed):
        person = build_participant(session, series, name=f"Zyx{number} Qwertz{number}")
        build_answer(session, one, person)
    author, second, third = (build_organiser(session, series, name="") for _ in range(3))
    return Desk(one, author, second, third, build_organiser(session, series, role=Role.TRANSLATOR, name=""))


def write(session: Session, desk: Desk, text: Localized = HARMLESS, **values: Any) -> Summary:
    """Save a text as its author, on top of whatever stands there."""
    from workshop.summaries.queries import find_summary

    found = find_summary(session, desk.one.id)
    given: dict[str, Any] = {"organiser": desk.author, "quotations": (), **values}
    return service.save(
        session,
        now=NOW,
        workshop_session=desk.one,
        values=SummaryValues(text, given["quotations"]),
        version=found.version if found else 0,
        organiser=given["organiser"],
    )


def submit(session: Session, desk: Desk, summary: Summary, organiser: Organiser | None = None) -> Summary:
    """Submit it, by default as its author."""
    organiser = organiser or desk.author
    return service.submit(
        session,
        now=NOW,
        workshop_session=desk.one,
        version=summary.version,
        organiser=organiser,
        knows_list=organiser is not desk.helper,
    )


def approve(session: Session, desk: Desk, summary: Summary, organiser: Organiser) -> bool:
    """Approve the text as it stands."""
    return service.approve(session, now=NOW, workshop_session=desk.one, version=summary.version, organiser=organiser)


def publish(session: Session, desk: Desk, text: Localized = HARMLESS, **values: Any) -> Summary:
    """Write, submit and approve, as often as the level wants."""
    summary = submit(session, desk, write(session, desk, text, **values))
    for organiser in (desk.second, desk.third):
        if approve(session, desk, summary, organiser):
            break
    return summary


def give(
    session: Session, desk: Desk, summary: Summary, reasons: dict[str, str], organiser: Organiser | None = None
) -> int:
    """Give reasons, by default as the author."""
    organiser = organiser or desk.author
    return service.give_reasons(
        session,
        now=NOW,
        workshop_session=desk.one,
        summary=summary,
        reasons=reasons,
        organiser=organiser,
        knows_list=organiser is not desk.helper,
    )


def quoted(shared_by: int = 5, text: Localized = OTHER, role: SpeakerRole = SpeakerRole.RESEARCHER) -> QuotationValues:
    """Return a quotation."""
    return QuotationValues(role, shared_by, text)
