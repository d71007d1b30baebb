"""What is entered for a summary, cleaned, with every fault at once (beside the services: the form fills it)."""

from __future__ import annotations

from dataclasses import dataclass

from workshop.chatham.recordings import find_recordings
from workshop.core.faults import Fault
from workshop.core.localized import Localized
from workshop.summaries.models import SpeakerRole, Summary
from workshop.summaries.rule import MAXIMUM_QUOTATIONS, MINIMUM_SHARED


@dataclass(frozen=True, slots=True)
class QuotationValues:
    """Somebody's words with the role under which they are quoted."""

    role: SpeakerRole
    shared_by: int
    """How many confirmed participants share the role, as is declared."""
    text: Localized


@dataclass(frozen=True, slots=True)
class SummaryValues:
    """A summary as it is entered."""

    text: Localized
    quotations: tuple[QuotationValues, ...] | None = None
    """None: as they are."""


def summary_values(summary: Summary | None) -> SummaryValues:
    """Return what is stored."""
    if summary is None:
        return SummaryValues(Localized(), ())
    quotations = tuple(QuotationValues(one.role, one.shared_by, one.text) for one in summary.quotations)
    return SummaryValues(summary.text, quotations)


def recording_faults(values: SummaryValues) -> list[Fault]:
    """Return where a recording is linked to: it has a field of its own, which asks the Rule."""
    texts = [("text", values.text)]
    texts += [(f"quotations.{number}.text", one.text) for number, one in enumerate(values.quotations or ())]
    return [
        Fault(field, "recording_link")
        for field, text in texts
        if any(find_recordings(words) for words in (text.pick("").value, *text.values()))
    ]


def quotation_faults(values: SummaryValues, *, confirmed: int) -> list[Fault]:
    """Return what is wrong with the quotations; `confirmed` is the number of confirmed participants."""
    faults = []
    quotations = values.quotations or ()
    if len(quotations) > MAXIMUM_QUOTATIONS:
        faults.append(Fault("quotations", "too_many"))
    for number, one in enumerate(quotations):
        if one.shared_by < MINIMUM_SHARED:
            faults.append(Fault(f"quotations.{number}.shared_by", "shared_by_few", {"least": MINIMUM_SHARED}))
        elif one.shared_by > confirmed:
            faults.append(Fault(f"quotations.{number}.shared_by", "shared_by_more", {"most": confirmed}))
        if not one.text:
            faults.append(Fault(f"quotations.{number}.text", "required"))
    return faults
