"""``info``, ``verify``, ``finalize`` and ``diff``: what a user asks of data that lies there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from support.postgres import shared_server
from unit.cli.conftest import Rowmill

SMALL = "generate payments --rows 400 --workers 1 --quiet"


@pytest.fixture
def made(rowmill: Rowmill, tmp_path: Path) -> Path:
    assert rowmill(f"{SMALL} --seed 5 --out", tmp_path / "a").code == 0
    return tmp_path / "a"


def test_info_says_what_lies_there(rowmill: Rowmill, made: Path) -> None:
    people, program = rowmill("info", made), json.loads(rowmill("info --json", made).out)
    columns = [digest for table in program["tables"].values() for digest in table["columns"].values()]
    assert all(re.fullmatch("[0-9a-f]{32}", digest) for digest in columns)

    assert program["rows"] == 400
    assert program["seed"] == program["spec"]["seed"] == 5
    assert program["digest"] in people.out
    assert f"data version {program['data_version']}, by rowmill {program['engine_version']}, seed 5" in people.out
    assert [file["path"] for file in program["tables"]["cards"]["files"]] == [
        str(file.relative_to(made)) for file in made.glob("cards/*")
    ]
    assert program["slices"] == [{"label": "whole", "dates": ["2025-11-01", "2025-11-30"], "rows": 400}]


def test_info_tells_statistics_of_columns_as_the_files_have_them(rowmill: Rowmill, made: Path) -> None:
    people, program = rowmill("info --columns", made).out, json.loads(rowmill("info --json", made).out)
    found = program["tables"]["transactions"]["statistics"]
    rows = pl.read_parquet(made / "transactions/*.parquet")
    facts = found["columns"]

    assert found["rows_looked_at"] == sum(found["hours_of_week"]) == 400
    assert facts["device_id"]["null_share"] == rows["device_id"].null_count() / 400
    assert facts["label_fraud"]["true_share"] == rows["label_fraud"].mean()
    assert (facts["amount"]["least"], facts["amount"]["greatest"]) == (rows["amount"].min(), rows["amount"].max())
    assert facts["channel"]["counts"] == dict(rows["channel"].value_counts().iter_rows())
    assert facts["event_time"]["least"][:19] == rows["event_time"].min().isoformat()[:19]
    assert re.search(r"^amount .* " + f"{rows['amount'].max():,} ", people, re.MULTILINE)


def test_verify_finds_a_changed_cell_and_names_the_file(rowmill: Rowmill, made: Path) -> None:
    sound = rowmill("verify", made)
    file = next(made.glob("cards/*.parquet"))
    table = pl.read_parquet(file)
    table.with_columns(last4=pl.col("last4").reverse()).write_parquet(file)
    broken = rowmill("verify", made)
    report = json.loads(rowmill("verify --json --table cards", made).out)

    assert (sound.code, broken.code) == (0, 3)
    assert file.name in broken.err
    assert report["ok"] is False
    assert {problem["table"] for problem in report["problems"]} == {"cards"}
    assert rowmill("verify --quiet --table merchants", made) == (0, "", "")


def test_a_repair_is_not_kept_from_broken_files_by_a_foreign_one(rowmill: Rowmill, made: Path) -> None:
    cards, customers = (next(made.glob(f"{table}/*.parquet")) for table in ("cards", "customers"))
    whole = cards.read_bytes(), customers.read_bytes()
    extra = made / "cards/extra.parquet"
    extra.write_bytes(whole[0])
    customers.unlink()
    table = pl.read_parquet(cards)
    table.with_columns(last4=pl.col("last4").reverse()).write_parquet(cards)

    answer = rowmill("verify --repair", made)

    assert answer.code == 3
    assert (cards.read_bytes(), customers.read_bytes(), extra.read_bytes()) == (*whole, whole[0])
    assert "made 2 files again" in answer.err
    assert "cards cards/extra.parquet: is in no manifest; remove it" in answer.err
    extra.unlink()
    assert rowmill("verify", made).code == 0


def test_verify_claims_unique_ids_only_where_it_read_them(rowmill: Rowmill, made: Path, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --seed 5 --columns amount --out", tmp_path / "b")
    whole, part = rowmill("verify", made), rowmill("verify", tmp_path / "b")
    report = json.loads(rowmill("verify --json", tmp_path / "b").out)

    assert "rows, no key twice" in whole.err
    assert f"{report['rows'] - 400:,} with a key, none twice" in part.err
    assert report["keyed_rows"] == report["rows"] - 400


def test_verify_names_rows_that_point_at_nothing(rowmill: Rowmill, made: Path) -> None:
    sound = rowmill("verify", made)
    [file] = made.glob("customers/*.parquet")
    payers = pl.read_parquet(made / "transactions/*.parquet")["customer_id"]
    gone, payments = payers.mode()[0], payers.value_counts()["count"].max()
    people = pq.read_table(file)
    pq.write_table(people.filter(pc.field("customer_id") != gone), file, store_schema=False)
    broken = rowmill("verify", made)
    found = json.loads(rowmill("verify --json", made).out)["foreign_keys"]

    assert (sound.code, broken.code) == (0, 3)
    assert "; 7 foreign keys name rows that are there; " in sound.err
    said = (
        f"transactions: {payments} rows name no row of customers (customer_id): customer_id {gone} "
        "(first in transactions where transaction_id is "
    )
    assert said in broken.err
    assert next(link["orphans"] for link in found if link["references"] == "customers") == payments
    assert {tuple(link["first"]) for link in found} == {(), (str(gone),)}


def test_verify_says_which_keys_it_could_not_look_up(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --seed 5 --date 2025-11-03 --out", tmp_path / "b")
    answer = rowmill("verify", tmp_path / "b")

    assert answer.code == 0
    assert "6 foreign keys name rows that are there; " in answer.err
    assert "transactions (previous_txn_id) → transactions (transaction_id) was not looked up: it may name" in answer.err


def test_equal_rows_in_other_files_do_not_differ(rowmill: Rowmill, made: Path, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --seed 5 --format csv --partition-by day --out", tmp_path / "b")
    answer = rowmill("diff", made, tmp_path / "b")

    assert answer.code == 0
    assert "hold the same rows" in answer.out


def test_differing_specs_are_named_field_by_field(rowmill: Rowmill, made: Path, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --seed 6 --fraud-rate 0.1 --out", tmp_path / "b")
    answer = rowmill("diff --json", made, tmp_path / "b")
    found = json.loads(answer.out)

    assert answer.code == 3
    assert found["equal"] is False
    assert {fact["name"]: (fact["left"], fact["right"]) for fact in found["facts"]} == {
        "data.seed": (5, 6),
        "data.fraud_rate": (0.003, 0.1),
    }
    assert found["rows"] == []


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_differing_rows_are_those_that_a_join_finds(rowmill: Rowmill, made: Path, tmp_path: Path, form: str) -> None:
    other = "--seed 5 --set data.nulls.device_id=0.5"
    rowmill(f"{SMALL} {other} --format {form} --out", tmp_path / "b")
    rowmill(f"{SMALL} {other} --out", tmp_path / "oracle")
    found = json.loads(rowmill("diff --rows -n 1000 --json", made, tmp_path / "b").out)

    one, two = (pl.read_parquet(path / "transactions/*.parquet") for path in (made, tmp_path / "oracle"))
    with duckdb.connect() as connection:
        connection.register("one", one.to_arrow())
        connection.register("two", two.to_arrow())
        wanted = connection.execute(
            "SELECT one.transaction_id FROM one JOIN two USING (transaction_id) "
            "WHERE one.device_id IS DISTINCT FROM two.device_id ORDER BY 1"
        ).fetchall()
    assert [table["columns"] for table in found["tables"]] == [["device_id"]]
    assert [int(row["key"]["transaction_id"]) for row in found["rows"]] == [key for (key,) in wanted]
    assert {cell["name"] for row in found["rows"] for cell in row["cells"]} == {"device_id"}


def test_rows_of_one_side_alone_are_named(rowmill: Rowmill, made: Path, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --seed 5 --date 2025-11-03 --out", tmp_path / "b")
    answer = rowmill("diff --rows -n 3", made, tmp_path / "b")

    assert answer.code == 3
    assert answer.out.count("\ntransactions transaction_id ") == 3
    assert answer.out.count(f"in {made} alone") == 6
    assert "400 rows | " in answer.out


@pytest.mark.parametrize("line", ["info", "verify", "finalize", "diff {0}"])
def test_nothing_there_is_wrong_usage(rowmill: Rowmill, tmp_path: Path, line: str) -> None:
    answer = rowmill(line.format(tmp_path), tmp_path)

    assert answer.code == 2
    assert answer.err.startswith(f"rowmill: {tmp_path}: holds no")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("table", ["transactions", "cards"])
def test_a_missing_file_is_found(rowmill: Rowmill, made: Path, table: str) -> None:
    next(made.glob(f"{table}/*")).unlink()
    answer = rowmill("verify", made)

    assert answer.code == 3
    assert answer.err.startswith(f"rowmill: {made}: not what its manifest says\n{table} ")
    assert "missing" in answer.err


@pytest.mark.parametrize("table", ["transactions", "merchants"])
@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(b"PAR1")])
def test_a_rerun_over_lost_files_names_one_and_resume_makes_them_again(
    rowmill: Rowmill, made: Path, damage: Callable[[Path], object], table: str
) -> None:
    file = next(made.glob(f"{table}/*"))
    before = file.read_bytes()
    damage(file)
    again = "generate payments --rows 400 --workers 1 --seed 5 --out"
    answers = [rowmill(again, made), rowmill("finalize", made)]
    repaired = rowmill(f"{again} {made} --resume")

    for answer in answers:
        assert answer.code == 3
        assert f"{table}/{file.name} is " in answer.err
        assert "--resume" in answer.err
    assert (repaired.code, file.read_bytes()) == (0, before)
    assert "1 lost files made again" in repaired.err
    assert rowmill(again, made).code == 0


def test_damaged_slices_are_written_again_one_after_another(rowmill: Rowmill, tmp_path: Path) -> None:
    nightly = "generate payments --rows-per-day 20 --seed 5 --workers 1 --quiet --out"
    days = ("2025-11-01", "2025-11-02")
    for day in days:
        assert rowmill(nightly, tmp_path, "--date", day).code == 0
    clean = json.loads(rowmill("info --json", tmp_path).out)["digest"]
    for day in days:
        [manifest] = tmp_path.glob(f"_rowmill/{day}/manifest-*.json")
        manifest.write_text("[")

    first, second = (rowmill(nightly, tmp_path, "--date", day, "--overwrite") for day in reversed(days))

    assert (first.code, first.err) == (0, "")
    assert (second.code, second.err) == (0, "")
    assert json.loads(rowmill("info --json", tmp_path).out)["digest"] == clean
    assert rowmill("verify --remake none", tmp_path).code == 0


def test_more_rows_than_a_database_counts_may_be_asked_for(rowmill: Rowmill, made: Path) -> None:
    answer = rowmill(f"diff --rows -n {10**20}", made, made)

    assert (answer.code, answer.err) == (0, "")


UNPRIVILEGED = """
import sys
from rowmill.cli import main
from support.unprivileged import unprivileged
with unprivileged():
    sys.exit(main(sys.argv[1:]))
