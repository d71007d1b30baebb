"""Every setting: its name, default, unit and check. Starting on a bad one is refused, naming all the faults at once."""

from __future__ import annotations

import os
import re
import secrets
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from workshop.core.errors import ConfigurationError
from workshop.core.places import root

PREFIX = "WORKSHOP_"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})

_WITH_IMAP = ("IMAP_USERNAME", "IMAP_FOLDER")


def _text(value: str) -> str:
    return value.strip()


def _flag(value: str) -> bool:
    lowered = value.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("expected on or off")


def _number(low: int, high: int) -> Callable[[str], int]:
    def check(value: str) -> int:
        number = int(value) if re.fullmatch(r"\d{1,9}", value.strip()) else -1
        if not low <= number <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return number

    return check


def _rate(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1000:  # noqa: PLR2004 (a relay beyond that needs no limit)
        raise ValueError("expected messages per second from 0 (no limit) to 1000")
    return number


def _rate_per_minute(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not 0 <= number <= 60_000:  # noqa: PLR2004 (as many as a thousand a second)
        raise ValueError("expected messages per minute from 0 (no limit) to 60000")
    return number


def _languages(value: str) -> tuple[str, ...]:
    languages = tuple(part.strip() for part in value.split(",") if part.strip())
    if not languages or any(not re.fullmatch(r"[a-z]{2,3}", language) for language in languages):
        raise ValueError("expected language codes separated by commas, such as fr,en")
    if len(set(languages)) != len(languages):
        raise ValueError("a language is named twice")
    return languages


def _zone(value: str) -> str:
    try:
        ZoneInfo(value.strip())
    except (ValueError, OSError, KeyError):
        raise ValueError("expected an IANA time zone, such as Europe/Paris") from None
    return value.strip()


def _url(value: str) -> str:
    parts = urlsplit(value.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("expected an address such as https://workshops.example.org")
    return value.strip().rstrip("/")


def _address(value: str) -> str:
    if not re.fullmatch(r"[^@\s<>\"]+@[^@\s<>\"]+", value.strip()):
        raise ValueError("expected an e-mail address")
    return value.strip()


def _own_address(value: str) -> str:
    # Up to 64 octets of local part (RFC 5321, 4.5.3.1.1) must leave room for `+` and a token of 32.
    if not value.strip():
        return ""
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,31}@[^@\s<>\"]+", value.strip()):
        raise ValueError("expected an e-mail address with a local part of at most 31 letters, digits, dots or hyphens")
    return value.strip()


def _database(value: str) -> str:
    value = value.strip()
    if value.startswith(("postgresql://", "postgres://")):
        return "postgresql+psycopg://" + value.split("://", 1)[1]
    if value.startswith(("sqlite:///", "postgresql+psycopg://")):
        return value
    raise ValueError("expected postgresql://… or sqlite:///…")


def _quiet(value: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,2})-(\d{1,2})", value.strip())
    if not match or not all(0 <= int(part) < 24 for part in match.groups()):  # noqa: PLR2004 (hours)
        raise ValueError("expected two hours of the day, such as 21-8")
    return int(match[1]), int(match[2])


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `check` turns its text into its value or raises ValueError with what was expected."""

    name: str
    default: str | None
    """Text as one would write it; None where it depends on another setting."""
    check: Callable[[str], Any]
    purpose: str
    is_secret: bool = False


SETTINGS = (
    Setting(
        "DATABASE_URL",
        None,
        _database,
        "postgresql://…; by default the file workshop.sqlite in the instance folder",
        is_secret=True,
    ),
    Setting(
        "SECRET_KEY",
        None,
        _text,
        "signs cookies and secret links; in production at least 32 characters",
        is_secret=True,
    ),
    Setting("BASE_URL", None, _url, "the public address; anything beyond the loopback means production"),
    Setting("LANGUAGES", "fr,en", _languages, "language codes; the first is the default"),
    Setting("TIMEZONE", "Europe/Paris", _zone, "the instance's IANA time zone"),
    Setting("NAME", "Workshop", _text, "the instance's name"),
    Setting("DOMAIN", None, _text, "domain of UIDs and Message-IDs; by default that of MAIL_DEFAULT_SENDER"),
    Setting("MAIL_SERVER", "", _text, "SMTP relay; without one each message becomes a file"),
    Setting("MAIL_PORT", "25", _number(1, 65535), "port of the relay"),
    Setting("MAIL_USERNAME", "", _text, "user of the relay"),
    Setting("MAIL_PASSWORD", "", str, "password of the relay", is_secret=True),
    Setting("MAIL_USE_TLS", "off", _flag, "STARTTLS, verified"),
    Setting("MAIL_USE_SSL", "off", _flag, "TLS from the start, verified"),
    Setting("MAIL_DEFAULT_SENDER", None, _address, "address that mail comes from; required with MAIL_SERVER"),
    Setting("MAIL_RATE_PER_SECOND", "0", _rate, "messages per second, 0 for no limit"),
    Setting("MAIL_RATE_PER_DOMAIN", "0", _rate_per_minute, "messages per minute to one domain, 0 for no limit"),
    Setting(
        "MAIL_REPLIES",
        "",
        _own_address,
        "address whose `+` addresses receive answers from calendars; without one they reach nobody",
    ),
    Setting(
        "MAIL_BOUNCES",
        "",
        _own_address,
        "address whose `+` addresses receive what did not arrive; without one that goes to MAIL_DEFAULT_SENDER",
    ),
    Setting(
        "IMAP_SERVER", "", _text, "server of the mailbox to take these from; it needs MAIL_REPLIES or MAIL_BOUNCES"
    ),
    Setting("IMAP_PORT", "993", _number(1, 65535), "port of that server"),
    Setting("IMAP_USERNAME", "", _text, "user of the mailbox"),
    Setting("IMAP_PASSWORD", "", str, "password of the mailbox", is_secret=True),
    Setting(
        "IMAP_USE_SSL",
        "on",
        _flag,
        "TLS from the start, verified; off: STARTTLS, verified, or none to a server on this machine",
    ),
    Setting("IMAP_FOLDER", "INBOX", _text, "folder that such answers arrive in, and are deleted from once read"),
    Setting("HOST", "127.0.0.1", _text, "address to listen on"),
    Setting("PORT", "5000", _number(1, 65535), "port to listen on"),
    Setting("RATE_LIMITS", "on", _flag, "off only to measure; also lifts the forms’ minimum time"),
    Setting("TRUSTED_PROXIES", "0", _number(0, 10), "number of proxies whose headers are believed"),
    Setting("JOIN_OPENS_MINUTES", "15", _number(0, 1440), "minutes before the start at which the join page opens"),
    Setting("QUIET_HOURS", "21-8", _quiet, "hours of the session’s zone in which no reminder leaves"),
    Setting("BACKUP_KEY", "", str, "key for encrypted backups, which are still to come", is_secret=True),
)


@dataclass(slots=True)
class Configuration:
    """Checked settings, by name, with where each came from."""

    instance_path: Path
    values: dict[str, Any] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)

    @property
    def is_production(self) -> bool:
        """Whether BASE_URL is reachable from beyond this machine."""
        return urlsplit(self.values["BASE_URL"]).hostname not in LOOPBACK


def find_instance_path(environ: Mapping[str, str]) -> Path:
    """Return WORKSHOP_INSTANCE_PATH, else `instance/` at the root of the checkout or in the current folder."""
    if chosen := environ.get(PREFIX + "INSTANCE_PATH"):
        return Path(chosen).resolve()
    return (root() if (root() / "pyproject.toml").is_file() else Path.cwd()) / "instance"


def load(environ: Mapping[str, str] | None = None, *, overrides: Mapping[str, str] | None = None) -> Configuration:
    """Read and check every setting.

    Args:
        environ: the environment; os.environ by default.
        overrides: settings from the command line, name → text; they win over all else.

    Raises:
        ConfigurationError: with one line for every fault.
    """
    environ = os.environ if environ is None else environ
    configuration = Configuration(find_instance_path(environ))
    faults: list[str] = []
    written = _read_file(configuration.instance_path / "config.toml", faults)
    for setting in SETTINGS:
        text, source = _look_up(setting, environ, written, overrides or {})
        configuration.sources[setting.name] = source
        if text is None:
            continue
        try:
            configuration.values[setting.name] = setting.check(text)
        except ValueError as fault:
            shown = "" if setting.is_secret else f" is {text!r}"
            faults.append(f"{setting.name} ({source}){shown}: {fault}")
            if setting.default is not None:
                # So that what settings need of each other is checked in the same run.
                configuration.values[setting.name] = setting.check(setting.default)
    known = {setting.name for setting in SETTINGS} | {"INSTANCE_PATH"}
    faults += [f"config.toml: {name} is no setting" for name in written if name not in known]
    _derive(configuration, faults)
    if faults:
        raise ConfigurationError(faults)
    return configuration


def _read_file(path: Path, faults: list[str]) -> dict[str, str]:
    if not path.is_file():
        return {}
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as fault:
        faults.append(f"config.toml: {fault}")
        return {}
    return {name: _as_text(value) for name, value in content.items()}


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _look_up(
    setting: Setting, environ: Mapping[str, str], written: Mapping[str, str], overrides: Mapping[str, str]
) -> tuple[str | None, str]:
    if setting.name in overrides:
        return overrides[setting.name], "command line"
    if PREFIX + setting.name in environ:
        return environ[PREFIX + setting.name], "environment"
    if setting.name in written:
        return written[setting.name], "config.toml"
    return setting.default, "default"


def _derive(configuration: Configuration, faults: list[str]) -> None:
    values = configuration.values
    host = values["HOST"]
    if "BASE_URL" not in values and host not in LOOPBACK:
        # Links in mail are made from it, and 0.0.0.0 leads nobody anywhere.
        faults.append(f"BASE_URL is required where HOST ({host or 'every address'}) is beyond the loopback")
    values.setdefault("BASE_URL", f"http://{f'[{host}]' if ':' in host else host}:{values['PORT']}")
    values.setdefault("DATABASE_URL", f"sqlite:///{configuration.instance_path / 'workshop.sqlite'}")
    if values["MAIL_USE_TLS"] and values["MAIL_USE_SSL"]:
        faults.append("MAIL_USE_TLS and MAIL_USE_SSL exclude each other")
    if values["MAIL_SERVER"] and configuration.sources["MAIL_DEFAULT_SENDER"] == "default":
        faults.append("MAIL_DEFAULT_SENDER is required with MAIL_SERVER")
    if values["IMAP_SERVER"]:
        # With neither, nothing that is read there would ever be sent there.
        if not values["MAIL_REPLIES"] and not values["MAIL_BOUNCES"]:
            faults.append("MAIL_REPLIES or MAIL_BOUNCES is required with IMAP_SERVER")
        faults += [f"{name} is required with IMAP_SERVER" for name in _WITH_IMAP if not values[name]]
    sender = values.setdefault("MAIL_DEFAULT_SENDER", "workshop@localhost")
    if not values.get("DOMAIN"):
        values["DOMAIN"] = sender.rpartition("@")[2]
    key = values.get("SECRET_KEY", "")
    if configuration.is_production and len(key) < 32:  # noqa: PLR2004 (characters of a real key)
        faults.append(
            "SECRET_KEY: production (BASE_URL beyond the loopback) needs at least 32 random characters; make one with: "
            'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    elif not key and not faults:
        try:
            values["SECRET_KEY"] = _own_key(configuration.instance_path)
        except OSError as fault:
            faults.append(f"{PREFIX}INSTANCE_PATH: {configuration.instance_path} cannot be used: {fault.strerror}")
        configuration.sources["SECRET_KEY"] = "instance/secret_key"  # noqa: S105 (where it stands, not what it is)


def _own_key(instance_path: Path) -> str:
    """Return the embedded default's key, made once with mode 0600."""
    path = instance_path / "secret_key"
    instance_path.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key := secrets.token_urlsafe(48))
    return key
