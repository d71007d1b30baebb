"""`workshop doctor`: what is wrong and what cures it, one line each; apart from cli.py because it asks every layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import click
import sqlalchemy as sa
from flask import Flask
from flask_babel import gettext as _

from workshop import config
from workshop.core import clock
from workshop.core.db import reason_of
from workshop.core.errors import ConfigurationError
from workshop.core.language import command_language, speaking


class Finding(NamedTuple):
    """One line of the report."""

    is_well: bool
    subject: str
    text: str
    is_fault: bool = True
    """Whether it makes the command exit with 1; a warning does not."""
    is_advice: bool = False
    """Whether it says what should be so where that cannot be seen from here."""


def print_settings() -> int:
    """Print every setting, its value (a secret's is hidden) and where it came from; returns the exit status."""
    try:
        configuration = config.load()
    except ConfigurationError as error:
        _print_faults(error)
        return 1
    click.echo(f"INSTANCE_PATH = {configuration.instance_path}")
    for setting in config.SETTINGS:
        value = configuration.values.get(setting.name, "")
        shown = "•••" if setting.is_secret and value else _written(value)
        click.echo(f"{setting.name} = {shown}  ({configuration.sources[setting.name]})")
    return 0


def run() -> int:
    """Check everything and print one line each; returns 1 when something must be cured."""
    from workshop.app import create_app
    from workshop.core.db import db

    try:
        app = create_app(config.load())
    except ConfigurationError as error:
        _print_faults(error)
        return 1
    status, said = 0, set[Finding]()
    with app.app_context(), speaking(command_language(app.config["LANGUAGES"])):
        try:
            for check in (_configuration, _database, _zones, _translations, _mail, _bounces, _replies, _worker):
                for finding in _guarded(check, app):
                    if finding in said:
                        continue  # a database that is gone fails more than one check
                    said.add(finding)
                    click.echo(f"{_sign(finding)} {finding.subject} {finding.text}")
                    status |= finding.is_fault and not finding.is_well
        finally:
            db.session.remove()
            db.engine.dispose()
    return status


def _sign(finding: Finding) -> str:
    if finding.is_advice:
        return "→"
    return "✓" if finding.is_well else ("✗" if finding.is_fault else "!")


def _guarded(check: Callable[[Flask], Iterator[Finding]], app: Flask) -> Iterator[Finding]:
    try:
        yield from check(app)
    except (sa.exc.SQLAlchemyError, OSError) as error:
        text = _("it does not answer: %(reason)s", reason=reason_of(error))
        yield Finding(is_well=False, subject=_("Database:"), text=text)


def _print_faults(error: ConfigurationError) -> None:
    for fault in error.faults:
        click.echo(f"✗ {fault}", err=True)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        # Languages are separated by commas; the two quiet hours are a span.
        return ("-" if isinstance(value[0], int) else ",").join(map(str, value))
    return str(value)


def _configuration(app: Flask) -> Iterator[Finding]:
    configuration = app.config["CONFIGURATION"]
    subject = _("Configuration:")
    kind = _("production") if configuration.is_production else _("this machine only")
    yield Finding(is_well=True, subject=subject, text=f"{app.config['BASE_URL']} ({kind})")
    if configuration.is_production and not app.config["BASE_URL"].startswith("https"):
        text = _("BASE_URL is not https: whoever listens in sees who answers. Put a proxy with a certificate in front.")
        yield Finding(is_well=False, subject=subject, text=text)


def _database(_app: Flask) -> Iterator[Finding]:
    from workshop.audit.service import find_break
    from workshop.core import schema
    from workshop.core.db import db

    subject = _("Database:")
    with db.engine.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
    if fault := schema.fault():
        yield Finding(is_well=False, subject=subject, text=fault)
        return
    yield Finding(is_well=True, subject=subject, text=f"{db.engine.dialect.name}, {schema.current()}")
    broken = find_break(db.session())
    db.session.remove()
    text = _("The log is whole.") if broken is None else _("The log is broken at row %(row)d.", row=broken)
    yield Finding(is_well=broken is None, subject=_("Log:"), text=text)


def _zones(app: Flask) -> Iterator[Finding]:
    from workshop.core.localtime import zone_names

    text = _("%(number)d known, %(zone)s by default", number=len(zone_names()), zone=app.config["TIMEZONE"])
    yield Finding(is_well=True, subject=_("Time zones:"), text=text)


def _translations(app: Flask) -> Iterator[Finding]:
    from flask_babel import get_translations

    for language in app.config["LANGUAGES"]:
        with speaking(language):
            count = len(getattr(get_translations(), "_catalog", {}))
        if count:
            yield Finding(is_well=True, subject=_("Language:"), text=language)
        else:
            text = _(
                "%(language)s has no compiled catalogue. In a checkout run: make venv. Else take it out of LANGUAGES.",
                language=language,
            )
            yield Finding(is_well=False, subject=_("Language:"), text=text)


def _mail(app: Flask) -> Iterator[Finding]:
    subject = _("Mail:")
    if not app.config["MAIL_SERVER"]:
        production = app.config["CONFIGURATION"].is_production
        text = (
            _("no MAIL_SERVER is set and nobody receives anything: set WORKSHOP_MAIL_SERVER.")
            if production
            else _("each message becomes a file in the instance folder.")
        )
        yield Finding(is_well=not production, subject=subject, text=text)
        return
    from workshop.mail.transport import check_relay

    fault = check_relay(app)
    text = _("the relay answers.") if fault is None else _("the relay refuses: %(fault)s", fault=fault)
    yield Finding(is_well=fault is None, subject=subject, text=text)
    yield from _advice(app)


def _advice(app: Flask) -> Iterator[Finding]:
    from workshop.mail.advice import advise

    found = advise(
        sender=app.config["MAIL_DEFAULT_SENDER"], bounces=app.config["MAIL_BOUNCES"], relay=app.config["MAIL_SERVER"]
    )
    for name, text, is_warning in found:
        yield Finding(
            is_well=not is_warning,
            subject=_("%(name)s:", name=name),
            text=text,
            is_fault=False,
            is_advice=not is_warning,
        )


def _bounces(app: Flask) -> Iterator[Finding]:
    if not app.config["MAIL_SERVER"]:
        return
    bounces, sender = app.config["MAIL_BOUNCES"], app.config["MAIL_DEFAULT_SENDER"]
    text = (
        _("reported to the addresses of %(address)s, and read by workshop mail receive.", address=bounces)
        if bounces
        else _("reported to %(sender)s and read by no program: set MAIL_BOUNCES.", sender=sender)
    )
    yield Finding(is_well=bool(bounces), subject=_("Mail that comes back:"), text=text, is_fault=False)


def _replies(app: Flask) -> Iterator[Finding]:
    subject = _("Answers from calendars:")
    if not app.config["IMAP_SERVER"]:
        text = (
            _("read where the mail server pipes them into workshop mail receive.")
            if app.config["MAIL_REPLIES"]
            else _("they reach nobody, and the mails say so: MAIL_REPLIES is not set.")
        )
        yield Finding(is_well=True, subject=subject, text=text)
        return
    from workshop.mail.mailbox import check

    fault = check(app.config)
    text = _("the mailbox opens.") if fault is None else _("the mailbox does not open: %(fault)s", fault=fault)
    yield Finding(is_well=fault is None, subject=subject, text=text)


def _worker(_app: Flask) -> Iterator[Finding]:
    from workshop.core import schema
    from workshop.core.db import db
    from workshop.mail.queries import is_worker_heard

    if not schema.is_current():
        return  # said already, with its cure
    is_alive = is_worker_heard(db.session(), now=clock.now())
    db.session.remove()
    text = _("alive") if is_alive else _("none was heard from within two minutes: workshop serve, or workshop worker.")
    # Not a fault: this command is also run before anything is started.
    yield Finding(is_well=is_alive, subject=_("Worker:"), text=text, is_fault=False)
