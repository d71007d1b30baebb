"""Every kind of message that the product sends, written by what really writes it, in each language and at each level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

import workshop
from tests.builders import (
    NOW,
    both,
    build_answer,
    build_item,
    build_organiser,
    build_participant,
    build_person,
    build_series,
    build_session,
)
from tests.unit.reminders.conftest import move
from workshop.accounts.emails import Change, account_changed
from workshop.accounts.models import BreakGlass, Role
from workshop.accounts.service.inviting import invite
from workshop.accounts.service.own import ask_for_address
from workshop.accounts.service.resetting import answer_resets, ask
from workshop.announcements.emails import subscription_confirm
from workshop.announcements.emails import write as write_announcement
from workshop.announcements.models import Announcement, Subscriber
from workshop.announcements.queries import Recipient
from workshop.chatham.rule import Level, Visibility
from workshop.mail.delivery import make_draft
from workshop.mail.models import OutboxMessage
from workshop.mail.octets import compose
from workshop.organise.digest import send_digests
from workshop.organise.emails import break_glass_opened, role_changed
from workshop.people.models import Person
from workshop.privacy.emails import data_erased
from workshop.programme.models import LevelProposal, Mode, SessionStatus, WorkshopSession
from workshop.programme.rule import facts_of
from workshop.programme.service.speakers import send_link
from workshop.programme.service.speaking import ask_person_change, decide, decline
from workshop.reminders.service import notice_changes, plan, tell
from workshop.rsvp import emails
from workshop.rsvp.emails import levels
from workshop.rsvp.emails.offers import answer_withdrawn
from workshop.rsvp.models import AddressChange, Answer, AnswerState, Invitation, InvitationKind
from workshop.rsvp.rule import level_of

S = AnswerState
READER = "someone@example.org"
NEUTRAL_LEVELS = frozenset({Level.WHOLE_SESSION, Level.CLOSED})


@dataclass(frozen=True, slots=True)
class Case:
    """Somebody's answer for a session, and somebody who speaks in it."""

    session: Session
    answer: Answer
    speaker: Person
    language: str

    @property
    def about(self) -> WorkshopSession:
        """The session that it is about."""
        return self.answer.workshop_session

    @property
    def level(self) -> Level:
        """Its level."""
        return level_of(self.about)


def build(session: Session, level: Level, language: str, state: AnswerState = S.ACCEPTED) -> Case:
    """Return an answer for a session on a matter where it is dangerous to be seen."""
    name = both("Drogues : ce que disent les pratiques", "Drugs: what practice tells us")
    series = build_series(
        session,
        slug="drugs",
        title=name,
        sender_name=both("Séminaire sur les politiques des drogues", "Drug policy seminar"),
        contact="contact@seminar.example.org",
        own_sentence=both("Merci de couper vos micros.", "Please mute your microphones."),
        own_sentence_version=1,
        reminders=("-7d", "-1d", "-1h", "+1d"),
        level=level,
        visibility=Visibility.INVITE_ONLY if level is Level.CLOSED else Visibility.PUBLIC,
    )
    one = build_session(
        session,
        series,
        number=4,
        slug="4",
        title=both("Salles de consommation : dix ans après", "Consumption rooms, ten years on"),
        short_title=both("Salles de consommation", "Consumption rooms"),
        abstract=both("Ce qui a changé dans dix villes.", "What has changed in ten cities."),
        mode=Mode.HYBRID,
        place=both("12, rue des Exemples, Paris", "12 Example Street, Paris"),
        floor_languages=("fr",),
        interpretation=({"from": "fr", "into": "en", "scope": both("exposés", "talks").to_json()},),
    )
    speaker = build_person(session, series, language=language, email="speaker@example.org")
    build_item(session, one, title=both("Exposé d’ouverture", "Opening talk"), speakers=(speaker,))
    for slot in one.sections[0].items[0].slots:
        slot.told = facts_of(one).to_json()
    waits = state in {S.WAITLISTED, S.OFFERED}
    person = build_participant(
        session, series, language=language, tzid="America/Toronto", name="Alias", address=READER, informed_since=NOW
    )
    answer = build_answer(session, one, person, state=state, waitlisted_at=NOW if waits else None)
    session.flush()
    return Case(session, answer, speaker, language)


