"""Public data for machines, as JSON: read only."""
