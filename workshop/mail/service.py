"""Tell this person that: put a message into the outbox, take it back, try it again, forget it."""

from __future__ import annotations

import contextlib
import functools
import re
import secrets
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert
from werkzeug.http import parse_options_header

from workshop.core.errors import ConflictError, InvalidError, NotFoundError
from workshop.core.waking import ring
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.mail.pace import domain_of
from workshop.mail.render import Rendered, clean_line, render
from workshop.mail.suppression import SUPPRESSED, lift
from workshop.mail.texts import own_text

KEEP_BODIES = timedelta(days=7)
RECIPIENT = "[[recipient]]"
"""Stands in an invitation for the message's own recipient: whoever corrects that address need not look for it there."""
_keeps_files: ContextVar[bool] = ContextVar("keeps_files", default=False)
_AS_GIVEN = (
    "dedupe_key", "kind", "priority", "series_id", "workshop_session_id", "person_ref", "answer_ref", "basis",
    "language", "recipient",
)  # fmt: skip
_FILE = re.compile(r"(?P<at>\S+)-(?P<whole>\d+)\.eml|\.(?P<half>\d+)-\d+\.part")
"""Names that `transport.Folder` gives, whole and half-written."""
ALLOWED_HEADERS = frozenset({"in-reply-to", "list-unsubscribe", "list-unsubscribe-post", "references", "reply-to"})
"""Everything else in a header is transport's own; Bcc or a second To can never come in this way."""
# Written once: putting a statement together takes longer than the database's answer.
_KNOWN = sa.select(OutboxMessage.id).where(OutboxMessage.dedupe_key == sa.bindparam("dedupe_key"))
# An expression, not the column: SQLite would walk through all that is queued, of which there may be thousands, instead
# of asking another index for the few messages to one person.
IS_QUEUED = sa.func.coalesce(sa.type_coerce(OutboxMessage.state, sa.Text), "") == OutboxState.QUEUED.value
_SUPERSEDE = (
    sa.update(OutboxMessage)
    .where(OutboxMessage.kind.in_(sa.bindparam("kinds", expanding=True)), IS_QUEUED)
    .values(state=OutboxState.SUPERSEDED, reason=sa.bindparam("why"), finished_at=sa.bindparam("now"))
)
_SUPERSEDE_OF_ANSWER = _SUPERSEDE.where(OutboxMessage.answer_ref == sa.bindparam("ref"))
_SUPERSEDE_OF_PERSON = _SUPERSEDE.where(OutboxMessage.person_ref == sa.bindparam("ref"))


class BadMessageError(InvalidError):
    """A recipient or a header that no message may have: CR, LF, two addresses, an unknown header."""

    code = "bad_message"


class NotRetriableError(ConflictError):
    """A message that left, is still waiting, or whose body is no longer there."""

    code = "mail_not_retriable"


