"""What one audience may see of a series and its sessions: all that templates, mails and calendars receive.

A folder because it outgrew one file: the values, their makers, and the calendar event made from them.
"""

from workshop.programme.view.event import session_event
from workshop.programme.view.make import default_label, series_view, session_disclosure, session_view, workspace_name
from workshop.programme.view.materials import RecordingView, SlidesView
from workshop.programme.view.shown import (
    InterpretationView,
    ItemView,
    PartnerView,
    PersonView,
    SectionView,
    SeriesView,
    SessionView,
    TombstoneView,
)

__all__ = [
    "InterpretationView",
    "ItemView",
    "PartnerView",
    "PersonView",
    "RecordingView",
    "SectionView",
    "SeriesView",
    "SessionView",
    "SlidesView",
    "TombstoneView",
    "default_label",
    "series_view",
    "session_disclosure",
    "session_event",
    "session_view",
    "workspace_name",
]
