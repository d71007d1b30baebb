"""Limits by fixed window, counted in the database: exact across processes (security-and-privacy item 7)."""

from __future__ import annotations

import functools
import hmac
import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column
from sqlalchemy.sql.dml import ReturningInsert

from workshop.core.db import Base
from workshop.core.errors import TooManyRequestsError

ViewT = TypeVar("ViewT", bound=Callable[..., object])


class RateLimitWindow(Base):
    """How often a key was seen in one window."""

    __tablename__ = "rate_limit_window"

    key_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    """Keyed hash of scope and key: the table reveals neither an address nor a client."""
    window: Mapped[int] = mapped_column(sa.BigInteger, primary_key=True)
    """Number of the window since the epoch."""
    count: Mapped[int]
    expires_at: Mapped[datetime] = mapped_column(index=True)


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `times` within `window`, for whatever `scope` counts."""

    scope: str
    times: int
    window: timedelta
    by_client: bool = True
    """Counted by client; otherwise overall."""


def limited(*limits: Limit) -> Callable[[ViewT], ViewT]:
    """Declare a view's limits for unsafe methods; they are counted before CSRF is looked at."""

    def declare(view: ViewT) -> ViewT:
        view.limits = limits  # type: ignore[attr-defined] # read by web's before_request
        return view

    return declare


def hit(session: Session, *, scope: str, key: str, times: int, window: timedelta, now: datetime) -> None:
    """Count one more; raises TooManyRequestsError (retry_after in seconds) beyond `times`."""
    if not current_app.config["RATE_LIMITS"]:
        return
    number, past = divmod(now.timestamp(), window.total_seconds())
    values = {
        "key_hash": _key_hash(scope, key),
        "window": int(number),
        "count": 1,
        "expires_at": now + window,
    }
    count = session.connection().execute(_one_more(session.get_bind().dialect.name), values).scalar_one()
    if count > times:
        raise TooManyRequestsError(f"limit {scope}", retry_after=int(window.total_seconds() - past) + 1)


def is_spent(session: Session, *, scope: str, key: str, times: int, window: timedelta, now: datetime) -> bool:
    """Whether `hit` was called `times` or more in this window; counts nothing. Never with RATE_LIMITS off."""
    if not current_app.config["RATE_LIMITS"]:
        return False
    count = session.scalar(
        sa.select(RateLimitWindow.count).where(
            RateLimitWindow.key_hash == _key_hash(scope, key),
            RateLimitWindow.window == int(now.timestamp() // window.total_seconds()),
        )
    )
    return count is not None and count >= times


def first_time(session: Session, *, scope: str, key: str, window: timedelta, now: datetime) -> bool:
    """Whether `key` comes for the first time within `window` from its first; exact across processes.

    Counts also with RATE_LIMITS off: it is no limit, only kept like one, without the key itself.
    """
    values = {"key_hash": _key_hash(scope, key), "window": -1, "count": 1, "expires_at": now + window}
    found = session.connection().execute(_first(session.get_bind().dialect.name), {**values, "now": now})
    return found.first() is not None


def _key_hash(scope: str, key: str) -> str:
    secret = current_app.config["SECRET_KEY"].encode()
    return hmac.new(secret, f"limit|{scope}|{key}".encode(), "sha256").hexdigest()


@functools.cache
def _first(dialect: str) -> ReturningInsert[int]:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    new = insert(RateLimitWindow)
    return new.on_conflict_do_update(
        index_elements=["key_hash", "window"],
        set_={"expires_at": new.excluded.expires_at},
        where=RateLimitWindow.expires_at < sa.bindparam("now", type_=RateLimitWindow.expires_at.type),
    ).returning(RateLimitWindow.count)


@functools.cache
def _one_more(dialect: str) -> ReturningInsert[int]:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return (
        insert(RateLimitWindow)
        .on_conflict_do_update(index_elements=["key_hash", "window"], set_={"count": RateLimitWindow.count + 1})
        .returning(RateLimitWindow.count)
    )


def forget_windows(session: Session, *, now: datetime) -> int:
    """Drop windows that are over; returns how many."""
    result = session.execute(sa.delete(RateLimitWindow).where(RateLimitWindow.expires_at < now))
    return int(getattr(result, "rowcount", 0))


def client_key(address: str | None) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 that one subscriber has of IPv6."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if found.version == 6:  # noqa: PLR2004 (IPv6)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def limits_of(view: object) -> Iterable[Limit]:
    """Return what `limited` declared for a view."""
    return getattr(view, "limits", ())
