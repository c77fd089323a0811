"""What a pilot has and a fit does not use is counted in its report, and visits that no trial is made of are refused."""

from __future__ import annotations

import polars as pl
import pytest

import rowmill
from rowmill.core.errors import SpecError, UsageError
from rowmill.domains.vitals.fit.pilot import opened
from rowmill.domains.vitals.fit.settings import PilotReading
from support.pilots import plain, rewritten, sdtm, trial

NTH = pl.int_range(pl.len()) % 10 == 0
"""One row of ten; a pilot of 20 subjects an arm has 640."""
SCREENED = pl.col("VISIT") == "SCREENING"


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    return sdtm(tmp_path_factory.mktemp("pilot"), trial(20))


def where(condition, value, column):
    """Return a change of a column's value in the rows of a condition."""
    return pl.when(condition).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)


def told(vs, dm, **reading):
    """Return what is told about a pilot, and how many subjects of it are left."""
    with opened(vs, dm, PilotReading(**reading)) as found:
        return found.notes, sum(found.subjects)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda frame: frame.with_columns(where(NTH, "NOT DONE", "VSSTAT")), "calls NOT DONE, left out: 64"),
        (
            lambda frame: frame.with_columns(where(NTH, None, "VSSTRESN"), where(NTH, None, "VSORRES")),
            "tests without a result, left out: 64",
        ),
        (
            lambda frame: frame.with_columns(
                where((pl.col("VSTESTCD") == "PULSE") & SCREENED, "HR", "VSTESTCD").cast(pl.String)
            ),
            "readings of HR beside those of PULSE, left out: 40",
        ),
        (
            lambda frame: pl.concat([frame, frame.filter(pl.col("VSPOS").is_not_null())]).with_columns(
                where((pl.int_range(pl.len()) >= 640), "STANDING", "VSPOS").cast(pl.String)
            ),
            "readings in other positions, left out: 480",
        ),
        (
            lambda frame: frame.with_columns(
                where((pl.col("VSTESTCD") == "SYSBP") & SCREENED & (pl.col("VSSEQ") > 0), 40, "VSSTRESN")
            ),
            "subject-visits whose systolic pressure is below the diastolic one: 40",
        ),
    ],
)
def test_what_is_not_used_is_counted(pilot, change, line):
    notes, _ = told(rewritten(pilot[0], change), pilot[1])

    assert any(note.endswith(line) for note in notes), notes


def test_rows_without_a_test_or_of_another_one_are_counted(pilot):
    strange = rewritten(
        pilot[0],
        lambda frame: frame.with_columns(
            VSTESTCD=pl.when(NTH & SCREENED)
            .then(pl.when(pl.col("VSTESTCD") == "SYSBP").then(pl.lit("WEIGHT")))
            .otherwise(pl.col("VSTESTCD").cast(pl.String))
        ),
    )
    frame = pl.read_parquet(strange)["VSTESTCD"]
    lost, weights = frame.null_count(), (frame == "WEIGHT").sum()
    notes = told(strange, pilot[1])[0]

    assert lost > 0
    assert f"rows without VSTESTCD, left out: {lost}" in notes
    assert weights == 0 or f"rows of other tests (WEIGHT), left out: {weights}" in notes


def test_an_arm_may_be_named_by_its_code_and_treatment_that_was_not_the_planned_one_is_counted(pilot):
    dm = rewritten(
        pilot[1],
        lambda frame: frame.with_columns(
            ACTARM=pl.when(pl.int_range(pl.len()) < 3).then(pl.lit("Something else")).otherwise(pl.col("ARM")),
            ARMCD=pl.col("ARM").cast(pl.String).replace({"Active": "Xan_Lo", "Placebo": "Pbo"}),
        ),
    )
    by_name, by_code = (
        told(pilot[0], dm, arms=f"Treated={active},Placebo={control}")
        for active, control in (("Active", "Placebo"), ("xan_lo", "Pbo"))
    )
    assert by_name == by_code
    assert "arms are the planned ones (ARM); subjects whose ACTARM is another: 3" in by_name[0]
    with pytest.raises(SpecError, match="by its name and its code"):
        told(pilot[0], dm, arms="Treated=Active|Xan_Lo,Placebo=Placebo")


