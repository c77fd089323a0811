"""Full disks, forbidden folders and quotas: one clear error, nothing shown, and resume when there is room again."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from rowmill.core.errors import DestinationError, DiskError, RowmillError, UsageError
from rowmill.core.scratch import scratch_folder
from rowmill.run.books.survey import Found
from rowmill.run.checks.verify import verify
from rowmill.run.prepare import wanted_run
from rowmill.run.request import WHOLE_PERIOD, Order
from rowmill.run.settings import RunSettings
from support.dbt import needs_dbt
from support.runs import land, shown
from support.switches import switch
from support.toy import toy

ROWS = 40_000


@pytest.fixture
def small_disk(tmp_path):
    """Mount a disk of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("NOT TESTED: a full disk; only root can mount a small one")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"NOT TESTED: a full disk; mount says {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("format", ["parquet", "csv"])
def test_a_full_disk_is_said_and_resume_goes_on_when_there_is_room(small_disk, workers, format):
    out = small_disk / "out"
    sizes = {"part_rows": 4_000, "workers": workers, "format": format}
    brick = small_disk / "brick"
    brick.write_bytes(bytes(600_000))

    with pytest.raises(DiskError, match=r"No space left on device; free space there and run again with --resume"):
        land(toy(rows=ROWS), out, **sizes)

    assert shown(out) == []
    assert not [p for p in (out / "_rowmill" / "whole" / "staging").rglob(".*") if p.is_file()]
    brick.unlink()
    subprocess.run(["mount", "-o", "remount,size=40m", small_disk], check=True)
    assert land(toy(rows=ROWS), out, mode="resume", **sizes).rows == ROWS
    assert verify(out).ok


LIMITED = """
import resource, sys
from support.runs import land
from support.toy import toy
from rowmill.core.errors import RowmillError
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    land(toy(rows=40_000), sys.argv[1], part_rows=40_000)
except RowmillError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def test_a_limit_on_file_sizes_is_a_full_disk(tmp_path):
    path = os.pathsep.join(entry for entry in sys.path if entry)

    done = subprocess.run(
        [sys.executable, "-c", LIMITED, tmp_path / "out"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("DiskError: ")
    assert "File too large; free space there" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert shown(tmp_path / "out") == []
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_a_read_only_disk_is_refused(small_disk):
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)

    with pytest.raises(DestinationError, match="Read-only file system; choose a folder that you may write to"):
        land(toy(), small_disk / "out")


def test_a_staged_file_that_was_cut_is_made_again(tmp_path):
    settings = RunSettings(out=str(tmp_path), workers=1, part_rows=150, row_group_rows=90)
    run = wanted_run(Order(toy(), settings, WHOLE_PERIOD, "new"), Found())
    blocked = tmp_path / "_rowmill" / "whole" / "staging" / run.stage.run / "things"
    blocked.parent.mkdir(parents=True)
    blocked.write_text("in the way")
    with pytest.raises(DestinationError):
        land(toy(), tmp_path)
    blocked.unlink()
    staged = sorted(Path(blocked.parent / "events").glob("*.parquet"))
    assert len(staged) > 1
    staged[0].write_bytes(staged[0].read_bytes()[:-10])

    land(toy(), tmp_path, mode="resume")

    assert verify(tmp_path).ok


def spill_and_fail(folder):
    with suppress(OSError):
        (folder / "spilled").write_bytes(bytes(2_000_000))
    raise RowmillError("dbt run stopped with exit code 2: something about a logger")


def test_a_full_folder_for_temporary_files_is_named(small_disk, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(small_disk))
    said = f"{small_disk}: no space left for temporary files; free space there, or name another folder with TMPDIR"

    with pytest.raises(DiskError, match=re.escape(said)), scratch_folder() as folder:
        (folder / "spilled").write_bytes(bytes(2_000_000))
    with pytest.raises(DiskError, match=re.escape(said)), scratch_folder() as folder:
        spill_and_fail(folder)
    with pytest.raises(UsageError, match="not of the disk"), scratch_folder() as folder:
        raise UsageError("not of the disk")

    assert list(small_disk.iterdir()) == []


@pytest.mark.skipif(not switch("ROWMILL_FAULTS"), reason="dbt fills a disk in make faults alone")
@pytest.mark.parametrize("taken", [1_000_000, 900_000, 500_000, 0])
def test_dbt_on_a_full_folder_for_temporary_files_is_one_line_about_it(taken, small_disk, tmp_path):
    needs_dbt()
    (small_disk / "brick").write_bytes(bytes(taken))
    command = [sys.executable, "-m", "rowmill", "generate", "workforce", "--employees", "300", "--end", "2026"]

    done = subprocess.run(
        [*command, "--engine", "sql", "--seed", "1", "--quiet", "--out", tmp_path / "out"],
        env={**os.environ, "TMPDIR": str(small_disk)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith(f"rowmill: {small_disk}: no space left for temporary files; ")
