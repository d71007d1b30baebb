"""The ways to subscribe to one address: copied, by the device's own calendar, by Google's, by a phone's camera."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import quote

from workshop.core.qr import QRCode, make_qr

_GOOGLE = "https://calendar.google.com/calendar/render?cid="


class FeedLinks(NamedTuple):
    """A feed's address, and the addresses that hand it to a calendar."""

    address: str
    webcal: str
    """Opens the device's own calendar."""
    google: str
    """Opens Google Calendar in the browser, and so tells Google the address."""

    @property
    def qr(self) -> QRCode:
        """The code that a phone reads: of `webcal`, since the address itself would only be downloaded once."""
        return make_qr(self.webcal)


def feed_links(address: str) -> FeedLinks:
    """Return how to subscribe to the feed at `address` (absolute, http or https)."""
    webcal = "webcal:" + address.partition(":")[2]
    return FeedLinks(address, webcal, _GOOGLE + quote(webcal, safe=""))
