"""Every table that can hold a person has a feature that answers for it."""

import re
from pathlib import Path

import sqlalchemy as sa

from workshop.app import import_models
from workshop.core.db import Base

PACKAGE = Path(__file__).parents[2] / "workshop"
TELLING = re.compile(r"(^|_)(name|email|address|recipient|affiliations?|biography|contact|person_ref)($|_)")
NOBODY = {
    "partner.name",  # an organisation
    "worker.name",  # a process
    "series.contact",  # the organisers' public address
    "series.sender_name",
    "series.without_address",  # a switch
}


def _telling_tables(metadata: sa.MetaData) -> dict[str, list[str]]:
    return {
        table.name: columns
        for table in metadata.sorted_tables
        if (
            columns := [
                c.name for c in table.columns if TELLING.search(c.name) and f"{table.name}.{c.name}" not in NOBODY
            ]
        )
    }


def test_every_table_with_a_name_or_address_has_an_owner() -> None:
    metadata = import_models()
    classes = {mapper.local_table.name: mapper.class_.__name__ for mapper in Base.registry.mappers}  # type: ignore[attr-defined]  # a Table always, as no model maps a join
    owned = "\n".join(path.read_text("utf-8") for path in PACKAGE.glob("*/personal_data.py"))
    tables = _telling_tables(metadata)
    assert {"participant", "person", "organiser", "outbox_message", "answer_request"} <= set(tables)
    orphans = [table for table in tables if not re.search(rf"\b{classes[table]}\b", owned)]
    assert orphans == [], "name each in its feature's personal_data.py"


def test_each_owner_can_export_and_erase() -> None:
    for path in sorted(PACKAGE.glob("*/personal_data.py")):
        text = path.read_text("utf-8")
        assert "def export(" in text, path
        assert "def erase(" in text, path
