"""Values renamed in their order have the digest that they had; ``diff`` and ``verify`` hold the lists of values too."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.books import edit, manifest
from support.censuses import people, write_rows
from unit.cli.conftest import Rowmill

TRIAL = "generate vitals --subjects-per-arm 4 --method rules --seed 3 --workers 1 --quiet"
YEARS = "generate workforce --start 2025 --end 2025 --seed 3 --workers 1 --quiet"
ARMS = "--set", 'data.arms=["Drug","Control"]'
VISITS = (
    "--set",
    "data.visits=" + json.dumps([{"name": f"V{day}", "day": day, "dosed": day > 1} for day in (-14, 1, 28, 84)]),
)


def pair(rowmill: Rowmill, tmp_path: Path, line: str, *others: tuple[object, ...]) -> list[Path]:
    made = [tmp_path / str(number) for number in range(len(others))]
    for out, more in zip(made, others, strict=True):
        assert rowmill(line, "--out", out, *more).code == 0
    return made


@pytest.mark.parametrize(
    ("line", "one", "other", "columns"),
    [
        (f"{TRIAL} --tables vitals,subjects", (), ARMS, {("vitals", "TreatmentArm"), ("subjects", "TreatmentArm")}),
        (f"{TRIAL} --tables vitals", (), VISITS, {("vitals", "VisitName")}),
        (f"{YEARS} --employees 9 --tables snapshots,census", ("--scenario", "a"), ("--scenario", "b"),
         {("snapshots", "scenario_id")}),
    ],
)  # fmt: skip
def test_renamed_values_differ_though_their_digests_do_not(
    rowmill: Rowmill, tmp_path: Path, line: str, one: tuple[str, ...], other: tuple[str, ...], columns: set[object]
) -> None:
    left, right = pair(rowmill, tmp_path, line, one, other)
    answer = rowmill("diff", left, right)
    found = json.loads(rowmill("diff --json --rows", left, right).out)

    assert found["digests"][0] == found["digests"][1]
    assert answer.code == 3
    assert "same rows" not in answer.out
    assert found["equal"] is False
    assert columns <= {(table["name"], name) for table in found["tables"] for name in table["columns"]}
    assert found["rows"]
    assert found["facts"]
    assert found["facts"][0]["name"] in answer.out


def test_renamed_departments_of_a_census_differ(rowmill: Rowmill, tmp_path: Path) -> None:
    files = []
    for names in (("Finance", "Sales"), ("Accounts", "Trade")):
        rows = [{**row, "department": names[n % 2]} for n, row in enumerate(people(6))]
        files.append(("--census", write_rows(tmp_path / f"{names[0]}.csv", rows)))
    left, right = pair(rowmill, tmp_path, YEARS, *files)
    found = json.loads(rowmill("diff --json --rows", left, right).out)

    [census] = [table for table in found["tables"] if table["name"] == "census"]
    assert "department" in census["columns"]
    assert any(cell["left"] == "Finance" for row in found["rows"] for cell in row["cells"])
    assert "their files do not hold them" not in rowmill("diff --rows", left, right).out


def test_every_column_that_a_constant_fills_is_named_beside_those_of_other_digests(
    rowmill: Rowmill, tmp_path: Path
) -> None:
    studies = (("--set", f"data.study={name}") for name in ("AAA", "BBB"))
    left, right = pair(rowmill, tmp_path, f"{TRIAL} --tables dm", *studies)
    answer = rowmill("diff", left, right)

    assert "columns that differ: STUDYID, USUBJID" in answer.out
    assert "STUDYID ('AAA' | 'BBB')" in answer.out


def test_lists_in_another_order_are_no_difference_once_the_rows_are_read(rowmill: Rowmill, tmp_path: Path) -> None:
    # A value that no row has stands before the other, or behind it: other places, other digests, the same rows.
    weights = ({"A": 0, "Ops": 1}, {"Ops": 1, "Z": 0})
    asked = (("--set", f"data.hiring.departments={json.dumps(each)}") for each in weights)
    left, right = pair(rowmill, tmp_path, f"{YEARS} --employees 9 --tables census", *asked)
    found, read = (json.loads(rowmill(f"diff --json {rows}", left, right).out) for rows in ("", "--rows"))
    answer = rowmill("diff --rows", left, right)

    assert found["equal"] is False
    assert read["equal"] is True
    assert read["digests"][0] != read["digests"][1]
    assert answer.code == 0
    assert "hold the same rows" in answer.out


def test_verify_finds_a_recorded_list_that_is_not_that_of_the_spec(rowmill: Rowmill, tmp_path: Path) -> None:
    [made] = pair(rowmill, tmp_path, TRIAL, ())
    edit(manifest(made), lambda data: rename(data["schemas"]["vitals"]["fields"]))
    answer = rowmill("verify", made)

    assert answer.code == 3
    assert "vitals: slice whole: the recorded type or values of TreatmentArm are not those of its spec" in answer.err


def rename(fields: list[dict[str, object]]) -> None:
    for field in fields:
        if field["name"] == "TreatmentArm":
            field["values"] = ["Drug", "Control"]
