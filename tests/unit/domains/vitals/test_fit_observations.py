"""The unit of observation: what a pilot has several of is counted, chosen or refused, never averaged in silence."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

import rowmill
from rowmill.core.errors import SpecError
from rowmill.domains.vitals.fit.fitting import fit
from rowmill.domains.vitals.fit.pilot import opened
from rowmill.domains.vitals.fit.report import facts, lines
from rowmill.domains.vitals.fit.settings import PilotReading
from support.pilots import plain, rewritten, sdtm, trial

PRESSED = pl.col("VSTESTCD") != "TEMP"
TIMES = (("PRE-DOSE", 1.0, "-PT5M", 0), ("5 MIN POST-DOSE", 2.0, "PT5M", -12), ("4 H POST-DOSE", 3.0, "PT4H", -8))


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    return sdtm(tmp_path_factory.mktemp("pilot"), trial(20))


@pytest.fixture(scope="module")
def timed(pilot, tmp_path_factory):
    """Return a pilot whose pressures and pulse were taken three times a visit, lower after the dose."""
    made = rewritten(
        pilot[0],
        lambda frame: pl.concat(
            [
                frame.filter(~PRESSED),
                *(
                    frame.filter(PRESSED).with_columns(
                        VSTPT=pl.lit(name),
                        VSTPTNUM=pl.lit(number),
                        VSELTM=pl.lit(elapsed),
                        VSTPTREF=pl.lit("DOSE"),
                        VSSTRESN=pl.col("VSSTRESN") + shift,
                    )
                    for name, number, elapsed, shift in TIMES
                ),
            ],
            how="diagonal_relaxed",
        ),
    )
    return str(Path(made).rename(tmp_path_factory.mktemp("timed") / "vs.parquet"))


def cells(vs, dm, **reading):
    """Return the means by subject and cell, with the notes."""
    with opened(vs, dm, PilotReading(**reading)) as found:
        return [batch.value.tolist() for batch in found.batches()], found.notes


def test_several_time_points_are_refused_until_one_is_chosen(pilot, timed):
    with pytest.raises(
        SpecError, match=r"readings of 3 time points \('PRE-DOSE \(DOSE\)' 40, .* as in --timepoint 'PRE"
    ):
        cells(timed, pilot[1])

    before, _ = cells(*pilot)
    for name, number, elapsed, shift in TIMES:
        for said in (name.lower(), f"{number:g}", elapsed, f"{name} (dose)"):
            after, notes = cells(timed, pilot[1], timepoint=said)
            moved = {b - a for x, y in zip(before[0], after[0], strict=True) for a, b in zip(x, y, strict=True)}
            assert moved == {0, shift * 1000}, said
            assert f"time point of SYSBP, DIABP, PULSE: {name} (DOSE)" in notes


def test_a_time_point_that_nobody_has_is_refused_with_those_there_are(pilot, timed):
    with pytest.raises(
        SpecError, match=r"timepoint: got '2 H', but SYSBP was taken at '4 H POST-DOSE \(DOSE\)', '5 MIN"
    ):
        cells(timed, pilot[1], timepoint="2 h")


def test_a_time_point_or_position_that_a_pilot_cannot_have_is_refused_or_said(pilot, tmp_path):
    with pytest.raises(SpecError, match="timepoint: got 'PRE-DOSE', but no reading says its time point; leave it out"):
        cells(*pilot, timepoint="pre-dose")
    bare = rewritten(pilot[0], lambda frame: frame.drop("VSPOS"))
    assert "readings do not say their position; all were taken" in cells(bare, pilot[1], position="STANDING")[1]
    table = plain(tmp_path, trial(10))
    for word, text in (("timepoint", "1 H"), ("position", "STANDING")):
        with pytest.raises(SpecError, match=f"{word}: got '{text}', but a table with one column a vital sign has none"):
            cells(table, None, **{word: text})


def test_several_time_points_become_one_reading_as_asked(pilot, timed):
    first, notes = cells(timed, pilot[1], duplicates="first")
    mean, _ = cells(timed, pilot[1], duplicates="mean")

    assert first == cells(*pilot)[0]
    moved = {a - b for x, y in zip(first[0], mean[0], strict=True) for a, b in zip(x, y, strict=True)}
    assert moved <= {0, 6_666, 6_667}
    assert any("160 of 160 subject-visits have several: up to 3 readings, at up to 3 time" in note for note in notes)


def test_several_days_under_one_visit_are_refused_until_it_is_said_what_they_become(pilot):
    again = rewritten(
        pilot[0],
        lambda frame: pl.concat(
            [
                frame,
                frame.filter(pl.col("VISIT").cast(pl.String).str.to_uppercase() == "WEEK 4").with_columns(
                    VSDTC=pl.lit("2031-01-01"), VSSTRESN=pl.col("VSSTRESN") + 1
                ),
            ],
            how="vertical_relaxed",
        ),
    )

    with pytest.raises(
        SpecError, match=r"visit '(?i:week 4)': 40 subjects have readings of several days in it, up to 2"
    ):
        cells(again, pilot[1])
    assert cells(again, pilot[1], duplicates="first")[0] == cells(*pilot)[0]
    found = fit(again, pilot[1], PilotReading(duplicates="mean"))
    told = json.loads(json.dumps(facts(found)))["readings"]["SBP"]
    assert told == {
        "subject_visits": 160, "readings": 200, "several": 40, "most": 2, "days": 2, "time_points": 1, "repeated": 0,
    }  # fmt: skip
    assert any(
        "SystolicBP: 40 of 160 subject-visits have several: up to 2 readings, of up to" in x for x in lines(found)
    )


def test_doubled_rows_are_counted(pilot):
    doubled = rewritten(pilot[0], lambda frame: pl.concat([frame, frame.filter(PRESSED)]))

    values, notes = cells(doubled, pilot[1])

    assert values == cells(*pilot)[0]
    assert any(
        "SystolicBP: 160 of 160" in note and "160 repeated in all; their mean was taken" in note for note in notes
    )
    assert not any("Temperature" in note for note in notes)


def test_visits_that_differ_in_capitals_are_one_and_rows_without_a_visit_are_counted(pilot):
    changed = rewritten(
        pilot[0],
        lambda frame: frame.with_row_index("n").with_columns(
            VISIT=pl.when(pl.col("n") == 3).then(None)
            .when(pl.col("n") % 5 == 0).then(pl.col("VISIT").cast(pl.String).str.to_titlecase())
            .otherwise(pl.col("VISIT").cast(pl.String)),
            VSPOS=pl.when(PRESSED & (pl.col("n") % 7 == 0)).then(pl.lit("")).otherwise(pl.col("VSPOS").cast(pl.String)),
        ),
    )  # fmt: skip
    lost = pl.read_parquet(changed).filter(pl.col("VSPOS") == "").height

    with opened(changed, pilot[1], PilotReading()) as found:
        assert [visit.name for visit in found.ignored] == []
        assert "readings without VISIT, left out: 1" in found.notes
        assert f"readings that do not say their position, left out: {lost}" in found.notes
        assert any("differ in capitals alone are one: DAY 1, SCREENING, WEEK 12, WEEK 4" in x for x in found.notes)


def test_subjects_that_one_file_lacks_are_counted_and_no_match_is_said(pilot):
    people = pl.read_parquet(pilot[1])
    subjects = people["USUBJID"].to_list()
    kept = rewritten(pilot[0], lambda frame: frame.filter(~pl.col("USUBJID").is_in(subjects[:3])))

    found = fit(kept, rewritten(pilot[1], lambda frame: frame.slice(0, 38)))
    told = facts(found)

    assert told["unmatched"] == {
        "without a reading": 3,
        "without demographics": 2,
        "without a reading at the visits that are used": 0,
    }
    assert "subjects without a reading, left out: 3" in told["notes"]
    stripped = rewritten(pilot[1], lambda frame: frame.with_columns(USUBJID=pl.col("USUBJID").str.slice(12)))
    with pytest.raises(SpecError, match=r"none of the 40 subjects of .* is in it: 'ROWMILL-SIM-RM.*' there, 'RM"):
        fit(pilot[0], stripped)


def test_a_run_that_reads_a_pilot_says_it_too(pilot):
    doubled = rewritten(pilot[0], lambda frame: pl.concat([frame, frame.filter(PRESSED)]))
    people = rewritten(pilot[1], lambda frame: frame.slice(2))
    files = {"pilot": doubled, "demographics": people}

    noted = rowmill.dataset("vitals", inputs=files, seed=1, subjects_per_arm=3, method="bootstrap").notes

    assert any(note.startswith("pilot: SystolicBP: 152 of 152 subject-visits have several") for note in noted)
    assert "pilot: subjects without demographics, left out: 2" in noted
