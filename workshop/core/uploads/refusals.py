"""Why a file is refused; apart from the rest because the process that looks into files knows nothing else of ours."""

from __future__ import annotations

from typing import ClassVar

from workshop.core.faults import Fault, InvalidValuesError

EMPTY = "upload_empty"
TOO_LARGE = "upload_too_large"
UNKNOWN = "upload_unknown"
"""Neither PDF nor PNG nor JPEG by its content, whatever its name says."""
DAMAGED = "upload_damaged"
ENCRYPTED = "upload_encrypted"
TOO_MANY_PIXELS = "upload_too_many_pixels"
TOO_COMPLEX = "upload_too_complex"
"""Takes too much memory or time to look into."""
HIDDEN_LAYERS = "upload_hidden_layers"
"""Would show, once cleaned, what its author had hidden."""
NO_PICTURE = "upload_no_picture"
"""A document where a picture is meant."""
REASONS = frozenset(
    {EMPTY, TOO_LARGE, UNKNOWN, DAMAGED, ENCRYPTED, TOO_MANY_PIXELS, TOO_COMPLEX, HIDDEN_LAYERS, NO_PICTURE}
)


class UploadError(InvalidValuesError):
    """A file that is not taken; its one fault stands at the field `file`."""

    code: ClassVar[str] = "upload_refused"

    def __init__(self, reason: str) -> None:
        """Keep the reason, one of REASONS."""
        super().__init__([Fault("file", reason)])
        self.reason = reason
