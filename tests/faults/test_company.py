"""Runs that meet a live share of another run, or outlive their own: refused by name, or ended without a trace."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest

from rowmill.core.errors import DestinationError
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.request import WHOLE_PERIOD, Slice
from rowmill.run.runner import finalize
from rowmill.sinks.folders.unnamed import beside
from support.books import books, committed
from support.runs import land, shown
from support.toy import toy

ROWS = 900
FIRST, SECOND = Slice(part=(1, 2)), Slice(part=(2, 2))


def made(seed=1):
    return toy(rows=ROWS, seed=seed)


@pytest.fixture(scope="module")
def digests(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clean")
    return {seed: land(made(seed), folder / str(seed), part_rows=40).digest for seed in (1, 2)}


@contextmanager
def frozen(out, **asked):
    """Give a process that makes a share of seed 1 and stands still with some parts made."""
    command = {"out": str(out), "mode": "new", "seed": 1, "part": [1, 2], **asked}
    process = subprocess.Popen(
        [sys.executable, "-m", "support.slow_share", json.dumps(command)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline() == "stopped\n"
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def thawed(process):
    """Let a process go on; return its exit code, its last line, and what it says on standard error."""
    process.send_signal(signal.SIGCONT)
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, stdout, stderr


def test_nothing_that_a_live_share_works_on_is_overwritten(tmp_path, digests):
    day = Slice(range(2, 3))
    with frozen(tmp_path) as process:
        for seed, what in ((2, SECOND), (2, WHOLE_PERIOD), (2, day), (1, WHOLE_PERIOD), (1, day)):
            with pytest.raises(DestinationError, match=rf"whole is being written by .*process {process.pid}\b.*wait"):
                land(made(seed), tmp_path, what, mode="overwrite", part_rows=50)
        with pytest.raises(DestinationError, match="is being written by another process"):
            land(made(), tmp_path, FIRST, mode="overwrite", part_rows=40)
        assert thawed(process)[0] == 0

    land(made(), tmp_path, SECOND, part_rows=40)
    assert finalize(tmp_path).digest == digests[1]
    assert verify(tmp_path).ok


def test_a_committed_slice_is_not_overwritten_beside_a_share_that_outlived_it(tmp_path, digests):
    with frozen(tmp_path) as process:
        assert land(made(), tmp_path, mode="resume", part_rows=40).digest == digests[1]
        with pytest.raises(DestinationError, match=f"process {process.pid}"):
            land(made(2), tmp_path, mode="overwrite")
        thawed(process)

    assert land(made(2), tmp_path, mode="overwrite").digest == digests[2]


def test_a_share_that_outlives_its_run_ends_well_and_leaves_nothing(tmp_path, digests):
    with frozen(tmp_path) as process:
        assert land(made(), tmp_path, mode="resume", part_rows=40).digest == digests[1]
        assert finalize(tmp_path).skipped
        code, stdout, stderr = thawed(process)

    assert (code, stderr) == (0, "")
    assert json.loads(stdout)["skipped"] is True
    assert json.loads(stdout)["digest"] == digests[1]
    assert books(tmp_path) == committed(tmp_path)
    assert finalize(tmp_path).skipped
    assert land(made(), tmp_path, mode="resume", part_rows=40).skipped
    assert land(made(), tmp_path, FIRST, part_rows=40).skipped
    assert verify(tmp_path).ok


def test_a_share_killed_after_its_run_was_committed_stops_nobody(tmp_path, digests):
    with frozen(tmp_path) as process:
        land(made(), tmp_path, mode="resume", part_rows=40)
        (tmp_path / "_rowmill" / "whole" / "staging" / "left" / "events").mkdir(parents=True)
        process.kill()
        process.communicate()

    assert finalize(tmp_path).skipped
    assert land(made(), tmp_path, mode="resume", part_rows=40).skipped
    assert land(made(2), tmp_path, mode="overwrite").digest == digests[2]
    assert books(tmp_path) == committed(tmp_path)


def test_a_rerun_lets_go_of_what_the_killed_held_and_had_begun_to_write(tmp_path, digests):
    land(made(), tmp_path, part_rows=40)
    for name in ("whole.run", "whole.run-1of2", "commit", "head.json"):
        (tmp_path / "_rowmill" / f"{name}.lock").write_text(f"1 0 {socket.gethostname()}")
    begun = [beside(tmp_path / "x"), beside(tmp_path / "_rowmill" / "x")]
    for path in begun:
        # No process has a number above that of the last.
        path.with_name(path.name.replace(f".{os.getpid()}-", ".9999999-")).touch()

    assert land(made(), tmp_path, part_rows=40).digest == digests[1]
    assert books(tmp_path) == committed(tmp_path)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize("what", [SECOND, WHOLE_PERIOD])
def test_of_two_seeds_on_machines_that_do_not_see_each_others_locks_one_is_committed(tmp_path, digests, what):
    with frozen(tmp_path) as process:
        (tmp_path / "_rowmill" / "whole.run-1of2.lock").unlink()
        land(made(2), tmp_path, what, mode="overwrite", part_rows=40)
        code, _, stderr = thawed(process)

    assert code == 2
    assert len(stderr.splitlines()) == 1
    assert "slice whole was overwritten by another run while this one was at work" in stderr
    if what.part is not None:
        with pytest.raises(DestinationError, match="lacks"):
            finalize(tmp_path)
        land(made(2), tmp_path, FIRST, mode="resume", part_rows=40)
        finalize(tmp_path)
    assert read(tmp_path).digest == digests[2]
    assert verify(tmp_path).ok
    assert books(tmp_path) == committed(tmp_path)


def test_a_receipt_of_another_run_is_no_part(tmp_path, digests):
    land(made(1), tmp_path, FIRST, part_rows=40)
    place = tmp_path / "_rowmill" / "whole"
    foreign = next(place.glob("parts/*")).rename(tmp_path / "foreign")
    kept = next((place / "staging").iterdir()).rename(tmp_path / "kept")
    land(made(2), tmp_path, SECOND, mode="overwrite", part_rows=40)
    mine, now = next(place.glob("parts/*")), next((place / "staging").iterdir())

    # The worst that a disk without locks can do: receipts and files of the other seed under this run's names.
    for path in (p for p in foreign.iterdir() if not (mine / p.name).exists()):
        path.rename(mine / path.name)
    for path in (p for p in kept.rglob("*.parquet") if not (now / p.relative_to(kept)).exists()):
        path.rename(now / path.relative_to(kept))

    with pytest.raises(DestinationError, match="lacks"):
        finalize(tmp_path)
    land(made(2), tmp_path, mode="resume", part_rows=40)
    assert read(tmp_path).digest == digests[2]
    assert shown(tmp_path)
    assert verify(tmp_path).ok
