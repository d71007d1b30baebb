"""Where what is not code lies: at the root of a checkout, or inside the package of an installed wheel."""

from __future__ import annotations

from pathlib import Path


def root() -> Path:
    """Return the folder that holds the package: the checkout's root, or site-packages."""
    return Path(__file__).resolve().parents[2]


def shipped(name: str) -> Path:
    """Return the folder `migrations` or `translations`."""
    installed = root() / "workshop" / f"_{name}"
    return installed if installed.is_dir() else root() / name
