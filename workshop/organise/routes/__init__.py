"""The workspace's pages where they span features."""

from workshop.organise.routes import access, editing, questions, series, workspace
from workshop.organise.routes.blueprint import blueprint

__all__ = ["access", "blueprint", "editing", "questions", "series", "workspace"]
