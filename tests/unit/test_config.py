"""Settings: where they come from, what is refused, and that all faults are named at once."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from workshop import config
from workshop.core.errors import ConfigurationError

KEY = "k" * 48


def load(instance_path: Path, **settings: str) -> config.Configuration:
    environ = {f"WORKSHOP_{name}": value for name, value in settings.items()}
    return config.load({"WORKSHOP_INSTANCE_PATH": str(instance_path), **environ})


def faults(instance_path: Path, **settings: str) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        load(instance_path, **settings)
    return refused.value.faults


def test_the_embedded_default_needs_no_setting_and_makes_its_own_key(instance_path: Path) -> None:
    made = load(instance_path)
    assert made.values["BASE_URL"] == "http://127.0.0.1:5000"
    assert made.values["DATABASE_URL"] == f"sqlite:///{instance_path}/workshop.sqlite"
    assert made.values["LANGUAGES"] == ("fr", "en")
    assert not made.is_production
    key = made.values["SECRET_KEY"]
    assert len(key) >= 32
    assert stat.S_IMODE((instance_path / "secret_key").stat().st_mode) == 0o600
    assert load(instance_path).values["SECRET_KEY"] == key


def test_the_environment_wins_over_the_file_and_the_file_over_the_default(instance_path: Path) -> None:
    (instance_path / "config.toml").write_text('NAME = "Ateliers"\nPORT = 6000\nLANGUAGES = ["en", "fr"]\n', "utf-8")
    made = load(instance_path, PORT="7000")
    assert (made.values["NAME"], made.values["PORT"], made.values["LANGUAGES"]) == ("Ateliers", 7000, ("en", "fr"))
    assert (made.sources["NAME"], made.sources["PORT"], made.sources["DOMAIN"]) == (
        "config.toml",
        "environment",
        "default",
    )


def test_a_key_of_digits_stays_a_text(instance_path: Path) -> None:
    assert load(instance_path, SECRET_KEY="1" * 40).values["SECRET_KEY"] == "1" * 40


def test_every_fault_is_named_at_once_and_no_secret_is_repeated(instance_path: Path) -> None:
    (instance_path / "config.toml").write_text('PROT = "5000"\n', "utf-8")
    found = "\n".join(
        faults(
            instance_path,
            PORT="http",
            TIMEZONE="Europe/Atlantis",
            QUIET_HOURS="21",
            DATABASE_URL="mysql://user:secret@db/x",
            MAIL_SERVER="relay.example.org",
            LANGUAGES="fr,fr",
        )
    )
    for name in ("PORT", "TIMEZONE", "QUIET_HOURS", "DATABASE_URL", "MAIL_DEFAULT_SENDER", "LANGUAGES", "PROT"):
        assert name in found, name
    assert "secret@" not in found


def test_beyond_the_loopback_a_real_key_and_an_address_are_needed(instance_path: Path) -> None:
    assert any("SECRET_KEY" in fault for fault in faults(instance_path, BASE_URL="https://w.example.org"))
    assert any(
        "SECRET_KEY" in fault for fault in faults(instance_path, BASE_URL="https://w.example.org", SECRET_KEY="short")
    )
    assert load(instance_path, BASE_URL="https://w.example.org/", SECRET_KEY=KEY).is_production
    for host in ("0.0.0.0", "::", "", "192.0.2.7"):
        assert any("BASE_URL" in fault for fault in faults(instance_path, HOST=host, SECRET_KEY=KEY)), host
    assert load(instance_path, HOST="0.0.0.0", BASE_URL="https://w.example.org", SECRET_KEY=KEY).is_production
    assert load(instance_path, HOST="::1").values["BASE_URL"] == "http://[::1]:5000"


def test_the_domain_of_identifiers_is_the_sender_s_unless_it_is_set(instance_path: Path) -> None:
    assert load(instance_path, MAIL_DEFAULT_SENDER="w@mail.example.org").values["DOMAIN"] == "mail.example.org"
    assert load(instance_path, DOMAIN="example.org").values["DOMAIN"] == "example.org"


def test_postgresql_is_reached_by_the_driver_that_is_installed(instance_path: Path) -> None:
    made = load(instance_path, DATABASE_URL="postgresql://u:p@127.0.0.1/w")
    assert made.values["DATABASE_URL"] == "postgresql+psycopg://u:p@127.0.0.1/w"


def test_answers_from_calendars_need_an_address_that_can_carry_a_token(instance_path: Path) -> None:
    assert load(instance_path, MAIL_REPLIES="replies@example.org").values["MAIL_REPLIES"] == "replies@example.org"
    assert load(instance_path).values["MAIL_REPLIES"] == ""
    for wrong in ("replies", "a+b@example.org", "r" * 32 + "@example.org", "é@example.org", "a@b@example.org"):
        assert any("MAIL_REPLIES" in fault for fault in faults(instance_path, MAIL_REPLIES=wrong)), wrong


def test_a_mailbox_needs_a_user_and_the_address_of_replies_or_of_what_comes_back(instance_path: Path) -> None:
    found = faults(instance_path, IMAP_SERVER="imap.example.org")
    assert found == [
        "MAIL_REPLIES or MAIL_BOUNCES is required with IMAP_SERVER",
        "IMAP_USERNAME is required with IMAP_SERVER",
    ]
    alone = {"IMAP_SERVER": "imap.example.org", "IMAP_USERNAME": "mail", "MAIL_BOUNCES": "bounces@example.org"}
    assert load(instance_path, **alone).values["MAIL_REPLIES"] == ""
