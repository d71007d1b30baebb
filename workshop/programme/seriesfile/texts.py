"""A series' own texts of mail in its file (named for what it holds): kind → language → subject and body."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import yaml
from sqlalchemy.orm import Session

from workshop.core.faults import Fault
from workshop.mail.texts import KINDS, OwnText, check, clean_own, save_own
from workshop.programme.seriesfile.reader import NodeReader, join

Texts: TypeAlias = "Mapping[tuple[str, str], OwnText]"
"""Kind and language → text."""


def read_texts(reader: NodeReader, node: yaml.Node, path: str) -> Any:
    """Return what a file says; its form only."""
    found: dict[tuple[str, str], OwnText] = {}
    for kind, languages in reader.entries(node, path).items():
        if kind not in KINDS:
            reader.add(join(path, kind), "unknown_key", keys=list(KINDS))
            continue
        of_kind = join(path, kind)
        for language, text in reader.entries(languages, of_kind).items():
            table = {"subject": ("subject", _read_text), "body": ("body", _read_text)}
            said = reader.object(text, join(of_kind, language), table, ("subject", "body"))
            if not said.bad and len(said.given) == len(table):
                found[kind, language] = clean_own(**said.given)
    return found


def _read_text(reader: NodeReader, node: yaml.Node, path: str) -> Any:
    if not isinstance(node, yaml.ScalarNode):
        return reader.add(path, "not_text")
    return str(node.value) or reader.add(path, "required")


def check_texts(texts: Texts, languages: Sequence[str]) -> list[Fault]:
    """Return what is wrong with the texts of a series in these languages; fields are paths within the series."""
    faults: list[Fault] = []
    for (kind, language), own in texts.items():
        path = f"texts.{kind}.{language}"
        if languages and language not in languages:
            faults.append(Fault(path, "not_of_series", {"languages": list(languages)}))
        faults += [Fault(f"{path}.{fault.field}", fault.code, fault.context) for fault in check(kind, own)]
    return faults


def write_texts(session: Session, *, now: datetime, series_id: int, texts: Texts) -> bool:
    """Store the texts of a file, leaving those that it lacks; returns whether anything changed. Flushes."""
    changed = [
        save_own(session, now=now, series_id=series_id, kind=kind, language=language, own=own)
        for (kind, language), own in texts.items()
    ]
    return any(changed)


def texts_data(texts: Texts) -> dict[str, Any]:
    """Return kind → language → subject and body, as a file has them."""
    data: dict[str, Any] = {}
    for (kind, language), own in texts.items():
        data.setdefault(kind, {})[language] = own._asdict()
    return data
