"""The texts of a series' mail: an editor that says what is wrong and where, a preview, back to the original."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, both, build_organiser, build_series, build_session
from tests.web.workspace import post, sign_in
from workshop.accounts.models import Role
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level
from workshop.core.links import cut
from workshop.mail.models import MailText, OutboxMessage
from workshop.mail.render import outline
from workshop.mail.texts import KINDS
from workshop.organise.sampling import sample_of
from workshop.organise.view import KINDS as KIND_NAMES
from workshop.organise.wording import MEANINGS, try_sample
from workshop.programme.models import WorkshopSession

LIST = "/en/organise/series/mine/texts"
EDITOR = f"{LIST}/place_free/en"
OWN = {"subject": "Free: {title}", "body": "Dear {name},\n\n{session}\n{when}\n\nHurry <b>up</b>.\n\n{links}"}


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    series = build_series(session, slug="mine", title=both("Canari", "Canary series"), level=Level.DISCUSSION)
    starts = NOW + timedelta(days=10)
    return build_session(
        session,
        series,
        slug="1",
        title=both("Le titre", "The title"),
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
    )


@pytest.fixture
def owner(client: FlaskClient, session: Session, one: WorkshopSession) -> FlaskClient:
    sign_in(client, build_organiser(session, one.series))
    return client


def _rows(session: Session) -> list[MailText]:
    session.expire_all()
    return list(session.scalars(sa.select(MailText).order_by(MailText.id)))


def test_every_kind_has_a_name_and_every_placeholder_a_meaning() -> None:
    assert set(KINDS) <= set(KIND_NAMES)
    names = {name for kind in KINDS.values() for name in (*kind.blocks, *kind.values)}
    assert names <= set(MEANINGS)


def test_the_list_leads_to_every_kind_in_every_language(owner: FlaskClient) -> None:
    page = owner.get(LIST).text
    assert [f'{LIST}/{kind}/{code}"' in page for kind in KINDS for code in ("fr", "en")] == [True] * 2 * len(KINDS)
    assert "Your text" not in page


def test_the_editor_begins_with_the_products_words(owner: FlaskClient, app: Flask) -> None:
    page = unescape(owner.get(EDITOR).text)
    with app.app_context():
        assert outline("place_free", "en").body in page.replace("\r\n", "\n")
    for words in ("{when}", "required", "The title", "whoever accepts first has it", "Exemple"):
        assert words in page
    assert "[[link:" not in page


def test_own_words_are_kept_shown_and_given_up_again(owner: FlaskClient, session: Session) -> None:
    assert post(owner, EDITOR, {**OWN, "session": "1", "act": "save"}).status_code == 303
    (row,) = _rows(session)
    assert (row.kind, row.language, row.subject, row.body) == ("place_free", "en", OWN["subject"], OWN["body"])
    assert "Your text" in owner.get(LIST).text
    page = owner.get(EDITOR).text
    letter = page[page.index('<div class="letter"') :]
    assert "Dear Exemple," in letter
    assert "Hurry &lt;b&gt;up&lt;/b&gt;." in letter
    assert "Free: The title" in page
    assert post(owner, f"{EDITOR}/original", {}, page=EDITOR).status_code == 303
    assert _rows(session) == []
    actions = session.scalars(sa.select(LogEntry.action).order_by(LogEntry.id)).all()
    assert [one for one in actions if "mail" in one] == ["organise.word_mail", "organise.reset_mail_text"]


def test_a_preview_keeps_nothing(owner: FlaskClient, session: Session) -> None:
    page = post(owner, EDITOR, {**OWN, "session": "1", "act": "preview"})
    assert page.status_code == 200
    assert "Dear Exemple," in page.text
    html = post(owner, EDITOR, {**OWN, "session": "1", "act": "html"})
    assert "Hurry &lt;b&gt;up&lt;/b&gt;.</p>" in html.text
    assert "sandbox" in html.headers["Content-Security-Policy"]
    assert "[[link:" not in html.text
    assert _rows(session) == []
    assert session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 0


def test_the_original_saved_is_no_text_of_ones_own(owner: FlaskClient, session: Session, app: Flask) -> None:
    with app.app_context():
        original = outline("place_free", "en")
    post(owner, EDITOR, {**OWN, "act": "save"})
    assert post(owner, EDITOR, {**original._asdict(), "act": "save"}).status_code == 303
    assert _rows(session) == []


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"body": "{{7*7}}\n{when}\n{links}"}, "Line 1: “{{7*7}}”"),
        ({"body": "{when}\n{links}\n\n{0.__class__}"}, "Line 4: “{0.__class__}”"),
        (
            {"body": "{when}\n{links}\n{secret}"},
            "Line 3: “{secret}” is no placeholder of this message. Possible: {title}",
        ),
        (
            {"body": "Come {when}\n{links}"},
            "Line 1: “{when}” stands for a whole passage and must be alone on its line.",
        ),
        ({"body": "Hello"}, "This must be in the text, each alone on its line: {when}, {links}."),
        ({"body": ""}, "This is required."),
        ({"body": "{when}\n{links}\n[[link:my:" + "0" * 32 + "]]"}, "Line 3: two opening square brackets"),
        ({"body": "{when}\n{links}\n\u202eevil"}, "Line 3: an invisible character turns the direction"),
        ({"subject": "{when}"}, "“{when}” stands for a whole passage: it cannot be in the subject."),
        ({"subject": "x" * 201}, "This is too long: at most 200 characters."),
        ({"body": "{when}\n{links}\n" + "x" * 8000}, "This is too long: at most 8000 characters."),
    ],
)
def test_what_cannot_be_kept_is_named_with_its_line(
    owner: FlaskClient, session: Session, typed: dict[str, str], said: str
) -> None:
    for act in ("save", "preview", "html"):
        page = post(owner, EDITOR, {**OWN, **typed, "act": act})
        assert page.status_code == 422
        assert said in unescape(page.text)
    assert _rows(session) == []


def test_a_line_break_in_a_subject_makes_no_header(owner: FlaskClient, session: Session) -> None:
    post(owner, EDITOR, {**OWN, "subject": "Free\r\nBcc: x@example.org", "act": "save"})
    (row,) = _rows(session)
    assert row.subject == "Free Bcc: x@example.org"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_can_be_looked_at(app: Flask, session: Session, one: WorkshopSession, kind: str) -> None:
    with app.test_request_context():
        for language in ("fr", "en"):
            sample = sample_of(kind, one, language=language, now=NOW)
            assert sample is not None
            assert sample.text.subject
            assert "Undefined" not in sample.text.text


def test_every_editor_opens(owner: FlaskClient) -> None:
    for kind in KINDS:
        page = owner.get(f"{LIST}/{kind}/fr")
        assert page.status_code == 200
        assert '<div class="letter"' in page.text, kind
        assert len(re.findall(r"<td [^>]*>–</td>", page.text)) <= len(KINDS[kind].blocks)


def test_neutral_mail_keeps_the_products_words(owner: FlaskClient, session: Session, one: WorkshopSession) -> None:
    one.level = Level.CLOSED
    session.commit()
    page = post(owner, EDITOR, {**OWN, "session": "1", "act": "preview"}).text
    assert "Mail about this session is neutral" in page
    assert "Hurry" not in page[page.index('<div class="letter"') :]


def test_nobody_but_managers(client: FlaskClient, session: Session, one: WorkshopSession) -> None:
    build_series(session, slug="other")
    sign_in(client, build_organiser(session, one.series, role=Role.HELPER))
    for address in (LIST, EDITOR, "/en/organise/series/other/texts"):
        assert client.get(address).status_code == 404
    assert client.get(f"{LIST}/place_free/de").status_code == 404


def test_an_unknown_kind_or_language_is_not_there(owner: FlaskClient) -> None:
    for address in (f"{LIST}/confirm_address/en", f"{LIST}/nothing/en", f"{LIST}/reminder/xx"):
        assert owner.get(address).status_code == 404


def _words(text: str) -> list[str]:
    return re.sub(r"<[^>]+>", " ", unescape(cut(text))).split()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_original_as_ones_own_text_says_the_same(
    app: Flask, session: Session, one: WorkshopSession, kind: str
) -> None:
    with app.test_request_context():
        for language in ("fr", "en"):
            product = try_sample(session, kind, one, None, language=language, now=NOW)
            own = try_sample(session, kind, one, outline(kind, language), language=language, now=NOW)
            assert product is not None
            assert own is not None
            assert own.text.subject == product.text.subject
            assert _words(own.text.text) == _words(product.text.text)
            assert _words(own.text.html) == _words(product.text.html)


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(owner: FlaskClient, session: Session) -> None:
    seen = re.search(r'name="seen" value="(\w*)"', owner.get(EDITOR).text)
    assert seen
    theirs = {**OWN, "subject": "Theirs: {title}"}
    assert post(owner, EDITOR, {**theirs, "act": "save", "seen": seen[1]}).status_code == 303
    page = post(owner, EDITOR, {**OWN, "act": "save", "seen": seen[1]})
    assert page.status_code == 409
    for said in ("Somebody else has changed this text", "Theirs: {title}", 'value="Free: {title}"'):
        assert said in unescape(page.text), said
    assert [row.subject for row in _rows(session)] == ["Theirs: {title}"]
    now_seen = re.search(r'name="seen" value="(\w+)"', page.text)
    assert now_seen
    assert post(owner, EDITOR, {**OWN, "act": "save", "seen": now_seen[1]}).status_code == 303
    assert [row.subject for row in _rows(session)] == ["Free: {title}"]
