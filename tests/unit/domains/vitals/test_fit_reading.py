from __future__ import annotations

import polars as pl
import pytest

from rowmill.core.errors import SpecError, UsageError
from rowmill.domains.vitals.fit.files import workshop
from rowmill.domains.vitals.fit.fitting import fit
from rowmill.domains.vitals.fit.pilot import opened
from rowmill.domains.vitals.fit.settings import PilotReading
from support.pilots import VITALS, plain, rewritten, sdtm, trial

REALISTIC = {"realism": {"missed": 0.05, "fahrenheit": 0.5, "dropout": {"mechanism": "mar", "retention": 0.7}}}


@pytest.fixture(scope="module")
def data():
    return trial(**REALISTIC)


@pytest.fixture(scope="module")
def pilot(data, tmp_path_factory):
    return sdtm(tmp_path_factory.mktemp("pilot"), data)


def means(vs, dm, **reading):
    """Return every subject's readings as the fit sees them: name, then a row a visit."""
    with opened(vs, dm, PilotReading(**reading)) as found:
        batches = list(found.batches())
        names = found.names()
    return {
        names[int(number)]: [value if there else None for value, there in zip(row, seen, strict=True)]
        for batch in batches
        for number, row, seen in zip(batch.subject, batch.value.tolist(), batch.seen.tolist(), strict=True)
    }


def test_every_format_of_one_pilot_gives_one_model(data, pilot, tmp_path):
    models = {
        suffix: fit(*(pilot if suffix == "parquet" else sdtm(tmp_path / suffix, data, suffix))).model
        for suffix in ("parquet", "csv", "xpt")
        if suffix == "parquet" or not (tmp_path / suffix).mkdir()
    }

    assert models["csv"] == models["parquet"] == models["xpt"]


def test_the_order_of_rows_and_the_case_of_columns_change_nothing(pilot):
    shuffled = [
        rewritten(path, lambda frame: frame.sample(fraction=1, shuffle=True, seed=3).rename(str.lower))
        for path in pilot
    ]

    assert fit(*shuffled).model == fit(*pilot).model


def test_readings_are_those_of_the_wide_table(data, pilot):
    wide = data["vitals"].to_polars()

    found = means(*pilot)

    expected = {}
    for row in wide.iter_rows(named=True):
        cells = expected.setdefault(f"{data.spec.study}-{row['SubjectID']}", [None] * 16)
        place = ["Screening", "Day 1", "Week 4", "Week 12"].index(row["VisitName"]) * 4
        for vital, name in enumerate(VITALS):
            cells[place + vital] = None if row[name] is None else round(row[name] * 1000)
    assert {name.partition("-RM")[2]: cells for name, cells in found.items()} == {
        name.partition("-RM")[2]: cells for name, cells in expected.items() if any(cells)
    }


def test_several_readings_of_a_visit_count_with_their_mean(pilot):
    vs, dm = pilot
    first = pl.read_parquet(vs)["USUBJID"][0]
    again = rewritten(
        vs,
        lambda frame: pl.concat(
            [
                frame,
                frame.filter((pl.col("USUBJID") == first) & (pl.col("VSTESTCD") == "SYSBP")).with_columns(
                    VSSTRESN=pl.col("VSSTRESN") + 5
                ),
            ]
        ),
    )

    before, after = means(vs, dm), means(again, dm)

    assert after.pop(first)[0::4] == [None if x is None else x + 2500 for x in before.pop(first)[0::4]]
    assert after == before


