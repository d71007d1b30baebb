"""What the forms for one session and for a series have in common: taking what was sent, and showing it again."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import g, request, url_for
from flask_wtf.csrf import generate_csrf

from workshop.core.db import db
from workshop.core.kept import KeptAnswer, keep, make_answer
from workshop.core.language import languages
from workshop.core.limits import Limit, client_key, hit
from workshop.core.links import Purpose, find_token
from workshop.rsvp import service
from workshop.rsvp.forms import AnswerForm, asked_from_form
from workshop.rsvp.models import Participant
from workshop.rsvp.rule import NoticeChangedError, SessionFullError
from workshop.rsvp.service.asking import Asker

_TEN_MINUTES = timedelta(minutes=10)
LIMITS = (Limit("answer", 120, _TEN_MINUTES), Limit("answer_all", 6000, _TEN_MINUTES, by_client=False))
"""How many answers are taken; an address and a reader without one have limits of their own."""
WITHOUT_ADDRESS_PER_HOUR = 10
"""How many answers without an address one client may give: they need no mailbox, and so cost a robot nothing."""
_TOKEN_MARK = secrets.token_urlsafe(32)
"""Stands in a kept form where each reader's own token is put. Random, so that no text can hold it."""


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a form: the status to answer with, and the code of what stands in the way."""

    status: int
    problem: str = ""
    subject: str = ""
    """Random id of whoever gave no address: their page is the only way back."""
    session: str = ""
    """Slug of the session that the problem is about, where it is about one."""


def receive(
    form: AnswerForm,
    *,
    lang: str,
    now: datetime,
    invitation_id: int | None = None,
    ask: Callable[..., Asker | Participant] = service.ask_for_answers,
) -> Received:
    """Take a form in this request's transaction, and commit what it asks for.

    Args:
        form: sent.
        lang: the page's language.
        now: the present.
        invitation_id: the invitation that let the reader in, where one did.
        ask: what is done with a good form; called as `service.ask_for_answers` is.

    Raises:
        ConflictError: a session takes no answers (any more); a full one is told of by `problem`.
        TooManyRequestsError: too many answers without an address from this client.
    """
    if form.is_trapped:
        return Received(303)
    is_valid = form.validate_on_submit()
    if is_valid and form.is_too_fast(now):
        return Received(422, "too_fast")
    if form.is_notice_changed:
        form.acknowledge_rule.data = ()
        return Received(422, NoticeChangedError.code)
    if not is_valid:
        return Received(422)
    values = asked_from_form(form, lang=lang, invitation_id=invitation_id)
    session = db.session()
    if not values.address:
        _count_without_address(now)
    try:
        found = ask(session, now=now, workshop_sessions=form.ticked, values=values)
    except SessionFullError as fault:
        return Received(fault.status, fault.code, session=str(fault.context.get("session", "")))
    subject = "" if values.address else found.subject
    session.commit()
    return Received(303, subject=subject)


def _count_without_address(now: datetime) -> None:
    # Within the request's transaction: beyond the limit nothing is kept of the attempt, and none was counted before it.
    hit(
        db.session(),
        scope="answer_without_address",
        key=client_key(request.remote_addr),
        times=WITHOUT_ADDRESS_PER_HOUR,
        window=timedelta(hours=1),
        now=now,
    )


def own_page(received: Received) -> str:
    """Return the address of the page of whoever gave no address; empty for everybody else, who is mailed it."""
    if not received.subject:
        return ""
    token = find_token(db.session(), purpose=Purpose.MY, subject=received.subject)
    return url_for("my.page", token=token)


def kept_form(key: Hashable, render: Callable[[], str]) -> str:
    """Return a form as everybody first sees it: kept but for the token, of which each reader gets their own."""

    def make() -> KeptAnswer:
        g.csrf_token = _TOKEN_MARK  # Flask-WTF puts into the page what it finds here
        try:
            return make_answer(render().encode())
        finally:
            g.pop("csrf_token")

    return keep(key, make).body.decode().replace(_TOKEN_MARK, generate_csrf())


def mail_languages(of_series: Collection[str]) -> tuple[str, ...]:
    """Return the languages to be written to in: the series', as far as the instance speaks them."""
    return tuple(code for code in of_series if code in languages()) or languages()
