"""Importing a series file (named for its direction): all of it through the services of the forms, or nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.chatham.rule import effective_level
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.localtime import GapError, to_instant, zone_names
from workshop.mail.texts import list_own
from workshop.people.checks import Checker
from workshop.people.models import Person
from workshop.people.service import find_people, list_by_key, save_person
from workshop.people.values import PersonValues, clean_person, person_values
from workshop.programme.models import LevelProposal, Series, WorkshopSession
from workshop.programme.seriesfile.glossary import check_terms, merge_terms
from workshop.programme.seriesfile.merging import ValuesT, compare, left_parts, left_questions, merge, merge_sections
from workshop.programme.seriesfile.nodes import FileFault, SeriesFileError
from workshop.programme.seriesfile.reader import NAMES, Said
from workshop.programme.seriesfile.reading import SaidSection, SaidSession, SeriesFile, WallText, read_file
from workshop.programme.seriesfile.report import Entry, Report
from workshop.programme.seriesfile.texts import check_texts, write_texts
from workshop.programme.service.checks import (
    check_retention,
    clean_sections,
    clean_series,
    clean_session,
    lacking_sentence,
    wanted_languages,
)
from workshop.programme.service.locking import lock
from workshop.programme.service.programme import write_programme
from workshop.programme.service.questions import clean_questions, write_questions
from workshop.programme.service.series import create_series, is_series_slug_taken, write_series
from workshop.programme.service.sessions import create_session, is_session_slug_taken, write_session
from workshop.programme.service.standing import CountAnswers, remember, settle, touch
from workshop.programme.service.values import (
    QuestionValues,
    SectionValues,
    SeriesValues,
    SessionValues,
    series_values,
    session_values,
)

_FOLDS = {
    "starts_wall": "fold",
    "ends_wall": "ends_fold",
    "rsvp_opens_wall": "rsvp_opens_fold",
    "rsvp_closes_wall": "rsvp_closes_fold",
}
_Session: TypeAlias = "tuple[SessionValues, tuple[SectionValues, ...] | None, tuple[QuestionValues, ...] | None]"
"""A session, its programme and its questions; None for what the file leaves alone."""


def import_series(
    session: Session,
    *,
    now: datetime,
    content: bytes,
    instance_languages: Sequence[str],
    count_answers: CountAnswers,
    actor: str = "command",
    is_dry_run: bool = False,
) -> Report:
    """Import a series file; the caller commits. A dry run stores nothing.

    Args:
        session: the database.
        now: the present instant.
        content: the file's bytes, UTF-8.
        instance_languages: the languages that a series may use.
        count_answers: tells how many answers sessions have.
        actor: as the log names who did it.
        is_dry_run: only report what would change.

    Raises:
        SeriesFileError: with every fault; nothing is stored.
    """
    file = read_file(content)
    importer = _Importer(session, now, file, instance_languages, count_answers, actor)
    importer.check()
    with session.begin_nested() as savepoint:
        report = importer.write()
        if importer.faults:
            raise SeriesFileError(importer.faults)
        if is_dry_run:
            savepoint.rollback()
    return report


class _Importer:
    """One import: what is stored, what was said, what is wrong."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        file: SeriesFile,
        instance_languages: Sequence[str],
        count_answers: CountAnswers,
        actor: str,
    ) -> None:
        self.session = session
        self.now = now
        self.file = file
        self.languages = tuple(instance_languages)
        self.count_answers = count_answers
        self.actor = actor
        self.faults: list[FileFault] = list(file.reader.faults)
        slug = file.series.given.get("slug", "")
        self.series: Series | None = session.scalar(sa.select(Series).where(Series.slug == slug))
        self.report = Report(slug)
        self.known: dict[str, Person] = (
            list_by_key(session, series_id=self.series.id) if self.series is not None else {}
        )
        self.stored = {one.slug: one for one in self.series.sessions} if self.series is not None else {}

    def check(self) -> None:
        """Check everything that can be checked without writing; raises SeriesFileError with all the faults."""
        self.values = self._check_series()
        self.people = [self._check_person(said) for said in self.file.people]
        keys = {person.key: Person(key=person.key) for person in self.people}
        self.names: dict[str, Person] = self.known | keys
        committee = find_people(self.names, self.values.committee or (), "committee")[1]
        self._place("series", committee)
        self.questions = self._check_questions(self.file.questions, self.file.series, self.values.languages)
        self._place("series", check_texts(self.file.texts, self.values.languages))
        self._place("series", check_terms(self.file.glossary, self.languages))
        self.sessions = [self._check_session(said) for said in self.file.sessions]
        self._check_sentence()
        self._check_slugs()
        if self.faults:
            raise SeriesFileError(self.faults)

    def write(self) -> Report:
        """Write everything through the services; faults that only the stored state shows are in `faults`."""
        before, answers = {}, {}
        is_new = self.series is None
        if self.series is not None:
            lock(self.session, self.series.sessions)
            before = remember(self.series, self.series.sessions)
            answers = self.count_answers(self.session, list(before))
            days = self.series.retention_days, self.values.retention_days
            self._place("series", check_retention(*days, has_answers=any(answers.values())))
        old = None if self.series is None else series_values(self.series)
        series = self._write_people_and_series()
        changed = ["questions"] if self._write_questions(series, self.questions) else []
        changed += ["texts"] if self._write_texts(series) else []
        has_new_terms, has_terms_left = self._write_terms(series)
        changed += ["glossary"] if has_new_terms else []
        self._tell("series", series.slug, old, self.values, self.file.series, changed)
        self.report.entries += self._people_entries
        self._tell_left_within(series, "series", series.slug, {"questions": self.questions})
        left = (*(("texts",) if self._texts_left else ()), *(("glossary",) if has_terms_left else ()))
        if left:
            self.report.entries.append(Entry("left_fields", "series", series.slug, left))
        for said, (values, sections, questions) in zip(self.file.sessions, self.sessions, strict=True):
            with self._placing(said.session.path):
                self._write_session(series, said, values, sections, questions)
        self._tell_left()
        paths = {said.session.given["slug"]: said.session.path for said in self.file.sessions}
        if not is_new:
            settled = settle(
                self.session, now=self.now, actor=self.actor, series=series, before=before, answers=answers
            )
            for one, fault in settled.faults:
                path = paths.get(one.slug)
                self._place(path or "series", [fault if path else Fault("level", fault.code, {"session": one.slug})])
            self._tell_asked(series, settled.asked)
        self.report.series_id = series.id
        return self.report

    def _tell_asked(self, series: Series, asked: Sequence[LevelProposal]) -> None:
        """Report the levels that did not become looser yet, in the place of what was to change."""
        slugs = {one.id: one.slug for one in series.sessions}
        level = NAMES["level"]
        for slug in (slugs[proposal.workshop_session_id] for proposal in asked):
            for index, entry in enumerate(self.report.entries):
                if (entry.code, entry.kind, entry.name) == ("updated", "session", slug) and level in entry.fields:
                    left = tuple(field for field in entry.fields if field != level)
                    self.report.entries[index] = Entry("updated" if left else "unchanged", "session", slug, left)
            self.report.entries.append(Entry("asked", "session", slug, (level,)))

    def _check_series(self) -> SeriesValues:
        said = self.file.series
        values = merge(SeriesValues, None if self.series is None else series_values(self.series), said)
        checker = Checker(self.languages)
        values = clean_series(values, checker)
        if is_series_slug_taken(self.session, values.slug, self.series.id if self.series else None):
            checker.add("slug", "slug_taken")
        self._place(said.path, _of_read_values(checker.faults, said))
        return values

    def _check_person(self, said: Said) -> PersonValues:
        stored = self.known.get(said.given["key"])
        checker = Checker(self.languages)
        values = clean_person(merge(PersonValues, None if stored is None else person_values(stored), said), checker)
        self._place(said.path, _of_read_values(checker.faults, said))
        return values

    def _check_session(self, file: SaidSession) -> _Session:
        said = file.session
        stored = self.stored.get(said.given.get("slug", ""))
        self._settle_zone(said, stored)
        self._settle_folds(said)
        if stored is None:
            said.given.setdefault("is_published", True)
        values = merge(SessionValues, None if stored is None else session_values(stored), said)
        checker = Checker(self.languages)
        values = clean_session(
            values,
            checker,
            languages=self.values.languages,
            tzid=self.values.tzid,
            series_level=self.values.level,
        )
        faults = checker.faults + find_people(self.names, values.moderators or (), "moderators")[1]
        if self._has_bad_languages():
            faults = [fault for fault in faults if fault.code not in _OF_LANGUAGES]
        self._place(said.path, _of_read_values(faults, said))
        sections = None if file.sections is None else self._check_sections(file.sections, said, stored, values)
        wanted = wanted_languages(values.monolingual, self.values.languages)
        return values, sections, self._check_questions(file.questions, said, wanted)

    def _check_questions(
        self, questions: tuple[QuestionValues, ...] | None, of: Said, languages: Sequence[str]
    ) -> tuple[QuestionValues, ...] | None:
        if questions is None:
            return None
        checker = Checker(self.languages)
        cleaned = clean_questions(questions, checker, languages=languages)
        faults = checker.faults
        if self._has_bad_languages():
            faults = [fault for fault in faults if fault.code not in _OF_LANGUAGES]
        self._place(of.path, faults)
        return cleaned

    def _has_bad_languages(self) -> bool:
        return "languages" in self.file.series.bad or any(_is_of_languages(fault) for fault in self.faults)

    def _check_sections(
        self, said: list[SaidSection], of: Said, stored: WorkshopSession | None, values: SessionValues
    ) -> tuple[SectionValues, ...]:
        sections = merge_sections(said, stored)
        level, _ = effective_level(session=values.level, series=self.values.level)
        checker = Checker(self.languages)
        cleaned = clean_sections(sections, checker, session_level=level)
        for number, section in enumerate(cleaned):
            for index, item in enumerate(section.items):
                for field, keys in (("speakers", item.speakers), ("moderators", item.moderators)):
                    path = f"programme.{number}.items.{index}.{field}"
                    checker.faults += find_people(self.names, keys, path)[1]
        bad = {
            f"programme.{number}.items.{index}.{name}"
            for number, section in enumerate(said)
            for index, item in enumerate(section.items)
            for name in item.bad
        } | {f"programme.{number}.{name}" for number, section in enumerate(said) for name in section.section.bad}
        self._place(of.path, [fault for fault in checker.faults if not _is_within(fault.field, bad)])
        return cleaned

    def _check_sentence(self) -> None:
        """The series' own sentence is needed in every language in which one of its sessions is published."""
        said = {values.slug for values, *_ in self.sessions}
        sessions = [values for values, *_ in self.sessions]
        sessions += [session_values(one) for slug, one in self.stored.items() if slug not in said]
        lacking = [lacking_sentence(self.values.own_sentence, one, self.values.languages) for one in sessions]
        if missing := list(dict.fromkeys(language for languages in lacking for language in languages)):
            self._place("series", [Fault("own_sentence", "lacks_own_sentence", {"languages": missing})])

    def _check_slugs(self) -> None:
        seen: set[str] = set()
        for said in self.file.sessions:
            slug = said.session.given.get("slug", "")
            if slug and slug in seen:
                self._place(said.session.path, [Fault("slug", "named_twice", {})])
            elif slug not in self.stored and self._was_slug(slug):
                self._place(said.session.path, [Fault("slug", "slug_taken", {})])
            seen.add(slug)

    def _was_slug(self, slug: str) -> bool:
        return self.series is not None and is_session_slug_taken(self.session, self.series.id, slug, None)

    def _settle_zone(self, said: Said, stored: WorkshopSession | None) -> None:
        """A session that names no zone follows its series' zone, and goes along when that one changes."""
        is_own = stored is not None and self.series is not None and stored.tzid != self.series.tzid
        if "tzid" not in said.given and not is_own:
            # A bad zone of the series is one fault, at its own line, not one for each session.
            said.given["tzid"] = self.values.tzid if self.values.tzid in zone_names() else "UTC"

    def _settle_folds(self, said: Said) -> None:
        """Turn the offsets written behind times into folds."""
        tzid = said.given.get("tzid") or self.values.tzid
        for name, fold_name in _FOLDS.items():
            written = said.given.get(name)
            if not isinstance(written, WallText):
                continue
            said.given[name], said.given[fold_name] = written.wall, None
            if written.offset is None or tzid not in zone_names():
                continue
            offsets = _offsets(written.wall, tzid)
            if written.offset in offsets:
                said.given[fold_name] = offsets.index(written.offset)
            elif offsets:
                self._place(said.path, [Fault(name, "not_offset_of_zone", {"zone": tzid})])

    def _write_people_and_series(self) -> Series:
        series = self.series
        if series is None:
            bare = dataclasses.replace(self.values, committee=None)
            series = create_series(
                self.session, now=self.now, values=bare, actor=self.actor, instance_languages=self.languages
            )
        self._people_entries: list[Entry] = []
        for said, values in zip(self.file.people, self.people, strict=True):
            stored = self.known.get(values.key)
            old = None if stored is None else person_values(stored)
            save_person(
                self.session,
                now=self.now,
                series_id=series.id,
                values=values,
                languages=self.languages,
                actor=self.actor,
            )
            kept = len(self.report.entries)
            self._tell("person", values.key, old, values, said)
            self._people_entries += self.report.entries[kept:]
            del self.report.entries[kept:]
        self.session.expire(series, ["people", "revision", "revised_at"])
        write_series(self.session, now=self.now, actor=self.actor, series=series, values=self.values)
        return series

    def _write_questions(self, owner: Series | WorkshopSession, questions: tuple[QuestionValues, ...] | None) -> bool:
        if questions is None:
            return False
        return write_questions(self.session, now=self.now, owner=owner, values=questions, actor=self.actor)

    def _write_texts(self, series: Series) -> bool:
        self._texts_left = set(list_own(self.session, series_id=series.id)) - set(self.file.texts)
        return write_texts(self.session, now=self.now, series_id=series.id, texts=self.file.texts)

    def _write_terms(self, series: Series) -> tuple[bool, bool]:
        """Write the series' own terms; returns whether any changed, and whether the file lacks some that stay."""
        return merge_terms(
            self.session,
            now=self.now,
            series_id=series.id,
            terms=self.file.glossary,
            languages=self.languages,
            actor=self.actor,
        )

    def _write_session(
        self,
        series: Series,
        file: SaidSession,
        values: SessionValues,
        sections: tuple[SectionValues, ...] | None,
        questions: tuple[QuestionValues, ...] | None,
    ) -> None:
        stored = self.stored.get(values.slug)
        if stored is None:
            made = create_session(
                self.session,
                now=self.now,
                series=series,
                values=values,
                sections=sections or (),
                actor=self.actor,
                instance_languages=self.languages,
            )
            self._write_questions(made, questions)
            self._tell("session", values.slug, None, values, file.session)
            return
        old = session_values(stored)
        left = [] if sections is None else left_parts(stored, sections)
        is_changed = write_session(self.session, now=self.now, workshop_session=stored, values=values, actor=self.actor)
        has_new_programme = sections is not None and write_programme(
            self.session, now=self.now, workshop_session=stored, sections=sections, actor=self.actor
        )
        if is_changed or has_new_programme:
            touch(self.session, series, now=self.now)
        changed = ["programme"] if has_new_programme else []
        changed += ["questions"] if self._write_questions(stored, questions) else []
        self._tell("session", values.slug, old, values, file.session, changed)
        self._tell_left_within(stored, "session", values.slug, {"programme": sections, "questions": questions})
        self.report.entries += left

    def _tell_left_within(
        self, owner: Series | WorkshopSession, kind: str, name: str, said: Mapping[str, Sequence[object] | None]
    ) -> None:
        """Report the programme and the questions that the file leaves alone, whole or in part."""
        stored = {
            "programme": owner.sections if isinstance(owner, WorkshopSession) else [],
            "questions": owner.questions,
        }
        left = tuple(part for part, values in said.items() if values is None and stored[part])
        if left:
            self.report.entries.append(Entry("left_fields", kind, name, left))
        questions: Any = said["questions"]
        if questions is not None:
            self.report.entries += left_questions(owner.questions, questions)

    def _tell(
        self, kind: str, name: str, old: ValuesT | None, new: ValuesT, said: Said, also: Sequence[str] = ()
    ) -> None:
        """Report what happened to one thing, and which of its fields the file leaves alone."""
        self.report.entries += compare(kind, name, old, new, said, also)

    def _tell_left(self) -> None:
        """Report the sessions and people that the file lacks."""
        said = {values.slug for values, *_ in self.sessions}
        self.report.entries += [Entry("left", "session", slug) for slug in self.stored if slug not in said]
        named = {person.key for person in self.people}
        self.report.entries += [Entry("left", "person", key) for key in self.known if key not in named]

    def _place(self, path: str, faults: Iterable[Fault]) -> None:
        self.faults += [self.file.place(path, fault) for fault in faults]

    @contextmanager
    def _placing(self, path: str) -> Iterator[None]:
        try:
            yield
        except InvalidValuesError as error:
            self._place(path, error.faults)