def enqueue(  # noqa: PLR0913 (a message has that many facts, all of them named at the call)
    session: Session,
    *,
    now: datetime,
    kind: str,
    priority: int,
    series_id: int | None,
    workshop_session_id: int | None,
    person_ref: str,
    answer_ref: str,
    basis: dict[str, Any],
    dedupe_key: str,
    recipient: str,
    language: str,
    sender_name: str,
    context: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    attachments: Sequence[Mapping[str, str]] = (),
    expires_at: datetime | None = None,
    rendered: Rendered | None = None,
) -> int | None:
    """Render a message and queue it in the caller's transaction; returns its id. Flushes.

    None when `dedupe_key` was there already.

    Args:
        session: the business transaction.
        now: aware; the message is due at once.
        kind: the event and the folder of its templates, `mail/<kind>/`.
        priority: cancellation 10, move 20, confirmation 30, reminder 40, announcement 50.
        series_id: of the series it belongs to.
        workshop_session_id: of the session it is about.
        person_ref: random id of whom it is for.
        answer_ref: random id of the answer it is about, or empty.
        basis: plain JSON, what the last look compares.
        dedupe_key: kind, answer's random id and basis.
        recipient: exactly one address.
        language: the participant's.
        sender_name: the series', or empty for the instance's name (neutral messages).
        context: for the templates; secret links as marks (core.links.mark). Not looked at beside `rendered`.
        headers: of ALLOWED_HEADERS, marks allowed.
        attachments: objects with `filename`, `content_type`, `content` (text, marks allowed). A calendar whose type
            names a `method` is an invitation (RFC 6047); RECIPIENT stands in it for the address that it goes to.
        expires_at: not sent from then on.
        rendered: what it says, where the caller rendered it before the transaction; else the series' own wording
            (mail.texts) is used, unless the message is neutral: only a basis whose `is_neutral` is False lets it in.

    Raises:
        BadMessageError: a recipient or header that no message may have.
    """
    check_recipient(recipient)
    _check_headers(headers or {})
    sender = sender_of(sender_name)
    if rendered is None:
        if session.scalar(_KNOWN, {"dedupe_key": dedupe_key}) is not None:
            return None
        # Where a message is neutral, no word of the organisers goes into it; where nobody says so, it may be.
        is_neutral = basis.get("is_neutral") is not False
        own = None if is_neutral else own_text(session, series_id=series_id, kind=kind, language=language)
        rendered = render(kind, language, {**context, "sender_name": sender}, own=own)
    values = _row(
        now,
        {
            "dedupe_key": dedupe_key,
            "kind": kind,
            "priority": priority,
            "series_id": series_id,
            "workshop_session_id": workshop_session_id,
            "person_ref": person_ref,
            "answer_ref": answer_ref,
            "basis": basis,
            "recipient": recipient,
            "language": language,
            "headers": headers,
            "attachments": attachments,
            "expires_at": expires_at,
        },
        rendered=rendered,
        sender=sender,
    )
    connection = session.connection()
    ring(session)
    found: int | None = connection.execute(_new_message(connection.dialect.name), values).scalar()
    return found


def enqueue_many(session: Session, messages: Iterable[Mapping[str, Any]], *, now: datetime) -> dict[str, int]:
    """Queue messages that are rendered already; returns dedupe key → id of those that were not there. Flushes.

    Args:
        session: the business transaction.
        messages: arguments of `enqueue`, with `rendered`; a few hundred at a time, as all of them become one statement.
        now: aware; the messages are due at once.

    Raises:
        BadMessageError: a recipient or header that no message may have.
    """
    rows = []
    for message in messages:
        check_recipient(message["recipient"])
        _check_headers(message.get("headers") or {})
        rows.append(_row(now, message, rendered=message["rendered"], sender=sender_of(message["sender_name"])))
    if not rows:
        return {}
    connection = session.connection()
    ring(session)
    found = connection.execute(_new_messages(connection.dialect.name), rows)
    return {row.dedupe_key: row.id for row in found}


def _row(now: datetime, message: Mapping[str, Any], *, rendered: Rendered, sender: str) -> dict[str, Any]:
    attachments = message.get("attachments") or ()
    return {
        **{name: message[name] for name in _AS_GIVEN},
        "domain": domain_of(message["recipient"]),
        "sender_name": sender[:200],
        "subject": rendered.subject,
        "body_text": rendered.text,
        "body_html": rendered.html,
        "headers": dict(message.get("headers") or {}),
        "attachments": tuple(dict(attachment) for attachment in attachments),
        "itip_method": itip_method_of(attachments),
        "message_id": new_message_id(),
        "state": OutboxState.QUEUED,
        "created_at": now,
        "next_attempt_at": now,
        "expires_at": message.get("expires_at"),
    }


def itip_method_of(attachments: Sequence[Mapping[str, str]]) -> str:
    """Return METHOD of the calendar part among these files (RFC 6047, 2.4), empty without one."""
    found = (parse_options_header(attachment["content_type"]) for attachment in attachments)
    return next((options.get("method", "") for name, options in found if name == "text/calendar"), "")


