"""A file of DuckDB whose command is killed while rows are loaded."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time

import duckdb
import pytest

from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from support.switches import switch

TRIES = 40 if switch("ROWMILL_FAULTS") else 1
MAKE = "generate payments --rows 30_000 --seed 7 --workers 1 --quiet"


def command(*words):
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.Popen(
        [sys.executable, "-m", "rowmill", *words], env={**os.environ, "PYTHONPATH": path}, start_new_session=True
    )


def rows(out):
    """Return how many rows somebody finds who knows nothing of us."""
    if not out.exists():
        return 0
    with duckdb.connect(out, read_only=True) as connection:
        there = ("transactions",) in connection.execute("SHOW TABLES").fetchall()
        return connection.execute("SELECT count(*) FROM transactions").fetchall()[0][0] if there else 0


@pytest.fixture(scope="module")
def digest(tmp_path_factory):
    """Return the digest of the rows, whatever they are written to: in a folder they cost least."""
    out = tmp_path_factory.mktemp("whole")
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

    assert rows(out) in (0, 30_000)
    assert command(*MAKE.split(), "--resume", "--out", str(out)).wait() == 0
    assert read(out).digest == digest
    assert verify(out, remake="none").ok
    assert sorted(fast_folder.iterdir()) == [out]
