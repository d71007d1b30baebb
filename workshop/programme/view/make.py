"""From models to views: one maker for a session, one for a series, both asking the Rule for every part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from workshop.chatham.notices import Notice, current_notice, with_own_sentence
from workshop.chatham.rule import (
    Audience,
    Consents,
    Disclosure,
    Level,
    Surface,
    TitleForm,
    Visibility,
    disclosure,
    effective_level,
    effective_visibility,
    is_in_series_list,
    shown_level,
)
from workshop.core.localized import Localized
from workshop.people.models import Partner, Person
from workshop.people.rule import post_on
from workshop.programme.models import Item, Series, Slides, SlotRole, SpeakerSlot, WorkshopSession
from workshop.programme.view.consents import consents_of
from workshop.programme.view.materials import (
    RecordingView,
    SlidesView,
    has_recorded_consents,
    heard_in,
    recording_view,
    slides_view,
)
from workshop.programme.view.shown import (
    InterpretationView,
    ItemView,
    PartnerView,
    PersonView,
    SectionView,
    SeriesView,
    SessionView,
    TombstoneView,
)

_AT_WORK = frozenset({Audience.ORGANISER, Audience.HELPER})
_WITH_MATERIALS = frozenset({Surface.PAGE, Surface.PERSONAL_PAGE})
_NOTHING = Localized()


@dataclass(frozen=True, slots=True)
class _Question:
    """What is asked of the Rule, for a session's parts one after the other."""

    audience: Audience
    surface: Surface
    visibility: Visibility
    session_level: Level
    has_address: bool
    is_discreet: bool
    has_materials: bool = False
    day: date | None = None
    """On which it begins, on its own clock: beside names stands what held then."""

    def ask(self, level: Level | None = None, consents: Consents | None = None) -> Disclosure:
        """Return what may be seen of the session, or of an item of that level, or of one who speaks in it."""
        return disclosure(
            level=self.session_level if level is None else level,
            within=None if level is None else self.session_level,
            visibility=self.visibility,
            audience=self.audience,
            surface=self.surface,
            consents=consents or Consents(),
            has_address=self.has_address,
            is_discreet=self.is_discreet,
        )


def default_label(number: int | None) -> Localized:
    """Return what names a session without a label of its own: « Séance 4 » / "Session 4"."""
    suffix = "" if number is None else f" {number}"
    return Localized({"fr": f"Séance{suffix}", "en": f"Session{suffix}"})


def workspace_name(workshop_session: WorkshopSession) -> Localized:
    """Return what the workspace calls a session; its title is no secret there."""
    return workshop_session.title or workshop_session.label or default_label(workshop_session.number)


def session_disclosure(workshop_session: WorkshopSession, *, audience: Audience, surface: Surface) -> Disclosure:
    """Return what may be shown of a session as a whole, such as its list and its room: the strictest level decides."""
    series = workshop_session.series
    level, _ = effective_level(session=workshop_session.level, series=series.level)
    items = (item.level for section in workshop_session.sections for item in section.items)
    return disclosure(
        level=shown_level(session=level, items=[one for one in items if one is not None]),
        visibility=effective_visibility(series=series.visibility, session=workshop_session.visibility, level=level),
        audience=audience,
        surface=surface,
    )


def session_view(
    workshop_session: WorkshopSession,
    *,
    audience: Audience,
    surface: Surface,
    has_address: bool = False,
    is_discreet: bool = False,
    has_materials: bool = False,
) -> SessionView | None:
    """Return a session as one audience may see it on one surface; None where it must not know that it exists.

    Args:
        workshop_session: loaded whole (queries.session_parts), with its series.
        audience: for whom.
        surface: where.
        has_address: whether the reader came by its own address, or by that of its unlisted series (see disclosure).
        is_discreet: whether the reader asked for neutral titles in mail and calendar.
        has_materials: with slides and recordings, for the session's own page and the personal page only (loaded along
            by queries.material_parts).
    """
    series = workshop_session.series
    level, level_source = effective_level(session=workshop_session.level, series=series.level)
    question = _Question(
        audience=audience,
        surface=surface,
        visibility=effective_visibility(series=series.visibility, session=workshop_session.visibility, level=level),
        session_level=level,
        has_address=has_address,
        is_discreet=is_discreet,
        has_materials=has_materials and surface in _WITH_MATERIALS,
        day=workshop_session.starts_at.astimezone(ZoneInfo(workshop_session.tzid)).date(),
    )
    shown = question.ask()
    if not shown.is_known or not (workshop_session.is_published or audience in _AT_WORK):
        return None
    return _known_session(workshop_session, question, shown, level_source)


