"""What an import did or would do (named for what it tells): plain values; sentences are made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that an import did, or left alone."""

    code: str
    """`created`, `updated`, `unchanged`, `left` (the file lacks it), `left_fields` (the file lacks some fields) or
    `asked` (a looser level, which waits until everybody concerned has agreed)."""
    kind: str
    """`series`, `session`, `person`, `section`, `item` or `question`."""
    name: str
    """Slug, key, title or text."""
    fields: tuple[str, ...] = ()
    """The file's names of what changed or was left alone."""


@dataclass(slots=True)
class Report:
    """Everything that an import did, in the file's order."""

    slug: str
    series_id: int = 0
    entries: list[Entry] = field(default_factory=list)

    @property
    def is_changed(self) -> bool:
        """Whether anything was stored."""
        return any(entry.code in {"created", "updated", "asked"} for entry in self.entries)
