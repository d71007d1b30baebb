"""A series with a session of each level in which every protected datum is a word of its own, and who may see which.

`Zyx` + the datum + four letters for the level: `Zyxspeakerqwho` is who speaks in the session that is wholly under the
Rule. TABLE says where each may be found, written from the Rule's table and not from the code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from tests.builders import (
    NOW,
    both,
    build_answer,
    build_item,
    build_organiser,
    build_participant,
    build_person,
    build_section,
    build_series,
    build_session,
    build_slot,
)
from workshop.accounts.models import Organiser, Role, RoleInvitation
from workshop.announcements import emails as announcements
from workshop.announcements.models import Announcement, Subscriber
from workshop.announcements.queries import Group, find_recipient
from workshop.chatham.rule import ConsentKind, Level
from workshop.core.links import Purpose, issue
from workshop.core.localized import Localized
from workshop.feedback.models import Feedback
from workshop.feedback.rule import add
from workshop.mail.models import MailText
from workshop.mail.texts import KINDS
from workshop.people.models import Person, Portrait, SpeakerChange
from workshop.programme.models import (
    GlossaryTerm,
    LevelProposal,
    Question,
    QuestionKind,
    Recording,
    Series,
    SessionDraft,
    SessionVersion,
    Slides,
    SpeakerConsent,
    SpeakerSlot,
    WorkshopSession,
)
from workshop.programme.service.history import snapshot
from workshop.rsvp.models import Answer, AnswerState, Participant, QuestionReply
from workshop.rsvp.service import inviting
from workshop.summaries.models import Quotation, SpeakerRole, Summary, SummaryApproval

CODES = {
    Level.ON_THE_RECORD: "qrec",
    Level.DISCUSSION: "qdis",
    Level.WHOLE_SESSION: "qwho",
    Level.CLOSED: "qclo",
}
NUMBERS = {Level.ON_THE_RECORD: 211, Level.DISCUSSION: 223, Level.WHOLE_SESSION: 227, Level.CLOSED: 233}
"""How many hold a seat in each session: numbers that stand for nothing else."""
REC, DIS, WHO, CLO = Level
SERIES = "zyxseriestitle"
WORDING = "zyxwording"
"""Stands in the series' own wordings of its mail, which may name what the product's own never would."""


def canary(datum: str, level: Level) -> str:
    """Return the word that stands for this datum in the session of that level."""
    return f"zyx{datum}{CODES[level]}"


def word(datum: str, level: Level) -> Localized:
    """Return it as a text, in both languages."""
    return both(f"{canary(datum, level).capitalize()} en français", f"{canary(datum, level).capitalize()} in English")


# -- who may find what -------------------------------------------------------------------------------------------------

PAGE, PERSONAL, INVITATION, CALENDAR, FEED, MACHINE, MAIL, WORKSPACE = (
    "page",
    "personal",
    "invitation",
    "calendar",
    "feed",
    "machine",
    "mail",
    "workspace",
)
"""FEED is one’s own calendar, by a secret address; MACHINE what other sites and programs take over."""
NOWHERE: frozenset[str] = frozenset()
EVERYWHERE = frozenset({PAGE, PERSONAL, INVITATION, CALENDAR, FEED, MACHINE, MAIL})
ON_PAGES = frozenset({PAGE, PERSONAL, INVITATION})
OWN = frozenset({PERSONAL})
CONFIRMED = ("participant", "speaker", "moderator")
AT_WORK = ("organiser", "editor", "answers", "helper", "door")
"""Owner, editor, answers, translator, and whoever helps at one door."""
AUDIENCES = ("public", "stranger", "invited", *CONFIRMED, *AT_WORK, "partner", "administrator")

Cell = tuple[frozenset[str], frozenset[str], frozenset[str]]
"""Where the public, who is invited, and who takes part or speaks may find a datum."""
ALL: Cell = (EVERYWHERE, EVERYWHERE, EVERYWHERE)
PAGES: Cell = (ON_PAGES, ON_PAGES, ON_PAGES)
PASSED_ON: Cell = (ON_PAGES | {MACHINE}, ON_PAGES | {MACHINE}, ON_PAGES | {MACHINE})
INVITED: Cell = (NOWHERE, frozenset({INVITATION, PERSONAL}), OWN)
INSIDE: Cell = (NOWHERE, NOWHERE, OWN)
NONE: Cell = (NOWHERE, NOWHERE, NOWHERE)

CONTENT = ("abstract", "objective", "section", "item", "itemabstract", "place", "link")
PEOPLE = ("speaker", "affiliation", "biography", "moderator")
OF_THE_LIST = (
    "participant", "address", "belonging", "needs", "reply", "waiting", "invitee", "refusal", "subscriber", "remark",
)  # fmt: skip
"""Of those who take part, or may."""
OF_PLANNING = ("room", "kept", "nameless", "hidden", "noslides", "speakeraddress", "formerly")
"""Of the sessions and those who speak, for those who plan."""
FOR_ORGANISERS = (*OF_THE_LIST, *OF_PLANNING, "asked")
WRITTEN: Cell = (NOWHERE, NOWHERE, frozenset({PERSONAL, MAIL}))
"""What organisers wrote to those who take part: where mail names nothing, it is read on the personal page."""
TABLE: dict[str, tuple[Cell, Cell, Cell, Cell]] = {
    # on the record, discussion, whole session, closed
    "title": (ALL, ALL, INSIDE, INVITED),
    "publictitle": (NONE, NONE, PASSED_ON, NONE),
    **dict.fromkeys(CONTENT, (ALL, ALL, PAGES, INSIDE)),
    **dict.fromkeys(PEOPLE, (ALL, ALL, INSIDE, INSIDE)),
    "slides": (PASSED_ON, PASSED_ON, INSIDE, INSIDE),
    "recording": (PASSED_ON, NONE, NONE, NONE),
    "summary": (PASSED_ON, PASSED_ON, PAGES, NONE),
    "quotation": (PASSED_ON, PASSED_ON, PAGES, NONE),
    "draft": (NONE, NONE, NONE, NONE),
    "aside": (NONE, NONE, NONE, NONE),
    "term": (NONE, NONE, NONE, NONE),
    "earlier": (NONE, NONE, NONE, NONE),
    "wish": (NONE, NONE, NONE, NONE),
    "portrait": (PAGES, PAGES, INSIDE, INSIDE),
    "announcement": (WRITTEN, WRITTEN, INSIDE, INSIDE),
    **dict.fromkeys(FOR_ORGANISERS, (NONE, NONE, NONE, NONE)),
}


def allowed(datum: str, level: Level, audience: str) -> frozenset[str]:  # noqa: PLR0911 (one for each exception)
    """Return the kinds of places at which this audience may find the datum."""
    public, invited, confirmed = TABLE[datum][level.strictness]
    if audience == "speaker" and datum in {"wish", "earlier"}:
        # What they asked for, and where they worked before, on their own page and in their own export.
        return public | OWN
    if audience in CONFIRMED:
        return public | confirmed
    if audience == "invited":
        return public | invited
    if audience == "answers" and datum == "draft":
        return frozenset({WORKSPACE, FEED})
    if audience in {"organiser", "editor"} and datum in {"draft", "aside", "wish", "formerly"}:
        # Every button is pressed, those which publish it, take it over or set it back too.
        return EVERYWHERE | {WORKSPACE}
    if audience == "partner" and public:
        # Whom to invite to what: as the public knows it.
        return public | {WORKSPACE}
    return public | ({WORKSPACE} if _is_at_hand(datum, level, audience) else NOWHERE)


def _is_at_hand(datum: str, level: Level, audience: str) -> bool:
    """Whether somebody with this role finds it in the workspace."""
    if (datum, level) == ("remark", CLO):
        return False  # of a closed session no word is written down
    if audience == "editor":
        return datum not in {*OF_THE_LIST, "announcement", "asked"}
    if audience == "answers":
        return datum in {*OF_THE_LIST, "announcement", "title", "draft"}
    if audience == "door":
        return (datum, level) == ("title", DIS)
    return audience == "organiser" or (audience == "helper" and _is_for_helpers(datum, level))


def _is_for_helpers(datum: str, level: Level) -> bool:
    """Content only: never what is the participants', and of the people no more than the public may know."""
    return datum not in {*FOR_ORGANISERS, "announcement", "wish"} and (
        level <= DIS or datum not in {*PEOPLE, "earlier", "portrait", "slides", "recording"}
    )


