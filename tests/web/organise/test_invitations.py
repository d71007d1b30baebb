"""The workspace's pages about invitations, for organisers and for partners."""

from __future__ import annotations

import io
import re
import time
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import NOW, both, build_organiser, build_series, build_session
from tests.unit.rsvp.test_address_lists import workbook
from tests.web.examples import statements
from tests.web.organise.test_walls import _addresses
from tests.web.workspace import sign_in, token_of
from workshop.accounts.models import Role
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level, Visibility
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Series, SessionStatus
from workshop.rsvp.models import Invitation
from workshop.rsvp.service import inviting

BASE = "/en/organise/series/mine/invitations"
PARTNERS = {
    f"rsvp_organise.{name}"
    for name in (
        "invitations",
        "new_invitations",
        "new_group",
        "send_invitations",
        "remind_invited",
        "withdraw_invitations",
    )
}
pytestmark = pytest.mark.usefixtures("clock")


@pytest.fixture
def mine(session: Session) -> Series:
    series = build_series(session, slug="mine")
    build_session(session, series, slug="1", number=1, title=both("Une", "First"))
    build_session(
        session, series, slug="2", number=2, title=both("Deux", "Hidden one"), visibility=Visibility.INVITE_ONLY
    )
    return series


@pytest.fixture
def owner(client: FlaskClient, session: Session, mine: Series) -> FlaskClient:
    sign_in(client, build_organiser(session, mine))
    return client


def _partner(client: FlaskClient, session: Session, series: Series, organisation: str = "ONG") -> FlaskClient:
    organiser = build_organiser(session, series, role=Role.PARTNER)
    organiser.roles[0].organisation = organisation
    sign_in(client, organiser)
    return client


def _post(client: FlaskClient, path: str, **data: Any) -> TestResponse:
    token = token_of(client.get(path))
    return client.post(path, data={"csrf_token": token, **data}, content_type="multipart/form-data")


def _check(client: FlaskClient, **data: Any) -> TestResponse:
    return _post(client, f"{BASE}/new", **{"sessions": ["2"], "language": "en", **data})


def _keep(client: FlaskClient, preview: TestResponse, **data: Any) -> TestResponse:
    fields: dict[str, Any] = {}
    form = preview.text.split("<main", 1)[1].split("<form", 1)[1].split("</form>")[0]
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form):
        fields.setdefault(name, []).append(unescape(value))
    return client.post(f"{BASE}/new", data={**fields, **data}, content_type="multipart/form-data")


def _offered(page: str) -> list[str]:
    boxes = re.findall(r'<input[^>]*name="sessions"[^>]*>', page)
    return [found[1] for box in boxes if (found := re.search(r'value="([^"]*)"', box))]


def _invitations(session: Session) -> list[Invitation]:
    session.expire_all()
    return list(session.scalars(sa.select(Invitation).order_by(Invitation.id)))


def test_a_list_is_shown_with_its_faults_before_anything_is_stored(owner: FlaskClient, session: Session) -> None:
    preview = _check(owner, addresses="Camille <a@example.org>\nnot an address\nb@example.org\nA@example.org")
    assert preview.status_code == 200
    assert "2 people can be invited" in preview.text
    assert "2 entries have a fault" in preview.text
    assert "This is no e-mail address" in preview.text
    assert "This address stands on line 1 already" in preview.text
    assert _invitations(session) == []
    kept = _keep(owner, preview)
    assert (kept.status_code, kept.location) == (303, BASE)
    rows = _invitations(session)
    assert [(one.address, one.name, one.language, one.is_locked) for one in rows] == [
        ("a@example.org", "Camille", "en", True),
        ("b@example.org", "", "en", True),
    ]
    page = owner.get(BASE).text
    assert "a…@….org" in page
    assert "a@example.org" not in page
    assert session.scalars(sa.select(OutboxMessage)).all() == []


