"""What leaves by itself and what left: of a series, of a session, and each message with its life."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.reauthentication import confirmed_or_page
from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import LISTERS
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.core import clock
from workshop.core.db import db, writing
from workshop.core.errors import NotFoundError
from workshop.core.faults import InvalidValuesError
from workshop.mail.models import OutboxMessage
from workshop.organise import correcting
from workshop.organise.forms import CorrectionForm
from workshop.organise.queries import (
    Fate,
    MailFilter,
    count_mail,
    count_not_arrived,
    find_addressee,
    find_message,
    list_mail,
)
from workshop.organise.routes.blueprint import blueprint
from workshop.organise.service import set_paused
from workshop.organise.timeline import AHEAD, list_leaving, list_reminding
from workshop.organise.view import FATES, kind_rows, mail_row, message_view, missed_words
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.organise import Depth, open_series, open_session, series_row, session_row
from workshop.programme.service.locking import lock
from workshop.reminders.queries import FURTHEST
from workshop.rsvp.organise.paging import PAGE, make_pager
from workshop.rsvp.service import AddressTakenError

_BASE = "/series/<series>/mail"
_OF_SESSION = "/series/<series>/<session>/mail"


@blueprint.get(_BASE)
def mail(lang: str, series: str) -> ResponseReturnValue:
    """Show what leaves and what left in a series: addresses masked, links cut. Looking is written into the log."""
    found, _role = open_series(series, *LISTERS, depth=Depth.LEVELS)
    leaving = list_leaving(db.session(), found, now=clock.now(), until=clock.now() + AHEAD)
    return _page(lang, found, leaving=leaving)


@blueprint.get(_OF_SESSION)
def session_mail(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Show what leaves and what left about a session."""
    one, _role = open_session(series, session, *LISTERS)
    leaving = list(list_reminding(db.session(), [one], now=clock.now(), until=clock.now() + FURTHEST))
    return _page(lang, one.series, one, leaving=leaving)


@blueprint.post(f"{_BASE}/reminders")
def pause_series(lang: str, series: str) -> ResponseReturnValue:
    """Pause the reminders of a series, or let them leave again."""
    found, _role = open_series(series, *LISTERS, depth=Depth.LEVELS)
    _pause(found)
    return redirect(url_for("organise.mail", lang=lang, series=series), 303)


@blueprint.post(f"{_OF_SESSION}/reminders")
def pause_session(lang: str, series: str, session: str) -> ResponseReturnValue:
    """Pause the reminders of a session, or let them leave again."""
    one, _role = open_session(series, session, *LISTERS)
    lock(db.session(), [one])
    _pause(one)
    return redirect(url_for("organise.session_mail", lang=lang, series=series, session=session), 303)


@blueprint.get(f"{_BASE}/<int:message>")
def message(lang: str, series: str, message: int) -> ResponseReturnValue:
    """Show a message with its life and its text. Looking is written into the log."""
    found, _role = open_series(series, *LISTERS, depth=Depth.LEVELS)
    one = _find(found, message)
    page = _message_page(lang, found, one, CorrectionForm(formdata=None))
    with writing() as log:
        object_, details = f"message:{one.id}", {"series": found.id}
        record(log, now=clock.now(), actor=_actor(), action="organise.view_message", object_=object_, details=details)
    return page


@blueprint.post(f"{_BASE}/<int:message>/again")
def send_again(lang: str, series: str, message: int) -> ResponseReturnValue:
    """Queue a message again that did not arrive."""
    found, _role = open_series(series, *LISTERS, depth=Depth.LEVELS)
    correcting.send_again(db.session(), now=clock.now(), message=_find(found, message), actor=_actor())
    db.session.commit()
    flash(_("The message leaves again at once."))
    return redirect(url_for("organise.message", lang=lang, series=series, message=message), 303)


