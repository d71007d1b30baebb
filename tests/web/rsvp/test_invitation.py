"""The page behind an invitation's link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import NOW, both, build_answer, build_series, build_session
from tests.web.rsvp.visitor import csrf_of, hidden_of, list_mail, my_path
from workshop.chatham.rule import Level, Visibility
from workshop.core.links import Purpose, issue
from workshop.programme.models import WorkshopSession
from workshop.rsvp.models import Answer, AnswerRequest, AnswerState, Invitation, Participant
from workshop.rsvp.service import inviting

ADDRESS = "invited@example.org"
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def hidden(session: Session) -> WorkshopSession:
    """Give a session that only those invited may know of."""
    series = build_series(session, slug="serie")
    return build_session(
        session,
        series,
        slug="4",
        number=4,
        title=both("Titre secret", "Secret title"),
        abstract=both("Résumé secret", "Secret abstract"),
        visibility=Visibility.INVITE_ONLY,
    )


def _invite(session: Session, *sessions: WorkshopSession, is_locked: bool = True, organisation: str = "") -> str:
    """Return the path of a person's invitation."""
    invitee = inviting.Invitee(ADDRESS, "Nom Prénom", "en")
    inviting.invite(
        session,
        now=NOW,
        workshop_sessions=sessions,
        invitees=[invitee],
        organisation=organisation,
        is_locked=is_locked,
        made_by=None,
        actor="organiser:1",
    )
    return _path(session, _only(session))


def _group(session: Session, *sessions: WorkshopSession, **values: Any) -> str:
    group = inviting.Group(name="Le groupe", language="en", **values)
    made = inviting.invite_group(session, now=NOW, workshop_sessions=sessions, group=group, actor="organiser:1")
    return _path(session, made)


def _path(session: Session, invitation: Invitation) -> str:
    token = issue(session, purpose=Purpose.INVITATION, subject=invitation.subject)
    session.commit()
    return f"/en/invitation/{token}/"


def _only(session: Session) -> Invitation:
    session.expire_all()
    return session.scalars(sa.select(Invitation)).one()


def _answer(client: FlaskClient, path: str, **fields: Any) -> TestResponse:
    page = client.get(path)
    assert page.status_code == 200, page.text
    values: dict[str, Any] = {
        "csrf_token": csrf_of(page),
        "name": "An alias",
        "answer": "accepted",
        "language": "en",
        "timezone": "Europe/Paris",
        "acknowledge_rule": "discussion.1",
        "reminders": "y",
    }
    if 'name="notice"' in page.text:
        values["notice"] = hidden_of(page, "notice")
    return client.post(path, data={key: value for key, value in {**values, **fields}.items() if value is not None})


def _press(client: FlaskClient, path: str, **fields: str) -> TestResponse:
    return client.post(path, data={"csrf_token": csrf_of(client.get(path)), **fields})


def test_whoever_is_invited_sees_the_hidden_session_and_nothing_personal(
    client: FlaskClient, session: Session, hidden: WorkshopSession
) -> None:
    path = _invite(session, hidden, organisation="Une ONG")
    page = client.get(path)
    assert page.status_code == 200
    for word in ("Secret title", "Secret abstract", "Chatham House Rule", "Une ONG"):
        assert word in page.text
    for word in (ADDRESS, "Nom Prénom", 'name="email"'):
        assert word not in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert client.get("/en/series/serie/4/").status_code == 404


def test_a_closed_session_shows_its_title_and_no_content(client: FlaskClient, session: Session) -> None:
    closed = build_session(
        session,
        title=both("Titre secret", "Secret title"),
        abstract=both("Résumé secret", "Secret abstract"),
        level=Level.CLOSED,
    )
    page = client.get(_invite(session, closed))
    assert "Secret title" in page.text
    assert "Secret abstract" not in page.text
    assert "This is a closed session" in page.text


