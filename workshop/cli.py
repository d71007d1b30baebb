"""`workshop …`: the commands that span features; each feature adds its own group."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click
from flask_babel import gettext as _

from workshop.config import Configuration
from workshop.core.errors import ConfigurationError, WorkshopError

if TYPE_CHECKING:
    from flask import Flask


def _mail() -> click.Command:
    from workshop.calendars.cli import receive
    from workshop.mail.cli import mail

    mail.add_command(receive)
    return mail


def _organiser() -> click.Command:
    from workshop.accounts.cli import group

    return group


def _series() -> click.Command:
    from workshop.programme.cli import make_group
    from workshop.rsvp.queries import count_answers

    return make_group(count_answers)


def _rsvp() -> click.Command:
    from workshop.rsvp.cli import rsvp

    return rsvp


def _privacy() -> click.Command:
    from workshop.privacy.cli import privacy

    return privacy


def _reminders() -> click.Command:
    from workshop.reminders.cli import reminders

    return reminders


_FEATURES: Mapping[str, tuple[Callable[[], click.Command], str]] = {
    "mail": (_mail, "The outbox."),
    "organiser": (_organiser, "Accounts of organisers."),
    "privacy": (_privacy, "What is held about somebody, and its erasure."),
    "reminders": (_reminders, "What will be reminded of, and when."),
    "rsvp": (_rsvp, "Answers."),
    "series": (_series, "Import, export and grant a series."),
}


class Commands(click.Group):
    """Loads a feature's commands only when they are asked for, so that every command starts at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, sorted."""
        return sorted([*super().list_commands(ctx), *_FEATURES])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, or None when there is none of that name."""
        if cmd_name in _FEATURES:
            return _FEATURES[cmd_name][0]()
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (the signature is click's)
        """List all commands without loading any feature."""
        own = {name: self.commands[name].get_short_help_str(limit=200) for name in self.commands}
        rows = sorted({**own, **{name: text for name, (_load, text) in _FEATURES.items()}}.items())
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def _invoke_piped(self, ctx: click.Context) -> Any:
        """Run `mail receive` at the end of a mail server's pipe, which writes back to the sender on any other status.

        What it prints may be quoted there too.
        """
        try:
            return super().invoke(ctx)
        except click.exceptions.Exit:
            raise
        except Exception as fault:  # noqa: BLE001 (whatever is wrong here is not the sender's to know; `doctor` says it)
            click.echo(f"{type(fault).__name__}: try again later", err=True)
        return ctx.exit(os.EX_TEMPFAIL)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what the product refuses becomes a line on standard error and exit status 1."""
        if ctx.invoked_subcommand is None and ctx.args == ["receive"]:
            return self._invoke_piped(ctx)
        try:
            return super().invoke(ctx)
        except ConfigurationError as fault:
            for line in fault.faults:
                click.echo(line, err=True)
        except WorkshopError as fault:
            click.echo(_sentence(fault), err=True)
        return ctx.exit(1)


def _sentence(fault: WorkshopError) -> str:
    from workshop.web.errors import words_for

    words = words_for(fault.code, fault.status)
    return f"{words.happened} {words.advice}"


