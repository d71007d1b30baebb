"""Reading series and sessions whole, each in a small number of statements that does not grow with what is found."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from workshop.accounts.models import SeriesRole
from workshop.accounts.queries import holds
from workshop.chatham.rule import Level, Visibility
from workshop.core.errors import NotFoundError
from workshop.core.probe import Probe, literal
from workshop.people.models import ChangeState, Person, Portrait, SpeakerChange
from workshop.programme.models import (
    Item,
    LevelProposal,
    OldSlug,
    Question,
    Section,
    Series,
    Slides,
    SpeakerAgreement,
    SpeakerSlot,
    WorkshopSession,
)


class SeriesMark(NamedTuple):
    """What decides whether kept bytes about a series are still right."""

    id: int
    slug: str
    revision: int
    is_public: bool
    newest_uid: str | None
    """The greatest of its sessions' random uids: tells two databases apart that count alike."""


_KNOWN_SERIES = Series.visibility != literal(Visibility.INVITE_ONLY)
KNOWN_SESSION = sa.and_(
    _KNOWN_SERIES,
    WorkshopSession.is_published,
    sa.or_(WorkshopSession.visibility.is_(None), WorkshopSession.visibility != literal(Visibility.INVITE_ONLY)),
    sa.func.coalesce(WorkshopSession.level, Series.level) != literal(Level.CLOSED),
)
"""What anybody may know of. The view decides; this keeps the hidden from being loaded, which would take its time and
so tell that it exists."""
_MARK = (
    Series.id,
    Series.slug,
    Series.revision,
    Series.visibility == literal(Visibility.PUBLIC),
    sa.select(sa.func.max(WorkshopSession.uid))
    .where(WorkshopSession.series_id == Series.id)
    .correlate(Series)
    .scalar_subquery(),
)
_MARK_BY_SLUG = Probe(sa.select(*_MARK).where(Series.slug == sa.bindparam("slug"), _KNOWN_SERIES), SeriesMark)
_PUBLIC_MARKS = Probe(
    sa.select(*_MARK).where(Series.visibility == literal(Visibility.PUBLIC)).order_by(Series.id), SeriesMark
)


def session_parts() -> tuple[ORMOption, ...]:
    """Return the options that load a session's programme, people and partners along with it."""
    return (
        selectinload(WorkshopSession.sections)
        .selectinload(Section.items)
        .selectinload(Item.slots)
        .joinedload(SpeakerSlot.consents),
        selectinload(WorkshopSession.slots).joinedload(SpeakerSlot.consents),
        selectinload(WorkshopSession.partners),
    )


def material_parts() -> tuple[ORMOption, ...]:
    """Return the options that load a session's slides, without their content, and its recordings along with it."""
    return (selectinload(WorkshopSession.slides), selectinload(WorkshopSession.recordings))


def series_parts() -> tuple[ORMOption, ...]:
    """Return what loads a series whole, in a fixed number of statements."""
    return (
        selectinload(Series.committee),
        selectinload(Series.partners),
        *_programmes(selectinload(Series.sessions)),
    )


def _programmes(sessions: Any) -> tuple[ORMOption, ...]:
    items = sessions.selectinload(WorkshopSession.sections).selectinload(Section.items)
    return (
        items.selectinload(Item.slots).joinedload(SpeakerSlot.consents),
        sessions.selectinload(WorkshopSession.slots).joinedload(SpeakerSlot.consents),
        sessions.selectinload(WorkshopSession.partners),
    )


def find_series(session: Session, slug: str) -> Series | None:
    """Return the series of exactly that slug, whole."""
    return session.scalars(sa.select(Series).where(Series.slug == slug).options(*series_parts())).one_or_none()


def find_bare_series(session: Session, slug: str) -> Series | None:
    """Return the series of exactly that slug and nothing along with it."""
    return session.scalars(sa.select(Series).where(Series.slug == slug)).one_or_none()


def find_series_with_sessions(session: Session, slug: str, *, has_names: bool = False) -> Series | None:
    """Return the series of exactly that slug with its sessions and their items, whose levels count.

    With `has_names` also who speaks in them, and their partners.
    """
    sessions = selectinload(Series.sessions)
    parts: tuple[ORMOption, ...] = (sessions.selectinload(WorkshopSession.sections).selectinload(Section.items),)
    if has_names:
        parts = _programmes(sessions)
    return session.scalars(sa.select(Series).where(Series.slug == slug).options(*parts)).one_or_none()


