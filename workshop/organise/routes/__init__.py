"""The workspace's pages where they span features."""

from workshop.organise.routes import (
    access,
    editing,
    levels,
    materials,
    previews,
    questions,
    series,
    speakers,
    traces,
    workspace,
)
from workshop.organise.routes.blueprint import blueprint

__all__ = [
    "access",
    "blueprint",
    "editing",
    "levels",
    "materials",
    "previews",
    "questions",
    "series",
    "speakers",
    "traces",
    "workspace",
]
