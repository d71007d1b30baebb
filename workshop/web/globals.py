"""What every template may call. A file of its own, beside the closed set: the shell's macros have no view to ask."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, get_flashed_messages, has_request_context, request, url_for
from flask_babel import get_locale, gettext, ngettext
from markupsafe import Markup, escape
from werkzeug.routing import BuildError

from workshop.chatham import notices
from workshop.core import clock, localtime, markup, typography
from workshop.core.language import NAMES, languages, request_language
from workshop.core.language import language_name as name_of_language
from workshop.web.assets import asset

PUBLIC_BLUEPRINTS = frozenset({"public", "calendars"})
"""Whose pages name their addresses in the other languages to search engines."""

ZONES = (
    "America/Los_Angeles", "America/Vancouver", "America/Denver", "America/Mexico_City", "America/Chicago",
    "America/Bogota", "America/Lima", "America/New_York", "America/Toronto", "America/Martinique",
    "America/Santiago", "America/Sao_Paulo", "America/Argentina/Buenos_Aires", "Atlantic/Reykjavik", "UTC",
    "Africa/Abidjan", "Africa/Dakar", "Europe/Lisbon", "Europe/London", "Europe/Dublin", "Africa/Casablanca",
    "Africa/Algiers", "Africa/Tunis", "Africa/Lagos", "Africa/Kinshasa", "Europe/Paris", "Europe/Brussels",
    "Europe/Amsterdam", "Europe/Zurich", "Europe/Berlin", "Europe/Rome", "Europe/Madrid", "Europe/Vienna",
    "Europe/Warsaw", "Europe/Athens", "Europe/Bucharest", "Europe/Helsinki", "Europe/Kyiv", "Africa/Cairo",
    "Africa/Johannesburg", "Africa/Nairobi", "Asia/Beirut", "Europe/Istanbul", "Europe/Moscow", "Asia/Tehran",
    "Indian/Reunion", "Asia/Dubai", "Asia/Kabul", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka", "Asia/Bangkok",
    "Asia/Ho_Chi_Minh", "Asia/Manila", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney", "Pacific/Noumea",
    "Pacific/Auckland",
)  # fmt: skip
"""Offered as another clock, from west to east; any other zone may stand in the address."""

_LONGEST_PAST = 28
"""Days after which it no longer helps to say how long ago something was."""


def init_globals(app: Flask) -> None:
    """Give every template these names."""
    app.jinja_env.globals.update(
        address_of=address_of, alternates=alternates, asset=asset, chosen_zone=chosen_zone,
        clock_time=localtime.clock_time,
        control_attributes=control_attributes, described_by=described_by, field_faults=field_faults,
        field_kind=field_kind, flashed=flashed, footer_links=footer_links, form_faults=form_faults, home=home,
        is_ticked=is_ticked,
        language_name=language_name, languages=languages, level_label=notices.label, level_shape=notices.level_sign,
        long_date=long_date, moment=localtime.moment, native_name=native_name, now=clock.now,
        public_alternates=public_alternates, reader_language=reader_language, relative_day=relative_day,
        same_clock=localtime.same_clock, short_date=short_date, zone_and_offset=zone_and_offset,
        zone_choices=zone_choices, zone_phrase=localtime.zone_phrase,
    )  # fmt: skip
    app.jinja_env.filters.update(
        instant=instant, machine=machine, month=month, plain_day=plain_day, rich=markup.rich,
        typeset=typography.typeset, zoned=zoned,
    )  # fmt: skip
    app.context_processor(lambda: {"lang": reader_language()})


def reader_language() -> str:
    """Return the language that the page, or the block within `speaking`, is in."""
    locale = get_locale()
    return str(locale.language) if locale else request_language()


def language_name(code: str) -> str:
    """Return a language's name in the reader's, such as « anglais »."""
    return name_of_language(code, reader_language())


def native_name(code: str) -> str:
    """Return a language's own name for itself, such as "Français"."""
    return NAMES.get(code, code)


def home(language: str | None = None) -> str:
    """Return the address of the front page."""
    return f"/{language or reader_language()}/"


def alternates() -> list[tuple[str, str]]:
    """Return this page in the other languages: (language, address). An error page leads to the front page."""
    return [(code, _in_language(code)) for code in languages() if code != reader_language()]


def _in_language(language: str) -> str:
    rule = request.url_rule
    if g.get("is_error_page") or rule is None or "lang" not in rule.arguments or "GET" not in (rule.methods or ()):
        return home(language)
    address = url_for(str(request.endpoint), **{**(request.view_args or {}), "lang": language})
    query = urlencode(list(request.args.items(multi=True)))
    return f"{address}?{query}" if query else address


