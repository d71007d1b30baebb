"""`workshop organiser`: accounts of those who sign in."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup
from flask_babel import gettext as _
from flask_babel import ngettext

from workshop.accounts import queries, service
from workshop.accounts.models import Organiser
from workshop.accounts.service.administering import take_factor_off
from workshop.accounts.service.inviting import invite as invite_to_account
from workshop.accounts.service.resetting import answer_resets, ask
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
@click.option("--invite", is_flag=True, help="Mail a link by which they choose their own pass phrase.")
def add(email: str, name: str, admin: bool, password_stdin: bool, invite: bool) -> None:  # noqa: FBT001 (click passes flags by name)
    """Add an organiser. The pass phrase is asked for twice; without a terminal one is made and printed once."""
    if invite:
        _invite(email, is_more=bool(name or admin or password_stdin))
        return
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
@click.option("--mail", is_flag=True, help="Mail a link to a new pass phrase; nothing changes before it is used.")
@click.option("--second-factor", is_flag=True, help="Turn the second factor off as well, with its recovery codes.")
def reset(email: str, mail: bool, second_factor: bool) -> None:  # noqa: FBT001 (click passes flags by name)
    """Set a new random pass phrase, printed once, and end all sign-ins."""
    if second_factor:
        take_factor_off(db.session(), now=clock.now(), organiser=_get(email), by="command")
    if mail:
        ask(db.session(), now=clock.now(), email=_get(email).email)
        answer_resets(db.session(), now=clock.now())
        db.session.commit()
        click.echo(_("A link that works for an hour is on its way to %(address)s.", address=email))
        return
    phrase = service.reset_pass_phrase(db.session(), now=clock.now(), organiser=_get(email))
    db.session.commit()
    click.echo(_("Pass phrase, shown only now: %(phrase)s", phrase=phrase))


def _invite(email: str, *, is_more: bool) -> None:
    if is_more:
        raise click.UsageError(_("--invite goes with no other option: whoever is invited says the rest."))
    if queries.find_organiser(db.session(), email=email) is not None:
        raise click.ClickException(_("An organiser has this address already."))
    try:
        invite_to_account(db.session(), now=clock.now(), email=email, language=languages()[0], by=None)
    except BadAddressError:
        raise click.ClickException(_("This is no e-mail address: %(address)s", address=email)) from None
    db.session.commit()
    click.echo(_("An invitation is on its way to %(address)s.", address=email))


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
