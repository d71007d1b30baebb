"""Codes as an app would show them."""

from __future__ import annotations

from datetime import timedelta

import pyotp
from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser
from workshop.accounts.service import factor
from workshop.core import clock


def set_up(session: Session, organiser: Organiser) -> list[str]:
    """Put a second factor in force a while ago; returns the recovery codes."""
    before = clock.now() - timedelta(minutes=5)
    factor.begin(session, organiser=organiser)
    typed = pyotp.TOTP(factor.secret_of(organiser)).at(before)
    codes = factor.confirm(session, now=before, organiser=organiser, text=typed)
    session.commit()
    return codes


def code_of(organiser: Organiser) -> str:
    """Return the code of now."""
    return pyotp.TOTP(factor.secret_of(organiser)).at(clock.now())
