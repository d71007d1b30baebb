"""Every page that people meet, in a real browser: nothing overflows, axe finds nothing, and it is light."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from tests.builders import PASSWORD, both, build_answer, build_organiser, build_participant
from tests.conftest import LiveServer
from workshop.accounts.models import Organiser, PassPhraseReset, Role
from workshop.accounts.service import grant
from workshop.accounts.service.inviting import invite
from workshop.accounts.service.resetting import ask
from workshop.announcements.models import Announcement, Subscriber
from workshop.announcements.service import send_announcements
from workshop.chatham.rule import ConsentKind, Level
from workshop.core import clock
from workshop.core.db import db
from workshop.core.links import Purpose, issue
from workshop.demo import load_series
from workshop.demo.content import example_text, real_text
from workshop.mail.models import OutboxMessage, OutboxState
from workshop.privacy import service as privacy
from workshop.programme.models import LevelProposal, Mode, Question, QuestionKind, Series, Slides, SpeakerConsent
from workshop.programme.view.speakers import slots_of
from workshop.rsvp.emails import answer_recorded
from workshop.rsvp.models import (
    AddressChange,
    Answer,
    AnswerState,
    Breakdown,
    BreakdownKind,
    Invitation,
    InvitationKind,
    Participant,
)
from workshop.rsvp.rule import notice_of
from workshop.rsvp.service.standing import acknowledge

pytestmark = pytest.mark.browser

SCHEMES: dict[str, Literal["light", "dark"]] = {"fr": "light", "en": "dark"}
"""In which colours the pages of a language are looked at: each page in both."""
WIDTHS = {"fr": 390, "en": 1280}
"""On what axe looks at the pages of a language; what overflows is looked for on both, in both."""
PUBLIC = (
    "/{lang}/",
    "/{lang}/series/decloisonner/",
    "/{lang}/series/decloisonner/embed",
    "/{lang}/series/decloisonner/2/",
    "/{lang}/series/decloisonner/4/",
    "/{lang}/series/decloisonner/4/rsvp",
    "/{lang}/series/decloisonner/subscribe",
    "/{lang}/series/exemple/embed",
    "/{lang}/series/exemple/1/",
    "/{lang}/series/exemple/1/rsvp",
    "/{lang}/series/exemple/1/rsvp/sent",
    "/{lang}/series/exemple/5/",
    "/{lang}/series/exemple/5/rsvp",
    "/{lang}/series/exemple/6/",
    "/{lang}/series/exemple/6/rsvp",
    "/{lang}/series/exemple/rsvp",
    "/{lang}/series/exemple/rsvp/sent",
    "/{lang}/series/exemple/follow",
    "/{lang}/series/exemple/follow/sent",
    "/{lang}/link",
    "/{lang}/link/sent",
    "/{lang}/rule",
    "/{lang}/privacy",
    "/{lang}/login",
    "/{lang}/login/forgotten",
    "/{lang}/login/forgotten/sent",
    "/{lang}/no-such-page",
)
OWN = (
    "/{lang}/my/{my}/",
    "/{lang}/my/{nameless}/",
    "/{lang}/my/{my}/feed",
    "/{lang}/my/{nameless}/feed",
    "/{lang}/my/{new_address}/",
    "/{lang}/my/{my}/messages",
    "/{lang}/my/{my}/reminders",
    "/{lang}/follow/{follower}/",
    "/{lang}/follow/{asker}/",
    "/{lang}/unsubscribe/{unsubscribe}/announcements",
    "/{lang}/join/{join}",
    "/{lang}/unsubscribe/{unsubscribe}",
    "/{lang}/invitation/{person}/",
    "/{lang}/invitation/{several}/",
    "/{lang}/invitation/{used}/",
    "/{lang}/invitation/{group}/",
    "/{lang}/invitation/{group}/sent",
    "/{lang}/speaker/{speaker}/",
    "/{lang}/speaker/{speaker}/about",
    "/{lang}/speaker/{speaker}/feed",
    "/{lang}/erased/{erased}",
)
ORGANISERS = (
    "/{lang}/organise/",
    "/{lang}/organise/series/new",
    "/{lang}/organise/series/import",
    "/{lang}/organise/series/exemple/paste",
    "/{lang}/organise/series/exemple/export",
    "/{lang}/organise/series/exemple/",
    "/{lang}/organise/series/exemple/edit",
    "/{lang}/organise/series/exemple/languages",
    "/{lang}/organise/series/exemple/glossary",
    "/{lang}/organise/series/exemple/sessions/new",
    "/{lang}/organise/series/exemple/1/edit",
    "/{lang}/organise/series/exemple/1/programme?new=s0",
    "/{lang}/organise/series/exemple/1/changes",
    "/{lang}/organise/series/exemple/1/versions",
    "/{lang}/organise/series/exemple/1/publish",
    "/{lang}/organise/series/exemple/activity",
    "/{lang}/organise/series/exemple/1/level",
    "/{lang}/organise/series/exemple/1/move",
    "/{lang}/organise/series/exemple/1/postpone",
    "/{lang}/organise/series/exemple/1/reinstate",
    "/{lang}/organise/series/exemple/1/duplicate",
    "/{lang}/organise/series/exemple/duplicate",
    "/{lang}/organise/series/exemple/plan",
    "/{lang}/organise/series/exemple/1/tell",
    "/{lang}/organise/series/exemple/1/cancel",
    "/{lang}/organise/series/exemple/5/edit",
    "/{lang}/organise/series/exemple/1/answers",
    "/{lang}/organise/series/exemple/1/answers?state=accepted&sort=name",
    "/{lang}/organise/calendar",
    "/{lang}/organise/break-glass",
    "/{lang}/organise/series/exemple/traces",
    "/{lang}/organise/series/exemple/1/breakdown",
    "/{lang}/organise/series/exemple/1/answers/add",
    "/{lang}/organise/series/exemple/1/answers/export",
    "/{lang}/organise/series/exemple/1/check-in",
    "/{lang}/organise/series/exemple/1/questions",
    "/{lang}/organise/series/exemple/1/materials",
    "/{lang}/organise/series/exemple/1/who-sees-what",
    "/{lang}/organise/series/exemple/1/who-sees-what/participant",
    "/{lang}/organise/series/exemple/1/who-sees-what/reminder",
    "/{lang}/organise/series/exemple/1/who-sees-what/speaker",
    "/{lang}/organise/series/exemple/4/who-sees-what?discreet=1&level=closed",
    "/{lang}/organise/series/exemple/1/summary",
    "/{lang}/organise/series/exemple/answers",
    "/{lang}/organise/series/exemple/answers/export",
    "/{lang}/organise/series/exemple/questions",
    "/{lang}/organise/series/exemple/questions/new",
    "/{lang}/organise/series/exemple/people-with-access",
    "/{lang}/organise/search?q=drogue",
    "/{lang}/organise/series/exemple/invitations",
    "/{lang}/organise/series/exemple/invitations/new",
    "/{lang}/organise/series/exemple/invitations/group",
    "/{lang}/organise/series/exemple/invitations/send",
    "/{lang}/organise/series/exemple/invitations/remind",
    "/{lang}/organise/series/exemple/people",
    "/{lang}/organise/series/exemple/people/asked",
    "/{lang}/organise/series/exemple/people/committee",
    "/{lang}/organise/series/exemple/people/new",
    "/{lang}/organise/series/exemple/people/{person_id}",
    "/{lang}/organise/series/exemple/people/{person_id}/delete",
    "/{lang}/organise/series/exemple/people/{person_id}/merge",
    "/{lang}/organise/series/exemple/speakers",
    "/{lang}/organise/series/exemple/speakers/parts/{part}",
    "/{lang}/organise/series/exemple/speakers/people/{person_id}",
    "/{lang}/organise/series/exemple/mail",
    "/{lang}/organise/series/exemple/mail/{message}",
    "/{lang}/organise/series/exemple/1/mail",
    "/{lang}/organise/series/exemple/1/mail/reminder",
    "/{lang}/organise/series/exemple/texts",
    "/{lang}/organise/series/exemple/texts/reminder/fr",
    "/{lang}/organise/series/exemple/announcements",
    "/{lang}/organise/series/exemple/announcements/new",
    "/{lang}/organise/series/exemple/announcements/{draft}",
    "/{lang}/organise/series/exemple/announcements/{draft}/edit",
    "/{lang}/organise/series/exemple/announcements/{written}",
    "/{lang}/account",
    "/{lang}/account/second-factor",
    "/{lang}/organise/accounts",
    "/{lang}/welcome/{welcome}/",
    "/{lang}/reset/{reset}/",
)


def build_welcome(session: Session, organiser: Organiser) -> str:
    """Return the token of an invitation to an account."""
    invited = invite(session, now=clock.now(), email="invited@example.org", language="fr", by=organiser)
    return issue(session, purpose=Purpose.ACCESS, subject=invited.subject)


def build_reset(session: Session, organiser: Organiser) -> str:
    """Return the token of a link to a new pass phrase."""
    ask(session, now=clock.now(), email=organiser.email)
    reset = session.scalars(sa.select(PassPhraseReset)).one()
    return issue(session, purpose=Purpose.RESET, subject=reset.subject)


@pytest.fixture
def tokens(live_server: LiveServer) -> dict[str, str]:
    """Load both series, an organiser who owns the example, and a participant; give the participant's tokens."""
    with live_server.app.app_context():
        session: Session = db.session()
        now = clock.now()
        load_series(session, real_text(), now=now)
        series = load_series(session, example_text(now.date()), now=now)
        organiser = build_organiser(session, email="organiser@example.org", is_administrator=True)
        grant(session, now=now, series_id=series.id, organiser=organiser, role=Role.OWNER, actor="test")
        issue(session, purpose=Purpose.FEED, subject=organiser.subject)
        participant = build_participant(session, series, affiliation="Observatoire", access_needs="Sous-titres")
        answer = build_answer(session, participant=participant, workshop_session=series.sessions[0])
        nameless = build_participant(session, series, address=None)
        build_answer(session, participant=nameless, workshop_session=series.sessions[0])
        issue(session, purpose=Purpose.FEED, subject=participant.subject)
        change = AddressChange(participant_id=participant.id, address="new@example.org", created_at=now)
        session.add(change)
        build_other_states(session, series, participant)
        # Of the room it was in before nobody was told yet.
        answer.told_mode, answer.told_place = Mode.ON_SITE, both("Salle 1", "Room 1")
        answer.told_floor_languages = ("fr",)
        invited = build_invitations(session, series)
        gone = build_answer(
            session, participant=build_participant(session, series), workshop_session=series.sessions[0]
        )
        erased = privacy.erase(session, now=now, participant=gone.participant)
        session.add(Breakdown(
            workshop_session_id=series.sessions[0].id, position=0, kind=BreakdownKind.LANGUAGE, total=31, counted_at=now,
            rows=({"code": "fr", "text": None, "count": 20}, {"code": "en", "text": None, "count": None}),
        ))  # fmt: skip
        tokens = {
            "erased": f"{erased.id}/{erased.hash}",
            **{
                name: issue(session, purpose=Purpose.INVITATION, subject=invitation.subject)
                for name, invitation in invited.items()
            },
            **build_speaker(session, series),
            **build_announcements(session, series),
            "welcome": build_welcome(session, organiser),
            "reset": build_reset(session, organiser),
            "message": build_failed_mail(session, answer),
            "nameless": issue(session, purpose=Purpose.MY, subject=nameless.subject),
            "new_address": issue(session, purpose=Purpose.MY, subject=change.subject),
            "my": issue(session, purpose=Purpose.MY, subject=participant.subject),
            "join": issue(session, purpose=Purpose.JOIN, subject=answer.subject),
            "unsubscribe": issue(session, purpose=Purpose.UNSUBSCRIBE, subject=participant.subject),
        }
        session.commit()
        db.session.remove()
    return tokens