def public_alternates() -> list[tuple[str, str]]:
    """Return absolute addresses of a public page in all its languages, itself included; none for any other page."""
    if not has_request_context() or request.blueprint not in PUBLIC_BLUEPRINTS or g.get("is_error_page"):
        return []
    rule = request.url_rule
    if rule is None or "lang" not in rule.arguments:
        return []
    base = current_app.config["BASE_URL"]
    arguments = request.view_args or {}
    return [(code, base + url_for(str(request.endpoint), **{**arguments, "lang": code})) for code in languages()]


def footer_links() -> list[tuple[str, str]]:
    """Return what stands at the foot of every page: (words, address)."""
    links = [
        (gettext("The Chatham House Rule"), "public.rule"),
        (gettext("Privacy and contact"), "public.privacy"),
        (gettext("Send me my link again"), "rsvp.link"),
        (gettext("For organisers"), "accounts.login"),
    ]
    found = []
    for words, endpoint in links:
        if address := address_of(endpoint):
            found.append((words, address))
    return found


def address_of(endpoint: str) -> str:
    """Return the address of a page in the reader's language; empty in an application that lacks its feature."""
    try:
        return url_for(endpoint, lang=reader_language())
    except BuildError:
        return ""


def flashed() -> list[tuple[str, str]]:
    """Return messages to say once: (kind, sentence). Looks at the session only where there is one."""
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        return []
    found = cast("list[tuple[str, str]]", get_flashed_messages(with_categories=True))
    return [(kind, str(words)) for kind, words in found]


def machine(at: datetime) -> str:
    """Return an instant for a `datetime` attribute."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def long_date(at: datetime, tzid: str) -> str:
    """Return « lundi 26 avril 2021 »: the day of an instant in a zone."""
    return localtime.long_date(at.astimezone(ZoneInfo(tzid)).date(), reader_language())


def short_date(at: datetime, tzid: str) -> str:
    """Return « 26 avril 2021 »."""
    return localtime.short_date(at.astimezone(ZoneInfo(tzid)).date(), reader_language())


def plain_day(day: date) -> str:
    """Return a day that is no instant, such as « 26 avril 2021 »."""
    return localtime.short_date(day, reader_language())


def month(at: datetime, tzid: str) -> str:
    """Return « avril 2021 », to group a list by."""
    return localtime.month(at.astimezone(ZoneInfo(tzid)).date(), reader_language())


def zoned(at: datetime, tzid: str) -> str:
    """Return « lundi 26 avril 2021, 16 h (heure de Paris) »."""
    language = reader_language()
    hours = localtime.clock_time(at, tzid, language)
    return f"{long_date(at, tzid)}, {hours} ({localtime.zone_phrase(tzid, language)})"


def instant(at: datetime) -> str:
    """Return an instant on the instance's own clock, where nothing has a zone of its own."""
    return zoned(at, current_app.config["TIMEZONE"])


def zone_and_offset(span: localtime.Moment) -> str:
    """Return « heure de Paris (UTC+2) »."""
    return span.zone if span.tzid in {"UTC", "Etc/UTC"} else f"{span.zone} ({span.offset})"


def relative_day(at: datetime, tzid: str, now: datetime | None = None) -> str:
    """Return how far away a day is, such as "tomorrow" or "in 3 weeks"; empty for what is long past."""
    days = localtime.days_until(at, tzid, now=now or clock.now())
    named = {0: gettext("today"), 1: gettext("tomorrow"), -1: gettext("yesterday")}
    if days in named:
        return str(named[days])
    return _ahead(days) if days > 0 else _ago(-days)


def _ahead(days: int) -> str:
    if days < 14:  # noqa: PLR2004 (two weeks: until then people count days)
        return str(ngettext("in %(num)d day", "in %(num)d days", days))
    if days < 70:  # noqa: PLR2004 (ten weeks: until then people count weeks)
        return str(ngettext("in %(num)d week", "in %(num)d weeks", localtime.weeks(days)))
    return str(ngettext("in %(num)d month", "in %(num)d months", round(days / 30.44)))


def _ago(days: int) -> str:
    if days > _LONGEST_PAST:
        return ""
    if days < 14:  # noqa: PLR2004 (two weeks: until then people count days)
        return str(ngettext("%(num)d day ago", "%(num)d days ago", days))
    return str(ngettext("%(num)d week ago", "%(num)d weeks ago", localtime.weeks(days)))


