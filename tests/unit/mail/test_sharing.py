"""One rendering for many readers is, for each of them, what a rendering of their own would be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import build_answer, build_participant, build_series, build_session
from tests.unit.reminders.conftest import messages
from workshop.core.links import Purpose, mark, new_subject
from workshop.mail.models import MailText
from workshop.mail.render import Rendered, render
from workshop.mail.service import sender_of
from workshop.mail.sharing import Renderings, Shared, StrayLinkError
from workshop.programme.models import WorkshopSession
from workshop.reminders.emails.reminding import reminder_sample
from workshop.reminders.schedule import SessionTimes, departures, parse_offsets
from workshop.reminders.service import plan
from workshop.rsvp.models import Answer, AnswerState

pytestmark = pytest.mark.databases("sqlite")
NAMES = ("Ana", "", "<b>Bo</b> & co", "x@example.org", "https://example.org/[[link:my:" + "0" * 32 + "]]", "n" * 120)
OWN_BODY = "Dear {name},\n\n{opening}\n\n{session}\n\n{when}\n\n{where}\n\n{decide}\n\n{join}\n\n{rule}\n\n{links}"


def _context(subject: str) -> Callable[[], dict[str, Any]]:
    return lambda: {"confirm_url": f"https://example.org/{mark(Purpose.MY, subject)}/"}


@pytest.fixture
def shared(session: Session, monkeypatch: pytest.MonkeyPatch) -> tuple[Shared, list[Rendered]]:
    """Give the renderings of one run, and a list that each one made is added to."""
    made: list[Rendered] = []

    def counted(*given: Any, **named: Any) -> Rendered:
        made.append(render(*given, **named))
        return made[-1]

    monkeypatch.setattr("workshop.mail.sharing.render", counted)
    return Shared(session), made


def _write(workshop_session: WorkshopSession, session: Session, *, name: str, number: int) -> None:
    who = {"name": name, "language": ("en", "fr")[number % 2], "is_discreet": number % 3 == 0}
    person = build_participant(session, workshop_session.series, tzid=("", "America/Toronto")[number // 2 % 2], **who)
    build_answer(
        session, workshop_session, person, state=(AnswerState.ACCEPTED, AnswerState.TENTATIVE)[number // 4 % 2]
    )


@pytest.mark.parametrize("has_own_text", [False, True], ids=["the-product's", "own"])
def test_thirty_reminders_are_what_thirty_renderings_would_be(session: Session, *, has_own_text: bool) -> None:
    workshop_session = build_session(session, build_series(session))
    if has_own_text:
        revised_at = workshop_session.revised_at
        for language in ("fr", "en"):
            text = {"kind": "reminder", "language": language, "subject": "{name}: {title}", "body": OWN_BODY}
            session.add(MailText(series_id=workshop_session.series_id, revised_at=revised_at, **text))
    for number in range(30):
        _write(workshop_session, session, name=NAMES[number % len(NAMES)], number=number)
    at = workshop_session.starts_at - timedelta(days=1)
    assert plan(session, at) == 30
    times = SessionTimes(
        id=workshop_session.id,
        starts_at=workshop_session.starts_at,
        ends_at=workshop_session.ends_at,
        tzid=workshop_session.tzid,
        offsets=parse_offsets(["-1d"]),
    )
    (departure,) = departures(times, quiet=(21, 8))
    answers = {one.subject: one for one in session.scalars(sa.select(Answer))}
    for message in messages(session):
        alone = reminder_sample(answers[message.answer_ref], departure, now=at)
        assert alone is not None
        assert Rendered(message.subject, message.body_text, message.body_html) == alone.text
        others = {one.subject for one in answers.values()} | {one.participant.subject for one in answers.values()}
        others -= {message.answer_ref, message.person_ref}
        assert not [one for one in others if one in message.body_text + message.body_html + str(message.headers)]


def test_only_the_first_of_a_key_is_rendered(shared: tuple[Shared, list[Rendered]]) -> None:
    one, made = shared
    for language in ("en", "fr"):
        for key in (1, 2):
            for _ in range(3):
                subject = new_subject()
                found = one.render(
                    "mail_test", language, _context(subject), key=key, subjects=(subject,), sender_name=""
                )
                assert found == render("mail_test", language, {"sender_name": sender_of("")})
    assert len(made) == 4


def test_a_link_of_somebody_else_is_never_shared(shared: tuple[Shared, list[Rendered]], now: datetime) -> None:
    one, _made = shared
    stranger = new_subject()
    context = {**_context(stranger)(), "expires_at": now, "tzid": "Europe/Paris"}
    with pytest.raises(StrayLinkError):
        one.render("confirm_address", "en", lambda: context, key=1, subjects=(new_subject(),), sender_name="")


def test_equal_values_share_a_number_and_no_number_is_given_twice() -> None:
    renderings = Renderings()
    numbers = [renderings.number_of(("view", value)) for value in range(150)]
    assert len(set(numbers)) == 150
    assert renderings.number_of(("view", 149)) == numbers[-1]
    assert renderings.number_of(("view", 0)) not in numbers
