"""Organisers' pages for series and sessions, and the walls that all pages of the workspace share.

The page of a series counts answers, which lie above the programme: `workshop.organise` makes it, at the address and
under the name that it has here.
"""

from workshop.programme.organise import (
    changes,
    committee,
    duplicating,
    exporting,
    languages,
    pages,
    pasting,
    people,
    planning,
    portraits,
)
from workshop.programme.organise.blueprint import blueprint
from workshop.programme.organise.pages import form_page
from workshop.programme.organise.rows import SeriesRow, SessionRow, series_row, session_row
from workshop.programme.organise.walls import Depth, GlassView, open_series, open_session

__all__ = [
    "Depth",
    "GlassView",
    "SeriesRow",
    "SessionRow",
    "blueprint",
    "changes",
    "committee",
    "duplicating",
    "exporting",
    "form_page",
    "languages",
    "open_series",
    "open_session",
    "pages",
    "pasting",
    "people",
    "planning",
    "portraits",
    "series_row",
    "session_row",
]
