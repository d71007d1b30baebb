"""What may show a series' list in a frame: an origin in its normal form, or nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.people.checks import Checker
from workshop.programme.service.origins import MAXIMUM_ORIGINS, clean_origins, normal_origin


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://partner.example.org", "https://partner.example.org"),
        ("https://Partner.Example.ORG/", "https://partner.example.org"),
        ("https://partner.example.org:443", "https://partner.example.org"),
        ("https://partner.example.org:8443/", "https://partner.example.org:8443"),
        ("https://éxample.org", "https://xn--xample-9ua.org"),
        ("https://203.0.113.7", "https://203.0.113.7"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:80/", "http://127.0.0.1"),
        ("https://localhost", "https://localhost"),
    ],
)
def test_a_site_in_its_normal_form(typed: str, origin: str) -> None:
    assert normal_origin(typed) == origin
    assert normal_origin(origin) == origin


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "partner.example.org",
        "http://partner.example.org",
        "https://partner.example.org/page",
        "https://partner.example.org?x",
        "https://partner.example.org/?",
        "https://partner.example.org#x",
        "https://user@partner.example.org",
        "https://*.example.org",
        "https://*",
        "*",
        "'self'",
        "https:",
        "https://",
        "https://a b.example.org",
        "https://a.example.org; script-src *",
        "https://a.example.org,https://b.example.org",
        "https://a.example.org https://b.example.org",
        "https://a.example.org\nscript-src *",
        "https://a.example.org:0",
        "https://a.example.org:99999",
        "https://a.example.org:x",
        "https://[::1]",
        "https://-a.example.org",
        "https://a..example.org",
        "https://straße.example.org",
        "ftp://a.example.org",
        "javascript://a.example.org",
        "data:text/html,x",
        f"https://{'a' * 64}.example.org",
    ],
)
def test_anything_else_is_refused(typed: str) -> None:
    assert normal_origin(typed) == ""


@given(st.one_of(st.text(), st.text(max_size=30).map("https://{}".format), st.text(max_size=9).map("http://{}".format)))
def test_whatever_is_typed_nothing_but_a_source_of_one_host_comes_out(typed: str) -> None:
    assert re.fullmatch(r"(https?://[a-z0-9.-]+(:\d{1,5})?)?", normal_origin(typed))


def test_each_once_and_no_more_than_a_header_holds() -> None:
    checker = Checker(("fr",))
    assert clean_origins(["https://a.example.org/", "", " https://A.example.org "], checker) == (
        "https://a.example.org",
    )
    assert checker.faults == []
    clean_origins(["https://a.example.org", "http://b.example.org"], checker)
    assert [(fault.field, fault.code) for fault in checker.faults] == [("embed_origins.1", "not_origin")]
    many = [f"https://a{number}.example.org" for number in range(MAXIMUM_ORIGINS + 1)]
    clean_origins(many, checker)
    assert checker.faults[-1].code == "too_many"
