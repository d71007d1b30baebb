"""What organisers ask those who answer: written, changed, moved and deleted, and what becomes of replies."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.builders import NOW, build_organiser, build_participant, build_series, build_session
from tests.web.workspace import post, sign_in, token_of
from workshop.programme.models import Question, QuestionKind, Series, WorkshopSession
from workshop.rsvp.models import QuestionReply

SERIES = "/en/organise/series/mine/questions"
SESSION = "/en/organise/series/mine/1/questions"
FORM = {
    "text-fr": "Comment contribuer ?", "text-en": "How to contribute?", "reason-fr": "Pour préparer", "reason-en": "To prepare",
    "kind": "several_of", "options-fr": "Écrire\nRelire\nTraduire", "options-en": "Writing\nReading\nTranslating",
    "keep_days": "7",
}  # fmt: skip


@pytest.fixture
def one(session: Session) -> WorkshopSession:
    return build_session(session, build_series(session, slug="mine"), slug="1")


@pytest.fixture
def owner(client: FlaskClient, session: Session, one: WorkshopSession) -> FlaskClient:
    sign_in(client, build_organiser(session, one.series))
    return client


def _stored(session: Session) -> list[Question]:
    session.expire_all()
    return list(session.scalars(sa.select(Question).order_by(Question.position, Question.id)))


def _reply(session: Session, series: Series, question: Question, value: Any) -> None:
    person = build_participant(session, series)
    session.add(QuestionReply(participant_id=person.id, question_id=question.id, value=value, replied_at=NOW))
    session.commit()


def _replies(session: Session) -> list[Any]:
    session.expire_all()
    return list(session.scalars(sa.select(QuestionReply.value).order_by(QuestionReply.id)))


@pytest.mark.parametrize(("path", "is_own"), [(SERIES, False), (SESSION, True)])
def test_a_question_from_the_form_to_the_list(
    owner: FlaskClient,
    session: Session,
    one: WorkshopSession,
    path: str,
    is_own: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    assert "Nothing more is asked." in owner.get(path).text
    assert "Always asked" in owner.get(path).text
    answer = post(owner, f"{path}/new", FORM)
    assert (answer.status_code, answer.location) == (303, path)
    (question,) = _stored(session)
    assert question.workshop_session_id == (one.id if is_own else None)
    assert (question.kind, question.is_required, question.keep_days) == (QuestionKind.SEVERAL_OF, False, 7)
    assert [option["key"] for option in question.options] == ["ecrire", "relire", "traduire"]
    page = owner.get(path).text
    for words in (
        "How to contribute?",
        'lang="fr">Comment contribuer',
        "To prepare",
        "erased 7 days after",
        "0 replies",
    ):
        assert words in page
    assert ("How to contribute?" in owner.get(SESSION).text) is True
    assert ("How to contribute?" in owner.get(SERIES).text) is not is_own
    # Sent back as shown, it changes nothing.
    revision = one.series.revision
    assert post(owner, f"{path}/{question.key}/edit", FORM).status_code == 303
    session.expire_all()
    assert one.series.revision == revision


def test_the_order_is_changed_without_a_script(owner: FlaskClient, session: Session) -> None:
    for number in (1, 2, 3):
        post(owner, f"{SERIES}/new", {**FORM, "text-fr": f"Q{number}", "text-en": f"Q{number}"})
    keys = [question.key for question in _stored(session)]
    assert owner.get(SERIES).text.count('value="up"') == 2
    for key, by in ((keys[2], "up"), (keys[0], "down"), (keys[2], "up"), (keys[1], "sideways")):
        assert post(owner, f"{SERIES}/{key}/move", {"by": by}, page=SERIES).status_code == 303
    assert [question.key for question in _stored(session)] == [keys[2], keys[0], keys[1]]


def test_deleting_says_how_many_replies_go(owner: FlaskClient, session: Session, one: WorkshopSession) -> None:
    post(owner, f"{SERIES}/new", FORM)
    (question,) = _stored(session)
    assert "Nobody has replied to it." in owner.get(f"{SERIES}/{question.key}/delete").text
    for _ in range(2):
        _reply(session, one.series, question, ("ecrire",))
    path = f"{SERIES}/{question.key}/delete"
    assert "2 replies go with it" in owner.get(path).text
    assert len(_stored(session)) == 1
    assert post(owner, path).status_code == 303
    assert (_stored(session), _replies(session)) == ([], [])


def test_a_change_that_replies_no_longer_fit_is_confirmed_first(
    owner: FlaskClient, session: Session, one: WorkshopSession
) -> None:
    post(owner, f"{SESSION}/new", FORM)
    (question,) = _stored(session)
    for value in (("ecrire",), ("ecrire", "relire"), ("traduire",)):
        _reply(session, one.series, question, value)
    path = f"{SESSION}/{question.key}/edit"
    assert "3 people have replied to it." in owner.get(path).text
    corrected = {**FORM, "text-en": "How would you contribute?", "options-en": "Writing up\nReading\nTranslating"}
    assert post(owner, path, corrected).status_code == 303
    assert len(_replies(session)) == 3
    less = {**FORM, "options-fr": "Relire\nTraduire", "options-en": "Reading\nTranslating"}
    asked = post(owner, path, less)
    assert (asked.status_code, "2 replies no longer fit it" in asked.text) == (200, True)
    assert 'name="options-fr" value="Relire\nTraduire"' in asked.text.replace("\r", "")
    assert len(_replies(session)) == 3
    sent = {**less, "confirm": "yes", "csrf_token": token_of(asked)}
    assert owner.post(path, data=sent).status_code == 303
    assert _replies(session) == [("relire",), ("traduire",)]
    other = {**FORM, "kind": "long", "options-fr": "", "options-en": ""}
    assert "2 replies no longer fit it" in post(owner, path, other).text
    assert post(owner, path, {**other, "confirm": "yes"}).status_code == 303
    assert _replies(session) == []
    assert owner.get(path).status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"text-en": ""}, "This is missing in a language of the series."),
        ({"reason-fr": "", "reason-en": ""}, "at least one language"),
        ({"kind": "rank"}, "Please choose one of these."),
        ({"options-fr": "Seule", "options-en": "Only"}, "at least two options"),
        ({"kind": "short"}, "has no options"),
        ({"keep_days": "91"}, "a number from 0 to 90"),
        ({"keep_days": ""}, "a number from 0 to 90"),
        ({"text-fr": "x" * 600}, "At most 500 characters"),
    ],
)
def test_what_is_wrong_comes_back_with_the_form(
    owner: FlaskClient, session: Session, change: dict[str, str], words: str
) -> None:
    answer = post(owner, f"{SERIES}/new", {**FORM, **change})
    assert answer.status_code == 422
    assert words in answer.text
    assert "To prepare" in answer.text or "reason-en" in change
    assert _stored(session) == []


def test_hostile_words_come_out_harmless(owner: FlaskClient, session: Session) -> None:
    bad = '"><script>alert(1)</script>\u0000'
    texts = {name: bad + value for name, value in FORM.items() if name.endswith(("-fr", "-en"))}
    assert post(owner, f"{SERIES}/new", {**FORM, **texts}).status_code == 303
    (question,) = _stored(session)
    for path in (SERIES, SESSION, f"{SERIES}/{question.key}/edit", f"{SERIES}/{question.key}/delete"):
        page = owner.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text


def test_a_question_is_found_at_its_own_place_only(owner: FlaskClient, session: Session) -> None:
    post(owner, f"{SERIES}/new", FORM)
    (question,) = _stored(session)
    assert owner.get(f"{SERIES}/{question.key}/edit").status_code == 200
    assert owner.get(f"{SESSION}/{question.key}/edit").status_code == 404
    assert owner.get(f"{SERIES}/unknown/delete").status_code == 404
