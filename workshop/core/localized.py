"""Text in several languages as one immutable value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

JSONText: TypeAlias = "str | dict[str, str]"


class Text(NamedTuple):
    """A text picked for a reader."""

    value: str
    language: str | None
    """Language of `value`; None when it is the same in every language."""


class Localized(Mapping[str, str]):
    """Language → text. Immutable, hashable, falsy when it holds no text.

    A language-neutral text (a name such as "Inserm") is `Localized.neutral("Inserm")`: it has no language, so no `lang`
    attribute and no companion line.
    """

    __slots__ = ("_neutral", "_texts")
    _texts: dict[str, str]
    _neutral: str

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        """Keep the non-empty texts of `texts`, in the order given."""
        self._texts = {language: text for language, text in (texts or {}).items() if text}
        self._neutral = ""

    @classmethod
    def neutral(cls, text: str) -> Localized:
        """Return a text that is the same in every language."""
        value = cls()
        value._neutral = text
        return value

    @classmethod
    def from_json(cls, value: JSONText | None) -> Localized:
        """Read what `to_json` wrote: a string is neutral, an object maps language to text."""
        if value is None:
            return cls()
        return cls.neutral(value) if isinstance(value, str) else cls(value)

    def to_json(self) -> JSONText:
        """Return a string when neutral, else language → text."""
        return self._neutral or dict(self._texts)

    @property
    def is_neutral(self) -> bool:
        """Whether the text is the same in every language."""
        return bool(self._neutral)

    def pick(self, language: str, order: Sequence[str] = ()) -> Text:
        """Return the text for a reader of `language`, falling back along `order`, then to whatever there is.

        Always look at `.language`: it names the language that the text really is in.
        """
        if self._neutral:
            return Text(self._neutral, None)
        for candidate in (language, *order, *self._texts):
            if candidate in self._texts:
                return Text(self._texts[candidate], candidate)
        return Text("", None)

    def companions(self, language: str) -> list[Text]:
        """Return the texts in the languages that `pick(language)` does not show."""
        shown = self.pick(language).language
        return [Text(text, code) for code, text in self._texts.items() if code != shown]

    def missing(self, languages: Sequence[str]) -> list[str]:
        """Return which of `languages` have no text (none of them when neutral or empty)."""
        if not self or self._neutral:
            return []
        return [language for language in languages if language not in self._texts]

    def __getitem__(self, language: str) -> str:
        """Return the text in exactly `language` (a neutral text has all of them); raises KeyError."""
        return self._neutral or self._texts[language]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __bool__(self) -> bool:
        return bool(self._neutral or self._texts)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Localized) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self._neutral, frozenset(self._texts.items())))

    def __repr__(self) -> str:
        return f"Localized({self.to_json()!r})"
