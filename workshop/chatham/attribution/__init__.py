"""The attribution check: who or what a text gives away, before it is published under the Rule.

A folder of its own beside the levels because it is an engine with word lists, not a rule. Pure and linear in the
length of the text: no database, no request, no clock. It never proves that a text names nobody.
"""

from workshop.chatham.attribution.engine import check
from workshop.chatham.attribution.findings import (
    Finding,
    Known,
    KnownOrganisation,
    KnownPerson,
    Reason,
    Severity,
)
from workshop.chatham.attribution.lexicon import Dictionary
from workshop.chatham.attribution.lexicon import compiled as compile  # noqa: A004 (its name is read as attribution.compile)

__all__ = [
    "Dictionary",
    "Finding",
    "Known",
    "KnownOrganisation",
    "KnownPerson",
    "Reason",
    "Severity",
    "check",
    "compile",
]
