"""Whoever reads what the Rule protects asks it first: every read of such a column is noted, with the file it is from.

The types are the database's own, so no variable's name hides a read, and a template that was given a model stands here
with its own name.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from sqlalchemy.orm import InstrumentedAttribute, Session

import workshop
from tests.builders import build_session
from tests.journeys.canaries import AT_WORK, doors, plant
from tests.journeys.crawl import SEEDS, addresses, crawl
from tests.journeys.test_proof import known, write_every_mail
from tests.web.workspace import sign_in
from workshop import worker
from workshop.core.db import db
from workshop.programme.models import WorkshopSession

pytestmark = [pytest.mark.usefixtures("clock"), pytest.mark.databases("sqlite")]

HOME = f"{Path(workshop.__file__).parent}/"
PROTECTED = {
    "WorkshopSession": {
        "title", "short_title", "public_title", "abstract", "objectives", "place", "links", "room_link",
    },
    "Section": {"title"},
    "Item": {"title", "abstract"},
    "Person": {"name", "role", "affiliations", "former", "biography", "links", "email"},
    "SpeakerChange": {"content", "was"},
    "SessionDraft": {"content"},
    "SessionVersion": {"before", "after"},
    "RoleInvitation": {"email"},
    "Participant": {"name", "affiliation", "address", "access_needs"},
    "AnswerRequest": {"name", "affiliation", "access_needs"},
    "Invitation": {"name", "address"},
    "QuestionReply": {"value"},
    "Recording": {"url"},
    "Slides": {"key", "content"},
    "Summary": {"text"},
    "Quotation": {"text"},
    "Announcement": {"subject", "body"},
    "Subscriber": {"address"},
    "MailText": {"subject", "body"},
    "Feedback": {"remarks", "shown_remarks"},
}  # fmt: skip

ASKS = {
    # They make the views that all others receive, and ask `disclosure` for each part.
    "programme/view/make.py", "programme/view/materials.py", "programme/view/speakers.py", "programme/view/desk.py",
    "summaries/view.py",
    # What the table would show, in words.
    "organise/seen.py", "organise/readers.py",
    # People's own data, on their own page; and the organisers' lists, which ask for the whole.
    "rsvp/view/own.py", "rsvp/view/inviting.py", "rsvp/view/lists.py", "rsvp/forms/preferences.py",
    # Organisers' forms show what organisers wrote; the check reads what it looks for.
    "programme/service/values.py", "programme/organise/rows.py", "organise/routes/levels.py", "organise/view.py",
    # What is missing or stale, the directory, and what somebody may write of themselves.
    "programme/texts.py", "programme/view/people.py", "people/values.py", "people/rule.py", "public/speaker/wording.py",
    # A session as it would be if what is edited were published, given to those who make views.
    "organise/printing.py",
    "summaries/service/values.py", "summaries/service/checking.py",
}  # fmt: skip
"""Files that may read more than one kind of protected column."""
ONLY = {
    # To whom a message goes, and whether it still may.
    # What is compared; its readers are given it as far as the mail may name it.
    "programme/rule.py": {"WorkshopSession.place"},
    "reminders/emails/speakers.py": {"Person.email", "Person.name"},
    "reminders/service/telling.py": {"Person.email"},
    # Their own name stands in their own mail, where the series' wording says so.
    "reminders/emails/about.py": {"Participant.address", "Participant.name"},
    "reminders/emails/changes.py": {"Participant.address"},
    "reminders/emails/reminding.py": {"Participant.address"},
    "reminders/service/looking.py": {"Participant.address", "Person.email"},
    "rsvp/emails/answers.py": {"Participant.address", "Participant.name"},
    "rsvp/emails/calendar.py": {"Participant.address"},
    "rsvp/emails/levels.py": {"Participant.address", "Participant.name", "Person.email", "Person.name"},
    "organise/sampling.py": {"Person.name"},
    # What organisers wrote: to whom it was written, and on their own pages.
    "announcements/emails.py": {"Announcement.subject", "Announcement.body"},
    "announcements/view.py": {"Announcement.subject", "Announcement.body"},
    # Whether mail to them comes back.
    "rsvp/organise/answers.py": {"Participant.address"},
    "rsvp/organise/inviting.py": {"Invitation.address"},
    # Nobody's, and shown from five on.
    "feedback/view.py": {"Feedback.shown_remarks"},
    "public/my/page.py": {"Participant.address"},
    "public/my/reminding.py": {"Participant.address"},
    "public/my/feed.py": {"Participant.address"},
    "rsvp/routes/inviting.py": {"Invitation.address"},
    # What is kept aside, was published or is asked for, on organisers' pages and on the speaker's own.
    "programme/service/aside.py": {"SessionDraft.content"},
    "programme/service/versions.py": {"SessionDraft.content", "SessionVersion.before", "SessionVersion.after"},
    "programme/service/history.py": {
        "Item.title",
        "SessionDraft.content",
        "SessionVersion.before",
        "SessionVersion.after",
    },
    "programme/service/speaking.py": {"SpeakerChange.content"},
    "organise/routes/versions.py": {"Person.name", "SessionVersion.before", "SessionVersion.after"},
    # Organisers' pages name sessions and those who speak in them.
    "organise/activity.py": {"WorkshopSession.title"},
    "organise/readiness.py": {"Section.title", "WorkshopSession.abstract"},
    "organise/routes/composed.py": {"Person.affiliations", "Person.name"},
    "programme/conflicts.py": {"Person.name", "WorkshopSession.title"},
    "programme/organise/languages.py": {"WorkshopSession.title"},
    "programme/organise/planning.py": {"WorkshopSession.title"},
    # Who is asked to join those who organise: to its owners.
    "organise/routes/access.py": {"RoleInvitation.email"},
    # The door itself.
    "rsvp/routes/joining.py": {"WorkshopSession.room_link"},
    "organise/routes/materials.py": {"Slides.key"},
}


class Readers:
    """Who read what: file → class.column."""

    def __init__(self) -> None:
        self.found: dict[str, set[str]] = defaultdict(set)

    def note(self, owner: str, column: str) -> None:
        """Note a read of a column by whoever is on the stack."""
        frame = sys._getframe(2)
        while frame.f_back and "/jinja2/" in frame.f_code.co_filename:
            frame = frame.f_back
        path = frame.f_code.co_filename
        if path.startswith(HOME) or path == "<template>":
            self.found[path.removeprefix(HOME)].add(f"{owner}.{column}")

    def unasked(self) -> dict[str, set[str]]:
        """Return what was read by those who do not ask."""
        return {
            path: columns - ONLY.get(path, set())
            for path, columns in self.found.items()
            if path not in ASKS and columns - ONLY.get(path, set())
        }


@pytest.fixture
def readers() -> Iterator[Readers]:
    """Note every read of a protected column."""
    noted = Readers()

    class Noted(InstrumentedAttribute[Any]):
        __slots__ = ()

        def __get__(self, instance: Any, owner: Any) -> Any:
            if instance is not None:
                noted.note(owner.__name__, self.key)
            return super().__get__(instance, owner)

    classes = {mapper.class_.__name__: mapper.class_ for mapper in WorkshopSession.registry.mappers}
    watched = [vars(classes[owner])[column] for owner, columns in PROTECTED.items() for column in columns]
    # Those alone: every other column is read as fast as ever.
    for attribute in watched:
        attribute.__class__ = Noted
    yield noted
    for attribute in watched:
        attribute.__class__ = InstrumentedAttribute


def test_a_template_that_gets_a_model_is_found(app: Flask, session: Session, readers: Readers) -> None:
    one = build_session(session)
    with app.test_request_context():
        render_template_string("{{ one.abstract }}", one=one)
    assert readers.unasked() == {"<template>": {"WorkshopSession.abstract"}}


def test_what_is_protected_still_has_that_name() -> None:
    known_names = {mapper.class_.__name__: set(mapper.attrs.keys()) for mapper in WorkshopSession.registry.mappers}
    for owner, columns in PROTECTED.items():
        assert columns <= known_names[owner]


def test_only_those_who_ask_the_rule_read_what_it_protects(app: Flask, session: Session, readers: Readers) -> None:
    world = plant(session, has_crowd=False)
    for audience in ("public", "invited", "participant", "speaker", *AT_WORK, "partner"):
        visitor = app.test_client()
        seeds = [*SEEDS, *doors(session, world, audience), *addresses(app, known(world))]
        if audience in world.organisers:
            sign_in(visitor, world.organisers[audience])
            seeds = [path for path in seeds if "logout" not in path]
        crawl(visitor, seeds)
    write_every_mail(session, world)
    db.session.remove()
    assert worker.run_once(app) == 0
    assert readers.found.keys() >= {"programme/view/make.py", "rsvp/view/own.py", "reminders/emails/about.py"}
    unasked = readers.unasked()
    assert not unasked, "\n".join(f"{path}: {sorted(columns)}" for path, columns in sorted(unasked.items()))