def sender_of(name: str) -> str:
    """Return the name that a message comes from: the series', or the instance's where that is empty."""
    return clean_line(name) or str(current_app.config["NAME"])


@functools.cache
def _new_message(dialect: str) -> ReturningInsert[int]:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    # Into the table: through the class it takes several times as long, and nobody needs the object.
    statement = insert(cast("sa.Table", OutboxMessage.__table__)).on_conflict_do_nothing(index_elements=["dedupe_key"])
    return statement.returning(OutboxMessage.id)


@functools.cache
def _new_messages(dialect: str) -> sa.Executable:
    return _new_message(dialect).returning(OutboxMessage.dedupe_key)


def new_message_id() -> str:
    """Return a Message-ID (RFC 5322, 3.6.4) on the configured domain; it tells nothing."""
    domain = str(current_app.config["DOMAIN"])
    if not domain.isascii():
        domain = domain.encode("idna").decode("ascii")
    return f"<{secrets.token_hex(16)}@{domain}>"


def check_recipient(address: str) -> None:
    """Raise BadMessageError unless it can only be one address."""
    if not re.fullmatch(r"[^@\s<>\"(),:;\[\]\\\x00-\x1f\x7f]+@[^@\s<>\"(),:;\\\x00-\x1f\x7f]+", address):
        raise BadMessageError("recipient")


def _check_headers(headers: Mapping[str, str]) -> None:
    # Several patch levels of Python 3.11 let a line break in a header through (security-and-privacy item 5).
    for name, value in headers.items():
        if name.lower() not in ALLOWED_HEADERS or re.search(r"[\x00-\x1f\x7f\x85\u2028\u2029]", name + value):
            raise BadMessageError("header")


def drop_attachments(session: Session, *, person_ref: str) -> None:
    """Take the files out of messages to a person that have not left. Flushes."""
    session.flush()
    waiting = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.person_ref == person_ref, IS_QUEUED))
    for message in waiting:
        drop_files(message)
    session.flush()


def drop_files(message: OutboxMessage) -> None:
    """Take the files out of a message that is not leaving yet."""
    message.attachments = ()
    if message.uncertain_at is None:
        # What may have left once may stand in a calendar all the same.
        message.itip_method = ""


def supersede(
    session: Session,
    *,
    now: datetime,
    kinds: Collection[str],
    reason: str,
    answer_ref: str = "",
    person_ref: str = "",
) -> int:
    """Take back what still waits for an answer, or a person, as something newer says it better; returns how many."""
    statement = _SUPERSEDE_OF_ANSWER if answer_ref else _SUPERSEDE_OF_PERSON
    values = {"ref": answer_ref or person_ref, "kinds": list(kinds), "why": reason, "now": now}
    return session.connection().execute(statement, values).rowcount


def redirect_queued(session: Session, *, person_ref: str, recipient: str) -> int:
    """Send what still waits for a person to the address that they have now; returns how many messages. Flushes.

    Raises:
        BadMessageError: `recipient` is not one address.
    """
    check_recipient(recipient)
    result = session.execute(
        sa.update(OutboxMessage)
        .where(OutboxMessage.person_ref == person_ref, IS_QUEUED)
        .values(recipient=recipient, domain=domain_of(recipient))
    )
    return int(getattr(result, "rowcount", 0))


