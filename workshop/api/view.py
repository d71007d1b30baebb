"""Views as JSON documents for other programs: both languages in one, nothing that the views do not hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from workshop.chatham.notices import Notice
from workshop.chatham.notices import label as level_label
from workshop.chatham.rule import Level
from workshop.core.language import languages
from workshop.core.localized import Localized
from workshop.core.urls import external_url
from workshop.programme.view import ItemView, PartnerView, PersonView, SeriesView, SessionView
from workshop.rsvp.schedule import Standing

Document: TypeAlias = dict[str, Any]

NEUTRAL = "und"
"""The key of a text that is the same in every language, such as a name (BCP 47: a language that is not determined)."""


def encode(document: Mapping[str, Any]) -> bytes:
    """Return a document as octets (RFC 8259: UTF-8), the same for the same values."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def series_list_document(views: Iterable[SeriesView]) -> Document:
    """Return the list of these series, made for `Surface.JSON`, without their sessions."""
    return {"series": [_series(view) for view in views]}


def series_document(view: SeriesView, standings: Mapping[str, Standing]) -> Document:
    """Return a series with its sessions, the earliest first.

    Args:
        view: made for `Surface.JSON`.
        standings: uid → how a session stands that has not ended.
    """
    sessions = [session_document(one, view.title, standings.get(one.uid)) for one in view.sessions]
    return {**_series(view), "sessions": sessions}


def session_document(view: SessionView, series_title: Localized, today: Standing | None) -> Document:
    """Return a session.

    Args:
        view: made for `Surface.JSON`.
        series_title: as the same surface shows it.
        today: how it stands; None for one that has ended.
    """
    where = {"series": view.series_slug, "session": view.slug}
    return {
        "uid": view.uid,
        "self": external_url("api.session", uid=view.uid),
        "pages": _by_language("public.session", **where),
        "calendars": _by_language("calendars.session_file", **where),
        "series": {
            "slug": view.series_slug,
            "title": _text(series_title),
            "self": external_url("api.series", series=view.series_slug),
        },
        "slug": view.slug,
        "number": view.number,
        "label": _text(view.label),
        "title": _text(view.title),
        "short_title": _text(view.short_title),
        **_when(view),
        "status": view.status.value,
        "postponed": view.is_postponed,
        "format": view.format.value,
        "mode": view.mode.value,
        "place": _text(view.place),
        "floor_languages": list(view.floor_languages),
        "interpretation": [
            {"from": offer.source, "into": offer.target, "scope": _text(offer.scope)} for offer in view.interpretation
        ],
        "only_language": view.monolingual or None,
        "rule": {**_rule(view.level), **_notice(view.notice)},
        "answers": _answers(view, today),
        "abstract": _text(view.abstract),
        "objectives": [_text(objective) for objective in view.objectives],
        "moderators": [_person(one) for one in view.moderators],
        "programme": [
            {"title": _text(section.title), "items": [_item(item) for item in section.items]}
            for section in view.sections
        ],
        "partners": [_partner(one) for one in view.partners],
        "links": list(view.links),
        "sequence": view.sequence,
        "revised_at": _instant(view.revised_at, "UTC"),
    }


def _series(view: SeriesView) -> Document:
    return {
        "slug": view.slug,
        "self": external_url("api.series", series=view.slug),
        "pages": _by_language("public.series", series=view.slug),
        "calendars": _by_language("calendars.series_feed", series=view.slug),
        "title": _text(view.title),
        "subtitle": _text(view.subtitle),
        "kind": _text(view.kind),
        "description": _text(view.description),
        "languages": list(view.languages),
        "timezone": view.tzid,
        "rule": _rule(view.level),
        "committee": [_person(one) for one in view.committee],
        "partners": [_partner(one) for one in view.partners],
        "links": list(view.links),
    }


def _item(view: ItemView) -> Document:
    return {
        "kind": view.kind.value,
        "title": _text(view.title),
        "abstract": _text(view.abstract),
        "starts": view.starts or None,
        "minutes": view.minutes,
        "rule": _rule(view.level),
        "speakers": [_person(one) for one in view.speakers],
        "moderators": [_person(one) for one in view.moderators],
    }


def _person(view: PersonView) -> Document:
    return {
        "name": view.name,
        "role": _text(view.role),
        "affiliations": [_text(one) for one in view.affiliations],
        "biography": _text(view.biography),
        "links": list(view.links),
    }


def _partner(view: PartnerView) -> Document:
    return {"name": _text(view.name), "role": _text(view.role), "url": view.url or None}


def _when(view: SessionView) -> Document:
    return {
        "starts_at": _instant(view.starts_at, view.tzid),
        "ends_at": _instant(view.ends_at, view.tzid),
        "timezone": view.tzid,
    }


def _answers(view: SessionView, today: Standing | None) -> Document:
    # Never a number; a word about places only where the Rule lets one be said.
    places = today.places if today and view.says_places else None
    return {
        "state": today.phase.value if today else ("cancelled" if view.is_cancelled else "ended"),
        "places": places.value if places else None,
        "opens_at": _instant(view.rsvp_opens_at, view.tzid) if view.rsvp_opens_at else None,
        "closes_at": _instant(view.rsvp_closes_at, view.tzid),
    }


def _rule(level: Level) -> Document:
    return {"level": level.value, "name": _text(level_label(level))}


def _notice(notice: Notice | None) -> Document:
    return {
        "notice": _text(notice.text) if notice else {},
        "own_sentence": _text(notice.own_sentence) if notice else {},
    }


def _text(text: Localized) -> dict[str, str]:
    """Return language → text; `NEUTRAL` alone for one that is the same in every language, nothing for an empty one."""
    found = text.to_json()
    return {NEUTRAL: found} if isinstance(found, str) else found


def _instant(at: datetime, tzid: str) -> str:
    """Return RFC 3339 with the offset that the zone has then."""
    return at.astimezone(ZoneInfo(tzid)).isoformat(timespec="seconds")


def _by_language(endpoint: str, **values: str) -> dict[str, str]:
    return {language: external_url(endpoint, lang=language, **values) for language in languages()}