MUST = (
    # datum, level, audience, kind of place: where it has to be, so that finding nothing elsewhere means something.
    *(("title", level, "public", kind) for level in (REC, DIS) for kind in (PAGE, CALENDAR)),
    *(
        ("title", level, audience, FEED)
        for level in (REC, DIS)
        for audience in ("participant", "speaker", "moderator", "organiser")
    ),
    *(("abstract", level, "participant", FEED) for level in (REC, DIS)),
    *((datum, level, "public", MACHINE) for level in (REC, DIS) for datum in ("title", "speaker")),
    ("publictitle", WHO, "public", MACHINE),
    ("draft", DIS, "organiser", FEED),
    *((datum, level, "public", PAGE) for level in (REC, DIS, WHO) for datum in CONTENT),
    *((datum, level, "public", CALENDAR) for level in (REC, DIS) for datum in ("abstract", "place", "speaker")),
    *((datum, level, "public", PAGE) for level in (REC, DIS) for datum in ("speaker", "affiliation", "moderator")),
    *((datum, level, "public", PAGE) for level in (REC, DIS) for datum in ("slides", "summary", "quotation")),
    *((datum, WHO, "public", PAGE) for datum in ("publictitle", "summary", "quotation")),
    ("recording", REC, "public", PAGE),
    ("title", CLO, "invited", INVITATION),
    *(
        (datum, level, audience, PERSONAL)
        for level in (WHO, CLO)
        for audience in ("participant",)
        for datum in ("title", "item", "speaker", "affiliation", "moderator", "slides")
    ),
    ("abstract", CLO, "participant", PERSONAL),
    *(("announcement", level, "participant", PERSONAL) for level in Level),
    *(("announcement", level, "organiser", WORKSPACE) for level in Level),
    # Of a closed session nothing is written down.
    *(("remark", level, "organiser", WORKSPACE) for level in (REC, DIS, WHO)),
    *((datum, level, "organiser", WORKSPACE) for level in Level for datum in ("title", "participant", "needs", "room")),
    *(("title", level, audience, WORKSPACE) for level in Level for audience in ("helper", "editor", "answers")),
    *(
        (datum, level, "editor", WORKSPACE)
        for level in Level
        for datum in ("room", "aside", "wish", "formerly", "term")
    ),
    *(("participant", level, "answers", WORKSPACE) for level in Level),
    ("title", DIS, "door", WORKSPACE),
    *(("asked", level, "organiser", WORKSPACE) for level in Level),
    *(("wish", level, "speaker", PERSONAL) for level in Level),
    *(("portrait", level, "public", PAGE) for level in (REC, DIS)),
)


