"""`workshop mail`: the outbox."""

from __future__ import annotations

import json
from collections.abc import Mapping

import click
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from workshop.core import clock, links
from workshop.core.addresses import BadAddressError, check_address, mask_address
from workshop.core.db import db
from workshop.core.errors import NotFoundError
from workshop.core.language import languages
from workshop.mail import queries, render, service, transport
from workshop.mail.models import OutboxMessage


@click.group("mail")
def mail() -> None:
    """The outbox: list, show, retry, test; and what comes back."""


@mail.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
def list_(*, as_json: bool) -> None:
    """Print every message, one line each, with its state."""
    for message in queries.list_messages(db.session()):
        facts = {
            "id": message.id,
            "state": message.state.value,
            "kind": message.kind,
            "language": message.language,
            "created_at": message.created_at.isoformat(timespec="seconds"),
            "recipient": mask_address(message.recipient),
            "attempts": message.attempts,
            "reason": message.reason,
        }
        click.echo(json.dumps(facts, ensure_ascii=False) if as_json else _line(facts))


def _line(facts: Mapping[str, object]) -> str:
    reason = f"  ({facts['reason']})" if facts["reason"] else ""
    return (
        f"{facts['id']:>6}  {facts['state']:<10}  {facts['kind']:<20}  {facts['language']}  {facts['created_at']}"
        f"  {facts['recipient']}{reason}"
    )


@mail.command()
@click.argument("number", type=int, metavar="ID", required=False)
@click.option("--last", is_flag=True, help="The newest message.")
def show(number: int | None, *, last: bool) -> None:
    """Print a message as its reader sees it; secret links only where no mail server is set."""
    if (number is None) is not last:
        raise click.UsageError(_("Give either a number or --last."))
    session = db.session()
    message = queries.find_last_message(session) if number is None else _get(session, number)
    if message is None:
        raise click.ClickException(_("There is no message yet."))
    click.echo(_as_read(message))
    session.commit()


def _get(session: Session, number: int) -> OutboxMessage:
    try:
        return queries.get_message(session, number)
    except NotFoundError:
        raise click.ClickException(_("There is no message %(number)d.", number=number)) from None


def _as_read(message: OutboxMessage) -> str:
    # Where mail really leaves, whoever reads this output is not the person whose links these are.
    has_server = bool(current_app.config["MAIL_SERVER"])
    text = links.cut(message.body_text) if has_server else links.fill(db.session(), message.body_text)
    sender = f"{message.sender_name} <{current_app.config['MAIL_DEFAULT_SENDER']}>"
    recipient = mask_address(message.recipient) if has_server else message.recipient
    body = text or _("(The body has been erased.)")
    return f"From: {sender}\nTo: {recipient}\nSubject: {message.subject}\n\n{body}"


@mail.command()
@click.argument("number", type=int, metavar="ID")
def retry(number: int) -> None:
    """Queue a message again that failed, expired or is uncertain."""
    _get(db.session(), number)
    service.retry(db.session(), message=number, now=clock.now())
    db.session.commit()
    click.echo(_("Message %(number)d is queued again.", number=number))


@mail.command()
@click.argument("address")
def test(address: str) -> None:
    """Send a test message to ADDRESS now, and say what the relay answers."""
    language, now = languages()[0], clock.now()
    try:
        recipient = check_address(address)
    except BadAddressError:
        raise click.ClickException(_("This is no e-mail address: %(address)s", address=address)) from None
    rendered = render.render("mail_test", language, {"sender_name": current_app.config["NAME"]})
    draft = transport.Draft(
        number=0,
        recipient=recipient,
        sender_name=current_app.config["NAME"],
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        language=language,
        message_id=service.new_message_id(),
        date=now,
    )
    way = transport.make_transport()
    try:
        outcome = way.transmit(draft, lambda: True)
    finally:
        way.close()
    if outcome.result is not transport.Result.SENT:
        raise click.ClickException(
            _("The message did not leave: %(reason)s", reason=outcome.reason or outcome.result.value)
        )
    click.echo(
        _("The relay has accepted the message.")
        if current_app.config["MAIL_SERVER"]
        else _("No mail server is set: the message is a file in %(folder)s.", folder=service.mail_folder())
    )
