"""`workshop organiser`."""

from __future__ import annotations

from flask import Flask
from sqlalchemy.orm import Session

from tests.web.accounts.codes import set_up
from tests.web.accounts.links import recipients
from workshop.accounts import cli, queries, service
from workshop.accounts.models import Organiser
from workshop.accounts.service import factor
from workshop.core.language import speaking


def _run(app: Flask, *arguments: str, typed: str = "", language: str = "en") -> tuple[int, str]:
    with speaking(language):
        result = app.test_cli_runner().invoke(cli.group, list(arguments), input=typed)
    return result.exit_code, result.output


def _find(session: Session, email: str) -> Organiser | None:
    session.expire_all()
    return queries.find_organiser(session, email=email)


def test_a_pass_phrase_is_made_and_printed_once_without_a_terminal(app: Flask, session: Session) -> None:
    code, output = _run(app, "add", "ana@example.org", "--name", "Ana", "--admin")
    assert code == 0
    phrase = output.rsplit(": ", 1)[1].strip()
    organiser = service.authenticate(session, email="ana@example.org", pass_phrase=phrase)
    assert (organiser.name, organiser.is_administrator) == ("Ana", True)
    session.rollback()
    code, output = _run(app, "list")
    assert "ana@example.org\tAna\t0 series\tadministrator" in output
    assert phrase not in output


def test_a_pass_phrase_comes_from_standard_input_without_being_printed(app: Flask, session: Session) -> None:
    code, output = _run(app, "add", "ana@example.org", "--password-stdin", typed="quatre oies sauvages\n")
    assert code == 0
    assert "oies" not in output
    assert service.authenticate(session, email="ana@example.org", pass_phrase="quatre oies sauvages")


def test_weak_phrases_known_and_bad_addresses_are_refused_with_a_sentence(app: Flask, session: Session) -> None:
    code, output = _run(app, "add", "ana@example.org", "--password-stdin", typed="short\n")
    assert (code, "at least 12 characters" in output) == (1, True)
    code, output = _run(app, "add", "no address")
    assert (code, "no e-mail address" in output) == (1, True)
    _run(app, "add", "ana@example.org")
    code, output = _run(app, "add", "ANA@example.org")
    assert (code, "already" in output) == (1, True)


def test_reset_prints_a_new_phrase_and_refuses_unknown_addresses(app: Flask, session: Session) -> None:
    _run(app, "add", "ana@example.org", "--password-stdin", typed="quatre oies sauvages\n")
    code, output = _run(app, "reset", "ana@example.org")
    assert code == 0
    phrase = output.rsplit(": ", 1)[1].strip()
    assert service.authenticate(session, email="ana@example.org", pass_phrase=phrase)
    code, output = _run(app, "reset", "nobody@example.org")
    assert code == 1


def test_the_commands_speak_french_too(app: Flask, session: Session) -> None:
    _, output = _run(app, "add", "ana@example.org", "--admin", language="fr")
    assert "ana@example.org a maintenant un compte." in output
    assert "Phrase de passe" in output
    assert "0 série\tadministration" in _run(app, "list", language="fr")[1]
    assert "Un compte existe déjà" in _run(app, "add", "ana@example.org", language="fr")[1]
    assert (
        "au moins 12 caractères" in _run(app, "add", "b@example.org", "--password-stdin", typed="x\n", language="fr")[1]
    )
    assert "Ce n’est pas une adresse" in _run(app, "add", "bad", language="fr")[1]
    assert "Aucun compte" in _run(app, "reset", "nobody@example.org", language="fr")[1]


def test_somebody_is_invited_and_chooses_their_own_phrase(app: Flask, session: Session) -> None:
    code, output = _run(app, "add", "ana@example.org", "--invite")
    assert (code, "on its way" in output, "phrase" in output) == (0, True, False)
    assert _find(session, "ana@example.org") is None
    assert recipients(session, "role_invitation") == ["ana@example.org"]
    assert _run(app, "add", "no address", "--invite")[0] == 1
    assert _run(app, "add", "ana@example.org", "--invite", "--admin")[0] == 2
    _run(app, "add", "bo@example.org")
    assert _run(app, "add", "BO@example.org", "--invite")[0] == 1


def test_a_reset_by_mail_prints_nothing_and_changes_nothing_yet(app: Flask, session: Session) -> None:
    _run(app, "add", "ana@example.org", "--password-stdin", typed="quatre oies sauvages\n")
    code, output = _run(app, "reset", "ana@example.org", "--mail")
    assert (code, "on its way" in output) == (0, True)
    assert recipients(session, "pass_phrase_reset") == ["ana@example.org"]
    assert service.authenticate(session, email="ana@example.org", pass_phrase="quatre oies sauvages")


def test_a_lost_second_factor_is_taken_off(app: Flask, session: Session) -> None:
    _run(app, "add", "ana@example.org")
    organiser = _find(session, "ana@example.org")
    assert organiser is not None
    set_up(session, organiser)
    assert _run(app, "reset", "ana@example.org", "--second-factor")[0] == 0
    session.expire_all()
    assert not factor.is_on(organiser)
    assert recipients(session, "account_changed") == ["ana@example.org"]