def find_held(session: Session, slug: str, *, organiser_id: int, now: datetime) -> SeriesRole | None:
    """Return what somebody holds in the series of that slug; None: it does not exist for them."""
    statement = sa.select(SeriesRole).join(Series, Series.id == SeriesRole.series_id)
    return session.scalar(statement.where(Series.slug == slug, SeriesRole.organiser_id == organiser_id, holds(now)))


def is_one_of(session: Session, slug: str, series_ids: Collection[int]) -> bool:
    """Whether the series of that slug is among these."""
    found = sa.select(Series.id).where(Series.slug == slug, Series.id.in_(list(series_ids)))
    return session.scalar(found) is not None


_BY_ID = (
    sa.select(WorkshopSession)
    .join(WorkshopSession.series)
    .where(WorkshopSession.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(WorkshopSession.starts_at, WorkshopSession.id)
    .options(contains_eager(WorkshopSession.series), *session_parts())
)


def find_known_session(
    session: Session, series_slug: str, slug: str, *, has_materials: bool = False
) -> WorkshopSession | None:
    """Return the session of exactly these slugs as `find_session` does; None also where the public may not know it."""
    return find_session(session, series_slug, slug, KNOWN_SESSION, has_materials=has_materials)


def find_session(
    session: Session, series_slug: str, slug: str, *conditions: sa.ColumnElement[bool], has_materials: bool = False
) -> WorkshopSession | None:
    """Return the session of exactly these slugs, whole, its series' own columns with it."""
    parts = (*session_parts(), *material_parts()) if has_materials else session_parts()
    statement = (
        sa.select(WorkshopSession)
        .join(WorkshopSession.series)
        .where(Series.slug == series_slug, WorkshopSession.slug == slug, *conditions)
        .options(contains_eager(WorkshopSession.series), *parts)
    )
    return session.scalars(statement).one_or_none()


# Written once: putting it together takes longer than the database's answer.
_TO_ANSWER = (
    sa.select(WorkshopSession)
    .join(WorkshopSession.series)
    .where(Series.slug == sa.bindparam("series"), WorkshopSession.slug == sa.bindparam("slug"), KNOWN_SESSION)
    .options(
        contains_eager(WorkshopSession.series),
        joinedload(WorkshopSession.sections)
        .load_only(Section.position)
        .joinedload(Section.items)
        .load_only(Item.position, Item.level),
    )
)


_QUESTIONS = (
    sa.select(Question)
    .where(
        Question.series_id == sa.bindparam("series"),
        sa.or_(
            Question.workshop_session_id.is_(None),
            Question.workshop_session_id.in_(sa.bindparam("sessions", expanding=True)),
        ),
    )
    # Neither database agrees with the other on where None comes.
    .order_by(Question.workshop_session_id.is_not(None), Question.workshop_session_id, Question.position, Question.id)
)


def find_session_to_answer(session: Session, series_slug: str, slug: str) -> WorkshopSession | None:
    """Return the session of exactly these slugs with its series, and of its programme the levels: one statement."""
    return session.scalars(_TO_ANSWER, {"series": series_slug, "slug": slug}).unique().one_or_none()


def find_slides(session: Session, workshop_session_id: int, key: str) -> Slides | None:
    """Return the slides of that key, without their content, if they belong to that session."""
    found = sa.select(Slides).join(SpeakerSlot, SpeakerSlot.id == Slides.slot_id)
    found = found.where(Slides.key == key, SpeakerSlot.workshop_session_id == workshop_session_id)
    return session.scalars(found).one_or_none()


def find_slides_content(session: Session, key: str) -> tuple[str, bytes] | None:
    """Return the media type and the content of slides; None for a key that nothing has."""
    found = session.execute(sa.select(Slides.media_type, Slides.content).where(Slides.key == key)).one_or_none()
    return None if found is None else (found[0], found[1])


def find_portrait_content(session: Session, key: str) -> tuple[str, bytes] | None:
    """Return the media type and the content of a portrait; None for a key that nothing has."""
    found = session.execute(sa.select(Portrait.media_type, Portrait.content).where(Portrait.key == key)).one_or_none()
    return None if found is None else (found[0], found[1])


def count_parts(session: Session, person_id: int) -> int:
    """Return in how many parts of programmes somebody speaks or moderates, published or not."""
    return session.scalar(sa.select(sa.func.count()).where(SpeakerSlot.person_id == person_id)) or 0


def list_changes(
    session: Session, series_id: int, *, states: Collection[ChangeState] = (ChangeState.WAITING,)
) -> Sequence[SpeakerChange]:
    """Return what those who speak in a series asked to change, in these states, the earliest first."""
    statement = sa.select(SpeakerChange).where(SpeakerChange.series_id == series_id, SpeakerChange.state.in_(states))
    return session.scalars(statement.order_by(SpeakerChange.asked_at, SpeakerChange.id)).all()


def list_changes_of_person(session: Session, person_id: int) -> Sequence[SpeakerChange]:
    """Return what somebody asked to change, the latest first."""
    statement = sa.select(SpeakerChange).where(SpeakerChange.person_id == person_id)
    return session.scalars(statement.order_by(SpeakerChange.asked_at.desc(), SpeakerChange.id.desc())).all()


def find_series_alone(session: Session, slug: str) -> Series | None:
    """Return the series of exactly that slug without its sessions, for `iterate_sessions`."""
    options = (selectinload(Series.committee), selectinload(Series.partners))
    return session.scalars(sa.select(Series).where(Series.slug == slug).options(*options)).one_or_none()


def iterate_sessions(session: Session, series: Series) -> Iterator[WorkshopSession]:
    """Yield a series' sessions whole, five hundred at a time, so that thousands need not be in memory at once."""
    of_series = sa.select(WorkshopSession).where(WorkshopSession.series_id == series.id)
    statement = of_series.order_by(WorkshopSession.starts_at, WorkshopSession.id).options(*session_parts())
    yield from session.scalars(statement.execution_options(yield_per=500))


def list_public_series(session: Session) -> Sequence[Series]:
    """Return every series that anybody may find, whole, oldest first."""
    statement = sa.select(Series).where(Series.visibility == Visibility.PUBLIC).order_by(Series.id)
    return session.scalars(statement.options(*series_parts())).all()


def find_current_series_slug(session: Session, slug: str) -> str | None:
    """Return the slug that a series has now which once had `slug`; None where the public may not know it."""
    statement = (
        sa.select(Series.slug)
        .join(OldSlug, OldSlug.series_id == Series.id)
        .where(OldSlug.within_series_id.is_(None), OldSlug.slug == slug, _KNOWN_SERIES)
        .order_by(OldSlug.id.desc())
        .limit(1)
    )
    return session.scalar(statement)


def find_current_slugs(session: Session, series_slug: str, slug: str) -> tuple[str, str] | None:
    """Return the slugs, of series and session, under which a session is found now; None for one that never was.

    One that the public may not know is like one that never was. Either of the two, or both, may be old.
    """
    now = session.scalar(sa.select(Series.slug).where(Series.slug == series_slug, _KNOWN_SERIES))
    now = now or find_current_series_slug(session, series_slug)
    if now is None:
        return None
    of_series = (
        sa.select(WorkshopSession.slug)
        .join(Series, Series.id == WorkshopSession.series_id)
        .where(Series.slug == now, KNOWN_SESSION)
    )
    found = session.scalar(of_series.where(WorkshopSession.slug == slug))
    if found is None:
        by_old = of_series.join(OldSlug, OldSlug.workshop_session_id == WorkshopSession.id)
        by_old = by_old.where(OldSlug.within_series_id == Series.id, OldSlug.slug == slug)
        found = session.scalar(by_old.order_by(OldSlug.id.desc()).limit(1))
    return None if found is None else (now, found)


def list_questions(session: Session, series_id: int, session_ids: Collection[int]) -> Sequence[Question]:
    """Return the questions of a series itself, then those of these of its sessions, each in their order."""
    return session.scalars(_QUESTIONS, {"series": series_id, "sessions": list(session_ids)}).all()


def list_sessions(session: Session, session_ids: Collection[int]) -> Sequence[WorkshopSession]:
    """Return these sessions whole, with their series' own columns, the earliest first."""
    return session.scalars(_BY_ID, {"ids": list(session_ids)}).all()


def count_coming(session: Session, series_id: int, *, now: datetime) -> int:
    """Return how many sessions, of any kind, have not ended: changes when a page that lists them must."""
    statement = sa.select(sa.func.count()).where(WorkshopSession.series_id == series_id, WorkshopSession.ends_at > now)
    return session.scalar(statement) or 0


def find_series_mark(engine: Engine, slug: str) -> SeriesMark | None:
    """Return a series' mark; None where the public may not know it."""
    return next(iter(_MARK_BY_SLUG(engine, slug=slug)), None)


def get_series_mark(engine: Engine, session: Session, slug: str) -> SeriesMark:
    """Return a series' mark by its slug or one that it had; raises NotFoundError where the public may not know it."""
    mark = find_series_mark(engine, slug)
    if mark is None and (current := find_current_series_slug(session, slug)):
        mark = find_series_mark(engine, current)
    if mark is None:
        raise NotFoundError
    return mark


def list_public_marks(engine: Engine) -> tuple[SeriesMark, ...]:
    """Return the marks of every public series."""
    return tuple(_PUBLIC_MARKS(engine))


def find_proposal(session: Session, workshop_session_id: int) -> LevelProposal | None:
    """Return the looser level that is asked about for a session; None for none."""
    return session.scalar(sa.select(LevelProposal).where(LevelProposal.workshop_session_id == workshop_session_id))


def list_proposals(session: Session, workshop_session_ids: Collection[int]) -> Sequence[LevelProposal]:
    """Return what is asked about for any of these sessions."""
    found = sa.select(LevelProposal).where(LevelProposal.workshop_session_id.in_(list(workshop_session_ids)))
    return session.scalars(found.order_by(LevelProposal.id)).all() if workshop_session_ids else []


def list_proposals_of_person(session: Session, person_id: int) -> Sequence[tuple[LevelProposal, datetime | None]]:
    """Return what is asked of somebody who speaks or moderates, each with when they agreed; None: not yet."""
    rows = session.execute(
        sa.select(LevelProposal, SpeakerAgreement.agreed_at)
        .outerjoin(
            SpeakerAgreement,
            sa.and_(SpeakerAgreement.proposal_id == LevelProposal.id, SpeakerAgreement.person_id == person_id),
        )
        .where(sa.exists().where(SpeakerSlot.person_id == person_id, asks_slot()))
        .order_by(LevelProposal.id)
    )
    return [(row[0], row[1]) for row in rows]


def is_asked_to_speak(session: Session, proposal: LevelProposal, person_id: int) -> bool:
    """Whether a proposal is asked of this person, because they speak or moderate where it would count."""
    statement = sa.select(SpeakerSlot.id).join(LevelProposal, asks_slot())
    return (
        session.scalar(statement.where(LevelProposal.id == proposal.id, SpeakerSlot.person_id == person_id)) is not None
    )


def list_asked_people(session: Session, proposal: LevelProposal) -> Sequence[tuple[Person, datetime | None]]:
    """Return who is asked because they speak or moderate, each with when they agreed; None: not yet."""
    rows = session.execute(
        sa.select(Person, SpeakerAgreement.agreed_at)
        .outerjoin(
            SpeakerAgreement,
            sa.and_(SpeakerAgreement.proposal_id == proposal.id, SpeakerAgreement.person_id == Person.id),
        )
        .where(
            Person.id.in_(
                sa.select(SpeakerSlot.person_id).join(LevelProposal, asks_slot()).where(LevelProposal.id == proposal.id)
            )
        )
        .order_by(Person.id)
    )
    return [(row[0], row[1]) for row in rows]


def asks_slot() -> sa.ColumnElement[bool]:
    """Whether a proposal is asked of whose slot it is: all those of a session, or of the one item, who still come."""
    return sa.and_(
        SpeakerSlot.declined_at.is_(None),
        SpeakerSlot.workshop_session_id == LevelProposal.workshop_session_id,
        sa.or_(LevelProposal.item_id.is_(None), SpeakerSlot.item_id == LevelProposal.item_id),
    )


def list_sessions_of_person(session: Session, person_id: int) -> Sequence[WorkshopSession]:
    """Return the sessions in which somebody speaks or moderates, as `list_sessions` does."""
    ids = session.scalars(sa.select(SpeakerSlot.workshop_session_id).where(SpeakerSlot.person_id == person_id)).all()
    return list_sessions(session, set(ids))


def count_slides(session: Session, series_id: int) -> dict[int, int]:
    """Return slot's id → how many files of slides it has, of those in a series that have any."""
    rows = session.execute(
        sa.select(Slides.slot_id, sa.func.count())
        .join(SpeakerSlot, SpeakerSlot.id == Slides.slot_id)
        .join(WorkshopSession, WorkshopSession.id == SpeakerSlot.workshop_session_id)
        .where(WorkshopSession.series_id == series_id)
        .group_by(Slides.slot_id)
    )
    return {row[0]: row[1] for row in rows}
