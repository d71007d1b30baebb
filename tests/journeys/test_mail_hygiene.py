"""Every message as mail programs and filters get it: its headers, its two parts, what it would load, what filters say."""

from __future__ import annotations

import contextlib
import email
import email.policy
import mailbox
import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.builders import NOW
from tests.conftest import _require
from tests.mails import MAILS, READER, Case, octets_of, write
from workshop.chatham.rule import Level
from workshop.mail import texts

SENDER = "ateliers@workshops.example.org"
UNSUBSCRIBED_WITH_ONE_CLICK = {"reminder", "thanks", "announcement"}
TO_OTHERS = {
    "account_changed": "owner@example.org",
    "address_change": "owner@example.org",
    "break_glass_opened": "owner@example.org",
    "confirm_new_address": "new@example.org",
    "digest": "owner@example.org",
    "invitation": "guest@example.org",
    "invitation_reminder": "guest@example.org",
    "pass_phrase_reset": "owner@example.org",
    "speaker_change": "owner@example.org",
    "role_changed": "owner@example.org",
    "role_invitation": "owner@example.org",
}
GTUBE = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
"""What every filter takes for spam (spamassassin.apache.org/gtube): the control."""
pytestmark = pytest.mark.databases("sqlite")


@pytest.fixture
def app(configure: Callable[..., Flask]) -> Flask:
    return configure(
        BASE_URL="https://workshops.example.org",
        MAIL_DEFAULT_SENDER=SENDER,
        MAIL_REPLIES="answers@workshops.example.org",
    )


class Letter(NamedTuple):
    """A message on the wire."""

    kind: str
    level: Level
    octets: bytes

    @property
    def message(self) -> EmailMessage:
        """The message, parsed."""
        return email.message_from_bytes(self.octets, policy=email.policy.default)

    @property
    def text(self) -> str:
        """What the text part says."""
        return _body(self.message, "plain")

    @property
    def html(self) -> str:
        """The HTML part."""
        return _body(self.message, "html")


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content())


_WRITTEN: dict[str, list[Letter]] = {}


def each(session: Session, language: str) -> list[Letter]:
    """Return every kind of message at every level, written once for all who read them."""
    if language not in _WRITTEN:
        _WRITTEN[language] = list(_write_each(session, language))
    return _WRITTEN[language]


def _write_each(session: Session, language: str) -> Iterator[Letter]:
    for kind in MAILS:
        for level in Level:
            yield Letter(kind, level, octets_of(session, write(session, kind, level, language)))
            session.rollback()


class Page(HTMLParser):
    """What an HTML part shows without styles or images, where it leads and what it would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.shown: list[str] = []
        self.links: list[str] = []
        self.labels: list[str] = []
        """What is shown of links, where the text part has the address itself."""
        self.tags: Counter[str] = Counter()
        self.loaded: list[str] = []
        self._is_head = self._is_link = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags[tag] += 1
        self._is_head, self._is_link = self._is_head or tag == "head", self._is_link or tag == "a"
        for name, value in attrs:
            if name == "href" and tag == "a":
                self.links.append(value or "")
            elif (
                name in {"src", "srcset", "background", "poster", "data", "href", "action"}
                or (name == "style" and re.search(r"url\(|@import|display:\s*none|visibility", value or ""))
                or name.startswith("on")
            ):
                self.loaded.append(f"{tag} {name}={value}")

    def handle_endtag(self, tag: str) -> None:
        """Note that the head, or a link, is over."""
        self._is_head, self._is_link = self._is_head and tag != "head", self._is_link and tag != "a"

    def handle_data(self, data: str) -> None:
        """Keep what is shown."""
        if not self._is_head:
            self.shown.append(data)
        if self._is_link:
            self.labels.append(data)


def words(text: str) -> Counter[str]:
    """Return the words of a text, addresses of pages and the signature's dashes apart."""
    return Counter(re.findall(r"[\w’'@.-]*\w", re.sub(r"https?://\S+", " ", text)))


