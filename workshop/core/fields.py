"""Form fields that several features share: text in several languages, wall times, zones, lists, traps for robots."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

from flask import current_app
from flask_babel import lazy_gettext as _
from itsdangerous import BadData, URLSafeTimedSerializer
from markupsafe import Markup
from wtforms import DateTimeLocalField, Field, Label, StringField, TextAreaField
from wtforms.fields import Flags
from wtforms.validators import StopValidation, ValidationError
from wtforms.widgets import TextArea, TextInput, html_params

from workshop.core import clock
from workshop.core.addresses import MAX_LENGTH, BadAddressError, check_address
from workshop.core.language import NAMES, languages
from workshop.core.localized import Localized
from workshop.core.localtime import suggested_zones, zone_names
from workshop.core.typography import typeset

MINIMUM_SECONDS = 2
"""A person needs longer to fill in a form; a robot does not."""
_YEARS = range(1990, 2200)
_CODE = re.compile(r"[a-z]{2,3}")


def clean_line(text: str | None) -> str:
    """Return one line of text: controls dropped (NUL is refused by PostgreSQL), white space collapsed."""
    return re.sub(r"[ \t\r\n\v\f\u2028\u2029]+", " ", _without_controls(text or "")).strip()


def clean_text(text: str | None) -> str:
    """Return text of several lines with plain line breaks: controls dropped, no white space at the ends."""
    return re.sub(r"\r\n?|[\u2028\u2029]", "\n", _without_controls(text or "")).strip()


def _without_controls(text: str) -> str:
    text = unicodedata.normalize("NFC", text)
    return "".join(char for char in text if char in "\t\r\n" or unicodedata.category(char) not in {"Cc", "Cs"})


class LineField(StringField):
    """One line of text, cleaned; never None."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the cleaned line."""
        self.data = clean_line(valuelist[0]) if valuelist else ""


class TextField(TextAreaField):
    """Text of several lines, cleaned; never None."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the cleaned text."""
        self.data = clean_text(valuelist[0]) if valuelist else ""


@dataclass(frozen=True, slots=True)
class LanguageInput:
    """One language's input of a field in several languages; call it to render it."""

    field: Field
    language: str
    value: str
    errors: tuple[str, ...] = ()
    description: str = ""

    @property
    def flags(self) -> Any:
        """The flags of the field, but that any one language will do."""
        return Flags(maxlength=self.field.max_length)

    @property
    def label(self) -> Label:
        """The language's name."""
        return Label(self.id, self.language_name)

    @property
    def language_name(self) -> str:
        """The language's own name for itself."""
        return NAMES.get(self.language, self.language)

    @property
    def name(self) -> str:
        """Name of the form value, such as `title-fr`."""
        return f"{self.field.name}-{self.language}"

    @property
    def mark(self) -> Any:
        """What says that this text may no longer hold; None: nothing does."""
        return self.field.marks.get(self.language)

    @property
    def as_typed(self) -> str | None:
        """How it was typed, where its typography was corrected since and nothing is stored yet."""
        found: str | None = self.field.corrected.get(self.language)
        return found

    @property
    def may_be_typeset(self) -> bool:
        """Whether its typography can be corrected: only where the form offers that."""
        return self.field.offers_typesetting and typeset(self.value, self.language) != self.value

    @property
    def id(self) -> str:
        """Identifier for the label."""
        return f"{self.field.id}-{self.language}"

    def __call__(self, **attributes: Any) -> Markup:
        """Return the HTML of the input; attributes as in any WTForms field."""
        params = {"id": self.id, "name": self.name, "lang": self.language, **attributes}
        if self.field.is_multiline:
            # The line break after the tag is dropped by the browser, so that a first line that is empty stays.
            params.setdefault("rows", self.field.rows)
            return Markup("<textarea {}>\n{}</textarea>").format(Markup(html_params(**params)), self.value)  # noqa: S704 (html_params escapes)
        return Markup("<input {}>").format(Markup(html_params(type="text", value=self.value, **params)))  # noqa: S704 (html_params escapes)


