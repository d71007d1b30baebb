"""What stands in the way of a date, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext

from workshop.core.localtime import long_date
from workshop.programme.conflicts import Conflict, ConflictKind
from workshop.programme.schedule import OF_ALSACE_MOSELLE, Holiday, LeftOut

HOLIDAYS = {
    Holiday.NEW_YEAR: lazy_gettext("New Year’s Day"),
    Holiday.GOOD_FRIDAY: lazy_gettext("Good Friday"),
    Holiday.EASTER_MONDAY: lazy_gettext("Easter Monday"),
    Holiday.LABOUR_DAY: lazy_gettext("Labour Day"),
    Holiday.VICTORY_DAY: lazy_gettext("Victory Day (1945)"),
    Holiday.ASCENSION: lazy_gettext("Ascension Day"),
    Holiday.WHIT_MONDAY: lazy_gettext("Whit Monday"),
    Holiday.NATIONAL_DAY: lazy_gettext("Bastille Day"),
    Holiday.ASSUMPTION: lazy_gettext("Assumption"),
    Holiday.ALL_SAINTS: lazy_gettext("All Saints’ Day"),
    Holiday.ARMISTICE: lazy_gettext("Armistice Day (1918)"),
    Holiday.CHRISTMAS: lazy_gettext("Christmas Day"),
    Holiday.SAINT_STEPHEN: lazy_gettext("Saint Stephen’s Day"),
}


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """A conflict in words, and where the other session is seen to."""

    words: str
    session: str
    """Slug of the other session, of the same series; empty for none."""


def conflict_lines(conflicts: Iterable[Conflict], language: str) -> tuple[ConflictLine, ...]:
    """Return each conflict as a line for those who plan, who may open either session."""
    return tuple(ConflictLine(_sentence(one, language), one.slug) for one in conflicts)


def conflict_words(conflicts: Iterable[Conflict], language: str) -> tuple[str, ...]:
    """Return each conflict as a sentence for organisers."""
    return tuple(_sentence(one, language) for one in conflicts)


def left_out_words(one: LeftOut, language: str) -> str:
    """Return a day that a rule leaves out, and why."""
    day = long_date(one.day, language)
    if one.holiday is None:
        return str(_("%(day)s: excluded", day=day))
    return f"{day}, {HOLIDAYS[one.holiday]}"


def _sentence(one: Conflict, language: str) -> str:
    if one.holiday is not None:
        name = str(HOLIDAYS[one.holiday])
        if one.holiday in OF_ALSACE_MOSELLE:
            return str(_("Public holiday in Alsace and Moselle: %(name)s.", name=name))
        return str(_("Public holiday in France: %(name)s.", name=name))
    other = one.other.pick(language).value
    if one.kind is ConflictKind.SPEAKER:
        said = _("%(person)s has a part in “%(name)s” too, at the same time.", person=one.person, name=other)
    elif one.kind is ConflictKind.SAME_TIME:
        said = _("“%(name)s”, another session of this series, is at the same time.", name=other)
    else:
        said = _("“%(name)s”, another session of this series, is on the same day.", name=other)
    return str(said)
