"""Whatever runs meet at a destination, and whoever is stopped or killed: what is committed is the data of one spec."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest

from rowmill.core.errors import RowmillError
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.testing import MemoryBuckets
from support.runs import land
from support.switches import switch
from support.toy import toy

CASES = int(switch("ROWMILL_FAULTS", "6"))
SHARES = 4


def test_whoever_meets_stops_or_dies_what_is_committed_is_that_of_one_spec(fast_folder):
    path = os.pathsep.join(entry for entry in sys.path if entry)

    done = subprocess.run(
        [sys.executable, "-m", "support.races", str(fast_folder), "0", str(CASES)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60 + 20 * CASES,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wrong"] == {}, done.stderr
    assert found["cases"] == CASES


def test_shares_that_start_together_all_join_one_run(fast_folder):
    path = os.pathsep.join(entry for entry in sys.path if entry)
    call = [sys.executable, "-m", "support.shares", str(fast_folder), str(CASES), str(SHARES)]

    done = subprocess.run(
        call,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=60 + 20 * CASES,
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"rounds": CASES, "wrong": {}}, done.stderr


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
