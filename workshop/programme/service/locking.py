"""The rows of sessions held until the transaction ends, and what the Rule asks of them read anew once they are.

Apart from `standing` and `materials`, which both need it and of which the first needs the second.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.orm.util import identity_key

from workshop.core.errors import NotFoundError
from workshop.programme.models import Item, Recording, Section, Series, SpeakerConsent, SpeakerSlot, WorkshopSession


def lock(session: Session, sessions: Iterable[WorkshopSession]) -> None:
    """Lock the rows of sessions, in the order of their ids, until the transaction ends; call it before any change."""
    found = [one for one in sessions if one.id]
    if found:
        session.execute(
            sa.select(WorkshopSession.id)
            .where(WorkshopSession.id.in_([one.id for one in found]))
            .order_by(WorkshopSession.id)
            .with_for_update()
        ).all()
        read_rule_again(session, found)


def hold(session: Session, row: Any, *lists: str) -> None:
    """Lock a row until the transaction ends, and read its columns and `lists` as they are then.

    Whoever waited for the lock read it before whoever held it changed it. Sessions are locked before it, by `lock`.

    Raises:
        NotFoundError: it was deleted meanwhile.
    """
    model = type(row)
    columns = [one.key for one in sa.inspect(model).column_attrs]
    for name in lists:
        for one in getattr(row, name):
            session.expire(one)
        session.expire(row, [name])
    try:
        session.refresh(row, columns, with_for_update={"of": model, "key_share": True})
    except InvalidRequestError:
        raise NotFoundError from None


def read_rule_again(session: Session, sessions: Collection[WorkshopSession]) -> None:
    """Read levels, consents and recordings of locked sessions as the database has them now.

    Whoever waited for the lock read them before whoever held it changed them. A level just made stricter would be
    loosened by somebody who knows the old one, and a recording published after its speaker withdrew.
    """
    found = {one.id: one for one in sessions}
    rows = session.execute(
        sa.select(WorkshopSession.id, WorkshopSession.level, Series.level)
        .join(WorkshopSession.series)
        .where(WorkshopSession.id.in_(list(found)))
    )
    for session_id, level, of_series in rows:
        set_committed_value(found[session_id], "level", level)
        set_committed_value(found[session_id].series, "level", of_series)
    items = sa.select(Item.id, Item.level).join(Section, Section.id == Item.section_id)
    for item_id, level in session.execute(items.where(Section.workshop_session_id.in_(list(found)))):
        if (item := session.identity_map.get(identity_key(Item, item_id))) is not None:
            set_committed_value(item, "level", level)
    _read_materials_again(session, found)


def _read_materials_again(session: Session, found: dict[int, WorkshopSession]) -> None:
    of_slots = sa.select(SpeakerSlot.id).where(SpeakerSlot.workshop_session_id.in_(list(found)))
    said = sa.select(SpeakerConsent).where(SpeakerConsent.slot_id.in_(of_slots))
    consents: dict[int, list[SpeakerConsent]] = {slot_id: [] for slot_id in session.scalars(of_slots)}
    for one in session.scalars(said.execution_options(populate_existing=True)):
        consents[one.slot_id].append(one)
    for slot_id, those in consents.items():
        if (slot := session.identity_map.get(identity_key(SpeakerSlot, slot_id))) is not None:
            set_committed_value(slot, "consents", those)
    recorded = sa.select(Recording).where(Recording.workshop_session_id.in_(list(found))).order_by(Recording.id)
    recordings: dict[int, list[Recording]] = {session_id: [] for session_id in found}
    for recording in session.scalars(recorded.execution_options(populate_existing=True)):
        recordings[recording.workshop_session_id].append(recording)
    for session_id, kept in recordings.items():
        set_committed_value(found[session_id], "recordings", kept)
