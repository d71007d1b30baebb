"""Whatever is typed into the workspace's forms and those of whoever speaks, the answer says so: no fault."""

from __future__ import annotations

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import (
    build_answer,
    build_item,
    build_organiser,
    build_person,
    build_recording,
    build_series,
    build_session,
    build_slides,
    build_slot,
)
from tests.web.workspace import sign_in
from workshop.chatham.rule import Level
from workshop.core.links import Purpose, issue
from workshop.programme.models import LevelProposal

SESSION = "/en/organise/series/mine/1"
PAGES = (
    f"{SESSION}/level", f"{SESSION}/materials", f"{SESSION}/summary", f"{SESSION}/who-sees-what",
    "/en/organise/series/mine/speakers", "/en/organise/break-glass",
)  # fmt: skip
FORM = re.compile(r"<form[^>]*?(?:action=\"([^\"]*)\")?[^>]*>(.*?)</form>", re.DOTALL)


@pytest.mark.parametrize(
    "odd", ["a\x00b", "\ud800", "-1", "9" * 30, "9" * 5000], ids=lambda odd: ascii(odd[:9] + odd[30:31])
)
def test_no_value_of_a_form_makes_a_fault(client: FlaskClient, session: Session, now: object, odd: str) -> None:
    series = build_series(session, slug="mine", level=Level.ON_THE_RECORD)
    one = build_session(session, series, slug="1", level=Level.DISCUSSION)
    person = build_person(session, series, email="zoe@example.org")
    slot = build_slot(session, one, build_person(session, series, email=""))
    item = build_item(session, one, speakers=[person], level=Level.ON_THE_RECORD)
    build_slides(session, item.slots[0])
    build_recording(session, one, item)
    answer = build_answer(session, one)
    session.add(LevelProposal(workshop_session_id=one.id, level=Level.ON_THE_RECORD, proposed_at=now, proposed_by="x"))
    sign_in(client, build_organiser(session, series, is_administrator=True))
    speaker = f"/en/speaker/{issue(session, purpose=Purpose.SPEAKER, subject=person.subject)}/"
    own = f"/en/my/{issue(session, purpose=Purpose.MY, subject=answer.participant.subject)}/"
    session.commit()
    of_speakers = [
        f"/en/organise/series/mine/speakers/people/{person.id}",
        f"/en/organise/series/mine/speakers/parts/{slot.id}",
    ]
    sent = set()
    for path in (speaker, own, *PAGES, *of_speakers):
        page = client.get(path)
        assert page.status_code == 200, path
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        for action, inner in FORM.findall(page.text):
            at = html.unescape(action) or path
            names = frozenset(re.findall(r'name="([^"]+)"', inner)) - {"csrf_token", "q"}
            if token is None or at.endswith(("logout", "/link", "/erase")) or (at, names) in sent:
                continue
            sent.add((at, names))
            values = {name: odd.encode("utf-8", "surrogatepass") for name in names}
            # Once all of it, and once each alone: the first that is refused would hide the others.
            kept = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', inner))
            for data in (values, *({**kept, name: values[name]} for name in sorted(names))):
                answered = client.post(at, data={**data, "csrf_token": token[1]})
                assert answered.status_code < 500, (at, sorted(data))
    assert len(sent) > 15, sorted(sent, key=str)
