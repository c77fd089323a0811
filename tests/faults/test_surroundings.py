"""What a command is started with, and may lose: signals, standard streams, the notice that a child has ended."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from rowmill.core.errors import RowmillError
from rowmill.core.scratch import scratch_folder
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.making.pool import Pool
from rowmill.run.making.watch import Watch
from support.dbt import needs_dbt
from support.pilots import sdtm, trial
from support.runs import land, shown
from support.switches import switch
from support.toy import toy

ROWMILL = [sys.executable, "-m", "rowmill"]
MANY = ["generate", "payments", "--rows", "60_000", "--set", "run.part_rows=2000", "--seed", "1", "--quiet"]
FEW = ["generate", "payments", "--rows", "500", "--set", "run.part_rows=200", "--seed", "1", "--json"]
EVERY = bool(switch("ROWMILL_FAULTS"))


def environment(**more):
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return {**os.environ, "PYTHONPATH": path, **{name: str(value) for name, value in more.items()}}


def start(*command, **more):
    return subprocess.Popen(
        [*map(str, command)],
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(condition):
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def gone(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def children(number):
    return [int(n) for n in Path(f"/proc/{number}/task/{number}/children").read_text().split()]


@pytest.mark.parametrize(("number", "workers"), [(signal.SIGTERM, 2), (signal.SIGHUP, 1)])
def test_a_signal_that_asks_for_an_end_ends_a_run_like_ctrl_c(number, workers, tmp_path):
    out = tmp_path / "out"
    process = start(*ROWMILL, *MANY, "--workers", workers, "--out", out)
    wait_for(lambda: list(out.glob("_rowmill/**/parts/*/*.json")))
    crew = children(process.pid)

    os.killpg(process.pid, number)
    stdout, stderr = process.communicate(timeout=30)

    assert process.returncode == 128 + number
    assert stdout == ""
    assert len(stderr.splitlines()) == 1
    assert f"parts are kept in {out}; continue with --resume" in stderr
    assert all(gone(each) for each in crew)
    assert shown(out) == []
    assert not list(out.rglob("*.lock"))
    assert not [p for p in out.rglob(".*-*") if p.is_file()]


def test_one_who_was_told_to_outlive_a_terminal_does(tmp_path):
    hold = "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); from rowmill.cli import main; "
    process = start(sys.executable, "-c", f"{hold}sys.exit(main())", *FEW, "--out", tmp_path / "out")
    wait_for((tmp_path / "out/_rowmill").exists)

    os.killpg(process.pid, signal.SIGHUP)
    process.communicate(timeout=30)

    assert process.returncode == 0


INTERRUPTED = """
import os, signal, sys
class Now:
    def find_spec(self, name, *_):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Now())
from rowmill.cli import main
sys.exit(main(["--help"]))
"""


@pytest.mark.parametrize("name", ["rowmill.cli.surroundings", "rowmill.cli.commands", "click"])
def test_ctrl_c_while_a_command_loads_is_one_line(name):
    process = start(sys.executable, "-c", INTERRUPTED.format(name=name))
    stdout, stderr = process.communicate(timeout=30)

    assert (process.returncode, stdout, stderr) == (130, "", "rowmill: interrupted\n")


def test_nothing_of_a_pilot_stays_behind(tmp_path):
    pilot = sdtm(tmp_path, trial(300), "csv")
    fit = ["fit", "vitals", "--pilot", pilot[0], "--demographics", pilot[1], "--out", tmp_path / "model.json"]
    place = tmp_path / "aside"
    place.mkdir()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)[0 if EVERY else 1 :]:
        process = start(*ROWMILL, *fit, TMPDIR=place)
        wait_for(lambda: list(place.glob("*/pilot.duckdb")))
        assert [p.stat().st_mode & 0o777 for p in place.iterdir()] == [0o700]

        process.send_signal(number)
        _, stderr = process.communicate(timeout=30)

        assert not (tmp_path / "model.json").exists()
        if number != signal.SIGKILL:
            assert (process.returncode, stderr) == (128 + number, "rowmill: interrupted\n")
            assert not list(place.iterdir())
    # Nobody can tidy up after himself who is killed: the next command does.
    assert len(list(place.iterdir())) == 1
    process = start(*ROWMILL, *fit, TMPDIR=place)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert not list(place.iterdir())


def test_a_sweep_takes_no_folder_that_is_in_use(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "rowmill-scratch-left").mkdir()
    (tmp_path / "rowmill-scratch-link").symlink_to(tmp_path)

    with scratch_folder() as one, scratch_folder() as two:
        assert {p.name for p in tmp_path.iterdir()} == {one.name, two.name, "rowmill-scratch-link"}

    assert [p.name for p in tmp_path.iterdir()] == ["rowmill-scratch-link"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_dbt_ends_with_the_command(number, tmp_path):
    needs_dbt()
    command = [
        "generate",
        "workforce",
        "--employees",
        "50",
        "--end",
        "2026",
        "--engine",
        "sql",
        "--seed",
        "1",
        "--quiet",
        "--out",
    ]
    process = start(*ROWMILL, *command, tmp_path / "out", TMPDIR=tmp_path)
    # Before dbt, a process looks whether it is there; only dbt works in a folder of its own.
    wait_for(lambda: list(tmp_path.glob("rowmill-scratch-*/*")) and children(process.pid))
    dbt = children(process.pid)

    process.send_signal(number)
    process.communicate(timeout=30)

    wait_for(lambda: all(gone(each) for each in dbt))
    assert len(list(tmp_path.glob("rowmill-scratch-*"))) == (number == signal.SIGKILL)


CLOSED = [">&-", "2>&-", "<&- >&- 2>&-"]


@pytest.mark.parametrize("workers", [1, 2] if EVERY else [2])
@pytest.mark.parametrize("streams", CLOSED if EVERY else CLOSED[-1:])
def test_closed_standard_streams_keep_nobody_from_anything(streams, workers, tmp_path):
    out = tmp_path / "out"
    lines = [
        f'"$@" --out {out} --workers {workers} {streams} || exit 10',
        f"$1 -m rowmill {'verify' if EVERY else 'info'} {out} >&- || exit 11",
        f"$1 -m rowmill verify {tmp_path} {streams}; exit $?",
    ]
    done = start("sh", "-c", "\n".join(lines), "sh", *ROWMILL, *FEW)
    done.communicate(timeout=60)

    assert done.returncode == 2
    assert verify(out).ok


def test_a_reader_that_leaves_changes_no_exit_code(tmp_path):
    out = tmp_path / "out"
    run = f'"$@" --out {out} 2>&1 | true; exit ${{PIPESTATUS[0]}}'
    assert (
        subprocess.run(["bash", "-c", run, "bash", *ROWMILL, *FEW[:-1]], env=environment(), check=False).returncode == 0
    )
    assert read(out).published
    next(out.glob("transactions/*")).unlink()

    check = f"$1 -m rowmill verify {out} --json | true; exit ${{PIPESTATUS[0]}}"
    assert subprocess.run(["bash", "-c", check, "bash", *ROWMILL], env=environment(), check=False).returncode == 3


REAPED = """
import os, signal, sys
from support.runs import land, toy_registered
from support.toy import toy
def reap(*_):
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass
signal.signal(signal.SIGCHLD, signal.SIG_IGN if sys.argv[2] == "ignored" else reap)
with toy_registered():
    print(land(toy(rows=400), sys.argv[1], workers=2).digest)
