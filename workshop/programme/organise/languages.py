"""Both languages: how far each goes, what is missing or to be checked, and the series' own terms."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workshop.accounts.routes import current_organiser
from workshop.accounts.rule import PLANNERS, WRITERS
from workshop.accounts.service import actor_of
from workshop.core import clock
from workshop.core.db import db
from workshop.core.faults import InvalidValuesError
from workshop.core.language import languages as all_languages
from workshop.core.localized import Localized
from workshop.people.models import StaleText
from workshop.people.staleness import list_stale
from workshop.programme.forms import add_faults
from workshop.programme.forms.languages import GlossaryForm, dress, glossary_data, press_typesetting
from workshop.programme.forms.meanwhile import others_words, say_conflicts, sent_base
from workshop.programme.models import Series, WorkshopSession
from workshop.programme.organise.blueprint import blueprint
from workshop.programme.organise.pages import form_page, page_number
from workshop.programme.organise.rows import series_row
from workshop.programme.organise.walls import Depth, open_series
from workshop.programme.service.languages import TermValues, list_terms, say_fine, write_terms
from workshop.programme.service.locking import hold
from workshop.programme.service.merging import Conflict, merge_rows, row_digests
from workshop.programme.texts import (
    NOT_TRANSLATORS,
    OwnedText,
    add_up,
    languages_of_session,
    measure,
    person_texts,
    series_texts,
    session_texts,
)
from workshop.programme.view import workspace_name
from workshop.programme.view.languages import Group, Line, lines_of
from workshop.programme.view.speakers import hidden_from_translators

TERM_FIELDS = ("term", "note")
PAGE = 50
"""So many texts are listed at once."""
_PEOPLE = "people"


@blueprint.get("/series/<series>/languages")
def languages(lang: str, series: str) -> ResponseReturnValue:
    """Show how far each language goes, and every text that is missing or to be checked, in pages.

    With `session` only the texts of that one.
    """
    found, role = open_series(series, *WRITERS)
    stale = list_stale(db.session(), found.id)
    row = series_row(found, role)
    groups = _groups(found, stale, hidden=frozenset() if row.may_plan else hidden_from_translators(found))
    meters = add_up([group.meters for group in groups], found.languages)
    wanted = request.args.get("session", "")
    if is_one := wanted in {one.slug for one in found.sessions}:
        groups = [group for group in groups if group.anchor == f"session-{wanted}"]
    total = sum(len(group.lines) for group in groups)
    number, pages = page_number(total, PAGE), max(1, -(-total // PAGE))
    addresses = _Addresses(lang, found, may_plan=row.may_plan)
    return render_template(
        "programme/organise/languages.html",
        page_language=lang,
        series=row,
        groups=_cut(groups, (number - 1) * PAGE, number * PAGE),
        in_order=[group for group in groups if not group.lines] if number == pages else [],
        number=number,
        pages=pages,
        here={"session": wanted} if is_one else {},
        meters=meters,
        address_of_text=addresses.of,
    )


@blueprint.post("/series/<series>/languages/fine")
def text_is_fine(lang: str, series: str) -> ResponseReturnValue:
    """Take it that a text holds though its other language was changed."""
    found, role = open_series(series, *WRITERS)
    owner, field, language = (request.form.get(name, "") for name in ("owner", "field", "language"))
    hidden = frozenset() if role in PLANNERS else hidden_from_translators(found)
    owners: dict[str, int | None] = {text.owner: None for text in (*series_texts(found), *_people_texts(found, hidden))}
    owners |= {text.owner: one.id for one in found.sessions for text in session_texts(one)}
    if owner not in owners:
        abort(404)
    is_said = say_fine(
        db.session(),
        now=clock.now(),
        actor=actor_of(current_organiser()),
        series_id=found.id,
        workshop_session_id=owners[owner],
        owner=owner,
        fine={(field, language)},
    )
    db.session.commit()
    flash(_("The text is kept as it is.") if is_said else _("Nothing has changed."))
    here: dict[str, Any] = {name: request.args[name] for name in ("page", "session") if name in request.args}
    return redirect(url_for("programme_organise.languages", lang=lang, series=series, **here), 303)


@blueprint.route("/series/<series>/glossary", methods=["GET", "POST"])
def glossary(lang: str, series: str) -> ResponseReturnValue:
    """Show and write a series' own terms, which stand beside the fields of its forms."""
    found, role = open_series(series, *WRITERS, depth=Depth.ITSELF)
    terms = _terms(found.id)
    form = GlossaryForm(data=glossary_data(terms.items()))
    dress(form, {})
    page = {"page_language": lang, "series": series_row(found, role)}
    page["base"] = sent_base() or row_digests(terms, TERM_FIELDS)
    if not press_typesetting(form) and form.validate_on_submit():
        hold(db.session(), found)
        stands = _terms(found.id)
        now_there = row_digests(stands, TERM_FIELDS)
        rows, conflicts = merge_rows(sent_base(), form.values(), stands, TERM_FIELDS)
        if conflicts:
            db.session.rollback()
            return _conflict_page(rows, stands, conflicts, page | {"base": now_there})
        try:
            is_changed = write_terms(
                db.session(),
                now=clock.now(),
                series_id=found.id,
                values=rows,
                languages=all_languages(),
                actor=actor_of(current_organiser()),
            )
        except InvalidValuesError as fault:
            db.session.rollback()
            add_faults(form, fault.faults)
        else:
            db.session.commit()
            flash(_("The glossary is changed.") if is_changed else _("Nothing has changed."))
            if others := others_words(sent_base(), now_there):
                flash(others)
            return redirect(url_for("programme_organise.glossary", lang=lang, series=series), 303)
    return form_page("programme/organise/glossary.html", form, **page)


