"""What becomes of edits: written at once, kept aside until published, or set back; and what was published when.

A draft is edited in place. What people read is edited aside: `save` keeps what differs from it, field by field, and
publishes it with the same writers that a form, a file and an undoing share, so that the Rule is asked every time.
"""

from __future__ import annotations

import dataclasses
import enum
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from workshop.core.errors import ConflictError
from workshop.core.faults import Fault, InvalidValuesError
from workshop.people.service import find_people, list_by_key
from workshop.programme.models import SessionDraft, WorkshopSession
from workshop.programme.service.aside import (
    Working,
    discard,
    find_draft,
    known_only,
    known_people_only,
    stored,
    working,
)
from workshop.programme.service.history import (
    changed_fields,
    differences,
    list_versions,
    note_edit,
    note_version,
    snapshot,
)
from workshop.programme.service.lifecycle import unpublish
from workshop.programme.service.merging import Content, digests, merge
from workshop.programme.service.programme import list_unknown_people, restore_withdrawn
from workshop.programme.service.sessions import check_session, check_slug_free, update_session
from workshop.programme.service.snapshots import (
    FIELDS,
    sections_from_json,
    sections_to_json,
    values_from_json,
    values_to_json,
)
from workshop.programme.service.values import SectionValues, SessionValues, session_values

_LISTS = ("moderators", "partners")


class Act(enum.StrEnum):
    """What a press does with edits of a published session."""

    KEEP = "keep"
    PUBLISH = "publish"


class NothingToUndoError(ConflictError):
    """Nothing was published here, or what was stands no more."""

    code = "nothing_to_undo"


@dataclasses.dataclass(frozen=True, slots=True)
class Saved:
    """What became of a press."""

    is_changed: bool
    """Whether it changed what is stored or what is kept aside."""
    is_kept: bool
    """Whether anything is kept aside now."""


def save(  # noqa: PLR0913 (what is said, of what, how, and by whom)
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    values: SessionValues | None,
    sections: Sequence[SectionValues] | None,
    act: Act,
    has_answers: bool,
    actor: str,
    fields: Collection[str] | None = None,
    instance_languages: Sequence[str] | None = None,
    fine: Collection[tuple[str, str]] = (),
    leaves_aside: bool = False,
) -> Saved:
    """Write edits of a session, or keep them aside where it is published and `act` says so. Flushes.

    Publishing writes what is said and nothing else of what is kept aside: that stays there.

    Args:
        session: the database.
        now: the present instant.
        workshop_session: the session.
        values: what organisers edit, with what was said put over it; None: nothing was said of it.
        sections: the whole programme, with the ids of those parts that stay themselves; None: nothing was said of it.
        act: of a published session; any other is written directly.
        has_answers: whether anyone has answered, counted under `lock`.
        actor: as the log names who did it.
        fields: which of `values` were said; None: all, but moderators or partners that are None.
        instance_languages: in which texts may be; None: the series'.
        fine: fields and languages whose text is said to hold though another language of it changed.
        leaves_aside: whether it was said over what is stored, by somebody who knows nothing of what is kept aside:
            that stays there then, with what is said now taken in.

    Raises:
        InvalidValuesError: with every fault; the caller rolls back.
    """
    names = _said(values, fields)
    edit = _Edit(session, now, workshop_session, actor, has_answers, instance_languages)
    edit.leaves_aside = leaves_aside
    kept = working(session, workshop_session)
    said = {name: getattr(values, name) for name in names}
    if workshop_session.is_published and act is Act.KEEP:
        return edit.keep(kept, said, sections, fine)
    if not workshop_session.is_published and kept.is_kept and not leaves_aside:
        # Kept aside while it was published: a draft is edited in place, so that it goes in with what is said now.
        names = list(FIELDS)
        said = {name: getattr(dataclasses.replace(kept.values, **said), name) for name in names}
        sections = sections if sections is not None else kept.sections
    return edit.write(said, sections, fine)


def publish_kept(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    has_answers: bool,
    actor: str,
    instance_languages: Sequence[str] | None = None,
) -> bool:
    """Publish all that is kept aside of a session; returns whether that changed anything. Flushes.

    Raises:
        InvalidValuesError: with every fault; the caller rolls back.
    """
    draft = find_draft(session, workshop_session)
    if draft is None:
        return False
    kept = working(session, workshop_session)
    names = values_from_json(draft.content.get("values", {}))
    said = {name: getattr(kept.values, name) for name in names}
    sections = kept.sections if "sections" in draft.content else None
    fine = [(field, language) for field, language in draft.content.get("fine", ())]
    edit = _Edit(session, now, workshop_session, actor, has_answers, instance_languages)
    return edit.write(said, sections, fine).is_changed


