"""The demo: the real series, an example with sessions in the coming weeks, and somebody who may sign in."""

from __future__ import annotations

import json
import os
import secrets
from datetime import datetime
from importlib import resources
from pathlib import Path

import sqlalchemy as sa
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from workshop.accounts import service as accounts
from workshop.accounts.models import Organiser
from workshop.config import Configuration
from workshop.core import clock
from workshop.core.db import db
from workshop.core.localtime import to_instant
from workshop.demo.content import example_text
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.seriesfile import import_series
from workshop.rsvp import service as rsvp
from workshop.rsvp.models import Answer, AnswerState, Choice

ADDRESS = "organiser@example.org"
REAL, EXAMPLE = "decloisonner", "exemple"


def prepare(configuration: Configuration) -> list[str]:
    """Make the instance's demo, or leave it as it is; returns what to print. Commits.

    Safe to repeat: what bears the demo's slugs but was not made by the demo is left alone, and new example dates are
    given only when all of them are past.
    """
    now = clock.now()
    session = db.session()
    notes = _Notes(configuration.instance_path / "demo.json")
    password = _prepare_organiser(session, configuration.instance_path / "demo-login", now)
    if notes.may_make(session, REAL):
        _import(session, resources.files("workshop.demo").joinpath("decloisonner.yaml").read_text("utf-8"), now)
        notes.keep(REAL)
    if notes.may_make(session, EXAMPLE) or (notes.made(EXAMPLE) and _is_all_past(session, EXAMPLE, now)):
        today = now.date()
        _import(session, example_text(today), now)
        _fill_seats(session, now)
        notes.keep(EXAMPLE)
    session.commit()
    notes.write()
    return _lines(configuration, password)
