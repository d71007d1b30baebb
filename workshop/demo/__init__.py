"""The demo's data and its dates."""
