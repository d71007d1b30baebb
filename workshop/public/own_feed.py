"""The page of somebody's own calendar: one page for those who take part and those who speak, who share no folder."""

from __future__ import annotations

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.calendars.service import make_feed, renew_feed, revoke_feed
from workshop.calendars.view import feed_links
from workshop.core.db import db
from workshop.core.links import Purpose, find_token, has_link
from workshop.core.urls import external_url

_ACTS = {"make": make_feed, "renew": renew_feed, "revoke": revoke_feed}


def feed_page(
    *,
    subject: str,
    back: str,
    reads: str,
    is_speaker: bool = False,
    is_discreet: bool = False,
    has_mail: bool,
    has_invitations: bool = False,
    problem: bool = False,
) -> ResponseReturnValue:
    """Return the page.

    Args:
        subject: the owner's random id.
        back: address of the owner's own page, to which the form posts too, below it.
        reads: the language in which the calendar is written.
        is_speaker: whether they speak; else they take part.
        is_discreet: whether they asked for neutral titles.
        has_mail: whether late changes are mailed to them.
        has_invitations: whether mail brings them the same entries.
        problem: whether nothing was chosen that the page knows.
    """
    session = db.session()
    token = find_token(session, purpose=Purpose.FEED, subject=subject)
    html = render_template(
        "public/own_feed.html",
        links=feed_links(external_url("calendars.secret_feed", token=token)) if token else None,
        # One made under an earlier SECRET_KEY still opens, but cannot be told again.
        is_lost=token is None and has_link(session, purpose=Purpose.FEED, subject=subject),
        back=back,
        reads=reads,
        is_speaker=is_speaker,
        is_discreet=is_discreet,
        has_mail=has_mail,
        has_invitations=has_invitations,
        problem=problem,
    )
    return html, 422 if problem else 200


def calendar_stays() -> str:
    """Return what is to be known by whoever replaced the link of their page, and has a calendar as well."""
    return str(
        _(
            "The address of your calendar is still the same. Has somebody else seen your old link? Then open “Your "
            "sessions in your calendar” and make a new address there too."
        )
    )


def press(*, subject: str, here: str) -> ResponseReturnValue | None:
    """Make, replace or end the calendar's address as the form says, and lead back to the page at `here`.

    None where the form says nothing of the kind. Whoever calls has locked the owner's row.
    """
    act = _ACTS.get(request.form.get("action", ""))
    if act is None:
        return None
    session = db.session()
    act(session, subject=subject)
    session.commit()
    if act is make_feed:
        flash(_("This is your calendar’s address."), "done")
    elif act is renew_feed:
        flash(_("This is the new address. The old one no longer works: give the new one to your calendars."), "done")
    else:
        flash(
            _("The address no longer works. Remove the calendar from your programs too: they keep what they fetched."),
            "done",
        )
    return redirect(here, 303)
