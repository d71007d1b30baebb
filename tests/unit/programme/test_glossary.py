"""A series' own terms: written by several, beside the text in which they occur, and in the series' file."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import both, build_series
from tests.unit.programme.values import LANGUAGES, no_answers
from workshop.core.faults import InvalidValuesError
from workshop.core.localized import Localized
from workshop.programme.models import GlossaryTerm, Series
from workshop.programme.seriesfile import export_series, import_series
from workshop.programme.seriesfile.nodes import SeriesFileError
from workshop.programme.service import languages
from workshop.programme.service.languages import TermValues, list_terms, write_terms
from workshop.programme.view.languages import terms_of

HARM = TermValues(both("réduction des risques", "harm reduction"), both("Jamais « dommages ».", "Never “damage”."))
PEER = TermValues(both("pair-aidance", "peer support"))


def _write(session: Session, now: datetime, series: Series, *values: tuple[int | None, TermValues]) -> bool:
    changed = write_terms(session, now=now, series_id=series.id, values=values, languages=LANGUAGES)
    session.expire_all()
    return changed


def _terms(session: Session, series: Series) -> list[str]:
    return [one.term["en"] for one in list_terms(session, series.id)]


def test_terms_are_written_in_order_and_taken_out(session: Session, now: datetime) -> None:
    series = build_series(session)
    assert _write(session, now, series, (None, HARM), (None, TermValues(Localized())), (None, PEER))
    first, second = list_terms(session, series.id)
    assert (first.term, first.note, second.term) == (HARM.term, HARM.note, PEER.term)
    assert not _write(session, now, series, (first.id, HARM), (second.id, PEER))
    assert _write(session, now, series, (second.id, PEER), (first.id, HARM))
    assert _terms(session, series) == ["peer support", "harm reduction"]
    assert _write(session, now, series, (second.id, TermValues(Localized())), (first.id, HARM))
    assert _terms(session, series) == ["harm reduction"]


def test_what_another_wrote_meanwhile_stays(session: Session, now: datetime) -> None:
    series = build_series(session)
    _write(session, now, series, (None, HARM))
    (first,) = list_terms(session, series.id)
    _write(session, now, series, (None, PEER))
    assert set(_terms(session, series)) == {"harm reduction", "peer support"}
    assert _write(session, now, series, (first.id, TermValues(both("RdR", "harm reduction"))))
    assert _terms(session, series) == ["harm reduction", "peer support"]


def test_there_are_never_more_than_the_form_shows(
    session: Session, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(languages, "MAXIMUM_TERMS", 2)
    series = build_series(session)
    _write(session, now, series, (None, HARM), (None, PEER))
    first, _second = list_terms(session, series.id)
    other = TermValues(both("produit", "drug"))
    with session.begin_nested(), pytest.raises(InvalidValuesError, match="too_many"):
        _write(session, now, series, (None, other))
    assert _write(session, now, series, (first.id, other))
    assert _terms(session, series) == ["drug", "peer support"]


def test_a_term_of_another_series_is_not_touched(session: Session, now: datetime) -> None:
    series, other = build_series(session), build_series(session)
    _write(session, now, other, (None, HARM))
    (theirs,) = list_terms(session, other.id)
    _write(session, now, series, (theirs.id, TermValues(Localized())))
    assert _terms(session, other) == ["harm reduction"]
    _write(session, now, series, (theirs.id, PEER))
    assert (_terms(session, other), _terms(session, series)) == (["harm reduction"], ["peer support"])


def test_what_is_wrong_with_terms(session: Session, now: datetime) -> None:
    values = [
        (None, HARM),
        (None, TermValues(both("Réduction des risques", "x"))),
        (None, TermValues(Localized(), Localized.neutral("a note"))),
        (None, TermValues(Localized({"xx": "?"}))),
        (None, TermValues(Localized.neutral("x" * 201))),
    ]
    with pytest.raises(InvalidValuesError) as caught:
        _write(session, now, build_series(session), *values)
    assert [(fault.field, fault.code) for fault in caught.value.faults] == [
        ("terms.1.term", "named_twice"),
        ("terms.2.term", "required"),
        ("terms.3.term.xx", "unknown_language"),
        ("terms.4.term", "too_long"),
    ]


def test_terms_of_the_text_stand_first(session: Session, now: datetime) -> None:
    series = build_series(session)
    _write(session, now, series, (None, HARM), (None, PEER), (None, TermValues(Localized.neutral("RdR"))))
    texts = [both("La PAIR-AIDANCE en prison", "Peers in prison"), Localized.neutral("hardrdr")]
    found = [(view.term, view.is_used) for view in terms_of(list_terms(session, series.id), texts)]
    assert found == [(PEER.term, True), (HARM.term, False), (Localized.neutral("RdR"), False)]
    plural = terms_of(list_terms(session, series.id), [both("Les réductions des risques", "")])
    assert not any(view.is_used for view in plural)
    assert terms_of(list_terms(session, series.id), [Localized.neutral("harm reductions")])[0].is_used


def test_terms_travel_in_the_file(session: Session, now: datetime) -> None:
    series = build_series(session, slug="essai")
    _write(session, now, series, (None, HARM), (None, PEER))
    text = export_series(series)
    assert "glossary:" in text
    session.delete(series)
    session.flush()

    def take(content: str) -> list[tuple[str, tuple[str, ...]]]:
        report = import_series(
            session, now=now, content=content.encode(), instance_languages=LANGUAGES, count_answers=no_answers
        )
        session.expire_all()
        return [(entry.code, entry.fields) for entry in report.entries if entry.kind == "series"]

    take(text)
    again = session.scalars(sa.select(Series)).one()
    assert export_series(again) == text
    assert take(text)[0] == ("unchanged", ())
    assert take(text.replace("harm reduction", "harm reduction (HR)"))[0] == ("updated", ("glossary",))
    assert _terms(session, again) == ["harm reduction (HR)", "peer support"]
    left = text[: text.index("  glossary:")]
    assert ("left_fields", ("glossary",)) in [(code, fields[-1:]) for code, fields in take(left)]
    assert session.query(GlossaryTerm).count() == 2
    with pytest.raises(SeriesFileError) as caught:
        take(text.replace("peer support", "harm reduction"))
    assert [(fault.field, fault.code) for fault in caught.value.faults] == [("series.glossary[1].term", "named_twice")]
