"""A summary as its readers, and those who write it, see it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _

from workshop.chatham.attribution import Reason, Severity
from workshop.chatham.rule import Audience, Level, Surface
from workshop.core.localized import Localized
from workshop.programme.models import WorkshopSession
from workshop.programme.view import session_disclosure
from workshop.rsvp.rule import level_of
from workshop.summaries.models import SpeakerRole, Summary
from workshop.summaries.rule import (
    Checked,
    approvals_needed,
    blocks,
    is_approved,
    languages_of,
    may_approve,
    may_still_name,
    open_warnings,
)

ROLES = {
    SpeakerRole.PERSON_WHO_USES_DRUGS: Localized({
        "fr": "une personne qui consomme des drogues",
        "en": "a person who uses drugs",
    }),
    SpeakerRole.RESEARCHER: Localized({"fr": "une personne qui fait de la recherche", "en": "a researcher"}),
    SpeakerRole.HEALTH_PROFESSIONAL: Localized({
        "fr": "une personne qui exerce dans la santé",
        "en": "a health professional",
    }),
    SpeakerRole.COMMUNITY_WORKER: Localized({
        "fr": "une personne qui travaille dans le milieu associatif",
        "en": "a community worker",
    }),
    SpeakerRole.PUBLIC_OFFICIAL: Localized({
        "fr": "une personne de l’administration publique",
        "en": "a public official",
    }),
    SpeakerRole.PARTICIPANT: Localized({"fr": "une personne participant à la séance", "en": "a participant"}),
}  # fmt: skip
"""As whom somebody is quoted. Data in both languages, as the notices are."""

SENTENCES: dict[Reason, Any] = {
    Reason.FULL_NAME: _("A name."),
    Reason.INITIALS_AND_SURNAME: _("Initials with a surname."),
    Reason.HONORIFIC_AND_NAME: _("A title with a name."),
    Reason.SURNAME: _("A surname."),
    Reason.ORGANISATION_SPEAKING: _("An organisation to which something is attributed."),
    Reason.ADDRESS: _("An e-mail address."),
    Reason.HANDLE: _("A name on a social network."),
    Reason.PROFILE_LINK: _("A link to a page about one person."),
    Reason.COMMON_SURNAME: _("This may be a surname, or just a word."),
    Reason.OTHER_FIRST_NAME: _("A surname that is known here, with another first name."),
    Reason.MISSPELT_NAME: _("This is one letter away from a surname that is known here."),
    Reason.FIRST_NAME: _("A first name or an alias, or just a word."),
    Reason.INITIALS: _("These may be somebody’s initials."),
    Reason.ORGANISATION: _("An organisation that is part of this series."),
    Reason.DOMAIN: _("The web domain of an organisation whose people may have taken part."),
    Reason.PHONE_NUMBER: _("This may be a telephone number."),
    Reason.REPRESENTATIVE: _("Somebody can be recognised by the organisation that they represent."),
    Reason.DESCRIPTION: _("A role with a place: few people fit it."),
    Reason.LONG_QUOTATION: _("A quotation of more than 15 words: its style may give somebody away."),
}
_ATTRIBUTABLE = _("Somebody who may be quoted by name on their talk, but not on what was said in discussion.")

AROUND = 60
"""Characters shown on either side of a finding, of the same line."""
_MARKS = re.compile(r"\*\*|__|^\s*(?:[-*+>]|#+)\s+")
"""Markdown that would only be in the way there."""
PLACES = 3
"""Places shown of one and the same finding; the others are counted."""


@dataclass(frozen=True, slots=True)
class QuotationView:
    """Somebody's words, and the role under which they are quoted."""

    text: Localized
    role: Localized


@dataclass(frozen=True, slots=True)
class SummaryView:
    """What is published of a session."""

    text: Localized
    quotations: tuple[QuotationView, ...]


@dataclass(frozen=True, slots=True)
class PlaceView:
    """Where something was found, with the words around it."""

    quotation: int | None
    """Number of the quotation, from 1; None: in the text."""
    language: str
    line: int
    before: str
    words: str
    after: str


