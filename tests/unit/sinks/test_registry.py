"""A destination or a format is known everywhere once one line names it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rowmill.core.errors import UsageError
from rowmill.sinks.filetypes.formats import FORMATS, compressions, is_of_a_format
from rowmill.sinks.layout import Layout
from rowmill.sinks.registry import DESTINATIONS, destination, is_local, placed, takes_rows
from rowmill.testing import MemoryBuckets


def test_a_format_of_one_line_is_written_read_verified_and_compared(tmp_path):
    path = os.pathsep.join(entry for entry in sys.path if entry)
    done = subprocess.run(
        [sys.executable, "-m", "support.lines_format", str(tmp_path)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["codes"] == [0, 0, 0, 0, 0], done.stderr
    assert found["unknown"] == 2
    assert "run.format: got 'orc'; input should be 'parquet', 'csv', 'xpt' or 'lines'" in done.stderr
    assert set(found["files"]) == {"jsonl"}


def test_every_format_has_endings_that_tell_its_files():
    for name, entry in FORMATS.items():
        for compression in entry.endings:
            assert is_of_a_format("x" + Layout(format=name, compression=compression).ending)
            assert compression in compressions()
    assert not is_of_a_format("notes.txt")


def test_a_location_is_placed_once_and_stays_as_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with MemoryBuckets().registered():
        for given in ("memory://a/b", Path("memory://a/b"), "MEMORY://a/b"):
            assert placed(given) == placed(placed(given)) == "memory://a/b"
            assert destination(given).shown == "memory://a/b"
        assert not is_local("memory://a/b")
    for given in ("out", Path("out"), f"file://{tmp_path}/out", tmp_path / "out"):
        assert placed(given) == placed(placed(given)) == str(tmp_path / "out")
        assert is_local(placed(given))


def test_a_scheme_that_nobody_knows_is_refused():
    with pytest.raises(UsageError, match=r"unknown scheme 'sftp'"):
        destination("sftp://somewhere/out")


def test_a_database_is_known_by_its_scheme_or_the_ending_of_its_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for scheme in ("duckdb", "postgresql"):
        monkeypatch.setitem(DESTINATIONS, scheme, lambda place: place)

    given = {
        "a.duckdb": f"{tmp_path}/a.duckdb",
        "/b/a.duckdb": "/b/a.duckdb",
        "duckdb:///b/a.duckdb": "/b/a.duckdb",
        "duckdb:///b/a.db": "duckdb:///b/a.db",
        Path("duckdb:///b/a.db"): "duckdb:///b/a.db",
        "postgres://u@h/d": "postgresql://u@h/d",
        "postgresql:///d": "postgresql:///d",
    }
    for location, place in given.items():
        assert placed(location) == placed(placed(location)) == place
        assert takes_rows(location)
    assert not takes_rows("a.db")
    assert not takes_rows(None)
    with pytest.raises(UsageError, match=r"duckdb://a.db'; a URL of a path begins with duckdb:///"):
        placed("duckdb://a.db")