def _known_session(
    workshop_session: WorkshopSession, question: _Question, shown: Disclosure, level_source: str
) -> SessionView:
    series = workshop_session.series
    items = [item for section in workshop_session.sections for item in section.items]
    strictest = shown_level(session=question.session_level, items=[item.level for item in items])
    label = workshop_session.label or default_label(workshop_session.number)
    is_renamed = shown.title is TitleForm.PUBLIC_TITLE and bool(workshop_session.public_title)
    titles = {
        TitleForm.FULL: workshop_session.title,
        TitleForm.PUBLIC_TITLE: workshop_session.public_title or workshop_session.title,
        TitleForm.LABEL: label,
        TitleForm.NONE: _NOTHING,
    }
    has_title = shown.title in {TitleForm.FULL, TitleForm.PUBLIC_TITLE}
    has_content = shown.abstract
    return SessionView(
        series_slug=series.slug,
        slug=workshop_session.slug,
        uid=workshop_session.uid,
        sequence=workshop_session.sequence,
        revised_at=workshop_session.revised_at,
        series_title=_NOTHING if shown.is_neutral else series.title,
        label=label,
        number=workshop_session.number,
        title=titles[shown.title],
        title_form=shown.title,
        short_title=workshop_session.short_title if has_title and not is_renamed else _NOTHING,
        starts_at=workshop_session.starts_at,
        ends_at=workshop_session.ends_at,
        tzid=workshop_session.tzid,
        status=workshop_session.status,
        cancelled_at=workshop_session.cancelled_at,
        is_postponed=workshop_session.postponed_at is not None,
        mode=workshop_session.mode,
        format=workshop_session.format,
        place=workshop_session.place if shown.place else _NOTHING,
        floor_languages=workshop_session.floor_languages,
        interpretation=_interpretation(workshop_session, has_scope=has_content),
        monolingual=workshop_session.monolingual,
        languages=series.languages,
        visibility=question.visibility,
        level=strictest,
        level_source=level_source if strictest is question.session_level else "item",
        notice=_notice(strictest, series, shown),
        abstract=workshop_session.abstract if has_content else _NOTHING,
        objectives=workshop_session.objectives if shown.objectives else (),
        sections=_sections(workshop_session, question, shown),
        moderators=_people(workshop_session.slots, SlotRole.MODERATOR, question, None),
        partners=_partners(workshop_session.partners) if has_content else (),
        links=workshop_session.links if has_content else (),
        rsvp_opens_at=workshop_session.rsvp_opens_at,
        rsvp_closes_at=workshop_session.rsvp_closes_at or workshop_session.starts_at,
        says_places=shown.places_word and question.ask(strictest).places_word,
        has_waiting_list=workshop_session.has_waiting_list,
        needs_approval=workshop_session.needs_approval,
        hides_names=_hides_names(workshop_session, question),
        has_join_link=shown.join_link,
        is_neutral=shown.is_neutral,
        is_indexable=shown.is_indexable,
        moved_from=workshop_session.moved_from,
        controller=_NOTHING if shown.is_neutral else series.controller,
        slides=_slides(workshop_session, workshop_session.slots, question, strictest),
        recordings=_recordings(workshop_session, None, question, strictest),
    )


def _notice(level: Level, series: Series, shown: Disclosure) -> Notice | None:
    if not shown.notice:
        return None
    sentence = series.own_sentence if shown.own_sentence else _NOTHING
    return with_own_sentence(current_notice(level), sentence, series.own_sentence_version)


