"""Summaries: writing them, approving them, and checking them again and again."""

from workshop.summaries.service.checking import check_summary
from workshop.summaries.service.publishing import approve, take_back
from workshop.summaries.service.rechecking import recheck
from workshop.summaries.service.values import QuotationValues, SummaryValues, summary_values
from workshop.summaries.service.writing import delete, give_reasons, save, submit

__all__ = [
    "QuotationValues",
    "SummaryValues",
    "approve",
    "check_summary",
    "delete",
    "give_reasons",
    "recheck",
    "save",
    "submit",
    "summary_values",
    "take_back",
]
