"""The addresses that hand a calendar to programs."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from workshop.calendars.view import feed_links


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_each_way_leads_to_the_same_address(scheme: str) -> None:
    rest = "://workshop.example.org:8443/calendar/Ab_-9.ics"
    links = feed_links(scheme + rest)
    assert links.address == scheme + rest
    assert links.webcal == "webcal" + rest
    google = urlsplit(links.google)
    assert (google.scheme, google.netloc) == ("https", "calendar.google.com")
    assert parse_qs(google.query) == {"cid": [links.webcal]}
    assert links.qr.size > 29