# -- the world that they live in -----------------------------------------------------------------------------------


@dataclass
class World:
    """What was planted, and the links of those who hold one."""

    series: Series
    sessions: dict[Level, WorkshopSession]
    people: dict[Level, Person]
    moderators: dict[Level, Person]
    egos: dict[Level, Answer]
    has_crowd: bool
    invitations: dict[Level, str] = field(default_factory=dict)
    """Random ids of invitations."""
    slides: dict[Level, str] = field(default_factory=dict)
    organisers: dict[str, Organiser] = field(default_factory=dict)


def plant(session: Session, *, has_crowd: bool = True) -> World:
    """Plant a word in every protected datum of four sessions, and commit; without a crowd three others have a seat."""
    series = build_series(
        session,
        slug="zyx-series",
        title=both("Zyxseriestitle en français", "Zyxseriestitle in English"),
        level=DIS,
    )
    world = World(series=series, sessions={}, people={}, moderators={}, egos={}, has_crowd=has_crowd)
    for number, level in enumerate(Level, 1):
        _plant_session(session, world, level, number)
    # Everybody of the discussion is being asked for a looser level.
    session.add(
        LevelProposal(workshop_session_id=world.sessions[DIS].id, level=REC, proposed_at=NOW, proposed_by="organiser:1")
    )
    _word_mail(session, series)
    draft = build_session(session, series, slug="zyxdraft", title=word("draft", DIS), is_published=False)
    draft.published_at = None
    world.organisers = {
        "organiser": build_organiser(session, series, name="Zyxowner", email="zyxowner@example.org"),
        "editor": build_organiser(session, series, role=Role.EDITOR),
        "answers": build_organiser(session, series, role=Role.ANSWERS),
        "helper": build_organiser(session, series, role=Role.TRANSLATOR),
        "door": build_organiser(session, series, role=Role.HELPER),
        "partner": build_organiser(session, series, role=Role.PARTNER),
        "administrator": build_organiser(session, is_administrator=True),
        "stranger": build_organiser(session, build_series(session, slug="another-series")),
    }
    world.organisers["partner"].roles[0].organisation = "Another partner"
    world.organisers["door"].roles[0].workshop_session_id = world.sessions[DIS].id
    series.revision += 1
    session.commit()
    return world


