"""Pages made for these tests only, on the real application: each does one thing that the shell must answer to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Blueprint, Flask, Response, abort, g, make_response, redirect, render_template_string, request
from flask.testing import FlaskClient

from workshop.core.db import db
from workshop.core.errors import ConflictError, NotFoundError, TooManyRequestsError
from workshop.core.limits import Limit, limited
from workshop.rsvp.rule import SessionFullError

PAGE = (
    '{% extends "web/base.html" %}{% block title %}Probe{% endblock %}{% block content %}<h1>Probe</h1>{% endblock %}'
)


def probes() -> Blueprint:
    blueprint = Blueprint("probe", __name__, url_prefix="/<lang:lang>/probe")

    @blueprint.get("/public/<name>")
    def public(lang: str, name: str) -> Response:
        response = make_response(render_template_string(PAGE))
        response.headers["Cache-Control"] = "no-cache"
        return response

    @blueprint.get("/private")
    def private(lang: str) -> str:
        return render_template_string(PAGE)

    @blueprint.route("/form", methods=["GET", "POST"])
    def form(lang: str) -> str:
        return render_template_string('{% from "web/macros/form.html" import csrf %}<form>{{ csrf() }}</form>')

    @blueprint.post("/limited")
    @limited(Limit("probe", 2, timedelta(hours=1)))
    def few(lang: str) -> str:
        return "done"

    @blueprint.get("/write")
    def write(lang: str) -> str:
        db.session.execute(sa.text("DELETE FROM rate_limit_window"))
        return "written"

    @blueprint.get("/fails/<how>")
    def fails(lang: str, how: str) -> str:
        faults: dict[str, Callable[[], Any]] = {
            "conflict": lambda: ConflictError("x"),
            "full": lambda: SessionFullError("x"),
            "hidden": lambda: NotFoundError("nobody may know why"),
            "many": lambda: TooManyRequestsError("x", retry_after=77),
            "fault": lambda: ZeroDivisionError("secret detail of ada@example.org"),
            "database": lambda: sa.exc.OperationalError("SELECT 1", {}, Exception("gone")),
        }
        if how.isdigit():
            abort(int(how))
        raise faults[how]()  # noqa: RSE102 (called to make the exception)

    @blueprint.get("/calendar.ics")
    def calendar(lang: str) -> str:
        raise NotFoundError

    @blueprint.route("/room", methods=["GET", "POST"])
    def room(lang: str) -> Any:
        g.form_action = "'self' https:"
        return render_template_string(PAGE) if request.method == "GET" else redirect("https://room.example.org/", 303)

    return blueprint


def client_probe(lang: str) -> str:
    return f"{request.remote_addr} {request.scheme} {request.host}"


@pytest.fixture
def probed() -> Callable[[Flask], FlaskClient]:
    def add(app: Flask) -> FlaskClient:
        app.register_blueprint(probes())
        app.add_url_rule("/<lang:lang>/probe/client", view_func=client_probe)
        return app.test_client()

    return add


@pytest.fixture
def client(app: Flask, probed: Callable[[Flask], FlaskClient]) -> FlaskClient:
    return probed(app)
