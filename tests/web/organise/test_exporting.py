"""Taking a list out: for a purpose, as a file that no spreadsheet runs, logged by numbers."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import NOW, both, build_answer, build_participant, build_series, build_session
from tests.web.workspace import post
from workshop.audit.models import LogEntry
from workshop.chatham.rule import Level
from workshop.programme.models import Question, QuestionKind, WorkshopSession
from workshop.rsvp.models import Answer, AnswerState, Invitation, InvitationKind, ListExport, QuestionReply
from workshop.rsvp.service.exporting import neutral

PATH = "/en/organise/series/mine/1/answers/export"
SERIES = "/en/organise/series/mine/answers/export"
PURPOSE = {"purpose": "Badges for the door of the meeting", "format": "csv"}
XLSX = {**PURPOSE, "format": "xlsx"}
HOSTILE = [
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", " =1+1", "＝1+1", '=HYPERLINK("http://evil.example.org","x")',
    "a;=1+1", 'quote " and, comma', "https://evil.example.org/", "007", "Élodie ’ “x” 𝄞",
]  # fmt: skip
Logged = Callable[[str], list[tuple[str, dict[str, Any]]]]


def _csv(answer: TestResponse) -> list[list[str]]:
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def _xlsx(answer: TestResponse) -> list[list[Any]]:
    assert answer.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(answer.data))
    (sheet,) = book.worksheets
    for row in sheet.iter_rows():
        for cell in row:
            assert cell.data_type in {"s", "n"}
            assert cell.value is None or cell.data_type == "s"
            assert cell.hyperlink is None
    return [[cell.value or "" for cell in row] for row in sheet.iter_rows()]


@pytest.fixture
def ada(session: Session, listed: WorkshopSession) -> Answer:
    """Somebody of whom everything is known, and two who are not in the file."""
    invitation = Invitation(
        series_id=listed.series_id, kind=InvitationKind.GROUP, language="fr", organisation="Les amis", created_at=NOW
    )
    question = Question(
        series_id=listed.series_id, position=1, kind=QuestionKind.ONE_OF, text=both("Repas ?", "Meal?"),
        reason=both("r", "r"), options=({"key": "k1", "text": {"fr": "Végétarien", "en": "Vegetarian"}},),
    )  # fmt: skip
    session.add_all([invitation, question])
    session.flush()
    person = build_participant(
        session, listed.series, name="Ada", affiliation="Inserm", address="ada@example.org", access_needs="A ramp"
    )
    answer = build_answer(
        session, listed, person, interpretation="en", invitation_id=invitation.id, answered_at=NOW,
        attended_at=NOW + timedelta(days=1),
    )  # fmt: skip
    session.add(QuestionReply(participant_id=person.id, question_id=question.id, value="k1", replied_at=NOW))
    build_answer(session, listed, build_participant(session, listed.series, name="Pending"), state=AnswerState.PENDING)
    gone = build_participant(session, listed.series, name="", address=None, erased_at=NOW)
    build_answer(session, listed, gone, state=AnswerState.WITHDRAWN)
    session.commit()
    return answer


def test_the_file_holds_what_the_list_shows(desk: FlaskClient, ada: Answer) -> None:
    heads, *rows = _csv(post(desk, PATH, PURPOSE))
    assert heads == [
        "Name", "Affiliation", "Language", "Answer", "Answered on (Europe/Paris)", "Interpretation", "Access needs",
        "Invited by", "Meal?", "Attendance",
    ]  # fmt: skip
    assert rows == [
        ["Ada", "Inserm", "French", "coming", "2026-11-22 10:00", "English", "A ramp", "Les amis", "Vegetarian", "came"]
    ]
    assert _xlsx(post(desk, PATH, XLSX)) == [heads, *rows]
    french = _csv(post(desk, PATH.replace("/en/", "/fr/"), PURPOSE))
    assert french[1][8] == "Végétarien"


def test_addresses_are_in_it_only_when_asked_for(desk: FlaskClient, ada: Answer, logged: Logged) -> None:
    assert "ada@example.org" not in post(desk, PATH, PURPOSE).text
    heads, row = _csv(post(desk, PATH, {**PURPOSE, "addresses": "y"}))
    assert (heads[2], row[2]) == ("Address", "ada@example.org")
    assert [details["addresses"] for _, details in logged("rsvp.export")] == [False, True]


def test_the_purpose_is_kept_and_the_log_holds_numbers_only(
    desk: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession, logged: Logged
) -> None:
    answer = post(desk, PATH, PURPOSE)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="mine-1.csv"'
    export = session.scalars(sa.select(ListExport)).one()
    assert (export.series_id, export.workshop_session_id) == (listed.series_id, listed.id)
    assert export.purpose == PURPOSE["purpose"]
    details = {"export": export.id, "rows": 1, "addresses": False}
    assert logged("rsvp.export") == [(f"session:{listed.id}", details)]
    assert all("Badges" not in str(entry.details) for entry in session.scalars(sa.select(LogEntry)))


@pytest.mark.parametrize(
    "values",
    [{"purpose": ""}, {"purpose": "short"}, {"purpose": "   123456   "}, {"purpose": "x" * 301}, {"format": "exe"}],
)
@pytest.mark.parametrize("path", [PATH, SERIES])
def test_without_a_purpose_nothing_leaves(
    desk: FlaskClient, session: Session, ada: Answer, path: str, values: dict[str, str]
) -> None:
    answer = post(desk, path, {**PURPOSE, **values})
    assert answer.status_code == 422
    assert "Ada" not in answer.text
    assert session.scalars(sa.select(ListExport)).all() == []


def test_looking_at_the_form_takes_nothing_out(
    desk: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession
) -> None:
    for path in (PATH, SERIES):
        assert "Ada" not in desk.get(path, query_string=PURPOSE).text
        assert desk.head(path).status_code == 200
    assert session.scalars(sa.select(ListExport)).all() == []


def test_the_filter_of_the_list_holds_for_the_file(
    desk: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession
) -> None:
    build_answer(session, listed, build_participant(session, listed.series, name="Bo", language="en"))
    session.commit()
    for path in (PATH, SERIES):
        assert [row[0] for row in _csv(post(desk, f"{path}?language=en", PURPOSE))] == ["Name", "Bo"]
        assert [row[0] for row in _csv(post(desk, f"{path}?sort=name", PURPOSE))] == ["Name", "Ada", "Bo"]
        assert [row[0] for row in _csv(post(desk, f"{path}?q=nobody", PURPOSE))] == ["Name"]


@pytest.mark.parametrize("path", [PATH, SERIES])
def test_no_cell_is_a_formula_or_a_link(
    desk: FlaskClient, session: Session, listed: WorkshopSession, path: str
) -> None:
    question = Question(
        series_id=listed.series_id, position=1, kind=QuestionKind.LONG, text=both("=1+1", "=1+1"), reason=both("r", "r")
    )
    session.add(question)
    session.flush()
    for text in HOSTILE:
        person = build_participant(session, listed.series, name=text, affiliation=text, access_needs=f"{text}\n{text}")
        build_answer(session, listed, person)
        session.add(QuestionReply(participant_id=person.id, question_id=question.id, value=text, replied_at=NOW))
    session.commit()
    heads, *rows = _csv(post(desk, f"{path}?sort=name", PURPOSE))
    assert "'=1+1" in heads
    assert len(rows) == len(HOSTILE)
    for row in [heads, *rows]:
        for cell in row:
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "\t", "\r", "\n")), cell
            assert ";=" not in cell
    assert {row[0] for row in rows} >= {"'+1+1", "007", "Élodie ’ “x” 𝄞", 'quote " and, comma', "a;'=1+1"}
    lines = _xlsx(post(desk, f"{path}?sort=name", XLSX))
    assert [row[0] for row in lines] == [heads[0], *(row[0] for row in rows)]


def test_neutralising_leaves_other_text_alone() -> None:
    for text in ("", "Ada", "a-b", "x=1", "1;2", "l’été", "a@example.org"):
        assert neutral(text) == text
    for text in ("=1", "\t=1", "\r1", "\nx", "  @x", "-1", "+33 1"):
        assert neutral(text) == f"'{text}"
    assert neutral("a\x00\ufffeb") == "ab"
    assert len(neutral("=" + "x" * 40_000)) <= 32_767


def test_the_file_of_a_series_has_a_state_for_each_session(
    desk: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession, logged: Logged
) -> None:
    second = build_session(session, listed.series, slug="2", short_title=both("Deux", "Two"))
    build_answer(session, second, ada.participant, state=AnswerState.DECLINED)
    session.commit()
    heads, row = _csv(post(desk, SERIES, PURPOSE))
    found = dict(zip(heads, row, strict=True))
    assert found["2: Two"] == "not coming"
    assert "coming" in [cell for head, cell in found.items() if head.startswith("1: ")]
    assert found["Meal?"] == "Vegetarian"
    assert found["Invited by"] == "Les amis"
    export = session.scalars(sa.select(ListExport)).one()
    assert export.workshop_session_id is None
    assert logged("rsvp.export") == [
        (f"series:{listed.series_id}", {"export": export.id, "rows": 1, "addresses": False})
    ]


@pytest.mark.parametrize("level", [Level.WHOLE_SESSION, Level.CLOSED])
def test_where_attendance_is_a_number_the_file_says_nothing_of_it(
    desk: FlaskClient, session: Session, ada: Answer, listed: WorkshopSession, level: Level
) -> None:
    listed.level = level
    session.commit()
    heads, row = _csv(post(desk, PATH, PURPOSE))
    assert "Attendance" not in heads
    assert "came" not in row
    assert row[0] == "Ada"


def test_of_another_series_nothing_is_in_it(desk: FlaskClient, session: Session, ada: Answer) -> None:
    foreign = build_session(session, build_series(session))
    build_answer(session, foreign, build_participant(session, foreign.series, name="Foreign"))
    session.commit()
    assert "Foreign" not in post(desk, SERIES, PURPOSE).text