def _plant_session(session: Session, world: World, level: Level, number: int) -> None:
    one = build_session(
        session,
        world.series,
        slug=str(number),
        number=number,
        level=level,
        title=word("title", level),
        short_title=Localized(),
        public_title=word("publictitle", level) if level is not CLO else Localized(),
        abstract=word("abstract", level),
        objectives=(word("objective", level),),
        place=word("place", level),
        links=(f"https://{canary('link', level)}.example.org/",),
        room_link=f"https://{canary('room', level)}.example.org/",
        capacity=4000,
    )
    world.sessions[level] = one
    build_section(session, one, title=word("section", level))
    speaker = _person(session, world.series, "speaker", level)
    item = build_item(
        session, one, title=word("item", level), abstract=word("itemabstract", level), speakers=(speaker,)
    )
    nameless = _person(session, world.series, "nameless", level, affiliation="hidden")
    hidden = build_slot(session, one, nameless, item=item, position=2)
    _consent(session, hidden, ConsentKind.ANNOUNCE_NAME, is_given=False)
    recorded = build_item(session, one, title=word("item", level), speakers=(speaker,))
    _consent(session, recorded.slots[0], ConsentKind.RECORDED, is_given=True)
    moderator = _person(session, world.series, "moderator", level)
    build_slot(session, one, moderator)
    world.people[level], world.moderators[level] = speaker, moderator
    spoken = item.slots[0]
    _consent(session, spoken, ConsentKind.SLIDES, is_given=True)
    world.slides[level] = _slides(session, spoken, "slides", level)
    _slides(session, hidden, "noslides", level)
    _recordings(session, one, level, item_id=recorded.id)
    if level is not CLO:
        _summary(session, one, level)
    _people_who_answered(session, world, one, level)
    _announce(session, world, one, level)
    _plan(session, one, speaker, level)


