"""Logs that hold no address, token or query, and that nobody can forge. A file of its own: it is for every process."""

from __future__ import annotations

import contextlib
import json
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

_RULES: Final = (
    # A token in the path of a page, a calendar or a file.
    (
        re.compile(
            r"(/(?:my|join|follow|unsubscribe|invitation|speaker|feedback|welcome|reset|new-address)/)[^/\s\"'?#<>]+"
        ),
        r"\1…",
    ),
    (re.compile(r"(/calendar/)[^/\s\"'?#<>]+?(\.ics)"), r"\1…\2"),
    (re.compile(r"(?<=[/\w.…-])\?[\w%&=+.,;:~*!$()@/?-]*=[^\s\"'<>]*"), "?…"),
    # The web server says whose request it refused.
    (re.compile(r"(\bip=)[0-9A-Fa-f.:]*[0-9A-Fa-f]"), r"\1…"),
    (re.compile(r"[^\s\"'<>()\[\],;:=]+@[^\s\"'<>()\[\],;:=@]+"), "…@…"),
    # Anything that looks random and is as long as a token.
    (re.compile(r"(?<![\w-])(?=[\w-]*[0-9])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[A-Za-z0-9_-]{22,}(?![\w-])"), "…"),
)
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def mask(text: str) -> str:
    """Return one line without addresses, tokens and queries; control characters are written out."""
    text = _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


class MaskingFormatter(logging.Formatter):
    """Formats a record with everything masked; each line of a trace is marked, so that none can pose as a record."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (the name is logging's)
        """Mask the line."""
        return mask(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 (the name is logging's)
        """Mask a trace, line by line."""
        return self._block(super().formatException(ei))  # type: ignore[arg-type] # passed on as it came

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 (the name is logging's)
        """Mask a stack, line by line."""
        return self._block(super().formatStack(stack_info))

    def format(self, record: logging.LogRecord) -> str:
        """Format the record anew: a text that another formatter kept in it is not masked."""
        kept, record.exc_text = record.exc_text, None
        try:
            return super().format(record)
        finally:
            record.exc_text = kept

    def _block(self, text: str) -> str:
        return "\n".join(f"    | {mask(line)}" for line in text.split("\n"))


class JSONFormatter(MaskingFormatter):
    """Writes a record as one JSON object on one line: time, level, event, then its facts (`extra={"facts": …}`)."""

    def format(self, record: logging.LogRecord) -> str:
        """Format the record, everything masked."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": mask(str(getattr(record, "event", "") or record.getMessage())),
        }
        for name, value in getattr(record, "facts", {}).items():
            line[name] = value if isinstance(value, int | float) else mask(str(value))
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


@contextlib.contextmanager
def as_json() -> Iterator[None]:
    """Within this block write what `workshop` logs as JSON lines."""
    handlers = [one for one in logging.getLogger("workshop").handlers if isinstance(one.formatter, MaskingFormatter)]
    before = [one.formatter for one in handlers]
    for handler in handlers:
        handler.setFormatter(JSONFormatter())
    try:
        yield
    finally:
        for handler, formatter in zip(handlers, before, strict=True):
            handler.setFormatter(formatter)


def configure() -> None:
    """Send what `workshop` and its features log to standard error, masked. Does so once."""
    logger = logging.getLogger("workshop")
    if not any(isinstance(handler.formatter, MaskingFormatter) for handler in logger.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(MaskingFormatter())
        logger.addHandler(handler)
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.INFO)
