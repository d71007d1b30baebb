"""`workshop organiser`: accounts of those who sign in."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from workshop.accounts import queries, service
from workshop.accounts.models import Organiser
from workshop.core import clock
from workshop.core.addresses import BadAddressError
from workshop.core.db import db
from workshop.core.language import languages

group = AppGroup("organiser", help="Accounts of those who sign in to the workspace.")

_WEAK = {
    "short": f"a pass phrase has at least {service.MINIMUM_LENGTH} characters",
    "common": "this pass phrase is among the first that anybody would try",
}


@group.command("add")
@click.argument("email")
@click.option("--name", default="", help="Name shown in the workspace.")
@click.option("--admin", is_flag=True, help="May manage accounts; that opens no series.")
@click.option("--password-stdin", is_flag=True, help="Read the pass phrase from the first line of standard input.")
def add(email: str, name: str, admin: bool, password_stdin: bool) -> None:  # noqa: FBT001 (click passes flags by name)
    """Add an organiser. The pass phrase is asked for twice; without a terminal one is made and printed once."""
    phrase, is_made = _ask(is_from_input=password_stdin)
    try:
        service.add_organiser(
            db.session(),
            now=clock.now(),
            email=email,
            name=name,
            pass_phrase=phrase,
            language=languages()[0],
            is_administrator=admin,
        )
    except BadAddressError:
        raise click.ClickException("this is no e-mail address") from None
    except service.OrganiserExistsError:
        raise click.ClickException("an organiser has this address already; `reset` sets a new pass phrase") from None
    except service.WeakPassPhraseError as fault:
        raise click.ClickException(_WEAK[str(fault.context["reason"])]) from None
    db.session.commit()
    click.echo(f"Added {email}.")
    if is_made:
        click.echo(f"Pass phrase, shown only now: {phrase}")


@group.command("list")
def list_() -> None:
    """List the organisers, one a line: address, name, roles."""
    for organiser in queries.list_organisers(db.session()):
        marks = ["administrator"] * organiser.is_administrator + ["disabled"] * (not organiser.is_enabled)
        click.echo("\t".join([organiser.email, organiser.name, f"{len(organiser.roles)} series", *marks]))


@group.command("reset")
@click.argument("email")
def reset(email: str) -> None:
    """Set a new random pass phrase, printed once, and end all sign-ins."""
    phrase = service.reset_pass_phrase(db.session(), now=clock.now(), organiser=_get(email))
    db.session.commit()
    click.echo(f"Pass phrase, shown only now: {phrase}")


def _get(email: str) -> Organiser:
    organiser = queries.find_organiser(db.session(), email=email)
    if organiser is None:
        raise click.ClickException("no organiser has this address")
    return organiser


def _ask(*, is_from_input: bool) -> tuple[str, bool]:
    """Return a pass phrase, and whether it was made here."""
    if is_from_input:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        return click.prompt("Pass phrase", hide_input=True, confirmation_prompt=True), False
    return service.new_pass_phrase(), True
