"""The series file: a whole series as one YAML file (a package of its own because no layer's file holds a format)."""

from workshop.programme.seriesfile.exporting import export_series
from workshop.programme.seriesfile.importing import import_series
from workshop.programme.seriesfile.nodes import FileFault, SeriesFileError
from workshop.programme.seriesfile.report import Entry, Report

__all__ = ["Entry", "FileFault", "Report", "SeriesFileError", "export_series", "import_series"]
