"""The documents' schemas (JSON Schema 2020-12). A file of its own: the longer half of the API's description."""

from __future__ import annotations

import enum
from typing import Any, TypeAlias

from workshop.chatham.rule import Level
from workshop.core.language import languages
from workshop.programme.models import Format, ItemKind, Mode, SessionStatus
from workshop.rsvp.schedule import Phase, Places

Schema: TypeAlias = dict[str, Any]


def schemas() -> Schema:
    """Return name → schema, `Problem` among them; every property that is described is always there."""
    return {
        **_values(),
        "SeriesList": _object("All public series, the oldest first.", {"series": _list(ref("schemas", "Series"))}),
        "Series": _object("A series of sessions.", _series()),
        "SeriesWithSessions": _object(
            "A series with its sessions, the earliest first, but for those that are unlisted.",
            {**_series(), "sessions": _list(ref("schemas", "Session"))},
        ),
        "Session": _object("A session of a series.", _session()),
        "Description": {
            "description": "An OpenAPI description.",
            "type": "object",
            "required": ["openapi", "info", "paths"],
            "properties": {"openapi": {"type": "string"}, "info": {"type": "object"}, "paths": {"type": "object"}},
        },
        "Problem": _problem(),
    }


def _values() -> Schema:
    return {
        "Text": {
            "description": "Language (BCP 47) to text; `und` alone: the same in every language. Empty: no text.",
            "type": "object",
            "propertyNames": {"pattern": "^[a-z]{2,3}$"},
            "additionalProperties": {"type": "string", "minLength": 1},
        },
        "Markdown": {
            "description": "As Text, in Markdown (CommonMark) without HTML.",
            "allOf": [ref("schemas", "Text")],
            "additionalProperties": {"type": "string", "contentMediaType": "text/markdown"},
        },
        "Pages": {
            "description": "Language to address.",
            "type": "object",
            "required": list(languages()),
            "additionalProperties": _address(),
        },
        "Instant": {
            "description": "RFC 3339, with the offset of the session's time zone.",
            "type": "string",
            "format": "date-time",
        },
        "Zone": {
            "description": "A name of the IANA time zone database.",
            "type": "string",
            "examples": ["Europe/Paris"],
            "minLength": 1,
        },
        "Language": {"description": "BCP 47.", "type": "string", "pattern": "^[a-z]{2,3}$"},
        "Rule": _object("How what is said may be used.", _rule()),
        "SessionRule": _object(
            "The strictest level of the session and its items, and what everybody who comes is told.",
            {
                **_rule(),
                "notice": _say("The notice. Show it, or link to the session's page.", ref("schemas", "Text")),
                "own_sentence": _say("The organisers' own sentence after it.", ref("schemas", "Text")),
            },
        ),
        "Answers": _object("Whether one may answer now, on the session's page.", _answers()),
        "Person": _object("Somebody who is announced by name, with as much as may be said of them.", _person()),
        "Partner": _object("A partner organisation.", _partner()),
        "Section": _object(
            "A section of the programme.",
            {"title": ref("schemas", "Text"), "items": _list(ref("schemas", "Item"))},
        ),
        "Item": _object("An item of the programme.", _item()),
        "Interpretation": _object(
            "Interpretation that is offered.",
            {
                "from": ref("schemas", "Language"),
                "into": ref("schemas", "Language"),
                "scope": _say("Of what, where it is not of everything.", ref("schemas", "Text")),
            },
        ),
    }


def _series() -> Schema:
    return {
        "slug": _slug("The last part of the address of its page; may change, and the old one goes on working."),
        "self": _address("Of the series with its sessions, as JSON."),
        "pages": _say("Its page in each language.", ref("schemas", "Pages")),
        "calendars": _say("Its calendar to subscribe to, in each language (RFC 5545).", ref("schemas", "Pages")),
        "title": ref("schemas", "Text"),
        "subtitle": ref("schemas", "Text"),
        "kind": _say("What kind of series it is, in words.", ref("schemas", "Text")),
        "description": ref("schemas", "Markdown"),
        "languages": _say("Those of its texts.", _list(ref("schemas", "Language"))),
        "timezone": ref("schemas", "Zone"),
        "rule": _say("What holds for its sessions unless they say otherwise.", ref("schemas", "Rule")),
        "committee": _say("Who organises it.", _list(ref("schemas", "Person"))),
        "partners": _list(ref("schemas", "Partner")),
        "links": _list(_address()),
    }


