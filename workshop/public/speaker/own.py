"""What somebody who speaks does with what is held of them: take it along, have another link."""

from __future__ import annotations

import json

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.core import clock
from workshop.core.db import db
from workshop.core.limits import limited
from workshop.core.links import Purpose, find_token, has_link
from workshop.people import personal_data as people_data
from workshop.programme import personal_data as programme_data
from workshop.programme.models import Series
from workshop.programme.service.speakers import replace_link
from workshop.public.own_feed import calendar_stays
from workshop.public.speaker.page import BY_CLIENT, blueprint, find_owner


@blueprint.post("/<token>/export")
@limited(BY_CLIENT)
def export(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Give all that is held as a file; the slides themselves are fetched one by one."""
    person, session = find_owner(token), db.session()
    series = session.get_one(Series, person.series_id)
    found = {
        "exported_at": clock.now().isoformat(),
        "series": series.title.to_json(),
        "person": people_data.describe(session, person) | {"series": series.slug},
        "programme": programme_data.describe(session, person),
    }
    response = Response(json.dumps(found, ensure_ascii=False, indent=2) + "\n", mimetype="application/json")
    # A name that tells nothing to whoever looks over a shoulder.
    response.headers["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return response


@blueprint.post("/<token>/link")
@limited(BY_CLIENT)
def link(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Make a new link; the old one is dead at once, and the new one is mailed too where there is an address."""
    person, session = find_owner(token), db.session()
    subject = person.subject
    replace_link(session, now=clock.now(), person=person, series=session.get_one(Series, person.series_id))
    session.commit()
    flash(_("This is your new page. The old link no longer opens anything."), "done")
    if has_link(session, purpose=Purpose.FEED, subject=subject):
        flash(calendar_stays(), "warning")
    return redirect(url_for("speaker.page", token=find_token(session, purpose=Purpose.SPEAKER, subject=subject)), 303)