"""


def test_a_file_that_may_not_be_read_is_said_in_one_line(made: Path) -> None:
    """In a process of its own: rights are each thread's, and threads of Arrow and DuckDB read files too."""
    next(made.glob("cards/*.parquet")).chmod(0)
    answer = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, "diff", "--rows", made, made],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 2
    assert answer.stderr.count("\n") == 1
    assert "Permission denied; it takes the right to read it" in answer.stderr


def test_info_says_how_far_an_unfinished_run_is(rowmill: Rowmill, tmp_path: Path) -> None:
    line = "generate payments --rows-per-day 50 --start 2025-01-01 --workers 1 --seed 5 --quiet --out"
    alone = rowmill(line, tmp_path, "--date", "2025-01-01", "--part", "1/2"), rowmill("info", tmp_path)
    rowmill(line, tmp_path, "--date", "2025-01-02")
    beside, program = rowmill("info", tmp_path), json.loads(rowmill("info --json", tmp_path).out)

    assert (alone[0].code, alone[1].code, beside.code) == (0, 2, 0)
    assert "slice 2025-01-01 is unfinished: 3 of 5 parts are made; continue with --resume" in alone[1].err
    assert "slice 2025-01-01 is unfinished: 3 of 5 parts are made\n" in beside.out
    assert program["unfinished"] == [{"slice": "2025-01-01", "made": 3, "parts": 5}]


