"""Errors as pages in the reader's language: what happened, and what to do. A file of its own: features only raise."""

from __future__ import annotations

import json
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask_babel import lazy_gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from workshop.core.errors import NotFoundError, WorkshopError
from workshop.core.language import request_language

RETRY_SECONDS: Final = 30
"""When to come back after the database was away."""


class Words(NamedTuple):
    """What a page says; each is translated when it is shown."""

    title: Any
    happened: Any
    advice: Any


_ASK = _("Reload the page to see how things stand now.")
_DECLINE = _("You may still decline, and follow the other sessions of the series.")

SENTENCES: Final[dict[str, Words]] = {
    "feedback_given": Words(
        _("You have answered already"),
        _("Each link to the questionnaire works once, and yours has been used."),
        _("Your answers are counted: there is nothing left to do."),
    ),
    "bad_request": Words(
        _("This request was not understood"),
        _("What arrived here was incomplete or damaged on its way."),
        _("Go back, reload the page and try again."),
    ),
    "csrf": Words(
        _("This form has expired"),
        _("It was opened in another browser, or cookies were refused or erased since. Nothing was changed."),
        _("Go back, reload the page and send it again. The form needs one cookie, which ends with the visit."),
    ),
    "forbidden": Words(
        _("This is not open to you"),
        _("This page is reserved for others."),
        _("If you should have access, write to the organisers."),
    ),
    "not_found": Words(
        _("There is nothing at this address"),
        _("Perhaps a letter is missing, or what was here has been taken away."),
        _(
            "If the address came in an e-mail, copy it whole, to its very last character. A link may also have been "
            "replaced or have come to its end: then use the newest e-mail that you have, or write to the organisers."
        ),
    ),
    "method_not_allowed": Words(
        _("This page cannot be used in this way"),
        _("The address exists, but not for what was asked of it."),
        _("Go back and use the buttons of the page."),
    ),
    "conflict": Words(
        _("This is no longer possible"),
        _("Things have changed since the page was opened."),
        _ASK,
    ),
    "too_large": Words(
        _("This is too large"),
        _("What you sent is larger than what can be taken here. Nothing was stored."),
        _("Go back, shorten it and send it again."),
    ),
    "invalid": Words(
        _("This cannot be stored"),
        _("Something in what you sent is missing or cannot be right. Nothing was changed."),
        _("Go back, check what you entered and send it again."),
    ),
    "too_many_requests": Words(
        _("That was a lot at once"),
        _("Too many requests came from your network in a short time. Nothing was changed."),
        _("Wait a few minutes, then try again."),
    ),
    "internal_error": Words(
        _("Something went wrong here"),
        _("The fault is ours, and it has been noted. What you last sent may not have been stored."),
        _("Try again in a few minutes. If it happens again, write to the organisers."),
    ),
    "unavailable": Words(
        _("We cannot answer just now"),
        _("The database cannot be reached. What you last sent was not stored."),
        _("Try again in a minute: this page does not lose its address."),
    ),
    "speaker_without_address": Words(
        _("Nothing can be mailed to this person"),
        _("There is no e-mail address. Nothing was sent."),
        _("Give their address first."),
    ),
    "speaker_without_session": Words(
        _("Their page would be empty"),
        _("None of the sessions in which they speak or moderate is published. Nothing was sent."),
        _("Publish one of them first."),
    ),
    "person_has_parts": Words(
        _("This person is in a programme"),
        _("Somebody who speaks or moderates cannot be taken out of the directory. Nothing was changed."),
        _("Take them out of the programme first, or merge this entry with another one of theirs."),
    ),
    "same_person": Words(
        _("This is one entry already"),
        _("An entry can be merged only with another one of the same series. Nothing was changed."),
        _ASK,
    ),
    "change_decided": Words(
        _("Somebody has decided already"),
        _("What was asked for is no longer waiting. Nothing was changed."),
        _ASK,
    ),
    "session_full": Words(_("This session is full"), _("Every place has been taken."), _DECLINE),
    "address_taken": Words(
        _("This address is in use"),
        _("Somebody has already answered with it in the same series. Nothing was changed."),
        _("If it was you, use the link in the e-mail that came to it, or have it sent again."),
    ),
    "offer_lapsed": Words(
        _("This place has gone to the next person"),
        _("It was kept for you until the time that the message said, and then went to the next person on the list."),
        _("You may ask for a place again: if none is left, you join the end of the waiting list."),
    ),
    "proposal_over": Words(
        _("This is no longer asked"),
        _("It was taken back, it holds already, or the session has begun. Nothing was changed."),
        _ASK,
    ),
    "undo_over": Words(
        _("This can no longer be undone"),
        _("The place was kept for you for ten minutes. Since then it has gone to the next person on the list."),
        _("You may ask for a place again: if none is left, you join the end of the waiting list."),
    ),
    "answer_refused": Words(
        _("The organisers have declined this request"),
        _("Nothing was changed. Their words to you are on your personal page."),
        _("If circumstances have changed, write to the organisers."),
    ),
    "already_answered": Words(
        _("This person has answered already"),
        _("Their answer stands. Nothing was changed, and nothing was sent."),
        _("Find them in the list of answers."),
    ),
    "session_cancelled": Words(
        _("This session has been cancelled or postponed"),
        _("It does not take place on its date, so nothing about it can be changed for now."),
        _("The other sessions of the series are on its page."),
    ),
    "session_no_draft": Words(
        _("This session is more than a draft"),
        _("It has been published, or somebody has answered: nothing was deleted."),
        _("Cancel it instead: everyone who answered is told."),
    ),
    "session_date_past": Words(
        _("The date of this session has passed"),
        _("It cannot take place on it any more. Nothing was changed."),
        _("Duplicate the session, and give the new one a date to come."),
    ),
    "session_begun": Words(
        _("This session has begun"),
        _("Answers were possible until its start."),
        _("If you have accepted, the link in your e-mail still leads to the room."),
    ),
    "session_ended": Words(
        _("This session is over"),
        _("It can no longer be answered or changed."),
        _("The other sessions of the series are on its page."),
    ),
    "nothing_to_undo": Words(
        _("There is nothing to undo"),
        _("Nothing was published here, or the session is a draft again already."),
        _ASK,
    ),
    "session_has_answers": Words(
        _("People have answered for this session"),
        _("A session that people have answered for cannot be withdrawn silently."),
        _("Cancel it instead: everyone who answered is told."),
    ),
    "answers_closed": Words(
        _("Answers are closed"),
        _("The organisers take no more answers for this session."),
        _("Anyone who has answered may still withdraw by the link in their e-mail."),
    ),
    "no_open_session": Words(
        _("No session takes answers at present"),
        _("The sessions of this series are past, closed to answers, or not open to them yet."),
        _("The page of the series says what is planned; follow it in a calendar to hear of the next."),
    ),
    "answers_not_open": Words(
        _("Answers are not open yet"),
        _("The organisers are not taking answers for this session yet."),
        _("Its page says when they open; come back then."),
    ),
    "room_not_open": Words(
        _("The room is not open yet"),
        _("It opens shortly before the session begins."),
        _("Keep the link from your e-mail and come back then."),
    ),
    "room_closed": Words(
        _("The room is closed"),
        _("The session is over."),
        _("The other sessions of the series are on its page."),
    ),
    "room_missing": Words(
        _("The room is not known yet"),
        _("The organisers have not given its address yet."),
        _("Try again in a few minutes, or write to the organisers."),
    ),
    "notice_changed": Words(
        _("The notice has changed"),
        _("The rule of this session is no longer the one that you read. Nothing was stored."),
        _("Go back, reload the page, read the notice and answer again."),
    ),
    "request_changed": Words(
        _("There is a newer answer"),
        _("Another answer came from the same address while this page was open. Nothing was changed."),
        _ASK,
    ),
    "invitation_used_up": Words(
        _("This invitation has been used"),
        _("As many people have answered by it as it allows."),
        _("If you have answered, use the link in your e-mail; otherwise write to whoever invited you."),
    ),
    "invitation_ended": Words(
        _("This invitation is over"),
        _("It was open until a day that has passed, or it was taken back."),
        _("If you have answered, use the link in your e-mail; otherwise write to whoever invited you."),
    ),
    "announcement_changed": Words(
        _("Somebody saved another version"),
        _("The announcement is no longer the one that the page showed. Nothing was done."),
        _ASK,
    ),
    "announcement_not_tested": Words(
        _("This text has not been tried out"),
        _("An announcement leaves once its writer has read it in their own mailbox. Nothing was sent."),
        _("Send it to yourself first."),
    ),
    "announcement_stands": Words(
        _("As it stands, this cannot be done"),
        _("The announcement has begun to leave, or has ended. Nothing was changed."),
        _ASK,
    ),
    "recipients_changed": Words(
        _("The number has changed"),
        _("The message would now go to other people than the page said. Nothing was sent."),
        _ASK,
    ),
    "count_changed": Words(
        _("The number has changed"),
        _("The message would now go to other people than the page said. Nothing was sent."),
        _ASK,
    ),
    "level_looser": Words(
        _("The rule cannot be loosened any more"),
        _("Somebody has answered relying on the stricter rule. Nothing was changed."),
        _("Keep the level, or make it stricter."),
    ),
    "recording_closed": Words(
        _("No recording of this can be kept"),
        _("What is closed is not recorded, and not even the address of a recording is kept. Nothing was stored."),
        _("Delete the recording where it is, and tell whoever made it."),
    ),
    "recording_under_rule": Words(
        _("This recording cannot be published"),
        _("It, or a part of it, is not on the record. Nothing was changed."),
        _("A recording of an item that is on the record can be published by itself."),
    ),
    "recording_not_agreed": Words(
        _("This recording cannot be published yet"),
        _("Nobody has declared that everybody heard in it agreed. Nothing was changed."),
        _("Ask everybody who is heard in it, participants included, and declare it then."),
    ),
    "recording_consent_missing": Words(
        _("This recording cannot be published"),
        _("Somebody announced in it has not consented to be recorded, or has withdrawn that. Nothing was changed."),
        _("Those who speak or moderate decide on their own pages."),
    ),
    "upload_refused": Words(
        _("This file is not taken"),
        _("What it contains cannot be made safe. Nothing was stored."),
        _("Go back, save it again as a PDF and send it anew."),
    ),
    "time_in_gap": Words(
        _("This time does not exist"),
        _("Clocks go forward on that day and skip it. Nothing was stored."),
        _("Go back and choose a time before or after the change."),
    ),
    "time_in_fold": Words(
        _("This time comes twice"),
        _("Clocks go back on that day, so it stands for two moments. Nothing was stored."),
        _("Go back and choose which of the two is meant."),
    ),
    "attendance_is_number": Words(
        _("Nobody notes who came"),
        _("Under the Rule of this session only the number of people who came is kept. Nothing was changed."),
        _("The check-in and the room’s own door add to that number."),
    ),
    "summary_changed": Words(
        _("This summary has changed"),
        _("Somebody else has saved, published or taken back another text since you opened the page."),
        _ASK,
    ),
    "summary_published": Words(
        _("This summary is published"),
        _("What is published is not changed under its readers’ eyes."),
        _("Take it back first: it is then a draft again."),
    ),
    "summary_closed": Words(
        _("Nothing of a closed session is reported"),
        _("What is said in a closed session may be neither used nor repeated. Nothing was stored."),
        _("Make a summary of a session at another level."),
    ),
    "summary_too_early": Words(
        _("The session has not begun"),
        _("Nothing has been said yet, and people may still answer."),
        _("Come back when it has begun."),
    ),
    "own_summary": Words(
        _("Somebody else has to approve this"),
        _("Whoever wrote in a summary does not approve it, and nobody approves it twice."),
        _("Ask another organiser of the series."),
    ),
    "summary_blocked": Words(
        _("The check stands in the way"),
        _("It found something that could tell who said what, or a warning for which no reason is given."),
        _("Go back and see what it found."),
    ),
    "last_owner": Words(
        _("A series needs an owner"),
        _("Nobody else owns this one, so nothing was changed."),
        _("Make somebody else its owner first."),
    ),
    "last_administrator": Words(
        _("Somebody has to manage accounts"),
        _("Nobody else does, so nothing was changed."),
        _("Let somebody else manage accounts first."),
    ),
    "factor_stands": Words(
        _("The second factor is not as the page said"),
        _("It has been turned on or off since, perhaps in another browser. Nothing was changed."),
        _ASK,
    ),
    "mail_not_retriable": Words(
        _("This message cannot be sent again"),
        _("It has left, is still waiting, or its text has been erased."),
        _ASK,
    ),
}
"""By the error's stable code. A code without words of its own speaks as its status does."""

