"""What remains of the session of the example that is over: consents, slides, a recording, a summary approved by two."""

from __future__ import annotations

import io
from datetime import datetime

from sqlalchemy.orm import Session

from workshop.accounts import service as accounts
from workshop.accounts.models import Organiser, Role
from workshop.chatham.rule import ConsentKind
from workshop.core.language import languages
from workshop.core.localized import Localized
from workshop.demo.content import HELD_SLUG
from workshop.programme.models import Item, Series, SpeakerSlot, WorkshopSession
from workshop.programme.service.consents import set_consent
from workshop.programme.service.materials import add_recording, add_slides, declare_agreed, publish_recording
from workshop.programme.view.speakers import slots_of
from workshop.summaries.service.publishing import approve
from workshop.summaries.service.values import SummaryValues
from workshop.summaries.service.writing import save, submit

COLLEAGUE = "colleague@example.org"
RECORDING = "https://videos.example.org/three-words"
SUMMARY = Localized(
    {
        "fr": (
            "La discussion a porté sur les mots par lesquels on désigne les personnes avant de leur parler.\n\n"
            "- Un mot peut ouvrir une porte dans un lieu de soins et la fermer dans un tribunal.\n"
            "- Plusieurs ont demandé que les rapports disent ce que les personnes font, non ce qu’elles seraient.\n"
            "- Il a été proposé de relire les formulaires d’accueil avec celles et ceux qui les remplissent.\n"
        ),
        "en": (
            "The discussion was about the words by which people are described before anybody talks to them.\n\n"
            "- A word can open a door in a place of care and close it in a court.\n"
            "- Several asked that reports say what people do, not what they are supposed to be.\n"
            "- It was proposed to go through intake forms together with those who fill them in.\n"
        ),
    }
)


def leave_what_remains(session: Session, series: Series, organiser: Organiser, *, now: datetime, actor: str) -> None:
    """Give the session that is over what such a session may leave. Flushes; for a series just loaded."""
    held = next(one for one in series.sessions if one.slug == HELD_SLUG)
    slots = [(slot, item) for slot, item in slots_of(held) if item is not None]
    (talk, item), (debate, _) = slots
    for kind in ConsentKind:
        set_consent(session, now=now, slot=talk, kind=kind, given=True, recorded_by="speaker")
    set_consent(
        session, now=now, slot=debate, kind=ConsentKind.ANNOUNCE_AFFILIATION, given=False, recorded_by="speaker"
    )
    _record(session, held, talk, item, now=now, actor=actor)
    _report(session, series, held, organiser, now=now, actor=actor)


def _record(
    session: Session, held: WorkshopSession, talk: SpeakerSlot, item: Item | None, *, now: datetime, actor: str
) -> None:
    add_slides(session, now=now, slot=talk, data=_slide(), language=languages()[0], actor="speaker")
    recording = add_recording(
        session, now=now, workshop_session=held, item=item, url=RECORDING, language=languages()[0], actor=actor
    )
    declare_agreed(session, now=now, workshop_session=held, recording=recording, actor=actor)
    publish_recording(session, now=now, workshop_session=held, recording=recording, actor=actor)


def _report(
    session: Session, series: Series, held: WorkshopSession, organiser: Organiser, *, now: datetime, actor: str
) -> None:
    """Write the summary as a colleague whom nobody can sign in as, and approve it as the demo's own organiser."""
    colleague = accounts.add_organiser(
        session,
        now=now,
        email=COLLEAGUE,
        name="Demo 2",
        pass_phrase=accounts.new_pass_phrase(),
        language=languages()[-1],
        is_administrator=False,
    )
    accounts.grant(session, now=now, series_id=series.id, organiser=colleague, role=Role.ORGANISER, actor=actor)
    summary = save(
        session, now=now, workshop_session=held, values=SummaryValues(SUMMARY, ()), version=0, organiser=colleague
    )
    # Their version is read anew: each act is of the text that was shown.
    submit(session, now=now, workshop_session=held, version=summary.version, organiser=colleague, knows_list=True)
    approve(session, now=now, workshop_session=held, version=summary.version, organiser=organiser)


def _slide() -> bytes:
    """Return a picture of three bars, for a talk that nobody gave."""
    from PIL import Image, ImageDraw

    picture = Image.new("RGB", (960, 540), "#fbfaf7")
    pen = ImageDraw.Draw(picture)
    for number, height in enumerate((180, 320, 240)):
        pen.rectangle((180 + number * 220, 460 - height, 320 + number * 220, 460), fill="#0b5d5b")
    kept = io.BytesIO()
    picture.save(kept, "PNG")
    return kept.getvalue()
