"""`workshop reminders …`."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from workshop.core import clock
from workshop.core.db import db, reading
from workshop.reminders.service import forecast, is_paused

DAYS_AHEAD = 30


@click.group()
def reminders() -> None:
    """What will be reminded of, and when."""


@reminders.command()
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help=f"Last day, YYYY-MM-DD; {DAYS_AHEAD} days from now by default."
)
def plan(until: datetime | None) -> None:
    """Print what will leave when, to how many, if nothing changes."""
    now = clock.now()
    zone = ZoneInfo(current_app.config["TIMEZONE"])
    last_day = until.date() if until else now.astimezone(zone).date() + timedelta(days=DAYS_AHEAD)
    end = datetime.combine(last_day + timedelta(days=1), time(), zone).astimezone(UTC)
    with reading(), Session(db.engine) as session:
        rows = forecast(session, now=now, until=end)
        if not rows:
            click.echo(_("No reminder until %(day)s.", day=last_day))
        for workshop_session, departure, count in rows:
            # A session's number and addresses only: titles may be under the Rule, and terminals are shown around.
            leaves_at = max(departure.leaves_at, now).astimezone(ZoneInfo(workshop_session.tzid))
            pause = "  " + _("paused") if is_paused(workshop_session) else ""
            click.echo(
                f"{leaves_at:%Y-%m-%d %H:%M} {workshop_session.tzid}  {departure.offset.text:>5}  "
                f"{workshop_session.series.slug}/{workshop_session.slug}  {count}{pause}"
            )
