"""Two people at the same instant: one saves and the other hears of it; what is being edited is not approved."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW
from tests.unit.summaries.writers import HARMLESS, OTHER, Desk, build_desk, submit, write
from workshop.accounts.models import Organiser
from workshop.core.db import db
from workshop.core.localized import Localized
from workshop.programme.models import WorkshopSession
from workshop.summaries import service
from workshop.summaries.queries import find_summary
from workshop.summaries.rule import SummaryChangedError
from workshop.summaries.service import SummaryValues

Act = Callable[[Session, WorkshopSession], object]


def _together(app: Flask, session: Session, desk: Desk, acts: list[Act]) -> list[bool]:
    """Do these at once, each in a transaction of its own; returns whether each was told that another was quicker."""
    together, outcomes, session_id = threading.Barrier(len(acts)), [False] * len(acts), desk.one.id
    session.commit()  # nothing may be read from here on: SQLite has one writer at a time

    def run(number: int, act: Act) -> None:
        with app.app_context(), Session(db.engine) as own:
            together.wait(10)
            try:
                act(own, own.get_one(WorkshopSession, session_id))
                own.commit()
            except SummaryChangedError:
                outcomes[number] = True

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def _saving(organiser: Organiser, text: Localized, version: int) -> Act:
    organiser_id = organiser.id

    def act(own: Session, one: WorkshopSession) -> object:
        who = own.get_one(Organiser, organiser_id)
        return service.save(
            own, now=NOW, workshop_session=one, values=SummaryValues(text), version=version, organiser=who
        )

    return act


def _approving(organiser: Organiser, version: int) -> Act:
    organiser_id = organiser.id

    def act(own: Session, one: WorkshopSession) -> object:
        who = own.get_one(Organiser, organiser_id)
        return service.approve(own, now=NOW, workshop_session=one, version=version, organiser=who)

    return act


@pytest.mark.parametrize("has_one", [False, True])
def test_of_two_who_save_one_is_told(app: Flask, session: Session, has_one: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    desk = build_desk(session)
    version = write(session, desk).version if has_one else 0
    texts = (Localized({"fr": "Un."}), Localized({"fr": "Deux."}))
    acts = [_saving(who, text, version) for who, text in zip((desk.author, desk.second), texts, strict=True)]
    assert sorted(_together(app, session, desk, acts)) == [False, True]
    session.expire_all()
    found = find_summary(session, desk.one.id)
    assert found is not None
    assert (found.version, found.text in texts) == (version + 1, True)


def test_a_text_that_somebody_changes_at_that_instant_is_not_published_unread(app: Flask, session: Session) -> None:
    desk = build_desk(session)
    version = submit(session, desk, write(session, desk)).version
    acts = [_saving(desk.author, OTHER, version), _approving(desk.second, version)]
    # Whoever comes second is refused: what is published cannot be saved over, what was saved over is not approved.
    outcomes = _together_or_published(app, session, desk, acts)
    session.expire_all()
    found = find_summary(session, desk.one.id)
    assert found is not None
    published = found.published_at is not None
    assert found.text == (HARMLESS if published else OTHER)
    assert outcomes == [published, not published]


def _together_or_published(app: Flask, session: Session, desk: Desk, acts: list[Act]) -> list[bool]:
    from workshop.summaries.rule import SummaryPublishedError

    def gently(act: Act) -> Act:
        def run(own: Session, one: WorkshopSession) -> object:
            try:
                return act(own, one)
            except SummaryPublishedError as fault:
                raise SummaryChangedError from fault

        return run

    return _together(app, session, desk, [gently(act) for act in acts])