def build_other_states(session: Session, series: Series, participant: Participant) -> None:
    """Give the participant an answer in every other state that has a look of its own, and a question to reply to."""
    now = clock.now()
    waits = {"waitlisted_at": now - timedelta(hours=5)}
    refused = {"refused_at": now, "refusal_text": both("Une autre fois.", "Another time.")}
    states: tuple[tuple[AnswerState, dict[str, Any]], ...] = (
        (AnswerState.OFFERED, {**waits, "offer_expires_at": now + timedelta(hours=9)}),
        (AnswerState.WAITLISTED, waits),
        (AnswerState.REQUESTED, {}),
        (AnswerState.WITHDRAWN, {"seat_kept_until": now + timedelta(hours=1)}),
        (AnswerState.DECLINED, refused),
    )
    for workshop_session, (state, values) in zip(series.sessions[1:6], states, strict=True):
        answer = build_answer(session, workshop_session, participant, state=state, **values)
        acknowledge(session, answer, notice_of(workshop_session), language="fr", now=now)
    session.add(
        Question(
            series_id=series.id,
            position=0,
            kind=QuestionKind.SHORT,
            text=both("Par qui ?", "Through whom?"),
            reason=both("Pour savoir.", "To know."),
        )
    )


def build_speaker(session: Session, series: Series) -> dict[str, str]:
    """Give somebody who speaks slides, a consent of each kind, and a looser level to agree to; return their link."""
    now = clock.now()
    slot = next(slot for one in series.sessions for slot, item in slots_of(one) if item is not None)
    slot.person.email = "speaker@example.org"
    kinds = {"media_type": "application/pdf", "size": 2_345_678, "content": b"x", "uploaded_by": "speaker"}
    session.add(Slides(slot_id=slot.id, language="fr", uploaded_at=now, **kinds))
    for kind, is_given in ((ConsentKind.SLIDES, True), (ConsentKind.ANNOUNCE_AFFILIATION, False)):
        session.add(
            SpeakerConsent(
                slot_id=slot.id,
                kind=kind,
                given_at=now if is_given else None,
                withdrawn_at=None if is_given else now,
                recorded_by="speaker" if is_given else "organiser:1",
            )
        )
    proposal = {"level": Level.ON_THE_RECORD, "proposed_at": now, "proposed_by": "organiser:1"}
    session.add(LevelProposal(workshop_session_id=slot.workshop_session_id, **proposal))
    session.flush()
    return {
        "speaker": issue(session, purpose=Purpose.SPEAKER, subject=slot.person.subject),
        "part": str(slot.id),
        "person_id": str(slot.person_id),
    }


