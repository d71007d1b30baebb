"""Slides by the speaker's own link: kept without metadata, theirs alone until they agree, gone when they say so."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests.builders import build_item, build_person
from tests.web.public.speaking import build_speaker, decide, press, session_of, speaker_path, words
from workshop.audit.models import LogEntry
from workshop.chatham.rule import ConsentKind, Level
from workshop.programme.models import Slides, SpeakerSlot
from workshop.programme.view.speakers import part_key

pytestmark = pytest.mark.usefixtures("clock")


def _picture() -> bytes:
    content, said = io.BytesIO(), PngInfo()
    said.add_text("Author", "Canary Author")
    Image.new("RGB", (40, 30), "white").save(content, "PNG", pnginfo=said)
    return content.getvalue()


def _upload(client: FlaskClient, path: str, slot: SpeakerSlot, content: bytes, name: str = "a.png") -> TestResponse:
    file = (io.BytesIO(content), name)
    return press(client, path, "slides", part=part_key(slot), language="fr", file=file)


def test_slides_are_kept_and_given_back_without_their_metadata(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    path = speaker_path(session, person)
    answer = _upload(client, path, slot, _picture(), "canary-name.png")
    assert (answer.status_code, answer.location) == (303, f"{path}#part-{part_key(slot)}")
    (kept,) = session.scalars(sa.select(Slides))
    assert (kept.media_type, kept.language, kept.uploaded_by) == ("image/png", "fr", "speaker")
    file = client.get(f"{path}slides/{kept.key}")
    assert file.status_code == 200
    assert b"Canary" not in file.data
    assert file.headers["Content-Disposition"] == f'attachment; filename="{kept.key}.png"'
    assert file.headers["Cache-Control"] == "no-store"
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert session.scalar(sa.select(LogEntry.actor)) == "speaker"


def test_nobody_gets_them_until_the_speaker_agrees(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session)
    path = speaker_path(session, person)
    _upload(client, path, slot, _picture())
    key = session.scalar(sa.select(Slides.key))
    public = f"/en/series/serie/4/slides/{key}"
    assert "shown to nobody else" in words(client.get(path))
    assert client.get(public).status_code == 404
    decide(client, path, slot, ConsentKind.ANNOUNCE_NAME, ConsentKind.SLIDES)
    assert client.get(public).status_code == 200
    assert "Anybody who opens the session’s page can fetch them." in words(client.get(path))
    decide(client, path, slot, ConsentKind.ANNOUNCE_NAME)
    assert client.get(public).status_code == 404


def test_those_of_others_are_had_only_as_far_as_the_page_offers_them(client: FlaskClient, session: Session) -> None:
    person, slot = build_speaker(session, Level.WHOLE_SESSION)
    stranger = build_person(session, session_of(session, slot).series)
    other = build_person(session, session_of(session, slot).series)
    build_item(session, session_of(session, slot), speakers=[other])
    path, theirs = speaker_path(session, person), speaker_path(session, other)
    _upload(client, path, slot, _picture())
    key = session.scalar(sa.select(Slides.key))
    assert client.get(f"{theirs}slides/{key}").status_code == 404
    decide(client, path, slot, ConsentKind.ANNOUNCE_NAME, ConsentKind.SLIDES)
    assert client.get(f"{theirs}slides/{key}").status_code == 200
    assert f"{theirs}slides/{key}" in client.get(theirs).text
    assert client.get(f"{speaker_path(session, stranger)}slides/{key}").status_code == 404
    assert press(client, theirs, f"slides/{key}/remove").status_code == 404
    assert press(client, path, f"slides/{key}/remove").status_code == 303
    session.expire_all()
    assert session.scalars(sa.select(Slides)).all() == []


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 but no more", b"<html>", b"GIF89a"])
def test_what_is_no_slides_is_refused_at_its_field(client: FlaskClient, session: Session, content: bytes) -> None:
    person, slot = build_speaker(session)
    answer = _upload(client, speaker_path(session, person), slot, content, "slides.pdf")
    assert answer.status_code == 422
    key = part_key(slot)
    assert f'id="file-{key}-error"' in answer.text
    assert "This value cannot be stored." not in words(answer)
    assert session.scalars(sa.select(Slides)).all() == []


def test_another_persons_part_takes_no_file(client: FlaskClient, session: Session) -> None:
    _person, slot = build_speaker(session)
    other = build_person(session, session_of(session, slot).series)
    assert _upload(client, speaker_path(session, other), slot, _picture()).status_code == 409
    assert session.scalars(sa.select(Slides)).all() == []