def test_what_is_wrong_can_be_corrected_beside_what_is_right(owner: FlaskClient, session: Session) -> None:
    preview = _check(owner, addresses="a@example.org\nCamille <b@example>\n")
    correcting = preview.text.split("<textarea", 1)[1]
    assert "b@example;Camille;" in correcting
    rows = re.search(r'name="rows" value="([^"]*)"', preview.text)
    assert rows
    again = _check(
        owner, rows=unescape(rows[1]), addresses="address;name;language\nb@example.org;Camille;fr\n", is_passable="y"
    )
    assert "2 people can be invited" in again.text
    assert "fault" not in again.text
    assert _keep(owner, again).status_code == 303
    assert [(one.address, one.language, one.is_locked) for one in _invitations(session)] == [
        ("a@example.org", "en", False),
        ("b@example.org", "fr", False),
    ]


def test_a_csv_in_latin_1_and_a_workbook_are_read(owner: FlaskClient, session: Session) -> None:
    content = "Nom;Courriel;Langue\nÉlodie Œuvrard;e@example.org;français\n".encode("cp1252")
    preview = _check(owner, file=(io.BytesIO(content), "liste.csv"))
    assert "Élodie Œuvrard" in preview.text
    book = workbook([["Email", "Name"], ["f@example.org", "F"], ["=1+1", "G"]])
    preview = _check(owner, file=(io.BytesIO(book), "list.xlsx"), addresses="e@example.org")
    assert "2 people can be invited" in preview.text
    assert "A cell contains a formula" in preview.text
    damaged = _check(owner, file=(io.BytesIO(book[:200]), "list.xlsx"))
    assert damaged.status_code == 422
    assert "it is damaged" in damaged.text


def test_five_thousand_with_a_hundred_faults_go_through_in_seconds(
    app: Flask, owner: FlaskClient, session: Session
) -> None:
    lines = [f"Person Number {n} <person-number-{n}@example.org>" if n % 50 else f"wrong {n}" for n in range(5000)]
    begun = time.perf_counter()
    preview = _check(owner, addresses="\r\n".join(lines))
    assert "4900 people can be invited" in preview.text.replace(",", "").replace("\u202f", "")
    assert preview.text.count("This is no e-mail address") == 100
    with statements(app) as found:
        assert _keep(owner, preview).status_code == 303
    assert time.perf_counter() - begun < 30
    assert len(found) < 60
    assert len(_invitations(session)) == 4900


def test_thousands_on_one_line_as_a_mail_program_has_them_are_read(owner: FlaskClient) -> None:
    one_line = ", ".join(f"participant.number.{n}@workshops.example.org" for n in range(4000))
    for sent in ({"addresses": one_line}, {"file": (io.BytesIO(one_line.encode()), "list.csv")}):
        assert "4000 people can be invited" in _check(owner, **sent).text.replace(",", "")


def test_what_no_database_takes_is_no_fault_of_ours(owner: FlaskClient, session: Session) -> None:
    _keep(owner, _check(owner, addresses="a@example.org"))
    huge = "9" * 40
    for path in (f"{BASE}?page={huge}", f"{BASE}?organisation=%00", f"{BASE}/send?organisation=%00"):
        assert owner.get(path).status_code == 200, path
    token = token_of(owner.get(BASE + "/new"))
    kept = owner.post(f"{BASE}/withdraw", data={"csrf_token": token, "invitation": huge})
    assert (kept.status_code, kept.location) == (303, BASE)
    assert [one.withdrawn_at for one in _invitations(session)] == [None]


@pytest.mark.parametrize("content_type", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
def test_ten_megabytes_are_refused_with_a_page(owner: FlaskClient, session: Session, content_type: str) -> None:
    response = owner.post(f"{BASE}/new", data=b"x" * 10_000_000, content_type=content_type)
    assert response.status_code == 413
    assert "This is too large" in response.text
    assert _invitations(session) == []


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"addresses": ""}, "Please give at least one address"),
        ({"addresses": "a@example.org", "sessions": []}, "Please choose at least one session"),
        ({"addresses": "a@example.org", "sessions": ["nope"]}, "One of these sessions cannot be invited to"),
        ({"rows": "{}"}, "The list did not arrive whole"),
        ({"rows": "[" * 200_000}, "The list did not arrive whole"),
        ({"rows": '[["a@example.org", 1, "fr"]]'}, "The list did not arrive whole"),
        ({"addresses": "\n".join(f"p{n}@example.org" for n in range(5001))}, "At most 5,000 addresses at once"),
        ({"addresses": "no address at all"}, "This is no e-mail address"),
    ],
)
def test_what_cannot_be_taken_comes_back_with_the_reason(
    owner: FlaskClient, session: Session, data: dict[str, Any], words: str
) -> None:
    response = _check(owner, **data)
    assert response.status_code == 422
    assert words in response.text
    assert _invitations(session) == []