@pytest.mark.parametrize("language", ["fr", "en"])
def test_both_parts_of_each_say_the_same_and_lead_to_the_same_places(session: Session, language: str) -> None:
    for letter in each(session, language):
        page, name = Page(letter.html), f"{letter.kind}, {letter.level}"
        shown, written = words(" ".join(page.shown)), words(letter.text)
        only_shown = shown - written - words(" ".join(page.labels))
        assert (name, only_shown, written - shown) == (name, Counter(), Counter())
        assert {link for link in page.links if link not in letter.text} == set(), name
        assert set(re.findall(r"https?://[^\s<>]+", letter.text)) <= set(page.links), name
        assert not [link for link in page.links if not link.startswith(("https://", "mailto:"))], name
        # Nothing to load: no image, no pixel, no style of elsewhere, no program.
        assert page.loaded == [], name
        assert not page.tags.keys() & {"img", "link", "style", "script", "iframe", "object", "form", "svg"}, name
        assert page.tags.keys() <= {
            *("html", "head", "meta", "title", "body", "div", "p", "a", "hr", "br", "span", "strong", "em", "s"),
            *("ul", "ol", "li", "h1", "h2", "h3", "table", "tr", "td", "th", "tbody", "thead", "dl", "dt", "dd", "blockquote"),
        }, name  # fmt: skip
        assert f'<html lang="{language}">' in letter.html, name


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_has_the_headers_of_mail_that_a_machine_writes_to_one_person(session: Session, language: str) -> None:
    identities = set()
    for letter in each(session, language):
        message, name = letter.message, f"{letter.kind}, {letter.level}"
        once = ("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "MIME-Version")
        assert [len(message.get_all(header, [])) for header in once] == [1] * len(once), name
        recipient = TO_OTHERS.get(letter.kind, "speaker@example.org" if "speaker" in letter.kind else READER)
        assert [one.addr_spec for one in message["To"].addresses] == [recipient], name
        assert [one.addr_spec for one in message["From"].addresses] == [SENDER], name
        assert message["Auto-Submitted"] == "auto-generated", name
        assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply", name
        assert message["Content-Language"] == language, name
        assert re.fullmatch(r"<[0-9a-f]{32}@workshops\.example\.org>", message["Message-ID"]), name
        identities.add(message["Message-ID"])
        is_one_click = letter.kind in UNSUBSCRIBED_WITH_ONE_CLICK
        assert message["List-Unsubscribe-Post"] == ("List-Unsubscribe=One-Click" if is_one_click else None), name
        assert bool(message["List-Unsubscribe"]) is is_one_click, name
        if is_one_click:
            assert re.fullmatch(r"<https://workshops\.example\.org/\S+>", message["List-Unsubscribe"]), name
        assert not {"Bcc", "Cc", "Sender", "Return-Path", "X-Mailer"} & set(message.keys()), name
        lines = letter.octets.split(b"\r\n")
        assert max(map(len, lines)) <= 998, name
        assert not re.search(rb"(?<!\r)\n|\r(?!\n)|[\x00\x80-\xff]", letter.octets), name
        assert message.defects == [], name
        assert [part.defects for part in message.walk() if part.defects] == [], name
        assert not re.search(r"[\[\]]{2}", letter.text + letter.html + str(message.items())), name
    assert len(identities) == len(MAILS) * len(Level)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_filter_of_spam_takes_none_of_them_for_it(session: Session, tmp_path: Path, language: str) -> None:
    program = shutil.which("spamassassin")
    if program is None:
        _require("SpamAssassin (Debian: spamassassin)")
        raise AssertionError
    control = f"From: a@example.org\r\nTo: b@example.org\r\nMessage-ID: <control@example.org>\r\n\r\n{GTUBE}\r\n"
    once = {_gist(letter): letter for letter in each(session, language)}
    assert {letter.kind for letter in once.values()} == MAILS.keys()
    inbox = tmp_path / "inbox"
    with inbox.open("wb") as file:
        for octets in (control.encode(), *(letter.octets for letter in once.values())):
            unix = octets.replace(b"\r\n", b"\n")
            file.write(b"From x Sun Nov 22 09:00:00 2026\n" + re.sub(rb"(?m)^From ", b">From ", unix) + b"\n")
    # Local rules alone: nothing is looked up, nothing is learnt, nobody's preferences count.
    run = subprocess.run(
        [program, "--local", "--nocreate-prefs", "--prefspath", os.devnull, "--mbox"],
        input=inbox.read_bytes(),
        capture_output=True,
        env={**os.environ, "HOME": str(tmp_path)},
        check=True,
    )
    judged = tmp_path / "judged"
    judged.write_bytes(run.stdout)
    scores = {}
    with contextlib.closing(mailbox.mbox(judged)) as found:
        for message in found:
            scores[str(message["Message-ID"])] = _score(message)
    assert scores.pop("<control@example.org>") >= 100
    assert scores.keys() == {str(letter.message["Message-ID"]) for letter in once.values()}
    assert {identity: score for identity, score in scores.items() if score >= 2} == {}


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_series_own_words_stand_in_both_parts_and_never_in_a_neutral_message(session: Session, language: str) -> None:
    for kind, adaptable in texts.KINDS.items():
        typed = "Brocéliande & <b>canari</b> https://own.example.org/x"
        own = texts.OwnText("Brocéliande {series}", "\n\n".join([typed, *(f"{{{one}}}" for one in adaptable.blocks)]))
        assert not texts.check(kind, own), kind

        def prepare(case: Case, kind: str = kind, own: texts.OwnText = own) -> None:
            series_id = case.about.series_id
            assert texts.save_own(session, now=NOW, series_id=series_id, kind=kind, language=language, own=own)

        for level in (Level.DISCUSSION, Level.CLOSED):
            name = f"{kind}, {level}"
            letter = Letter(kind, level, octets_of(session, write(session, kind, level, language, prepare=prepare)))
            session.rollback()
            page, subject = Page(letter.html), str(letter.message["Subject"])
            shown = " ".join(page.shown)
            is_neutral = level is Level.CLOSED
            assert [word in text for word in ("Brocéliande",) for text in (subject, letter.text, shown)] == [
                not is_neutral
            ] * 3, name
            assert is_neutral or typed in letter.text, name
            assert is_neutral or "<b>canari</b>" in shown, name
            assert page.tags["b"] == 0, name
            assert words(shown) - words(" ".join(page.labels)) <= words(letter.text) <= words(shown), name
            assert [link for link in page.links if link not in letter.text] == [], name


def _gist(letter: Letter) -> str:
    """Return what a filter reads, but for tokens and ids; many a message says the same at several levels."""
    subject, words_of = letter.message["Subject"], re.sub(r"https://\S+", "", letter.text)
    return f"{letter.kind}\n{subject}\n{words_of}"


def _score(message: mailbox.mboxMessage) -> float:
    found = re.search(r"score=(-?[\d.]+)", str(message["X-Spam-Status"]))
    assert found is not None, str(message["X-Spam-Status"])
    return float(found[1])
