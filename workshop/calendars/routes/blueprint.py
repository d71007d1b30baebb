"""What the pages and feeds of this folder share: the blueprint, and how programs are answered."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import sqlalchemy as sa
from flask import Blueprint, Response, current_app

from workshop.core.db import db
from workshop.core.errors import NotFoundError

blueprint = Blueprint("calendars", "workshop.calendars", template_folder="templates", url_prefix="")

ICS = "text/calendar; charset=utf-8"

P = ParamSpec("P")


def for_programs(view: Callable[P, Response]) -> Callable[P, Response]:
    """Answer programs in their own way: plain text for what is not there, 503 while the database is away.

    A calendar client that is given an error page or an empty calendar with status 200 deletes what it had.
    """

    @wraps(view)
    def answer(*arguments: P.args, **values: P.kwargs) -> Response:
        try:
            return view(*arguments, **values)
        except NotFoundError:
            return _plain("Not found\n", 404)
        except (sa.exc.DBAPIError, sa.exc.TimeoutError) as error:
            db.session.rollback()
            current_app.logger.error("no feed: %s", type(error).__name__)  # noqa: TRY400 (the statement tells no more)
            response = _plain("The service is not available for the moment. Please try again later.\n", 503)
            response.headers["Retry-After"] = "120"
            return response

    return answer


def _plain(text: str, status: int) -> Response:
    response = Response(text, status=status, content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    return response
