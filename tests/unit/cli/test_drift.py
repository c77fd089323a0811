"""``drift`` and ``--against``: what a scheduler, a person and a program are told of nights."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from unit.cli.conftest import Rowmill

NIGHT = "generate payments --rows-per-day 1500 --seed 5 --start 2025-01-01 --workers 1 --quiet"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a destination of two nights."""
    from rowmill.cli import main

    out = tmp_path_factory.mktemp("lake")
    for day in ("2025-02-01", "2025-02-02"):
        assert main([*NIGHT.split(), "--date", day, "--out", str(out)]) == 0
    return out


def test_nights_that_are_alike_are_said_to_be(rowmill: Rowmill, lake: Path) -> None:
    people = rowmill("drift", lake, f"{lake}@2025-02-02")
    program = rowmill("drift --json", f"{lake}@2025-02-01", f"{lake}@2025-02-02")

    assert people.code == program.code == 0
    assert people.err.startswith(f"{lake}@2025-02-02 against {lake} (2025-02-01): nothing drifted")
    report = json.loads(program.out)
    assert (report["ok"], report["reason"], report["nights"]) == (True, "", 1)
    assert all(change["weight"] <= 1 for change in report["changes"])
    assert rowmill("drift --quiet", lake, f"{lake}@2025-02-02").err == ""


def test_a_page_replaces_a_page_and_nothing_else(rowmill: Rowmill, lake: Path, tmp_path: Path) -> None:
    notes, page = tmp_path / "notes.csv", tmp_path / "page.html"
    notes.write_text("mine,1\n")

    refused = rowmill("drift", lake, f"{lake}@2025-02-02", "--out", notes)
    twice = [rowmill("drift", lake, f"{lake}@2025-02-02", "--out", page) for _ in range(2)]

    assert (refused.code, notes.read_text()) == (2, "mine,1\n")
    assert "is there already, and is no page of rowmill's" in refused.err
    assert [each.code for each in twice] == [0, 0]


def test_a_night_that_drifted_is_committed_told_and_seen_by_a_scheduler(
    rowmill: Rowmill, lake: Path, tmp_path: Path
) -> None:
    out, metrics, page = tmp_path / "out", tmp_path / "m.prom", tmp_path / "page.html"
    line = f"{NIGHT} --out {out} --against {lake} --metrics-file {metrics} --fraud-rate 0.2 --json --date 2025-02-02"
    night = rowmill(line)
    again = rowmill(line)

    assert night.code == again.code == 3
    assert night.err.splitlines()[0].startswith("rowmill: labels: rows for each of the main table ")
    told = json.loads(night.out)
    assert told["committed"] is True
    assert told["drift"]["ok"] is False
    assert told["drift"]["changes"][0]["table"] == "labels"
    assert all(change["drifted"] for change in told["drift"]["changes"])
    assert rowmill("verify --quiet", out).code == 0
    text = metrics.read_text()
    assert 'rowmill_run_success{domain="payments"} 1\n' in text
    assert 'rowmill_run_drifted{domain="payments"} 1\n' in text

    seen = rowmill("drift", lake, out, "--out", page)
    assert seen.code == 3
    assert "labels: rows for each of the main table" in page.read_text()
    assert "http" not in page.read_text().replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_what_may_change_can_be_left_out(rowmill: Rowmill, lake: Path, tmp_path: Path) -> None:
    rowmill(f"{NIGHT} --date 2025-02-02 --set data.nulls.mcc_code=0.4 --out", tmp_path / "o")

    assert rowmill("drift", lake, tmp_path / "o").err.startswith("rowmill: transactions.mcc_code: missing 5.")
    assert rowmill("drift --ignore mcc_code --quiet", lake, tmp_path / "o").code == 0
    assert rowmill("drift --ignore transactions.mcc_code --quiet", lake, tmp_path / "o").code == 0


def test_a_column_to_leave_out_that_is_none_is_refused(rowmill: Rowmill, lake: Path) -> None:
    answer = rowmill("drift --ignore chanel", lake, f"{lake}@2025-02-02")

    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "rowmill: column 'chanel': it is in neither of both; did you mean 'channel'?\n"


def test_the_first_night_has_nothing_before_it(rowmill: Rowmill, tmp_path: Path) -> None:
    line = f"{NIGHT} --out {tmp_path / 'o'} --against {tmp_path / 'o'} --date"
    first, second = rowmill(line, "2025-02-01"), rowmill(line, "2025-02-02")
    lost = rowmill(f"{NIGHT} --out {tmp_path / 'p'} --date 2025-02-01 --against", tmp_path / "nowhere")

    assert (first.code, second.code, lost.code) == (0, 0, 2)
    assert "nothing lies before slice 2025-02-01" in first.err
    assert "no such file or folder" in lost.err
    assert not (tmp_path / "p").exists()


@pytest.mark.parametrize(
    ("earlier", "later", "said"),
    [
        ("{0}", "{0}", "no slice lies before"),
        ("{0}@2024-01-01", "{0}", "no slice lies within these days; there is 2025-02-01"),
        ("{0}", "{1}/none", "no such file"),
        ("{1}/a.parquet@2025-01-01", "{0}", "no run wrote there"),
        ("{0}", "{1}/a.parquet", "has tables"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_a_line(
    rowmill: Rowmill, lake: Path, tmp_path: Path, earlier: str, later: str, said: str
) -> None:
    for name in ("a", "b"):
        pl.DataFrame({name: [1]}).write_parquet(tmp_path / f"{name}.parquet")
    if "tables" in said:
        later = later.removesuffix("/a.parquet")
    answer = rowmill("drift", earlier.format(lake, tmp_path), later.format(lake, tmp_path))

    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_files_of_others_are_read_and_compared(rowmill: Rowmill, lake: Path, tmp_path: Path) -> None:
    rows = pl.read_parquet(f"{lake}/transactions/*.parquet")
    rows.write_csv(tmp_path / "same.csv")
    rows.with_columns(pl.lit("ATM").alias("channel")).write_parquet(tmp_path / "other.parquet")
    half = pl.int_range(pl.len()) % 2 == 0
    rows.with_columns(pl.when(half).then(pl.col("amount"))).write_parquet(tmp_path / "half.parquet")

    assert rowmill("drift", lake, tmp_path / "same.csv").code == 0
    assert rowmill("drift", tmp_path / "same.csv", lake).code == 0
    other = rowmill("drift", lake, tmp_path / "other.parquet")
    assert other.code == 3
    assert other.err.startswith("rowmill: transactions.channel: ")
    half_known = rowmill("drift", tmp_path / "same.csv", tmp_path / "half.parquet")
    assert half_known.code == 3
    assert "amount: missing" in half_known.err


def test_a_page_takes_no_place_of_what_is_read(rowmill: Rowmill, tmp_path: Path) -> None:
    place = tmp_path / "t.csv"
    place.write_text("id\n1\n")

    answer = rowmill("drift", place, place, "--out", place)

    assert answer.code == 2
    assert "name another one to write" in answer.err
    assert place.read_text() == "id\n1\n"