def undo(
    session: Session,
    *,
    now: datetime,
    workshop_session: WorkshopSession,
    has_answers: bool,
    actor: str,
    instance_languages: Sequence[str] | None = None,
) -> bool:
    """Set back what the last publication changed and what still stands as it left it; returns whether anything did.

    That is a publication too. Undoing the first takes the session off every page. Flushes.

    Raises:
        NothingToUndoError: nothing was published.
        HasAnswersError: the first publication of a session that somebody has answered.
        InvalidValuesError: with every fault; the caller rolls back.
    """
    last = next(iter(list_versions(session, workshop_session)), None)
    if last is None or not workshop_session.is_published:
        raise NothingToUndoError
    if last.before is None:
        return unpublish(session, now=now, workshop_session=workshop_session, has_answers=has_answers, actor=actor)
    values, sections = stored(workshop_session)
    if values is None or sections is None:
        raise NothingToUndoError
    was = known_only(session, workshop_session, values_from_json(last.before.get("values", {})))
    became = values_from_json(last.after.get("values", {}))
    has_sections = "sections" in last.before and "sections" in last.after
    posted, base = sections, digests(dataclasses.replace(values, **became), sections)
    if has_sections:
        posted = known_people_only(session, workshop_session, sections_from_json(last.before["sections"]))
        base = digests(dataclasses.replace(values, **became), sections_from_json(last.after["sections"]))
    merged = merge(
        base, Content(dataclasses.replace(values, **was), posted), Content(values, sections), prefers_standing=True
    )
    edit = _Edit(session, now, workshop_session, actor, has_answers, instance_languages)
    edit.action, edit.leaves_aside = "programme.undo", True
    edit.withdrawn, edit.declined = list(last.before.get("withdrawn", ())), list(last.before.get("declined", ()))
    said = {name: getattr(merged.values, name) for name in was}
    return edit.write(said, merged.sections if has_sections else None, ()).is_changed