def test_finalize_names_each_slice(rowmill: Rowmill, tmp_path: Path) -> None:
    line = "generate payments --rows-per-day 50 --start 2025-01-01 --workers 1 --seed 5 --quiet --part"
    for share, day in (("1/2", 1), ("1/2", 2), ("2/2", 2), ("1/2", 3)):
        assert rowmill(line, share, "--date", f"2025-01-0{day}", "--out", tmp_path).code == 0
    lacking = rowmill("finalize", tmp_path)
    for day in (1, 3):
        assert rowmill(line, "2/2", "--date", f"2025-01-0{day}", "--out", tmp_path).code == 0
    done = rowmill("finalize", tmp_path)

    assert lacking.code == 2
    assert [line.partition("slice ")[2].split(" parts")[0] for line in lacking.err.splitlines()] == [
        "2025-01-01 lacks 2 of 5",
        "2025-01-03 lacks 2 of 5",
        "2025-01-02 is complete and published",
    ]
    assert done.code == 0
    assert "100 rows of transactions of 2025-01-01, 2025-01-03 published" in done.err


def test_shares_are_published_without_the_figures_of_a_run(rowmill: Rowmill, tmp_path: Path) -> None:
    line = "generate payments --rows 400 --workers 1 --seed 5 --quiet --set run.part_rows=200 --part"
    for share in ("1/2", "2/2"):
        assert rowmill(line, share, "--out", tmp_path / "a").code == 0
    answer = rowmill("finalize", tmp_path / "a")

    assert answer.code == 0
    assert "400 rows of transactions published" in answer.err
    assert "peak memory" not in answer.err


def test_the_closing_lines_name_no_folder_within_a_database(rowmill: Rowmill, tmp_path: Path) -> None:
    server = shared_server()
    server.do("DROP SCHEMA IF EXISTS closing CASCADE", "CREATE SCHEMA closing")
    words = "generate payments --rows 20 --seed 1 --workers 1"
    told = rowmill(f"{words} --out", server.url(schema="closing"))
    assert told.code == 0
    assert "data:" not in told.err

    printed = json.loads(rowmill(f"{words} --json --out", tmp_path / "a.duckdb").out)
    assert printed["data"] == printed["destination"] == str(tmp_path / "a.duckdb")
