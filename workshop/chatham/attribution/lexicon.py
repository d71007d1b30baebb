"""What is known, compiled: tries of names and of organisations, so that a text is read once whatever their number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from workshop.chatham.attribution import organisations, persons
from workshop.chatham.attribution.findings import Known, KnownOrganisation, KnownPerson
from workshop.chatham.attribution.organisations import Form
from workshop.chatham.attribution.persons import Kind
from workshop.chatham.attribution.reading import fold
from workshop.chatham.attribution.vocabulary import COMMON, FIRST_NAMES, PARTICLES, PLACES, STOP

_NEAR = 6
"""From how many letters on a surname is known with one letter wrong."""
_SOLID = 4
"""From how many letters on a surname is known in pieces."""


@dataclass
class Sense:
    """What a form may mean."""

    kind: Kind
    givens: set[str] = field(default_factory=set)
    """First names that go with a surname."""


@dataclass
class Node:
    """A place in a trie of words."""

    after: dict[str, Node] = field(default_factory=dict)
    senses: dict[Kind, Sense] = field(default_factory=dict)
    form: Form | None = None

    def grow(self, words: Iterable[str]) -> Node:
        """The node behind these words, made where there is none."""
        node = self
        for word in words:
            following = node.after.get(word)
            if following is None:
                following = node.after[word] = Node()
            node = following
        return node


def is_ordinary(word: str, language: str | None) -> bool:
    """Whether the word is one of the language's own, or too short to be told from one."""
    lists = [COMMON[language]] if language in COMMON else COMMON.values()
    short = len(word) <= 2 and word.isascii()  # noqa: PLR2004 (two letters are many words, two characters a name)
    return short or word in STOP or word in PLACES or any(word in words for words in lists)


class Lexicon:
    """The people, organisations and domains that one pass over a text looks for."""

    def __init__(
        self, people: Iterable[KnownPerson], bodies: Iterable[KnownOrganisation], domains: Iterable[str] = ()
    ) -> None:
        self.names = Node()
        self.bodies = Node()
        self.solid: set[str] = set()
        self.solid_bodies: set[str] = set()
        self.prefixes: set[str] = set()
        self.domains: set[str] = set()
        self.links: set[str] = set()
        self.initials: set[str] = set()
        for person in people:
            self.links.update(link for link in map(_bare_link, person.links) if link)
            for name in (person.name, *person.aliases):
                self._add_name(name)
        for body in bodies:
            for form in organisations.forms(body):
                self._add_form(form)
        for domain in domains:
            known = organisations.domain_forms(domain)
            if known:
                self.domains.add(known[0])
                if known[1]:
                    self._add_form(known[1])

    def _add_name(self, name: str) -> None:
        for parts in persons.name_parts(name):
            for words, kind in persons.forms(parts):
                if len(words[0]) == 1 and len(words) == 1:
                    continue
                node = self.names.grow(words)
                sense = node.senses.setdefault(kind, Sense(kind))
                if kind is Kind.SURNAME:
                    self.initials.add(words[0][0])
                    sense.givens.update(parts.given)
                if kind in {Kind.SURNAME, Kind.FULL} and len(words) == 1 and len(words[0]) >= _SOLID:
                    self._add_solid(words[0])

    def _add_solid(self, word: str) -> None:
        if word in STOP or word in PARTICLES:
            return
        self.solid.add(word)
        self.prefixes.update(word[:length] for length in range(1, len(word)))

    def _add_form(self, form: Form) -> None:
        node = self.bodies.grow(form.words)
        word = form.words[0]
        if len(form.words) == 1 and len(word) > _SOLID and not form.needs_upper and not is_ordinary(word, None):
            self.solid_bodies.add(word)
            self.prefixes.update(word[:length] for length in range(1, len(word)))
        if node.form is None or (node.form.needs_upper, node.form.needs_capital) > (
            form.needs_upper,
            form.needs_capital,
        ):
            node.form = form

    @cached_property
    def near(self) -> dict[str, set[str]]:
        """Surnames by what is left of them when one letter is taken away, and whole."""
        found: dict[str, set[str]] = {}
        for word in self.solid:
            senses = self.names.after[word].senses
            if (
                len(word) >= _NEAR
                and Kind.SURNAME in senses
                and word not in FIRST_NAMES
                and not is_ordinary(word, None)
            ):
                for left in {word, *(word[:at] + word[at + 1 :] for at in range(len(word)))}:
                    found.setdefault(left, set()).add(word)
        return found


@dataclass(frozen=True)
class Dictionary:
    """What `compile` makes once and `check` is given: `whole` is None where nobody private is known."""

    public: Lexicon
    whole: Lexicon | None


def compiled(known: Known) -> Dictionary:
    """Compile what is known; takes some 0.1 s for 500 people."""
    people = [person for person in known.people if not person.is_private]
    bodies = [body for body in known.organisations if not body.is_private]
    public = Lexicon(people, bodies)
    if len(people) == len(known.people) and len(bodies) == len(known.organisations) and not known.domains:
        return Dictionary(public, None)
    return Dictionary(public, Lexicon(known.people, known.organisations, known.domains))


def _bare_link(link: str) -> str:
    """An address as it is compared: no scheme, no "www", no slash at the end."""
    bare = fold(link.strip()).partition("://")[2] or fold(link.strip())
    return bare.removeprefix("www.").rstrip("/")
