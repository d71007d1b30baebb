"""The build's hook: a wheel carries its migrations and its compiled catalogues inside the package."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class InsideHook(BuildHookInterface[Any]):
    """Compiles each `messages.po` beside itself, and puts what stands at the checkout's root into the package."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Do so before files are gathered."""
        if self.target_name != "wheel":
            return
        root = Path(self.root)
        for source in sorted((root / "translations").glob("*/LC_MESSAGES/*.po")):
            buffer = io.BytesIO()
            with source.open("rb") as file:
                write_mo(buffer, read_po(file))
            source.with_suffix(".mo").write_bytes(buffer.getvalue())
        # Not in pyproject.toml, where it would count for an editable install too, which reads both from the checkout.
        if version != "editable":
            for folder in ("migrations", "translations"):
                build_data["force_include"][str(root / folder)] = f"workshop/_{folder}"
