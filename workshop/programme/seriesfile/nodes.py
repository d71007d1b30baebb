"""YAML as nodes that know their lines (named for what it reads): every scalar text, no aliases, no tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from workshop.core.errors import InvalidError
from workshop.core.faults import Fault

MAXIMUM_BYTES = 1024 * 1024
MAXIMUM_DEPTH = 16

_PLAIN_TAGS = frozenset({f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map")})
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class FileFault(Fault):
    """A fault with the place where its value stands."""

    line: int = 0
    """Counted from 1; 0 where it is the file as a whole."""
    value: str = ""
    """The value as written, shortened; empty where there is none."""


class SeriesFileError(InvalidError):
    """A file that cannot be imported; `faults` names every reason in the order of lines."""

    code = "bad_series_file"

    def __init__(self, faults: list[FileFault]) -> None:
        """Keep the faults by line."""
        self.faults = sorted(faults, key=lambda fault: fault.line)
        super().__init__("; ".join(f"{fault.line}: {fault.field}: {fault.code}" for fault in self.faults))


class _Loader(Reader, Scanner, Parser, Composer, BaseResolver):
    """Composes nodes; BaseResolver takes no scalar for anything but text."""

    def __init__(self, text: str) -> None:
        Reader.__init__(self, text)
        Scanner.__init__(self)
        Parser.__init__(self)
        Composer.__init__(self)
        BaseResolver.__init__(self)
        self.depth = 0
        self.faults: list[FileFault] = []

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose one node, noting aliases, anchors and tags, which no series file needs."""
        parser: Any = self
        event = parser.peek_event()
        mark: Any = event.start_mark
        line = mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            parser.get_event()
            self.faults.append(FileFault("", "alias", {}, line, f"*{event.anchor}"))
            return yaml.ScalarNode("tag:yaml.org,2002:str", "", mark, mark)
        if event.anchor is not None:
            self.faults.append(FileFault("", "alias", {}, line, f"&{event.anchor}"))
            event.anchor = None
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            raise SeriesFileError([FileFault("", "too_deep", {"limit": MAXIMUM_DEPTH}, line, "")])
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        if node is not None and node.tag not in _PLAIN_TAGS:
            self.faults.append(FileFault("", "tag", {}, line, shorten(node.tag)))
        return node


def compose(content: bytes) -> tuple[yaml.Node, list[FileFault]]:
    """Return the file's root node and what no series file may hold: aliases, anchors, tags.

    Raises:
        SeriesFileError: too big, not UTF-8, not YAML, too deep, empty.
    """
    if len(content) > MAXIMUM_BYTES:
        raise SeriesFileError([FileFault("", "too_big", {"limit": MAXIMUM_BYTES // 1024}, 0, "")])
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        raise SeriesFileError([FileFault("", "not_utf8", {}, line, "")]) from fault
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        line = mark.line + 1 if mark else 0
        raise SeriesFileError([FileFault("", "not_yaml", {"problem": fault.problem}, line, "")]) from fault
    except yaml.reader.ReaderError as fault:
        line = text[: fault.position].count("\n") + 1
        raise SeriesFileError([FileFault("", "not_yaml", {"problem": fault.reason}, line, "")]) from fault
    if node is None:
        raise SeriesFileError([FileFault("", "empty", {}, 0, "")])
    return node, loader.faults


def shorten(text: str) -> str:
    """Return text on one line, cut to what a message can show."""
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
