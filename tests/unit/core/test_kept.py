"""Results that are kept: few, the latest used, and whole however many threads ask."""

from __future__ import annotations

import gc
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

from rowmill.core.kept import Kept


@pytest.fixture
def restless():
    """Let threads change places all the time."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_a_result_is_made_once_and_the_one_not_asked_for_longest_gives_way():
    made, kept = [], Kept(2)

    def make(key):
        made.append(key)
        return key * 10

    assert [kept.get(key, make) for key in (1, 2, 1, 3, 1, 2)] == [10, 20, 10, 30, 10, 20]
    assert made == [1, 2, 3, 2]
    assert len(kept) == kept.kept == 2


def test_weights_bound_what_is_kept_and_the_last_one_is_kept_whatever_it_weighs():
    kept = Kept(10, len)

    for key, size in enumerate((4, 4, 4)):
        kept.put(key, "x" * size)
    assert [kept.find(key) for key in range(3)] == [None, "xxxx", "xxxx"]
    kept.put(1, "y")
    assert kept.kept == 5
    kept.put(9, "z" * 99)
    assert (len(kept), kept.find(9), kept.kept) == (1, "z" * 99, 99)


def test_results_are_taken_all_or_none():
    kept = Kept(5)
    kept.put("a", 1)
    kept.put("b", 2)

    assert kept.take(["a", "c"]) is None
    assert kept.take(["b", "a"]) == [2, 1]
    assert (len(kept), kept.kept) == (0, 0)


def test_nothing_is_kept_of_what_cannot_be_made():
    kept = Kept(5)

    with pytest.raises(ZeroDivisionError):
        kept.get(0, lambda key: 1 // key)
    assert kept.get(0, str) == "0"


def test_what_makes_results_is_not_kept_alive_by_them():
    class Owner:
        def __init__(self):
            self.kept = Kept(2)
            self.kept.get(1, self.made)

        def made(self, key):
            return key

    gc.disable()
    try:
        owner = weakref.ref(Owner())
        assert owner() is None
    finally:
        gc.enable()


@pytest.mark.usefixtures("restless")
def test_sixteen_threads_get_one_object_a_key_and_leave_the_count_right():
    kept = Kept(3)

    def use(number):
        for step in range(2000):
            key = (number + step) % 7
            assert kept.get(key, lambda key: (key,)) == (key,)
            kept.put(key, (key,))
            kept.take([key, (key + 1) % 7])

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(use, range(16)))
    assert kept.kept == len(kept) <= 3