def test_readings_in_fahrenheit_become_celsius_and_tests_not_done_have_no_value(pilot):
    vs, dm = pilot
    converted = rewritten(
        vs,
        lambda frame: frame.with_columns(
            VSSTRESN=pl.when(pl.col("VSTESTCD") == "TEMP")
            .then((pl.col("VSSTRESN") * 1.8 + 32).round(6))
            .otherwise(pl.col("VSSTRESN")),
            VSSTRESU=pl.col("VSSTRESU").cast(pl.String).replace({"C": "°F"}),
            VSSTAT=pl.when(pl.col("VISIT").cast(pl.String).str.to_uppercase() == "WEEK 4")
            .then(pl.lit("NOT DONE"))
            .otherwise(pl.col("VSSTAT").cast(pl.String)),
        ),
    )

    before, after = means(vs, dm), means(converted, dm, visits="Screening=Screening,Day 1=Day 1,Week 12=Week 12")

    expected = {name: cells[:8] + cells[12:] for name, cells in before.items()}
    assert after == {name: cells for name, cells in expected.items() if any(cells)}


def test_a_pilot_without_positions_is_taken_whole_and_hr_stands_in_for_pulse(pilot):
    vs, dm = pilot
    changed = rewritten(
        vs, lambda frame: frame.drop("VSPOS").with_columns(pl.col("VSTESTCD").cast(pl.String).replace({"PULSE": "HR"}))
    )

    assert means(changed, dm) == means(vs, dm)


@pytest.mark.parametrize(("duplicates", "shift"), [("first", 0), ("mean", 5_000)])
def test_doubled_rows_of_the_plain_table_count_as_asked(data, tmp_path, duplicates, shift):
    path = plain(tmp_path, data)
    frame = pl.read_csv(path)
    doubled = frame.head(7).with_columns(SystolicBP=pl.col("SystolicBP") + 10)
    pl.concat([frame, doubled]).write_csv(tmp_path / "doubled.csv")

    before, after = means(path, None), means(str(tmp_path / "doubled.csv"), None, duplicates=duplicates)

    with opened(str(tmp_path / "doubled.csv"), None, PilotReading(duplicates=duplicates)) as found:
        assert any("7 repeat" in note for note in found.notes)
    moved = [
        (b - a) for name in before for a, b in zip(before[name], after[name], strict=True) if a is not None and a != b
    ]
    assert moved == ([shift] * (7 - doubled["SystolicBP"].null_count()) if shift else [])


def test_visits_that_are_not_mapped_are_left_out_and_told(pilot):
    vs, dm = pilot
    more = rewritten(
        vs,
        lambda frame: pl.concat(
            [
                frame.with_columns(pl.col("VISIT").cast(pl.String)),
                frame.head(40).with_columns(VISIT=pl.lit("UNSCHEDULED 3.1"), VISITNUM=pl.lit(3.1, pl.Float64)),
            ],
            how="vertical_relaxed",
        ),
    )

    with opened(more, dm, PilotReading()) as found:
        assert [visit.name for visit in found.ignored] == ["UNSCHEDULED 3.1"]
    assert means(more, dm) == means(vs, dm)


def test_screen_failures_and_subjects_without_demographics_stay_out(pilot):
    vs, dm = pilot
    people = pl.read_parquet(dm)["USUBJID"].to_list()
    failed = rewritten(
        dm,
        lambda frame: frame.slice(3).with_columns(
            ARM=pl.when(pl.col("USUBJID").is_in(people[3:5])).then(pl.lit("Screen Failure")).otherwise(pl.col("ARM"))
        ),
    )

    with opened(vs, failed, PilotReading()) as found:
        assert found.left_out == {"Screen Failure": 2}
        assert any("without demographics, left out: 3" in note for note in found.notes)
        assert set(found.names()) == set(people[5:]) & set(means(vs, dm))


