"""Sentences for what the services found wrong, at the field that is meant."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm

from workshop.core.faults import Fault
from workshop.programme.sentences import UPLOADS, sentence

_SENTENCES: dict[str, Any] = {
    "required": _("This is needed."),
    "too_long": _("This is too long."),
    "too_many": _("These are too many."),
    "unknown_zone": _("Please choose a time zone such as Europe/Paris."),
    "unknown_language": _("This instance does not have that language."),
    "not_language": _("Please write language codes of two or three letters, such as fr, en."),
    "named_twice": _("Something is named twice."),
    "not_in_order": _("There is a later change already: choose a day after it."),
    "same_language": _("Interpretation leads from one language into another."),
    "not_slug": _("Please use small letters a–z, digits and hyphens only."),
    "reserved_slug": _("This address is reserved. Please choose another."),
    "slug_taken": _("This address is taken. Please choose another."),
    "not_web_address": _("Please write a whole address that begins with https://."),
    "not_email": _("Please write an e-mail address such as name@example.org."),
    "not_colour": _("Please write a colour such as #0b5d5b."),
    "not_offset": _("Please write offsets such as -7d, -1d, -1h."),
    "out_of_range": _("This number is too small or too large."),
    "year_out_of_range": _("This year cannot be right."),
    "time_in_gap": _("This time does not exist on that day: clocks go forward over it. Please choose another."),
    "time_in_fold": _("This time occurs twice on that day: clocks go back. Please say which of the two is meant."),
    "ends_before_start": _("The end must be after the start."),
    "closes_before_opening": _("Answers must close after they open."),
    "not_of_series": _("The series does not have that language."),
    "lacks_text": _("This is missing in a language of the series."),
    "lacks_own_sentence": _(
        "Your own sentence, which stands after the notice of the Rule, is missing in a language in which a session is "
        "to be published."
    ),
    "shares_beyond_all": _("The shares are more than all places: at most 100 per cent together."),
    "shares_without_capacity": _("Places can be kept only where their number is limited: say how many there are."),
    "options_too_few": _("Please write at least two options, one per line."),
    "options_without_choice": _("A question of this kind has no options: choose another kind, or empty them."),
    "closed_item": _("A single item cannot be closed; a whole session can."),
    "item_looser_than_session": _("An item of the programme is looser than the session would be."),
    "closed_but_visible": _("A closed session is by invitation only."),
    "several_people": _(
        "Several people of this name are in the directory. Please leave the name out here and choose the right one in "
        "the programme editor, or merge them first."
    ),
    "looser_several": _("People can be asked about one looser level at a time: change one of them first."),
    "recording_link": _(
        "This looks like the address of a recording. Recordings have a page of their own, “Slides and recordings”, "
        "where they are published only as the Rule allows. Please take it out here."
    ),
    "retention_longer": _(
        "Somebody has answered, and was told on which date their identity is erased. It can be earlier, but no later."
    ),
    "looser_after_start": _("The session has begun: its level can become stricter, but no looser."),
    "session_has_answers": _("Somebody has answered: a session with answers is cancelled, not hidden."),
}
_LACKS_LANGUAGE: dict[str, Any] = {
    "title": _("The title is missing in a language in which the session is to exist."),
    "objectives": _("The objectives are missing in a language in which the session is to exist."),
    "programme": _("The title of a section is missing in a language in which the session is to exist."),
}
"""By what lacks it."""
_FOLD_OF = {
    "starts_wall": "fold",
    "ends_wall": "ends_fold",
    "rsvp_opens_wall": "rsvp_opens_fold",
    "rsvp_closes_wall": "rsvp_closes_fold",
}


def sentence_of(fault: Fault) -> Any:
    """Return the sentence for what is wrong, in the language being spoken."""
    if fault.code in UPLOADS:
        return sentence(fault)
    if fault.code == "not_origin":  # several may stand in the field: each is named
        return _(
            "“%(text)s” is not a site’s address. Please write one such as https://partner.example.org, with https and "
            "with nothing after it.",
            text=fault.context["text"],
        )
    if fault.code == "lacks_language":
        named = fault.context.get("of", fault.field).partition(".")[0]
        return _LACKS_LANGUAGE.get(named, _LACKS_LANGUAGE["title"])
    return _SENTENCES.get(fault.code, _("This cannot be stored as it is."))


def add_faults(form: FlaskForm, faults: Iterable[Fault]) -> None:
    """Tie what the services found wrong to the fields of a form; what has no field there stands above it."""
    for fault in faults:
        said = sentence_of(fault)
        name = fault.field.partition(".")[0]
        if fault.code == "time_in_fold":
            fold = form[_FOLD_OF[name]] if _FOLD_OF.get(name) in form else None
            if fold is not None:
                fold.is_asked = True
        if name in form:
            if said not in form[name].errors:  # several sessions of a series have the same to say
                form[name].errors = [*form[name].errors, said]
        else:
            form.form_errors.append(said)