def _plan(session: Session, one: WorkshopSession, speaker: Person, level: Level) -> None:
    """Let something be kept aside, asked for, said otherwise before, and not yet taken up."""
    aside = {"values": {"abstract": word("aside", level).to_json()}, "base": ""}
    session.add(SessionDraft(workshop_session_id=one.id, content=aside, saved_at=NOW, saved_by="organiser:1"))
    after = snapshot(one)
    before = after | {"values": after["values"] | {"objectives": [word("formerly", level).to_json()]}}
    version = {"published_at": NOW, "published_by": "organiser:1"}
    session.add(SessionVersion(workshop_session_id=one.id, before=before, after=after, **version))
    session.add(GlossaryTerm(series_id=one.series_id, position=level.strictness, term=word("term", level)))
    session.add(
        SpeakerChange(
            series_id=one.series_id,
            person_id=speaker.id,
            content={"biography": word("wish", level).to_json()},
            was={"biography": speaker.biography.to_json()},
            asked_at=NOW,
        )
    )
    speaker.former = ({"until": "2020-01-01", "affiliations": [word("earlier", level).to_json()]},)
    key = canary("portrait", level)
    session.add(
        Portrait(
            person_id=speaker.id,
            key=key,
            media_type="image/png",
            content=b"\x89PNG\r\n\x1a\n" + key.encode(),
            uploaded_at=NOW,
            uploaded_by="speaker",
        )
    )
    address = f"{canary('asked', level)}@example.org"
    session.add(
        RoleInvitation(
            series_id=one.series_id,
            email=address,
            email_folded=address,
            language="fr",
            role=Role.EDITOR,
            invited_by="organiser:1",
            created_at=NOW,
            closes_at=NOW + timedelta(days=7),
        )
    )
    session.flush()


def _word_mail(session: Session, series: Series) -> None:
    """Let the series have its own words in what participants are told most often."""
    for kind in ("answer_recorded", "reminder", "session_moved", "place_offered"):
        blocks = "\n\n".join(f"{{{name}}}" for name in KINDS[kind].blocks)
        for language in ("fr", "en"):
            session.add(
                MailText(
                    series_id=series.id,
                    kind=kind,
                    language=language,
                    subject=f"{WORDING} {{title}}",
                    body=f"{WORDING}\n\n{blocks}",
                    revised_at=NOW,
                )
            )
    session.flush()


def _announce(session: Session, world: World, one: WorkshopSession, level: Level) -> None:
    """Let the organisers have written to the reader of that level."""
    announcement = Announcement(
        series_id=one.series_id,
        subject=word("announcement", level),
        body=word("announcement", level),
        audience=Group(sessions=(one.id,)).to_json(),
        created_at=NOW,
        tested_at=NOW,
        confirmed_at=NOW,
        leaves_at=NOW,
        is_at_subscribers=True,
        finished_at=NOW,
    )
    session.add(announcement)
    session.flush()
    group, reader = Group.from_json(announcement.audience), world.egos[level].participant
    recipient = find_recipient(session, world.series, group, reader.subject)
    assert recipient is not None
    assert announcements.write(session, announcement, [recipient], now=NOW, is_to_subscribers=False) == 1
    subscriber = f"{canary('subscriber', level)}@example.org"
    session.add(
        Subscriber(
            series_id=one.series_id,
            address=subscriber,
            address_folded=subscriber,
            language="fr",
            created_at=NOW,
            confirmed_at=NOW,
        )
    )
    remarks = (f"{canary('remark', level).capitalize()}.",)
    counts = add({}, {"useful": "very"})
    session.add(
        Feedback(
            workshop_session_id=one.id,
            number=5,
            counts=counts,
            remarks=remarks,
            shown_number=5,
            shown_counts=counts,
            shown_remarks=remarks,
        )
    )
    session.flush()


def _person(session: Session, series: Series, datum: str, level: Level, *, affiliation: str = "affiliation") -> Person:
    return build_person(
        session,
        series,
        name=f"{canary(datum, level).capitalize()} Exemple",
        role=word(affiliation, level),
        affiliations=(word(affiliation, level),),
        biography=word("biography" if affiliation == "affiliation" else affiliation, level),
        # Their own page shows their own address to those whose page is visited.
        email=f"{canary('speakeraddress', level) if datum == 'nameless' else f'{datum}-{CODES[level]}'}@example.org",
    )


def _consent(session: Session, slot: SpeakerSlot, kind: ConsentKind, *, is_given: bool) -> None:
    slot.consents.append(
        SpeakerConsent(
            kind=kind,
            given_at=NOW if is_given else None,
            withdrawn_at=None if is_given else NOW,
            recorded_by="speaker",
        )
    )
    session.flush()


