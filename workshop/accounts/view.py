"""What the pages about accounts are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from flask_babel import lazy_gettext as _

from workshop.accounts.models import Role
from workshop.core.qr import QRCode

ROLE_NAMES = {
    Role.OWNER: _("Owner"),
    Role.ORGANISER: _("Organiser"),
    Role.EDITOR: _("Editor"),
    Role.ANSWERS: _("Answers"),
    Role.TRANSLATOR: _("Translator"),
    Role.HELPER: _("Helper"),
    Role.PARTNER: _("Partner"),
}
ROLE_MEANINGS = {
    Role.OWNER: _("does everything, and decides who has access"),
    Role.ORGANISER: _("plans and publishes, decides on answers, invites people"),
    Role.EDITOR: _("plans, edits and publishes; never sees who takes part"),
    Role.ANSWERS: _("sees who takes part, decides on answers, invites people"),
    Role.TRANSLATOR: _("edits texts, and nothing else"),
    Role.HELPER: _("finds people at the door of one session by their code, for a while"),
    Role.PARTNER: _("invites people for an organisation, and sees those people only"),
}


@dataclass(frozen=True, slots=True)
class SignInView:
    """One of an organiser's own sign-ins."""

    id: int
    created_at: datetime
    seen_at: datetime
    browser: str
    """Such as "Firefox, Linux"; empty where it did not say."""
    is_this_one: bool


@dataclass(frozen=True, slots=True)
class AccountView:
    """An organiser's own account."""

    name: str
    email: str
    is_administrator: bool
    has_factor: bool
    tzid: str
    """Of their own clock; empty: the instance's."""
    sign_ins: tuple[SignInView, ...]


@dataclass(frozen=True, slots=True)
class FactorView:
    """An organiser's own second factor."""

    is_on: bool
    since: datetime | None
    codes_left: int
    is_key_changed: bool
    secret: str
    """In groups of four, while it is set up; else empty."""
    address: str
    """The same as an address that an app opens."""
    qr: QRCode | None


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as an administrator sees it."""

    id: int
    name: str
    email: str
    since: datetime
    is_enabled: bool
    is_administrator: bool
    has_factor: bool
    is_oneself: bool


@dataclass(frozen=True, slots=True)
class WaitingRow:
    """An account that was offered and is not taken up yet."""

    id: int
    email: str
    since: datetime
    closes_at: datetime
