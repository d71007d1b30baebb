"""A message of the outbox to what leaves: links in place of marks, the recipient where they are invited."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from sqlalchemy.orm import Session

from workshop.core import links
from workshop.mail import bounces
from workshop.mail.models import OutboxMessage
from workshop.mail.octets import Draft, ascii_domain
from workshop.mail.queries import First, find_firsts, may_be_in_calendar
from workshop.mail.service import RECIPIENT


def make_draft(session: Session, message: OutboxMessage) -> Draft:
    """Return a message with a token in place of each mark; the row keeps its marks. Flushes."""
    (draft,) = make_drafts(session, [message])
    return draft


def make_drafts(session: Session, messages: Sequence[OutboxMessage]) -> list[Draft]:
    """Return what `make_draft` does for each; the links of all of them are issued together. Flushes."""
    # The same link stands in both bodies, and often in a header and a file too.
    files = [
        [{**one, "content": _address(_unfold(one), message.recipient)} for one in _files(session, message)]
        for message in messages
    ]
    texts = [
        text
        for message, attached in zip(messages, files, strict=True)
        for text in (
            message.body_text,
            message.body_html,
            *map(str, message.headers.values()),
            *(one["content"] for one in attached),
        )
    ]
    fill = links.filler(session, texts)
    firsts = find_firsts(session, [message.answer_ref for message in messages])
    return [
        Draft(
            number=message.id,
            recipient=message.recipient,
            sender_name=message.sender_name,
            subject=message.subject,
            text=fill(message.body_text),
            html=fill(message.body_html),
            language=message.language,
            message_id=message.message_id,
            date=message.created_at,
            headers={
                **{name: fill(str(value)) for name, value in message.headers.items()},
                **_thread(message, firsts.get(message.answer_ref)),
            },
            attachments=[{**one, "content": _refold(one, fill(one["content"]))} for one in attached],
            envelope_from=bounces.envelope_from(message.id, message.recipient),
        )
        for message, attached in zip(messages, files, strict=True)
    ]


def _thread(message: OutboxMessage, first: First | None) -> dict[str, str]:
    """Return the header that puts a message beside the first one about the same answer.

    Not where that one named what this one keeps back: a mailbox would show the two as one conversation.
    """
    if first is None or first.number >= message.id:
        return {}
    is_neutral = message.basis.get("is_neutral") is not False
    return {} if is_neutral and not first.is_neutral else {"References": first.message_id}


def _files(session: Session, message: OutboxMessage) -> Sequence[dict[str, str]]:
    """Return what goes along: never a cancellation of what no request has put into a calendar (RFC 5546, 3.2.5)."""
    is_cancel = message.itip_method == "CANCEL"
    if is_cancel and not may_be_in_calendar(session, answer_ref=message.answer_ref, counts_claimed=False):
        return ()
    return message.attachments


def _address(content: str, recipient: str) -> str:
    """Put the recipient where they are invited, as To has it; what is not ASCII percent-encoded (RFC 6068, 2)."""
    if RECIPIENT not in content:
        return content
    return content.replace(RECIPIENT, quote(ascii_domain(recipient), safe="%/?#[]@!$&'()*+=-._~`{|}^"))


def _unfold(attachment: dict[str, str]) -> str:
    content = attachment["content"]
    return re.sub(r"\r\n[ \t]", "", content) if attachment["content_type"].startswith("text/calendar") else content


def _refold(attachment: dict[str, str], content: str) -> str:
    is_calendar = attachment["content_type"].startswith("text/calendar")
    return "\r\n".join(map(_fold, content.split("\r\n"))) if is_calendar else content


def _fold(line: str) -> str:
    """Fold at 75 octets, between code points (RFC 5545, 3.1): a mark may have been folded, a token is shorter."""
    pieces, size = [""], 0
    for character in line:
        width = len(character.encode())
        if size + width > 75:  # noqa: PLR2004 (octets, as above)
            pieces.append(" ")
            size = 1
        pieces[-1] += character
        size += width
    return "\r\n".join(pieces)