def _slides(session: Session, slot: SpeakerSlot, datum: str, level: Level) -> str:
    key = canary(datum, level)
    content = b"\x89PNG\r\n\x1a\n" + key.encode()
    slot.slides.append(
        Slides(
            key=key, media_type="image/png", size=len(content), content=content, uploaded_at=NOW, uploaded_by="speaker"
        )
    )
    session.flush()
    return key


def _recordings(session: Session, one: WorkshopSession, level: Level, *, item_id: int) -> None:
    """Publish one where the database lets it be, and keep one for the organisers where it may be stored at all."""
    values = {"workshop_session_id": one.id, "level": level, "created_at": NOW}
    if level is REC:
        url = f"https://{canary('recording', level)}.example.org/"
        session.add(Recording(**values, item_id=item_id, url=url, agreed_at=NOW, published_at=NOW))
    if level is not CLO:
        session.add(Recording(**values, item_id=None, url=f"https://{canary('kept', level)}.example.org/"))
    session.flush()


def _summary(session: Session, one: WorkshopSession, level: Level) -> None:
    readers = [build_organiser(session), build_organiser(session)]
    session.add(
        Summary(
            workshop_session_id=one.id,
            text=word("summary", level),
            saved_at=NOW,
            submitted_at=NOW,
            published_at=NOW,
            approvals=[SummaryApproval(organiser_id=reader.id, approved_at=NOW) for reader in readers],
            quotations=[Quotation(position=0, role=SpeakerRole.RESEARCHER, shared_by=7, text=word("quotation", level))],
        )
    )
    session.flush()


def _people_who_answered(session: Session, world: World, one: WorkshopSession, level: Level) -> None:
    question = Question(
        series_id=one.series_id,
        workshop_session_id=one.id,
        position=0,
        kind=QuestionKind.SHORT,
        text=both("Une question ?", "A question?"),
        reason=both("Pour préparer.", "To prepare."),
    )
    one.questions.append(question)
    session.flush()
    _others(session, one, level, question, NUMBERS[level] - 1 if world.has_crowd else 3)
    waiting = _participant(session, one.series, level, "waiting", 0)
    build_answer(session, one, waiting, state=AnswerState.WAITLISTED, waitlisted_at=NOW)
    refused = _participant(session, one.series, level, "refused", 0)
    build_answer(session, one, refused, state=AnswerState.DECLINED, refused_at=NOW, refusal_text=word("refusal", level))
    ego = build_participant(session, one.series, name="Ego", address=f"ego-{CODES[level]}@example.org", language="en")
    world.egos[level] = build_answer(session, one, ego)
    for datum, name in (("invitee", canary("invitee", level)), ("ego", "Ego")):
        address = (
            f"{canary('invitee', level)}@example.org" if datum == "invitee" else f"guest-{CODES[level]}@example.org"
        )
        inviting.invite(
            session,
            now=NOW,
            workshop_sessions=[one],
            invitees=[inviting.Invitee(address, name, "en")],
            organisation="",
            is_locked=False,
            made_by=None,
            actor="organiser:1",
        )
    from workshop.rsvp.models import Invitation

    own = sa.select(Invitation.subject).where(Invitation.address_folded == f"guest-{CODES[level]}@example.org")
    world.invitations[level] = session.scalars(own).one()


def _participant(session: Session, series: Series, level: Level, datum: str, number: int) -> Participant:
    return build_participant(
        session,
        series,
        name=canary("participant" if datum == "refused" else datum, level).capitalize(),
        address=f"{canary('address', level)}-{datum}-{number}@example.org",
        affiliation=canary("belonging", level).capitalize(),
        access_needs=canary("needs", level).capitalize(),
    )


