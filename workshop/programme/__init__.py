"""Series, workshop sessions, sections and items; import and export."""