def series_view(
    series: Series,
    *,
    audience: Audience,
    surface: Surface,
    has_address: bool = False,
    sessions: Iterable[WorkshopSession] | None = None,
) -> SeriesView | None:
    """Return a series as one audience may see it on one surface, with those of its sessions that are listed there.

    Args:
        series: loaded whole (queries.series_parts).
        audience: for whom.
        surface: where; LIST for its page, CALENDAR for its feed.
        has_address: whether the reader came by the series' own address.
        sessions: its sessions, where the series was loaded without them.
    """
    # Who may know of a series follows its visibility alone: its level is what its sessions have by default.
    known = disclosure(
        level=Level.ON_THE_RECORD,
        visibility=series.visibility,
        audience=audience,
        surface=surface,
        has_address=has_address,
    )
    if not known.is_known:
        return None
    views: list[SessionView] = []
    tombstones: list[TombstoneView] = []
    for workshop_session in series.sessions if sessions is None else sessions:
        if audience not in _AT_WORK and not _is_listed(workshop_session):
            continue
        view = session_view(workshop_session, audience=audience, surface=surface, has_address=has_address)
        if view is not None:
            views.append(view)
        elif surface is Surface.CALENDAR and workshop_session.tombstone is not None:
            tombstones += _tombstones(workshop_session, audience=audience, has_address=has_address)
    return SeriesView(
        slug=series.slug,
        title=series.title,
        subtitle=series.subtitle,
        kind=series.kind,
        description=series.description,
        languages=series.languages,
        tzid=series.tzid,
        level=series.level,
        visibility=series.visibility,
        contact=series.contact,
        controller=series.controller,
        retention_days=series.retention_days,
        links=series.links,
        colour=series.colour,
        revision=series.revision,
        revised_at=series.revised_at,
        committee=tuple(_person(member.person, has_affiliation=True) for member in series.committee),
        partners=_partners(series.partners),
        sessions=tuple(views),
        tombstones=tuple(tombstones),
        is_indexable=series.visibility is Visibility.PUBLIC,
        embed_origins=series.embed_origins,
    )


def _tombstones(workshop_session: WorkshopSession, *, audience: Audience, has_address: bool) -> Iterator[TombstoneView]:
    """Yield what is left of a session that was taken back; nothing where it became a secret that it ever was."""
    series, left = workshop_session.series, workshop_session.tombstone
    if workshop_session.is_published or workshop_session.unpublished_at is None or left is None:
        return
    level, _source = effective_level(session=workshop_session.level, series=series.level)
    shown = disclosure(
        level=level,
        visibility=effective_visibility(series=series.visibility, session=workshop_session.visibility, level=level),
        audience=audience,
        surface=Surface.CALENDAR,
        has_address=has_address,
    )
    if shown.is_known:
        yield TombstoneView(
            uid=workshop_session.uid,
            sequence=left["sequence"],
            revised_at=workshop_session.unpublished_at,
            starts_at=datetime.fromisoformat(left["starts_at"]),
            ends_at=datetime.fromisoformat(left["ends_at"]),
            tzid=left["tzid"],
        )


def _is_listed(workshop_session: WorkshopSession) -> bool:
    series = workshop_session.series
    level, _source = effective_level(session=workshop_session.level, series=series.level)
    return is_in_series_list(series=series.visibility, session=workshop_session.visibility, level=level)


def _item_level(item: Item, question: _Question) -> tuple[Level, str]:
    if item.level is not None:
        return item.level, "item"
    return question.session_level, "session"


def _sections(workshop_session: WorkshopSession, question: _Question, shown: Disclosure) -> tuple[SectionView, ...]:
    if not shown.item_titles:
        return ()
    return tuple(
        SectionView(
            title=section.title,
            items=tuple(
                view for item in section.items if (view := _item(workshop_session, item, question)) is not None
            ),
        )
        for section in workshop_session.sections
    )


