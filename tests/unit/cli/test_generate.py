"""``generate``: what it writes, prints, refuses and leaves behind."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rowmill.api.estimate import Estimate, TableEstimate
from rowmill.cli.report import show_estimate
from unit.cli.conftest import Rowmill

SMALL = "generate payments --rows 600 --seed 5 --workers 1"


def rows_at(out: Path, table: str = "transactions") -> pl.DataFrame:
    return pl.read_parquet(out / table / "**/*.parquet", hive_partitioning=False).sort("transaction_id")


def test_a_run_writes_the_rows_and_a_rerun_recognises_them(rowmill: Rowmill, tmp_path: Path) -> None:
    first = rowmill(f"{SMALL} --json --out", tmp_path / "o")
    again = rowmill(f"{SMALL} --json --out", tmp_path / "o")

    one, two = json.loads(first.out), json.loads(again.out)
    assert (first.code, again.code) == (0, 0)
    assert first.out.count("\n") == 1
    assert rows_at(tmp_path / "o").height == one["rows"] == one["tables"]["transactions"]["rows"] == 600
    assert (one["skipped"], two["skipped"]) == (False, True)
    assert one["digest"] == two["digest"]
    assert one["seed"] == 5
    assert one["destination"] == str(tmp_path / "o")
    assert one["bytes"] == sum(file.stat().st_size for file in tmp_path.glob("o/[a-z]*/*.parquet"))
    assert {"seconds", "rows_per_second", "peak_rss_mb", "fingerprint", "files"} <= set(one)
    assert set(one["tables"]["labels"]) == {"rows", "bytes", "digest", "files", "shares"}


def test_the_facts_are_those_of_the_files(rowmill: Rowmill, tmp_path: Path) -> None:
    answer = rowmill(f"{SMALL} --fraud-rate 0.05 --json --out", tmp_path)
    frame = rows_at(tmp_path)

    facts = json.loads(answer.out)["facts"]
    assert facts["true_shares"]["label_fraud"] == frame["label_fraud"].mean() == 0.05
    for name, share in facts["null_shares"].items():
        assert share == frame[name].is_null().mean()


def test_the_facts_are_those_of_the_slice(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --fraud-rate 0.2 --date 2025-11-01 --quiet --out", tmp_path)
    answer = rowmill(f"{SMALL} --fraud-rate 0.2 --date 2025-11-02 --json --out", tmp_path)

    day = rows_at(tmp_path).filter(pl.col("event_time").dt.date() == dt.date(2025, 11, 2))
    assert json.loads(answer.out)["facts"]["true_shares"]["label_fraud"] == day["label_fraud"].mean()


def test_people_read_standard_error_and_programs_standard_output(rowmill: Rowmill, tmp_path: Path) -> None:
    people = rowmill(f"{SMALL} --out", tmp_path / "a")
    program = rowmill(f"{SMALL} --json --out", tmp_path / "b")
    silent = rowmill(f"{SMALL} --quiet --out", tmp_path / "c")

    assert people.out == program.err == silent.out == silent.err == ""
    assert re.search(r"^transactions +600 ", people.err, re.MULTILINE)
    assert "label_fraud 0.333%" in people.err
    assert json.loads(program.out)["digest"] in people.err


def test_a_seed_is_drawn_shown_stored_and_taken_up_again(rowmill: Rowmill, tmp_path: Path) -> None:
    line = "generate payments --rows 300 --workers 1 --out"
    drawn = rowmill(line, tmp_path / "o")

    match = re.search(r"seed (\d+) \(drawn;", drawn.err)
    assert match is not None
    refused = rowmill(line, tmp_path / "o")
    assert refused.code == 2
    assert refused.err.startswith("rowmill: ")
    assert f"give --seed {match[1]} for the data there" in refused.err
    resumed = rowmill(f"{line}", tmp_path / "o", "--resume", "--json")
    assert json.loads(resumed.out)["seed"] == int(match[1])
    assert json.loads(resumed.out)["skipped"] is True


def test_an_unfinished_run_is_resumed_with_its_seed(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill("generate payments --rows 300 --seed 77 --part 1/2 --quiet --out", tmp_path / "o")

    refused = rowmill("generate payments --rows 300 --seed 77 --out", tmp_path / "o")
    resumed = rowmill("generate payments --rows 300 --resume --json --out", tmp_path / "o")

    assert refused.code == 2
    assert "--resume" in refused.err
    assert json.loads(resumed.out)["seed"] == 77
    assert rows_at(tmp_path / "o").height == 300


def test_shares_of_several_machines_make_one_run(rowmill: Rowmill, tmp_path: Path) -> None:
    whole = json.loads(rowmill(f"{SMALL} --json --out", tmp_path / "whole").out)
    for share in ("2/3", "1/3"):
        assert rowmill(f"{SMALL} --set run.part_rows=200 --part {share} --quiet --out", tmp_path / "o").code == 0

    missing = rowmill("finalize", tmp_path / "o")
    last = rowmill(f"{SMALL} --set run.part_rows=200 --part 3/3 --out", tmp_path / "o")
    done = rowmill("finalize --json", tmp_path / "o")

    assert missing.code == 2
    assert "rowmill finalize" in last.err
    assert json.loads(done.out)["digest"] == whole["digest"]


def test_a_day_is_the_whole_filtered(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --quiet --out", tmp_path / "whole")
    for day in ("2025-11-28", "2025-11-07"):
        assert rowmill(f"{SMALL} --date {day} --quiet --out", tmp_path / "days").code == 0
    wanted = pl.col("event_time").dt.date().is_in([dt.date(2025, 11, 7), dt.date(2025, 11, 28)])

    for table in ("transactions", "labels"):
        assert_frame_equal(rows_at(tmp_path / "days", table), rows_at(tmp_path / "whole", table).filter(wanted))
    assert "slice 2025-11-07" in rowmill("info", tmp_path / "days").out


def test_an_open_period_takes_days_in_any_order(rowmill: Rowmill, tmp_path: Path) -> None:
    line = "generate payments --rows-per-day 50 --start 2025-01-01 --seed 5 --workers 1 --quiet"
    rowmill(f"{line} --end 2025-03-02 --out", tmp_path / "all")
    for day in ("2025-03-01", "2025-02-01"):
        assert rowmill(f"{line} --date {day} --out", tmp_path / "days").code == 0

    whole, days = rows_at(tmp_path / "all"), rows_at(tmp_path / "days")
    assert whole.height == 61 * 50
    assert days.height == 2 * 50
    assert_frame_equal(days, whole.filter(pl.col("transaction_id").is_in(days["transaction_id"].implode())))


def test_the_end_alone_is_thirty_days(rowmill: Rowmill, tmp_path: Path) -> None:
    line = "generate payments --rows 10 --seed 1 --end 2026-01-10 --out"
    first = rowmill(line, tmp_path / "o", "--date", "2025-12-12")
    before = rowmill(line, tmp_path / "p", "--date", "2025-12-11")

    assert (first.code, before.code) == (0, 2)
    assert "outside the period 2025-12-12 to 2026-01-10" in before.err


def test_flags_over_a_file_may_turn_a_closed_period_into_an_open_one(rowmill: Rowmill, tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("data: {rows: 100, start: 2025-03-01, end: 2025-03-05, seed: 1}\nrun: {workers: 1}\n")
    open_one = rowmill(
        "generate payments --rows-per-day 7 --date 2025-04-01 --json --out", tmp_path / "a", "--config", file
    )
    file.write_text("data: {rows_per_day: 7, start: 2025-03-01, seed: 1}\nrun: {workers: 1}\n")
    closed = rowmill("generate payments --rows 9 --end 2025-03-02 --json --out", tmp_path / "b", "--config", file)
    days = rowmill("generate payments --end 2025-03-02 --json --out", tmp_path / "c", "--config", file)

    assert [json.loads(a.out)["rows"] for a in (open_one, closed, days)] == [7, 9, 14]


def test_columns_are_those_of_the_whole(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --quiet --out", tmp_path / "whole")
    rowmill(f"{SMALL} --columns amount,transaction_id --quiet --out", tmp_path / "few")

    few = rows_at(tmp_path / "few")
    assert few.columns == ["transaction_id", "amount"]
    assert_frame_equal(few, rows_at(tmp_path / "whole").select(few.columns))


def test_a_dry_run_is_near_and_writes_nothing(rowmill: Rowmill, tmp_path: Path) -> None:
    line = "generate payments --rows 5_000 --seed 5 --workers 1 --partition-by day --json"
    estimate = json.loads(rowmill(f"{line} --dry-run --out", tmp_path / "o").out)
    assert list(tmp_path.iterdir()) == []
    actual = json.loads(rowmill(f"{line} --out", tmp_path / "o").out)

    assert estimate["tables"]["transactions"]["rows"] == 5_000
    assert estimate["tables"]["transactions"]["files"] == actual["tables"]["transactions"]["files"] == 30
    assert set(estimate["tables"]) == set(actual["tables"])
    for name, table in estimate["tables"].items():
        assert not table["exact"] or table["rows"] == actual["tables"][name]["rows"]
    assert estimate["bytes"] == pytest.approx(actual["bytes"], rel=0.3)
    assert estimate["free_bytes"] > 0
    assert "nothing was written" in rowmill(f"{SMALL} --dry-run --out", tmp_path / "p").err
    assert "nothing was written" in rowmill(f"{SMALL} --dry-run").err
    assert "--part 1/2: rows, bytes and files are those of all shares" in rowmill(f"{SMALL} --dry-run --part 1/2").err


@pytest.mark.parametrize("ask", ["-v --log-format json", "--log-level info --log-format json", "-vv --log-format json"])
def test_logs_are_json_lines_when_asked(rowmill: Rowmill, tmp_path: Path, ask: str) -> None:
    answer = rowmill(f"{SMALL} --quiet {ask} --out", tmp_path)
    records = [json.loads(line) for line in answer.err.splitlines()]

    assert records
    assert all({"event", "level", "timestamp"} <= set(record) for record in records)


def test_logs_are_text_with_v(rowmill: Rowmill, tmp_path: Path) -> None:
    assert "info" in rowmill(f"{SMALL} --quiet -v --out", tmp_path).err


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--rows -1", "data.rows: got -1; input should be greater than or equal to 0 (from --rows)"),
        ("--rows abc", "data.rows: got 'abc'; a whole number is needed, such as 1_000"),
        ("--rows 1.5", "data.rows: got 1.5; a whole number is needed"),
        ("--fraud-rate 2", "data.fraud_rate: got 2; input should be less than or equal to 1 (from --fraud-rate)"),
        ("--start 2025-12-01 --end 2025-11-01", "data.end: got 2025-11-01, before start 2025-12-01"),
        ("--start 2025-13-01", "--start: got '2025-13-01'; there is no such day"),
        ("--date 2025-11-31", "--date: got '2025-11-31'; there is no such day"),
        ("--date 20251130", "--date: got '20251130'; a date is written YYYY-MM-DD"),
        ("--rows 1e13", "data.rows: got 10000000000000; input should be less than or equal to"),
        ("--set data.nulls={XX:1}", "--set line 1: cannot be read as YAML: 'XX:1' lacks a space after the colon"),
        ("--date tomorrow", "--date: got 'tomorrow'; a date is written YYYY-MM-DD"),
        ("--date 2025-12-01", "date 2025-12-01: outside the period 2025-11-01 to 2025-11-30"),
        (
            "--rows-per-day 3 --date 2025-01-02",
            "date 2025-01-02: the period begins on 2025-11-01 and has no end; ask for a later day, or set another",
        ),
        ("--fraud-rate 30%", "data.fraud_rate: got '30%'; a number is needed, such as 0.3 (from --fraud-rate)"),
        ("--rows 3 --rows-per-day 3", "--rows and --rows-per-day: a period is closed or open; give one of them"),
        ("--rows-per-day 3 --start 2025-01-01", "an open period has no end: give --date, or --end"),
        ("--rows-per-day 3 --start 2025-01-01 --date 2025-01-02 --end 2025-01-03", "--date and --end: an open period"),
        ("--columns amout", "column 'amout': unknown in transactions; did you mean 'amount'?"),
        ("--columns ,", "columns: got none"),
        ("--part 3/2", "--part 3/2: i runs from 1 to n"),
        ("--part 1", "--part 1: not of the form I/N"),
        ("--part 1/2", "--part 1/2: needs a seed, the same on every machine; give --seed N"),
        ("--seed -1", "data.seed: got -1"),
        ("--seed 9223372036854775808", "data.seed: got 9223372036854775808"),
        ("--compression xyz", "run.compression: got 'xyz'; input should be 'snappy', 'zstd', 'gzip' or 'none'"),
        ("--format csv --compression snappy", "compression 'snappy': csv takes none, gzip, zstd"),
        ("--workers 0", "run.workers: got 0; input should be greater than or equal to 1 (from --workers)"),
        ("--name {foo}", "name '{foo}': unknown field {foo}"),
        ("--config nowhere.yaml", "--config nowhere.yaml: no such file"),
        ("--set data.fruad_rate=1", "data.fruad_rate: unknown key; did you mean 'fraud_rate'? (from --set)"),
        ("--overwrite --resume", "--overwrite and --resume: replace what is there or continue it; give one of them"),
        ("--metrics-file nowhere/m.prom", "--metrics-file nowhere/m.prom: cannot be written"),
    ],
)
def test_bad_input_is_explained_and_writes_nothing(rowmill: Rowmill, tmp_path: Path, flags: str, message: str) -> None:
    answer = rowmill(f"generate payments {flags} --out", tmp_path / "o")

    assert answer.code == 2
    assert answer.err.startswith(f"rowmill: {message}")
    assert len(answer.err.splitlines()) <= 2
    assert answer.out == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize("rows", [0, 1, 200])
def test_a_dry_run_of_few_rows_is_exact(rowmill: Rowmill, tmp_path: Path, rows: int, form: str) -> None:
    line = f"generate payments --rows {rows} --seed 5 --workers 1 --format {form} --json --out"
    estimate = json.loads(rowmill(line, tmp_path / "o", "--dry-run").out)
    actual = json.loads(rowmill(line, tmp_path / "o").out)

    for name, table in estimate["tables"].items():
        assert table["exact"]
        assert table["rows"] == actual["tables"][name]["rows"]


def test_a_dry_run_says_which_rows_are_about(capsys: pytest.CaptureFixture[str]) -> None:
    tables = {
        "events": TableEstimate(1_000_000, 2, 5_000, 1.0, True),
        "labels": TableEstimate(15_000, 1, 70, 0.1, False),
    }

    show_estimate(Estimate("o", "whole", "0" * 32, 1, tables, 2, 1.5, 10**9))

    assert capsys.readouterr().err.splitlines()[:3] == [
        "table           rows        bytes  files",
        "events     1,000,000  about 5,000      2",
        "labels  about 15,000     about 70      1",
    ]


def test_a_column_without_nulls_is_not_called_missing(rowmill: Rowmill, tmp_path: Path) -> None:
    answer = rowmill(f"{SMALL} --out", tmp_path)

    missing = next(line for line in answer.err.splitlines() if line.startswith("missing: "))
    assert "mcc_code 5.000%" in missing
    assert "device_type" not in missing


def test_a_drawn_seed_is_shown_where_no_row_is_made(rowmill: Rowmill, tmp_path: Path) -> None:
    answer = rowmill("generate payments --rows 0 --quiet --out", tmp_path)

    assert answer.err.count("(drawn;") == 1


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (
            "gs://bucket/x",
            "run.out: got 'gs://bucket/x'; of the object stores s3:// and az:// alone are supported; give a path here",
        ),
        ("ftp://host/x", "run.out: got 'ftp://host/x'; unknown scheme 'ftp'; give a path here, or file:///"),
        ("/proc/x", "/proc/x/_rowmill: cannot be made there; choose a folder that you may write to"),
    ],
)
def test_a_place_that_takes_no_files_is_refused(rowmill: Rowmill, out: str, message: str) -> None:
    answer = rowmill("generate payments --rows 5 --out", out)

    assert answer == (2, "", f"rowmill: {message}\n")


def test_a_destination_is_needed(rowmill: Rowmill) -> None:
    answer = rowmill("generate payments --rows 5")

    assert answer.code == 2
    assert answer.err.startswith("rowmill: --out: missing; give the directory to write to")


def test_data_of_another_spec_is_refused_by_its_differences(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --quiet --out", tmp_path)
    answer = rowmill(f"{SMALL} --fraud-rate 0.5 --out", tmp_path)

    assert answer.code == 2
    assert "fraud_rate is 0.003 there, 0.5 here" in answer.err
    assert rowmill(f"{SMALL} --fraud-rate 0.5 --overwrite --quiet --out", tmp_path).code == 0


def test_variables_and_env_files_reach_the_run(
    rowmill: Rowmill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWMILL_DATA__ROWS", "40")
    monkeypatch.setenv("ROWMILL_RUN__OUT", str(tmp_path / "o"))
    (tmp_path / "env").write_text("ROWMILL_DATA__SEED=9\nROWMILL_DATA__ROWS=1\n")
    answer = rowmill("generate payments --json --env-file", tmp_path / "env")

    found = json.loads(answer.out)
    assert (found["rows"], found["seed"], found["destination"]) == (40, 9, str(tmp_path / "o"))


def test_what_has_no_effect_is_said_by_every_command_that_makes_rows(rowmill: Rowmill, tmp_path: Path) -> None:
    words = "payments --rows 50 --seed 1 --fraud-rate 0 --set data.fraud.block_days=3"
    line = "data.fraud.block_days: no effect: fraud_rate is 0 (from --set)"

    shown = rowmill(f"preview {words} --format json")
    tried = rowmill(f"generate {words} --dry-run --json")
    made = rowmill(f"generate {words} --json --format csv --encoding compact --out", tmp_path / "o")

    encoding = "run.encoding: no effect: files of the format csv have no encodings (from --encoding)"
    assert shown.err.splitlines() == [line]
    assert (tried.err.splitlines(), json.loads(tried.out)["notes"]) == ([line], [line])
    assert (made.err.splitlines(), json.loads(made.out)["notes"]) == ([line, encoding], [line, encoding])


def test_a_period_that_a_flag_closes_or_opens_is_noted_before_what_follows_from_it(
    rowmill: Rowmill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "nightly.yaml"
    file.write_text("data: {rows_per_day: 50, start: 2025-01-01, seed: 5}\n")

    outside = rowmill("generate payments --rows 10 --date 2025-06-01 --config", file, "--out", tmp_path / "o")
    closed = rowmill("generate payments --rows 10 --dry-run --json --config", file)
    twice = rowmill("generate payments --rows 100 --set data.rows=200 --seed 1 --dry-run --json")
    monkeypatch.setenv("ROWMILL_DATA__ROWS", "70")
    opened = rowmill("preview payments -n 1 --rows-per-day 50 --start 2025-01-01 --date 2025-01-02 --seed 1")

    line = f"data.rows_per_day: no effect: --rows goes over it (from {file})"
    assert outside.code == 2
    assert outside.err.splitlines()[0] == line
    assert (closed.err.splitlines(), json.loads(closed.out)["notes"]) == ([line], [line])
    assert json.loads(twice.out)["notes"] == ["--rows: no effect: --set data.rows=200 goes over it"]
    assert opened.err.splitlines() == [
        "data.rows: no effect: --rows-per-day goes over it (from environment ROWMILL_DATA__ROWS)"
    ]


def test_a_variable_that_stands_for_nothing_stops_a_command(
    rowmill: Rowmill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROWMILL_DATA", '{"fraud_rate": 0.9}')

    answer = rowmill(f"{SMALL} --out", tmp_path / "o")

    assert answer.code == 2
    assert "ROWMILL_DATA: a section has no value of its own; set its keys, such as ROWMILL_DATA__SEED" in answer.err
    assert not (tmp_path / "o").exists()


def test_the_last_line_says_of_which_table_its_rows_are(rowmill: Rowmill, tmp_path: Path) -> None:
    line = "generate payments --rows 50 --seed 1 --workers 1 --out"

    assert "all: 50 rows of transactions in " in rowmill(line, tmp_path / "all").err
    assert "one: 50 rows in " in rowmill(line, tmp_path / "one", "--tables", "transactions").err
