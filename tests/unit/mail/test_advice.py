"""What is said of SPF, DKIM and DMARC, without asking anybody."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from workshop.core.language import speaking
from workshop.mail.advice import Advice, advise

SENDER, RELAY = "ateliers@workshops.example.org", "smtp.example.org"


@pytest.fixture(autouse=True)
def in_english(app: Flask) -> Iterator[None]:
    """Speak English."""
    with app.app_context(), speaking("en"):
        yield


def texts(found: list[Advice]) -> dict[str, str]:
    return {one.name: one.text for one in found if not one.is_warning}


def test_each_record_is_named_for_its_domain() -> None:
    found = advise(sender=SENDER, bounces="", relay=RELAY)
    assert [one.name for one in found] == ["SPF", "DKIM", "DMARC"]
    said = texts(found)
    assert "workshops.example.org" in said["SPF"]
    assert "v=spf1 a:smtp.example.org -all" in said["SPF"]
    assert "_domainkey.workshops.example.org" in said["DKIM"]
    assert "_dmarc.workshops.example.org" in said["DMARC"]


def test_spf_is_about_the_envelope() -> None:
    found = advise(sender=SENDER, bounces="bounces@mail.workshops.example.org", relay=RELAY)
    assert "at mail.workshops.example.org names" in texts(found)["SPF"]
    assert not any(one.is_warning for one in found)


def test_an_envelope_elsewhere_is_warned_of() -> None:
    (warning,) = (one for one in advise(sender=SENDER, bounces="b@example.net", relay=RELAY) if one.is_warning)
    assert "example.net" in warning.text


def test_a_domain_that_nobody_can_look_up_is_said_first() -> None:
    (found,) = advise(sender="workshop@localhost", bounces="", relay=RELAY)
    assert found.is_warning


@pytest.mark.parametrize(
    ("server", "machines"),
    [("localhost", "a mx"), ("127.0.0.1", "a mx"), ("192.0.2.7", "ip4:192.0.2.7"), ("2001:db8::7", "ip6:2001:db8::7")],
)
def test_a_relay_by_number_is_named_as_spf_does(server: str, machines: str) -> None:
    assert f"v=spf1 {machines} -all" in texts(advise(sender=SENDER, bounces="", relay=server))["SPF"]
