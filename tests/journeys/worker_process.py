"""A worker as a process of its own, configured by its environment: the real loop, with no other task than the mail."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from tests.journeys.seams import Seam, Trap
from workshop import worker
from workshop.app import create_app
from workshop.mail.models import OutboxMessage


def look_away(session: Session, message: OutboxMessage, /, *, now: datetime) -> str | None:
    """Find nothing that speaks against any message."""
    del session, message, now
    return None


def work(environment: Mapping[str, str], at: tuple[Seam, int] | None = None) -> None:
    """Send all that is due, and end; or die at the n-th passage of a seam. For `multiprocessing`."""
    os.environ.update(environment)
    logging.disable(logging.WARNING)
    trap = Trap(*at) if at else None
    if trap is not None:
        trap.set()
    app = create_app()
    sys.exit(worker.run(app, once=True, work=[], look=look_away))


if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    sys.exit(worker.run(create_app(), once="--once" in sys.argv, work=[], look=look_away))
