"""Published summaries: written in both languages, checked for attribution, read by a second person."""
