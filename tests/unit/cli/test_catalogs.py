"""``--catalog``: a user's own file in the place of a table, on the command line and in a configuration."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from unit.cli.conftest import Rowmill

SMALL = "generate payments --rows 300 --seed 5 --workers 1"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    path = tmp_path / "people.csv"
    path.write_text("customer_id,country\n" + "".join(f"{100 + i},US\n" for i in range(20)))
    return path


def test_a_file_may_come_by_flag_environment_or_configuration(
    rowmill: Rowmill, people: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(f"run:\n  inputs: {{customers: {people}}}\n")
    answers = [
        rowmill(f"{SMALL} --json --catalog customers={people} --out", tmp_path / "a"),
        rowmill(f"{SMALL} --json --config {config} --out", tmp_path / "b"),
    ]
    monkeypatch.setenv("ROWMILL_RUN__INPUTS__CUSTOMERS", str(people))
    answers.append(rowmill(f"{SMALL} --json --out", tmp_path / "c"))
    monkeypatch.delenv("ROWMILL_RUN__INPUTS__CUSTOMERS")
    plain = rowmill(f"{SMALL} --json --out", tmp_path / "d")

    assert [answer.code for answer in answers] == [0, 0, 0]
    assert len({json.loads(answer.out)["fingerprint"] for answer in [*answers, plain]}) == 2
    assert len({json.loads(answer.out)["digest"] for answer in answers}) == 1
    assert set(pl.read_parquet(tmp_path / "c/customers/*.parquet")["customer_id"]) == set(range(100, 120))


def test_verify_preview_schema_and_diff_know_the_file(rowmill: Rowmill, people: Path, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --quiet --catalog customers={people} --out", tmp_path / "a")
    rowmill(f"{SMALL} --quiet --out", tmp_path / "b")

    refused = rowmill("verify", tmp_path / "a")
    preview = rowmill(
        f"preview payments --rows 300 --seed 5 --table customers --format csv -n 1 --catalog customers={people}"
    )
    diff = rowmill("diff --rows -n 1", tmp_path / "a", tmp_path / "b")

    assert rowmill(f"verify --catalog customers={people}", tmp_path / "a").code == 0
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert "--catalog customers=FILE" in refused.err
    assert preview.out.splitlines()[1].startswith("100,US,")
    assert diff.code == 3
    assert "data.inputs" in diff.out
    assert rowmill(f"schema payments --set data.rows=300 --catalog customers={people}").code == 0


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--catalog people.csv", "--catalog people.csv: not of the form NAME=FILE"),
        ("--catalog customers=", "--catalog customers=: not of the form NAME=FILE"),
        ("--catalog customers=a --catalog customers=b", "customers is given twice"),
        ("--catalog custmers=a", "input 'custmers': unknown; did you mean 'customers'?"),
        ("--catalog customers=nowhere.csv", "nowhere.csv: no such file"),
        ("--catalog customers={bad}", "bad.csv, row 2: got customer_id '1'; row 1 has it already"),
    ],
)
def test_what_cannot_be_used_is_refused_and_nothing_is_written(
    rowmill: Rowmill, tmp_path: Path, flags: str, message: str
) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("customer_id,country\n1,US\n1,US\n")

    answer = rowmill(f"{SMALL} {flags.format(bad=bad)} --out", tmp_path / "o")

    assert answer.code == 2
    assert message in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "o").exists()
