"""What organisers write to many, and the message that confirms who asked for it, written into the outbox."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from flask import current_app
from sqlalchemy.orm import Session

from workshop.announcements.models import Announcement, Subscriber
from workshop.announcements.queries import CONFIRM_WITHIN, KIND, Recipient, dedupe_key, is_strict
from workshop.announcements.rule import paragraphs
from workshop.core.language import languages
from workshop.core.links import Purpose, mark
from workshop.core.typography import typeset
from workshop.core.urls import external_url
from workshop.mail.render import Rendered, render, unmarked
from workshop.mail.service import enqueue, enqueue_many, sender_of
from workshop.mail.sharing import Shared
from workshop.programme.models import Series

PRIORITY = 50
CONFIRM_PRIORITY = 30
CONFIRM_KIND = "subscription_confirm"
NOWHERE = "example"
"""Stands in the links of what is only shown or tried out, and opens nothing."""


class Sample(NamedTuple):
    """An announcement as somebody would get it, to be shown; its links lead nowhere."""

    language: str
    sender: str
    reply_to: str
    """Empty: answers go to the instance."""
    text: Rendered


def languages_of(series: Series) -> tuple[str, ...]:
    """Return the languages in which a series is written to people: its own, as far as the instance speaks them."""
    return tuple(code for code in series.languages if code in languages()) or languages()


def write(
    session: Session,
    announcement: Announcement,
    recipients: Sequence[Recipient],
    *,
    now: datetime,
    is_to_subscribers: bool,
) -> int:
    """Queue an announcement to these people; returns to how many it had not been written before. Flushes.

    Each gets a message of their own; what differs are their links, and whether it must name nothing.
    """
    shared, series = Shared(session), announcement.series
    messages = []
    for one in recipients:
        language, sender = one.language, _sender_name(series, one.language, is_neutral=one.is_neutral)
        read, stop = _links(one.subject, language, is_to_subscribers=is_to_subscribers)
        rendered = shared.render(
            KIND,
            language,
            partial(
                _context,
                announcement,
                language,
                read,
                stop,
                is_neutral=one.is_neutral,
                is_to_subscriber=is_to_subscribers,
            ),
            key=(announcement.id, announcement.version, one.is_neutral, is_to_subscribers),
            subjects=(one.subject,),
            sender_name=sender,
        )
        messages.append(
            {
                "kind": KIND,
                "priority": PRIORITY,
                "series_id": announcement.series_id,
                "workshop_session_id": None,
                "person_ref": one.subject,
                "answer_ref": "",
                "basis": {"announcement": announcement.key, "is_neutral": one.is_neutral},
                "dedupe_key": dedupe_key(announcement.key, one.subject),
                "recipient": one.address,
                "language": language,
                "sender_name": sender,
                "headers": {**_reply_to(series, is_neutral=one.is_neutral), **_one_click(stop)},
                "rendered": rendered,
            }
        )
    return len(enqueue_many(session, messages, now=now))


def send_test(
    session: Session,
    announcement: Announcement,
    *,
    now: datetime,
    recipient: str,
    person_ref: str,
    codes: Collection[str],
) -> None:
    """Queue an announcement to its writer, once per language, marked as a test; its links lead nowhere. Flushes.

    Where mail must not name the series, the writer gets what everybody gets.
    """
    series, is_neutral = announcement.series, is_strict(announcement.series)
    for language in codes:
        enqueue(
            session,
            now=now,
            kind=KIND,
            priority=CONFIRM_PRIORITY,
            series_id=announcement.series_id,
            workshop_session_id=None,
            person_ref=person_ref,
            answer_ref="",
            basis={"announcement": announcement.key, "is_neutral": is_neutral, "is_test": True},
            dedupe_key=f"{KIND}_test|{announcement.key}|{announcement.version}|{language}|{now.isoformat()}",
            recipient=recipient,
            language=language,
            sender_name=_sender_name(series, language, is_neutral=is_neutral),
            headers=_reply_to(series, is_neutral=is_neutral),
            context=_context(
                announcement, language, *_nowhere(language), is_neutral=is_neutral, is_to_subscriber=False, is_test=True
            ),
        )


def sample(announcement: Announcement, language: str, *, is_neutral: bool) -> Sample:
    """Return an announcement as a participant would get it, to be shown. Reads and writes nothing."""
    series = announcement.series
    sender = sender_of(_sender_name(series, language, is_neutral=is_neutral))
    context = _context(announcement, language, *_nowhere(language), is_neutral=is_neutral, is_to_subscriber=False)
    text = render(KIND, language, {**context, "sender_name": sender})
    return Sample(language, sender, _reply_to(series, is_neutral=is_neutral).get("Reply-To", ""), text)


def subscription_confirm(session: Session, *, now: datetime, subscriber: Subscriber, language: str) -> None:
    """Mail the link to the page that confirms, changes and ends a subscription. Flushes.

    Names no series and repeats nothing typed: anybody can type anybody's address.
    """
    expires_at = now + CONFIRM_WITHIN
    enqueue(
        session,
        now=now,
        kind=CONFIRM_KIND,
        priority=CONFIRM_PRIORITY,
        series_id=subscriber.series_id,
        workshop_session_id=None,
        person_ref=subscriber.subject,
        answer_ref="",
        basis={"is_neutral": True},
        dedupe_key=f"{CONFIRM_KIND}|{subscriber.subject}|{now.isoformat()}",
        recipient=subscriber.address,
        language=language,
        sender_name="",
        context={
            "confirm_url": _follow_url(mark(Purpose.MY, subscriber.subject), language),
            "expires_at": expires_at,
            "tzid": current_app.config["TIMEZONE"],
        },
        expires_at=expires_at,
    )


def _context(
    announcement: Announcement,
    language: str,
    read_url: str,
    stop_url: str,
    *,
    is_neutral: bool,
    is_to_subscriber: bool,
    is_test: bool = False,
) -> dict[str, Any]:
    """Return what the templates of an announcement need; nothing that organisers typed where it must be neutral."""
    order = languages_of(announcement.series)
    text, subject = announcement.body.pick(language, order), announcement.subject.pick(language, order)
    return {
        "is_neutral": is_neutral,
        "is_to_subscriber": is_to_subscriber,
        "is_test": is_test,
        "read_url": read_url,
        "stop_url": stop_url,
        "own_subject": "" if is_neutral else unmarked(typeset(subject.value, subject.language)),
        "paragraphs": [] if is_neutral else paragraphs(typeset(text.value, text.language)),
        "text_language": None if is_neutral or text.language == language else text.language,
        "series_title": None if is_neutral else announcement.series.title,
    }


def _links(subject: str, language: str, *, is_to_subscribers: bool) -> tuple[str, str]:
    """Return where an announcement is read, and where announcements are stopped."""
    token = mark(Purpose.MY, subject)
    read = _follow_url(token, language) if is_to_subscribers else _messages_url(token, language)
    return read, _stop_url(mark(Purpose.UNSUBSCRIBE, subject), language)


def _nowhere(language: str) -> tuple[str, str]:
    return _messages_url(NOWHERE, language), _stop_url(NOWHERE, language)


def _messages_url(token: str, language: str) -> str:
    return external_url("my.messages", lang=language, token=token)


def _follow_url(token: str, language: str) -> str:
    return external_url("announcements.following", lang=language, token=token)


def _stop_url(token: str, language: str) -> str:
    return external_url("announcements.unsubscribe", lang=language, token=token)


def _one_click(stop_url: str) -> dict[str, str]:
    # RFC 8058: one POST to the same address, without cookies, and no more are sent.
    return {"List-Unsubscribe": f"<{stop_url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _sender_name(series: Series, language: str, *, is_neutral: bool) -> str:
    return "" if is_neutral else series.sender_name.pick(language, languages()).value


def _reply_to(series: Series, *, is_neutral: bool) -> dict[str, str]:
    return {"Reply-To": series.contact} if series.contact and not is_neutral else {}