def write(
    session: Session, kind: str, level: Level, language: str, *, prepare: Callable[[Case], object] | None = None
) -> OutboxMessage:
    """Return a message of a kind, waiting in the outbox; `prepare` is called before it is written."""
    state, writer = MAILS[kind]
    case = build(session, level, language, state)
    if prepare is not None:
        prepare(case)
    writer(case)
    session.flush()
    statement = sa.select(OutboxMessage).where(OutboxMessage.kind == kind).order_by(OutboxMessage.id.desc())
    found = session.scalars(statement.execution_options(populate_existing=True)).first()
    assert found is not None, f"no {kind}"
    return found


def octets_of(session: Session, message: OutboxMessage) -> bytes:
    """Return a message as it goes over the wire."""
    return compose(make_draft(session, message))


def kinds() -> set[str]:
    """Return the kinds that the product has templates for."""
    found = Path(workshop.__file__).parent.glob("*/templates/mail/*/subject.txt")
    return {path.parent.name for path in found}


def _address(case: Case) -> None:
    person, ids = case.answer.participant, [case.about.id]
    emails.confirm_address(case.session, now=NOW, participant=person, session_ids=ids, language=case.language)


def _new_address(case: Case) -> None:
    change = AddressChange(participant=case.answer.participant, address="new@example.org", created_at=NOW)
    case.session.add(change)
    case.session.flush()
    emails.confirm_new_address(case.session, now=NOW, change=change, language=case.language)


def _offered(case: Case) -> None:
    case.answer.offer_expires_at = NOW + timedelta(hours=17, minutes=30)
    emails.place_offered(case.session, now=NOW, answer=case.answer)


def _added(case: Case) -> None:
    case.answer.added_reason = "Par téléphone" if case.language == "fr" else "By telephone"
    emails.added_by_hand(case.session, now=NOW, answer=case.answer)


_WORDS = both("Les places vont d’abord aux associations.", "Places go to community organisations first.")


def _refused(case: Case) -> None:
    case.answer.refusal_text = _WORDS
    emails.answer_refused(case.session, now=NOW, answer=case.answer)


def _invited(case: Case, *, is_reminder: bool = False) -> None:
    later = build_session(case.session, case.about.series, number=5, slug="5", title=both("Suite", "What follows"))
    guest = Invitation(
        kind=InvitationKind.PERSON,
        series=case.about.series,
        sessions=[case.about, later],
        address="guest@example.org",
        address_folded="guest@example.org",
        language=case.language,
        organisation="Association d’exemple",
        created_at=NOW,
    )
    case.session.add(guest)
    case.session.flush()
    emails.invitation(case.session, now=NOW, invitation=guest, is_reminder=is_reminder)


def _reminded(case: Case) -> None:
    plan(case.session, case.about.starts_at - timedelta(days=1))


def _thanked(case: Case) -> None:
    plan(case.session, case.about.ends_at + timedelta(days=1))


def _moved(case: Case) -> None:
    move(case.session, case.about, timedelta(days=3))
    notice_changes(case.session, NOW)


def _cancelled(case: Case) -> None:
    case.about.status = SessionStatus.CANCELLED
    case.about.sequence += 1
    case.session.flush()
    notice_changes(case.session, NOW)


def _reinstated(case: Case) -> None:
    case.answer.told_status = SessionStatus.CANCELLED
    for slot in case.about.sections[0].items[0].slots:
        slot.told = {**(slot.told or {}), "status": SessionStatus.CANCELLED.value}
    case.session.flush()
    notice_changes(case.session, NOW)


def _changed(case: Case) -> None:
    case.about.mode, case.about.floor_languages = Mode.ONLINE, ("en",)
    case.session.flush()
    tell(case.session, now=NOW, workshop_session=case.about, actor="organiser:1", number=1)
    notice_changes(case.session, NOW)


_STRICTER = {"before": Level.ON_THE_RECORD, "after": Level.DISCUSSION}


def _raised(case: Case) -> None:
    known = {**_STRICTER, "after": case.level} if case.level is not Level.ON_THE_RECORD else _STRICTER
    levels.level_raised(case.session, now=NOW, answer=case.answer, **known)
    levels.level_raised_speaker(case.session, now=NOW, person=case.speaker, workshop_session=case.about, **known)