def build_failed_mail(session: Session, answer: Answer) -> str:
    """Return the number of a message to a participant that did not arrive."""
    answer_recorded(session, now=clock.now(), answer=answer)
    message = session.scalars(sa.select(OutboxMessage).where(OutboxMessage.answer_ref == answer.subject)).one()
    message.state, message.reason, message.finished_at = OutboxState.FAILED, "550 5.1.1", clock.now()
    session.flush()
    return str(message.id)


def build_announcements(session: Session, series: Series) -> dict[str, str]:
    """Give a draft that was tried out, one that was written to everybody, and two who follow the series."""
    now = clock.now()
    subject = both("Le programme du printemps est en ligne", "The spring programme is online")
    body = both("Bonjour,\n\nVoir https://example.org/programme.", "Hello,\n\nSee https://example.org/programme.")
    texts = {"series": series, "subject": subject, "body": body, "created_at": now, "tested_at": now}
    draft, written = Announcement(**texts), Announcement(**texts, confirmed_at=now, leaves_at=now)
    common = {"series": series, "language": "fr", "created_at": now}
    follower = Subscriber(address="f@example.org", address_folded="f@example.org", confirmed_at=now, **common)
    asker = Subscriber(address="a@example.org", address_folded="a@example.org", **common)
    session.add_all([draft, written, follower, asker])
    session.flush()
    while send_announcements(session, now):
        pass
    return {
        "draft": draft.key,
        "written": written.key,
        "follower": issue(session, purpose=Purpose.MY, subject=follower.subject),
        "asker": issue(session, purpose=Purpose.MY, subject=asker.subject),
    }


