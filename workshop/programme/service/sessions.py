"""Creating and updating a workshop session; what becomes of it later stands in `lifecycle`."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.chatham.rule import effective_level
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.localized import Localized
from workshop.core.localtime import to_instant
from workshop.people.checks import Checker
from workshop.people.service import names_in_calendars, set_partners
from workshop.people.staleness import follow, forget
from workshop.programme.models import OldSlug, Series, SessionStatus, WorkshopSession
from workshop.programme.service.checks import clean_sections, clean_session, end_fold, lacking_sentence
from workshop.programme.service.keys import keys_of
from workshop.programme.service.locking import lock
from workshop.programme.service.programme import set_moderators, write_programme
from workshop.programme.service.series import keep_old_slug
from workshop.programme.service.standing import remember, settle, touch
from workshop.programme.service.values import SectionValues, SessionValues, session_values
from workshop.programme.texts import SESSION_TEXTS, lacking_texts, texts_of

_COLUMNS = (
    "slug", "number", "label", "short_title", "title", "public_title", "abstract", "objectives", "starts_wall",
    "ends_wall", "tzid", "format", "mode", "place", "room_link", "floor_languages", "status", "visibility", "level",
    "capacity", "has_waiting_list", "needs_approval", "monolingual", "links", "reminders",
)  # fmt: skip


def create_session(
    session: Session,
    *,
    now: datetime,
    series: Series,
    values: SessionValues,
    sections: Sequence[SectionValues] = (),
    actor: str = "command",
    instance_languages: Sequence[str] | None = None,
) -> WorkshopSession:
    """Create a session of a series, with its programme if given. Flushes.

    Args:
        session: the database.
        now: the present instant.
        series: the series.
        values: everything said of the session; published at once when they say so.
        sections: its programme.
        actor: as the log names who did it.
        instance_languages: in which texts may be; None: the series'.

    Raises:
        InvalidValuesError: with every fault.
    """
    values, cleaned = check_session(series, values, sections, instance_languages)
    check_slug_free(session, series, values.slug, None)
    if values.is_published:
        _check_complete(series, values, cleaned or ())
    one = WorkshopSession(series=series, revised_at=now)
    _write(one, values)
    one.is_published, one.published_at = values.is_published, now if values.is_published else None
    one.cancelled_at = now if values.status is SessionStatus.CANCELLED else None
    one.postponed_at = now if values.is_postponed else None
    session.add(one)
    session.flush()
    forget(session, [f"session:{one.id}"])
    _set_people(session, now, one, values)
    write_programme(session, now=now, workshop_session=one, sections=cleaned or ())
    touch(session, series, now=now)
    level, _ = effective_level(session=one.level, series=series.level)
    details = {"level": level.value, "published": one.is_published}
    record(
        session,
        now=now,
        actor=actor,
        action="programme.create_session",
        object_=f"session:{one.id}",
        details=details,
    )
    return one


def update_session(  # noqa: PLR0913 (what is said, of what, how, and by whom)
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    values: SessionValues,
    has_answers: bool,
    sections: Sequence[SectionValues] | None = None,
    is_whole: bool = False,
    fine: Collection[tuple[str, str]] = (),
    actor: str = "command",
    instance_languages: Sequence[str] | None = None,
) -> bool:
    """Bring a session up to date; returns whether that changed anything. Flushes.

    A corrected text raises the revision only; time, zone, place, mode, status and a stricter level raise SEQUENCE too,
    once for the whole act. A looser level is asked of everybody concerned where somebody has answered.

    Args:
        session: the database.
        now: the present instant.
        workshop_session: the session.
        values: everything said of it.
        has_answers: whether anyone has answered, counted under `lock`.
        sections: its programme; None leaves it as it is.
        is_whole: whether `sections` is all of it, as `write_programme` says.
        fine: fields and languages whose text is said to hold though another language of it changed.
        actor: as the log names who did it.
        instance_languages: in which texts may be; None: the series'.

    Raises:
        InvalidValuesError: with every fault; the caller rolls back.
    """
    series = workshop_session.series
    values, cleaned = check_session(series, values, sections, instance_languages)
    check_slug_free(session, series, values.slug, workshop_session.id)
    lock(session, [workshop_session])
    before = remember(series, [workshop_session])
    is_changed = write_session(
        session, now=now, workshop_session=workshop_session, values=values, actor=actor, fine=fine
    )
    if cleaned is not None and write_programme(
        session, now=now, workshop_session=workshop_session, sections=cleaned, is_whole=is_whole, actor=actor
    ):
        is_changed = True
    if is_changed:
        touch(session, series, now=now)
    answers = {workshop_session.id: int(has_answers)}
    settled = settle(session, now=now, actor=actor, series=series, before=before, answers=answers)
    if settled.faults:
        raise InvalidValuesError(fault for _, fault in settled.faults)
    return is_changed


def write_session(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    values: SessionValues,
    actor: str = "command",
    fine: Collection[tuple[str, str]] = (),
) -> bool:
    """Write checked values over a session; returns whether that changed anything. The caller settles. Flushes.

    Args:
        session: the database.
        now: the present instant.
        workshop_session: the session.
        values: everything said of it.
        actor: as the log names who did it.
        fine: as `update_session` says.
    """
    old = session_values(workshop_session)
    kept: dict[str, Any] = {name: None for name in ("moderators", "partners") if getattr(values, name) is None}
    old_whole = dataclasses.replace(old, **kept)
    if _comparable(old_whole) == _comparable(values):
        return False
    of_series = workshop_session.series.level
    are_named = any(
        names_in_calendars(effective_level(session=one.level, series=of_series)[0]) for one in (old_whole, values)
    )
    seen, seen_before = (_without_unseen(one, are_named=are_named) for one in (values, old_whole))
    if _comparable(seen_before) != _comparable(seen):
        workshop_session.revised_at = now
    if old.slug != values.slug:
        former = OldSlug(
            slug=old.slug, within_series_id=workshop_session.series_id, workshop_session_id=workshop_session.id
        )
        keep_old_slug(session, former, values.slug)
    texts = texts_of(workshop_session, SESSION_TEXTS)
    _write(workshop_session, values)
    _follow_texts(session, now, actor, workshop_session, texts, fine)
    if values.is_published and not workshop_session.is_published:
        workshop_session.published_at = workshop_session.published_at or now
    workshop_session.is_published = values.is_published
    workshop_session.postponed_at = (workshop_session.postponed_at or now) if values.is_postponed else None
    session.flush()
    _set_people(session, now, workshop_session, values)
    return True


def _follow_texts(
    session: Session,
    now: datetime,
    actor: str,
    one: WorkshopSession,
    before: Mapping[str, Localized],
    fine: Collection[tuple[str, str]],
) -> None:
    follow(
        session,
        now=now,
        actor=actor,
        series_id=one.series_id,
        owner=f"session:{one.id}",
        before=before,
        after=texts_of(one, SESSION_TEXTS),
        fine=fine,
    )


def is_session_slug_taken(session: Session, series_id: int, slug: str, session_id: int | None) -> bool:
    """Whether another session of the series has this address or had it: an old address leads on for ever."""
    taken = sa.select(WorkshopSession.id).where(WorkshopSession.series_id == series_id, WorkshopSession.slug == slug)
    former = sa.select(OldSlug.workshop_session_id).where(OldSlug.within_series_id == series_id, OldSlug.slug == slug)
    owners = set(session.scalars(taken)) | set(session.scalars(former))
    return bool(owners - {session_id})


def check_session(
    series: Series,
    values: SessionValues,
    sections: Sequence[SectionValues] | None,
    instance_languages: Sequence[str] | None,
) -> tuple[SessionValues, tuple[SectionValues, ...] | None]:
    """Return what was entered, cleaned.

    Args:
        series: its languages, zone and level are the defaults.
        values: everything said of a session.
        sections: its programme; None leaves it as it is.
        instance_languages: in which texts may be; None: the series'.

    Raises:
        InvalidValuesError: with every fault.
    """
    checker = Checker(instance_languages or series.languages)
    values = clean_session(values, checker, languages=series.languages, tzid=series.tzid, series_level=series.level)
    cleaned = None
    if sections is not None:
        level, _ = effective_level(session=values.level, series=series.level)
        cleaned = clean_sections(sections, checker, session_level=level)
    if missing := lacking_sentence(series.own_sentence, values, series.languages):
        checker.add("own_sentence", "lacks_own_sentence", languages=missing)
    checker.raise_any()
    return values, cleaned


def _check_complete(series: Series, values: SessionValues, sections: Sequence[SectionValues]) -> None:
    """Raise InvalidValuesError for what a session cannot be published without."""
    lacking = lacking_texts(values, [section.title for section in sections], series.languages)
    if lacking:
        raise InvalidValuesError(
            Fault(name, "lacks_language", {"languages": missing}) for name, missing in lacking.items()
        )


def check_slug_free(session: Session, series: Series, slug: str, session_id: int | None) -> None:
    """Raise InvalidValuesError where another session of the series has this address or had it."""
    if is_session_slug_taken(session, series.id, slug, session_id):
        raise InvalidValuesError([Fault("slug", "slug_taken", {})])


def _comparable(values: SessionValues) -> tuple[Any, ...]:
    """Return the values with times as instants: a fold said and a fold implied are the same moment."""
    moments = _moments(values)
    return (
        *moments,
        dataclasses.replace(values, fold=None, ends_fold=None, rsvp_opens_fold=None, rsvp_closes_fold=None),
    )


def _without_unseen(values: SessionValues, *, are_named: bool) -> SessionValues:
    """Return the values without those that no calendar shows: no date there tells that the room or a limit changed.

    Nor who moderates, unless calendars name people under the session's level (`are_named`).
    """
    return dataclasses.replace(
        values,
        moderators=values.moderators if are_named else None,
        room_link="",
        capacity=None,
        has_waiting_list=True,
        needs_approval=False,
        shares=(),
        rsvp_opens_wall=None,
        rsvp_closes_wall=None,
        reminders=None,
    )


def _moments(values: SessionValues) -> tuple[datetime, datetime, datetime | None, datetime | None]:
    opens, closes = values.rsvp_opens_wall, values.rsvp_closes_wall
    return (
        to_instant(values.starts_wall, values.tzid, fold=values.fold),
        to_instant(values.ends_wall, values.tzid, fold=end_fold(values.fold, values.ends_fold)),
        None if opens is None else to_instant(opens, values.tzid, fold=values.rsvp_opens_fold),
        None if closes is None else to_instant(closes, values.tzid, fold=values.rsvp_closes_fold),
    )


def _write(one: WorkshopSession, values: SessionValues) -> None:
    for name in _COLUMNS:
        if getattr(one, name) != getattr(values, name):
            setattr(one, name, getattr(values, name))
    one.starts_at, one.ends_at, one.rsvp_opens_at, one.rsvp_closes_at = _moments(values)
    one.interpretation = tuple(
        {"from": entry.source, "into": entry.target, "scope": entry.scope.to_json()} for entry in values.interpretation
    )
    shares = tuple(
        {"key": key, "name": share.name.to_json(), "percent": share.percent}
        for key, share in zip(
            keys_of(one.shares or (), [share.name for share in values.shares], "name"), values.shares, strict=True
        )
    )
    if one.shares != shares:
        one.shares = shares


def _set_people(session: Session, now: datetime, one: WorkshopSession, values: SessionValues) -> None:
    if values.moderators is not None:
        set_moderators(session, now=now, workshop_session=one, keys=values.moderators)
    if values.partners is not None:
        set_partners(session, now=now, series_id=one.series_id, workshop_session_id=one.id, values=values.partners)
        session.expire(one, ["partners"])