def chosen_zone() -> str | None:
    """Return the zone chosen in the address (?tz=), or None when none or no such zone is."""
    wanted = request.args.get("tz", "") if has_request_context() else ""
    return wanted if wanted in localtime.zone_names() else None


def zone_choices(at: datetime) -> list[tuple[str, str]]:
    """Return clocks to choose from, as (zone, "Toronto (UTC−4)"), by their offset at an instant."""
    zones = tuple(zone for zone in ZONES if zone in localtime.zone_names())
    if (chosen := chosen_zone()) and chosen not in zones:
        zones = (*zones, chosen)
    return _named_zones(zones, at, reader_language())


@lru_cache(maxsize=256)
def _named_zones(zones: tuple[str, ...], at: datetime, language: str) -> list[tuple[str, str]]:
    # Kept, because reading sixty zones takes longer than all the rest of a form.
    named = [(at.astimezone(ZoneInfo(zone)).utcoffset(), localtime.city(zone, language), zone) for zone in zones]
    offsets = {zone: localtime.offset_phrase(at, zone) for zone in zones}
    return [(zone, city if city == "UTC" else f"{city} ({offsets[zone]})") for _, city, zone in sorted(named)]


def field_kind(field: Any) -> str:
    """Return how a WTForms field is shown: hidden, trap, localized, options, check, suggest or plain."""
    for attribute, kind in (("is_honeypot", "trap"), ("is_localized", "localized")):
        if getattr(field, attribute, False):
            return kind
    input_type = getattr(field.widget, "input_type", "")
    if input_type in {"hidden", "checkbox"}:
        return "hidden" if input_type == "hidden" else "check"
    if field.type in {"RadioField", "SelectMultipleField"} or field.widget.__class__.__name__ == "ListWidget":
        return "options"
    return "suggest" if input_type == "text" and getattr(field, "choices", None) else "plain"


def field_faults(field: Any) -> list[str]:
    """Return a field's errors, those of its parts included, as sentences."""
    return [typography.typeset(sentence, reader_language()) for sentence in _flat(field.errors)]


def _flat(errors: Any) -> list[str]:
    if isinstance(errors, dict):
        errors = errors.values()
    elif not isinstance(errors, (list, tuple)):
        return [str(errors)] if errors else []
    return [sentence for one in errors for sentence in _flat(one)]


def form_faults(form: Any) -> list[tuple[str, str]]:
    """Return what is to correct: (identifier of the field or empty, sentence with the field's label)."""
    found = [("", sentence) for sentence in _flat(getattr(form, "form_errors", ()))]
    separator = "\u00a0: " if reader_language() == "fr" else ": "
    for field in form:
        target = "" if field_kind(field) == "hidden" else field.id
        words = str(field.label.text)
        label = f"{words}{separator}" if target and words[-1:] not in ".?!…" else ""
        found += [(target, f"{label}{sentence}") for sentence in field_faults(field)]
    return found


def is_ticked(name: str) -> bool:
    """Whether a box that is no field of a form was ticked when the form was sent."""
    return bool(request.form.get(name))


def described_by(field: Any, hint: str = "") -> Markup:
    """Return the attributes that tie a group of inputs to its hint and error, with a leading space, or nothing."""
    attributes = _descriptions(field, hint)
    attributes.pop("aria-invalid", None)  # ARIA has it for inputs, not for a group
    return Markup("").join(Markup(' {}="{}"').format(name, escape(value)) for name, value in attributes.items())


def _descriptions(field: Any, hint: str) -> dict[str, str]:
    parts = [f"{field.id}-hint"] if hint or field.description else []
    attributes = {}
    if field.errors:
        parts.append(f"{field.id}-error")
        attributes["aria-invalid"] = "true"
    if parts:
        attributes["aria-describedby"] = " ".join(parts)
    return attributes


def control_attributes(field: Any, hint: str, extra: dict[str, Any], group: Any = None) -> dict[str, Any]:
    """Return the attributes of one input: what the template adds, and what ties it to its hint and error.

    Args:
        field: the input; one language's where `group` is given.
        hint: shown instead of the field's own description.
        extra: attributes that the template wants.
        group: the field in several languages that the input is part of; its hint and error hold for each.
    """
    attributes = {**_descriptions(group if group is not None else field, hint), **extra}
    if group is None and field_kind(field) == "suggest":
        attributes["list"] = f"{field.id}-list"
    return attributes
