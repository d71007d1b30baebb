"""`python -m tests.benchmarks.workspace`: each page of the workspace on a series of 30 sessions, 60 people, 5,000 answers.

Prints, for each, the milliseconds of the fastest and of the median of nine requests, its statements and its weight,
beside the page of one's own account, which shows next to nothing; on SQLite, by the test client, so without a server.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime

TIMES = 9


def main() -> None:
    """Print the table; the slowest first."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(WORKSHOP_INSTANCE_PATH=folder, WORKSHOP_RATE_LIMITS="off")
        subprocess.run([sys.executable, "-m", "workshop", "db", "upgrade"], check=True, stdout=subprocess.DEVNULL)
        print(f"{'ms min':>8}{'median':>8}{'statements':>12}{'kB':>7}  page")
        for fastest, median, statements, size, name in sorted(_measure(), reverse=True):
            print(f"{fastest:8.1f}{median:8.1f}{statements:12}{size / 1000:7.1f}  {name}")


def _measure() -> list[tuple[float, float, int, int, str]]:
    from tests.builders import build_organiser
    from tests.journeys.big_series import build_big_series
    from tests.journeys.test_workspace_size import pages
    from tests.web.examples import statements
    from tests.web.workspace import sign_in
    from workshop.app import create_app
    from workshop.core.db import db

    app = create_app()
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    with app.app_context():
        session = db.session()
        series = build_big_series(session, now=datetime.now(UTC))
        organiser = build_organiser(session, series, is_administrator=True)
        session.commit()
        addresses = pages(app, session, series)
        email = organiser.email
    sign_in(client, email)
    found = []
    for endpoint, address in addresses.items():
        answer = client.get(address)  # templates are compiled once
        seconds = []
        for _turn in range(TIMES):
            began = time.perf_counter()
            client.get(address)
            seconds.append(time.perf_counter() - began)
        with app.app_context(), statements(app) as sent:
            client.get(address)
        milliseconds = [1000 * one for one in seconds]
        size = len(answer.get_data())
        found.append((min(milliseconds), statistics.median(milliseconds), len(sent), size, endpoint))
    return found


if __name__ == "__main__":
    main()