@dataclass(frozen=True, slots=True)
class FindingView:
    """Something that the check found, once for all places in which the same words stand."""

    key: str
    is_block: bool
    sentence: str
    places: tuple[PlaceView, ...]
    more: int
    """Further places that are not shown."""
    reason: str
    """Why it may stand; empty where nobody said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorView:
    """A summary as its editors see it. `state`: none, draft, submitted, published or stopped."""

    state: str
    version: int
    """0: nothing was ever saved."""
    level: Level
    languages: tuple[str, ...]
    """In which it must exist."""
    may_manage: bool
    """Whether they see the list of participants, approve and take back."""
    has_begun: bool
    needed: int
    """Approvals that it takes; 0 for a closed session."""
    given: int
    may_approve: bool
    has_approved: bool
    findings: tuple[FindingView, ...]
    blocks: int
    open_warnings: int
    text: Localized
    quotations: tuple[QuotationView, ...]
    saved_at: datetime | None
    published_at: datetime | None
    confirmed: int | None
    """Confirmed participants; None for whoever may not know."""


def summary_view(
    workshop_session: WorkshopSession, summary: Summary | None, *, audience: Audience, surface: Surface
) -> SummaryView | None:
    """Return what one audience sees of a session's summary on one surface; None where there is nothing to see.

    Asks the Rule on every request, and whether enough have approved it for the level of this moment and whoever it may
    name may still be named: what a stricter level or a withdrawn consent stops is gone before the next check runs.

    Args:
        workshop_session: loaded whole, with its series.
        summary: whatever state it is in; None: there is none.
        audience: for whom.
        surface: where.
    """
    if summary is None or summary.published_at is None:
        return None
    if not is_approved(level_of(workshop_session), summary.approvals):
        return None
    if not may_still_name(workshop_session, summary.attributable):
        return None
    if not session_disclosure(workshop_session, audience=audience, surface=surface).summary:
        return None
    return SummaryView(summary.text, _quotations(summary))


def editor_view(
    workshop_session: WorkshopSession,
    summary: Summary | None,
    found: Sequence[Checked],
    *,
    organiser_id: int,
    may_manage: bool,
    confirmed: int,
    now: datetime,
) -> EditorView:
    """Return a summary as one of its editors sees it.

    Args:
        workshop_session: loaded whole, with its series.
        summary: as it stands; None: there is none.
        found: what the check finds, as far as this editor may know.
        organiser_id: whose page it is.
        may_manage: whether they see the list.
        confirmed: number of confirmed participants.
        now: the present.
    """
    level = level_of(workshop_session)
    given = {reason.key: reason.reason for reason in summary.reasons} if summary else {}
    approvers = {approval.organiser_id for approval in summary.approvals} if summary else set()
    authors = {author.organiser_id for author in summary.authors} if summary else set()
    state = _state(summary, may_manage=may_manage)
    return EditorView(
        state=state,
        version=summary.version if summary else 0,
        level=level,
        languages=languages_of(workshop_session),
        may_manage=may_manage,
        has_begun=workshop_session.starts_at <= now,
        needed=0 if level is Level.CLOSED else approvals_needed(level),
        given=len(summary.approvals) if summary else 0,
        may_approve=may_manage
        and state == "submitted"
        and may_approve(level, organiser_id, authors=authors, approvers=approvers),
        has_approved=organiser_id in approvers,
        findings=_findings(found, summary, given),
        blocks=len(blocks(found)),
        open_warnings=len({one.key for one in open_warnings(found, given)}),
        text=summary.text if summary else Localized(),
        quotations=_quotations(summary) if summary else (),
        saved_at=summary.saved_at if summary else None,
        published_at=summary.published_at if summary else None,
        confirmed=confirmed if may_manage else None,
    )


def _state(summary: Summary | None, *, may_manage: bool) -> str:
    if summary is None or not summary.text:
        return "none"
    if summary.published_at is not None:
        return "published"
    if summary.submitted_at is not None:
        return "submitted"
    # A helper could tell from it whether somebody of the list stands in the text.
    return "stopped" if summary.stopped_at is not None and may_manage else "draft"


def _quotations(summary: Summary) -> tuple[QuotationView, ...]:
    return tuple(QuotationView(one.text, ROLES[one.role]) for one in summary.quotations)


def _findings(found: Iterable[Checked], summary: Summary | None, given: dict[str, str]) -> tuple[FindingView, ...]:
    if summary is None:
        return ()
    by_key: dict[str, list[Checked]] = {}
    for one in found:
        by_key.setdefault(one.key, []).append(one)
    views = [
        FindingView(
            key=key,
            is_block=any(one.severity is Severity.BLOCK for one in those),
            sentence=str(_ATTRIBUTABLE if those[0].is_attributable else SENTENCES[those[0].finding.reason]),
            places=tuple(_place(one, summary) for one in those[:PLACES]),
            more=max(0, len(those) - PLACES),
            reason=given.get(key, ""),
        )
        for key, those in by_key.items()
    ]
    # What must go first, then what lacks a reason.
    return tuple(sorted(views, key=lambda view: (not view.is_block, bool(view.reason))))


def _place(one: Checked, summary: Summary) -> PlaceView:
    text = summary.text if one.quotation is None else summary.quotations[one.quotation].text
    words, start, end = text[one.language], one.finding.start, one.finding.end
    before, after = words[:start].rpartition("\n")[2], words[end:].partition("\n")[0]
    if len(before) > AROUND:
        before = "…" + before[-AROUND:].partition(" ")[2]
    if len(after) > AROUND:
        after = after[:AROUND].rpartition(" ")[0] + "…"
    return PlaceView(
        quotation=None if one.quotation is None else one.quotation + 1,
        language=one.language,
        line=words.count("\n", 0, start) + 1,
        before=_MARKS.sub("", before),
        words=words[start:end],
        after=_MARKS.sub("", after),
    )
