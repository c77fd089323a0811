"""A file of DuckDB under real faults: kills while rows are loaded, and disks of every size."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import duckdb
import pytest
from support.crash_duckdb import beside, tables

from faults.test_disk import small_disk  # noqa: F401 - a fixture
from rowmill.core.errors import DiskError
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from support.runs import land
from support.switches import switch
from support.toy import toy

TRIES = 40 if switch("ROWMILL_FAULTS") else 1
MAKE = "generate payments --rows 60_000 --seed 7 --workers 1 --quiet"


def command(*words):
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.Popen(
        [sys.executable, "-m", "rowmill", *words], env={**os.environ, "PYTHONPATH": path}, start_new_session=True
    )


@pytest.fixture(scope="module")
def digest(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "out.duckdb"
    assert command(*MAKE.split(), "--out", str(out)).wait() == 0
    return read(out).digest


@pytest.mark.parametrize("seed", range(TRIES))
def test_a_kill_while_rows_are_loaded_leaves_none_or_all_of_them(seed, fast_folder, digest):
    out, luck = fast_folder / "out.duckdb", random.Random(seed)
    process = command(*MAKE.split(), "--out", str(out))
    fresh = out.with_name("out.duckdb.rowmill") / "new.duckdb"
    while not fresh.exists() and process.poll() is None:
        time.sleep(0.002)
    time.sleep(luck.random() / 2)
    process.kill()
    process.wait()

    assert {name: len(found) for name, found in tables(out).items()}.get("transactions", 0) in (0, 60_000)
    assert command(*MAKE.split(), "--resume", "--out", str(out)).wait() == 0
    assert read(out).digest == digest
    assert verify(out, remake="none").ok
    assert beside(out) == []


def landed(dataset, out):
    """Return what a run says that met a full disk."""
    try:
        land(dataset, out, mode="resume", part_rows=2_000)
    except DiskError as error:
        return str(error)
    return ""


def test_a_disk_of_any_size_holds_none_of_the_rows_or_all(small_disk):  # noqa: F811
    out, dataset, full = small_disk / "out.duckdb", toy(rows=8_000), 0
    for kilobytes in range(500, 20_000, 500 if switch("ROWMILL_FAULTS") else 4_000):
        subprocess.run(["mount", "-o", f"remount,size={kilobytes}k", small_disk], check=True)
        said = landed(dataset, out)
        if not said:
            break
        assert "No space left on device; free space there and run again with --resume" in said
        assert tables(out) == {}
        full += 1

    assert full > 0
    assert verify(out).ok
    assert beside(out) == []
    with duckdb.connect(out, read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM events").fetchall() == [(8_000,)]
