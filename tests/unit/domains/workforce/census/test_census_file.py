"""A user's census: what is read, what is derived, and every error with its row."""

from __future__ import annotations

import datetime as dt
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rowmill
from rowmill.core.errors import SpecError, UsageError
from rowmill.core.units import date_of, day_number
from rowmill.domains.workforce.census.arrays import NO_DATE, PERFORMANCE
from support.censuses import LEVELS, people, read, write_rows

JAN1 = day_number(dt.date(2025, 1, 1))


def day(text):
    return day_number(dt.date.fromisoformat(text))


@pytest.mark.parametrize("name", ["people.csv", "people.csv.gz", "people.parquet"])
def test_a_census_says_of_everybody_what_the_file_says(name, tmp_path):
    rows = people()
    census = read(write_rows(tmp_path / name, rows))

    assert len(census) == len(rows)
    for row, n in zip(sorted(rows, key=lambda row: row["employee_id"]), range(len(rows)), strict=True):
        assert census.employee_id[n].decode() == row["employee_id"]
        assert census.birth_date[n] == day(row["employee_birth_date"])
        assert census.hire_date[n] == day(row["employee_hire_date"])
        assert census.pay_cents[n] == round(float(row["employee_gross_compensation"]) * 100)
        assert census.deferral_bp[n] == round(float(row["employee_deferral_rate"]) * 10_000)
        assert census.enrolled[n] == (float(row["employee_deferral_rate"]) > 0)
        assert census.escalation_opt_out[n] == (row["auto_escalation_opt_out"] == "true")
        assert census.weekly_hours[n] == 40


def test_the_columns_of_the_earlier_tool_are_known(tmp_path):
    rows = [
        {
            "employee_id": "A",
            "level": 3,
            "department": "Legal",
            "tenure_months": 30,
            "performance_tier": "High",
            "salary": 150_000.5,
            "is_enrolled": True,
        },
        {
            "employee_id": "B",
            "level": 1,
            "department": "Sales",
            "tenure_months": 0,
            "performance_tier": "low",
            "salary": 60_000.0,
            "is_enrolled": False,
        },
    ]
    census = read(write_rows(tmp_path / "census.parquet", rows))

    assert census.level.tolist() == [3, 1]
    assert [census.departments[code] for code in census.department] == ["Legal", "Sales"]
    assert [PERFORMANCE[code] for code in census.performance] == ["high", "low"]
    assert census.pay_cents.tolist() == [15_000_050, 6_000_000]
    assert census.enrolled.tolist() == [True, False]
    assert census.deferral_bp.tolist() == [600, 0]
    assert (JAN1 - census.hire_date[0]) // 30 in range(30, 33)
    assert 0 < JAN1 - census.hire_date[1] <= 31


def test_columns_have_the_names_that_a_mapping_gives_them(tmp_path):
    rows = [{"No": "7", "Joined": "2020-02-29", "Base pay": "1000.10", "Grade": "Manager"}]
    path = write_rows(tmp_path / "hr.csv", rows)
    names = {"employee_id": "No", "hire_date": "Joined", "gross_compensation": "Base pay", "level": "Grade"}

    census = read(path, census={"columns": names})

    assert census.employee_id.tolist() == [b"7"]
    assert date_of(int(census.hire_date[0])) == dt.date(2020, 2, 29)
    assert census.pay_cents.tolist() == [100_010]
    assert census.level.tolist() == [LEVELS.index("Manager") + 1]


def test_what_is_missing_is_derived_or_drawn_and_makes_sense(tmp_path):
    rows = [{"employee_id": f"E{n}", "hire_date": "2015-06-30", "salary": pay} for n, pay in enumerate(range(300))]
    for n, row in enumerate(rows):
        row["salary"] = 30_000 + 1_500 * n
    census = read(write_rows(tmp_path / "census.csv", rows))

    age = (JAN1 - census.birth_date) / 365.25
    assert ((age >= 18 + 9.5) & (age < 76)).all()
    order = np.argsort(census.pay_cents)
    assert (np.diff(census.level[order]) >= 0).all()
    assert set(census.level.tolist()) == {1, 2, 3, 4, 5}
    assert 0.6 < census.enrolled.mean() < 0.95
    assert ((census.deferral_bp > 0) == census.enrolled).all()
    assert ((census.enrollment_date == NO_DATE) == ~census.enrolled).all()
    assert (census.enrollment_date[census.enrolled] == day("2015-06-30") + 45).all()
    assert len(set(census.department.tolist())) > 3