def _others(session: Session, one: WorkshopSession, level: Level, question: Question, number: int) -> None:
    """Let so many hold a seat beside the reader."""
    name, belonging = canary("participant", level), canary("belonging", level)
    people = [
        {
            "series_id": one.series_id,
            "name": name.capitalize(),
            "name_folded": name,
            "affiliation": belonging.capitalize(),
            "affiliation_folded": belonging,
            "access_needs": canary("needs", level).capitalize(),
            "address": f"{canary('address', level)}-{place}@example.org",
            "address_folded": f"{canary('address', level)}-{place}@example.org",
            "language": "fr",
            "created_at": NOW,
            "confirmed_at": NOW,
        }
        for place in range(number)
    ]
    ids = session.scalars(sa.insert(Participant).returning(Participant.id), people).all()
    seat = {
        "workshop_session_id": one.id,
        "state": AnswerState.ACCEPTED,
        "told_place": one.place,
        "told_tzid": one.tzid,
    }
    seat |= dict.fromkeys(("created_at", "answered_at", "accepted_at"), NOW)
    seat |= {"told_starts_at": one.starts_at, "told_ends_at": one.ends_at, "told_mode": one.mode}
    seat |= {"told_status": one.status, "told_level": level}
    session.execute(sa.insert(Answer), [{"participant_id": id_, **seat} for id_ in ids])
    reply = {"question_id": question.id, "value": canary("reply", level), "replied_at": NOW}
    session.execute(sa.insert(QuestionReply), [{"participant_id": id_, **reply} for id_ in ids[:3]])


SLASHED = ("my", "invitation", "speaker")


def doors(session: Session, world: World, audience: str) -> list[str]:
    """Return the addresses that somebody of this audience was given, one for each level."""
    found: list[tuple[str, Purpose, str]] = []
    for level in Level:
        if audience == "participant":
            person = world.egos[level].participant.subject
            found += [("my", Purpose.MY, person), ("unsubscribe", Purpose.UNSUBSCRIBE, person)]
            found += [("join", Purpose.JOIN, world.egos[level].subject), ("calendar", Purpose.FEED, person)]
        elif audience == "invited":
            found.append(("invitation", Purpose.INVITATION, world.invitations[level]))
        elif audience == "speaker":
            found += _doors_of_speaker(world.people[level])
        elif audience == "moderator":
            found += _doors_of_speaker(world.moderators[level])
    if audience in world.organisers:
        found.append(("calendar", Purpose.FEED, world.organisers[audience].subject))
    paths = []
    for word, purpose, subject in found:
        token = issue(session, purpose=purpose, subject=subject)
        if word == "calendar":
            paths.append(f"/calendar/{token}.ics")
        else:
            paths += [f"/{language}/{word}/{token}{'/' if word in SLASHED else ''}" for language in ("en", "fr")]
    session.commit()
    return paths


def _doors_of_speaker(person: Person) -> list[tuple[str, Purpose, str]]:
    return [("speaker", Purpose.SPEAKER, person.subject), ("calendar", Purpose.FEED, person.subject)]


def place_of(path: str) -> str:
    """Return the kind of place that an address is."""
    path = path.removeprefix("POST ")
    parts = path.partition("?")[0].strip("/").split("/")
    if path.partition("?")[0].endswith(".ics"):
        return FEED if parts[0] == "calendar" else CALENDAR
    if parts[0] == "api" or parts[-1] in {"feed.atom", "embed"}:
        return MACHINE
    tail = parts[1:] if parts and parts[0] in {"fr", "en"} else parts
    head = tail[0] if tail else ""
    return {"organise": WORKSPACE, "my": PERSONAL, "speaker": PERSONAL, "join": PERSONAL, "invitation": INVITATION}.get(
        head, PAGE
    )


def findings(found: Iterable[str]) -> set[str]:
    """Return the kinds of places among these addresses."""
    return {place_of(path) for path in found}


def until_after(world: World) -> timedelta:
    """Return how long until every session is over."""
    return max(one.ends_at for one in world.sessions.values()) - NOW + timedelta(hours=1)
