"""The programme's editor as a browser without a script has it: all fields of the page, and one button."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse


class Reader(HTMLParser):
    """Gathers what the page's form would send, and its buttons."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.fields: MultiDict[str, str] = MultiDict()
        self.buttons: list[str] = []
        self._textarea: str | None = None
        self._select: str | None = None
        self._is_first = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name, value = found.get("name"), found.get("value") or ""
        if tag == "textarea" and name:
            self._textarea, self._is_first = name, True
            self.fields.add(name, "")
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and "selected" in found:
            self.fields[self._select] = value
        elif tag == "option" and self._select and self._select not in self.fields:
            self.fields.add(self._select, value)
        elif tag == "button" and name:
            self.buttons.append(value)
        elif tag == "input" and name:
            is_box = found.get("type") in {"checkbox", "radio"}
            if not is_box or "checked" in found:
                self.fields.add(name, value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._textarea = None
        elif tag == "select":
            self._select = None

    def handle_data(self, data: str) -> None:
        if self._textarea is not None:
            text = re.sub(r"^\r?\n", "", data) if self._is_first else data
            self.fields[self._textarea] = self.fields[self._textarea] + text
            self._is_first = False


class Editor:
    """Somebody at the editor's page."""

    def __init__(self, client: FlaskClient, path: str) -> None:
        """Open the page at `path`."""
        self.client = client
        self.path = path
        self.show(client.get(path))
        assert self.answer.status_code == 200, self.answer.text

    def show(self, answer: TestResponse) -> None:
        """Take an answer as the page that is being looked at."""
        self.answer = answer
        reader = Reader(answer.text)
        self.fields, self.buttons = reader.fields, reader.buttons

    def write(self, **fields: str) -> Editor:
        """Write into fields; `s0i1_title_en` is `sections-0-items-1-title-en`."""
        for name, value in fields.items():
            place, _under, rest = name.partition("_")
            section, _i, item = place.removeprefix("s").partition("i")
            path = f"sections-{section}-items-{item}-" if item else f"sections-{section}-"
            fits = place.startswith("s") and section.isdigit()
            full = path + rest.replace("_fr", "-fr").replace("_en", "-en") if fits else name
            assert full in self.fields or full.rpartition("-")[2].startswith("pick"), (full, list(self.fields))
            self.fields[full] = value
        return self

    def press(self, act: str, **extra: str) -> TestResponse:
        """Press a button of the page; follows to the page that comes after."""
        assert act in self.buttons, (act, self.buttons)
        data = self.fields.copy()
        data.setlist("act", [act])
        for name, value in extra.items():
            data[name.replace("_", "-")] = value
        answer = self.client.post(self.path, data=data)
        if answer.status_code == 303:
            address = urlsplit(answer.headers["Location"])
            self.show(self.client.get(f"{address.path}?{address.query}"))
        else:
            self.show(answer)
        return answer
