"""What the pages about accounts are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class SignInView:
    """One of an organiser's own sign-ins."""

    id: int
    created_at: datetime
    seen_at: datetime
    is_this_one: bool


@dataclass(frozen=True, slots=True)
class AccountView:
    """An organiser's own account."""

    name: str
    email: str
    is_administrator: bool
    sign_ins: tuple[SignInView, ...]
