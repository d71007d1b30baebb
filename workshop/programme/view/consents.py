"""To what somebody agreed for one part of theirs, and since when; else the default of its kind counts."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime

from workshop.chatham.rule import DEFAULT_CONSENTS, ConsentKind, Consents
from workshop.programme.models import SpeakerConsent, SpeakerSlot

BY_SPEAKER = "speaker"
"""What `recorded_by` says of a speaker's own act, by their own link."""


class ConsentState(enum.StrEnum):
    """How a consent stands."""

    ENTERED = "entered"
    """Nobody said anything: the organisers' entry counts as announced."""
    NOT_GIVEN = "not_given"
    """Nobody said anything: it counts as refused."""
    GIVEN = "given"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class ConsentView:
    """One consent for one part."""

    kind: ConsentKind
    state: ConsentState
    at: datetime | None
    """When it was given, withdrawn or entered; None: nobody ever said anything."""
    is_own_act: bool
    """Whether they did it themselves, by their own link."""

    @property
    def is_given(self) -> bool:
        """Whether it counts."""
        return self.state in {ConsentState.ENTERED, ConsentState.GIVEN}


def is_given(consent: SpeakerConsent) -> bool:
    """Whether a consent that is on record counts."""
    is_default = bool(getattr(DEFAULT_CONSENTS, consent.kind.value))
    return consent.withdrawn_at is None and (consent.given_at is not None or is_default)


def consents_of(slot: SpeakerSlot) -> Consents:
    """Return a slot's consents: what was given or withdrawn, else the default of its kind."""
    if not slot.consents:
        return DEFAULT_CONSENTS
    return Consents(**{consent.kind.value: is_given(consent) for consent in slot.consents})


def consent_views(slot: SpeakerSlot) -> tuple[ConsentView, ...]:
    """Return all five consents of a slot, in the order of their kinds."""
    said = {consent.kind: consent for consent in slot.consents}
    return tuple(_consent(kind, said.get(kind), slot) for kind in ConsentKind)


def _consent(kind: ConsentKind, said: SpeakerConsent | None, slot: SpeakerSlot) -> ConsentView:
    is_own_act = said is not None and said.recorded_by == BY_SPEAKER
    if said is not None and said.withdrawn_at is not None:
        return ConsentView(kind, ConsentState.WITHDRAWN, said.withdrawn_at, is_own_act)
    if said is not None and said.given_at is not None:
        return ConsentView(kind, ConsentState.GIVEN, said.given_at, is_own_act)
    if getattr(DEFAULT_CONSENTS, kind.value):
        return ConsentView(kind, ConsentState.ENTERED, slot.created_at, is_own_act=False)
    return ConsentView(kind, ConsentState.NOT_GIVEN, None, is_own_act=False)
