"""The directory of a series: people added, changed, merged and taken out, their portraits; each act in the log."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from workshop.audit.service import record
from workshop.core import links
from workshop.core.errors import ConflictError
from workshop.core.faults import Fault, InvalidValuesError
from workshop.core.localized import Localized
from workshop.core.uploads import CleanFile
from workshop.mail import personal_data as mail_data
from workshop.people import staleness
from workshop.people.matching import new_key
from workshop.people.models import Person, Portrait
from workshop.people.service import list_by_key, raise_revision, save_person
from workshop.people.values import FormerValues, PersonValues, person_values
from workshop.programme.models import Series
from workshop.programme.queries import count_parts
from workshop.programme.service.history import replace_key


class HasPartsError(ConflictError):
    """Whoever stands in a programme is taken out of it first, or merged."""

    code = "person_has_parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPost:
    """Another role or other affiliations of somebody's."""

    role: Localized
    affiliations: tuple[Localized, ...]
    since: date | None
    """The first day on which it holds; None: what stood there was wrong, and is corrected in every programme."""


def add_person(
    session: Session, *, now: datetime, series: Series, values: PersonValues, actor: str, languages: Sequence[str]
) -> Person:
    """Add somebody to the directory of a series; `values.key` empty: one is made of the name. Flushes.

    Args:
        session: the database.
        now: the present instant.
        series: its own columns are enough.
        values: everything said of the person.
        actor: as the log names who did it.
        languages: of texts.

    Raises:
        InvalidValuesError: with every fault; `key_taken` for a key that somebody has.
    """
    taken = list_by_key(session, series_id=series.id)
    key = values.key or new_key(values.name, taken)
    if key in taken:
        raise InvalidValuesError([Fault("key", "key_taken")])
    made = save_person(
        session,
        now=now,
        series_id=series.id,
        values=dataclasses.replace(values, key=key),
        languages=languages,
        actor=actor,
    )
    session.expire(series, ["people"])
    _log(session, now, actor, "programme.add_person", made.id)
    return made


def change_person(
    session: Session,
    *,
    now: datetime,
    person: Person,
    values: PersonValues,
    actor: str,
    languages: Sequence[str],
    post: NewPost | None = None,
) -> bool:
    """Change what is said of somebody; returns whether that changed anything. Flushes.

    Args:
        session: the database.
        now: the present instant.
        person: of a series.
        values: everything said of them; the key stays as it is.
        actor: as the log names who did it.
        languages: of texts.
        post: role and affiliations, instead of those of `values`.

    Raises:
        InvalidValuesError: with every fault.
    """
    before = person_values(person)
    values = dataclasses.replace(values, key=person.key)
    if post is not None:
        values = with_post(values, post, before=before)
    save_person(session, now=now, series_id=person.series_id, values=values, languages=languages, actor=actor)
    changed = [field.name for field in dataclasses.fields(before)]
    after = person_values(person)
    changed = [name for name in changed if getattr(before, name) != getattr(after, name)]
    if changed:
        _log(session, now, actor, "programme.change_person", person.id, fields=changed)
    return bool(changed)


def with_post(values: PersonValues, post: NewPost, *, before: PersonValues) -> PersonValues:
    """Return the values with another role and affiliations, dated where they are said to have changed.

    Raises:
        InvalidValuesError: the day is not after the last change.
    """
    changes = (post.role, post.affiliations) != (before.role, before.affiliations)
    former = values.former
    if post.since is not None and changes:
        if former and post.since <= former[-1].until:
            raise InvalidValuesError([Fault("since", "not_in_order")])
        role = before.role if post.role != before.role else None
        former = (*former, FormerValues(until=post.since, affiliations=before.affiliations, role=role))
    return dataclasses.replace(values, role=post.role, affiliations=post.affiliations, former=former)


def delete_person(session: Session, *, now: datetime, person: Person, actor: str) -> None:
    """Take somebody out of the directory, with all that is held of them. Flushes.

    Raises:
        HasPartsError: they speak or moderate somewhere.
    """
    if count_parts(session, person.id):
        raise HasPartsError
    person_id, series_id = person.id, person.series_id
    replace_key(session, series_id=series_id, old=person.key, new=None)
    forget(session, now=now, person=person)
    raise_revision(session, now=now, series_id=series_id)
    _log(session, now, actor, "programme.delete_person", person_id)


def forget(session: Session, *, now: datetime, person: Person) -> None:
    """Delete a person with their links and mail. Flushes."""
    mail_data.erase(session, person_ref=person.subject, now=now)
    links.revoke(session, subjects=[person.subject])
    staleness.forget(session, [f"person:{person.id}"])
    session.expire(person)
    session.delete(person)
    session.flush()


def set_portrait(session: Session, *, now: datetime, person: Person, file: CleanFile, actor: str) -> None:
    """Keep a portrait, made by `core.uploads.clean_portrait`, in place of the one before. Flushes."""
    session.execute(sa.delete(Portrait).where(Portrait.person_id == person.id))
    session.add(
        Portrait(
            person_id=person.id,
            media_type=file.media_type,
            content=file.content,
            uploaded_at=now,
            uploaded_by=actor,
        )
    )
    session.flush()
    session.expire(person, ["portrait"])
    raise_revision(session, now=now, series_id=person.series_id)
    _log(session, now, actor, "programme.set_portrait", person.id)


def remove_portrait(session: Session, *, now: datetime, person: Person, actor: str) -> bool:
    """Take a portrait away for good; returns whether there was one. Flushes."""
    if session.scalar(sa.select(Portrait.person_id).where(Portrait.person_id == person.id)) is None:
        return False
    session.execute(sa.delete(Portrait).where(Portrait.person_id == person.id))
    session.expire(person, ["portrait"])
    raise_revision(session, now=now, series_id=person.series_id)
    _log(session, now, actor, "programme.remove_portrait", person.id)
    return True


def _log(session: Session, now: datetime, actor: str, action: str, person_id: int, fields: Sequence[str] = ()) -> None:
    details = {"fields": list(fields)} if fields else {}
    record(session, now=now, actor=actor, action=action, object_=f"person:{person_id}", details=details)
