"""A link for a group is used as often as it was for and never more, whoever presses at the same time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, build_session
from workshop.core.db import db
from workshop.rsvp.models import Invitation
from workshop.rsvp.service import inviting


@pytest.mark.parametrize("limit", [1, 3])
def test_a_link_is_never_used_more_often_than_it_was_for(app: Flask, session: Session, limit: int) -> None:
    group = inviting.Group(name="x", language="fr", max_uses=limit)
    made = inviting.invite_group(
        session, now=NOW, workshop_sessions=[build_session(session)], group=group, actor="organiser:1"
    )
    invitation_id = made.id
    session.commit()

    def press(_number: int) -> bool:
        with app.app_context(), Session(db.engine) as own, own.begin():
            try:
                inviting.count_use(own, invitation_id=invitation_id, now=NOW)
            except inviting.InvitationUsedUpError:
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        pressed = list(pool.map(press, range(16)))
    assert sum(pressed) == limit
    session.expire_all()
    found = session.get(Invitation, invitation_id)
    assert found is not None
    assert found.uses == limit
