"""Asking for a series' announcements, choosing, and stopping them."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.announcements import service
from workshop.announcements.emails import languages_of
from workshop.announcements.forms import FollowForm, FollowingForm
from workshop.announcements.models import Subscriber
from workshop.announcements.queries import find_subscriber, is_open, list_ends, list_written_to
from workshop.announcements.rule import subscriber_erases_at
from workshop.announcements.view import message_view
from workshop.chatham.rule import Audience, Surface
from workshop.core import clock
from workshop.core.db import checkpoint, db
from workshop.core.errors import NotFoundError
from workshop.core.limits import Limit, limited
from workshop.core.links import Purpose
from workshop.programme.models import Series
from workshop.programme.queries import find_current_series_slug, find_series
from workshop.programme.view import SeriesView, series_view
from workshop.rsvp.models import Participant
from workshop.rsvp.queries import find_participant

_TEN_MINUTES = timedelta(minutes=10)

blueprint = Blueprint("announcements", __name__, template_folder="templates", url_prefix="/<lang:lang>")


@blueprint.route("/series/<series>/follow", methods=["GET", "POST"])
@limited(Limit("follow", 30, _TEN_MINUTES), Limit("follow_all", 3000, _TEN_MINUTES, by_client=False))
def follow(lang: str, series: str) -> ResponseReturnValue:
    """Ask for an address; a POST mails it a link, and says the same whether the address is known or not."""
    found = find_series(db.session(), series)
    view = _view(found)
    if found is None or view is None:
        return _moved(lang, series)
    now, codes = clock.now(), languages_of(found)
    form = FollowForm(codes=codes)
    if not form.is_submitted():
        form.language.data = lang if lang in codes else codes[0]
        return render_template("announcements/follow.html", form=form, view=view, problem="")
    if not form.is_trapped:
        if not form.validate():
            return render_template("announcements/follow.html", form=form, view=view, problem=""), 422
        if form.is_too_fast(now):
            return render_template("announcements/follow.html", form=form, view=view, problem="too_fast"), 422
        service.ask(db.session(), now=now, series=found, address=form.email.data, language=form.language.data)
        db.session.commit()
    return redirect(url_for("announcements.follow_sent", lang=lang, series=series), 303)


@blueprint.get("/series/<series>/follow/sent")
def follow_sent(lang: str, series: str) -> ResponseReturnValue:
    """Say that a message is on its way: the same to everybody."""
    view = _view(find_series(db.session(), series))
    return render_template("announcements/follow_sent.html", view=view) if view else _moved(lang, series, is_sent=True)


def _view(series: Series | None) -> SeriesView | None:
    """Return a series as the public may see it at its own address; None for what is hidden."""
    if series is None or not is_open(series):
        return None
    return series_view(series, audience=Audience.PUBLIC, surface=Surface.LIST, has_address=True)


def _moved(lang: str, slug: str, *, is_sent: bool = False) -> ResponseReturnValue:
    """Lead from an old slug to the new one; hidden and unknown answer alike."""
    current = find_current_series_slug(db.session(), slug)
    if current is None or request.method == "POST" or _view(find_series(db.session(), current)) is None:
        raise NotFoundError
    endpoint = "announcements.follow_sent" if is_sent else "announcements.follow"
    return redirect(url_for(endpoint, lang=lang, series=current), 301)


@blueprint.route("/follow/<token>/", methods=["GET", "POST"])
@limited(Limit("following", 120, _TEN_MINUTES))
def following(lang: str, token: str) -> ResponseReturnValue:
    """Show what was asked for, with a button that confirms it, a choice of language, and one that ends it."""
    now = clock.now()
    subscriber = find_subscriber(db.session(), purpose=Purpose.MY, token=token, now=now)
    view = _view(find_series(db.session(), subscriber.series.slug)) if subscriber else None
    if subscriber is None or (view is None and subscriber.confirmed_at is None):
        raise NotFoundError("no such link")
    codes = languages_of(subscriber.series)
    form = FollowingForm(codes=codes, data={"language": subscriber.language})
    if not form.is_submitted():
        return _following_page(subscriber, form, view, lang)
    if request.form.get("act") == "stop":
        service.stop(db.session(), subscriber, now=now)
        db.session.commit()
        checkpoint()
        return render_template("announcements/stopped.html", is_subscriber=True, token="")
    if not form.validate():
        return _following_page(subscriber, form, view, lang), 422
    if subscriber.confirmed_at is None:
        service.confirm_subscription(db.session(), subscriber, now=now, language=form.language.data)
        flash(_("Announcements of this series will come to your address."), "done")
    else:
        service.set_language(db.session(), subscriber, language=form.language.data)
        flash(_("Your choices are saved."), "done")
    db.session.commit()
    return redirect(url_for("announcements.following", lang=form.language.data, token=token), 303)


def _following_page(subscriber: Subscriber, form: FollowingForm, view: SeriesView | None, lang: str) -> str:
    confirmed_at, series = subscriber.confirmed_at, subscriber.series
    written = list_written_to(db.session(), subjects=[subscriber.subject]) if confirmed_at else []
    return render_template(
        "announcements/following.html",
        form=form,
        view=view,
        is_confirmed=confirmed_at is not None,
        address=subscriber.address,
        tzid=series.tzid,
        erases_at=confirmed_at
        and subscriber_erases_at(
            list_ends(db.session(), series.id),
            confirmed_at=confirmed_at,
            retention_days=series.retention_days,
        ),
        received=[message_view(one, at, lang) for one, at in written],
    )


@blueprint.route("/unsubscribe/<token>/announcements", methods=["GET", "POST"])
@limited(Limit("unsubscribe", 120, _TEN_MINUTES))
def unsubscribe(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Show a button that stops announcements; a POST presses it, also without cookies (RFC 8058)."""
    now, session = clock.now(), db.session()
    whose: Participant | Subscriber | None = find_participant(session, purpose=Purpose.UNSUBSCRIBE, token=token)
    whose = whose or find_subscriber(session, purpose=Purpose.UNSUBSCRIBE, token=token, now=now)
    if whose is None or whose.confirmed_at is None:
        raise NotFoundError("no such link")
    participant = whose if isinstance(whose, Participant) else None
    if request.method == "POST":
        # Whoever presses the mail program's own button sends nothing but List-Unsubscribe=One-Click.
        service.stop(session, whose, now=now)
        session.commit()
        if participant is None:
            checkpoint()
        return render_template("announcements/stopped.html", is_subscriber=participant is None, token=token)
    if participant is not None and not participant.wants_announcements:
        return render_template("announcements/stopped.html", is_subscriber=False, token=token)
    return render_template("announcements/stop.html", is_subscriber=participant is None)


@blueprint.post("/unsubscribe/<token>/announcements/again")
@limited(Limit("unsubscribe", 120, _TEN_MINUTES))
def again(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Let announcements come again to a participant who had stopped them."""
    participant = find_participant(db.session(), purpose=Purpose.UNSUBSCRIBE, token=token)
    if participant is None or participant.confirmed_at is None:
        raise NotFoundError("no such link")
    service.take_again(db.session(), participant)
    db.session.commit()
    return redirect(url_for("announcements.unsubscribe", token=token), 303)