class _Edit:
    """One press: whose it is and of which session."""

    def __init__(
        self,
        session: Session,
        now: datetime,
        workshop_session: WorkshopSession,
        actor: str,
        has_answers: bool,  # noqa: FBT001 (private)
        instance_languages: Sequence[str] | None,
    ) -> None:
        self.session = session
        self.now = now
        self.one = workshop_session
        self.actor = actor
        self.has_answers = has_answers
        self.languages = instance_languages
        self.action = "programme.publish_changes" if workshop_session.is_published else "programme.edit_session"
        self.withdrawn: list[dict[str, Any]] = []
        self.declined: list[dict[str, Any]] = []
        self.leaves_aside = False
        """Whether what is kept aside stays there: it was not part of what is said."""

    def keep(
        self,
        kept: Working,
        said: dict[str, Any],
        sections: Sequence[SectionValues] | None,
        fine: Collection[tuple[str, str]],
    ) -> Saved:
        """Keep aside what was said over what is kept already."""
        wanted = dataclasses.replace(kept.values, **said)
        programme = _with_ids(sections if sections is not None else kept.sections)
        # As a draft is checked: what is missing in a language may still come.
        cleaned, checked = check_session(
            self.one.series, dataclasses.replace(wanted, is_published=False), programme, self.languages
        )
        check_slug_free(self.session, self.one.series, cleaned.slug, self.one.id)
        self._check_people(cleaned, checked or ())
        draft, was = find_draft(self.session, self.one), snapshot(self.one)
        new = values_to_json(cleaned)
        content: dict[str, Any] = {"values": {name: new[name] for name in FIELDS if new[name] != was["values"][name]}}
        if (written := sections_to_json(checked or ())) != was["sections"]:
            content["sections"] = written
        is_empty = not content["values"] and "sections" not in content
        if not is_empty:
            content["base"] = digests(*stored(self.one))
            content["fine"] = _marks([*(draft.content.get("fine", ()) if draft is not None else ()), *fine])
        before = draft.content if draft is not None else None
        if is_empty and draft is None:
            return Saved(is_changed=False, is_kept=False)
        if is_empty:
            return Saved(
                discard(self.session, now=self.now, workshop_session=self.one, actor=self.actor), is_kept=False
            )
        if before == content:
            return Saved(is_changed=False, is_kept=True)
        self._store(draft, content)
        note_edit(
            self.session,
            now=self.now,
            workshop_session=self.one,
            actor=self.actor,
            action="programme.keep_aside",
            fields=changed_fields(content),
        )
        return Saved(is_changed=True, is_kept=True)

    def write(
        self, said: dict[str, Any], sections: Sequence[SectionValues] | None, fine: Collection[tuple[str, str]]
    ) -> Saved:
        """Write what was said, and take it out of what is kept aside."""
        was, is_published = snapshot(self.one), self.one.is_published
        left = working(self.session, self.one)
        if (draft := find_draft(self.session, self.one)) is not None and draft.content.get("fine"):
            fine = [*fine, *((field, language) for field, language in draft.content["fine"] if field in said)]
        values = dataclasses.replace(session_values(self.one), moderators=None, partners=None)
        is_changed = update_session(
            self.session,
            now=self.now,
            workshop_session=self.one,
            values=dataclasses.replace(values, **said),
            has_answers=self.has_answers,
            sections=sections,
            is_whole=True,
            fine=fine,
            actor=self.actor,
            instance_languages=self.languages,
        )
        if self.withdrawn or self.declined:
            restore_withdrawn(
                self.session,
                now=self.now,
                workshop_session=self.one,
                rows=self.withdrawn,
                declined=self.declined,
            )
        if self.leaves_aside:
            # With what was written now where that left it be.
            is_kept = self._leave(working(self.session, self.one), (), has_programme=False)
        else:
            is_kept = self._leave(left, said, has_programme=sections is not None)
        before, after = differences(was, snapshot(self.one))
        if fields := changed_fields(after):
            if is_published:
                note_version(
                    self.session,
                    now=self.now,
                    workshop_session=self.one,
                    before=before,
                    after=after,
                    actor=self.actor,
                )
            note_edit(
                self.session,
                now=self.now,
                workshop_session=self.one,
                actor=self.actor,
                action=self.action,
                fields=fields,
            )
        return Saved(is_changed, is_kept)

    def _leave(self, left: Working, said: Collection[str], *, has_programme: bool) -> bool:
        """Keep aside what was not published of it; returns whether anything is left."""
        draft = find_draft(self.session, self.one)
        if draft is None:
            return False
        stands = snapshot(self.one)
        rest = values_to_json(left.values, [name for name in draft.content.get("values", {}) if name not in said])
        content: dict[str, Any] = {
            "values": {name: value for name, value in rest.items() if value != stands["values"][name]}
        }
        if "sections" in draft.content and not has_programme:
            content["sections"] = sections_to_json(left.sections)
        if not content["values"] and "sections" not in content:
            self.session.delete(draft)
            self.session.flush()
            return False
        content["base"] = digests(*stored(self.one))
        content["fine"] = [row for row in draft.content.get("fine", ()) if row[0] not in said]
        draft.content = content
        self.session.flush()
        return True

    def _store(self, draft: SessionDraft | None, content: dict[str, Any]) -> None:
        if draft is None:
            draft = SessionDraft(workshop_session_id=self.one.id)
            self.session.add(draft)
        draft.content, draft.saved_at, draft.saved_by = content, self.now, self.actor
        self.session.flush()

    def _check_people(self, values: SessionValues, sections: Sequence[SectionValues]) -> None:
        known = list_by_key(self.session, series_id=self.one.series_id)
        faults: list[Fault] = list_unknown_people(known, sections)
        faults += find_people(known, values.moderators or (), "moderators")[1]
        if faults:
            raise InvalidValuesError(faults)


def _said(values: SessionValues | None, fields: Collection[str] | None) -> list[str]:
    if values is None:
        return []
    if fields is not None:
        return [name for name in FIELDS if name in fields]
    return [name for name in FIELDS if name not in _LISTS or getattr(values, name) is not None]


def _marks(rows: Collection[Any]) -> list[list[str]]:
    return [list(pair) for pair in dict.fromkeys((field, language) for field, language in rows)]


def _with_ids(sections: Sequence[SectionValues]) -> tuple[SectionValues, ...]:
    """Return a programme in which new parts have ids too, below zero: whoever edits it next tells them apart."""
    return tuple(
        dataclasses.replace(
            section,
            id=_new_id() if section.id is None else section.id,
            items=tuple(dataclasses.replace(item, id=_new_id()) if item.id is None else item for item in section.items),
        )
        for section in sections
    )


def _new_id() -> int:
    return -1 - secrets.randbelow(2**31)
