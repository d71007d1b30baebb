"""The demo: the real series, an example with sessions in the coming weeks, and somebody who may sign in."""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from importlib import resources
from pathlib import Path

import sqlalchemy as sa
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from workshop.accounts import queries as organisers
from workshop.accounts import service as accounts
from workshop.accounts.models import Role
from workshop.calendars.service import make_feed
from workshop.config import Configuration
from workshop.core import clock
from workshop.core.db import db
from workshop.core.language import languages
from workshop.core.links import Purpose, find_token, issue
from workshop.demo.content import example_text, held_text
from workshop.demo.held import COLLEAGUE, leave_what_remains
from workshop.mail.models import OutboxMessage
from workshop.programme.models import Series, SessionStatus, WorkshopSession
from workshop.programme.seriesfile.importing import import_series
from workshop.rsvp.models import AnswerState, Choice, Participant
from workshop.rsvp.queries import count_answers, count_seats, count_states
from workshop.rsvp.rule import notice_id, notice_of
from workshop.rsvp.service.asking import Asked, request_answer
from workshop.rsvp.service.confirming import confirm

ADDRESS = "organiser@example.org"
ACTOR = "demo"
ALIASES = ("Colibri", "Marjolaine", "Un voisin", "Bluebird", "Someone from the north", "Hirondelle")
READER = "Bluebird"
"""Whose page and calendar anybody may open who looks at the demo: has a place, waits for one, answered “perhaps”."""
_PERHAPS = "2"
"""Slug of the session for which the reader answers so: one in another zone."""


def prepare(configuration: Configuration) -> list[str]:
    """Make the instance's demo, or leave it as it is; returns what to print. Commits.

    Safe to repeat: a series that bears the demo's slug but was not made by the demo is left alone, and the example gets
    new dates only when all of them are past.
    """
    now, session = clock.now(), db.session()
    notes = configuration.instance_path / "demo.json"
    made: dict[str, int] = json.loads(notes.read_text("utf-8")) if notes.is_file() else {}
    pass_phrase = _prepare_organiser(session, configuration.instance_path / "demo-login", now)
    real = resources.files("workshop.demo").joinpath("decloisonner.yaml").read_text("utf-8")
    example = example_text(now.date())
    for key, text in (("real", real), ("example", example)):
        series = session.get(Series, made[key]) if key in made else None
        if series is None and key not in made and not _is_taken(session, text):
            series = load_series(session, text, now=now)
            made[key] = series.id
            _own(session, series, now)
            if key == "example":
                _hold(session, now)
        elif series is not None and key == "example" and all(one.ends_at <= now for one in series.sessions):
            series = load_series(session, text, now=now)
        if series is not None and key == "example":
            fill_seats(session, series, now=now)
            _give_calendar(session, series, now)
    session.commit()
    notes.write_text(json.dumps(made), "utf-8")
    return _lines(configuration, session, made, pass_phrase)


def load_series(session: Session, text: str, *, now: datetime) -> Series:
    """Import one of the demo's files and return its series. Flushes; raises SeriesFileError."""
    import_series(
        session,
        now=now,
        content=text.encode(),
        instance_languages=languages(),
        count_answers=count_answers,
        actor=ACTOR,
    )
    return session.scalars(sa.select(Series).where(Series.slug == _slug(text))).one()


def fill_seats(session: Session, series: Series, *, now: datetime) -> None:
    """Let people who do not exist answer for the sessions with few places, until one is left.

    Where places are kept for some, until none is and somebody waits; where answers wait for an approval, two of them.
    Through the product's own services; their mail is dropped, for nobody is there to read it.
    """
    for one in series.sessions:
        if one.starts_at <= now or one.status is SessionStatus.CANCELLED:
            continue
        if one.needs_approval:
            _ask_for_approval(session, one, now)
        elif one.shares:
            _fill_and_wait(session, one, now)
        elif one.capacity is not None:
            missing = one.capacity - 1 - count_seats(session, [one.id]).get(one.id, 0)
            for alias in ALIASES[: max(missing, 0)]:
                _answer(session, one, alias, now)


def _fill_and_wait(session: Session, workshop_session: WorkshopSession, now: datetime) -> None:
    capacity = workshop_session.capacity or 0
    missing = capacity - count_seats(session, [workshop_session.id])[workshop_session.id]
    for number, alias in enumerate(ALIASES[: max(missing, 0)]):
        # One of them takes the place that nobody else may take.
        share = str(workshop_session.shares[0]["key"]) if number == 0 else ""
        _answer(session, workshop_session, alias, now, share=share)
    if not count_states(session, workshop_session.id)[AnswerState.WAITLISTED]:
        _answer(session, workshop_session, ALIASES[capacity % len(ALIASES)], now, joins_list=True)


def _give_calendar(session: Session, series: Series, now: datetime) -> None:
    """Let the reader answer “perhaps” for one session more, and have a calendar of their own."""
    reader = _find_reader(session, series)
    if reader is None:
        return
    answered = {one.workshop_session_id for one in reader.answers}
    for one in series.sessions:
        if one.slug == _PERHAPS and one.starts_at > now and one.id not in answered:
            _answer(session, one, READER, now, choice=Choice.TENTATIVE)
    issue(session, purpose=Purpose.MY, subject=reader.subject)
    make_feed(session, subject=reader.subject)


