"""Censuses that cannot be: refused through the command line, with the row, the rule and the fix, nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit.cli.conftest import Rowmill

HEADER = "employee_id,hire_date,birth_date,salary,deferral_rate"
PERSON = "A1,2015-03-01,1980-05-05,70000,0.06"
CENSUSES = {
    "no id": ("hire_date,salary\n2015-03-01,1", "no column 'employee_id', has hire_date, salary; it needs employee_id"),
    "no pay": ("employee_id,hire_date\nA,2015-03-01", "no column 'gross_compensation' or 'salary'"),
    "no hire": ("employee_id,salary\nA,70000", "no column 'hire_date' or 'tenure_months'"),
    "doubled id": (f"{HEADER}\n{PERSON}\n{PERSON}", "row 2: got employee_id 'A1'; row 1 has it already"),
    "impossible date": (f"{HEADER}\nA1,2015-02-30,,70000,", "row 1: got hire_date '2015-02-30'; it must be a date"),
    "to come": (f"{HEADER}\nA1,2026-02-03,,70000,", "row 1: got hire_date '2026-02-03'; it must lie before 2025-01-01"),
    "unborn": (f"{HEADER}\nA1,1979-02-03,1980-05-05,70000,", "row 1: got birth_date '1980-05-05'; nobody is hired"),
    "no pay in a row": (
        f"{HEADER}\n{PERSON}\nA2,2015-03-01,,,",
        "row 2: salary is missing; everybody needs annual pay",
    ),
    "negative pay": (f"{HEADER}\nA1,2015-03-01,,-1,", "row 1: got salary '-1'; it must lie in 0.01 …"),
    "pay of nobody": (f"{HEADER}\nA1,2015-03-01,,1e15,", "row 1: got salary '1e15'; it must lie in 0.01 …"),
    "a rate of 600 %": (f"{HEADER}\nA1,2015-03-01,,70000,6", "row 1: got deferral_rate '6'; it must lie in 0 … 1"),
    "a hire's id": (f"{HEADER}\nNH_2025_000001,2015-03-01,,70000,", "are given to people who are hired"),
    "semicolons": ("employee_id;salary\nA;1", "is separated by ';'; save it separated by commas"),
    "a workbook": ("PK\x03\x04abc", "it is a workbook or an archive; save the table as CSV"),
    "cut short": (f"{HEADER}\n{PERSON}\nA2,2015", "got 2 values under a header of 5"),
    "nothing": (HEADER, "holds no row"),
}


@pytest.mark.parametrize(("text", "message"), CENSUSES.values(), ids=CENSUSES)
def test_a_census_that_cannot_be_is_refused_by_row_and_rule(
    text: str, message: str, rowmill: Rowmill, tmp_path: Path
) -> None:
    (tmp_path / "people.csv").write_text(text + "\n", "utf-8")

    answer = rowmill(
        "generate workforce --years 2025 --seed 5 --census", tmp_path / "people.csv", "--out", tmp_path / "o"
    )

    assert answer.code == 2
    assert "people.csv" in answer.err
    assert message in answer.err
    assert len(answer.err.strip().splitlines()) <= 2
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "it is a folder; give the path of a file"), (f"{HEADER}\nÄ1,,,,\n".encode("latin-1"), "save it as UTF-8")],
)
def test_what_is_no_table_of_text_is_refused(
    content: bytes | None, message: str, rowmill: Rowmill, tmp_path: Path
) -> None:
    place = tmp_path / "census"
    if content is None:
        place.mkdir()
    else:
        place.write_bytes(content)

    answer = rowmill("generate workforce --years 2025 --seed 5 --census", place, "--out", tmp_path / "o")

    assert answer.code == 2
    assert message in answer.err
    assert not (tmp_path / "o").exists()