def build_invitations(session: Session, series: Series) -> dict[str, Invitation]:
    """Return invitations by what is special about them; another one is not sent yet."""
    common = {"series_id": series.id, "language": "fr", "created_at": clock.now() - timedelta(days=3)}
    sent = {**common, "kind": InvitationKind.PERSON, "sent_at": common["created_at"]}
    made = {
        "person": Invitation(name="Une juge", address="j@example.org", address_folded="j@example.org", **sent),
        "several": Invitation(
            name="Deux", address="d@example.org", address_folded="d@example.org", is_locked=False, **sent
        ),
        "used": Invitation(name="Trois", address="t@example.org", address_folded="t@example.org", uses=1, **sent),
        "group": Invitation(name="Un réseau", kind=InvitationKind.GROUP, is_locked=False, max_uses=9, **common),
        "unsent": Invitation(
            name="Quatre", kind=InvitationKind.PERSON, address="q@example.org", address_folded="q@example.org", **common
        ),
    }
    for name, invitation in made.items():
        invitation.sessions = list(series.sessions[:4] if name == "several" else series.sessions[:1])
    session.add_all(made.values())
    session.flush()
    return made


def look(page: Page, path: str, lang: str) -> None:
    """Open a page, and refuse what its readers on telephones and at desks would suffer from."""
    response = page.goto(path)
    assert response is not None
    # A form that is closed says so with 409.
    assert response.status in ({404} if path.endswith("no-such-page") else {200, 409}), path
    judge(page, path, WIDTHS[lang])