def _item(workshop_session: WorkshopSession, item: Item, question: _Question) -> ItemView | None:
    """Return an item; None where not even its title may be seen."""
    level, source = _item_level(item, question)
    shown = question.ask(level)
    if not shown.item_titles:
        return None
    return ItemView(
        kind=item.kind,
        title=item.title,
        abstract=item.abstract if shown.abstract else _NOTHING,
        starts=item.starts,
        minutes=item.minutes,
        level=level,
        level_source=source,
        speakers=_people(item.slots, SlotRole.SPEAKER, question, level),
        moderators=_people(item.slots, SlotRole.MODERATOR, question, level),
        slides=_slides(workshop_session, item.slots, question, level),
        recordings=_recordings(workshop_session, item, question, level),
    )


def _slides(
    workshop_session: WorkshopSession, slots: Iterable[SpeakerSlot], question: _Question, level: Level
) -> tuple[SlidesView, ...]:
    if not question.has_materials:
        return ()
    theirs: dict[int, list[Slides]] = {}
    for one in workshop_session.slides:
        theirs.setdefault(one.slot_id, []).append(one)
    return tuple(
        slides_view(one)
        for slot in slots
        if question.ask(level, consents_of(slot)).slides
        for one in theirs.get(slot.id, ())
    )


def _recordings(
    workshop_session: WorkshopSession, item: Item | None, question: _Question, level: Level
) -> tuple[RecordingView, ...]:
    if not question.has_materials:
        return ()
    item_id = None if item is None else item.id
    has_agreed = has_recorded_consents(heard_in(workshop_session, item_id))
    if not question.ask(level, Consents(recorded=has_agreed)).recording:
        return ()
    published = (one for one in workshop_session.recordings if one.published_at is not None)
    return tuple(recording_view(one) for one in published if one.item_id == item_id)


def _people(
    slots: Iterable[SpeakerSlot], role: SlotRole, question: _Question, level: Level | None
) -> tuple[PersonView, ...]:
    found = []
    for slot in slots:
        shown = question.ask(level, consents_of(slot))
        if slot.role is role and shown.speaker_names and _is_coming(slot, question):
            has_affiliation = shown.speaker_affiliations
            has_portrait = has_affiliation and question.surface is Surface.PAGE and question.has_materials
            found.append(
                _person(slot.person, has_affiliation=has_affiliation, day=question.day, has_portrait=has_portrait)
            )
    return tuple(found)


def _is_coming(slot: SpeakerSlot, question: _Question) -> bool:
    """Whether they did not say that they cannot; organisers see them until they find somebody else."""
    return slot.declined_at is None or question.audience in _AT_WORK


def _hides_names(workshop_session: WorkshopSession, question: _Question) -> bool:
    pairs: list[tuple[SpeakerSlot, Level | None]] = [(slot, None) for slot in workshop_session.slots]
    pairs += [
        (slot, _item_level(item, question)[0])
        for section in workshop_session.sections
        for item in section.items
        for slot in item.slots
    ]
    return any(
        slot.declined_at is None and not question.ask(level, consents_of(slot)).speaker_names for slot, level in pairs
    )


def _person(
    person: Person, *, has_affiliation: bool, day: date | None = None, has_portrait: bool = False
) -> PersonView:
    # A role, a biography, a face or a link tells where somebody works as surely as the affiliation does.
    post = post_on(person, day)
    return PersonView(
        name=person.name,
        role=post.role if has_affiliation else _NOTHING,
        affiliations=post.affiliations if has_affiliation else (),
        biography=person.biography if has_affiliation else _NOTHING,
        links=person.links if has_affiliation else (),
        portrait=person.portrait.key if has_portrait and person.portrait else "",
    )


def _partners(partners: Iterable[Partner]) -> tuple[PartnerView, ...]:
    return tuple(PartnerView(name=partner.name, role=partner.role, url=partner.url) for partner in partners)


def _interpretation(workshop_session: WorkshopSession, *, has_scope: bool) -> tuple[InterpretationView, ...]:
    return tuple(
        InterpretationView(
            source=offer["from"],
            target=offer["into"],
            scope=Localized.from_json(offer.get("scope")) if has_scope else _NOTHING,
        )
        for offer in workshop_session.interpretation
    )
