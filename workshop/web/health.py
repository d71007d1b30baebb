"""Alive, able to serve, and what robots may read. A file of its own: no feature owns these addresses."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError

from workshop.core import clock
from workshop.core.db import db
from workshop.core.language import languages
from workshop.mail.queries import is_worker_heard

PRIVATE_PATHS = (
    "my",
    "join",
    "link",
    "follow",
    "invitation",
    "speaker",
    "feedback",
    "unsubscribe",
    "login",
    "account",
    "organise",
)

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """Say that the process answers."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Say whether the database, its schema and a worker are there: 200 or 503."""
    checks = readiness(clock.now())
    is_ready = all(checks.values())
    return jsonify(status="ready" if is_ready else "not ready", **checks), 200 if is_ready else 503


def readiness(now: datetime) -> dict[str, bool]:
    """Return what serving needs: `database`, `schema`, `worker`."""
    checks = {"database": False, "schema": False, "worker": False}
    try:
        db.session.execute(sa.text("SELECT 1"))
        checks["database"] = True
        checks["schema"] = is_schema_current()
        checks["worker"] = is_worker_heard(db.session(), now=now)
    except SQLAlchemyError:
        db.session.rollback()
        current_app.logger.warning("not ready: %s", ", ".join(name for name, is_met in checks.items() if not is_met))
    return checks


def is_schema_current() -> bool:
    """Return whether the database stands at the newest migration."""
    from workshop.core import schema  # Alembic is not needed to serve a page

    return schema.is_current()


@blueprint.get("/robots.txt")
def robots() -> Response:
    """Keep robots away from token pages and the workspace; everything else says for itself whether it is indexed."""
    lines = ["User-agent: *", "Disallow: /calendar/"]
    lines += [f"Disallow: /{code}/{path}" for code in languages() for path in PRIVATE_PATHS]
    lines += ["", f"Sitemap: {current_app.config['BASE_URL']}/sitemap.xml", ""]
    response = Response("\n".join(lines), content_type="text/plain; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    return response
