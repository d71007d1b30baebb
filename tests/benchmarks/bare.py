"""The floor: a bare Flask page, and files as they lie, under the same server with the same settings."""

from __future__ import annotations

import sys

from flask import Flask, Response, send_from_directory
from gunicorn.app.base import BaseApplication

app = Flask(__name__)


@app.get("/")
def page() -> str:
    return "<!doctype html><title>bare</title><p>" + "x" * 2000


@app.get("/files/<name>")
def file(name: str) -> Response:
    return send_from_directory(sys.argv[2], name)


class Server(BaseApplication):  # type: ignore[misc] # gunicorn ships no types
    def load_config(self) -> None:
        settings = {"workers": 2, "worker_class": "gthread", "threads": 4, "preload_app": True, "loglevel": "warning"}
        settings |= {"keepalive": 5, "control_socket_disable": True, "bind": f"127.0.0.1:{sys.argv[1]}"}
        for name, value in settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return app


if __name__ == "__main__":
    Server().run()
