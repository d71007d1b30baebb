"""Writing people, committee and partners."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.builders import build_person, build_series
from workshop.core.faults import InvalidValuesError
from workshop.core.localized import Localized
from workshop.people.service import save_person, set_committee, set_partners
from workshop.people.values import PartnerValues, PersonValues

LANGUAGES = ("fr", "en")


def test_a_person_is_found_by_their_key_within_the_series(session: Session, now: datetime) -> None:
    one, other = build_series(session), build_series(session)
    values = PersonValues(key="ada", name="Ada")
    first = save_person(session, now=now, series_id=one.id, values=values, languages=LANGUAGES)
    second = save_person(session, now=now, series_id=other.id, values=values, languages=LANGUAGES)
    assert first.id != second.id
    changed = PersonValues(key="ada", name="Ada Exemple", email="ada@example.org")
    assert save_person(session, now=now, series_id=one.id, values=changed, languages=LANGUAGES) is first
    assert (first.name, second.name) == ("Ada Exemple", "Ada")


def test_every_fault_of_a_person_at_once(session: Session, now: datetime) -> None:
    values = PersonValues(
        key="ada", name=" ", role=Localized({"xx": "?"}), links=("ftp://example.org",), email="not an address"
    )
    with pytest.raises(InvalidValuesError) as caught:
        save_person(session, now=now, series_id=build_series(session).id, values=values, languages=LANGUAGES)
    assert [(fault.field, fault.code) for fault in caught.value.faults] == [
        ("name", "required"),
        ("role.xx", "unknown_language"),
        ("links.0", "not_web_address"),
        ("email", "not_email"),
    ]


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//example.org", "https://", "https://a b", "https://[", "http://x:99999/", "data:,"]
)  # fmt: skip
@pytest.mark.databases("sqlite")
def test_only_addresses_of_the_web(session: Session, now: datetime, address: str) -> None:
    values = PersonValues(key="ada", name="Ada", links=(address,))
    with pytest.raises(InvalidValuesError):
        save_person(session, now=now, series_id=build_series(session).id, values=values, languages=LANGUAGES)


def test_the_committee_keeps_its_order(session: Session, now: datetime) -> None:
    series = build_series(session)
    keys = [build_person(session, series).key for _ in range(3)]
    for order in (keys, list(reversed(keys)), keys[:1]):
        assert set_committee(session, now=now, series_id=series.id, keys=order)
        session.expire_all()
        assert [member.person.key for member in series.committee] == order
        assert not set_committee(session, now=now, series_id=series.id, keys=order)
    with pytest.raises(InvalidValuesError):
        set_committee(session, now=now, series_id=series.id, keys=["nobody"])


def test_partners_raise_the_revision_when_they_change(session: Session, now: datetime) -> None:
    series = build_series(session)
    revision = series.revision
    hub = PartnerValues(name=Localized.neutral("Hub"), url="https://hub.example.org/")
    for values in ([hub, hub], [hub], []):
        assert set_partners(session, now=now, series_id=series.id, workshop_session_id=None, values=values)
        session.expire_all()
        assert len(series.partners) == len(values)
    assert series.revision == revision + 3
    assert not set_partners(session, now=now, series_id=series.id, workshop_session_id=None, values=[])
