"""`workshop series …`: a whole series as a file, and who owns it."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser, Role
from workshop.accounts.queries import find_organiser
from workshop.accounts.service import AFTERWARDS, LastOwnerError, OrganisationError, Terms, grant
from workshop.audit.service import record
from workshop.core.clock import now
from workshop.core.db import db
from workshop.core.language import languages
from workshop.programme.models import Series
from workshop.programme.sentences import sentence
from workshop.programme.seriesfile import FileFault, SeriesFileError, entry_line, export_series, import_series
from workshop.programme.service import CountAnswers


def make_group(count_answers: CountAnswers) -> click.Group:
    """Return the commands.

    Args:
        count_answers: tells how many answers sessions have; answers lie above the programme.
    """

    @click.group()
    def series() -> None:
        """Import, export and grant a series."""

    @series.command("import")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--owner", metavar="EMAIL", help="Make this organiser the owner of the series.")
    @click.option("--dry-run", is_flag=True, help="Only say what would change.")
    def import_(file: Path, owner: str | None, *, dry_run: bool) -> None:
        """Import a series, its people, sessions and programme from FILE."""
        _import(file, owner, count_answers, is_dry_run=dry_run)

    @series.command()
    @click.argument("slug")
    @click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path), required=False)
    @click.option("--private", is_flag=True, help="With people’s addresses and the links of rooms.")
    def export(slug: str, file: Path | None, *, private: bool) -> None:
        """Write the series SLUG as a file, to standard output without FILE."""
        found = _get_series(db.session(), slug)
        text = export_series(found, is_private=private)
        if private:
            record(
                db.session(),
                now=now(),
                actor="command",
                action="programme.export_private",
                object_=f"series:{found.id}",
                details={"people": len(found.people)},
            )
            db.session.commit()
        if file is None:
            # As bytes: a terminal that speaks another encoding must not change the file.
            sys.stdout.buffer.write(text.encode())
            sys.stdout.buffer.flush()
        elif private:
            _write_private(file, text)
        else:
            file.write_text(text, "utf-8")

    @series.command("grant")
    @click.argument("slug")
    @click.argument("email")
    @click.option("--role", type=click.Choice([role.value for role in Role]), default="owner", show_default=True)
    @click.option("--organisation", metavar="NAME", default="", help="Their institution; a partner’s invitations.")
    @click.option("--session", "door", metavar="SLUG", default="", help="A helper’s: at whose door they stand.")
    def grant_(slug: str, email: str, role: str, organisation: str, door: str) -> None:
        """Give the organiser EMAIL a role in the series SLUG, in place of any earlier one.

        A helper's ends a day after the session.
        """
        session = db.session()
        found, organiser = _get_series(session, slug), _get_organiser(session, email)
        _grant(session, found.id, organiser, _terms(found, Role(role), organisation, door))
        session.commit()
        click.echo(_granted(email, slug, Role(role)))

    return series


def _import(file: Path, owner: str | None, count_answers: CountAnswers, *, is_dry_run: bool) -> None:
    session = db.session()
    organiser = _get_organiser(session, owner) if owner else None
    try:
        report = import_series(
            session,
            now=now(),
            content=file.read_bytes(),
            instance_languages=languages(),
            count_answers=count_answers,
            is_dry_run=is_dry_run,
        )
    except SeriesFileError as error:
        session.rollback()
        for fault in error.faults:
            click.echo(_fault_line(str(file), fault), err=True)
        raise click.ClickException(_("Nothing was stored.")) from error
    if is_dry_run:
        session.rollback()
    else:
        if organiser:
            _grant(session, report.series_id, organiser)
        session.commit()
    for entry in report.entries:
        if entry.code != "unchanged":
            click.echo(entry_line(entry))
    if not report.is_changed:
        click.echo(_("Nothing changes: the series is as the file says."))
    if organiser and not is_dry_run:
        click.echo(_granted(organiser.email, report.slug, Role.OWNER))
    if is_dry_run:
        click.echo(_("This was a dry run: nothing was stored."))


def _fault_line(file: str, fault: FileFault) -> str:
    """Return `file:line: field: "value": reason`."""
    place = f"{file}:{fault.line}" if fault.line else file
    return ": ".join(
        part for part in (place, fault.field, f'"{fault.value}"' if fault.value else "", sentence(fault)) if part
    )


def _write_private(file: Path, text: str) -> None:
    """Write what only its owner may read."""
    file.unlink(missing_ok=True)
    file.touch(0o600)
    file.write_text(text, "utf-8")


def _get_series(session: Session, slug: str) -> Series:
    found = session.scalar(sa.select(Series).where(Series.slug == slug))
    if found is None:
        raise click.ClickException(_("There is no series %(slug)s.", slug=slug))
    return found


def _get_organiser(session: Session, email: str) -> Organiser:
    found = find_organiser(session, email=email)
    if found is None:
        raise click.ClickException(
            _("There is no organiser %(email)s. Add them with: workshop organiser add %(email)s", email=email)
        )
    return found


def _grant(
    session: Session,
    series_id: int,
    organiser: Organiser,
    terms: Terms = Terms(Role.OWNER),  # noqa: B008 (frozen)
) -> None:
    try:
        grant(
            session,
            now=now(),
            series_id=series_id,
            organiser=organiser,
            role=terms.role,
            organisation=terms.organisation,
            workshop_session_id=terms.workshop_session_id,
            expires_at=terms.expires_at,
            actor="command",
        )
    except OrganisationError as fault:
        raise click.UsageError(_("A partner belongs to an organisation: --organisation NAME")) from fault
    except LastOwnerError as fault:
        raise click.ClickException(_("The series would have no owner any more.")) from fault


def _terms(series: Series, role: Role, organisation: str, door: str) -> Terms:
    """Return a role with what belongs to it; raises UsageError where a helper's session is missing or unknown."""
    found = next((one for one in series.sessions if one.slug == door), None)
    if (role is Role.HELPER or door) and found is None:
        raise click.UsageError(_("A helper stands at the door of a session: --session SLUG"))
    if found is None:
        return Terms(role, organisation)
    return Terms(role, organisation, found.id, found.ends_at + AFTERWARDS if role is Role.HELPER else None)


def _granted(email: str, slug: str, role: Role) -> str:
    texts = {
        Role.OWNER: _("%(email)s now owns the series %(slug)s.", email=email, slug=slug),
        Role.ORGANISER: _("%(email)s is now an organiser of the series %(slug)s.", email=email, slug=slug),
        Role.EDITOR: _("%(email)s is now an editor of the series %(slug)s.", email=email, slug=slug),
        Role.ANSWERS: _("%(email)s now sees the answers of the series %(slug)s.", email=email, slug=slug),
        Role.TRANSLATOR: _("%(email)s is now a translator of the series %(slug)s.", email=email, slug=slug),
        Role.HELPER: _("%(email)s is now a helper of the series %(slug)s.", email=email, slug=slug),
        Role.PARTNER: _("%(email)s is now a partner of the series %(slug)s.", email=email, slug=slug),
    }
    return str(texts[role])
