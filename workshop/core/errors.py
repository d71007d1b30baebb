"""A small tree of errors with stable codes; the sentence for a person is made in `web`, in the reader's language."""

from __future__ import annotations

from typing import ClassVar


class WorkshopError(Exception):
    """Something a person may be told about. `code` is stable; `status` is the HTTP status of the page."""

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400

    def __init__(self, detail: str = "", **context: object) -> None:
        """Keep `detail` for the log and `context` for the sentence."""
        super().__init__(detail or self.code)
        self.context = context


class NotFoundError(WorkshopError):
    """Unknown, revoked, foreign or hidden: one and the same answer."""

    code = "not_found"
    status = 404


class ConflictError(WorkshopError):
    """The state of things does not allow it: full, closed, cancelled, begun."""

    code = "conflict"
    status = 409


class InvalidError(WorkshopError):
    """A value that cannot be stored; `field` in the context names it."""

    code = "invalid"
    status = 422


class TooManyRequestsError(WorkshopError):
    """A limit was reached; `retry_after` in the context is in seconds."""

    code = "too_many_requests"
    status = 429


class ConfigurationError(Exception):
    """Settings that the product refuses to start on; names all faults at once."""

    def __init__(self, faults: list[str]) -> None:
        """Keep every fault, one line each."""
        super().__init__("\n".join(faults))
        self.faults = faults
