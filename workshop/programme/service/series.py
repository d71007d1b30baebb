"""Creating and updating a series."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.localized import Localized
from workshop.people.checks import Checker
from workshop.people.service import set_committee, set_partners
from workshop.people.staleness import follow
from workshop.programme.models import OldSlug, OwnSentence, Series
from workshop.programme.service.checks import check_retention, clean_series
from workshop.programme.service.locking import lock
from workshop.programme.service.standing import Answers, remember, settle, touch
from workshop.programme.service.values import SeriesValues, series_values
from workshop.programme.texts import SERIES_TEXTS, texts_of

_COLUMNS = (
    "slug", "title", "subtitle", "kind", "description", "languages", "tzid", "level", "visibility", "contact",
    "sender_name", "controller", "own_sentence", "retention_days", "without_address",
    "speaker_changes_wait", "links", "colour", "reminders",
    "embed_origins",
)  # fmt: skip
_LOGGED = ("level", "own_sentence", "embed_origins")


def create_series(
    session: Session,
    *,
    now: datetime,
    values: SeriesValues,
    actor: str = "command",
    instance_languages: Sequence[str] | None = None,
) -> Series:
    """Create a series. Flushes; whoever creates it still has to be granted the role of its owner.

    Args:
        session: the database.
        now: the present instant.
        values: everything said of it.
        actor: as the log names who did it.
        instance_languages: those that the series may use; None where a form let nobody choose others.

    Raises:
        InvalidValuesError: with every fault.
    """
    checker = Checker(instance_languages or values.languages)
    values = clean_series(values, checker)
    if is_series_slug_taken(session, values.slug, None):
        checker.add("slug", "slug_taken")
    checker.raise_any()
    series = Series(revised_at=now)
    _write(series, values)
    session.add(series)
    session.flush()
    _set_people(session, now, series, values)
    _keep_wording(session, now=now, actor=actor, series=series, before=Localized())
    record(
        session,
        now=now,
        actor=actor,
        action="programme.create_series",
        object_=f"series:{series.id}",
        details={"level": series.level.value},
    )
    return series


def update_series(
    session: Session,
    *,
    now: datetime,
    series: Series,
    values: SeriesValues,
    answers: Answers,
    actor: str = "command",
    instance_languages: Sequence[str] | None = None,
) -> bool:
    """Bring a series up to date; returns whether that changed anything. Flushes.

    A stricter level raises the SEQUENCE of every session that follows the series' level. A looser one is followed at
    once where nobody has answered; elsewhere a session keeps the old level as its own, and those concerned are asked.
    An earlier address stays. Where somebody has answered, they are kept for no longer than they were told.

    Args:
        session: the database.
        now: the present instant.
        series: the series.
        values: everything said of it.
        answers: how many answers each of its sessions has.
        actor: as the log names who did it.
        instance_languages: those that the series may use; None where a form let nobody choose others.

    Raises:
        InvalidValuesError: with every fault; the caller rolls back.
    """
    checker = Checker(instance_languages or values.languages)
    values = clean_series(values, checker)
    if is_series_slug_taken(session, values.slug, series.id):
        checker.add("slug", "slug_taken")
    checker.raise_any()
    lock(session, series.sessions)
    kept = check_retention(series.retention_days, values.retention_days, has_answers=any(answers.values()))
    if kept:
        raise InvalidValuesError(kept)
    before, old = remember(series, series.sessions), series_values(series)
    is_changed = write_series(session, now=now, actor=actor, series=series, values=values)
    settled = settle(session, now=now, actor=actor, series=series, before=before, answers=answers)
    if settled.faults:
        raise InvalidValuesError(_for_series(fault, one.slug) for one, fault in settled.faults)
    if is_changed:
        _log_fields(session, now, actor, series, old, values)
    return is_changed


def write_series(session: Session, *, now: datetime, actor: str, series: Series, values: SeriesValues) -> bool:
    """Write checked values over a series; returns whether that changed anything. The caller settles. Flushes."""
    old = series_values(series)
    kept: dict[str, Any] = {name: None for name in ("committee", "partners") if getattr(values, name) is None}
    old = dataclasses.replace(old, **kept)
    if old == values:
        return False
    if old.slug != values.slug:
        keep_old_slug(session, OldSlug(slug=old.slug, series_id=series.id), values.slug)
    texts = texts_of(series, SERIES_TEXTS)
    _write(series, values)
    follow(
        session,
        now=now,
        actor=actor,
        series_id=series.id,
        owner=f"series:{series.id}",
        before=texts,
        after=texts_of(series, SERIES_TEXTS),
    )
    touch(session, series, now=now)
    _revise_sessions(series, old, values, now)
    _keep_wording(session, now=now, actor=actor, series=series, before=old.own_sentence)
    _set_people(session, now, series, values)
    if old.embed_origins != values.embed_origins:
        record(
            session,
            now=now,
            actor=actor,
            action="programme.change_embedding",
            object_=f"series:{series.id}",
            details={"sites": len(values.embed_origins)},
        )
    if old.level is not values.level:
        record(
            session,
            now=now,
            actor=actor,
            action="programme.change_level",
            object_=f"series:{series.id}",
            details={"from": old.level.value, "to": values.level.value},
        )
    return True


def _log_fields(
    session: Session, now: datetime, actor: str, series: Series, old: SeriesValues, values: SeriesValues
) -> None:
    """Record which fields were edited, but for those whose change is an act of its own in the log."""
    names = [name for name in (*_COLUMNS, "partners") if name not in _LOGGED]
    fields = [name for name in names if getattr(values, name) not in (None, getattr(old, name))]
    if fields:
        of, details = f"series:{series.id}", {"fields": fields}
        record(session, now=now, actor=actor, action="programme.edit_series", object_=of, details=details)


def _revise_sessions(series: Series, old: SeriesValues, values: SeriesValues, now: datetime) -> None:
    """Date anew the sessions whose calendar entries show what changed of their series."""
    are_all = any(getattr(old, name) != getattr(values, name) for name in ("slug", "languages", "own_sentence"))
    for one in series.sessions:
        if are_all or (old.level is not values.level and one.level is None):
            one.revised_at = now


def is_series_slug_taken(session: Session, slug: str, series_id: int | None) -> bool:
    """Whether another series has this address or had it: an old address leads on for ever."""
    taken = sa.select(Series.id).where(Series.slug == slug)
    former = sa.select(OldSlug.series_id).where(OldSlug.within_series_id.is_(None), OldSlug.slug == slug)
    owners = set(session.scalars(taken)) | set(session.scalars(former))
    return bool(owners - {series_id})


def keep_old_slug(session: Session, former: OldSlug, slug: str) -> None:
    """Keep the address that something had before `slug`; forget `slug` itself among its earlier ones."""
    own = (
        OldSlug.within_series_id.is_not_distinct_from(former.within_series_id),
        OldSlug.series_id.is_not_distinct_from(former.series_id),
        OldSlug.workshop_session_id.is_not_distinct_from(former.workshop_session_id),
    )
    session.execute(sa.delete(OldSlug).where(*own, OldSlug.slug.in_([slug, former.slug])))
    session.add(former)
    session.flush()


def _write(series: Series, values: SeriesValues) -> None:
    for name in _COLUMNS:
        if getattr(series, name) != getattr(values, name):
            setattr(series, name, getattr(values, name))


def _keep_wording(session: Session, *, now: datetime, actor: str, series: Series, before: Localized) -> None:
    """Keep another wording of the organisers' own sentence as its next version. Flushes.

    Who acknowledged the one before has acknowledged that one; an empty one says that it was taken away.
    """
    if series.own_sentence == before:
        return
    series.own_sentence_version = (series.own_sentence_version or 0) + 1
    session.flush()
    version = series.own_sentence_version
    session.add(OwnSentence(series_id=series.id, version=version, text=series.own_sentence, created_at=now))
    session.flush()
    record(
        session,
        now=now,
        actor=actor,
        action="programme.change_own_sentence",
        object_=f"series:{series.id}",
        details={"version": version, "languages": len(series.own_sentence)},
    )


def _set_people(session: Session, now: datetime, series: Series, values: SeriesValues) -> None:
    if values.committee is not None:
        set_committee(session, now=now, series_id=series.id, keys=values.committee)
    if values.partners is not None:
        set_partners(session, now=now, series_id=series.id, workshop_session_id=None, values=values.partners)
    session.expire(series, ["committee", "partners", "people", "revision", "revised_at"])


def _for_series(fault: Fault, slug: str) -> Fault:
    """Return a session's fault as the series' form names it."""
    field = {"monolingual": "languages", "visibility": "level"}.get(fault.field, fault.field)
    # What a session lacks, it lacks because of the languages that the series has now.
    field = "languages" if fault.code == "lacks_language" else field
    return Fault(field, fault.code, {**fault.context, "session": slug, "of": fault.field})