class LocalizedField(Field):
    """A `Localized`: one input per language, named `title-fr`, `title-en`.

    The same text in every language (two or more) is language-neutral; a text in a language without an input is kept.
    """

    is_multiline = False
    rows = 1
    is_localized = True

    def __init__(self, *args: Any, max_length: int = 500, **kwargs: Any) -> None:
        """As WTForms; `max_length` in characters holds for each language."""
        self.max_length = max_length
        self.marks: Mapping[str, Any] = {}
        """Language → what says that this text may no longer hold."""
        self.offers_typesetting = False
        self.corrected: dict[str, str] = {}
        """Language → the text as typed, where its typography was corrected."""
        super().__init__(*args, **kwargs)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have an input."""
        return languages()

    @property
    def inputs(self) -> list[LanguageInput]:
        """One input per language, in the instance's order."""
        return [LanguageInput(self, language, self._value(language)) for language in self.languages]

    data: Any
    object_data: Any

    def __iter__(self) -> Iterator[LanguageInput]:
        return iter(self.inputs)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read `data`, then the form's values where there are any."""
        super().process(None, data, extra_filters)
        self.typed: dict[str, str] = {}
        if formdata is None:
            return
        self.typed = {
            language: str(formdata[f"{self.name}-{language}"])
            for language in self.languages
            if f"{self.name}-{language}" in formdata
        }
        self.raw_data = [text for text in self.typed.values() if text.strip()]
        self.data = self.combine(self.object_data)

    def process_data(self, value: Any) -> None:
        """Keep the value; nothing becomes an empty one."""
        self.data = value or self.empty()
        self.object_data = self.data

    def empty(self) -> Any:
        """Return the value of a form left empty."""
        return Localized()

    def combine(self, before: Localized) -> Any:
        """Return the value that the inputs make, beside what stood there before."""
        clean = clean_text if self.is_multiline else clean_line
        return _join({language: clean(self.typed.get(language)) for language in self.languages}, before)

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (the signature is WTForms')
        """Refuse what is too long."""
        for text in self.typed.values():
            if len(text) > self.max_length:
                raise StopValidation(_("At most %(number)s characters in each language.", number=self.max_length))

    def correct(self, language: str, *, as_typed: str) -> None:
        """Set the text of a language as it is printed, until the form is sent; `as_typed` is how it was."""
        self.typed[language] = typeset(self._value(language), language)
        if self.typed[language] != as_typed:
            self.corrected[language] = as_typed

    def _value(self, language: str) -> str:
        return self.typed[language] if language in self.typed else self.text_of(language)

    def text_of(self, language: str) -> str:
        """Return what the input of a language shows of the stored value."""
        return cast("Localized", self.data).get(language, "") if self.data else ""

    def widget(self, field: Field, **attributes: Any) -> Markup:  # noqa: ARG002 (the signature is WTForms')
        """Render all inputs, each in a label that names its language."""
        parts = [Markup("<label>{} {}</label>").format(one.language_name, one(**attributes)) for one in self.inputs]
        return Markup("").join(parts)


def _join(texts: dict[str, str], before: Localized) -> Localized:
    others = {language: text for language, text in before.items() if language not in texts}
    values = set(texts.values())
    if len(values) == 1 and values != {""} and not others and (len(texts) > 1 or before.is_neutral):
        return Localized.neutral(values.pop())
    # In the order that the value had: an export keeps the order of its languages.
    # A neutral text has every language and names none.
    known = [language for language in before if language in texts]
    order = [*known, *(code for code in texts if code not in known)]
    return Localized({**{language: texts[language] for language in order}, **others})


class LocalizedTextField(LocalizedField):
    """A `Localized` of several lines (Markdown): one textarea per language."""

    is_multiline = True
    rows = 8

    def __init__(self, *args: Any, max_length: int = 20_000, **kwargs: Any) -> None:
        """As WTForms; `max_length` in characters holds for each language."""
        super().__init__(*args, max_length=max_length, **kwargs)


class LocalizedLinesField(LocalizedTextField):
    """A tuple of `Localized`: one textarea per language, one text per line; the nth lines belong together."""

    rows = 5

    def empty(self) -> tuple[Localized, ...]:
        """Return no texts."""
        return ()

    def text_of(self, language: str) -> str:
        """Return the lines of one language, empty where a text lacks it."""
        return "\n".join(text.get(language, "") for text in self.data).rstrip("\n")

    def combine(self, before: Any) -> tuple[Localized, ...]:
        """Return the texts line by line; lines that are empty in every language go."""
        lines = {
            language: [clean_line(line) for line in re.split(r"\r\n?|\n", self.typed.get(language, ""))]
            for language in self.languages
        }
        made = []
        for number in range(max(len(found) for found in lines.values())):
            texts = {code: found[number] if number < len(found) else "" for code, found in lines.items()}
            old = before[number] if number < len(before) else Localized()
            made.append(_join(texts, old))
        return tuple(text for text in made if text)


class LocalizedRequired:
    """Refuses a `Localized` without text in any language."""

    field_flags = {"required": True}  # noqa: RUF012 (WTForms reads a plain dict)

    def __call__(self, form: Any, field: Field) -> None:  # noqa: ARG002 (the signature is WTForms')
        """Stop where there is no text."""
        if not field.data:
            raise StopValidation(_("Please write this in at least one language."))


class WallTimeField(DateTimeLocalField):
    """A wall time: a naive datetime to the minute, or None; its zone stands in another field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As WTForms; accepts what `datetime-local` sends."""
        super().__init__(*args, format=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **kwargs)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read the time; nothing typed is None."""
        self.data = None
        if not valuelist or not valuelist[0].strip():
            return
        for pattern in self.strptime_format:
            try:
                found = datetime.strptime(valuelist[0].strip(), pattern).replace(second=0)  # noqa: DTZ007 (a wall time has no zone)
            except ValueError:
                continue
            if found.year in _YEARS:
                self.data = found
                return
        raise ValueError(_("Please give a day and a time, such as 2026-10-26T18:00."))


class ZoneField(StringField):
    """An IANA zone, chosen from `choices` (a datalist) and checked; empty only when `may_be_empty`."""

    def __init__(self, *args: Any, may_be_empty: bool = False, **kwargs: Any) -> None:
        """As WTForms."""
        self.may_be_empty = may_be_empty
        super().__init__(*args, **kwargs)

    @property
    def choices(self) -> tuple[str, ...]:
        """Zones for a datalist; any other that exists may be typed."""
        return suggested_zones()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the name as typed."""
        self.data = clean_line(valuelist[0]) if valuelist else ""

    def pre_validate(self, form: Any) -> None:  # noqa: ARG002 (the signature is WTForms')
        """Refuse a zone that does not exist."""
        if self.data not in zone_names() and not (self.may_be_empty and not self.data):
            raise StopValidation(_("Please choose a time zone such as Europe/Paris."))


class LinesField(Field):
    """A tuple of texts, one per line; `check` takes a line and raises ValueError with a sentence."""

    widget = TextArea()
    separator = re.compile(r"\r\n?|\n")
    joiner = "\n"

    def __init__(
        self, *args: Any, check: Callable[[str], str] | None = None, max_items: int = 30, **kwargs: Any
    ) -> None:
        """As WTForms."""
        self.check = check or (lambda line: line)
        self.max_items = max_items
        super().__init__(*args, **kwargs)

    def process_data(self, value: Any) -> None:
        """Keep a tuple."""
        self.data = tuple(value or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read and check each line; a list sent as several values counts as one."""
        self.data = tuple(self._lines(valuelist))
        if len(self.data) > self.max_items:
            raise ValueError(_("At most %(number)s entries.", number=self.max_items))
        self.data = tuple(self.check(line) for line in self.data)

    def _lines(self, valuelist: Sequence[str]) -> Iterator[str]:
        for value in valuelist:
            yield from filter(None, map(clean_line, self.separator.split(value)))

    def _value(self) -> str:
        if self.raw_data:
            return self.joiner.join(map(str, self.raw_data))
        return self.joiner.join(self.data or ())


class CodesField(LinesField):
    """A tuple of language codes, separated by commas or spaces."""

    widget = TextInput()
    separator = re.compile(r"[\s,;]+")
    joiner = ", "

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As WTForms."""
        super().__init__(*args, check=check_code, **kwargs)

    def post_validate(self, form: Any, validation_stopped: bool) -> None:  # noqa: ARG002, FBT001 (the signature is WTForms')
        """Refuse a language named twice."""
        if len(set(self.data)) != len(self.data):
            raise ValidationError(_("A language is named twice."))


def check_code(text: str) -> str:
    """Return a language code in lower case; raises ValueError with a sentence."""
    if not _CODE.fullmatch(text.lower()):
        raise ValueError(_("Please write language codes of two or three letters, such as fr, en."))
    return text.lower()


def check_link(text: str) -> str:
    """Return an http or https address; raises ValueError with a sentence."""
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_good = False
    if not is_good or " " in text or len(text) > 1000:  # noqa: PLR2004 (characters that the column holds)
        raise ValueError(_("Please write a whole address that begins with https://."))
    return text


class LinkField(LineField):
    """One http or https address, or nothing."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Check the address."""
        super().process_formdata(valuelist)
        if self.data:
            check_link(self.data)


class AddressField(LineField):
    """An e-mail address, or nothing; checked without asking DNS."""

    def process_formdata(self, valuelist: list[str]) -> None:
        """Keep the address in its normal form; what is no address stays as typed, with its error."""
        super().process_formdata(valuelist)
        if not self.data:
            return
        try:
            self.data = check_address(self.data)
        except BadAddressError:
            raise ValueError(_("Please write an e-mail address such as name@example.org.")) from None
        if len(self.data) > MAX_LENGTH:
            raise ValueError(_("This address is too long."))


class HoneypotField(StringField):
    """An input that people do not see and robots fill in; `is_filled` says that one did."""

    is_honeypot = True

    @property
    def is_filled(self) -> bool:
        """Whether anything was typed."""
        return bool((self.data or "").strip())


class BotTrap:
    """Mixin for a FlaskForm that strangers post: a honeypot, and a minimum time since the form was shown.

    The time needs no field of its own: Flask-WTF's token is signed with the second in which it was made.
    """

    website = HoneypotField(_("Leave this empty"))

    @property
    def is_trapped(self) -> bool:
        """Whether the honeypot was filled in: answer as if all were well, and do nothing."""
        return bool(cast("Any", self.website).is_filled)

    def is_too_fast(self, now: datetime | None = None) -> bool:
        """Whether the form came back sooner than a person can write. Never with RATE_LIMITS off."""
        token = getattr(self, "csrf_token", None)
        if token is None or not current_app.config["RATE_LIMITS"]:
            return False
        serializer = URLSafeTimedSerializer(current_app.secret_key or "", salt="wtf-csrf-token")
        try:
            made_at = serializer.loads(token.data or "", return_timestamp=True)[1]
        except BadData:
            return True
        return bool(((now or clock.now()) - made_at).total_seconds() < MINIMUM_SECONDS)