def test_nothing_of_a_pilot_is_left_on_disk(pilot, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    fit(*pilot)
    with workshop():
        assert list(tmp_path.iterdir())

    assert list(tmp_path.iterdir()) == []


BROKEN = {
    "no unit": ({"VSSTRESU": None, "VSORRESU": None}, "unit ''; pressures are in mmHg"),
    "kPa": ({"VSSTRESU": "kPa"}, "unit 'KPA'; pressures are in mmHg"),
    "words": ({"VSSTRESN": "high"}, "'high'; a result must be a number"),
    "one position": ({"VSPOS": "SITTING"}, "give --position ANY"),
    "a decimal point too far": ({"VSSTRESN": 1400.0}, "a reading lies in 20 … 400"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_pilot_that_cannot_be_right_is_refused(pilot, name):
    change, message = BROKEN[name]
    vs, dm = pilot
    pressure = pl.col("VSTESTCD") == "SYSBP"
    broken = rewritten(
        vs,
        lambda frame: frame.with_columns(
            pl.when(pressure).then(pl.lit(value)).otherwise(pl.col(column).cast(pl.String)).alias(column)
            for column, value in change.items()
        ),
    )

    with pytest.raises(SpecError, match="(?i)" + message.replace("(", r"\(")):
        fit(broken, dm)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop("VSTESTCD"), "neither SDTM VS"),
        (lambda frame: frame.drop("VISIT"), "no column VISIT"),
        (lambda frame: frame.drop("VSSTRESN", "VSORRES"), "no column VSORRES"),
        (lambda frame: frame.filter(pl.col("VSTESTCD") != "TEMP"), "no result of TEMP"),
        (lambda frame: frame.filter(pl.col("VISIT").cast(pl.String).str.to_uppercase() == "DAY 1"), "1 of Screening"),
        (lambda frame: frame.with_columns(VSSTRESN=pl.lit(36.6) + 80 * (pl.col("VSTESTCD") != "TEMP")), "is the same"),
        (lambda frame: frame.head(80), "subjects with readings; 10 are needed"),
    ],
)
def test_a_pilot_that_lacks_something_is_refused(pilot, change, message):
    vs, dm = pilot

    with pytest.raises(SpecError, match=message):
        fit(rewritten(vs, change), dm)


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        ({"arms": "Active=Active"}, "does not name the pilot's arm 'Placebo'"),
        ({"arms": "Active=Active,Placebo=Plazebo"}, "the pilot has no 'Plazebo'; did you mean 'Placebo'"),
        ({"arms": "All=Active|Placebo"}, "makes 'All' alone"),
        ({"arms": "Active"}, "an entry is written NAME=A|B"),
        ({"arms": "A=Active,A=Placebo"}, "name 'A' stands there twice"),
        ({"visits": "Day 1=Day 1,Week 9=Week 9"}, "the pilot has no 'Week 9'"),
        ({"visits": "Day 1=Day 1"}, "two are needed"),
        ({"visits": "Day 1=Day 1,Week 4=Day 1"}, "source 'day 1' stands there twice"),
        ({"position": "PRONE"}, "position: got PRONE"),
    ],
)
def test_words_that_the_pilot_does_not_know_are_refused(pilot, reading, message):
    with pytest.raises(SpecError, match=message.replace("|", r"\|")):
        fit(*pilot, PilotReading(**reading))


def test_vs_needs_its_demographics(pilot):
    with pytest.raises(SpecError, match="give its DM too"):
        fit(pilot[0])


def test_a_subject_has_one_arm(data, tmp_path):
    path = plain(tmp_path, data)
    frame = pl.read_csv(path)
    torn = frame.with_columns(
        TreatmentArm=pl.when(pl.int_range(pl.len()) == 0).then(pl.lit("Elsewhere")).otherwise("TreatmentArm")
    )
    torn.write_csv(path)

    with pytest.raises(SpecError, match=f"subject '{frame['SubjectID'][0]}' has arms"):
        fit(path)


@pytest.mark.parametrize("content", [b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!0000", b"PAR1 and no more", b""])
def test_a_damaged_file_is_one_line(tmp_path, content):
    path = tmp_path / "vs"
    path.write_bytes(content)

    with pytest.raises((UsageError, SpecError)) as caught:
        fit(str(path))

    assert len(str(caught.value).splitlines()) == 1
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        fit(str(tmp_path / "vs.xpt"))
