"""`workshop organiser`: accounts of those who sign in."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup
from flask_babel import gettext as _
from flask_babel import ngettext

from workshop.accounts import queries, service
from workshop.accounts.models import Organiser
from workshop.core import clock
from workshop.core.addresses import BadAddressError
from workshop.core.db import db
from workshop.core.language import languages

group = AppGroup("organiser", help="Accounts of those who sign in to the workspace.")


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
        raise click.ClickException(_("This is no e-mail address: %(address)s", address=email)) from None
    except service.OrganiserExistsError:
        raise click.ClickException(
            _(
                "An organiser has this address already. For a new pass phrase: workshop organiser reset %(address)s",
                address=email,
            )
        ) from None
    except service.WeakPassPhraseError as fault:
        raise click.ClickException(_weakness(str(fault.context["reason"]))) from None
    db.session.commit()
    click.echo(_("Added %(address)s.", address=email))
    if is_made:
        click.echo(_("Pass phrase, shown only now: %(phrase)s", phrase=phrase))


@group.command("list")
def list_() -> None:
    """List the organisers, one a line: address, name, roles."""
    for organiser in queries.list_organisers(db.session()):
        marks = [_("administrator")] * organiser.is_administrator + [_("disabled")] * (not organiser.is_enabled)
        roles = ngettext("%(num)d series", "%(num)d series", len(organiser.roles))
        click.echo("\t".join([organiser.email, organiser.name, roles, *marks]))


@group.command("reset")
@click.argument("email")
def reset(email: str) -> None:
    """Set a new random pass phrase, printed once, and end all sign-ins."""
    phrase = service.reset_pass_phrase(db.session(), now=clock.now(), organiser=_get(email))
    db.session.commit()
    click.echo(_("Pass phrase, shown only now: %(phrase)s", phrase=phrase))


def _get(email: str) -> Organiser:
    organiser = queries.find_organiser(db.session(), email=email)
    if organiser is None:
        raise click.ClickException(_("No organiser has this address: %(address)s", address=email))
    return organiser


def _weakness(reason: str) -> str:
    if reason == "short":
        return str(_("A pass phrase has at least %(number)d characters.", number=service.MINIMUM_LENGTH))
    return str(_("This pass phrase is among the first that anybody would try."))


def _ask(*, is_from_input: bool) -> tuple[str, bool]:
    """Return a pass phrase, and whether it was made here."""
    if is_from_input:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        return click.prompt(_("Pass phrase"), hide_input=True, confirmation_prompt=True), False
    return service.new_pass_phrase(), True