def test_a_rate_is_derived_from_contributions(tmp_path):
    rows = [
        {
            "employee_id": name,
            "hire_date": "2020-01-01",
            "salary": 50_000,
            "pre_tax_contribution": pre,
            "roth_contribution": roth,
        }
        for name, pre, roth in (("A", 2_000, 500), ("B", 0, 0))
    ]
    census = read(write_rows(tmp_path / "census.csv", rows))

    assert census.deferral_bp.tolist() == [500, 0]
    assert census.enrolled.tolist() == [True, False]


def test_who_has_left_is_left_out(tmp_path):
    rows = people(4)
    rows[0]["employee_termination_date"] = "2024-12-31"
    rows[1]["active"] = "false"
    rows[2]["employee_termination_date"] = "2025-03-01"

    census = read(write_rows(tmp_path / "census.csv", rows))

    assert {text.decode() for text in census.employee_id} == {rows[2]["employee_id"], rows[3]["employee_id"]}


def test_who_is_never_eligible_has_no_date(tmp_path):
    rows = people(3)
    for row in rows:
        row["employee_deferral_rate"] = "0"
        row["pre_tax_contribution"] = "0"
    rows[0]["eligibility_override"] = "true"
    census = read(write_rows(tmp_path / "census.csv", rows))

    never = census.employee_id == rows[0]["employee_id"].encode()
    assert (census.eligibility_date == NO_DATE).tolist() == never.tolist()


@settings(max_examples=20)
@given(st.randoms(use_true_random=False))
def test_the_order_of_rows_and_the_format_do_not_matter(tmp_path_factory, rng: random.Random):
    folder = tmp_path_factory.mktemp("census")
    rows = people(30)
    shuffled = rng.sample(rows, len(rows))

    one, other = read(write_rows(folder / "a.csv", rows)), read(write_rows(folder / "b.parquet", shuffled))

    assert one.digest == other.digest


def test_a_person_is_the_same_whoever_else_is_there(tmp_path):
    rows = [{"employee_id": f"E{n}", "hire_date": "2015-06-30", "salary": 90_000} for n in range(50)]
    all_of_them, some = read(write_rows(tmp_path / "a.csv", rows)), read(write_rows(tmp_path / "b.csv", rows[10:20]))

    both = all_of_them.to_arrow().to_pylist()
    assert [
        row for row in both if row["employee_id"] in {f"E{n}" for n in range(10, 20)}
    ] == some.to_arrow().to_pylist()


WRONG = {
    "doubled": ({"employee_id": "SAME"}, 3, r"row 4: got employee_id 'SAME'; row 2 has it already"),
    "no id": ({"employee_id": ""}, 3, "row 4: employee_id is missing"),
    "an id like an SSN": ({"employee_id": "123-45-6789"}, 3, r"row 4: got employee_id '123-45-6789'; it looks like"),
    "an id of a hire": ({"employee_id": "NH_2025_000001"}, 3, "row 4: .* given to people who are hired"),
    "an id like a hire's": ({"employee_id": "NH_2025_1x"}, 3, "row 4: got employee_id 'NH_2025_1x'; ids that begin so"),
    "a rate in words": (
        {"employee_deferral_rate": "6%"},
        3,
        "'6%'; it must be a number of times the pay, such as 0.06",
    ),
    "no date": ({"employee_hire_date": "2020-02-30"}, 3, "row 4: got employee_hire_date '2020-02-30'; it must be"),
    "hired in the period": ({"employee_hire_date": "2025-01-01"}, 3, "row 4: .* before 2025-01-01"),
    "no hire date": ({"employee_hire_date": ""}, 3, "row 4: employee_hire_date is missing; everybody needs"),
    "a child": ({"employee_birth_date": "2015-01-01"}, 3, "row 4: got employee_birth_date .* before the age of 14"),
    "too old": ({"employee_birth_date": "1900-01-01"}, 3, "row 4: got employee_birth_date .* older than 100"),
    "left before": ({"employee_termination_date": "1990-01-01"}, 3, "row 4: .*before the hire date"),
    "no pay": ({"employee_gross_compensation": "0"}, 3, "row 4: got employee_gross_compensation '0'; it must"),
    "negative pay": ({"employee_gross_compensation": "-5"}, 3, "row 4: got employee_gross_compensation '-5'"),
    "pay in words": ({"employee_gross_compensation": "much"}, 3, "'much'; it must be a number of dollars a year"),
    "capped above gross": ({"employee_capped_compensation": "999999"}, 3, "row 4: .* exceeds the gross compensation"),
    "a percentage": ({"employee_deferral_rate": "6"}, 3, "row 4: got employee_deferral_rate '6'; .* such as 0.06"),
    "hours": ({"scheduled_hours_per_week": "200"}, 3, "row 4: .* '200'; it must lie in 1 … 168"),
    "eligible before hire": ({"eligibility_entry_date": "1980-01-01"}, 3, "row 4: .* it lies before the hire date"),
    "never eligible, enrolled": (
        {"eligibility_override": "true", "employee_deferral_rate": "0.05"},
        3,
        "row 4: .* enrolled, but never eligible",
    ),
    "neither true nor false": ({"active": "maybe"}, 3, "row 4: got active 'maybe'; it must be true or false"),
}