def _terms(series_id: int) -> dict[int, TermValues]:
    # Read anew: whoever waited for the lock may have read them before.
    found = list_terms(db.session(), series_id, is_read_again=True)
    return {one.id: TermValues(one.term, one.note) for one in found}


def _conflict_page(
    rows: Sequence[tuple[int | None, TermValues]],
    stands: Mapping[int, TermValues],
    conflicts: Sequence[Conflict],
    page: dict[str, Any],
) -> ResponseReturnValue:
    """Return the page with what was typed, and what was saved meanwhile."""
    form = GlossaryForm(formdata=None, data=glossary_data(rows))
    theirs = [(key, TermValues(Localized()) if key is None else stands[key]) for key, _value in rows]
    dress(form, {})
    told = [dataclasses.replace(one, field=f"terms.{one.field}") for one in conflicts]
    shown = say_conflicts(form, GlossaryForm(formdata=None, data=glossary_data(theirs)), told, may_take=False)
    return render_template("programme/organise/glossary.html", form=form, conflicts=shown, **page), 409


def _groups(series: Series, stale: Mapping[str, Sequence[StaleText]], *, hidden: Collection[int]) -> list[Group]:
    """Return the series' own texts, each session's with its programme, and what is said of people."""

    def group(
        anchor: str, name: Localized, texts: Iterable[OwnedText], wanted: Sequence[str] = series.languages
    ) -> Group:
        texts = list(texts)
        return Group(anchor, name, measure(texts, wanted, stale), lines_of(texts, wanted, stale))

    groups = [group("series", series.title, series_texts(series))]
    for one in series.sessions:
        name = workspace_name(one)
        wanted = languages_of_session(one, series.languages)
        groups.append(group(f"session-{one.slug}", name, session_texts(one), wanted))
    if series.people:
        groups.append(group(_PEOPLE, Localized.neutral(_("People")), _people_texts(series, hidden)))
    return groups


def _cut(groups: Iterable[Group], start: int, end: int) -> list[Group]:
    """Return the groups of those lines that stand between two places of the whole list, each with these alone."""
    found, before = [], 0
    for group in groups:
        lines = group.lines[max(0, start - before) : max(0, end - before)]
        before += len(group.lines)
        found += [dataclasses.replace(group, lines=lines)] if lines else []
    return found


def _people_texts(series: Series, hidden: Collection[int]) -> list[OwnedText]:
    return [text for person in series.people if person.id not in hidden for text in person_texts(person)]


class _Addresses:
    """Leads from a text to the field in which it is written."""

    def __init__(self, lang: str, series: Series, *, may_plan: bool) -> None:
        self.lang = lang
        self.series = series
        self.may_plan = may_plan
        self.sessions: dict[str, WorkshopSession] = {}
        self.places: dict[str, tuple[str, str]] = {}
        """Of a part of a programme: the start of its fields' names, and what is opened for it."""
        for one in series.sessions:
            self.sessions |= {text.owner: one for text in session_texts(one)}
            for number, section in enumerate(one.sections):
                self.places[f"section:{section.id}"] = (f"sections-{number}", f"s{number}")
                for index, item in enumerate(section.items):
                    self.places[f"item:{item.id}"] = (f"sections-{number}-items-{index}", f"s{number}i{index}")

    def of(self, line: Line) -> str:
        """Return the address of a text's field; empty where the reader has no form for it."""
        if not self.may_plan and line.field in NOT_TRANSLATORS:
            return ""
        kind = line.owner.partition(":")[0]
        makers: dict[str, Callable[[Line], str]] = {
            "series": self._of_series,
            "session": self._of_session,
            "person": self._of_person,
        }
        return makers.get(kind, self._of_part)(line)

    def _of_series(self, line: Line) -> str:
        return self._url("organise.edit_series", f"{line.field}-{line.language}")

    def _of_session(self, line: Line) -> str:
        session = self.sessions[line.owner].slug
        return self._url("organise.edit_session", f"{line.field}-{line.language}", session=session)

    def _of_part(self, line: Line) -> str:
        session, (prefix, place) = self.sessions[line.owner].slug, self.places[line.owner]
        anchor = f"{prefix}-{line.field}-{line.language}"
        return self._url("organise.programme", anchor, session=session, open=place)

    def _of_person(self, line: Line) -> str:
        person = line.owner.partition(":")[2]
        return self._url("programme_organise.person", f"{line.field}-{line.language}", person=person)

    def _url(self, endpoint: str, anchor: str, **values: Any) -> str:
        address = url_for(endpoint, lang=self.lang, series=self.series.slug, **values)
        return f"{address}#{anchor}"