@blueprint.post(f"{_BASE}/<int:message>/address")
def correct_address(lang: str, series: str, message: int) -> ResponseReturnValue:
    """Correct the address of whom a message was for, and send it there."""
    found, _role = open_series(series, *LISTERS, depth=Depth.LEVELS)
    one = _find(found, message)
    form = CorrectionForm()
    if not form.validate_on_submit():
        return _message_page(lang, found, one, form), 422
    if (asked := confirmed_or_page()) is not None:
        return asked
    try:
        is_again = correcting.correct(
            db.session(), now=clock.now(), message=one, series=found, address=form.email.data, actor=_actor()
        )
    except AddressTakenError:
        db.session.rollback()
        form.email.errors = [_("Somebody else in this series has this address.")]
        return _message_page(lang, found, _find(found, message), form), 422
    except InvalidValuesError:
        db.session.rollback()
        form.email.errors = [_("Please write an e-mail address such as name@example.org.")]
        return _message_page(lang, found, _find(found, message), form), 422
    db.session.commit()
    flash(
        _("The address is corrected, and the message leaves again at once.")
        if is_again
        else _("The address is corrected. The text of this message has been erased, so it is not sent again.")
    )
    return redirect(url_for("organise.message", lang=lang, series=series, message=message), 303)


# -- what the pages need -----------------------------------------------------------------------------------------------


def _page(lang: str, series: Series, one: WorkshopSession | None = None, *, leaving: list[Any]) -> ResponseReturnValue:
    database, now = db.session(), clock.now()
    of_all = MailFilter(series_id=series.id, session_id=one.id if one else None)
    found = MailFilter(series_id=series.id, session_id=of_all.session_id, kind=_kind(), fate=_fate())
    counts = count_mail(database, of_all)
    total = sum(count for (kind, fate), count in counts.items() if _matches(found, kind, fate))
    endpoint = "organise.session_mail" if one else "organise.mail"
    here = {"lang": lang, "series": series.slug} | ({"session": one.slug} if one else {})
    chosen = {"kind": found.kind, "fate": found.fate.value if found.fate else ""}
    pager = make_pager(endpoint, total, here | {name: value for name, value in chosen.items() if value})
    rows = [mail_row(message) for message in list_mail(database, found, offset=pager.offset, limit=PAGE)]
    missed = count_not_arrived(database, [series.id]) if one is None else {}
    page = render_template(
        "organise/mail.html",
        page_language=lang,
        series=series_row(series),
        row=session_row(one, series, now=now) if one else None,
        leaving=leaving,
        until=now + AHEAD,
        missed=missed_words(missed[series.id]) if series.id in missed else None,
        paused_at=series.reminders_paused_at,
        session_paused_at=one.reminders_paused_at if one else None,
        kinds=kind_rows(counts),
        fates=[(fate, str(words)) for fate, words in FATES.items()],
        messages_sent=rows,
        found=found,
        pager=pager,
        endpoint=endpoint,
        here=here,
        tzid=one.tzid if one else series.tzid,
    )
    object_ = f"session:{one.id}" if one else f"series:{series.id}"
    with writing() as log:
        record(log, now=now, actor=_actor(), action="organise.view_mail", object_=object_)
    return page


def _message_page(lang: str, series: Series, one: OutboxMessage, form: CorrectionForm) -> str:
    session_id = one.workshop_session_id
    about = next((other for other in series.sessions if other.id == session_id), None)
    may_correct = correcting.may_correct(one) and find_addressee(db.session(), one) is not None
    return render_template(
        "organise/message.html",
        page_language=lang,
        series=series_row(series),
        row=session_row(about, series, now=clock.now()) if about else None,
        message=message_view(one, may_send_again=correcting.may_send_again(one), may_correct=may_correct),
        form=form,
        tzid=about.tzid if about else series.tzid,
    )


def _find(series: Series, number: int) -> OutboxMessage:
    found = find_message(db.session(), series.id, number)
    if found is None:
        raise NotFoundError
    return found


def _kind() -> str:
    return request.args.get("kind", "")[:40].replace("\0", "")


def _fate() -> Fate | None:
    return next((one for one in Fate if one.value == request.args.get("fate")), None)


def _matches(found: MailFilter, kind: str, fate: Fate) -> bool:
    return found.kind in {"", kind} and found.fate in {None, fate}


def _pause(target: Series | WorkshopSession) -> None:
    is_paused = request.form.get("act") == "pause"
    set_paused(db.session(), now=clock.now(), target=target, is_paused=is_paused, actor=_actor())
    db.session.commit()
    flash(
        _("Reminders are paused. People are still told of moves and cancellations.")
        if is_paused
        else _("Reminders leave again.")
    )


def _actor() -> str:
    return actor_of(current_organiser())
