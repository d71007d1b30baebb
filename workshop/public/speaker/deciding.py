"""What somebody who speaks decides: each consent for each part, all of them withdrawn at once, a looser level."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.chatham.rule import ConsentKind
from workshop.core import clock
from workshop.core.db import db
from workshop.core.errors import ConflictError, NotFoundError
from workshop.core.limits import limited
from workshop.people.models import Person
from workshop.programme.models import SpeakerSlot
from workshop.programme.queries import list_proposals_of_person, list_sessions_of_person
from workshop.programme.service.consents import set_consent
from workshop.programme.service.levels import agree_as_speaker, take_back_as_speaker
from workshop.programme.view.consents import BY_SPEAKER, consents_of
from workshop.programme.view.speakers import proposal_key, slots_of
from workshop.public.speaker.page import BY_CLIENT, Problem, blueprint, find_owner, find_part, own_page
from workshop.rsvp.service.agreeing import settle_proposals


@blueprint.route("/<token>/", methods=["GET", "POST"])
@limited(BY_CLIENT)
def page(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Show the page; a POST keeps the five consents for one part, those that the reader changed."""
    person = find_owner(token)
    if request.method != "POST":
        return own_page(token, person)
    key = request.form.get("part", "")
    slot = find_part(person, key)
    if slot is None:
        return own_page(token, person, Problem(409, "part_gone"))
    if "shown" not in request.form:
        return own_page(token, person, Problem(422, "invalid", key))
    _keep(slot)
    db.session.commit()
    flash(_("Your choices are saved. They count from this moment."), "done")
    return redirect(url_for("speaker.page", token=token, _anchor=f"part-{key}"), 303)


def _keep(slot: SpeakerSlot) -> None:
    """Keep what was ticked or unticked. What was as the page showed it stays, though it be another by now.

    Somebody may have said on the telephone what this page, opened before, does not know yet.
    """
    shown = set(request.form.get("shown", "").split())
    for kind in ConsentKind:
        wants = kind.value in request.form
        if wants is not (kind.value in shown):
            set_consent(db.session(), now=clock.now(), slot=slot, kind=kind, given=wants, recorded_by=BY_SPEAKER)


@blueprint.post("/<token>/withdraw")
@limited(BY_CLIENT)
def withdraw(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Withdraw every consent for every part: the name leaves all pages, feeds and mails at once."""
    person = find_owner(token)
    now = clock.now()
    for slot in _slots(person):
        stands = consents_of(slot)
        for kind in ConsentKind:
            if getattr(stands, kind.value):
                set_consent(db.session(), now=now, slot=slot, kind=kind, given=False, recorded_by=BY_SPEAKER)
    db.session.commit()
    flash(_("All your consents are withdrawn. Your name and your slides are no longer shown."), "done")
    return redirect(url_for("speaker.page", token=token), 303)


def _slots(person: Person) -> list[SpeakerSlot]:
    # Also in sessions that are not published yet: whoever wants to be named nowhere is not named there later.
    # By number, as everybody locks them.
    sessions = sorted(list_sessions_of_person(db.session(), person.id), key=lambda one: one.id)
    return [slot for one in sessions for slot, _item in slots_of(one) if slot.person_id == person.id]


@blueprint.post("/<token>/agree")
@limited(BY_CLIENT)
def agree(lang: str, token: str) -> ResponseReturnValue:  # noqa: ARG001 (the address has it)
    """Agree to a looser level, which holds once everybody concerned has; `act=take_back` undoes it until then."""
    person = find_owner(token)
    session, now = db.session(), clock.now()
    key = request.form.get("proposal", "")
    asked = {proposal_key(person, proposal): proposal for proposal, _at in list_proposals_of_person(session, person.id)}
    proposal = asked.get(key)
    if proposal is None:
        return own_page(token, person, Problem(409, "proposal_over"))
    takes_back = request.form.get("act") == "take_back"
    try:
        if takes_back:
            take_back_as_speaker(session, now=now, proposal=proposal, person=person)
        else:
            agree_as_speaker(session, now=now, proposal=proposal, person=person, recorded_by=BY_SPEAKER)
    except (ConflictError, NotFoundError):
        session.rollback()
        return own_page(token, find_owner(token), Problem(409, "proposal_over"))
    session.commit()
    if takes_back:
        flash(_("You no longer agree: nothing changes."), "done")
        return redirect(url_for("speaker.page", token=token), 303)
    # After the commit, so that no other session's row is waited for while this one's is held.
    settle_proposals(session, now=now)
    session.commit()
    flash(_("Thank you: you have agreed. It will hold once everybody concerned has agreed."), "done")
    return redirect(url_for("speaker.page", token=token), 303)