def _session() -> Schema:
    of_series = {
        "slug": _slug("Of its series."),
        "title": ref("schemas", "Text"),
        "self": _address("Of the series with its sessions, as JSON."),
    }
    return {
        "uid": {
            "description": "Its id for ever: of its UID in calendars, the part before the @.",
            "type": "string",
            "format": "uuid",
        },
        "self": _address("Of this document."),
        "pages": _say("Its page in each language, where one can answer.", ref("schemas", "Pages")),
        "calendars": _say("Itself as a calendar file, in each language (RFC 5545).", ref("schemas", "Pages")),
        "series": _object("The series that it belongs to.", of_series),
        "slug": _slug("The last part of the address of its page; may change, and the old one goes on working."),
        "number": {"description": "Its number in the series.", "type": ["integer", "null"]},
        "label": _say("What names it without its title.", ref("schemas", "Text")),
        "title": _say("Its title, or the one that stands for it in public.", ref("schemas", "Text")),
        "short_title": ref("schemas", "Text"),
        "starts_at": ref("schemas", "Instant"),
        "ends_at": _say("The end, exclusive.", ref("schemas", "Instant")),
        "timezone": ref("schemas", "Zone"),
        "status": _one_of(SessionStatus, "A cancelled one will not take place; a tentative one may still move."),
        "postponed": {"description": "Whether it is cancelled only until there is a new date.", "type": "boolean"},
        "format": _one_of(Format, "What kind of session it is."),
        "mode": _one_of(Mode, "Where it takes place. The way into the room is for those who take part."),
        "place": _say("Where, as far as the Rule lets it be said.", ref("schemas", "Text")),
        "floor_languages": _say("Spoken in it.", _list(ref("schemas", "Language"))),
        "interpretation": _list(ref("schemas", "Interpretation")),
        "only_language": {
            "description": "The one language in which it exists; null: it exists in all of the series.",
            "anyOf": [ref("schemas", "Language"), {"type": "null"}],
        },
        "rule": ref("schemas", "SessionRule"),
        "answers": ref("schemas", "Answers"),
        "abstract": ref("schemas", "Markdown"),
        "objectives": _list(ref("schemas", "Text")),
        "moderators": _say("Of the whole session.", _list(ref("schemas", "Person"))),
        "programme": _list(ref("schemas", "Section")),
        "partners": _list(ref("schemas", "Partner")),
        "links": _list(_address()),
        "sequence": {
            "description": "SEQUENCE of its calendar entry: raised by a change of time, place, mode or status.",
            "type": "integer",
            "minimum": 0,
        },
        "revised_at": _say("When it was last edited, in UTC.", ref("schemas", "Instant")),
    }


def _item() -> Schema:
    return {
        "kind": _one_of(ItemKind, "What kind of item it is."),
        "title": ref("schemas", "Text"),
        "abstract": ref("schemas", "Markdown"),
        "starts": {
            "description": "HH:MM in the session's time zone; null: after the item before.",
            "type": ["string", "null"],
            "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$",
        },
        "minutes": {"description": "Its length.", "type": ["integer", "null"], "minimum": 1},
        "rule": ref("schemas", "Rule"),
        "speakers": _list(ref("schemas", "Person")),
        "moderators": _list(ref("schemas", "Person")),
    }


def _rule() -> Schema:
    return {
        "level": _one_of(Level, "From what may be quoted to what may not even be mentioned."),
        "name": _say("The level in words.", ref("schemas", "Text")),
    }


def _answers() -> Schema:
    word = (
        "A word for the places left; null where there is no limit, no answer is taken, or the Rule lets none be said."
    )
    return {
        "state": _one_of(Phase, "Answers are taken while it is open."),
        "places": {"description": word, "enum": [*(one.value for one in Places), None]},
        "opens_at": {
            "description": "Since when answers are taken; null: since it was published.",
            "anyOf": [ref("schemas", "Instant"), {"type": "null"}],
        },
        "closes_at": ref("schemas", "Instant"),
    }


def _person() -> Schema:
    return {
        "name": {"type": "string", "minLength": 1},
        "role": ref("schemas", "Text"),
        "affiliations": _list(ref("schemas", "Text")),
        "biography": ref("schemas", "Markdown"),
        "links": _list(_address()),
    }


def _partner() -> Schema:
    return {
        "name": ref("schemas", "Text"),
        "role": ref("schemas", "Text"),
        "url": {"type": ["string", "null"], "format": "uri"},
    }


def _problem() -> Schema:
    return _object(
        "What went wrong (RFC 9457).",
        {
            "type": {"const": "about:blank"},
            "title": {"description": "The status in words.", "type": "string"},
            "status": {"description": "The HTTP status.", "type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"description": "For a person, in the language that was asked for.", "type": "string"},
            "instance": {"description": "What was asked for, without its query.", "type": "string"},
            "code": {"description": "A stable word for it.", "type": "string", "examples": ["not_found"]},
        },
    )


def _object(description: str, properties: Schema) -> Schema:
    """Return the schema of an object that always has all of these."""
    return {"description": description, "type": "object", "required": list(properties), "properties": properties}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def ref(kind: str, name: str) -> Schema:
    """Return a reference to one of the description's components, such as `schemas` and `Session`."""
    return {"$ref": f"#/components/{kind}/{name}"}


def _say(description: str, schema: Schema) -> Schema:
    """Return a schema with words of its own beside it, as JSON Schema 2020-12 lets a reference have."""
    return {"description": description, **schema}


def _one_of(values: type[enum.StrEnum], description: str) -> Schema:
    return {"description": description, "type": "string", "enum": [one.value for one in values]}


def _slug(description: str) -> Schema:
    return {"description": description, "type": "string", "pattern": "^[a-z0-9-]+$"}


def _address(description: str = "") -> Schema:
    found = {"type": "string", "format": "uri"}
    return _say(description, found) if description else found
