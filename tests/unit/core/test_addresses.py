"""Addresses: one person's, checked, masked."""

from __future__ import annotations

import pytest

from workshop.core.addresses import BadAddressError, check_address, fold_address, mask_address


def test_two_ways_of_writing_are_one_person() -> None:
    assert fold_address(" Ana.B@Example.ORG ") == fold_address("ana.b@example.org")
    assert fold_address("ana+x@example.org") != fold_address("ana@example.org")
    assert fold_address("e\u0301@example.org") == fold_address("\u00c9@example.org")


def test_what_is_no_address_is_refused_without_repeating_it() -> None:
    assert check_address(" Ana@EXAMPLE.org") == "Ana@example.org"
    with pytest.raises(BadAddressError) as caught:
        check_address("secret words")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("address", "shown"), [("ana@mail.example.org", "a…@….org"), ("", ""), ("nonsense", "…"), ("é@x.fr", "é…@….fr")]
)
def test_a_masked_address_names_nobody(address: str, shown: str) -> None:
    assert mask_address(address) == shown
