"""The series file: a whole series as one YAML file (a package of its own because no layer's file holds a format)."""

from workshop.programme.seriesfile.exporting import export_series
from workshop.programme.seriesfile.importing import fault_at_slug, import_series, slug_of
from workshop.programme.seriesfile.nodes import FileFault, SeriesFileError
from workshop.programme.seriesfile.report import Entry, Report
from workshop.programme.seriesfile.telling import entry_line

__all__ = [
    "Entry",
    "FileFault",
    "Report",
    "SeriesFileError",
    "entry_line",
    "export_series",
    "fault_at_slug",
    "import_series",
    "slug_of",
]