def test_an_answer_with_the_invited_address_counts_at_once(
    client: FlaskClient, session: Session, hidden: WorkshopSession
) -> None:
    path = _invite(session, hidden)
    # Another address is not looked at: the invitation is locked to its own.
    response = _answer(client, path, email="other@example.org")
    assert (response.status_code, response.location) == (303, path)
    (answer,) = session.scalars(sa.select(Answer))
    assert (answer.state, answer.participant.address, answer.participant.name) == (
        AnswerState.ACCEPTED,
        ADDRESS,
        "An alias",
    )
    assert answer.invitation_id == _only(session).id
    assert [message.kind for message in list_mail(session)] == ["answer_recorded"]
    page = client.get(path)
    assert "This invitation has been used" in page.text
    for word in ("An alias", ADDRESS, "Secret", "/my/"):
        assert word not in page.text
    assert client.get(my_path(session, ADDRESS, "en")).status_code == 200
    token = csrf_of(page)
    again = client.post(path, data={"csrf_token": token, "answer": "accepted", "name": "Else", "language": "en"})
    assert again.status_code == 409


def test_an_invitation_that_may_be_passed_on_confirms_another_address_as_usual(
    client: FlaskClient, session: Session, hidden: WorkshopSession
) -> None:
    path = _invite(session, hidden, is_locked=False)
    response = _answer(client, path, email="other@example.org")
    assert (response.status_code, response.location) == (303, f"{path}sent")
    assert "check your e-mail" in client.get(response.location).text
    assert [message.kind for message in list_mail(session)] == ["confirm_address"]
    assert _only(session).uses == 0
    my = my_path(session, "other@example.org", "en")
    assert _press_confirm(client, my).status_code == 303
    assert _only(session).uses == 1
    assert "has been used" in client.get(path).text


def _press_confirm(client: FlaskClient, my: str) -> TestResponse:
    page = client.get(my)
    fields = {"requests": hidden_of(page, "requests")} if 'name="requests"' in page.text else {}
    return client.post(f"{my}confirm", data={"csrf_token": csrf_of(page), **fields})


def test_an_invitation_that_may_be_passed_on_takes_its_own_address_at_once(
    client: FlaskClient, session: Session, hidden: WorkshopSession
) -> None:
    path = _invite(session, hidden, is_locked=False)
    assert _answer(client, path, email=ADDRESS.upper()).location == path
    assert session.scalars(sa.select(Answer.state)).one() is AnswerState.ACCEPTED


def test_a_form_with_faults_comes_back_with_each_at_its_field_and_nothing_stored(
    client: FlaskClient, session: Session, hidden: WorkshopSession
) -> None:
    path = _invite(session, hidden, is_locked=False)
    response = _answer(client, path, name="", email="nobody", acknowledge_rule=None)
    assert response.status_code == 422
    assert response.text.count('class="error"') == 3
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 0


def test_declining_needs_no_name_keeps_nobody_and_can_be_taken_back(
    client: FlaskClient, session: Session, hidden: WorkshopSession
) -> None:
    path = _invite(session, hidden)
    response = _press(client, path, answer="declined")
    assert (response.status_code, response.location) == (303, path)
    assert _only(session).declined_at == NOW
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 0
    assert list_mail(session) == []
    assert "will not come" in client.get(path).text
    assert _answer(client, path).status_code == 303
    assert (_only(session).declined_at, _only(session).uses) == (None, 1)


def test_asking_not_to_be_written_to_kills_the_link(
    client: FlaskClient, session: Session, hidden: WorkshopSession
) -> None:
    path = _invite(session, hidden)
    response = _press(client, path, erase="1")
    assert response.status_code == 200
    assert "Your address is erased" in response.text
    invitation = _only(session)
    assert (invitation.address, invitation.name) == (None, "")
    assert client.get(path).data == client.get("/en/invitation/nothing/").data


def test_forged_withdrawn_and_draft_answer_with_one_404(
    client: FlaskClient, session: Session, hidden: WorkshopSession
) -> None:
    path = _invite(session, hidden)
    my = issue(session, purpose=Purpose.MY, subject=_only(session).subject)
    unknown = client.get("/en/invitation/abcdefghijklmnopqrstuvwxyz0/")
    assert unknown.status_code == 404
    hidden.is_published = False
    session.commit()
    answers = [client.get(path), client.get(f"/en/invitation/{my}/"), client.get(f"{path}sent")]
    hidden.is_published = True
    inviting.withdraw_invitations(
        session, now=NOW, series_id=hidden.series_id, organisation=None, ids=[_only(session).id], actor="x"
    )
    session.commit()
    answers.append(client.get(path))
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.data for answer in answers} == {unknown.data}
    assert {str(sorted(answer.headers)) for answer in answers} == {str(sorted(unknown.headers))}