def _asked(case: Case) -> None:
    proposal = LevelProposal(
        workshop_session_id=case.about.id, level=Level.ON_THE_RECORD, proposed_at=NOW, proposed_by="organiser:1"
    )
    case.session.add(proposal)
    case.session.flush()
    levels.level_asked(case.session, now=NOW, answer=case.answer, proposal=proposal)
    levels.level_asked_speaker(
        case.session, now=NOW, person=case.speaker, workshop_session=case.about, proposal=proposal
    )


def _announced(case: Case) -> None:
    text = both(
        "Le programme est complet.\n\nLisez https://seminar.example.org/programme", "The programme is complete."
    )
    announcement = Announcement(
        series=case.about.series,
        subject=both("Le programme est en ligne", "The programme is online"),
        body=text,
        created_at=NOW,
        confirmed_at=NOW,
        leaves_at=NOW,
    )
    case.session.add(announcement)
    case.session.flush()
    one = case.answer.participant
    recipient = Recipient(one.id, one.subject, READER, case.language, case.level in NEUTRAL_LEVELS)
    write_announcement(case.session, announcement, [recipient], now=NOW, is_to_subscribers=False)


def _subscribing(case: Case) -> None:
    found = Subscriber(
        series=case.about.series, address=READER, address_folded=READER, language=case.language, created_at=NOW
    )
    case.session.add(found)
    case.session.flush()
    subscription_confirm(case.session, now=NOW, subscriber=found, language=case.language)


def _opened(case: Case) -> None:
    owner = build_organiser(case.session, case.about.series, language=case.language, email="owner@example.org")
    opener = build_organiser(case.session, name="Une administratrice")
    glass = BreakGlass(
        organiser_id=owner.id,
        series_id=case.about.series_id,
        reason="Essai",
        opened_at=NOW,
        closes_at=NOW + timedelta(hours=4),
    )
    case.session.add(glass)
    case.session.flush()
    break_glass_opened(case.session, now=NOW, glass=glass, opener=opener)


def _invited_to_organise(case: Case) -> None:
    owner = build_organiser(case.session, case.about.series, name="Une collègue")
    invite(
        case.session, now=NOW, email="owner@example.org", language=case.language, by=owner,
        series_id=case.about.series_id, role=Role.EDITOR,
    )  # fmt: skip


def _reset_asked(case: Case) -> None:
    owner = build_organiser(case.session, language=case.language, email="owner@example.org")
    ask(case.session, now=NOW, email=owner.email)
    answer_resets(case.session, now=NOW)


def _own_address(case: Case) -> None:
    owner = build_organiser(case.session, language=case.language, email="owner-before@example.org")
    ask_for_address(case.session, now=NOW, organiser=owner, email="owner@example.org")


def _account_changed(case: Case) -> None:
    owner = build_organiser(case.session, language=case.language, email="owner@example.org")
    account_changed(case.session, now=NOW, organiser=owner, change=Change.CODE_USED, left=9)


def _role_changed(case: Case) -> None:
    owner = build_organiser(case.session, case.about.series, language=case.language, email="owner@example.org")
    other = build_organiser(case.session, name="Une collègue")
    role_changed(case.session, now=NOW, series=case.about.series, organiser=owner, role=Role.OWNER, by=other)


def _speaker_declined(case: Case) -> None:
    build_organiser(case.session, case.about.series, language=case.language, email="owner@example.org")
    decline(case.session, now=NOW, slot=case.about.sections[0].items[0].slots[0], actor="speaker")


def _speaker_change_decided(case: Case) -> None:
    found = ask_person_change(
        case.session, now=NOW, series=case.about.series, person=case.speaker, wanted={"name": "Autrement"},
        since=None, languages=("fr", "en"),
    )  # fmt: skip
    assert found is not None
    decide(case.session, now=NOW, change=found, accepts=True, actor="organiser:1", languages=("fr", "en"))


