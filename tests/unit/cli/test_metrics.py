"""The metrics of a run: what a collector reads, whatever became of the run."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from unit.cli.conftest import Rowmill

SMALL = "generate payments --rows 600 --seed 5 --workers 1"


def test_a_night_counts_what_it_wrote_alone(rowmill: Rowmill, tmp_path: Path) -> None:
    out, file = tmp_path / "o", tmp_path / "night.prom"
    line = f"generate payments --rows-per-day 50 --seed 5 --start 2025-01-01 --metrics-file {file} --out {out} --date"
    first = json.loads(rowmill(line, "2025-01-01", "--json").out)
    tried = json.loads(rowmill(line, "2025-01-02", "--json", "--dry-run").out)
    second = json.loads(rowmill(line, "2025-01-02", "--json").out)
    metrics = file.read_text()
    again, standing = rowmill(line, "2025-01-02", "--dry-run"), json.loads(rowmill(line, "2025-01-02", "--json").out)
    people = rowmill(line, "2025-01-03").err

    catalogs = ["customers", "cards", "merchants"]
    assert (first["files"], first["shared"]) == (5, [])
    assert (second["files"], second["shared"], standing["shared"]) == (2, catalogs, catalogs)
    assert second["bytes"] == sum(second["tables"][name]["bytes"] for name in ("transactions", "labels"))
    assert (list(tried["tables"]), tried["shared"]) == (["transactions", "labels"], catalogs)
    assert 'table="transactions"' in metrics
    assert 'table="cards"' not in metrics
    assert "slice 2025-01-02 is complete already; nothing would be made" in again.err
    assert "shared with other slices, not written: customers, cards, merchants" in people
    assert "kB in 2 files" in people


def test_metrics_tell_of_runs_that_fail_too(rowmill: Rowmill, tmp_path: Path) -> None:
    file, line = tmp_path / "run.prom", "generate payments --rows-per-day 50 --seed 5 --start 2025-01-01"
    line = f"{line} --out {tmp_path / 'o'} --metrics-file {file}"
    assert rowmill(line, "--date", "2025-01-01").code == 0
    good = file.read_text()

    assert 'rowmill_run_success{domain="payments"} 1\n' in good
    assert 'rowmill_run_info{domain="payments",slice="2025-01-01"} 1\n' in good
    for more in (["--fraud-rate", "0.5"], ["--set", "data.rowz=5"]):
        file.write_text(good)
        assert rowmill(line, "--date", "2025-01-02", *more).code == 2
        text = file.read_text()
        assert 'rowmill_run_success{domain="payments"} 0\n' in text
        assert ('slice="2025-01-02"' in text) == (more[0] == "--fraud-rate")
        assert "rowmill_table_rows" not in text
    names = re.findall(r"^(\w+)\{", good, re.MULTILINE)
    assert set(names) == set(re.findall(r"^# HELP (\w+) \w.*\.$", good, re.MULTILINE))


def test_metrics_are_the_summary_in_prometheus_text(rowmill: Rowmill, tmp_path: Path) -> None:
    file = tmp_path / "run.prom"
    answer = json.loads(rowmill(f"{SMALL} --json --metrics-file {file} --out", tmp_path / "o").out)

    text = file.read_text()
    sample = re.compile(r'^[a-z_]+\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\} [0-9.e+-]+$')
    assert all(line.startswith(("# HELP ", "# TYPE ")) or sample.match(line) for line in text.splitlines())
    assert 'rowmill_table_rows{domain="payments",table="transactions"} 600\n' in text
    assert f'rowmill_table_bytes{{domain="payments",table="cards"}} {answer["tables"]["cards"]["bytes"]}\n' in text
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["run.prom"]


@pytest.mark.parametrize("file", ["/dev/null", "{}"])
def test_metrics_never_take_the_place_of_a_device_or_a_folder(rowmill: Rowmill, tmp_path: Path, file: str) -> None:
    answer = rowmill(f"{SMALL} --metrics-file {file.format(tmp_path)} --out", tmp_path / "o")

    assert answer.code == 2
    assert "cannot be written; give an ordinary file" in answer.err
    assert Path("/dev/null").is_char_device()
    assert list(tmp_path.iterdir()) == []