def test_what_the_preview_carried_is_checked_anew(owner: FlaskClient, session: Session) -> None:
    response = _check(owner, rows='[["a@example.org\\nBcc: x@example.org", "", "en"]]', confirm="yes")
    assert response.status_code == 422
    assert "another control character" in response.text
    preview = _check(owner, addresses="a@example.org")
    assert _keep(owner, preview).status_code == 303
    late = _keep(owner, preview)
    assert late.status_code == 422
    assert "invited already" in late.text


def test_drafts_cancelled_and_past_sessions_are_not_to_be_chosen(
    owner: FlaskClient, session: Session, mine: Series
) -> None:
    build_session(session, mine, slug="draft", is_published=False)
    build_session(session, mine, slug="off", status=SessionStatus.CANCELLED)
    build_session(session, mine, slug="past", starts_at=NOW - timedelta(days=1))
    page = owner.get(f"{BASE}/new").text
    assert _offered(page) == ["1", "2"]


def test_sending_says_to_how_many_and_shows_what(owner: FlaskClient, session: Session) -> None:
    _keep(owner, _check(owner, addresses="a@example.org\nb@example.org;;fr"))
    page = owner.get(f"{BASE}/send")
    assert "2 people will receive the invitation" in page.text
    assert "Vous" in page.text or "You are invited" in page.text
    assert "[[link" not in page.text
    wrong = _post(owner, f"{BASE}/send", confirm="yes", count="1")
    assert wrong.status_code == 409
    assert "The number has changed" in wrong.text
    sent = _post(owner, f"{BASE}/send", confirm="yes", count="2")
    assert (sent.status_code, sent.location) == (303, BASE)
    assert inviting.send_invitations(session, NOW) == 2
    session.commit()
    assert "sent, no answer yet" in owner.get(BASE).text
    reminding = owner.get(f"{BASE}/remind")
    assert "There is nobody to remind" in reminding.text


def test_a_group_s_link_is_shown_to_be_handed_on(owner: FlaskClient, session: Session) -> None:
    made = _post(
        owner, f"{BASE}/group", name="Réseau", sessions=["2"], language="fr", max_uses="5", ends_wall="2026-11-28T18:00"
    )
    assert made.status_code == 303, made.text
    (invitation,) = _invitations(session)
    assert (invitation.max_uses, invitation.name) == (5, "Réseau")
    page = owner.get(BASE).text
    link = re.search(r'value="http://[^"/]+(/fr/invitation/[^"]+/)"', page)
    assert link
    assert owner.get(link[1]).status_code == 200
    past = _post(owner, f"{BASE}/group", name="R", sessions=["2"], language="fr", ends_wall="2026-11-01T18:00")
    assert past.status_code == 422
    assert "This is past" in past.text


def test_withdrawing_says_whom_first(owner: FlaskClient, session: Session) -> None:
    _keep(owner, _check(owner, addresses="Camille <a@example.org>"))
    (invitation,) = _invitations(session)
    path = f"{BASE}/withdraw?invitation={invitation.id}"
    page = owner.get(path)
    assert "Camille" in page.text
    token = token_of(page)
    assert _invitations(session)[0].withdrawn_at is None
    done = owner.post(f"{BASE}/withdraw", data={"csrf_token": token, "invitation": str(invitation.id)})
    assert done.status_code == 303
    assert _invitations(session)[0].withdrawn_at == NOW


def test_another_series_invitation_cannot_be_withdrawn(owner: FlaskClient, session: Session) -> None:
    other = build_session(session, build_series(session, slug="theirs"))
    group = inviting.Group(name="x", language="fr")
    made = inviting.invite_group(session, now=NOW, workshop_sessions=[other], group=group, actor="x")
    token = token_of(owner.get(f"{BASE}/new"))
    owner.post(f"{BASE}/withdraw", data={"csrf_token": token, "invitation": str(made.id)})
    session.refresh(made)
    assert made.withdrawn_at is None


