"""Pass phrases, sign-ins and roles."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from tests.builders import NOW, PASSWORD, build_organiser, build_series
from workshop.accounts import queries, service
from workshop.accounts.models import Organiser, Role, SignIn
from workshop.accounts.service import phrases
from workshop.audit.models import LogEntry
from workshop.core.addresses import BadAddressError
from workshop.programme.models import Series

PHRASE = "quatre oies sauvages"


def _add(session: Session, email: str = "Ana@Example.org", phrase: str = PHRASE) -> Organiser:
    return service.add_organiser(
        session, now=NOW, email=email, name="Ana", pass_phrase=phrase, language="fr", is_administrator=False
    )


@pytest.mark.parametrize(
    ("phrase", "reason"),
    [
        ("onze lettre", "short"),
        ("Mot de passe 123", "common"),
        ("PASSWORD-1234", "common"),
        ("aaaaaaaaaaaaaaaa", "common"),
    ],
)
def test_weak_pass_phrases_are_refused(phrase: str, reason: str) -> None:
    with pytest.raises(service.WeakPassPhraseError) as caught:
        service.check_pass_phrase(phrase)
    assert caught.value.context["reason"] == reason


@pytest.mark.parametrize("phrase", ["quatre oies sauvages", "ééééèèèèàà ç", "abcdefghijklmnop"])
def test_long_pass_phrases_need_no_composition(phrase: str) -> None:
    service.check_pass_phrase(phrase)


def test_made_pass_phrases_are_strong_and_differ() -> None:
    made = {service.new_pass_phrase() for _ in range(20)}
    assert len(made) == 20
    for phrase in made:
        service.check_pass_phrase(phrase)


def test_the_hash_is_argon2id_with_19_mebibytes_and_two_passes() -> None:
    hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
    assert hasher.hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_signing_in_ignores_the_case_of_the_address_and_the_form_of_accents(session: Session) -> None:
    organiser = _add(session, phrase="thé à la menthe")
    decomposed = "the\u0301 a\u0300 la menthe"
    assert service.authenticate(session, email=" ANA@example.ORG ", pass_phrase=decomposed) is organiser


def test_unknown_wrong_and_disabled_are_one_answer(session: Session) -> None:
    organiser = _add(session)
    for email, phrase in [("nobody@example.org", PHRASE), ("ana@example.org", "wrong"), ("", "")]:
        with pytest.raises(service.BadCredentialsError):
            service.authenticate(session, email=email, pass_phrase=phrase)
    organiser.is_enabled = False
    with pytest.raises(service.BadCredentialsError):
        service.authenticate(session, email="ana@example.org", pass_phrase=PHRASE)


def test_an_unknown_account_costs_one_verification_too(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override] # noqa: A002 (argon2's names)
            verified.append(str(hash))
            return bool(super().verify(hash, password))

    monkeypatch.setattr(phrases, "HASHER", Counting(time_cost=1, memory_cost=8, parallelism=1))
    _add(session)
    for email in ("ana@example.org", "nobody@example.org"):
        with pytest.raises(service.BadCredentialsError):
            service.authenticate(session, email=email, pass_phrase="wrong")
    assert len(verified) == 2


def test_a_hash_of_another_cost_is_renewed_at_sign_in(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    organiser = _add(session)
    before = organiser.password_hash
    monkeypatch.setattr(phrases, "HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    service.authenticate(session, email=organiser.email, pass_phrase=PHRASE)
    assert organiser.password_hash != before
    assert "m=16,t=2" in organiser.password_hash


def test_an_address_has_one_account(session: Session) -> None:
    _add(session)
    with pytest.raises(service.OrganiserExistsError):
        _add(session, "ana@EXAMPLE.org")
    with pytest.raises(BadAddressError):
        _add(session, "no address")


def test_the_database_holds_only_a_hash_of_a_sign_ins_token(session: Session) -> None:
    token = service.begin_sign_in(session, now=NOW, organiser=_add(session))
    row = session.scalars(sa.select(SignIn)).one()
    assert len(token) >= 43
    assert token not in row.token_hash


@pytest.mark.parametrize(
    ("idle", "age", "holds"),
    [
        (timedelta(hours=12), timedelta(hours=12), True),
        (timedelta(hours=12, seconds=1), timedelta(hours=13), False),
        (timedelta(), timedelta(days=14), True),
        (timedelta(), timedelta(days=14, seconds=1), False),
    ],
)
def test_sign_ins_end_when_idle_and_when_old(session: Session, idle: timedelta, age: timedelta, holds: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    organiser = _add(session)
    token = service.begin_sign_in(session, now=NOW, organiser=organiser)
    row = session.scalars(sa.select(SignIn)).one()
    row.created_at, row.seen_at = NOW - age, NOW - idle
    session.flush()
    assert (service.find_sign_in(session, now=NOW, token=token) is not None) is holds


def test_disabling_ends_a_sign_in_at_once(session: Session) -> None:
    organiser = _add(session)
    token = service.begin_sign_in(session, now=NOW, organiser=organiser)
    organiser.is_enabled = False
    session.flush()
    assert service.find_sign_in(session, now=NOW, token=token) is None


def test_a_new_pass_phrase_ends_every_sign_in(session: Session) -> None:
    organiser = _add(session)
    tokens = [service.begin_sign_in(session, now=NOW, organiser=organiser) for _ in range(2)]
    with pytest.raises(service.BadCredentialsError):
        service.change_pass_phrase(session, now=NOW, organiser=organiser, current="wrong", new=PASSWORD + " 2")
    service.change_pass_phrase(session, now=NOW, organiser=organiser, current=PHRASE, new=PASSWORD + " 2")
    assert [service.find_sign_in(session, now=NOW, token=token) for token in tokens] == [None, None]
    phrase = service.reset_pass_phrase(session, now=NOW, organiser=organiser)
    assert service.authenticate(session, email=organiser.email, pass_phrase=phrase) is organiser


def test_roles_open_one_series_only(session: Session) -> None:
    mine, other = build_series(session), build_series(session)
    organiser = build_organiser(session, is_administrator=True)

    def role_in(series: Series) -> Role | None:
        return queries.find_role(session, organiser_id=organiser.id, series_id=series.id, now=NOW)

    service.grant(session, now=NOW, series_id=mine.id, organiser=organiser, role=Role.TRANSLATOR, actor="command")
    assert role_in(mine) is Role.TRANSLATOR
    assert role_in(other) is None
    service.grant(session, now=NOW, series_id=mine.id, organiser=organiser, role=Role.OWNER, actor="command")
    assert role_in(mine) is Role.OWNER
    build_organiser(session, mine)
    service.revoke(session, now=NOW, series_id=mine.id, organiser=organiser, actor="command")
    assert role_in(mine) is None
    assert queries.list_roles(session, organiser_id=organiser.id, now=NOW) == {}


def test_an_organisation_is_required_of_partners_and_told_of_all(session: Session) -> None:
    mine, organiser = build_series(session), build_organiser(session)
    given: dict[str, Any] = {"now": NOW, "series_id": mine.id, "organiser": organiser, "actor": "command"}
    with pytest.raises(service.OrganisationError):
        service.grant(session, **given, role=Role.PARTNER, organisation=" ")
    service.grant(session, **given, role=Role.OWNER, organisation="Réseau")
    build_organiser(session, mine)
    assert queries.list_access(session, series_id=mine.id)[0][1].organisation == "Réseau"
    service.grant(session, **given, role=Role.PARTNER, organisation=" Réseau\nd’exemple ")
    _owner, found = queries.list_access(session, series_id=mine.id)
    assert (found[0], found[1].role, found[1].organisation) == (organiser, Role.PARTNER, "Réseau d’exemple")
    service.grant(session, **given, role=Role.TRANSLATOR)
    assert [role.organisation for _, role in queries.list_access(session, series_id=mine.id)] == ["", ""]


def test_a_series_keeps_an_owner(session: Session) -> None:
    mine = build_series(session)
    first, second = build_organiser(session, mine), build_organiser(session, mine, role=Role.ORGANISER)
    with pytest.raises(service.LastOwnerError):
        service.revoke(session, now=NOW, series_id=mine.id, organiser=first, actor="command")
    with pytest.raises(service.LastOwnerError):
        service.grant(session, now=NOW, series_id=mine.id, organiser=first, role=Role.TRANSLATOR, actor="command")
    service.grant(session, now=NOW, series_id=mine.id, organiser=second, role=Role.OWNER, actor="command")
    service.revoke(session, now=NOW, series_id=mine.id, organiser=first, actor="command")
    assert queries.find_access(session, series_id=mine.id, organiser_id=first.id) is None
    with pytest.raises(service.LastOwnerError):
        service.revoke(session, now=NOW, series_id=mine.id, organiser=second, actor="command")


def test_the_log_names_accounts_by_number_only(session: Session) -> None:
    organiser = _add(session)
    service.begin_sign_in(session, now=NOW, organiser=organiser)
    for entry in session.scalars(sa.select(LogEntry)):
        assert "ana" not in f"{entry.actor} {entry.object} {entry.details}".lower()
