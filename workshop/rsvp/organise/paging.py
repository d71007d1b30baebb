"""A long list in pages, each reached by an address. Apart because the lists of sessions and of series share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from workshop.rsvp.forms.lists import read_number

PAGE = 50
"""Rows per page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """Which part of a list is shown, and the addresses of its neighbours."""

    total: int
    """Rows that match."""
    page: int
    """From 1."""
    pages: int
    previous: str
    """Address, or empty."""
    next: str

    @property
    def offset(self) -> int:
        """Rows before this page."""
        return (self.page - 1) * PAGE


def make_pager(endpoint: str, total: int, arguments: Mapping[str, Any]) -> Pager:
    """Return the part that the address's `page` asks for: the first for none, the last beyond the end."""
    pages = max(1, -(-total // PAGE))
    page = min(max(1, read_number(request.args.get("page"))), pages)

    def address(number: int) -> str:
        return url_for(endpoint, **arguments, page=number) if 1 <= number <= pages else ""

    return Pager(total=total, page=page, pages=pages, previous=address(page - 1), next=address(page + 1))
