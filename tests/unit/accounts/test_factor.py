"""The second factor: codes by time, each once; recovery codes; a SECRET_KEY that changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pyotp
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW, build_organiser
from workshop.accounts.models import Organiser, RecoveryCode
from workshop.accounts.service import actor_of, factor
from workshop.audit.models import LogEntry


def _code(organiser: Organiser, at: datetime = NOW) -> str:
    return pyotp.TOTP(factor.secret_of(organiser)).at(at)


def _set_up(session: Session, organiser: Organiser) -> list[str]:
    factor.begin(session, organiser=organiser)
    codes = factor.confirm(session, now=NOW, organiser=organiser, text=_code(organiser))
    session.refresh(organiser)
    return codes


def test_it_holds_only_after_a_first_right_code(session: Session) -> None:
    organiser = build_organiser(session)
    factor.begin(session, organiser=organiser)
    assert (factor.is_begun(organiser), factor.is_on(organiser)) == (True, False)
    with pytest.raises(factor.BadCodeError):
        factor.confirm(session, now=NOW, organiser=organiser, text="000000")
    codes = factor.confirm(session, now=NOW, organiser=organiser, text=_code(organiser))
    assert factor.is_on(organiser)
    assert len(set(codes)) == 10
    with pytest.raises(factor.FactorStandsError):
        factor.begin(session, organiser=organiser)
    with pytest.raises(factor.FactorStandsError):
        factor.confirm(session, now=NOW, organiser=organiser, text=_code(organiser))


def test_no_code_counts_twice_nor_an_older_one_after_it(session: Session) -> None:
    organiser = build_organiser(session)
    _set_up(session, organiser)
    with pytest.raises(factor.BadCodeError):
        factor.use(session, now=NOW, organiser=organiser, text=_code(organiser))
    later = NOW + timedelta(minutes=5)
    assert factor.use(session, now=later, organiser=organiser, text=_code(organiser, later)) is False
    for at in (later, later - timedelta(seconds=30)):
        with pytest.raises(factor.BadCodeError):
            factor.use(session, now=later, organiser=organiser, text=_code(organiser, at))


@pytest.mark.parametrize(("seconds", "counts"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_away(session: Session, seconds: int, counts: bool) -> None:  # noqa: FBT001 (a parameter of the test)
    organiser = build_organiser(session)
    _set_up(session, organiser)
    later = NOW + timedelta(minutes=5)
    typed = _code(organiser, later + timedelta(seconds=seconds))
    if counts:
        factor.use(session, now=later, organiser=organiser, text=f" {typed[:3]} {typed[3:]}")
    else:
        with pytest.raises(factor.BadCodeError):
            factor.use(session, now=later, organiser=organiser, text=typed)


def test_a_recovery_code_counts_once_and_however_it_is_typed(session: Session) -> None:
    organiser = build_organiser(session)
    first, second, *_rest = _set_up(session, organiser)
    assert factor.use(session, now=NOW, organiser=organiser, text=first.upper().replace("-", " ")) is True
    assert factor.count_codes(session, organiser=organiser) == 9
    with pytest.raises(factor.BadCodeError):
        factor.use(session, now=NOW, organiser=organiser, text=first)
    other = build_organiser(session)
    _set_up(session, other)
    with pytest.raises(factor.BadCodeError):
        factor.use(session, now=NOW, organiser=other, text=second)


def test_the_database_holds_neither_the_secret_nor_a_recovery_code(session: Session) -> None:
    organiser = build_organiser(session)
    codes = _set_up(session, organiser)
    secret = factor.secret_of(organiser)
    stored = "\n".join(
        str(tuple(row))
        for table in (Organiser.__table__, RecoveryCode.__table__, LogEntry.__table__)
        for row in session.execute(sa.select(table))
    )
    for hidden in (secret, *codes, *(code.replace("-", "") for code in codes)):
        assert hidden not in stored


def test_new_codes_replace_the_old_ones(session: Session) -> None:
    organiser = build_organiser(session)
    old = _set_up(session, organiser)
    new = factor.renew_codes(session, now=NOW, organiser=organiser)
    assert not set(old) & set(new)
    with pytest.raises(factor.BadCodeError):
        factor.use(session, now=NOW, organiser=organiser, text=old[0])
    assert factor.use(session, now=NOW, organiser=organiser, text=new[0]) is True


def test_taken_off_and_set_up_anew_it_has_another_secret(session: Session) -> None:
    organiser = build_organiser(session)
    _set_up(session, organiser)
    secret = factor.secret_of(organiser)
    factor.take_off(session, now=NOW, organiser=organiser, actor=actor_of(organiser))
    assert not factor.is_on(organiser)
    assert factor.count_codes(session, organiser=organiser) == 0
    with pytest.raises(factor.FactorStandsError):
        factor.renew_codes(session, now=NOW, organiser=organiser)
    _set_up(session, organiser)
    assert factor.secret_of(organiser) != secret


def test_after_a_changed_key_only_recovery_codes_count(configure: Callable[..., Flask]) -> None:
    from workshop.core.db import db

    with configure().app_context():
        organiser = build_organiser(db.session())
        codes = _set_up(db.session(), organiser)
        number = organiser.id
        db.session.commit()
        db.session.remove()
    with configure(SECRET_KEY="another key for tests only, never for anything else").app_context():
        session = db.session()
        found = session.get(Organiser, number)
        assert found is not None
        assert factor.is_key_changed(found)
        with pytest.raises(factor.KeyChangedError):
            factor.use(session, now=NOW, organiser=found, text="123456")
        assert factor.use(session, now=NOW, organiser=found, text=codes[0]) is True
        db.session.rollback()
        db.session.remove()


def test_the_log_says_what_happened_and_names_nobody(session: Session) -> None:
    organiser = build_organiser(session)
    codes = _set_up(session, organiser)
    factor.use(session, now=NOW, organiser=organiser, text=codes[0])
    factor.take_off(session, now=NOW, organiser=organiser, actor="command")
    found = [(row.actor, row.action) for row in session.scalars(sa.select(LogEntry).order_by(LogEntry.id))]
    own = actor_of(organiser)
    assert found == [
        (own, "accounts.factor_on"),
        (own, "accounts.recovery_code_used"),
        ("command", "accounts.factor_off"),
    ]
