"""A changed level on the personal page: a stricter one is read anew, a looser one agreed to or not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import NotFoundError, WorkshopError
from workshop.core.fields import clean_line
from workshop.core.limits import limited
from workshop.public.my.page import BY_CLIENT, blueprint, find_owner, own_page
from workshop.rsvp.models import Participant
from workshop.rsvp.rule import read_notice_id
from workshop.rsvp.service.agreeing import acknowledge_today, take_back
from workshop.rsvp.service.agreeing import agree as agree_to_level


@blueprint.post("/<token>/acknowledge")
@limited(BY_CLIENT)
def acknowledge(lang: str, token: str) -> ResponseReturnValue:
    """Keep that the notice that holds today was read."""
    return _read(lang, token, acknowledge_today, _("Thank you for reading it."))


@blueprint.post("/<token>/agree")
@limited(BY_CLIENT)
def agree(lang: str, token: str) -> ResponseReturnValue:
    """Keep that somebody agrees to a looser level; with `act=take_back` forget it, as long as it waits for others."""
    if request.form.get("act") == "take_back":
        return _read(lang, token, _take_back, _("You no longer agree: nothing changes."))
    return _read(lang, token, agree_to_level, _("Thank you: you agree. Nothing changes before everybody has."))


def _take_back(session: Session, *, now: datetime, participant: Participant, slug: str, **_shown: object) -> bool:
    # One's own agreement is taken back whatever the notice says by now.
    return take_back(session, now=now, participant=participant, slug=slug)


def _read(lang: str, token: str, act: Callable[..., bool], words: str) -> ResponseReturnValue:
    now = clock.now()
    participant = find_owner(token, now, is_confirmed=True)
    slug = clean_line(request.form.get("session"))
    shown = read_notice_id(request.form.get("notice")) if request.form.get("acknowledge_rule") else None
    try:
        act(db.session(), now=now, participant=participant, slug=slug, notice=shown, language=lang)
    except NotFoundError:
        raise
    except WorkshopError as fault:
        db.session.rollback()
        return own_page(lang, token, participant, now, problem=fault.code, about=slug, status=fault.status)
    db.session.commit()
    flash(words, "done")
    return redirect(url_for("my.page", token=token), 303)
