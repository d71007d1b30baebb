"""What the domain that mail comes from must say of itself in DNS, as text: nothing is asked of DNS here."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from flask_babel import gettext as _


class Advice(NamedTuple):
    """One record, or what is wrong with the settings before any record helps."""

    name: str
    text: str
    is_warning: bool = False


def advise(*, sender: str, bounces: str, relay: str) -> list[Advice]:
    """Return what makes others accept mail: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489).

    Args:
        sender: MAIL_DEFAULT_SENDER.
        bounces: MAIL_BOUNCES, or empty.
        relay: MAIL_SERVER.
    """
    domain = _domain(sender)
    envelope = _domain(bounces) or domain
    if "." not in domain:
        text = _("MAIL_DEFAULT_SENDER is at %(domain)s, which nobody out there can look up.", domain=domain)
        return [Advice("DNS", text, is_warning=True)]
    spf = _(
        "a TXT record at %(domain)s names the machines that send for it, for instance “v=spf1 %(machines)s -all”; a "
        "provider’s relay has an include of its own.",
        domain=envelope,
        machines=_mechanism(relay),
    )
    dkim = _(
        "the relay signs with a key of %(domain)s (d=%(domain)s); the public half is a TXT record at "
        "SELECTOR._domainkey.%(domain)s, where SELECTOR is the name that the relay gave the key.",
        domain=domain,
    )
    dmarc = _(
        "a TXT record at _dmarc.%(domain)s: begin with “%(record)s”, read the reports, then p=quarantine and p=reject.",
        domain=domain,
        record=f"v=DMARC1; p=none; rua=mailto:postmaster@{domain}",
    )
    found = [Advice("SPF", spf), Advice("DKIM", dkim), Advice("DMARC", dmarc)]
    if not _is_aligned(domain, envelope):
        text = _(
            "MAIL_BOUNCES is at %(envelope)s and the sender at %(domain)s: SPF then says nothing for DMARC, and only "
            "DKIM counts. Better use an address at %(domain)s.",
            envelope=envelope,
            domain=domain,
        )
        found.append(Advice("DMARC", text, is_warning=True))
    return found


def _mechanism(relay: str) -> str:
    """Return how SPF names the relay; where that is this machine, how it names the domain's own."""
    try:
        address = ipaddress.ip_address(relay)
    except ValueError:
        return "a mx" if relay.casefold() == "localhost" else f"a:{relay}"
    return "a mx" if address.is_loopback else f"ip{address.version}:{address}"


def _domain(address: str) -> str:
    return address.rpartition("@")[2].casefold()


def _is_aligned(one: str, other: str) -> bool:
    """Whether one is the other or lies below it: never more than DMARC's relaxed alignment, which asks a list."""
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
