"""What a command loads: an import that nobody uses is time that everybody waits."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from support.tree import ROOT

HEAVY = {"numpy", "pandas", "polars", "pyarrow", "duckdb", "pydantic", "rich", "scipy", "structlog", "xxhash", "yaml"}
NEVER_WHILE_GENERATING = {"duckdb", "pandas", "polars", "scipy", "sklearn", "structlog"}


def loaded(code, folder):
    """Return the top-level modules that a fresh interpreter has loaded after some code."""
    ask = "import atexit, sys; atexit.register(lambda: print(*sorted({m.partition('.')[0] for m in sys.modules})))\n"
    done = subprocess.run(
        [sys.executable, "-c", ask + code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_loads_no_heavy_module(arguments, tmp_path):
    modules = loaded(f"from rowmill.cli import main\nmain({arguments!r})", tmp_path)

    assert "click" in modules
    assert not modules & HEAVY


def test_the_library_itself_loads_no_heavy_module(tmp_path):
    assert not loaded("import rowmill", tmp_path) & HEAVY


def test_generating_loads_nothing_that_it_does_not_need(tmp_path):
    arguments = ["generate", "payments", "--rows", "100", "--seed", "1", "--out", "here", "--workers", "1", "--quiet"]

    modules = loaded(f"from rowmill.cli import main\nassert main({arguments!r}) == 0", tmp_path)

    assert "pyarrow" in modules
    assert not modules & NEVER_WHILE_GENERATING


@pytest.mark.parametrize("program", ["bench", "bench/objects.py", "bench/vitals.py"])
def test_a_bench_finds_what_it_measures_with(program):
    done = subprocess.run([sys.executable, str(ROOT / program), "--help"], check=False, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert "--repeat" in done.stdout or "--rows" in done.stdout
