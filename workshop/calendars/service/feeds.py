"""A person's own secret calendar: made, replaced, ended by themselves.

Nothing is kept of when or by whom one is fetched. Whoever calls has locked the owner's row.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from workshop.core import links
from workshop.core.links import Purpose


def make_feed(session: Session, *, subject: str) -> None:
    """Make the address of the calendar of that random id; where there is one, nothing changes. Flushes."""
    links.issue(session, purpose=Purpose.FEED, subject=subject)


def renew_feed(session: Session, *, subject: str) -> None:
    """Put another address in the place of this one, which is dead at once; where there is none, do nothing. Flushes."""
    if links.has_link(session, purpose=Purpose.FEED, subject=subject):
        links.renew(session, purposes=[Purpose.FEED], subject=subject)


def revoke_feed(session: Session, *, subject: str) -> None:
    """End the address at once; one made later is never the same. Flushes."""
    links.close(session, purpose=Purpose.FEED, subject=subject)
