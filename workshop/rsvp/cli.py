"""`workshop rsvp …`: answers."""

from __future__ import annotations

import json

import click
from flask_babel import gettext as _

from workshop.core.db import db
from workshop.programme.queries import find_session
from workshop.rsvp.queries import count_states


@click.group()
def rsvp() -> None:
    """Answers."""


@rsvp.command()
@click.argument("series")
@click.argument("session")
def counts(series: str, session: str) -> None:
    """Print how many answers of a session stand in each state, as JSON."""
    found = find_session(db.session(), series, session)
    if found is None:
        raise click.ClickException(_("There is no session %(session)s in %(series)s.", session=session, series=series))
    click.echo(json.dumps({state.value: count for state, count in count_states(db.session(), found.id).items()}))
