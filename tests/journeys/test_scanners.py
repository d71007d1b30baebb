"""Gateways open every link of every message, again and again, whatever they call themselves: nothing changes by it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW
from tests.mails import MAILS, write
from workshop.chatham.rule import Level
from workshop.core.db import Base, db
from workshop.mail.drafts import make_draft
from workshop.programme.models import WorkshopSession

pytestmark = pytest.mark.databases("sqlite")
_BASE = "http://127.0.0.1:5000"
_LINK = re.compile(_BASE + r"(/[^\s<>\"']*)")
_AGENTS = ("", "curl/8", "Mozilla/5.0", "GoogleImageProxy", "Barracuda Sentinel", "Mozilla/5.0 (SafeLinks) Chrome/130")
_SIGNED_IN_ONLY = {"break_glass_opened", "digest", "role_changed", "speaker_change"}


def _all_rows() -> dict[str, list[tuple[object, ...]]]:
    with db.engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(sa.select(table).order_by(*table.primary_key))]
            for table in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize("level", [Level.ON_THE_RECORD, Level.CLOSED])
@pytest.mark.parametrize("kind", sorted(MAILS))
def test_whoever_opens_every_link_of_a_message_changes_nothing(
    client: FlaskClient, session: Session, clock: time_machine.Traveller, kind: str, level: Level
) -> None:
    draft = make_draft(session, write(session, kind, level, "fr"))
    ends_at = session.scalars(sa.select(sa.func.max(WorkshopSession.ends_at))).one()
    session.commit()
    clock.move_to(ends_at + timedelta(days=1, minutes=1) if kind == "thanks" else NOW + timedelta(minutes=5))
    links = sorted(set(_LINK.findall("\n".join((draft.text, draft.html, *draft.headers.values())))))
    assert links or kind == "data_erased"
    # What nobody may see any more is not there for whoever asks with a link either.
    expected = 404 if (kind, level) == ("subscription_confirm", Level.CLOSED) else 200
    expected = 303 if kind in _SIGNED_IN_ONLY else expected
    before = _all_rows()
    for link in links:
        for agent in _AGENTS:
            asked = {"headers": {"User-Agent": agent}}
            assert client.get(link, **asked).status_code == expected, link
            assert client.head(link, **asked).status_code == expected, link
            assert client.options(link, **asked).status_code < 500, link
    assert _all_rows() == before
