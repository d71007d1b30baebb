"""The demo's two series as files: the real one, and an example whose sessions lie in the coming weeks."""

from __future__ import annotations

import re
from datetime import date, timedelta
from importlib.resources import files

EXAMPLE_SLUG = "exemple"
HELD_SLUG = "ouverture"
"""Of the example’s session that is over."""
REAL_SLUG = "decloisonner"

_TOKEN = re.compile(r"\{\{([+-]\d+)d (\d\d:\d\d)\}\}")


def real_text() -> str:
    """Return the real series, in the past, as a series file."""
    return (files("workshop.demo") / "decloisonner.yaml").read_text("utf-8")


def example_text(today: date) -> str:
    """Return the example as a series file, each `{{+6d 16:00}}` a wall time that many days after `today`.

    No hour of it is one at which clocks change.
    """
    return _dated("example.yaml", today)


def held_text(today: date) -> str:
    """Return the example as a series file whose only session is over, to be loaded over the example itself."""
    import yaml

    document = yaml.safe_load(example_text(today))
    document["sessions"] = [yaml.safe_load(_dated("held.yaml", today))]
    return str(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))


def _dated(name: str, today: date) -> str:
    template = (files("workshop.demo") / name).read_text("utf-8")
    return _TOKEN.sub(lambda found: f"{today + timedelta(days=int(found[1]))}T{found[2]}", template)
