"""The workspace's pages where they span features."""

from workshop.organise.routes import (
    access,
    editing,
    levels,
    mail,
    materials,
    previews,
    questions,
    reminders,
    series,
    speakers,
    telling,
    traces,
    wording,
    workspace,
)
from workshop.organise.routes.blueprint import blueprint

__all__ = [
    "access",
    "blueprint",
    "editing",
    "levels",
    "mail",
    "materials",
    "previews",
    "questions",
    "reminders",
    "series",
    "speakers",
    "telling",
    "traces",
    "wording",
    "workspace",
]
