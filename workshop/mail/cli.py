"""`workshop mail`: the outbox."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

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
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.octets import Draft


@click.group("mail")
def mail() -> None:
    """The outbox: list, show, retry, test; and what comes back."""


@mail.command("list")
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in OutboxState]),
    help="Only those that stand there; may be given several times.",
)
@click.option("--kind", "kinds", multiple=True, help="Only of this kind; may be given several times.")
@click.option("--newest", type=click.IntRange(min=1), help="At most so many, the newest of them.")
def list_(*, as_json: bool, states: tuple[str, ...], kinds: tuple[str, ...], newest: int | None) -> None:
    """Print every message, one line each, with its state; the oldest first."""
    wanted = [OutboxState(state) for state in states]
    for message in queries.iterate_messages(db.session(), states=wanted, kinds=kinds, newest=newest):
        facts = _facts(message)
        click.echo(json.dumps(facts, ensure_ascii=False) if as_json else _line(facts))


def _facts(message: OutboxMessage) -> dict[str, object]:
    """Return where a message stands; nothing that it says, and no address."""
    return {
        "id": message.id,
        "state": message.state.value,
        "kind": message.kind,
        "language": message.language,
        "created_at": _at(message.created_at),
        "recipient": mask_address(message.recipient),
        "attempts": message.attempts,
        "reason": message.reason,
        "next_attempt_at": _at(message.next_attempt_at) if message.finished_at is None else None,
        "expires_at": _at(message.expires_at),
        "finished_at": _at(message.finished_at),
    }


def _at(instant: datetime | None) -> str | None:
    return instant.isoformat(timespec="seconds") if instant else None


def _line(facts: Mapping[str, object]) -> str:
    reason = f"  ({facts['reason']})" if facts["reason"] else ""
    return (
        f"{facts['id']:>6}  {facts['state']:<10}  {facts['kind']:<20}  {facts['language']}  {facts['created_at']}"
        f"  {facts['recipient']}{reason}"
    )


@mail.command()
@click.argument("number", type=int, metavar="ID", required=False)
@click.option("--last", is_flag=True, help="The newest message.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(number: int | None, *, last: bool, as_json: bool) -> None:
    """Print a message as its reader sees it, and its life; secret links only where no mail server is set."""
    if (number is None) is not last:
        raise click.UsageError(_("Give either a number or --last."))
    session = db.session()
    message = queries.find_last_message(session) if number is None else _get(session, number)
    if message is None:
        raise click.ClickException(_("There is no message yet."))
    facts = {**_facts(message), "message_id": message.message_id, **_as_read(message)}
    click.echo(json.dumps(facts, ensure_ascii=False, indent=2) if as_json else _page(facts))
    session.commit()


def _get(session: Session, number: int) -> OutboxMessage:
    try:
        return queries.get_message(session, number)
    except NotFoundError:
        raise click.ClickException(_("There is no message %(number)d.", number=number)) from None


def _as_read(message: OutboxMessage) -> dict[str, object]:
    # Where mail really leaves, whoever reads this output is not the person whose links these are.
    has_server = bool(current_app.config["MAIL_SERVER"])
    text = links.cut(message.body_text) if has_server else links.fill(db.session(), message.body_text)
    return {
        "from": f"{message.sender_name} <{current_app.config['MAIL_DEFAULT_SENDER']}>",
        "to": mask_address(message.recipient) if has_server else message.recipient,
        "subject": message.subject,
        "attachments": [attachment["filename"] for attachment in message.attachments],
        "text": text,
    }


def _page(facts: Mapping[str, object]) -> str:
    heads = {
        "From": facts["from"],
        "To": facts["to"],
        "Subject": facts["subject"],
        "Message-ID": facts["message_id"],
        "X-State": f"{facts['state']} ({facts['reason']})" if facts["reason"] else facts["state"],
        "X-Attempts": facts["attempts"],
        "X-Created": facts["created_at"],
        "X-Next-Attempt": facts["next_attempt_at"],
        "X-Finished": facts["finished_at"],
    }
    lines = [f"{name}: {value}" for name, value in heads.items() if value is not None]
    return "\n".join([*lines, "", str(facts["text"] or _("(The body has been erased.)"))])


@mail.command()
@click.argument("number", type=int, metavar="ID")
@click.option("--to", "address", help="To this address in place of the one that it has.")
def retry(number: int, address: str | None) -> None:
    """Queue a message again that failed, expired, is uncertain, or was kept back as its address refused another."""
    message = _get(db.session(), number)
    recipient = _checked(address) if address is not None else None
    try:
        service.retry(db.session(), message=number, now=clock.now(), recipient=recipient)
    except service.NotRetriableError:
        text = _(
            "Message %(number)d cannot be queued again: it is %(state)s.", number=number, state=message.state.value
        )
        if message.body_erased_at is not None:
            text = _("Message %(number)d cannot be queued again: its text has been erased.", number=number)
        raise click.ClickException(text) from None
    db.session.commit()
    click.echo(_("Message %(number)d is queued again.", number=number))


def _checked(address: str) -> str:
    try:
        return check_address(address)
    except BadAddressError:
        raise click.ClickException(_("This is no e-mail address: %(address)s", address=address)) from None


@mail.command()
@click.argument("address")
def test(address: str) -> None:
    """Send a test message to ADDRESS now, and say what the relay answers."""
    language, now = languages()[0], clock.now()
    recipient = _checked(address)
    rendered = render.render("mail_test", language, {"sender_name": current_app.config["NAME"]})
    draft = Draft(
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
