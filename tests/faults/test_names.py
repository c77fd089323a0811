"""Names that other libraries would interpret: every command takes them as they are."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from support.dbt import needs_dbt
from support.names import ALL, HOSTILE, NOT_IN_SQL, fellows
from support.switches import switch
from unit.cli import conftest as commands

rowmill = commands.rowmill

RUN = "generate payments --rows 40 --seed 3 --workers 1 --quiet --out"
EVERY = switch("ROWMILL_FAULTS")
NAMES = HOSTILE if EVERY else (ALL, HOSTILE[-1])


@pytest.mark.parametrize("name", NAMES)
def test_every_command_takes_a_folder_by_its_name(rowmill: commands.Rowmill, tmp_path: Path, name: str) -> None:
    out, other = tmp_path / "places" / name, tmp_path / "others" / name
    if fellows(name) != name:
        beside = tmp_path / "places" / fellows(name) / "transactions"
        beside.mkdir(parents=True)
        (beside / "x.parquet").write_bytes(b"no Parquet")

    lines = [
        rowmill(RUN, out),
        rowmill(f"{RUN[:-6]} --json --out", out),
        rowmill(f"{RUN[:-6]} --resume --out", out),
        rowmill("info", out),
        rowmill("info --json", out),
        rowmill("verify", out),
        rowmill("finalize", out),
        rowmill("diff", out, out),
        rowmill(RUN.replace("--seed 3", "--seed 4"), other),
    ]
    again = json.loads(lines[1].out)
    changed = rowmill("diff --rows -n 1 --json", out, other)

    assert [(line.code, line.err) for line in lines if line.code] == []
    assert again["skipped"]
    assert again["facts"]["null_shares"]
    assert again["destination"] == str(out)
    assert changed.code == 3
    assert len(json.loads(changed.out)["rows"]) == 4


WORKFORCE = "generate workforce --employees 20 --years 2025 --seed 1 --workers 1 --quiet"


@pytest.mark.parametrize("name", NOT_IN_SQL)
@pytest.mark.parametrize("line", [f"{WORKFORCE} --dbt build --out", "dbt build"])
def test_what_sql_cannot_name_is_refused_before_anything(
    rowmill: commands.Rowmill, tmp_path: Path, name: str, line: str
) -> None:
    needs_dbt()
    out = tmp_path / name
    if line == "dbt build":
        rowmill(f"{WORKFORCE} --out", out)
    before = sorted(out.rglob("*"))

    answer = rowmill(line, out)

    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "SQL" in answer.err or "DuckDB" in answer.err
    assert sorted(out.rglob("*")) == before


# A build for each name takes minutes; tests of the command build below a name that has it all.
@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in NOT_IN_SQL] if EVERY else [])
def test_dbt_takes_a_folder_by_its_name(rowmill: commands.Rowmill, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    for place in dict.fromkeys((out, tmp_path / fellows(name))):
        rowmill(f"{WORKFORCE} --out", place)

    built = rowmill("dbt build --threads 1", out)

    assert built.code == 0, built.err
    with duckdb.connect(str(out / "workforce.duckdb"), read_only=True) as connection:
        found = connection.execute("SELECT (SELECT count(*) FROM fct_yearly_events), count(*) FROM stg_census")
        written = [pq.read_metadata(file).num_rows for file in (out / "events").rglob("*.parquet")]
        assert found.fetchall() == [(sum(written), 20)]
