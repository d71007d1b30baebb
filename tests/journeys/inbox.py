"""The mail that left, as whoever has no relay reads it."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path


class Inbox:
    """The mail that left, read from the files as whoever has no relay does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.read: set[str] = set()

    def new(self) -> list[EmailMessage]:
        """Return the messages since the last look, oldest first."""
        found = []
        for path in sorted(self.folder.glob("*.eml")):
            if path.name not in self.read:
                self.read.add(path.name)
                message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
                assert isinstance(message, EmailMessage)
                found.append(message)
        return found

    def one(self) -> EmailMessage:
        """Return the only new message."""
        (message,) = self.new()
        return message


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part
    return re.sub(r"[\u00a0\u202f]", " ", str(part.get_content()))


def link_in(message: EmailMessage, word: str) -> str:
    link: str
    (link,) = set(re.findall(rf"http://[^\s<>]*/{word}/[^\s<>]+", text_of(message)))
    return link