@click.group(cls=Commands)
@click.version_option(package_name="workshop")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Bilingual series of workshops under the Chatham House Rule."""
    # Database, mail and exports hold who takes part: whatever a command makes is for the instance's owner only.
    os.umask(0o077)
    if ctx.invoked_subcommand in {"serve", "demo", "doctor"} or {"--help", "-h"} & set(sys.argv):
        return  # these make what they need themselves
    _enter_app(ctx)


def _enter_app(ctx: click.Context, overrides: Mapping[str, str] | None = None) -> Flask:
    """Return the application for this command, in its context until the command ends."""
    # What a start makes is there to stay: to look for garbage among it takes a sixth of the time.
    gc.disable()
    try:
        from workshop import config
        from workshop.app import create_app
        from workshop.core.db import db
        from workshop.core.language import command_language, speaking

        app = create_app(config.load(overrides=overrides))
    finally:
        gc.freeze()
        gc.enable()
    ctx.with_resource(app.app_context())
    # psycopg warns about connections that are still open when the process ends.
    ctx.call_on_close(db.engine.dispose)
    ctx.with_resource(speaking(command_language(app.config["LANGUAGES"])))
    _require_database()
    if ctx.invoked_subcommand not in {"db", "doctor"}:
        _require_schema()
    return app


def _require_database() -> None:
    """Say in one line that the database cannot be reached: the commonest fault of a first start."""
    import sqlalchemy as sa

    from workshop.core.db import db, reason_of

    try:
        db.engine.connect().close()
    except sa.exc.DBAPIError as fault:
        raise click.ClickException(_("The database does not answer: %(reason)s", reason=reason_of(fault))) from None


def _require_schema() -> None:
    from workshop.core import schema

    if fault := schema.fault():
        raise click.ClickException(fault)


def _upgrade() -> None:
    from workshop.core import schema

    if schema.is_newer():
        raise click.ClickException(str(schema.fault()))
    schema.upgrade()


def _require_port(configuration: Configuration) -> None:
    from workshop import serve

    if not serve.is_port_free(configuration):
        port = configuration.values["PORT"]
        raise click.ClickException(
            _(
                "Port %(port)d is taken, or not ours to take. Choose another: WORKSHOP_PORT=%(other)d",
                port=port,
                other=port + 1,
            )
        )


@main.command()
@click.option("--host", help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Web processes.")
@click.option("--no-worker", is_flag=True, help="Leave the background worker to `workshop worker`.")
@click.pass_context
def serve(ctx: click.Context, host: str | None, port: int | None, workers: int, *, no_worker: bool) -> None:
    """Serve the pages, and run the background worker."""
    from workshop import config, serve

    given = {"HOST": host, "PORT": str(port) if port else None}
    overrides = {name: value for name, value in given.items() if value}
    configuration = config.load(overrides=overrides)
    with click.Context(main) as checking:
        app = _enter_app(checking, overrides)
        _require_port(configuration)
    ctx.exit(serve.run(app, processes=workers, with_worker=not no_worker))


@main.command()
@click.option("--once", is_flag=True, help="Do all that is due, then end.")
@click.pass_context
def worker(ctx: click.Context, *, once: bool) -> None:
    """Run the background work only: reminders, change notices, mail, erasure."""
    from flask import current_app

    from workshop import worker
    from workshop.web import logs

    app = current_app._get_current_object()  # type: ignore[attr-defined] # noqa: SLF001 (the proxy's own way)
    with logs.as_json():
        status = worker.run_once(app) if once else worker.run_until_stopped(app)
    ctx.exit(status)


@main.group()
def db() -> None:
    """Migrate the database."""


@db.command()
def upgrade() -> None:
    """Bring the schema to what this version needs."""
    from workshop.core import schema

    _upgrade()
    click.echo(_("The database is at %(revision)s.", revision=schema.current()))


@db.command()
def current() -> None:
    """Print the schema's revision."""
    from workshop.core import schema

    click.echo(schema.current() or _("The database is empty."))


@db.command()
@click.pass_context
def check(ctx: click.Context) -> None:
    """Say whether the schema is the one this version needs."""
    from workshop.core import schema

    fault = schema.fault()
    if fault is None:
        click.echo(_("The database is as this version needs it."))
        return
    click.echo(fault, err=True)
    ctx.exit(1)


@main.group()
def audit() -> None:
    """The log."""


@audit.command()
@click.option("--expect", metavar="ROW:HASH", help="A row noted earlier, as this command or a certificate says it.")
@click.pass_context
def verify(ctx: click.Context, *, expect: str | None) -> None:
    """Check that no row of the log was changed, added or taken out, and print the last one to be noted elsewhere."""
    from workshop.audit.service import find_break, find_head
    from workshop.core.db import db as database

    noted = _noted_row(expect) if expect else None
    broken = find_break(database.session(), expect=noted)
    if broken is not None:
        click.echo(_("The log is broken at row %(row)d.", row=broken), err=True)
        ctx.exit(1)
    click.echo(_("The log is whole."))
    if head := find_head(database.session()):
        click.echo(_("Its last row, to be noted elsewhere: %(row)s", row=f"{head[0]}:{head[1]}"))


def _noted_row(text: str) -> tuple[int, str]:
    number, _colon, digest = text.strip().partition(":")
    if not number.isascii() or not number.isdigit() or len(digest) != 64 or set(digest) - set("0123456789abcdef"):  # noqa: PLR2004 (hexadecimal digits of SHA-256)
        raise click.BadParameter(
            _("Expected a row’s number, a colon and its hash of 64 digits."), param_hint="--expect"
        )
    return int(number), digest


@main.command()
@click.option("--settings", is_flag=True, help="Print every setting with its source.")
@click.pass_context
def doctor(ctx: click.Context, *, settings: bool) -> None:
    """Check the configuration, the database and what it needs; one line each, with the cure."""
    from workshop import doctor

    ctx.exit(doctor.print_settings() if settings else doctor.run())


@main.command()
@click.option("--no-serve", is_flag=True, help="Only make the instance ready.")
@click.pass_context
def demo(ctx: click.Context, *, no_serve: bool) -> None:
    """Make an instance with the real series and an example, print how to look at it, and serve it on the loopback."""
    from workshop import config, demo, serve
    from workshop.core import schema

    overrides = {"HOST": "127.0.0.1"}  # its login is printed, and nothing ends TLS before it
    configuration = config.load(overrides=overrides)
    if configuration.is_production:
        raise click.ClickException(
            "The demo serves on the loopback only: unset WORKSHOP_BASE_URL, or use another WORKSHOP_INSTANCE_PATH."
        )
    with click.Context(main, info_name="db") as preparing:
        preparing.invoked_subcommand = "db"
        app = _enter_app(preparing, overrides)
        if not schema.is_current():
            _upgrade()
        lines = demo.prepare(configuration)
        if not no_serve:
            _require_port(configuration)
    click.echo("\n".join(lines))
    if not no_serve:
        ctx.exit(serve.run(app, processes=2, with_worker=True))