@pytest.mark.parametrize(("change", "at", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_is_refused_with_its_row(change, at, message, tmp_path):
    rows = people(6)
    rows[1]["employee_id"] = "SAME"
    rows[at] |= change

    with pytest.raises(UsageError, match=message):
        read(write_rows(tmp_path / "census.csv", rows))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"name": "x"}, "no column 'employee_id', has name; it needs employee_id"),
        ({"employee_id": "a", "salary": 1}, "no column 'hire_date' or 'tenure_months'; it needs one of them"),
        ({"employee_id": "a", "hire_date": "2020-01-01"}, "no column 'gross_compensation' or 'salary'"),
        (
            {"employee_id": "a", "hire_date": "2020-01-01", "salary": 1, "gross_compensation": 1},
            "two columns mean gross_compensation: salary, gross_compensation; keep one of them",
        ),
        (
            {"employee_id": "a", "hire_date": "2020-01-01", "salary": 1, "level": "Chief"},
            r"row 1: got level 'Chief'; .*known: Director, Manager",
        ),
        (
            {"employee_id": "a", "hire_date": "2020-01-01", "salary": 1, "performance_tier": "hihg"},
            "row 1: got performance_tier 'hihg'; did you mean 'high'",
        ),
        (
            {"employee_id": "a", "hire_date": "2020-01-01", "salary": 1, "active": "false"},
            "nobody in it is employed on 2024-12-31",
        ),
    ],
)
def test_a_file_that_cannot_be_a_census_says_why(row, message, tmp_path):
    with pytest.raises(UsageError, match=message):
        read(write_rows(tmp_path / "census.csv", [row]))


def test_a_mapping_to_a_column_that_is_not_there_is_refused(tmp_path):
    path = write_rows(tmp_path / "census.csv", people(3))

    with pytest.raises(UsageError, match=r"no column 'Joined', which data\.census\.columns reads as hire_date"):
        read(path, census={"columns": {"hire_date": "Joined"}})
    with pytest.raises(SpecError, match=r"data.census.columns: .*'hire_dat' is no column.*did you mean 'hire_date'"):
        rowmill.dataset("workforce", census={"columns": {"hire_dat": "Joined"}})


def test_a_spec_stands_on_the_census_that_it_was_made_with(tmp_path):
    path = write_rows(tmp_path / "census.csv", people(30))
    first = rowmill.dataset("workforce", seed=5, end=2025, inputs={"census": path})

    assert first.spec.employees == 30
    assert rowmill.dataset("workforce", first.spec, inputs={"census": path}).fingerprint == first.fingerprint
    with pytest.raises(UsageError, match=r"stands on a file of your own; give it with --catalog census=FILE"):
        rowmill.dataset("workforce", first.spec)
    write_rows(path, people(30, seed=2))
    with pytest.raises(UsageError, match=r"another census file than the data was made with"):
        rowmill.dataset("workforce", first.spec, inputs={"census": path})
    with pytest.raises(SpecError, match=r"got 7 beside .* with 30 people; drop it"):
        rowmill.dataset("workforce", seed=5, employees=7, inputs={"census": path})


