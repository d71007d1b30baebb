"""The shell that every page shares: templates, macros, static files, errors, headers, health."""