def _find_reader(session: Session, series: Series) -> Participant | None:
    wanted = sa.select(Participant).where(Participant.series_id == series.id, Participant.address == _address(READER))
    return session.scalars(wanted.where(Participant.erased_at.is_(None))).first()


def _address(alias: str) -> str:
    return f"{alias.lower().replace(' ', '.')}@example.org"


def _ask_for_approval(session: Session, workshop_session: WorkshopSession, now: datetime) -> None:
    if any(count_states(session, workshop_session.id).values()):
        return
    for number, alias in enumerate(ALIASES[-2:]):
        replies = {
            one.key: one.options[number]["key"] for one in workshop_session.questions if len(one.options) > number
        }
        _answer(session, workshop_session, alias, now, replies=replies)


def _answer(
    session: Session,
    workshop_session: WorkshopSession,
    alias: str,
    now: datetime,
    *,
    choice: Choice = Choice.ACCEPTED,
    share: str = "",
    joins_list: bool = False,
    replies: dict[str, str] | None = None,
) -> None:
    language = languages()[0]
    asked = Asked(
        name=alias,
        address=_address(alias),
        choice=choice,
        language=language,
        tzid=workshop_session.tzid,
        wants_reminders=False,
        notices=[notice_id(notice_of(workshop_session))],
        notice_language=language,
        share=share,
        joins_list=joins_list,
        replies=replies or {},
    )
    person = request_answer(session, now=now, workshop_session=workshop_session, values=asked)
    confirm(session, now=now, participant=person, language=language)
    session.execute(sa.delete(OutboxMessage).where(OutboxMessage.person_ref == person.subject))


def _slug(text: str) -> str:
    """Return the slug that a file of the demo gives its series."""
    import yaml

    return str(yaml.safe_load(text)["series"]["slug"])


def _is_taken(session: Session, text: str) -> bool:
    return session.scalar(sa.select(Series.id).where(Series.slug == _slug(text))) is not None


def _hold(session: Session, now: datetime) -> None:
    """Give the example a session that is over, with all that such a session may leave."""
    organiser = organisers.find_organiser(session, email=ADDRESS)
    if organiser is None or organisers.find_organiser(session, email=COLLEAGUE) is not None:
        return
    series = load_series(session, held_text(now.date()), now=now)
    leave_what_remains(session, series, organiser, now=now, actor=ACTOR)


def _own(session: Session, series: Series, now: datetime) -> None:
    organiser = organisers.find_organiser(session, email=ADDRESS)
    if organiser is not None:
        accounts.grant(session, now=now, series_id=series.id, organiser=organiser, role=Role.OWNER, actor=ACTOR)


def _prepare_organiser(session: Session, path: Path, now: datetime) -> str:
    """Return the organiser's pass phrase: random, made once, kept where only the instance's owner can read it."""
    if path.is_file():
        return path.read_text("utf-8").strip()
    phrase = accounts.new_pass_phrase()
    organiser = organisers.find_organiser(session, email=ADDRESS)
    if organiser is None:
        accounts.add_organiser(
            session,
            now=now,
            email=ADDRESS,
            name="Demo",
            pass_phrase=phrase,
            language=languages()[0],
            is_administrator=False,
        )
    else:
        phrase = accounts.reset_pass_phrase(session, now=now, organiser=organiser)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(phrase + "\n")
    return phrase


def _lines(configuration: Configuration, session: Session, made: dict[str, int], pass_phrase: str) -> list[str]:
    """Return what a newcomer is told: where to look, how to sign in, how to read the mail."""
    base = f"http://{configuration.values['HOST']}:{configuration.values['PORT']}"
    lines = ["", _("Open:"), *(f"  {base}/{language}/" for language in languages())]
    slugs = session.scalars(sa.select(Series.slug).where(Series.id.in_(made.values())).order_by(Series.id))
    lines += [
        *(f"  {base}/{languages()[0]}/series/{slug}/" for slug in slugs),
        "",
        *_reader_lines(session, made, base),
        _("Sign in as an organiser: %(address)s", address=f"{base}/{languages()[0]}/login"),
        _("  address: %(address)s", address=ADDRESS),
        _("  pass phrase: %(phrase)s", phrase=pass_phrase),
        "",
        _(
            "Mail becomes files in %(folder)s; the newest: %(command)s mail show --last",
            folder=_mail_folder(),
            command=_command(),
        ),
        _("Ctrl+C ends it; what was entered is kept."),
        "",
    ]
    return lines


def _reader_lines(session: Session, made: dict[str, int], base: str) -> list[str]:
    """Return where the example can be looked at as a participant, and as a partner's site shows it."""
    series = session.get(Series, made["example"]) if "example" in made else None
    if series is None:
        return []
    page, reader = f"{base}/{languages()[0]}", _find_reader(session, series)
    lines = []
    if reader is not None:
        my, feed = (find_token(session, purpose=one, subject=reader.subject) for one in (Purpose.MY, Purpose.FEED))
        if my:
            lines.append(_("See what a participant sees: %(address)s", address=f"{page}/my/{my}/"))
        if feed:
            lines.append(_("  and their own calendar: %(address)s", address=f"{base}/calendar/{feed}.ics"))
    lines.append(_("The list as other sites may show it: %(address)s", address=f"{page}/series/{series.slug}/embed"))
    return [*lines, ""]


def _command() -> str:
    """Return how this command was called, such as `.venv/bin/workshop`, so that the next one can be typed as shown."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "workshop" else "workshop"


def _mail_folder() -> str:
    return str(Path(current_app.instance_path) / "mail")