def judge(page: Page, name: str, width: int) -> None:
    """Refuse what the reader of the page that is open would suffer from, and end at its width."""
    bodies = page.evaluate(
        "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
        ".map(entry => entry.decodedBodySize)"
    )
    assert bodies[0] > 500, "the page itself is weighed"
    assert sum(bodies) <= 60_000, f"{name} weighs {sum(bodies)}"
    assert len(bodies) <= 6, f"{name} takes {len(bodies)} requests"
    for narrow in (320, *sorted(WIDTHS.values(), key=lambda one: one == width)):
        page.set_viewport_size({"width": narrow, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= narrow, f"{name} is wider than {narrow}"
    found = Axe().run(page).response["violations"]
    assert not found, (name, width, [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found])


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_public_and_personal_pages_fit_are_accessible_and_light(
    browser: Browser, live_server: LiveServer, tokens: dict[str, str], lang: str
) -> None:
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    page.emulate_media(color_scheme=SCHEMES[lang])
    for path in (*PUBLIC, *OWN):
        look(page, path.format(lang=lang, **tokens), lang)
    context.close()


def test_a_page_that_did_not_change_keeps_its_looks(
    browser: Browser, live_server: LiveServer, tokens: dict[str, str]
) -> None:
    """A second visit is answered with 304, whose headers replace those that the browser kept."""
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    for _ in range(2):
        page.goto("/fr/series/exemple/")
        style = page.evaluate("getComputedStyle(document.querySelector('.masthead')).display")
        assert style == "flex"
    context.close()


def test_whoever_reads_in_the_dark_gets_light_letters(browser: Browser, live_server: LiveServer) -> None:
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    page.goto("/fr/")
    lightness = "(name => getComputedStyle(document.documentElement)[name].match(/\\d+/g).reduce((a, b) => a + +b, 0))"
    found = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found[scheme] = page.evaluate(f"{lightness}('color') < {lightness}('backgroundColor')")
    page.emulate_media(media="print", color_scheme="dark")
    found["print"] = page.evaluate(f"{lightness}('color') < {lightness}('backgroundColor')")
    assert found == {"light": True, "dark": False, "print": True}
    context.close()


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_organisers_pages_fit_are_accessible_and_light(
    browser: Browser, live_server: LiveServer, tokens: dict[str, str], lang: str
) -> None:
    context = browser.new_context(base_url=live_server.url)
    page = context.new_page()
    page.emulate_media(color_scheme=SCHEMES[lang])
    page.goto("/en/login")
    page.fill("[name=email]", "organiser@example.org")
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/organise/")
    for path in ORGANISERS:
        look(page, path.format(lang=lang, **tokens), lang)
    page.goto(f"/{lang}/organise/series/exemple/4/answers")
    page.check("[name=all]")
    page.select_option("#act", "refuse")
    with page.expect_navigation():
        page.locator(".list-acts button").click()
    for code in ("fr", "en"):
        page.fill(f"[name=text-{code}]", "Une autre fois.")
    with page.expect_navigation():
        page.locator("main form button").first.click()
    judge(page, "a preview of an act", WIDTHS[lang])
    page.goto(f"/{lang}/organise/series/exemple/invitations/new")
    page.locator("[name=sessions]").first.check()
    page.fill("[name=addresses]", "Élodie <elodie@example.org>\nbroken@\nelodie@example.org")
    with page.expect_navigation():
        page.locator("main form button").first.click()
    judge(page, "a list that was read", WIDTHS[lang])
    context.close()
