"""What the log says of a series, in sentences: one for each act ever recorded (a file of its own: they are many).

Sentences name no participant, nor any number that leads to one; what people who take part do themselves is left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from flask_babel import force_locale, get_locale, lazy_gettext
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from workshop.accounts.actors import names_of
from workshop.audit.models import LogEntry
from workshop.chatham.notices import label as level_label
from workshop.chatham.rule import Level
from workshop.core.folding import fold
from workshop.core.language import languages
from workshop.core.localized import Localized
from workshop.core.localtime import to_instant
from workshop.mail.models import OutboxMessage
from workshop.organise.comparing import FIELD_WORDS
from workshop.people.models import Person
from workshop.programme.models import Series
from workshop.programme.view.consents import BY_SPEAKER
from workshop.programme.view.languages import FIELDS as TEXT_WORDS

GROUPS: dict[str, Any] = {
    "planning": lazy_gettext("Planning and dates"),
    "texts": lazy_gettext("Texts and programme"),
    "rule": lazy_gettext("The Chatham House Rule"),
    "people": lazy_gettext("Speakers and directory"),
    "answers": lazy_gettext("Answers and invitations"),
    "mail": lazy_gettext("Mail"),
    "materials": lazy_gettext("Slides, recordings, summaries"),
    "access": lazy_gettext("Access"),
    "data": lazy_gettext("Data protection"),
}
_SENTENCES: dict[str, dict[str, Any]] = {
    "planning": {
        "programme.create_series": lazy_gettext("The series was created."),
        "programme.create_session": lazy_gettext("The session was created."),
        "programme.delete_session": lazy_gettext("A draft was deleted."),
        "programme.import_series": lazy_gettext("A series file was read in."),
        "programme.publish": lazy_gettext("The session was published."),
        "programme.unpublish": lazy_gettext("The session became a draft again."),
        "programme.reschedule": lazy_gettext("The session was moved."),
        "programme.cancel": lazy_gettext("The session was cancelled."),
        "programme.postpone": lazy_gettext("The session was postponed without a new date."),
        "programme.change_status": lazy_gettext("The session’s status was changed."),
        "programme.change_embedding": lazy_gettext("The sites that may show the list of sessions were changed."),
    },
    "texts": {
        "programme.edit_series": lazy_gettext("The series was edited."),
        "programme.edit_session": lazy_gettext("A draft was edited."),
        "programme.keep_aside": lazy_gettext("Changes were kept aside."),
        "programme.discard_changes": lazy_gettext("What was kept aside was discarded."),
        "programme.publish_changes": lazy_gettext("Changes were published."),
        "programme.undo": lazy_gettext("The last publication was undone."),
        "programme.check_text": lazy_gettext("A text was said to be still right."),
        "programme.change_glossary": lazy_gettext("The glossary was changed."),
        "programme.create_question": lazy_gettext("A question to those who answer was added."),
        "programme.change_question": lazy_gettext("A question to those who answer was changed."),
        "programme.delete_question": lazy_gettext("A question to those who answer was deleted."),
        "programme.write_questions": lazy_gettext("The questions to those who answer were written anew."),
    },
    "rule": {
        "programme.change_level": lazy_gettext("The level of the Rule was changed."),
        "programme.change_own_sentence": lazy_gettext("The series’ own sentence beside the notice was changed."),
        "programme.propose_level": lazy_gettext("A looser level was asked of everybody concerned."),
        "programme.agree_level": lazy_gettext("It was noted that somebody who speaks agrees to a looser level."),
        "programme.withdraw_proposal": lazy_gettext("A looser level is no longer asked for."),
        "programme.take_back_agreement": lazy_gettext("Somebody who speaks no longer agrees to a looser level."),
        "rsvp.take_back_agreement": lazy_gettext("Somebody who takes part no longer agrees to a looser level."),
        "rsvp.agree_level": lazy_gettext("Somebody who takes part agreed to a looser level."),
        "rsvp.acknowledge": lazy_gettext("Somebody who takes part acknowledged the Rule."),
    },
    "people": {
        "programme.add_person": lazy_gettext("Somebody was added to the directory."),
        "programme.change_person": lazy_gettext("An entry of the directory was changed."),
        "programme.delete_person": lazy_gettext("Somebody was taken out of the directory."),
        "programme.merge_people": lazy_gettext("Two entries of the directory became one."),
        "programme.set_portrait": lazy_gettext("A picture was added."),
        "programme.remove_portrait": lazy_gettext("A picture was removed."),
        "programme.set_committee": lazy_gettext("The committee was changed."),
        "programme.set_speaker_contact": lazy_gettext("The address or language of somebody who speaks was changed."),
        "programme.send_speaker_link": lazy_gettext("Somebody who speaks was sent the link of their page."),
        "programme.renew_speaker_link": lazy_gettext("Somebody who speaks had the link of their page renewed."),
        "programme.give_consent": lazy_gettext("A consent of somebody who speaks was recorded."),
        "programme.withdraw_consent": lazy_gettext("A consent of somebody who speaks was withdrawn."),
        "programme.confirm_part": lazy_gettext("Somebody who speaks confirmed that they are coming."),
        "programme.decline_part": lazy_gettext("Somebody who speaks declined."),
        "programme.ask_change": lazy_gettext("Somebody who speaks asked for a change."),
        "programme.make_change": lazy_gettext("A change that somebody who speaks asked for was made."),
        "programme.refuse_change": lazy_gettext("A change that somebody who speaks asked for was refused."),
    },
    "answers": {
        "rsvp.view_answers": lazy_gettext("The list of answers was looked at."),
        "rsvp.view_invitations": lazy_gettext("The list of invitations was looked at."),
        "rsvp.reveal_address": lazy_gettext("An address was shown in full."),
        "rsvp.add": lazy_gettext("Somebody was added by hand."),
        "rsvp.decide": lazy_gettext("Answers were decided on."),
        "rsvp.withdraw_answers": lazy_gettext("Answers were withdrawn."),
        "rsvp.resend_links": lazy_gettext("Personal links were sent again."),
        "rsvp.mark_attendance": lazy_gettext("Attendance was marked."),
        "rsvp.check_in": lazy_gettext("Somebody was checked in at the door."),
        "rsvp.count_breakdown": lazy_gettext("The breakdown of participants was counted."),
        "rsvp.export": lazy_gettext("The list of answers was exported."),
        "rsvp.export_breakdown": lazy_gettext("The breakdown of participants was exported."),
        "rsvp.invite": lazy_gettext("Invitations were made."),
        "rsvp.send_invitations": lazy_gettext("Invitations were sent."),
        "rsvp.remind_invited": lazy_gettext("Those invited were reminded."),
        "rsvp.withdraw_invitations": lazy_gettext("Invitations were withdrawn."),
        "rsvp.reply": lazy_gettext("A calendar’s reply was read."),
    },
    "mail": {
        "announcements.confirm": lazy_gettext("An announcement was confirmed."),
        "announcements.take_back": lazy_gettext("An announcement was taken back."),
        "announcements.pause": lazy_gettext("An announcement was paused."),
        "announcements.resume": lazy_gettext("An announcement leaves again."),
        "announcements.stop": lazy_gettext("An announcement was stopped."),
        "reminders.tell": lazy_gettext("Those concerned were told of changes."),
        "organise.pause_reminders": lazy_gettext("Reminders were paused."),
        "organise.resume_reminders": lazy_gettext("Reminders leave again."),
        "organise.edit_text": lazy_gettext("A text of mails was changed."),
        "organise.word_mail": lazy_gettext("The wording of a mail was changed."),
        "organise.reset_mail_text": lazy_gettext("The wording of a mail became the usual one again."),
        "organise.test_reminder": lazy_gettext("A reminder was sent to an organiser as a test."),
        "organise.view_mail": lazy_gettext("The mail was looked at."),
        "organise.view_message": lazy_gettext("A message was looked at."),
        "organise.retry_mail": lazy_gettext("A message was sent again."),
        "organise.correct_address": lazy_gettext("The address of a message was corrected."),
    },
    "materials": {
        "programme.add_slides": lazy_gettext("Slides were added."),
        "programme.remove_slides": lazy_gettext("Slides were taken away."),
        "programme.add_recording": lazy_gettext("A recording was added."),
        "programme.remove_recording": lazy_gettext("A recording was taken away."),
        "programme.publish_recording": lazy_gettext("A recording was published."),
        "programme.unpublish_recording": lazy_gettext("A recording was taken off the pages."),
        "programme.declare_recording_agreed": lazy_gettext(
            "It was declared that everybody heard in a recording agrees."
        ),
        "programme.take_back_recording_agreed": lazy_gettext("The agreement to a recording was taken back."),
        "summaries.save": lazy_gettext("A summary was written."),
        "summaries.give_reasons": lazy_gettext("Reasons for names in a summary were given."),
        "summaries.submit": lazy_gettext("A summary was submitted for approval."),
        "summaries.approve": lazy_gettext("A summary was approved."),
        "summaries.publish": lazy_gettext("A summary was published."),
        "summaries.take_back": lazy_gettext("A summary was taken back."),
        "summaries.delete": lazy_gettext("A summary was deleted."),
        "summaries.stop": lazy_gettext("A summary was taken off the pages by a later check."),
    },
    "access": {
        "accounts.grant": lazy_gettext("A role was given."),
        "accounts.revoke": lazy_gettext("A role was taken away."),
        "accounts.transfer": lazy_gettext("The series was handed over to another owner."),
        "accounts.invite": lazy_gettext("Somebody was invited to a role."),
        "accounts.uninvite": lazy_gettext("An invitation to a role was taken back."),
        "accounts.accept": lazy_gettext("An invitation to a role was accepted."),
        "accounts.break_glass": lazy_gettext("An administrator opened the series."),
        "accounts.close_glass": lazy_gettext("An administrator closed the series again."),
        "accounts.add": lazy_gettext("An account was made."),
        "accounts.enable": lazy_gettext("An account was opened again."),
        "accounts.disable": lazy_gettext("An account was closed."),
        "accounts.make_administrator": lazy_gettext("An account became an administrator’s."),
        "accounts.unmake_administrator": lazy_gettext("An account is no longer an administrator’s."),
        "accounts.sign_in": lazy_gettext("Somebody signed in."),
        "accounts.ask_for_address": lazy_gettext("A new address was asked for."),
        "accounts.change_address": lazy_gettext("An account’s address was changed."),
        "accounts.change_pass_phrase": lazy_gettext("A pass phrase was changed."),
        "accounts.reset": lazy_gettext("A pass phrase was reset."),
        "accounts.reset_sent": lazy_gettext("A link to reset a pass phrase was sent."),
        "accounts.reset_by_link": lazy_gettext("A pass phrase was reset by the link."),
        "accounts.factor_on": lazy_gettext("A second factor was switched on."),
        "accounts.factor_off": lazy_gettext("A second factor was switched off."),
        "accounts.recovery_codes": lazy_gettext("Recovery codes were made."),
        "accounts.recovery_code_used": lazy_gettext("A recovery code was used."),
        "calendars.make_feed": lazy_gettext("An organiser’s own calendar was made."),
        "calendars.renew_feed": lazy_gettext("The address of an organiser’s own calendar was renewed."),
        "calendars.revoke_feed": lazy_gettext("An organiser’s own calendar was switched off."),
    },
    "data": {
        "programme.export_private": lazy_gettext("The series was exported with addresses and room links."),
        "privacy.erase": lazy_gettext("Personal data was erased."),
        "privacy.export": lazy_gettext("Somebody’s data was put together for them."),
    },
}
SENTENCES: dict[str, Any] = {action: words for group in _SENTENCES.values() for action, words in group.items()}
"""Action → what was done."""
GROUP_OF = {action: group for group, own in _SENTENCES.items() for action in own}
_UNLISTED = ("participant", "invited", "subject")
"""Whose acts are not shown: hours alone may tell who somebody is."""
_AGREEMENTS = ("programme.agree_level", "programme.take_back_agreement")
"""Not shown where whoever speaks did it: nobody is told who agrees to a looser level, and few speak in a session."""
_FIELDS = TEXT_WORDS | FIELD_WORDS
_OF_MESSAGES = ("organise.view_message", "organise.retry_mail", "organise.correct_address")


@dataclass(frozen=True, slots=True)
class ActivityFilter:
    """Which rows of the log somebody asks for."""

    actor: str = ""
    group: str = ""
    session_id: int | None = None
    since: date | None = None
    until: date | None = None
    """The day itself included."""
    words: str = ""
    """Searched for in what was done, where, and by whom; accents and case do not matter."""


@dataclass(frozen=True, slots=True)
class ActivityRow:
    """An act, as the page shows it."""

    at: datetime
    by: str
    words: str
    details: str
    session: str
    """Slug; empty for an act on the series."""
    name: Localized


@dataclass(slots=True)
class Log:
    """The log of a series, as far as a page may show it."""

    session: Session
    series: Series
    _names: dict[str, str] = field(default_factory=dict)
    _conditions: list[sa.ColumnElement[bool]] = field(default_factory=list)

    def actors(self) -> dict[str, str]:
        """Return everybody who did something, as the log names them → who that is, by name."""
        if not self._names:
            found = self.session.scalars(sa.select(LogEntry.actor).where(*self._own()).distinct())
            names = names_of(self.session, found)
            self._names = dict(sorted(names.items(), key=lambda pair: fold(pair[1])))
        return self._names

    def count(self, found: ActivityFilter) -> int:
        """Return how many rows match."""
        return self.session.scalar(sa.select(sa.func.count(LogEntry.id)).where(*self._where(found))) or 0

    def rows(self, found: ActivityFilter, *, offset: int, limit: int) -> list[ActivityRow]:
        """Return the rows that match, the latest first."""
        entries = self.session.scalars(
            sa.select(LogEntry).where(*self._where(found)).order_by(LogEntry.id.desc()).offset(offset).limit(limit)
        )
        sessions = {f"session:{one.id}": one for one in self.series.sessions}
        names = self.actors()
        rows = []
        for entry in entries:
            one = sessions.get(entry.object)
            rows.append(
                ActivityRow(
                    at=entry.at,
                    by=names.get(entry.actor, entry.actor),
                    words=sentence_of(entry.action),
                    details=details_of(entry),
                    session=one.slug if one else "",
                    name=(one.title or one.label) if one else Localized(),
                )
            )
        return rows

    def _own(self) -> list[sa.ColumnElement[bool]]:
        self._conditions = self._conditions or self._make_conditions()
        return list(self._conditions)

    def _make_conditions(self) -> list[sa.ColumnElement[bool]]:
        sessions = [f"session:{one.id}" for one in self.series.sessions]
        people = sa.select(sa.literal("person:").concat(sa.cast(Person.id, sa.String))).where(
            Person.series_id == self.series.id
        )
        mail = sa.select(sa.literal("message:").concat(sa.cast(OutboxMessage.id, sa.String))).where(
            OutboxMessage.series_id == self.series.id
        )
        return [
            LogEntry.actor.not_in(_UNLISTED),
            sa.or_(LogEntry.actor != BY_SPEAKER, LogEntry.action.not_in(_AGREEMENTS)),
            sa.or_(
                LogEntry.object.in_([f"series:{self.series.id}", *sessions]),
                LogEntry.object.in_(people),
                sa.and_(LogEntry.action.in_(_OF_MESSAGES), LogEntry.object.in_(mail)),
            ),
        ]

    def _where(self, found: ActivityFilter) -> list[sa.ColumnElement[bool]]:
        where = self._own()
        if found.actor:
            where.append(LogEntry.actor == found.actor)
        if found.group in GROUPS:
            where.append(LogEntry.action.in_([action for action, group in GROUP_OF.items() if group == found.group]))
        if found.session_id is not None:
            where.append(LogEntry.object == f"session:{found.session_id}")
        if found.since is not None:
            where.append(LogEntry.at >= self._midnight(found.since))
        if found.until is not None:
            where.append(LogEntry.at < self._midnight(date.fromordinal(found.until.toordinal() + 1)))
        if words := fold(found.words):
            where.append(self._about(words))
        return where

    def _midnight(self, day: date) -> datetime:
        return to_instant(datetime(day.year, day.month, day.day), self.series.tzid, fold=0)  # noqa: DTZ001 (a wall time)

    def _about(self, words: str) -> sa.ColumnElement[bool]:
        """Return what is true of rows that the words are found in, in either language."""
        actions = [action for action in SENTENCES if any(words in fold(text) for text in _in_all(action))]
        objects = [
            f"session:{one.id}"
            for one in self.series.sessions
            if any(words in fold(text) for text in (*one.title.values(), *one.label.values(), one.slug))
        ]
        actors = [actor for actor, name in self.actors().items() if words in fold(name)]
        return sa.or_(LogEntry.action.in_(actions), LogEntry.object.in_(objects), LogEntry.actor.in_(actors))


def sentence_of(action: str) -> str:
    """Return what was done, in the language being spoken."""
    return str(SENTENCES[action]) if action in SENTENCES else str(_("Something else was done."))


def details_of(entry: LogEntry) -> str:
    """Return what the log keeps of an act beside its name, as far as it names nobody; empty for nothing."""
    details = entry.details
    if fields := details.get("fields"):
        names = dict.fromkeys(str(_FIELDS[name]) for name in fields if name in _FIELDS)
        return ", ".join(names)
    if entry.action == "programme.change_level":
        levels = [_level(details.get(name)) for name in ("from", "to")]
        return " → ".join(levels) if all(levels) and levels[0] != levels[1] else ""
    if entry.action == "programme.propose_level":
        return _level(details.get("level"))
    return ""


def _level(value: Any) -> str:
    known = next((level for level in Level if level.value == value), None)
    return level_label(known).pick(str(get_locale().language)).value if known is not None else ""


def _in_all(action: str) -> list[str]:
    """Return the sentence, and the name of its group, in every language of the instance."""
    found = []
    for code in languages():
        with force_locale(code):
            found += [str(SENTENCES[action]), str(GROUPS[GROUP_OF[action]])]
    return found