_OF_LANGUAGES = frozenset({"lacks_language", "lacks_text", "not_of_series"})


def _is_of_languages(fault: FileFault) -> bool:
    return fault.field.startswith("series.languages")


def _of_read_values(faults: Iterable[Fault], said: Said) -> list[Fault]:
    """Return the faults that are not of a value which only stands in for one that could not be read."""
    bad = set(said.bad)
    if bad & {"starts_wall", "ends_wall"}:
        bad |= {"starts_wall", "ends_wall"}
    return [fault for fault in faults if not _is_within(fault.field, bad)]


def _is_within(field: str, bad: set[str]) -> bool:
    return any(field == name or field.startswith(f"{name}.") for name in bad)


def _offsets(wall: datetime, tzid: str) -> list[timedelta]:
    try:
        return [wall.replace(tzinfo=UTC) - to_instant(wall, tzid, fold=fold) for fold in (0, 1)]
    except GapError:
        return []


def slug_of(content: bytes) -> str:
    """Return which series a file is about, empty where it does not say; raises SeriesFileError as `import_series`."""
    return str(read_file(content).series.given.get("slug", ""))


def fault_at_slug(content: bytes, fault: Fault) -> FileFault:
    """Return a fault with the line where a file names its series."""
    return read_file(content).reader.fault_at("series.slug", fault)