"""


@pytest.mark.parametrize("ends", ["ignored", "reaped"])
def test_a_run_needs_no_notice_of_the_end_of_its_workers(ends, tmp_path):
    process = start(sys.executable, "-c", REAPED, tmp_path / "out", ends)
    stdout, stderr = process.communicate(timeout=30)

    assert (process.returncode, stderr) == (0, "")
    assert stdout.strip() == land(toy(rows=400), tmp_path / "again").digest


def test_a_command_hears_of_its_workers_though_its_parent_ignores_its_own(tmp_path):
    command = ["sh", "-c", "trap '' CHLD; exec \"$@\"", "sh", *ROWMILL, *FEW, "--workers", "2", "--out"]
    process = start(*command, tmp_path / "out")
    stdout, stderr = process.communicate(timeout=30)

    assert process.returncode == 0, stderr
    assert json.loads(stdout)["committed"]


def test_a_worker_that_is_stopped_is_named(caplog):
    process = subprocess.Popen(["sleep", "60"])
    watch = Watch(seconds=0)
    try:
        watch.look([process.pid])
        watch.look([process.pid])
        assert caplog.messages == []

        process.send_signal(signal.SIGSTOP)
        wait_for(lambda: " T " in Path(f"/proc/{process.pid}/stat").read_text())
        with caplog.at_level(logging.WARNING, "rowmill"):
            watch.look([process.pid])
            watch.look([process.pid])

        said = f"worker {process.pid} is stopped: kill -CONT {process.pid} lets it go on; the run waits for it"
        assert caplog.messages == [said]
    finally:
        process.kill()
        process.wait()


STARTING = """
import os, sys
from support.runs import land, toy_registered
from support.toy import toy
ballast, fork = bytearray(300 << 20), os.fork
os.fork = lambda: os.write(1, b"x") and fork()
with toy_registered():
    land(toy(), sys.argv[1], workers=2)
"""
"""A run that tells when it starts a worker; a fork of so much memory takes milliseconds."""


def test_workers_go_on_whose_driver_was_stopped_and_continued_while_it_started_them(tmp_path):
    process = start(sys.executable, "-c", STARTING, tmp_path / "out")
    try:
        for _ in range(2):
            os.read(process.stdout.fileno(), 1)
            time.sleep(0.0005)
            os.killpg(process.pid, signal.SIGSTOP)
            os.killpg(process.pid, signal.SIGCONT)

        _, stderr = process.communicate(timeout=20)
        assert (process.returncode, stderr) == (0, "")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_worker_past_its_limit_of_cpu_time_is_named_as_such(tmp_path):
    from contracts.test_executors import job_and_parts

    job, parts = job_and_parts(toy(rows=200_000), tmp_path, batch_size=1000)
    with closing(Pool(2, "fork").run(job, toy(rows=200_000), parts)) as events:
        next(events)
        os.kill(children(os.getpid())[0], signal.SIGXCPU)
        with pytest.raises(RowmillError, match=r"a worker died \(its limit on CPU time is used up"):
            list(events)
