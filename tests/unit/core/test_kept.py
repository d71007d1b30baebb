"""Kept answers: of many who ask at once one makes the answer, and what is kept is bounded."""

from __future__ import annotations

import threading

import pytest

from workshop.core.kept import Kept, KeptAnswer, make_answer


def test_of_many_who_ask_at_once_one_makes_the_answer() -> None:
    store, made, may_go_on = Kept(), [], threading.Event()
    found: list[KeptAnswer] = []

    def make() -> KeptAnswer:
        made.append(1)
        may_go_on.wait(5)
        return make_answer(b"large")

    threads = [threading.Thread(target=lambda: found.append(store.get("feed", make))) for _ in range(4)]
    for thread in threads:
        thread.start()
    # Another key does not wait for the first.
    assert store.get("page", lambda: make_answer(b"small")).body == b"small"
    may_go_on.set()
    for thread in threads:
        thread.join(5)
    assert [answer.body for answer in found] == [b"large"] * 4
    assert made == [1]


def test_what_cannot_be_made_is_tried_again() -> None:
    store = Kept()

    def fail() -> KeptAnswer:
        raise LookupError

    with pytest.raises(LookupError):
        store.get("feed", fail)
    assert store.get("feed", lambda: make_answer(b"now")).body == b"now"


def test_the_least_recently_used_go_first() -> None:
    store = Kept(limit=10)
    for key in ("a", "b", "a", "c"):
        store.get(key, lambda: make_answer(b"12345"))
    assert len(store) == 2
    assert store.get("a", lambda: make_answer(b"other")).body == b"12345"
    assert store.get("b", lambda: make_answer(b"other")).body == b"other"
