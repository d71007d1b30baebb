"""What organisers are told by mail."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from workshop.accounts.models import BreakGlass, Organiser, Role
from workshop.accounts.queries import list_with_list
from workshop.accounts.view import ROLE_NAMES
from workshop.chatham.rule import Level
from workshop.core.erasures import account_ref
from workshop.core.language import languages, speaking
from workshop.core.links import cut
from workshop.core.urls import external_url
from workshop.mail.render import MAX_SUBJECT, Rendered, unmarked
from workshop.mail.service import enqueue
from workshop.programme.models import Series, WorkshopSession
from workshop.rsvp.emails import Sample

PRIORITY = 20
"""As urgent as a move."""
DIGEST_PRIORITY = 50
TEST_PRIORITY = 30
"""Somebody waits for it in front of their mailbox."""
NOWHERE = "example"
"""Stands in a test's addresses in place of what is secret, and opens nothing."""


def break_glass_opened(session: Session, *, now: datetime, glass: BreakGlass, opener: Organiser) -> int:
    """Tell every owner and organiser of a series that an administrator reads it; returns how many.

    Neutral: it names no series and repeats no reason, which their pages show.
    """
    found = list_with_list(session, series_id=glass.series_id, now=now)
    for organiser in found:
        enqueue(
            session,
            now=now,
            kind="break_glass_opened",
            priority=PRIORITY,
            series_id=glass.series_id,
            workshop_session_id=None,
            person_ref=account_ref(organiser.email_folded),
            answer_ref="",
            basis={},
            dedupe_key=f"break_glass_opened:{glass.id}:{account_ref(organiser.email_folded)}",
            recipient=organiser.email,
            language=organiser.language,
            sender_name="",
            context={
                "name": opener.name or opener.email,
                "closes_at": glass.closes_at,
                "desk_url": external_url("organise.dashboard", lang=organiser.language),
            },
        )
    return len(found)


def role_changed(
    session: Session, *, now: datetime, series: Series, organiser: Organiser, role: Role | None, by: Organiser
) -> int | None:
    """Tell an organiser of the role that they have in a series from now on; None: none any more.

    A strict series is not named.
    """
    ref, language = account_ref(organiser.email_folded), organiser.language
    title = "" if series.level >= Level.WHOLE_SESSION else unmarked(series.title.pick(language, languages()).value)
    return enqueue(
        session,
        now=now,
        kind="role_changed",
        priority=PRIORITY,
        series_id=series.id,
        workshop_session_id=None,
        person_ref=ref,
        answer_ref="",
        basis={"organiser": organiser.id, "role": role.value if role else "", "is_neutral": not title},
        dedupe_key=f"role_changed:{ref}:{series.id}:{role.value if role else None}:{now.isoformat()}",
        recipient=organiser.email,
        language=language,
        sender_name="",
        context={
            "said": _said(role, title=title, by=by, to=organiser),
            "role": role.value if role else "",
            "desk_url": external_url("organise.dashboard", lang=language),
        },
    )


def _said(role: Role | None, *, title: str, by: Organiser, to: Organiser) -> str:
    """Return in the reader's language what has become of their role."""
    with speaking(to.language):
        what, name = title or gettext("A series under a strict rule"), by.name or by.email
        if role is None:
            words = gettext("%(name)s has ended your access to this series: %(what)s.", name=name, what=what)
        elif by.id == to.id:
            words = gettext("You have handed this series over: %(what)s. You organise it from now on.", what=what)
        elif role is Role.OWNER:
            words = gettext(
                "%(name)s has made you the owner of this series: %(what)s. You decide who has access to it.",
                name=name,
                what=what,
            )
        else:
            words = gettext(
                "%(name)s has given you another role in this series: %(what)s. From now on it is: %(role)s.",
                name=name,
                what=what,
                role=ROLE_NAMES[role],
            )
        return str(words)


def reminder_test(
    session: Session,
    *,
    now: datetime,
    organiser: Organiser,
    about: WorkshopSession,
    rule: str,
    sample: Sample,
    language: str,
) -> int | None:
    """Send an organiser a reminder as it would read: said to be a test, its links leading nowhere.

    Args:
        session: the transaction.
        now: the present.
        organiser: who tries it out.
        about: the session.
        rule: such as `-7d`.
        sample: the reminder to somebody made up, its secret links as marks.
        language: of the reminder.
    """
    ref = account_ref(organiser.email_folded)
    return enqueue(
        session,
        now=now,
        kind="reminder_test",
        priority=TEST_PRIORITY,
        series_id=about.series_id,
        workshop_session_id=about.id,
        person_ref=ref,
        answer_ref="",
        basis={},
        dedupe_key=f"reminder_test:{ref}:{about.id}:{rule}:{language}:{now.isoformat()}",
        recipient=organiser.email,
        language=language,
        sender_name=sample.sender,
        context={},
        rendered=as_test(sample.text, language),
    )


def as_test(text: Rendered, language: str) -> Rendered:
    """Return a rendered mail marked as a test, its secret links leading nowhere."""
    with speaking(language):
        subject = gettext("[Test] %(subject)s", subject=text.subject)
        note = gettext("This is a test: the person in it is made up, and its personal links lead nowhere.")
    style = "margin:0 0 1.5rem;padding:.5rem 1rem;border:2px solid #7a4a00;font-family:sans-serif"
    paragraph = Markup('<p style="{}">{}</p>').format(style, note)
    head, body, rest = re.split(r"(<body[^>]*>)", text.html, maxsplit=1)
    dead = [cut(part, NOWHERE) for part in (f"{note}\n\n{text.text}", f"{head}{body}{paragraph}{rest}")]
    return Rendered(subject[:MAX_SUBJECT], *dead)


@dataclass(frozen=True, slots=True)
class DigestLine:
    """Something that needs an organiser, and where they see to it."""

    words: str
    url: str


@dataclass(frozen=True, slots=True)
class DigestPart:
    """What needs them in one series, or in one session of it."""

    name: str
    lines: tuple[DigestLine, ...]
    sessions: tuple[DigestPart, ...] = ()
    """Of a series."""


def digest(
    session: Session,
    *,
    now: datetime,
    organiser: Organiser,
    parts: Sequence[DigestPart],
    day: date,
    expires_at: datetime,
) -> int | None:
    """Tell an organiser what needs their attention; None when they were told on that day already.

    Args:
        session: the transaction.
        now: the present.
        organiser: who reads it, in their language.
        parts: by series; their words are in that language.
        day: on the instance's clock.
        expires_at: not sent from then on: the next one says how things stand then.
    """
    ref, language = account_ref(organiser.email_folded), organiser.language
    return enqueue(
        session,
        now=now,
        kind="digest",
        priority=DIGEST_PRIORITY,
        series_id=None,
        workshop_session_id=None,
        person_ref=ref,
        answer_ref="",
        basis={"organiser": organiser.id},
        dedupe_key=f"digest:{ref}:{day.isoformat()}",
        recipient=organiser.email,
        language=language,
        sender_name="",
        context={
            "parts": parts,
            "desk_url": external_url("organise.dashboard", lang=language),
            "account_url": external_url("accounts.account", lang=language) + "#digest",
        },
        expires_at=expires_at,
    )
