"""One search over one's own series, their sessions and people, and over answers where one sees the list."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from workshop.accounts.queries import list_roles
from workshop.accounts.routes import current_organiser
from workshop.accounts.service import actor_of
from workshop.audit.service import record
from workshop.core import clock
from workshop.core.db import db, writing
from workshop.ical.text import clean_line
from workshop.organise.finding import LONGEST, Hits, find
from workshop.organise.routes.blueprint import blueprint


@blueprint.get("/search")
def search(lang: str) -> ResponseReturnValue:
    """Show what the words in `q` are found in; looking through lists is written into the log, the words are not."""
    now, organiser = clock.now(), current_organiser()
    words = clean_line(request.args.get("q", ""))[:LONGEST]
    hits = Hits()
    if words:
        hits = find(db.session(), words, roles=list_roles(db.session(), organiser_id=organiser.id, now=now))
    page = render_template("organise/search.html", page_language=lang, words=words, hits=hits)
    if hits.looked:
        actor = actor_of(organiser)
        with writing() as log:
            for series_id, rows in hits.looked.items():
                object_, details = f"series:{series_id}", {"rows": rows}
                record(log, now=now, actor=actor, action="rsvp.view_answers", object_=object_, details=details)
    return page