def test_no_national_id_of_a_census_reaches_a_table(tmp_path):
    rows = people(25)
    data = rowmill.dataset("workforce", seed=5, end=2025, inputs={"census": write_rows(tmp_path / "c.csv", rows)})
    secret = {row["employee_ssn"] for row in rows}

    for table in data.tables.values():
        frame = table.to_polars()
        texts = {value for name in frame.columns if frame[name].dtype == "String" for value in frame[name]}
        assert not texts & secret


def test_a_rate_that_one_cell_lacks_comes_from_the_contributions_of_its_row_else_it_is_drawn(tmp_path):
    rows = [
        {
            "employee_id": name,
            "hire_date": "2015-01-01",
            "salary": 50_000,
            "deferral_rate": rate,
            "roth_contribution": paid,
        }
        for name, rate, paid in [("A", "0.08", ""), ("B", "", "5000"), ("C", "0", "5000"), ("D", "", "0")]
    ]
    rows += [{**rows[0], "employee_id": f"E{n}", "deferral_rate": ""} for n in range(200)]

    census = read(write_rows(tmp_path / "census.csv", rows))

    assert census.deferral_bp[:4].tolist() == [800, 1000, 0, 0]
    assert census.enrolled[:4].tolist() == [True, True, False, False]
    assert 0.5 < census.enrolled[4:].mean() < 0.95
    assert len(set(census.deferral_bp[4:].tolist())) > 5


def test_what_of_a_census_no_row_is_made_from_is_said_with_counts(tmp_path):
    rows = people(5)
    for row, left in zip(rows, ("2024-12-31", "2025-06-30", "2031-01-01", "", ""), strict=True):
        row |= {
            "employee_termination_date": left,
            "scheduled_hours_per_week": "20",
            "tenure_months": "5",
            "Shoe size": "43",
            "": "7",
        }
        row |= {"enrollment_date": "2024-11-30", "employee_deferral_rate": "0"}
    path = write_rows(tmp_path / "census.csv", rows)

    data = rowmill.dataset("workforce", seed=1, start=2025, end=2025, inputs={"census": path})

    assert data.notes == (
        f"{path}: 1 of 5 people are not employed on 2024-12-31 and are left out",
        f"{path}: termination_date: no rule reads one of the period: 2 people with one leave or stay as all others do",
        f"{path}: no row is made from the columns employee_ssn, Shoe size, ''",
        f"{path}: scheduled_hours_per_week: shown in the table census; no rule of pay or plan reads it",
        f"{path}: tenure_months: not read, as everybody has a hire_date",
        f"{path}: pre_tax_contribution: not read, as everybody has a deferral_rate",
        f"{path}: enrollment_date: not read of 4 people who are not enrolled",
    )


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("level_shares", (0.2, 0.2, 0.2, 0.2, 0.2), "levels of a census follow from pay"),
        ("escalation_opt_out", 0.9, "unless auto_escalation_opt_out says so"),
        ("performance_shares", (0.2, 0.6, 0.2), "the census says everybody's performance_tier"),
        ("participation", 0.1, "the census says who is enrolled"),
        ("part_time", 0.9, "the census says everybody's scheduled_hours_per_week"),
    ],
)
def test_a_share_of_what_the_census_says_is_said_to_have_no_effect(key, value, why, tmp_path):
    rows = people(40)
    for row in rows:
        row |= {"scheduled_hours_per_week": "40", "performance_tier": "low"}
    path = write_rows(tmp_path / "census.csv", rows)

    def made(**fields):
        return rowmill.dataset("workforce", seed=1, start=2025, end=2025, inputs={"census": path}, **fields)

    other = made(population={key: value})

    assert f"data.population.{key}: no effect: " in "\n".join(other.notes)
    assert why in "\n".join(other.notes)
    for table in ("census", "snapshots"):
        assert made()[table].to_polars().equals(other[table].to_polars())
