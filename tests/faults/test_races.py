"""Whatever runs meet at a destination, and whoever is stopped or killed: what is committed is the data of one spec."""

from __future__ import annotations

import threading

import pytest

from rowmill.core.errors import RowmillError
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.testing import MemoryBuckets
from support.asked import told_by
from support.runs import land
from support.switches import switch
from support.toy import toy

CASES = int(switch("ROWMILL_FAULTS", "6"))
SHARES = 4


def test_whoever_meets_stops_or_dies_what_is_committed_is_that_of_one_spec(fast_folder):
    found, err = told_by("support.races", fast_folder, 0, CASES, seconds=60 + 20 * CASES)

    assert found["wrong"] == {}, err
    assert found["cases"] == CASES


def test_shares_that_start_together_all_join_one_run(fast_folder):
    found, err = told_by("support.shares", fast_folder, CASES, SHARES, seconds=60 + 20 * CASES)

    assert found == {"rounds": CASES, "wrong": {}}, err


@pytest.mark.parametrize("mode", ["new", "resume"])
def test_shares_that_start_together_in_a_bucket_all_join_one_run(tmp_path, mode):
    expected = land(toy(), tmp_path / "alone").digest

    for _ in range(CASES):
        with MemoryBuckets().registered():
            together = threading.Barrier(SHARES)
            refused: list[str] = []
            threads = [threading.Thread(target=_share, args=(i, mode, together, refused)) for i in range(1, SHARES + 1)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            assert refused == []
            assert finalize("memory://out").digest == expected


def _share(i: int, mode: str, together: threading.Barrier, refused: list[str]) -> None:
    dataset = toy()
    together.wait()
    try:
        land(dataset, "memory://out", Slice(part=(i, SHARES)), mode=mode, executor="inline")
    except RowmillError as error:
        refused.append(f"{i}: {error}")
