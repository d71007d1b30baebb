"""A backup was put back: whoever was erased since is erased again, before anything is served."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.accounts import personal_data as accounts_data
from workshop.accounts.models import Organiser
from workshop.announcements.models import Subscriber
from workshop.announcements.service.subscribing import forget
from workshop.core.erasures import account_ref, hash_of, list_erased
from workshop.people import personal_data as people_data
from workshop.people.models import Person
from workshop.people.service import raise_revision, revise_sessions_of
from workshop.privacy.service.forgetting import erase
from workshop.programme import personal_data as programme_data
from workshop.rsvp.models import Invitation, Participant
from workshop.rsvp.service.inviting import erase_invitations


def replay(session: Session, *, now: datetime) -> int:
    """Erase again whoever the list of erasures names, by the database's and the file's; returns how many. Flushes."""
    erased = list_erased(session)
    if not erased:
        return 0
    participants = [
        one
        for one in session.scalars(
            sa.select(Participant).where(Participant.erased_at.is_(None)).order_by(Participant.id)
        )
        if hash_of(one.subject) in erased
    ]
    for participant in participants:
        erase(session, now=now, participant=participant, actor="replay")
    live = sa.or_(Invitation.address.is_not(None), Invitation.name != "")
    invitations = [
        one
        for one in session.scalars(sa.select(Invitation).where(live).order_by(Invitation.id))
        if hash_of(one.subject) in erased
    ]
    erase_invitations(session, invitations, now)
    followers = [
        one for one in session.scalars(sa.select(Subscriber).order_by(Subscriber.id)) if hash_of(one.subject) in erased
    ]
    for follower in followers:
        forget(session, follower, now=now)
    people = [one for one in session.scalars(sa.select(Person)) if hash_of(one.subject) in erased]
    for person in people:
        _erase_person(session, person, now=now)
    # Whoever was given an account anew, after it was erased, keeps it.
    organisers = [
        one
        for one in session.scalars(sa.select(Organiser))
        if hash_of(one.subject) in erased
        or ((at := erased.get(hash_of(account_ref(one.email_folded)))) is not None and one.created_at <= at)
    ]
    for organiser in organisers:
        accounts_data.erase(session, now=now, email=organiser.email)
    invited = accounts_data.list_again(session, is_erased=lambda subject: hash_of(subject) in erased)
    for email in sorted(invited):
        accounts_data.erase_invited(session, now=now, email=email)
    again = len(organisers) + len(invited)
    return len(participants) + len(invitations) + len(followers) + len(people) + again


def _erase_person(session: Session, person: Person, *, now: datetime) -> None:
    if sa.inspect(person).was_deleted or sa.inspect(person).detached:
        return  # with another entry under the same address
    if person.email:
        email = person.email
        programme_data.erase(session, now=now, email=email)
        people_data.erase(session, now=now, email=email)
        return
    revise_sessions_of(session, now=now, person_id=person.id)
    session.delete(person)
    raise_revision(session, now=now, series_id=person.series_id)
    session.flush()
