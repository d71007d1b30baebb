"""Acting on many answers at once, and adding one: always tried first, shown, taken back, and only then done.

What will be mailed is not guessed: the act itself is done in the transaction, its messages are read, and all of it is
rolled back until somebody confirms what they saw.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from workshop.accounts.routes import current_organiser
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import ConflictError
from workshop.core.links import cut
from workshop.core.localized import Localized
from workshop.programme.models import WorkshopSession
from workshop.programme.organise import session_row
from workshop.rsvp import service
from workshop.rsvp.forms.lists import ACTS, Act, RefusalForm, read_filter, read_number
from workshop.rsvp.models import Answer, AnswerState
from workshop.rsvp.organise.answers import list_context, open_list, query_args
from workshop.rsvp.organise.blueprint import blueprint
from workshop.rsvp.queries import lists
from workshop.rsvp.service import acting
from workshop.rsvp.view.lists import STATES

_SAYS_WHY = frozenset({Act.REFUSE, Act.WITHDRAW})
"""Acts that nobody suffers without a word."""
_DECISIONS = frozenset({Act.ACCEPT, Act.LIST, Act.REFUSE})


@dataclass(frozen=True, slots=True)
class MailSample:
    """Messages of one kind in one language, and how one of them reads."""

    language: str
    number: int
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an act does, or did."""

    changes: tuple[tuple[str, str, int], ...]
    """(state before, state after, how many), in words."""
    unchanged: tuple[tuple[str, int], ...]
    """(state, how many): what the act cannot change."""
    done: int
    """Answers that the act reached."""
    samples: tuple[MailSample, ...]
    mails: int
    mark: str
    """Another one as soon as anything of this is different."""


@blueprint.post("/series/<series>/<session>/answers/act")
def act(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Act on the answers ticked, or on all that match: first what would happen, then, confirmed, that it does."""
    workshop_session = open_list(series, session)
    now = clock.now()
    wanted = next((one for one in Act if one.value == request.form.get("act")), None)
    ids = _chosen(workshop_session)
    if wanted is None or not ids:
        problem = _("Please choose what to do.") if ids else _("Nobody was chosen. Tick at least one row.")
        page = list_context(workshop_session, lang, now=now, problem=problem)
        return render_template("rsvp/organise/answers.html", **page), 422
    is_back = "seen" in request.form
    form = RefusalForm(formdata=request.form if is_back else None)
    show = _page_maker(workshop_session, lang, wanted, ids, form=form, now=now)
    if wanted in _SAYS_WHY and not (is_back and form.validate()):
        return show(), 422 if is_back else 200
    text = form.text.data if wanted in _SAYS_WHY else Localized()
    try:
        outcome = _perform(workshop_session, wanted, ids, text=text, now=now)
    except ConflictError as fault:
        db.session.rollback()
        return show(problem=fault.code), fault.status
    is_confirmed = request.form.get("confirm") == "yes"
    if is_confirmed and request.form.get("seen") == outcome.mark:
        db.session.commit()
        flash(_summary(outcome))
        address = url_for("rsvp_organise.answers", lang=lang, series=series, session=session, **query_args())
        return redirect(address, 303)
    db.session.rollback()
    return show(outcome=outcome, is_other=is_confirmed), 409 if is_confirmed else 200


def _page_maker(
    workshop_session: WorkshopSession, lang: str, wanted: Act, ids: Sequence[int], *, form: RefusalForm, now: datetime
) -> Callable[..., str]:
    """Return what makes the page; looked up before the act, which may be rolled back."""
    nothing: dict[str, Any] = {"outcome": None, "is_other": False, "problem": ""}
    context = {
        "page_language": lang,
        "row": session_row(workshop_session, workshop_session.series, now=now),
        "act": wanted.value,
        "act_words": str(ACTS[wanted]),
        "ids": ids,
        "number": len(ids),
        "arguments": query_args(),
        "form": form,
        "needs_text": wanted in _SAYS_WHY,
    }
    return lambda **found: render_template("rsvp/organise/act.html", **(nothing | context | found))


def _chosen(workshop_session: WorkshopSession) -> list[int]:
    """Return the ids ticked, or of all that match the filter in the address."""
    if request.form.get("all") == "yes":
        organisations = lists.list_organisations(db.session(), [workshop_session.id])
        found, _is_understood = read_filter(request.args, organisations=dict.fromkeys(organisations, ""))
        return [one.answer.id for one in lists.list_listed(db.session(), workshop_session.id, found)]
    ids = sorted({number for number in map(read_number, request.form.getlist("answer")) if number})
    return [one.id for one in lists.list_chosen(db.session(), workshop_session.id, ids)] if ids else []


def _perform(
    workshop_session: WorkshopSession, wanted: Act, ids: Sequence[int], *, text: Localized, now: datetime
) -> Outcome:
    database, actor = db.session(), actor_of(current_organiser())
    answers = lists.list_chosen(database, workshop_session.id, ids)
    before = {answer.id: answer.state for answer in answers}
    last = lists.last_message_id(database)
    if wanted in _DECISIONS:
        done: Sequence[Answer] = service.decide(
            database,
            now=now,
            workshop_session=workshop_session,
            answer_ids=list(before),
            decision=service.Decision[wanted.name],
            text=text,
            actor=actor,
        )
    elif wanted is Act.RESEND:
        done = acting.resend_links(database, now=now, workshop_session=workshop_session, answers=answers, actor=actor)
    else:
        done = acting.withdraw_answers(
            database, now=now, workshop_session=workshop_session, answers=answers, words=text, actor=actor
        )
    return _outcome(workshop_session, before, done, last, now)


def _outcome(
    workshop_session: WorkshopSession,
    before: dict[int, AnswerState],
    done: Sequence[Answer],
    last: int,
    now: datetime,
) -> Outcome:
    after = {answer.id: answer.state for answer in done}
    changes = Counter((before[key], state) for key, state in after.items() if key in before)
    unchanged = Counter(state for key, state in before.items() if key not in after)
    samples = mail_samples(workshop_session.series_id, last, now=now)
    seen = repr((
        sorted(after.items()),
        sorted(unchanged.items()),
        [(one.language, one.number, one.subject) for one in samples],
    ))  # fmt: skip
    return Outcome(
        changes=tuple((str(STATES[old]), str(STATES[new]), number) for (old, new), number in sorted(changes.items())),
        unchanged=tuple((str(STATES[state]), number) for state, number in sorted(unchanged.items())),
        done=len(after),
        samples=samples,
        mails=sum(one.number for one in samples),
        mark=hashlib.sha256(seen.encode()).hexdigest()[:16],
    )


def mail_samples(series_id: int, last: int, *, now: datetime) -> tuple[MailSample, ...]:
    """Return what this transaction mails, after the message of number `last`: secret links cut."""
    counted: Counter[tuple[str, str, str]] = Counter()
    texts: dict[tuple[str, str, str], str] = {}
    for message in lists.list_messages_since(db.session(), last, series_id=series_id, now=now):
        key = (message.kind, message.language, cut(message.subject))
        counted[key] += 1
        texts.setdefault(key, cut(message.body_text))
    return tuple(
        MailSample(language=key[1], number=number, subject=key[2], text=texts[key]) for key, number in counted.items()
    )


def _summary(outcome: Outcome) -> str:
    answers = ngettext("Done for %(num)d answer.", "Done for %(num)d answers.", outcome.done)
    mails = ngettext("%(num)d message will leave.", "%(num)d messages will leave.", outcome.mails)
    return f"{answers} {mails}"
