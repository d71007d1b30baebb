"""A series with one of everything that an address of the workspace can name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_item,
    build_organiser,
    build_participant,
    build_person,
    build_recording,
    build_series,
    build_session,
    build_slides,
)
from tests.unit.mail.conftest import put
from workshop.accounts.models import Organiser, Role
from workshop.accounts.service.inviting import invite
from workshop.announcements.models import Announcement
from workshop.announcements.queries import Group
from workshop.people.models import Portrait, SpeakerChange, StaleText
from workshop.programme.models import Question, QuestionKind, Series, WorkshopSession

_ARGUMENT = re.compile(r"<(?:[^:>]*:)?(\w+)>")
_VERBS = {
    "organise.change_recording": "remove",
    "accounts.change_account": "disable",
}
"""Of addresses whose last part says what is done."""


@dataclass(frozen=True)
class Everything:
    """A series, and what its addresses name."""

    series: Series
    session: WorkshopSession
    owner: Organiser
    names: dict[str, str]
    """Argument of an address → a value that names something."""
    of_session: dict[str, str]
    """The same where the address names a session, and that makes a difference."""
    fine: dict[str, str]
    """What a form says of the text that may no longer say the same as its other language."""

    def address(self, rule: Rule, **instead: str) -> str:
        """Return the path of a rule, every part of it naming something; `instead`: another part."""
        known = {**self.names, **(self.of_session if "session" in rule.arguments else {})}
        known |= {"lang": "en", "series": self.series.slug, "session": self.session.slug}
        known |= {"verb": _VERBS.get(rule.endpoint, "")}
        if rule.endpoint == "organise.transfer_access":
            known["organiser"] = known["heir"]
        known |= instead
        return _ARGUMENT.sub(lambda found: known[found[1]], rule.rule)


def build_everything(session: Session, slug: str = "mine") -> Everything:
    """Build the series and commit."""
    series = build_series(session, slug=slug)
    one = build_session(session, series, slug="1", number=1)
    owner = build_organiser(session, series, name="Olga Owner")
    colleague = build_organiser(session, series, role=Role.TRANSLATOR)
    heir = build_organiser(session, series, role=Role.ORGANISER)
    person = build_person(session, series)
    other = build_person(session, series)
    item = build_item(session, one, speakers=(person,))
    slides = build_slides(session, item.slots[0])
    recording = build_recording(session, one)
    questions = [
        Question(
            series_id=series.id,
            workshop_session_id=where,
            position=0,
            kind=QuestionKind.SHORT,
            text=both("Une question ?", "A question?"),
            reason=both("Pour préparer.", "To prepare."),
        )
        for where in (None, one.id)
    ]
    answer = build_answer(session, one, build_participant(session, series))
    announcement = Announcement(
        series_id=series.id,
        subject=both("Objet", "Subject"),
        body=both("Texte", "Text"),
        audience=Group(sessions=(one.id,)).to_json(),
        created_at=NOW,
        tested_at=NOW,
    )
    portrait = Portrait(
        person_id=person.id, media_type="image/png", content=b"a picture", uploaded_at=NOW, uploaded_by="speaker"
    )
    change = SpeakerChange(
        series_id=series.id,
        person_id=person.id,
        content={"name": "Another Name"},
        was={"name": person.name},
        asked_at=NOW,
    )
    stale = StaleText(
        owner=f"series:{series.id}",
        field="title",
        language="en",
        series_id=series.id,
        changed_language="fr",
        changed_at=NOW,
        changed_by="",
    )
    session.add_all([*questions, announcement, portrait, change, stale])
    invitation = invite(
        session, now=NOW, email="invited@example.org", language="en", by=owner, series_id=series.id, role=Role.EDITOR
    )
    message = put(
        session, NOW, kind="mail_test", series_id=series.id, workshop_session_id=one.id,
        person_ref=answer.participant.subject, answer_ref=answer.subject,
    )  # fmt: skip
    names = {
        "organiser": str(colleague.id),
        "heir": str(heir.id),
        "invitation": str(invitation.id),
        "person": str(person.id),
        "part": str(item.slots[0].id),
        "question": questions[0].key,
        "message": str(message.id),
        "announcement": announcement.key,
        "recording": str(recording.id),
        "key": slides.key,
        "change": str(change.id),
        "kind": "reminder",
        "language": "en",
        "reader": "public",
        "other": str(other.id),
    }
    fine = {"owner": stale.owner, "field": stale.field, "language": stale.language}
    session.commit()
    return Everything(series, one, owner, names, {"question": questions[1].key}, fine)
