"""One series with a session at each level of the Rule, in which whatever is protected is a word found nowhere else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import both, build_item, build_person, build_series, build_session, build_slot
from workshop.chatham.rule import Level, Visibility
from workshop.core.db import db
from workshop.core.localized import Localized
from workshop.programme.models import Series, WorkshopSession


@dataclass(frozen=True)
class Examples:
    """The series and its sessions by what they show."""

    series: Series
    record: WorkshopSession
    discussion: WorkshopSession
    whole: WorkshopSession
    closed: WorkshopSession
    unlisted: WorkshopSession

    @property
    def addresses(self) -> list[str]:
        """Every public address in both languages, hidden ones included."""
        slug = self.series.slug
        sessions = [self.record, self.discussion, self.whole, self.closed, self.unlisted]
        parts = ["/", "/calendar.ics", "/rule", "/privacy"]
        parts += [f"/series/{slug}/", f"/series/{slug}/calendar.ics", f"/series/{slug}/subscribe"]
        parts += [f"/series/{slug}/{one.slug}/{file}" for one in sessions for file in ("", "session.ics")]
        return ["/", "/sitemap.xml", *(f"/{language}{part}" for language in ("fr", "en") for part in parts)]


def build_examples(session: Session) -> Examples:
    """Return the series; names of speakers are `Speaker<Level>`, of moderators `Moderator<Level>`."""
    series = build_series(session, slug="examples", title=both("Exemples", "Examples"))

    def build(number: int, name: str, **values: object) -> WorkshopSession:
        one = build_session(
            session,
            series,
            slug=name.lower(),
            number=number,
            title=both(f"Titre{name}", f"Title{name}"),
            short_title=both(f"Court{name}", f"Short{name}"),
            abstract=both(f"Resume{name}", f"Abstract{name}"),
            objectives=(both(f"But{name}", f"Goal{name}"),),
            place=Localized.neutral(f"Place{name}"),
            room_link=f"https://rooms.example.org/Room{name}",
            **values,
        )
        speaker = build_person(
            session,
            series,
            name=f"Speaker{name}",
            role=Localized.neutral(f"Role{name}"),
            affiliations=(Localized.neutral(f"Affiliation{name}"),),
        )
        moderator = build_person(session, series, name=f"Moderator{name}")
        build_item(session, one, title=both(f"Expose{name}", f"Talk{name}"), speakers=[speaker])
        build_slot(session, one, moderator)
        return one

    return Examples(
        series=series,
        record=build(1, "Record", level=Level.ON_THE_RECORD),
        discussion=build(2, "Discussion"),
        whole=build(3, "Whole", level=Level.WHOLE_SESSION),
        closed=build(4, "Closed", level=Level.CLOSED),
        unlisted=build(5, "Unlisted", visibility=Visibility.UNLISTED),
    )


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    """Give the list of statements that the block sends to the database, but for the transaction's own."""
    with app.app_context():
        engine = db.engine
    found: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            found.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
