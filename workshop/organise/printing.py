"""A programme that is being edited, as its session's page would print it: shown beside the editor and never stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm.attributes import set_committed_value

from workshop.chatham.rule import Audience, Surface
from workshop.people.models import Person
from workshop.programme.models import Item, Section, SlotRole, SpeakerSlot, WorkshopSession
from workshop.programme.service.values import ItemValues, SectionValues
from workshop.programme.view import SessionView, session_view
from workshop.programme.view.speakers import slots_of

_Slots = Mapping[tuple[int | None, SlotRole, str], SpeakerSlot]
_WHOLE = 0
"""In the place of an item's id: the session as a whole. An item that is not stored yet has None."""


def printed(
    workshop_session: WorkshopSession,
    *,
    moderators: Sequence[str],
    sections: Sequence[SectionValues],
    people: Mapping[str, Person],
    names_people: bool,
) -> tuple[SessionView | None, bool]:
    """Return a session's page with this programme, and whether that is what the public sees of it.

    Where the level keeps the programme from the public it is what participants see.

    Args:
        workshop_session: whole, with its series; left as it is.
        moderators: keys of people, of the session as a whole.
        sections: the programme.
        people: key → person of the series; whoever is not among them is left out.
        names_people: whether its reader may know who speaks where the public may not.
    """
    drawn = _draw(workshop_session, moderators, sections, people)
    public = session_view(drawn, audience=Audience.PUBLIC, surface=Surface.PAGE, has_address=True)
    if public is not None and (public.sections or not sections):
        return public, True
    if not names_people:
        return session_view(drawn, audience=Audience.HELPER, surface=Surface.PAGE), False
    return session_view(drawn, audience=Audience.PARTICIPANT, surface=Surface.PERSONAL_PAGE), False


def _draw(
    stored: WorkshopSession, moderators: Sequence[str], sections: Sequence[SectionValues], people: Mapping[str, Person]
) -> WorkshopSession:
    """Return a session that no database knows: columns of the stored one, this programme, published."""
    drawn = WorkshopSession(**{one.key: getattr(stored, one.key) for one in sa.inspect(WorkshopSession).column_attrs})
    drawn.is_published = True
    slots: _Slots = {(item.id if item else _WHOLE, one.role, one.person.key): one for one, item in slots_of(stored)}
    parts = [_section(one, number, slots, people) for number, one in enumerate(sections)]
    _relate(
        drawn,
        series=stored.series,
        partners=list(stored.partners),
        recordings=[],
        slides=[],
        sections=parts,
        slots=_slots(_WHOLE, SlotRole.MODERATOR, moderators, slots, people),
    )
    return drawn


def _section(values: SectionValues, number: int, slots: _Slots, people: Mapping[str, Person]) -> Section:
    section = Section(id=values.id, position=number, title=values.title)
    _relate(section, items=[_item(one, index, slots, people) for index, one in enumerate(values.items)])
    return section


def _item(values: ItemValues, index: int, slots: _Slots, people: Mapping[str, Person]) -> Item:
    item = Item(
        id=values.id,
        position=index,
        kind=values.kind,
        title=values.title,
        abstract=values.abstract,
        starts=values.starts,
        minutes=values.minutes,
        level=values.level,
    )
    speakers = _slots(values.id, SlotRole.SPEAKER, values.speakers, slots, people)
    _relate(item, slots=speakers + _slots(values.id, SlotRole.MODERATOR, values.moderators, slots, people))
    return item


def _slots(
    item_id: int | None, role: SlotRole, keys: Sequence[str], slots: _Slots, people: Mapping[str, Person]
) -> list[SpeakerSlot]:
    """Return parts with the consents that stand: somebody who withdrew their name stays unnamed here as well."""
    found = []
    for position, key in enumerate(keys):
        if key not in people:
            continue
        slot = SpeakerSlot(person_id=people[key].id, role=role, position=position)
        stands = slots.get((item_id, role, key))
        if stands is not None:
            slot.confirmed_at, slot.declined_at = stands.confirmed_at, stands.declined_at
        _relate(slot, person=people[key], consents=list(stands.consents) if stands else [], slides=[])
        found.append(slot)
    return found


def _relate(part: Any, **related: Any) -> None:
    """Set relations as if they had been read, so that nothing of this ever comes near a flush."""
    for name, value in related.items():
        set_committed_value(part, name, value)
