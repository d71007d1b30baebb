"""A worker as a process of its own, configured by its environment: the real loop, with no other task than the mail."""

from __future__ import annotations

import logging
import sys
from datetime import datetime

from sqlalchemy.orm import Session

from workshop import worker
from workshop.app import create_app
from workshop.mail.models import OutboxMessage


def look_away(session: Session, message: OutboxMessage, /, *, now: datetime) -> str | None:
    """Find nothing that speaks against any message."""
    del session, message, now
    return None


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    sys.exit(worker.run(create_app(), once="--once" in sys.argv, work=[], look=look_away))
