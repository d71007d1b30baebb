"""What an import did, in sentences (named for its act): the command and the workspace say the same ones."""

from __future__ import annotations

from flask_babel import gettext as _

from workshop.programme.seriesfile.report import Entry


def entry_line(entry: Entry) -> str:
    """Return a line such as `Changed session 4: title`, in the language being spoken."""
    kinds = {
        "series": _("series"),
        "session": _("session"),
        "person": _("person"),
        "section": _("section"),
        "item": _("item"),
        "question": _("question"),
    }
    what = {"kind": kinds[entry.kind], "name": entry.name, "fields": ", ".join(entry.fields)}
    texts = {
        "created": _("New %(kind)s: %(name)s", **what),
        "updated": _("Changed %(kind)s %(name)s: %(fields)s", **what),
        "left": _("Left alone, because the file lacks it: %(kind)s %(name)s", **what),
        "asked": _(
            "Not loosened yet: %(kind)s %(name)s. Everybody concerned is asked; the new level holds once each has "
            "agreed.",
            **what,
        ),
        "left_fields": _("Left alone in %(kind)s %(name)s, because the file lacks it: %(fields)s", **what),
    }
    return str(texts[entry.code])
