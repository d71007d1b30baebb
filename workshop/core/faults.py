"""Faults of values that somebody entered, several at once, the same for a form and for a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from workshop.core.errors import InvalidError


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """One reason why values cannot be stored."""

    field: str
    """Path of the value within what was entered, parts joined by points: `title.fr`, `partners.0.url`."""
    code: str
    """Stable; the sentence for a person is made from it in their language."""
    context: dict[str, Any] = dataclasses.field(default_factory=dict)
    """What the sentence needs beside the code."""


class InvalidValuesError(InvalidError):
    """Values that cannot be stored; `faults` names every reason."""

    code = "invalid_values"

    def __init__(self, faults: Iterable[Fault]) -> None:
        """Keep the faults in their order."""
        self.faults = list(faults)
        super().__init__("; ".join(f"{fault.field}: {fault.code}" for fault in self.faults))
