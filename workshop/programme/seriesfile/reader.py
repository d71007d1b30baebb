"""Reading nodes of any shape (named for what it does): values with their places, and what is wrong with their form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from workshop.core.faults import Fault
from workshop.programme.seriesfile.nodes import FileFault, shorten

NAMES = {
    "affiliations": "affiliation",
    "ends_wall": "ends",
    "has_waiting_list": "waiting_list",
    "is_published": "published",
    "is_required": "required",
    "level": "chatham_house_rule",
    "needs_approval": "approval",
    "rsvp_closes_wall": "rsvp_closes",
    "rsvp_opens_wall": "rsvp_opens",
    "source": "from",
    "starts_wall": "starts",
    "target": "into",
    "tzid": "timezone",
}
"""What the file calls an attribute that it does not call by its own name."""
BAD = object()
"""Stands for a value that could not be read; its fault is noted."""

Given: TypeAlias = "dict[str, Any]"
"""Attribute → value, for what the file says; what it lacks is absent."""


@dataclass(slots=True)
class Said:
    """One object of the file."""

    path: str
    given: Given
    bad: set[str] = field(default_factory=set)
    """Attributes whose values could not be read or are missing."""


class NodeReader:
    """Reads nodes, notes where each value stands and what is wrong with its form."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.faults: list[FileFault] = []
        self.places: dict[str, yaml.Node] = {}

    def add(self, path: str, code: str, **context: Any) -> object:
        """Note a fault at a path; returns BAD."""
        self.faults.append(self.fault_at(path, Fault("", code, context)))
        return BAD

    def fault_at(self, path: str, fault: Fault) -> FileFault:
        """Return a fault with the line and value at a path, or at the nearest thing around it."""
        known = path
        while known and known not in self.places:
            known = known.rpartition(".")[0]
        node = self.places.get(known)
        line = 0 if node is None else node.start_mark.line + 1
        value = shorten(node.value) if isinstance(node, yaml.ScalarNode) else ""
        if isinstance(node, yaml.ScalarNode) and node.style == "|":
            # Such a text begins on the line after; a fault within it says which of its lines is meant.
            line += int(fault.context.get("line", 0))
        return FileFault(show_path(path), fault.code, fault.context, line, value)

    def object(self, node: yaml.Node, path: str, table: Mapping[str, Any], required: tuple[str, ...] = ()) -> Said:
        """Return an object's values as `table` (key → attribute and reader) reads them."""
        said = Said(path, {})
        entries = self.entries(node, path)
        for key, value in entries.items():
            if key not in table:
                self.add(join(path, key), "unknown_key", keys=list(table))
                continue
            attribute, read = table[key]
            found = read(self, value, join(path, key))
            if found is BAD:
                said.bad.add(attribute)
            else:
                said.given[attribute] = found
        for key in required:
            if key not in entries:
                self.add(join(path, key), "required")
                said.bad.add(table[key][0])
        return said

    def entries(self, node: yaml.Node, path: str) -> dict[str, yaml.Node]:
        """Return a mapping's entries; duplicate keys are faults at the second one's line."""
        self.places.setdefault(path, node)
        if not isinstance(node, yaml.MappingNode):
            self.add(path, "not_mapping")
            return {}
        found: dict[str, yaml.Node] = {}
        for key_node, value in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.places[join(path, "?")] = key_node
                self.add(join(path, "?"), "key_not_text")
                continue
            key = str(key_node.value)
            if key in found:
                line = key_node.start_mark.line + 1
                self.faults.append(FileFault(show_path(join(path, key)), "duplicate_key", {}, line, shorten(key)))
                continue
            found[key] = value
            self.places[join(path, key)] = value
        return found

    def sequence(self, node: yaml.Node, path: str) -> list[tuple[str, yaml.Node]]:
        """Return a list's entries with their paths."""
        self.places.setdefault(path, node)
        if isinstance(node, yaml.ScalarNode) and not node.value:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.add(path, "not_list")
            return []
        found = [(f"{path}.{index}", value) for index, value in enumerate(node.value)]
        self.places.update(found)
        return found


def join(path: str, key: str) -> str:
    """Return the path of a key below a path."""
    # A key may hold a point, which would read as two keys.
    key = key.replace(".", "·")
    return f"{path}.{key}" if path else key


def show_path(path: str) -> str:
    """Return a path as people write it: `sessions[0].title.fr`."""
    return re.sub(r"\.(\d+)(?=\.|$)", r"[\1]", path)
