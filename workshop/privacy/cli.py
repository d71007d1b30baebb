"""`workshop privacy …`: what is held about somebody, its erasure, and what is due to be forgotten."""

from __future__ import annotations

import json

import click
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from workshop.accounts.service import LastOwnerError
from workshop.audit.service import record
from workshop.core import clock
from workshop.core.addresses import BadAddressError, check_address
from workshop.core.db import checkpoint, db
from workshop.core.erasures import write_file
from workshop.mail.service import keeping_files
from workshop.privacy import queries, service
from workshop.privacy.service import AddressErasure, Kind

KINDS = {
    Kind.UNCONFIRMED: lazy_gettext("answers never confirmed"),
    Kind.ADDRESSES: lazy_gettext("new addresses never confirmed"),
    Kind.LINK_REQUESTS: lazy_gettext("requests for a link"),
    Kind.SUBSCRIBERS: lazy_gettext("followers of series"),
    Kind.REPLIES: lazy_gettext("replies to questions"),
    Kind.INVITATIONS: lazy_gettext("invitations"),
    Kind.ATTENDANCE: lazy_gettext("notes of who came"),
    Kind.PARTICIPANTS: lazy_gettext("participants"),
    Kind.PURPOSES: lazy_gettext("purposes of exported lists"),
    Kind.ROOMS: lazy_gettext("addresses of rooms"),
    Kind.REMARKS: lazy_gettext("words of feedback"),
    Kind.SUPPRESSED: lazy_gettext("addresses that refused mail"),
    Kind.SPEAKER_CHANGES: lazy_gettext("decided changes of those who speak"),
    Kind.MAIL: lazy_gettext("texts of messages"),
    Kind.SIGN_INS: lazy_gettext("ended sign-ins"),
    Kind.ACCOUNT_LINKS: lazy_gettext("invitations and links of organisers"),
    Kind.GLASS: lazy_gettext("reasons of administrators"),
    Kind.ROLES: lazy_gettext("roles that ended"),
    Kind.WINDOWS: lazy_gettext("counters of limits"),
}


@click.group()
def privacy() -> None:
    """What is held about somebody, and its erasure."""


@privacy.command()
@click.argument("email")
def export(email: str) -> None:
    """Print all that is held under an address, in every series, as JSON."""
    session, now = db.session(), clock.now()
    found = service.export_address(session, now=now, email=_checked(email))
    counts = {"participants": len(found["participant"]), "people": len(found["speaker"])}
    record(session, now=now, actor="command", action="privacy.export", details=counts)
    session.commit()
    click.echo(json.dumps(found, ensure_ascii=False, indent=2))


@privacy.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(email: str, yes: bool) -> None:  # noqa: FBT001 (click passes flags by name)
    """Erase all that stands under an address: participant, invited, speaker, organiser. It cannot be undone."""
    email = _checked(email)
    if not yes:
        click.confirm(_("Erase all that stands under %(address)s, in every series?", address=email), abort=True)
    session = db.session()
    try:
        done = service.erase_address(session, now=clock.now(), email=email)
    except LastOwnerError as fault:
        session.rollback()
        series: tuple[int, ...] = fault.context["series"]  # type: ignore[assignment] # what erase_address puts there
        names = ", ".join(queries.list_slugs(session, series))
        raise click.ClickException(
            _(
                "Nothing was erased: nobody else owns %(series)s. Give it another owner first: workshop series grant",
                series=names,
            )
        ) from None
    lines = _lines(done)
    session.commit()
    _leave_nothing()
    click.echo("\n".join(lines))


@privacy.command()
@click.option("--dry-run", is_flag=True, help="Only say how much it would be.")
def purge(dry_run: bool) -> None:  # noqa: FBT001 (click passes flags by name)
    """Erase all that is due now, as the worker does by itself, and print how much of each kind that was."""
    session, now = db.session(), clock.now()
    totals = dict.fromkeys(Kind, 0)
    while True:
        if dry_run:
            with keeping_files():
                counts = service.purge_by_kind(session, now=now)
        else:
            counts = service.purge_by_kind(session, now=now)
            session.commit()
        for kind, count in counts.items():
            totals[kind] += count
        if not any(counts.values()):
            break
    session.rollback()
    if not dry_run:
        _leave_nothing()
    click.echo(_("This would be erased:") if dry_run else _("Erased:"))
    for kind, count in totals.items():
        click.echo(f"{count:>8}  {KINDS[kind]}")


def _checked(email: str) -> str:
    try:
        return check_address(email)
    except BadAddressError:
        raise click.ClickException(_("This is no e-mail address: %(address)s", address=email)) from None


def _leave_nothing() -> None:
    """Write the list of erasures beside the database, and take the erased bytes from the disk."""
    write_file(db.session())
    db.session.commit()
    if not checkpoint():
        click.echo(_("Somebody is reading the database: the worker will remove the last traces."), err=True)


def _lines(done: AddressErasure) -> list[str]:
    counted = (
        ngettext("%(num)d participant", "%(num)d participants", done.participants),
        ngettext("%(num)d new address never confirmed", "%(num)d new addresses never confirmed", done.address_changes),
        ngettext("%(num)d invitation", "%(num)d invitations", done.invitations),
        ngettext("%(num)d follower of a series", "%(num)d followers of series", done.subscribers),
        ngettext("%(num)d request for a link", "%(num)d requests for a link", done.link_requests),
        ngettext("%(num)d person in programmes", "%(num)d people in programmes", done.people),
        ngettext("%(num)d organiser’s account", "%(num)d organisers’ accounts", done.organisers),
        ngettext("%(num)d other message", "%(num)d other messages", done.messages),
    )
    lines = [_("Erased:"), *(f"  {text}" for text in counted)]
    lines += [_("Row of the log: %(row)s", row=f"{entry.id}:{entry.hash}") for entry in done.entries]
    lines += [
        _("%(series)s prints this address as its contact: change it in the series.", series=slug)
        for slug in done.contacts
    ]
    lines.append(_("Names that stand in texts, such as abstracts and summaries, are not found by this command."))
    return lines
