"""Addresses that leave the product: always from BASE_URL, never from a request's headers."""

from __future__ import annotations

from typing import Any

from flask import current_app


def external_url(endpoint: str, **values: Any) -> str:
    """Return the absolute address of an endpoint, in or out of a request; raises werkzeug's BuildError."""
    # A token's mark stands in a path until delivery: its brackets and colons are not to be quoted.
    path: str = current_app.url_map.bind("localhost", "/").build(endpoint, values)
    path = path.replace("%5B%5Blink", "[[link").replace("%5D%5D", "]]").replace("link%3A", "link:")
    return str(current_app.config["BASE_URL"]) + path