def retry(session: Session, *, message: int, now: datetime, recipient: str | None = None) -> OutboxMessage:
    """Queue a message again that did not leave, with its Message-ID, to its recipient or a corrected one. Flushes.

    Raises:
        NotFoundError: no such message.
        NotRetriableError: it is not failed, uncertain or expired, nor was it kept back as its address had refused
            another; or its body is erased.
        BadMessageError: `recipient` is not one address.
    """
    found = session.scalar(sa.select(OutboxMessage).where(OutboxMessage.id == message).with_for_update())
    if found is None:
        raise NotFoundError("mail")
    again = {OutboxState.FAILED, OutboxState.UNCERTAIN, OutboxState.EXPIRED}
    was_stopped = found.state is OutboxState.DISCARDED and found.reason == SUPPRESSED
    if not (found.state in again or was_stopped) or found.body_erased_at or not found.recipient:
        raise NotRetriableError(found.state.value, state=found.state.value)
    if recipient is not None:
        check_recipient(recipient)
        found.recipient, found.domain = recipient, domain_of(recipient)
    lift(session, address=found.recipient)  # whoever insists knows that it is there
    found.state, found.reason, found.attempts = OutboxState.QUEUED, "", 0
    found.next_attempt_at, found.finished_at, found.payload_begun_at, found.claimed_by = now, None, None, ""
    if found.expires_at and found.expires_at <= now:
        found.expires_at = None  # asked for by a person who knows
    session.flush()
    return found


def erase_bodies(session: Session, now: datetime) -> int:
    """Erase what was said, seven days after it was finished, files included; returns how many messages. Flushes."""
    found = session.scalars(
        sa.select(OutboxMessage)
        .where(OutboxMessage.finished_at <= now - KEEP_BODIES, OutboxMessage.body_erased_at.is_(None))
        .order_by(OutboxMessage.id)
        .limit(500)
    ).all()
    for message in found:
        message.body_text = message.body_html = ""
        message.attachments, message.headers = (), {}
        message.body_erased_at = now
    session.flush()
    strays = _list_stray_files(session, now)
    remove_files([*_list_erased_files(session), *strays])
    return len(found) + len(strays)


def _list_erased_files(session: Session) -> list[int]:
    """Return the numbers of files whose message is erased, those too that a worker wrote or left only afterwards."""
    numbers = sorted({number for number, _written in _files()})
    erased: list[int] = []
    for first in range(0, len(numbers), 500):
        erased += session.scalars(
            sa.select(OutboxMessage.id).where(
                OutboxMessage.id.in_(numbers[first : first + 500]), OutboxMessage.body_erased_at.is_not(None)
            )
        )
    return erased


def _list_stray_files(session: Session, now: datetime) -> list[int]:
    """Return the numbers of files older than bodies are kept and of no message: test messages, another database's."""
    old = {number for number, written in _files() if written is not None and written <= now - KEEP_BODIES}
    known = session.scalars(sa.select(OutboxMessage.id).where(OutboxMessage.id.in_(old))).all() if old else ()
    return sorted(old - set(known))


def _files() -> list[tuple[int, datetime | None]]:
    """Return (message's number, when it was written) of every file in the folder; a half-written one has no instant."""
    names = [path.name for path in mail_folder().iterdir()] if mail_folder().is_dir() else []
    found = [match for name in names if (match := _FILE.fullmatch(name))]
    return [(int(one["whole"] or one["half"]), _written_at(one["at"])) for one in found]


def _written_at(stamp: str | None) -> datetime | None:
    try:
        return datetime.strptime(stamp or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def mail_folder() -> Path:
    """Return the folder that messages become files in where no MAIL_SERVER is set."""
    return Path(current_app.instance_path) / "mail"


@contextlib.contextmanager
def keeping_files() -> Iterator[None]:
    """Within this block no file is removed: what is done is only tried out and rolled back."""
    token = _keeps_files.set(True)
    try:
        yield
    finally:
        _keeps_files.reset(token)


def remove_files(messages: Iterable[int]) -> None:
    """Remove the .eml files of these messages' numbers."""
    folder = mail_folder()
    if not folder.is_dir() or _keeps_files.get():
        return
    for number in messages:
        for path in (*folder.glob(f"*-{int(number)}.eml"), *folder.glob(f".{int(number)}-*.part")):
            path.unlink(missing_ok=True)