def _digested(case: Case) -> None:
    owner = build_organiser(
        case.session,
        case.about.series,
        language=case.language,
        email="owner@example.org",
        created_at=NOW - timedelta(days=2),
    )
    case.about.reminders_paused_at = NOW
    soon = {"starts_at": NOW + timedelta(days=2), "ends_at": NOW + timedelta(days=2, hours=1)}
    build_session(case.session, case.about.series, number=3, slug="3", is_published=False, room_link="", **soon)
    assert owner.wants_digest
    send_digests(case.session, NOW)


Writer = Callable[[Case], object]
MAILS: dict[str, tuple[AnswerState, Writer]] = {
    "account_changed": (S.ACCEPTED, _account_changed),
    "added_by_hand": (S.WAITLISTED, _added),
    "address_change": (S.ACCEPTED, _own_address),
    "announcement": (S.ACCEPTED, _announced),
    "answer_recorded": (S.ACCEPTED, lambda one: emails.answer_recorded(one.session, now=NOW, answer=one.answer)),
    "answer_refused": (S.DECLINED, _refused),
    "answer_withdrawn": (
        S.WITHDRAWN,
        lambda one: answer_withdrawn(one.session, now=NOW, answer=one.answer, words=_WORDS),
    ),
    "break_glass_opened": (S.ACCEPTED, _opened),
    "confirm_address": (S.PENDING, _address),
    "confirm_new_address": (S.ACCEPTED, _new_address),
    "data_erased": (S.ACCEPTED, lambda one: data_erased(one.session, now=NOW, address=READER, language=one.language)),
    "digest": (S.REQUESTED, _digested),
    "invitation": (S.DECLINED, _invited),
    "invitation_reminder": (S.DECLINED, lambda one: _invited(one, is_reminder=True)),
    "level_asked": (S.ACCEPTED, _asked),
    "level_asked_speaker": (S.ACCEPTED, _asked),
    "level_raised": (S.ACCEPTED, _raised),
    "level_raised_speaker": (S.ACCEPTED, _raised),
    "link_resent": (
        S.ACCEPTED,
        lambda one: emails.link_resent(one.session, now=NOW, participant=one.answer.participant),
    ),
    "pass_phrase_reset": (S.ACCEPTED, _reset_asked),
    "place_free": (S.WAITLISTED, lambda one: emails.place_free(one.session, now=NOW, answer=one.answer)),
    "place_lapsed": (S.LAPSED, lambda one: emails.place_lapsed(one.session, now=NOW, answer=one.answer)),
    "place_offered": (S.OFFERED, _offered),
    "reminder": (S.ACCEPTED, _reminded),
    "role_invitation": (S.ACCEPTED, _invited_to_organise),
    "role_changed": (S.ACCEPTED, _role_changed),
    "session_announced": (S.ACCEPTED, lambda one: emails.session_announced(one.session, now=NOW, answer=one.answer)),
    "session_cancelled": (S.ACCEPTED, _cancelled),
    "session_cancelled_speaker": (S.ACCEPTED, _cancelled),
    "session_changed": (S.ACCEPTED, _changed),
    "session_changed_speaker": (S.ACCEPTED, _changed),
    "session_moved": (S.ACCEPTED, _moved),
    "session_moved_speaker": (S.ACCEPTED, _moved),
    "session_reinstated": (S.ACCEPTED, _reinstated),
    "session_reinstated_speaker": (S.ACCEPTED, _reinstated),
    "speaker_change": (S.ACCEPTED, _speaker_declined),
    "speaker_change_decided": (S.ACCEPTED, _speaker_change_decided),
    "speaker_link": (
        S.ACCEPTED,
        lambda one: send_link(one.session, now=NOW, person=one.speaker, series=one.about.series, actor="organiser:1"),
    ),
    "subscription_confirm": (S.ACCEPTED, _subscribing),
    "thanks": (S.ACCEPTED, _thanked),
}
SAME_AT_EVERY_LEVEL = frozenset({"break_glass_opened", "confirm_address", "confirm_new_address", "data_erased"}) | {
    *("account_changed", "address_change", "link_resent", "pass_phrase_reset", "role_invitation"),
    "subscription_confirm",
}
"""They name nothing, to anybody."""
BY_COMMAND = frozenset({"mail_test"})
"""Written by a command for whoever types it, never by what happens."""
