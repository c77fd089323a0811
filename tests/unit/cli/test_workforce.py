"""``generate workforce``: years, scenarios, levers, presets, earlier keys, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from support.censuses import people, write_rows
from unit.cli.conftest import Rowmill

SMALL = "generate workforce --employees 300 --seed 5 --workers 1 --quiet"


def events(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "events")


def stored(out: Path) -> dict[str, object]:
    manifest: dict[str, object] = json.loads(next(out.glob("_rowmill/whole/manifest-*.json")).read_text("utf-8"))
    return manifest


def spec_of(rowmill: Rowmill, words: str, tmp_path: Path) -> dict[str, object]:
    out = tmp_path / "spec"
    answer = rowmill(f"{SMALL} --overwrite {words} --out", out)
    assert answer.code == 0, answer.err
    identity = stored(out)["identity"]
    assert isinstance(identity, dict)
    return dict(identity["spec"])


def test_years_in_a_row_mean_the_same_as_the_first_and_the_last(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --years 2025 2026 2027 --out", tmp_path / "row")
    rowmill(f"{SMALL} --out", tmp_path / "ends", "--start", 2025, "--end", 2027)
    rowmill(f"{SMALL} --years 2025,2026 --years 2027 --out", tmp_path / "twice")

    digests = {str(stored(tmp_path / place)["digest"]) for place in ("row", "ends", "twice")}
    assert len(digests) == 1
    assert events(tmp_path / "row")["simulation_year"].unique().sort().to_list() == [2025, 2026, 2027]


def test_a_first_year_alone_begins_five(rowmill: Rowmill, tmp_path: Path) -> None:
    spec = spec_of(rowmill, "--start 2031", tmp_path)

    assert (spec["start"], spec["end"]) == (2031, 2035)


def test_files_lie_where_earlier_tools_look_for_them(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --years 2025 2026 --out", tmp_path / "o")

    assert sorted(p.relative_to(tmp_path / "o").as_posix() for p in tmp_path.glob("o/[a-z]*/**/*.parquet")) == [
        "census/census_2025.parquet",
        *(
            f"{table}/simulation_year={y}/{table}_{y}.parquet"
            for table in ("events", "snapshots")
            for y in (2025, 2026)
        ),
    ]


def test_the_summary_beside_the_events_says_what_was_made(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --years 2025 2026 --scenario lean --plan safe --out", tmp_path / "o")

    said = json.loads((tmp_path / "o/generation_summary.json").read_text("utf-8"))
    assert (said["start_year"], said["end_year"]) == (2025, 2026)
    assert said["total_events"] == events(tmp_path / "o").height
    assert said["config"] == {"scenario_id": "lean", "plan_design_id": "safe", "random_seed": 5}
    assert said["total_duration_seconds"] > 0
    assert said["events_per_second"] > 0
    assert said["generated_at"].endswith("+00:00")
    assert (said["limits_published_through"], said["years_with_limits_carried_forward"]) == (2026, [])
    assert rowmill("verify", tmp_path / "o").code == 0


def test_limits_of_years_to_come_are_told(rowmill: Rowmill, tmp_path: Path) -> None:
    ran = rowmill(f"{SMALL} --years 2026 2027 2028 --out", tmp_path / "o")

    assert "limits of 2027 to 2028: not published; those of 2026 stand in for them" in ran.err
    said = json.loads((tmp_path / "o/generation_summary.json").read_text("utf-8"))
    assert said["years_with_limits_carried_forward"] == [2027, 2028]


def test_a_name_that_counts_rows_is_refused(rowmill: Rowmill, tmp_path: Path) -> None:
    ran = rowmill(f"{SMALL} --years 2025 --name x_{{rows}}{{_part}} --out", tmp_path / "o")

    assert ran.code == 2
    assert "leave {rows} out" in ran.err
    assert not (tmp_path / "o").exists()


def test_shares_of_two_machines_leave_a_summary_without_a_time_of_their_own(rowmill: Rowmill, tmp_path: Path) -> None:
    for share in ("1/2", "2/2"):
        assert rowmill(f"{SMALL} --years 2025 2026 --part {share} --out", tmp_path / "o").code == 0
        assert not (tmp_path / "o/generation_summary.json").exists()
    assert rowmill("finalize", tmp_path / "o").code == 0
    rowmill(f"{SMALL} --years 2025 2026 --out", tmp_path / "alone")

    said = json.loads((tmp_path / "o/generation_summary.json").read_text("utf-8"))
    assert said["total_events"] == events(tmp_path / "alone").height
    assert said["total_duration_seconds"] is said["events_per_second"] is None
    assert stored(tmp_path / "o")["digest"] == stored(tmp_path / "alone")["digest"]


def test_one_year_alone_has_the_rows_that_the_whole_period_has_in_it(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --years 2025 2026 2027 --out", tmp_path / "whole")
    for year in (2026, 2025, 2027):
        assert rowmill(f"{SMALL} --years 2025 2026 2027 --year {year} --out", tmp_path / "single").code == 0

    key = ["effective_date", "event_id"]
    assert events(tmp_path / "single").sort(key).equals(events(tmp_path / "whole").sort(key))
    said = json.loads((tmp_path / "single/generation_summary.json").read_text("utf-8"))
    assert (said["start_year"], said["end_year"]) == (2025, 2027)
    assert said["total_events"] == events(tmp_path / "whole").height


def test_scenarios_make_one_dataset_with_the_same_draws(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill(f"{SMALL} --years 2025 --scenario lean rich --plan p1 --out", tmp_path / "o")

    found = events(tmp_path / "o")
    named = ["event_id", "scenario_id", "parameter_scenario_id"]
    lean, rich = (
        found.filter(pl.col("scenario_id") == name).drop(named).sort("employee_id", "event_sequence")
        for name in ("lean", "rich")
    )
    assert lean.height > 300
    assert lean.equals(rich)
    assert found["event_id"].is_unique().all()
    assert found["plan_design_id"].unique().to_list() == ["p1"]


def test_levers_set_parameters_by_name_and_by_key(rowmill: Rowmill, tmp_path: Path) -> None:
    levers = tmp_path / "levers.csv"
    levers.write_text(
        "scenario_id,fiscal_year,job_level,event_type,parameter_name,parameter_value\n"
        + "".join(f"default,2025,{level},RAISE,cola_rate,0.005\n" for level in range(1, 6))
        + "default,2026,1,RAISE,cola_rate,0.02\n"
        "default,2025,1,RAISE,merit_base,0.031\n"
        "default,2026,1,RAISE,merit_base,0.031\n"
        "default,2025,4,RAISE,merit_base,0.06\n"
        + "".join(f"default,2025,{level},PROMOTION,promotion_raise,0.12\n" for level in range(1, 6))
        + "default,2025,,hire,new_hire_salary_adjustment,1.15\n"
        "default,,,,growth.target,0.05\n",
        "utf-8",
    )

    spec = spec_of(rowmill, f"--years 2025 --levers {levers} --growth 0.04", tmp_path)

    assert spec["raises"]["cost_of_living_by_year"] == {"2025": 0.005}  # type: ignore[index]
    assert [level["merit"] for level in spec["levels"]] == [0.031, 0.04, 0.045, 0.06, 0.055]  # type: ignore[attr-defined]
    assert spec["promotion"]["raise_rate"] == 0.12  # type: ignore[index]
    assert spec["hiring"]["pay_factor"] == 1.15  # type: ignore[index]
    assert spec["growth"]["target"] == 0.04  # type: ignore[index]
    assert spec["parameter_source"] == "levers"


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("parameter,value\na,1", "has parameter, value; the columns parameter_name and parameter_value are needed"),
        ("parameter_name,parameter_value\ncola_rat,1", "row 1: cola_rat: no lever; did you mean 'cola_rate'"),
        ("parameter_name,parameter_value\ncola_rate,much", "row 1: got cola_rate 'much'; give a number"),
        ("parameter_name,parameter_value\ncola_rate,", "row 1: parameter_value is missing"),
        ("parameter_name,parameter_value\ngrowth.target,9", "data.growth.target: got 9; input should be less than"),
        ("parameter_name,parameter_value\ngrowth.targt,1", "data.growth.targt: unknown key; did you mean 'target'"),
        (
            "parameter_name,parameter_value\npromotion_raise,0.1\npromotion_raise,0.2",
            "row 2: promotion_raise is 0.2, and 0.1 in row 1; it has one value",
        ),
        ("parameter_name,parameter_value,job_level\nmerit_base,0.1,9", "job_level 9; levels are 1 to 5"),
        (
            "parameter_name,parameter_value,job_level\nmerit_base,0.1,one",
            "row 1: got job_level 'one'; give a whole number",
        ),
        (
            "parameter_name,parameter_value, job_level,job_level\nmerit_base,0.1,1,2",
            "two columns are called 'job_level'",
        ),
        ("parameter_name,parameter_value\ndata.start,2020", "row 1: data.start: no lever, as rows stand for years"),
        (
            "parameter_name,parameter_value\nraises.cost_of_living,0.1\ncola_rate,0.2",
            "row 1: data.raises.cost_of_living is what cola_rate sets in row 2; keep one",
        ),
        (
            "parameter_name,parameter_value,job_level\nmerit_base,0.1,1\nmerit_base,0.2,1",
            "row 2: merit_base is 0.2, and 0.1 in row 1; it has one value for a level, whatever the year and scenario",
        ),
    ],
)
def test_levers_that_cannot_be_used_are_refused_with_their_row(
    lines: str, message: str, rowmill: Rowmill, tmp_path: Path
) -> None:
    (tmp_path / "levers.csv").write_text(lines, "utf-8")

    answer = rowmill(f"{SMALL} --levers {tmp_path}/levers.csv --out", tmp_path / "o")

    assert answer.code == 2
    assert message in answer.err
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("row", "scope"),
    [
        ("target_growth_rate,0.2,,2026,", "fiscal_year 2026 alone; growth.target is one for all"),
        ("termination_rate,0.2,3,,", "job_level 3 alone; growth.termination_rate is one for all"),
        ("merit_base,0.1,2,2026,", "fiscal_year 2026 alone; merit is one for all years and scenarios of a level"),
        ("cola_rate,0.02,2,2025,", "job_level 2 alone; cost of living is one for all levels"),
        ("cola_rate,0.02,,,high", "scenario_id high alone; cost of living is one for all levels and scenarios"),
        ("escalation.cap,0.2,1,2025,", "job_level 1 and fiscal_year 2025 alone; escalation.cap is one for all"),
    ],
)
def test_a_lever_narrower_than_its_parameter_is_refused(row: str, scope: str, rowmill: Rowmill, tmp_path: Path) -> None:
    levers = levers_of(tmp_path, row)

    answer = rowmill(f"{SMALL} --years 2025 2026 --scenario high low --levers {levers} --out", tmp_path / "o")

    assert answer.code == 2
    assert f"{levers}, row 1: got {' '.join(row.split(',')[:2])} for {scope}" in answer.err
    assert not (tmp_path / "o").exists()


def test_a_lever_as_wide_as_the_run_counts_and_one_of_another_is_said(rowmill: Rowmill, tmp_path: Path) -> None:
    rows = ["growth.target,0.2,,2025,high", "growth.target,0.2,,2026,high", "growth.target,0.1,,,low",
            "termination_rate,0.3,,2031,", "growth.target,0.3,,,default"]  # fmt: skip
    levers = levers_of(tmp_path, *rows)

    answer = rowmill(
        "generate workforce --employees 100 --seed 5 --workers 1 --json "
        f"--years 2025 2026 --scenario high --levers {levers} --out",
        tmp_path / "o",
    )

    spec = stored(tmp_path / "o")["identity"]["spec"]  # type: ignore[index]
    assert (spec["growth"]["target"], spec["growth"]["termination_rate"]) == (0.2, 0.12)
    assert json.loads(answer.out)["notes"] == [
        f"--levers {levers}: no effect: row 3 is of another scenario_id; the run has high",
        f"--levers {levers}: no effect: row 4 is of another fiscal_year; the run has 2025 to 2026",
    ]
    assert answer.err.splitlines() == json.loads(answer.out)["notes"]


def test_levers_of_one_rate_for_all_go_with_the_simple_preset(rowmill: Rowmill, tmp_path: Path) -> None:
    levers = levers_of(tmp_path, "hire_rate,0.1,,,", "base_termination_rate,0.11,,,", "promotion_rate,0.05,,,",
                       "merit_rate,0.9,,,", "enrollment_rate,0.5,,,", "base_deferral_rate,0.04,,,")  # fmt: skip

    spec = spec_of(rowmill, f"--years 2025 --preset simple --levers {levers}", tmp_path)
    refused = rowmill(f"{SMALL} --levers {levers} --out", tmp_path / "o")

    growth, enrollment = spec["growth"], spec["enrollment"]
    assert isinstance(growth, dict)
    assert isinstance(enrollment, dict)
    assert (growth["hire_rate"], growth["termination_rate"]) == (0.1, 0.11)
    assert (spec["promotion"]["base"], spec["raises"]["rate"]) == (0.05, 0.9)  # type: ignore[index]
    assert (enrollment["yearly"], enrollment["rates"]) == ([0.5] * 4, [0.04] * 4)
    assert refused.code == 2
    assert "row 2: base_termination_rate is one rate for all, which --preset simple has; add that" in refused.err


def levers_of(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "scoped.csv"
    header = "parameter_name, parameter_value ,job_level,fiscal_year,scenario_id"
    path.write_text("\n".join((header, *rows)), "utf-8")
    return path


def test_the_file_of_the_earlier_tool_is_read_as_it_is(rowmill: Rowmill, tmp_path: Path) -> None:
    old = tmp_path / "simulation_config.yaml"
    old.write_text(
        "performance:\n"
        '  event_generation_mode: "polars"  # "sql" or "polars"\n'
        "  polars:\n"
        "    max_threads: 16\n"
        "    batch_size: 10000\n"
        '    output_path: "/mnt/fast/sim_events"\n'
        "    enable_profiling: false\n"
        "  sql:\n"
        "    dbt_threads: 6\n"
        "    use_event_sharding: false\n",
        "utf-8",
    )

    printed = rowmill("config workforce --config", old).out
    made = rowmill("generate workforce --years 2025 --employees 5 --seed 1 --dry-run --json --config", old)
    old.write_text(old.read_text("utf-8").replace("profiling: false", "profiling: true"), "utf-8")
    refused = rowmill("config workforce --config", old)

    for line in ("out: /mnt/fast/sim_events", "workers: 16", "batch_size: 10000", "engine: arrays"):
        assert f"  {line}\n" in printed
    assert json.loads(made.out)["notes"] == [f"performance.sql.dbt_threads: no effect: run.workers is 16 (from {old})"]
    assert refused.code == 2
    assert "performance.polars.enable_profiling: got True; there is no such switch here: set it to false" in refused.err


def test_keys_of_earlier_configurations_have_places(rowmill: Rowmill, tmp_path: Path) -> None:
    (tmp_path / "old.yaml").write_text(
        "performance: {event_generation_mode: polars}\n"
        "polars: {max_threads: 1, batch_size: 500, output_path: here}\n"
        "sql: {dbt_threads: 7}\n"
        "data: {employees: 50}\n",
        "utf-8",
    )

    printed = rowmill("config workforce --config", tmp_path / "old.yaml").out

    for line in ("out: here", "workers: 1", "batch_size: 500", "engine: arrays", "employees: 50"):
        assert f"  {line}\n" in printed
    (tmp_path / "old.yaml").write_text("polars: {max_thread: 1}\n", "utf-8")
    answer = rowmill("config workforce --config", tmp_path / "old.yaml")
    assert answer.code == 2
    assert "polars.max_thread: unknown key; did you mean 'max_threads'" in answer.err
    assert rowmill("config payments --config", tmp_path / "old.yaml").code == 2


def test_threads_of_the_environment_count_unless_workers_are_given(
    rowmill: Rowmill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POLARS_MAX_THREADS", "1")
    words = "generate workforce --employees 300 --years 2025 --seed 5 --json --out"

    assert json.loads(rowmill(words, tmp_path / "one").out)["workers"] == 1
    assert json.loads(rowmill(words, tmp_path / "two", "--workers", 2).out)["workers"] == 2


def test_a_census_file_is_where_people_come_from(rowmill: Rowmill, tmp_path: Path) -> None:
    rows = people(30)
    path = write_rows(tmp_path / "people.csv", rows)
    words = "generate workforce --years 2025 --seed 5 --workers 1 --quiet --census"

    assert rowmill(words, path, "--out", tmp_path / "o").code == 0

    census = pl.read_parquet(tmp_path / "o/census")
    assert set(census["employee_id"]) == {row["employee_id"] for row in rows}
    assert census["compensation"].sum() == sum(round(float(row["employee_gross_compensation"]) * 100) for row in rows)


def test_columns_of_a_census_can_be_named(rowmill: Rowmill, tmp_path: Path) -> None:
    path = write_rows(tmp_path / "hr.csv", [{"No": f"n{n}", "Joined": "2020-01-31", "Pay": "70000"} for n in range(9)])
    columns = "employee_id=No,hire_date=Joined,gross_compensation=Pay"
    words = f"generate workforce --years 2025 --seed 5 --workers 1 --quiet --census-columns {columns} --census"

    answer = rowmill(words, path, "--out", tmp_path / "o")

    assert answer.code == 0, answer.err
    assert pl.read_parquet(tmp_path / "o/census").height == 9


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--years 2026 2025", "not one after the other"),
        ("--years 2025 2027", "not one after the other"),
        ("--years 25", "a year has four digits"),
        ("--years", "requires an argument"),
        ("--years 2025 --start 2024", "give one of them"),
        ("--start 2027 --end 2026", "data.end: got 2026 before the start 2027; years run forward"),
        ("--start 2025 --end 2026 --year 2027", "year 2027: outside 2025 to 2026"),
        ("--scenario a a", "they must differ"),
        ("--growth 0.05 --preset simple", "data.growth.target: got 0.05; mode flat hires growth.hire_rate"),
        ("--set data.growth.hire_rate=0.2", "data.growth.hire_rate: got 0.2; mode target takes the hires"),
        ("--set data.match.by=tenure", "data.match.by: got 'tenure'; the formula 'simple' is one for all"),
        ("--census-columns hire_date=Joined", "there is no census to read; give it with --catalog census=FILE"),
        ("--growth 0.9", "at most 0.5 of the headcount are allowed"),
        ("--preset simpel", "--preset simpel: unknown; did you mean 'simple'"),
        ("--engine spark", "run.engine: got 'spark'"),
        ("--census nowhere.csv", "nowhere.csv: no such file"),
        ("--levers nowhere.csv", "--levers nowhere.csv: no such file"),
        ("--census-columns hire_date", "not of the form hire_date=Joined"),
        ("--set data.match.formula=own", "data.match.own: has no tiers, which the formula 'own' needs"),
        ("--plan a|b", "data.plan: got 'a|b'"),
        ("--set data.growth.new_hire_termination_rate=1", "or equal to 0.9999"),
        ("--set data.growth.target=1 --set data.growth.new_hire_termination_rate=0.9", "at most 0.5 of the headcount"),
        ("--set data.limits.2025.catch_up=-5", "data.limits.2025.catch_up: got -5"),
        ("--partition-by month", "windows of a year are parted by simulation_year, year or none"),
        ("--partition-by simulation-year --dry-run", "did you mean 'simulation_year'?"),
        ("--engine sq", "did you mean 'sql'?"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    words: str, message: str, rowmill: Rowmill, tmp_path: Path
) -> None:
    answer = rowmill(f"{SMALL} {words} --out", tmp_path / "o")

    assert answer.code == 2
    assert message in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "o").exists()


def test_the_bench_times_both_engines_and_compares_them(rowmill: Rowmill) -> None:
    answer = rowmill("bench workforce --scenario 60x2 90x1 --engine polars --runs 1 --workers 1 --json")

    first, second = json.loads(answer.out)
    assert (first["size"], first["engine"], second["size"]) == ("60x2", "arrays", "90x1")
    assert first["employee_years"] > 120
    assert first["events"] > 0
    assert first["growth"] == 1
    assert rowmill("bench workforce --scenario 5k").code == 2