def test_people_without_an_identifier_are_counted(pilot):
    nobody = pl.int_range(pl.len()) < 2
    dm = rewritten(pilot[1], lambda frame: frame.with_columns(where(nobody, None, "USUBJID")))

    assert "rows of people without USUBJID, left out: 2" in told(pilot[0], dm)[0]


def test_other_time_points_are_counted(pilot):
    timed = rewritten(
        pilot[0],
        lambda frame: frame.with_columns(VSTPT=pl.when(NTH).then(pl.lit("LATER")).otherwise(pl.lit("FIRST"))),
    )

    assert "readings at other time points, left out: 64" in told(timed, pilot[1], timepoint="FIRST")[0]


def test_subjects_who_came_to_other_visits_alone_are_counted_in_the_fit_and_in_a_run(pilot):
    first = pl.read_parquet(pilot[0])["USUBJID"].unique().sort()[:3].to_list()
    vs = rewritten(
        pilot[0],
        lambda frame: frame.with_columns(where(pl.col("USUBJID").is_in(first), "UNSCHEDULED", "VISIT")).unique(
            ("USUBJID", "VSTESTCD", "VISIT"), keep="first", maintain_order=True
        ),
    )
    line = "subjects without a reading at the visits that are used, left out: 3"

    notes, subjects = told(vs, pilot[1])
    data = rowmill.dataset("vitals", seed=1, subjects_per_arm=2, inputs={"pilot": vs, "demographics": pilot[1]})

    assert (line in notes, subjects, data.notes) == (True, 37, (f"pilot: {line}",))


def test_visits_that_a_map_makes_one_are_not_averaged_in_silence(pilot, tmp_path):
    merged = {"visits": "Day 1=SCREENING|DAY 1,Week 4=WEEK 4,Week 12=WEEK 12"}
    table = plain(tmp_path, trial(20))

    with pytest.raises(SpecError, match=r"'DAY 1 and SCREENING': 40 subjects have readings of several days in it"):
        told(*pilot, **merged)
    several = "SystolicBP: 40 of 120 subject-visits have several: up to 2 readings"

    assert any(note.startswith(several) for note in told(*pilot, **merged, duplicates="mean")[0])
    assert any(note.startswith(several) for note in told(table, None, visits=merged["visits"].upper())[0])


def test_visits_of_one_side_of_the_first_dose_are_not_taken_by_their_names_alone(pilot):
    late = rewritten(
        pilot[0],
        lambda frame: frame.filter(~SCREENED).with_columns(pl.col("VISIT").cast(pl.String).replace("DAY 1", "WEEK 0")),
    )
    with pytest.raises(SpecError, match=r"visits: Week 4, Week 12 are those .* WEEK 0, .* with one before it, as in"):
        told(late, pilot[1])
    assert told(late, pilot[1], visits="Day 1=WEEK 0,Week 12=WEEK 12")[1] == 40

    early = rewritten(
        pilot[0], lambda frame: frame.with_columns(pl.col("VISIT").cast(pl.String).str.replace("WEEK", "CYCLE"))
    )
    with pytest.raises(SpecError, match=r"visits: Screening, Day 1 are those .* with one after it, as in --visits"):
        told(early, pilot[1])
    assert told(early, pilot[1], visits="Screening=SCREENING,Day 1=DAY 1")[1] == 40


def test_too_few_readings_are_told_with_what_was_left_out(pilot):
    from rowmill.domains.vitals.fit.fitting import fit

    pressed = (pl.col("VSTESTCD") == "SYSBP") & SCREENED
    vs = rewritten(pilot[0], lambda frame: frame.with_columns(where(pressed, None, "VSPOS")))

    with pytest.raises(SpecError, match=r"0 readings of SystolicBP; .*\(readings that do not say their position, left"):
        fit(vs, pilot[1])


def test_ages_without_their_unit_are_counted_where_others_have_one(pilot):
    dm = rewritten(pilot[1], lambda frame: frame.with_columns(where(NTH, None, "AGEU")))

    assert "ages without AGEU, taken as years: 4" in told(pilot[0], dm)[0]


def test_a_folder_is_no_pilot(tmp_path):
    with pytest.raises(UsageError, match=r"is a folder; give one file"):
        told(str(tmp_path), None)