def test_a_partner_sees_its_own_invitees_and_nothing_else(
    app: Flask, client: FlaskClient, session: Session, mine: Series
) -> None:
    _partner(client, session, mine)
    token = token_of(client.get(f"{BASE}/new"))
    for endpoint, method, path in _addresses(app, "mine", "1"):
        code = client.open(path, method=method, data={"csrf_token": token}).status_code
        assert (code == 404) is (endpoint not in PARTNERS), (endpoint, method, code)
    chosen = list(mine.sessions)[:1]
    for organisation, address in (
        ("ONG", "ours@example.org"),
        ("Autre", "theirs@example.org"),
        ("", "own@example.org"),
    ):
        inviting.invite(
            session, now=NOW, workshop_sessions=chosen, invitees=[inviting.Invitee(address, address[:4], "fr")],
            organisation=organisation, is_locked=True, made_by=None, actor="organiser:1",
        )  # fmt: skip
    page = client.get(BASE).text
    assert "ours" in page
    assert "ours@example.org" not in page
    for word in ("thei", "own@", "Autre"):
        assert word not in page
    assert "thei" not in client.get(f"{BASE}?organisation=Autre").text
    others = [one.id for one in _invitations(session) if one.organisation != "ONG"]
    client.post(f"{BASE}/withdraw", data={"csrf_token": token, "invitation": [str(one) for one in others]})
    assert [one.withdrawn_at for one in _invitations(session)] == [None, None, None]


def test_a_partner_invites_to_what_is_public_or_what_it_was_given(
    client: FlaskClient, session: Session, mine: Series
) -> None:
    _partner(client, session, mine)
    page = client.get(f"{BASE}/new").text
    assert _offered(page) == ["1"]
    assert "Hidden one" not in page
    refused = _check(client, addresses="a@example.org")
    assert refused.status_code == 422
    hidden = next(one for one in mine.sessions if one.slug == "2")
    group = inviting.Group(name="ONG", language="fr", organisation="ONG", max_uses=3)
    inviting.invite_group(session, now=NOW, workshop_sessions=[hidden], group=group, actor="organiser:1")
    preview = _check(client, addresses="a@example.org", organisation="Autre")
    assert preview.status_code == 200, preview.text
    assert _keep(client, preview, organisation="Autre").status_code == 303
    made = _invitations(session)[-1]
    assert (made.organisation, made.address) == ("ONG", "a@example.org")
    # What it typed itself it may read.
    assert "a@example.org" in client.get(BASE).text
    assert _post(client, f"{BASE}/send", confirm="yes", count="1").status_code == 303


def test_the_log_has_numbers_and_no_address(owner: FlaskClient, session: Session) -> None:
    _keep(owner, _check(owner, addresses="Camille <a@example.org>"))
    _post(owner, f"{BASE}/send", confirm="yes", count="1")
    owner.get(BASE)
    entries = session.scalars(sa.select(LogEntry).where(LogEntry.action.like("rsvp.%"))).all()
    assert {"rsvp.invite", "rsvp.send_invitations", "rsvp.view_invitations"} <= {one.action for one in entries}
    assert not any("example.org" in str(one.details) or "Camille" in str(one.details) for one in entries)


def test_the_list_costs_the_same_with_one_invitation_and_with_thirty(
    app: Flask, owner: FlaskClient, session: Session
) -> None:
    counts = []
    for number in (1, 30):
        lines = "\n".join(f"p{number}-{n}@example.org" for n in range(number))
        _keep(owner, _check(owner, addresses=lines, sessions=["1", "2"]))
        owner.get(BASE)
        with statements(app) as found:
            assert owner.get(BASE).status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1]


def test_a_closed_session_is_invited_to_by_its_organisers(owner: FlaskClient, session: Session, mine: Series) -> None:
    build_session(session, mine, slug="9", title=both("Fermée", "Closed one"), level=Level.CLOSED)
    assert "Closed one" in owner.get(f"{BASE}/new").text
    _keep(owner, _check(owner, addresses="a@example.org", sessions=["9"]))
    page = owner.get(f"{BASE}/send")
    sample = page.text.split('class="desk-mail"')[1]
    assert "Closed one" not in sample
    assert "Example series" not in sample
