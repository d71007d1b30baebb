"""The description of the API (OpenAPI 3.1). A file of its own: it is a document, and what is said in it is promised.

Written by hand, in English as such descriptions are, and held against what is really answered by the tests.
"""

from __future__ import annotations

from flask import current_app

from workshop.api.schemas import Schema, ref, schemas

VERSION = "1.0"
"""Of what is described: grows by additions only; what takes something away gets another path."""

_ABOUT = """\
What anybody can read on the public pages, for other programs and other sites. Read only; no key, no account, no cookie.

**The Chatham House Rule holds here as it does on the pages.** Every session carries its level and its notice: show
them wherever you show the session. Names and texts that the Rule withholds are not in these documents at all, and
sessions that are by invitation only answer exactly as if they did not exist. What is here today may be withdrawn
tomorrow, by a speaker for instance: ask again instead of keeping copies, and drop what is no longer there.

Every text is an object from language (BCP 47) to text, as its authors typed it; the key `und` alone holds a text that
is the same in every language, such as a name. An empty object is no text. Some texts are Markdown without HTML.
Anything that looks like HTML in them is text: escape it.

Every answer has an ETag. Send it as If-None-Match, and what has not changed costs you and us next to nothing.
Documents may come to have more properties than are described: ignore those that you do not know.\
"""


def openapi_document() -> Schema:
    """Return the description, with this instance's address."""
    return {
        "openapi": "3.1.1",
        "info": {
            "title": f"{current_app.config['NAME']}: public data",
            "version": VERSION,
            "summary": "Series of workshops and their sessions, in every language at once.",
            "description": _ABOUT,
        },
        "servers": [{"url": current_app.config["BASE_URL"]}],
        "paths": _paths(),
        "components": {
            "schemas": schemas(),
            "headers": _headers(),
            "parameters": _parameters(),
            "responses": _responses(),
        },
    }


# -- addresses ---------------------------------------------------------------------------------------------------------


def _paths() -> Schema:
    links_of_list = {"firstSeries": _link("getSeries", "series", "$response.body#/series/0/slug")}
    links_of_series = {"firstSession": _link("getSession", "uid", "$response.body#/sessions/0/uid")}
    return {
        "/api/v1/series": _operation(
            "listSeries", "All public series, without their sessions", schema="SeriesList", links=links_of_list
        ),
        "/api/v1/series/{series}": _operation(
            "getSeries",
            "A series with all its sessions, past and to come",
            schema="SeriesWithSessions",
            parameter="series",
            links=links_of_series,
        ),
        "/api/v1/sessions/{uid}": _operation("getSession", "A session", schema="Session", parameter="uid"),
        "/api/v1/openapi.json": _operation("getDescription", "This description", schema="Description"),
    }


def _operation(
    name: str, summary: str, *, schema: str, parameter: str = "", links: Schema | None = None
) -> dict[str, Schema]:
    """Return what can be done at an address: to read it."""
    found = {
        "description": summary,
        "headers": _every_header(),
        "content": {"application/json": {"schema": ref("schemas", schema)}},
    }
    if links:
        found["links"] = links
    responses: Schema = {"200": found, "304": ref("responses", "NotModified")}
    parameters = [ref("parameters", "condition")]
    if parameter:
        parameters.insert(0, ref("parameters", parameter))
        responses["404"] = ref("responses", "NotFound")
    responses["503"] = ref("responses", "Unavailable")
    return {"get": {"operationId": name, "summary": summary, "parameters": parameters, "responses": responses}}


def _link(operation: str, parameter: str, expression: str) -> Schema:
    return {"operationId": operation, "parameters": {parameter: expression}}


def _parameters() -> Schema:
    condition = "The ETag that you have; the answer is 304, without a body, while the document is still the same."
    return {
        "series": {
            "name": "series",
            "in": "path",
            "required": True,
            "description": "The series' slug, as in the address of its page; one that it once had works too.",
            "schema": {"type": "string", "pattern": "^[a-z0-9-]+$", "maxLength": 80},
        },
        "uid": {
            "name": "uid",
            "in": "path",
            "required": True,
            "description": "The session's `uid`. It never changes, whatever becomes of the session's address. "
            "The UID of its entry in the public calendars works too.",
            "schema": {"type": "string", "format": "uuid"},
        },
        "condition": {
            "name": "If-None-Match",
            "in": "header",
            "required": False,
            "description": condition,
            "schema": {"type": "string"},
        },
    }


def _headers() -> Schema:
    return {
        "ETag": {
            "description": "Of these octets, strong (RFC 9110, 8.8.3).",
            "required": True,
            "schema": {"type": "string", "pattern": '^"[0-9a-f]{32}"$'},
        },
        "Cache-Control": {
            "description": "Keep it if you like, but ask each time whether it has changed.",
            "required": True,
            "schema": {"const": "public, no-cache"},
        },
        "Access-Control-Allow-Origin": {
            "description": "Pages of other sites may read it.",
            "required": True,
            "schema": {"const": "*"},
        },
        "Retry-After": {
            "description": "Seconds after which to try again.",
            "required": True,
            "schema": {"type": "string", "pattern": "^[0-9]+$"},
        },
    }


def _every_header() -> Schema:
    return {name: ref("headers", name) for name in ("ETag", "Cache-Control", "Access-Control-Allow-Origin")}


def _responses() -> Schema:
    problem = {"application/problem+json": {"schema": ref("schemas", "Problem")}}
    open_to_all = {"Access-Control-Allow-Origin": ref("headers", "Access-Control-Allow-Origin")}
    return {
        "NotModified": {"description": "What you have is still right.", "headers": _every_header()},
        "NotFound": {
            "description": "Nothing that the public may know of: never was, taken away, or by invitation only.",
            "headers": open_to_all,
            "content": problem,
        },
        "Unavailable": {
            "description": "The database cannot be reached. Keep what you have and try again later.",
            "headers": {**open_to_all, "Retry-After": ref("headers", "Retry-After")},
            "content": problem,
        },
    }
