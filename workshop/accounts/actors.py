"""Who did something, in words, from how the log names them (named for those it names)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import sqlalchemy as sa
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from workshop.accounts.models import Organiser
from workshop.accounts.service.naming import actor_of
from workshop.audit.service import last_actors
from workshop.core.addresses import mask_address

_OTHERS = {
    "participant": lazy_gettext("somebody who takes part"),
    "invited": lazy_gettext("somebody who was invited"),
    "subject": lazy_gettext("somebody, of their own data"),
    "speaker": lazy_gettext("somebody who speaks"),
    "agreement": lazy_gettext("everybody’s agreement"),
    "worker": lazy_gettext("by itself"),
    "programme": lazy_gettext("by itself"),
    "demo": lazy_gettext("the demonstration"),
    "command": lazy_gettext("the command line"),
}


def names_of(session: Session, actors: Iterable[str]) -> dict[str, str]:
    """Return actor, as the log has it → words in the language being spoken; a name for accounts, nobody else's."""
    wanted = set(actors)
    ids = {int(actor.partition(":")[2]): actor for actor in wanted if _is_organiser(actor)}
    found = {actor: words_of(actor) for actor in wanted}
    if ids:
        rows = session.execute(sa.select(Organiser.id, Organiser.name, Organiser.email).where(Organiser.id.in_(ids)))
        found |= {ids[number]: name or mask_address(email) for number, name, email in rows}
    return found


def name_of(session: Session, actor: str) -> str:
    """Return who somebody is, in the language being spoken; empty for nobody."""
    return names_of(session, [actor])[actor] if actor else ""


def changed_by(session: Session, *, object_: str, action: str, fields: Collection[str], reader: Organiser) -> str:
    """Return who last changed fields of something; empty where that is several, not known, or the reader themselves."""
    actors = last_actors(session, object_=object_, action=action, fields=fields)
    actor = actors.pop() if len(actors) == 1 else ""
    return "" if actor == actor_of(reader) else name_of(session, actor)


def words_of(actor: str) -> str:
    """Return who it was where that is no account that is still there."""
    if _is_organiser(actor):
        return str(_("an account that is gone"))
    return str(_OTHERS.get(actor, actor))


def _is_organiser(actor: str) -> bool:
    kind, _colon, number = actor.partition(":")
    return kind == "organiser" and number.isdigit()
