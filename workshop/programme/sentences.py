"""Sentences for faults (a file of its own because forms and the series file tell a person the same ones)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _

from workshop.core.faults import Fault

Context = dict[str, Any]


def sentence(fault: Fault) -> str:
    """Return why a value cannot be stored, in the language being spoken."""
    make = _SENTENCES.get(fault.code)
    text = make(fault.context) if make else _("This value cannot be stored.")
    if "session" in fault.context:
        text = _("Session %(slug)s: %(reason)s", slug=fault.context["session"], reason=text)
    return text


def _list(values: Any) -> str:
    return ", ".join(str(value) for value in values)


UPLOADS: dict[str, Callable[[Context], str]] = {
    "upload_empty": lambda _c: _("This file is empty."),
    "upload_too_large": lambda _c: _("This file is larger than 20 MB. Please make its pictures smaller."),
    "upload_unknown": lambda _c: _("This is no PDF, PNG or JPEG, whatever its name says. Please save it as a PDF."),
    "upload_damaged": lambda _c: _("This file is damaged or incomplete. Please save it again and send it anew."),
    "upload_encrypted": lambda _c: _(
        "This PDF is protected by a password or against changes. Please save it without protection."
    ),
    "upload_too_many_pixels": lambda _c: _("A picture in this file has too many pixels. Please make it smaller."),
    "upload_too_complex": lambda _c: _(
        "This file takes too long to check. Please save it again as a PDF, from another program."
    ),
    "upload_hidden_layers": lambda _c: _(
        "This PDF has hidden layers, which others could make visible. Please save it again without layers."
    ),
    "upload_no_picture": lambda _c: _("This is no picture. Please choose a PNG or a JPEG."),
    "too_many_files": lambda c: _(
        "There are %(limit)s files already, and there can be no more. Please remove one first.", limit=c["limit"]
    ),
}
"""Why a file is not taken."""
_SENTENCES: dict[str, Callable[[Context], str]] = {
    **UPLOADS,
    # -- values --
    "required": lambda _c: _("This is required."),
    "too_long": lambda c: _("This is too long: at most %(limit)s characters.", limit=c["limit"]),
    "too_many": lambda c: _("These are too many: at most %(limit)s.", limit=c["limit"]),
    "unknown_language": lambda c: _("No such language here. Possible: %(list)s.", list=_list(c["languages"])),
    "not_language": lambda _c: _("This is not a language code, such as fr or en."),
    "same_language": lambda _c: _("A language cannot be interpreted into itself."),
    "not_of_series": lambda c: _("This is not a language of the series: %(list)s.", list=_list(c["languages"])),
    "lacks_language": lambda c: _(
        "This is missing in: %(list)s. A session is published in every language of its series, unless it is "
        "declared to exist in one language only.",
        list=_list(c["languages"]),
    ),
    "lacks_text": lambda c: _("This is missing in: %(list)s.", list=_list(c["languages"])),
    "lacks_own_sentence": lambda c: _(
        "Your own sentence, which stands after the notice of the Rule, is missing in: %(list)s. A session is published "
        "only when it is there in every language of the session.",
        list=_list(c["languages"]),
    ),
    "shares_beyond_all": lambda _c: _("The shares are more than all places: at most 100 per cent together."),
    "shares_without_capacity": lambda _c: _("Places can be kept only where their number is limited."),
    "options_too_few": lambda _c: _("A question that offers options needs at least two of them."),
    "options_without_choice": lambda _c: _("Only a question of the kind one_of or several_of has options."),
    "not_web_address": lambda _c: _("This is not an address beginning with https:// or http://."),
    "not_origin": lambda _c: _(
        "This is not a site’s address, such as https://partner.example.org, with nothing after it."
    ),
    "not_email": lambda _c: _("This is not an e-mail address."),
    "postponed_not_cancelled": lambda _c: _("What is postponed has “status: cancelled” beside it."),
    "unknown_zone": lambda _c: _("This is not a time zone, such as Europe/Paris."),
    "not_colour": lambda _c: _("This is not a colour, such as #1a5276."),
    "out_of_range": lambda c: _(
        "Expected a whole number from %(least)s to %(most)s.", least=c["least"], most=c["most"]
    ),
    "year_out_of_range": lambda c: _("Expected a year from %(least)s to %(most)s.", least=c["least"], most=c["most"]),
    "not_offset": lambda _c: _("Expected days or hours before (-) or after (+) the session, such as -7d, -1h or +1d."),
    "named_twice": lambda _c: _("This is named twice."),
    "not_clock": lambda _c: _("Expected a time of day, such as 16:30."),
    "not_slug": lambda _c: _("Only small letters without accents, digits and hyphens may be used, at most 80 of them."),
    "reserved_slug": lambda _c: _("This address is reserved. Choose another."),
    "slug_taken": lambda _c: _("This address is taken, or was once. Choose another."),
    "unknown_person": lambda c: _("There is nobody called “%(key)s” among the people of this series.", key=c["key"]),
    # -- a series' own texts of mail --
    "placeholder_unknown": lambda c: _(
        "Line %(line)s: “%(value)s” is no placeholder of this message. Possible: %(list)s.",
        line=c["line"],
        value=c["value"],
        list=_list(c["names"]),
    ),
    "placeholder_brace": lambda c: _(
        "Line %(line)s: “%(value)s” – a brace may only stand around the name of a placeholder, such as {series}.",
        line=c["line"],
        value=c["value"],
    ),
    "placeholder_not_alone": lambda c: _(
        "Line %(line)s: “%(value)s” stands for a whole passage and must be alone on its line.",
        line=c["line"],
        value=c["value"],
    ),
    "placeholder_in_subject": lambda c: _(
        "“%(value)s” stands for a whole passage: it cannot be in the subject.", value=c["value"]
    ),
    "placeholder_missing": lambda c: _(
        "This must be in the text, each alone on its line: %(list)s.", list=_list(c["names"])
    ),
    "text_mark": lambda c: _("Line %(line)s: two opening square brackets in a row cannot be used.", line=c["line"]),
    "text_direction": lambda c: _(
        "Line %(line)s: an invisible character turns the direction of writing there. Please delete it.", line=c["line"]
    ),
    "text_control": lambda c: _("Line %(line)s: an invisible control character. Please delete it.", line=c["line"]),
    # -- times --
    "ends_before_start": lambda _c: _("The end must come after the start."),
    "closes_before_opening": lambda _c: _("Answers must close after they open."),
    "time_in_gap": lambda c: _("This time does not exist in %(zone)s: clocks go forward then.", zone=c["zone"]),
    "time_in_fold": lambda c: _(
        "This time occurs twice in %(zone)s: clocks go back then. Say which one is meant: %(first)s or %(second)s.",
        zone=c["zone"],
        first=c["wall"] + c["offsets"][0],
        second=c["wall"] + c["offsets"][1],
    ),
    "not_offset_of_zone": lambda c: _("%(zone)s has no such offset at that time.", zone=c["zone"]),
    # -- the Chatham House Rule --
    "closed_item": lambda _c: _("A single item cannot be closed: close the session or the series."),
    "item_looser_than_session": lambda _c: _(
        "An item cannot be looser than its session, unless it is a talk and only the discussions are under the Rule."
    ),
    "closed_but_visible": lambda _c: _("A closed session is by invitation only: it cannot be public or unlisted."),
    "looser_several": lambda _c: _(
        "People can be asked about one looser level of a session at a time: change one of them first."
    ),
    "looser_after_start": lambda _c: _("The Rule cannot be loosened once the session has begun."),
    "retention_longer": lambda c: _(
        "Somebody has answered: they were told that their identity is kept for %(days)s days, and it can be no longer.",
        days=c["days"],
    ),
    "session_has_answers": lambda _c: _("Somebody has answered: cancel the session instead of unpublishing it."),
    "recording_link": lambda _c: _(
        "This looks like the address of a recording. Recordings are no part of a text or of this file: they have a "
        "page of their own in the workspace, where they are published only as the Rule allows."
    ),
    # -- the file --
    "not_yaml": lambda c: _("This is not readable YAML: %(problem)s.", problem=c["problem"]),
    "not_utf8": lambda _c: _("The file is not in UTF-8."),
    "empty": lambda _c: _("The file is empty."),
    "too_big": lambda c: _("The file is too big: at most %(limit)s KiB.", limit=c["limit"]),
    "too_deep": lambda c: _("Lists and mappings are nested too deeply: at most %(limit)s levels.", limit=c["limit"]),
    "alias": lambda _c: _("Anchors (&) and aliases (*) are not allowed: write the value out."),
    "tag": lambda _c: _("Tags (!) are not allowed: every value is read as text."),
    "unknown_key": lambda c: _("There is no such key. Possible: %(list)s.", list=_list(c["keys"])),
    "duplicate_key": lambda _c: _("This key stands here twice."),
    "key_not_text": lambda _c: _("A key must be a single word."),
    "not_text": lambda _c: _("Expected a text."),
    "not_mapping": lambda _c: _("Expected keys with values."),
    "not_list": lambda _c: _("Expected a list."),
    "not_number": lambda _c: _("Expected a whole number."),
    "not_choice": lambda c: _("Possible values: %(list)s.", list=_list(c["choices"])),
    "not_date": lambda _c: _("Expected a day, such as 2026-10-25."),
    "not_in_order": lambda _c: _("These days must follow each other, the earliest first."),
    "not_time": lambda _c: _("Expected a date and time, such as 2026-10-25T16:00."),
}
CODES = frozenset(_SENTENCES)
"""Every code that has a sentence."""
