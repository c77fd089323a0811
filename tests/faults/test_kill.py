"""Real processes, really killed: the driver, its workers, and Ctrl-C."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from support.runs import land, shown
from support.slow_run import ROWS
from support.toy import toy


def start(out, mode="new", workers=2, day=None):
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.Popen(
        [sys.executable, "-m", "support.slow_run", str(out), mode, str(workers), *([] if day is None else [str(day)])],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def let_it_work(process, lines):
    for _ in range(lines):
        assert process.stdout.readline() == "rows\n"


def children(process):
    return [int(n) for n in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def gone(number):
    """Return whether a process has ended, be it reaped or not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def finish(out, workers=2):
    """Resume to the end; return the summary."""
    stdout, stderr = start(out, "resume", workers).communicate(timeout=60)
    assert stderr == ""
    return json.loads(stdout.splitlines()[-1])


@pytest.fixture(scope="module")
def digest(tmp_path_factory):
    return land(toy(rows=ROWS), tmp_path_factory.mktemp("whole") / "out").digest


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_driver_takes_its_workers_along_and_resume_ends_the_run(seed, tmp_path, digest):
    luck = random.Random(seed)
    workers = luck.choice([1, 2, 3])
    process = start(tmp_path, workers=workers)
    let_it_work(process, luck.randrange(1, 60))
    time.sleep(luck.random() / 20)
    crew = children(process)

    process.kill()
    process.communicate()
    wait_for(lambda: all(gone(number) for number in crew))

    assert shown(tmp_path) == []
    assert finish(tmp_path, workers)["digest"] == digest
    assert verify(tmp_path).ok


def test_a_killed_worker_ends_the_run_with_one_line_and_resume_goes_on(tmp_path, digest):
    process = start(tmp_path)
    let_it_work(process, 20)

    os.kill(children(process)[0], signal.SIGKILL)
    _, stderr = process.communicate(timeout=30)

    assert process.returncode == 1
    assert len(stderr.splitlines()) == 1
    assert "a worker died (killed, perhaps for want of memory) while making events-" in stderr
    assert "--resume" in stderr
    assert shown(tmp_path) == []
    assert finish(tmp_path)["digest"] == digest


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_keeps_finished_parts_and_says_how_to_go_on(workers, tmp_path, digest):
    process = start(tmp_path, workers=workers)
    let_it_work(process, 30)
    crew = children(process)

    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=30)

    assert process.returncode == 130
    assert len(stderr.splitlines()) == 1
    assert f"parts are kept in {tmp_path}; continue with --resume" in stderr
    assert all(gone(number) for number in crew)
    assert not [p for p in (tmp_path / "_rowmill" / "whole" / "staging").rglob(".*") if p.is_file()]
    assert finish(tmp_path, workers)["digest"] == digest


def test_two_runs_of_one_slice_do_not_mix(tmp_path, digest):
    first = start(tmp_path)
    let_it_work(first, 5)

    os.killpg(first.pid, signal.SIGSTOP)
    second = start(tmp_path, "resume")
    _, stderr = second.communicate(timeout=30)
    os.killpg(first.pid, signal.SIGCONT)
    stdout, _ = first.communicate(timeout=60)

    assert second.returncode == 2
    assert "is being written by another process" in stderr
    assert json.loads(stdout.splitlines()[-1])["digest"] == digest


def test_days_written_at_the_same_time_join(tmp_path, digest):
    days = [start(tmp_path, workers=1, day=day) for day in range(6)]
    ends = [process.communicate(timeout=60) for process in days]

    assert [stderr for _, stderr in ends] == [""] * 6
    assert read(tmp_path).digest == digest
    assert verify(tmp_path).ok
    assert not list(tmp_path.rglob("*.lock"))