_BY_STATUS: Final = {
    400: "bad_request", 401: "forbidden", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    409: "conflict", 413: "too_large", 422: "invalid", 429: "too_many_requests", 500: "internal_error",
    503: "unavailable",
}  # fmt: skip

_LAST_RESORT = (
    '<!doctype html><html lang="fr"><meta charset="utf-8"><title>Erreur · Error</title>'
    "<p>Une erreur s’est produite. Réessayez dans quelques minutes.</p>"
    '<p lang="en">Something went wrong. Please try again in a few minutes.</p></html>'
)


def init_errors(app: Flask) -> None:
    """Turn every error into a page."""
    handlers: list[tuple[type[Exception] | int, Callable[[Any], Response]]] = [
        (HTTPException, _http_error),
        (CSRFError, _csrf_error),
        (WorkshopError, _workshop_error),
        (OperationalError, _database_error),
        (InterfaceError, _database_error),
        (PoolTimeoutError, _database_error),
        (500, _fault),
    ]
    for kind, handler in handlers:
        app.register_error_handler(kind, handler)
    app.jinja_env.globals["error_words"] = words_for


def words_for(code: str, status: int = 400) -> Words:
    """Return the words for an error's code, else those for its status."""
    found = SENTENCES.get(code) or SENTENCES.get(_BY_STATUS.get(status, ""))
    return found or SENTENCES["bad_request" if status < 500 else "internal_error"]  # noqa: PLR2004 (HTTP)