def test_opening_however_often_changes_nothing(client: FlaskClient, session: Session, hidden: WorkshopSession) -> None:
    path = _invite(session, hidden)
    before = str(session.execute(sa.select(Invitation.__table__)).all())
    for _ in range(20):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    session.commit()
    assert str(session.execute(sa.select(Invitation.__table__)).all()) == before


def test_several_sessions_are_ticked(client: FlaskClient, session: Session, hidden: WorkshopSession) -> None:
    other = build_session(session, hidden.series, slug="5", number=5, visibility=Visibility.INVITE_ONLY)
    path = _invite(session, hidden, other)
    assert _answer(client, path).status_code == 422
    assert _answer(client, path, sessions=["5"]).status_code == 303
    assert session.scalars(sa.select(Answer.workshop_session_id)).all() == [other.id]


def test_a_full_session_is_said_and_nothing_stored(
    client: FlaskClient, session: Session, hidden: WorkshopSession
) -> None:
    hidden.capacity, hidden.has_waiting_list = 1, True
    build_answer(session, hidden)
    path = _invite(session, hidden)
    response = _answer(client, path)
    assert response.status_code == 409
    assert "is taken. Nothing was stored" in response.text
    assert session.scalar(sa.select(sa.func.count()).select_from(Participant)) == 1
    assert _answer(client, path, waiting_list="y").status_code == 303
    assert AnswerState.WAITLISTED in set(session.scalars(sa.select(Answer.state)))


def test_a_session_that_began_takes_no_answer(
    client: FlaskClient, session: Session, hidden: WorkshopSession, clock: time_machine.Traveller
) -> None:
    path = _invite(session, hidden)
    token = csrf_of(client.get(path))
    clock.move_to(hidden.starts_at)
    page = client.get(path)
    assert page.status_code == 200
    assert "takes no more answers" in page.text
    assert client.post(path, data={"csrf_token": token, "answer": "accepted"}).status_code == 409


def test_a_group_s_link_asks_each_for_an_address_of_their_own_and_counts_at_the_button(
    client: FlaskClient, session: Session, hidden: WorkshopSession
) -> None:
    path = _group(session, hidden, max_uses=1)
    assert _answer(client, path, email="one@example.org").location == f"{path}sent"
    assert session.scalars(sa.select(AnswerRequest.invitation_id)).one() == _only(session).id
    my = my_path(session, "one@example.org", "en")
    page = client.get(my)
    assert _press_confirm(client, my).status_code == 303, page.text
    assert _only(session).uses == 1
    used = client.get(path)
    assert used.status_code == 409
    assert "This invitation has been used" in used.text


def test_one_of_a_group_answers_and_the_link_tells_the_others_nothing_of_it(
    client: FlaskClient, session: Session, hidden: WorkshopSession
) -> None:
    path = _group(session, hidden, max_uses=3)
    page = client.get(path)
    before = page.text.replace(csrf_of(page), "…")
    for name in ("one", "two", "three"):
        page = client.get(path)
        assert page.text.replace(csrf_of(page), "…") == before, name
        assert _answer(client, path, email=f"{name}@example.org").status_code == 303
        my = my_path(session, f"{name}@example.org", "en")
        assert _press_confirm(client, my).status_code == 303
        client.get(my)  # which says once that the answer is recorded
    assert _only(session).uses == 3
    assert client.get(path).status_code == 409


def test_a_group_s_decline_keeps_nothing(client: FlaskClient, session: Session, hidden: WorkshopSession) -> None:
    path = _group(session, hidden)
    assert _press(client, path, answer="declined").status_code == 303
    assert "Nothing about you was kept" in client.get(path).text
    assert _press(client, path, erase="1").status_code == 303
    invitation = _only(session)
    assert (invitation.declined_at, invitation.withdrawn_at, invitation.name) == (None, None, "Le groupe")


def test_a_group_s_link_ends(
    client: FlaskClient, session: Session, hidden: WorkshopSession, clock: time_machine.Traveller
) -> None:
    path = _group(session, hidden, ends_at=NOW + timedelta(hours=1))
    assert client.get(path).status_code == 200
    clock.shift(timedelta(hours=1))
    assert client.get(path).status_code == 409
