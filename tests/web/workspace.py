"""Signing in and posting forms in the workspace; every POST carries the token of the page that it comes from."""

from __future__ import annotations

import re
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.builders import PASSWORD
from workshop.accounts.models import Organiser


def token_of(page: TestResponse) -> str:
    """Return the token of the first form of a page."""
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"|value="([^"]+)"[^>]*name="csrf_token"', page.text)
    assert found is not None, page.text[:500]
    return found[1] or found[2]


def post(
    client: FlaskClient, path: str, data: dict[str, Any] | None = None, *, page: str | None = None
) -> TestResponse:
    """Post a form with the token of `page`, by default the page at the same address."""
    token = token_of(client.get(page or path))
    return client.post(path, data={"csrf_token": token, **(data or {})})


def sign_in(
    client: FlaskClient, organiser: Organiser | str, phrase: str = PASSWORD, *, path: str = "/en/login"
) -> TestResponse:
    """Sign in and return the answer."""
    email = organiser if isinstance(organiser, str) else organiser.email
    return post(client, path, {"email": email, "password": phrase})