def error_page(status: int, code: str = "", headers: dict[str, str] | None = None) -> Response:
    """Return the page, a line of text for a calendar, a problem for the API; never looks at the database."""
    g.is_error_page = True
    code = code or _BY_STATUS.get(status, "")
    words = words_for(code, status)
    try:
        if request.path.startswith("/api/"):
            response = _problem(words, status, code)
        elif request.path.endswith(".ics"):
            response = make_response(f"{words.title}. {words.happened} {words.advice}\n")
            response.content_type = "text/plain; charset=utf-8"
        else:
            response = make_response(render_template("web/error.html", words=words, status=status))
    except Exception:
        current_app.logger.exception("the page for an error failed itself")
        response = make_response(_LAST_RESORT)
    response.status_code = status
    response.headers["Content-Language"] = request_language()
    response.headers.update(headers or {})
    return response


def _problem(words: Words, status: int, code: str) -> Response:
    """Return an error for programs (RFC 9457); its status says all that its type could, so it has none of its own."""
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": str(words.happened),
        "instance": quote(request.path),
        "code": code or ("bad_request" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "internal_error"),
    }
    body = json.dumps(problem, ensure_ascii=False, separators=(",", ":"))
    return Response(body, content_type="application/problem+json")


def _http_error(error: HTTPException) -> Response:
    # A page about something unknown is the same for every method and however it came about.
    kept = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return error_page(error.code or 500, headers=kept)


def _csrf_error(_error: CSRFError) -> Response:
    return error_page(403, "csrf")


def _workshop_error(error: WorkshopError) -> Response:
    if isinstance(error, NotFoundError):
        return error_page(404)
    wait = error.context.get("retry_after")
    return error_page(error.status, error.code, {"Retry-After": str(wait)} if wait else None)


def _database_error(error: Exception) -> Response:
    if isinstance(error, DBAPIError) and "readonly" in str(error.orig):
        # Code that writes while it may only read is at fault, not the database.
        if current_app.testing:
            raise error
        current_app.logger.error("a request that only reads tried to write", exc_info=error)
        return error_page(500)
    current_app.logger.error("the database cannot be reached", exc_info=error)
    return error_page(503, headers={"Retry-After": str(RETRY_SECONDS)})


def _fault(_error: Exception) -> Response:
    return error_page(500)
