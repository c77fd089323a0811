from __future__ import annotations

import datetime as dt

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rowmill
from rowmill.core.errors import SpecError
from rowmill.domains.vitals.sdtm_terms import arm_codes
from rowmill.domains.vitals.settings import PRESETS, REALISTIC

CONTROLLED = {
    "SYSBP": ("Systolic Blood Pressure", "mmHg", "SUPINE"),
    "DIABP": ("Diastolic Blood Pressure", "mmHg", "SUPINE"),
    "PULSE": ("Pulse Rate", "beats/min", "SUPINE"),
    "TEMP": ("Temperature", "C", None),
}
"""Test code, name, standard unit and position, as CDISC's controlled terminology has them."""
WIDE = {"SYSBP": "SystolicBP", "DIABP": "DiastolicBP", "PULSE": "HeartRate", "TEMP": "Temperature"}
SPECS = {
    "plain": {},
    "realistic": PRESETS["realistic"],
    "realistic bootstrap": {**PRESETS["realistic"], "method": "bootstrap"},
    "rules in tight ranges": {**PRESETS["earlier"], "method": "rules", "realism": REALISTIC | {"fever": 0.2}},
    "three arms": {
        "arms": ("High", "Low", "None"),
        "method": "rules",
        "visits": [{"name": "a", "day": 1, "dosed": False}, {"name": "b", "day": 2}, {"name": "c", "day": 4}],
        "realism": REALISTIC | {"missed": 0.3, "dropout": {"mechanism": "mcar", "retention": 0.3}},
    },
}


@pytest.fixture(params=SPECS, scope="module")
def trial(request):
    return rowmill.dataset("vitals", seed=7, subjects_per_arm=150, **SPECS[request.param])


def frames(trial, *names):
    return [trial[name].to_polars() for name in names]


def test_the_long_table_says_what_the_wide_one_says(trial):
    vs, dm, vitals = frames(trial, "vs", "dm", "vitals")
    long = vs.join(dm.select("USUBJID", "SUBJID", "ARM"), on="USUBJID").with_columns(
        pl.col("VISITNUM").cast(pl.Int64).replace_strict({n: v.name for n, v in enumerate(trial.spec.visits, start=1)})
    )

    wide = long.pivot("VSTESTCD", index=["SUBJID", "VISITNUM", "ARM"], values="VSSTRESN").rename(
        {"SUBJID": "SubjectID", "VISITNUM": "VisitName", "ARM": "TreatmentArm", **WIDE}
    )

    expected = vitals.with_columns(pl.col(*WIDE.values()).cast(pl.Float64))
    assert vs.height == 4 * vitals.height
    assert wide.select(expected.columns).sort("SubjectID", "VisitName").equals(expected.sort("SubjectID", "VisitName"))


def test_every_word_is_a_controlled_term(trial):
    vs, dm = frames(trial, "vs", "dm")
    done = vs.filter(pl.col("VSSTAT").is_null())

    found = {
        code: (name, unit, position)
        for code, name, unit, position in done.select("VSTESTCD", "VSTEST", "VSSTRESU", "VSPOS").unique().rows()
    }

    assert found == CONTROLLED
    assert set(done["VSORRESU"]) <= {"mmHg", "beats/min", "C", "F"}
    assert set(vs["VSSTAT"].drop_nulls()) <= {"NOT DONE"}
    assert set(vs["DOMAIN"]) == {"VS"}
    assert set(dm["DOMAIN"]) == {"DM"}
    assert set(dm["SEX"]) <= {"F", "M"}
    assert set(dm["AGEU"]) == {"YEARS"}
    assert set(vs["STUDYID"]) == set(dm["STUDYID"]) == {"ROWMILL-SIM"}


def test_a_visit_that_was_missed_has_no_result_and_no_date(trial):
    vs, vitals = frames(trial, "vs", "vitals")
    told = ["VSORRES", "VSORRESU", "VSSTRESC", "VSSTRESN", "VSSTRESU", "VSDTC", "VSDY"]

    missed = vs.filter(pl.col("VSSTAT") == "NOT DONE")

    assert missed.height == 4 * vitals["SystolicBP"].null_count()
    assert missed.select(pl.col(told).is_null().all()).row(0) == (True,) * len(told)
    assert vs.filter(pl.col("VSSTAT").is_null()).select(pl.col(told).null_count()).row(0) == (0,) * len(told)


def test_rows_are_numbered_within_their_subject_and_keys_are_unique(trial):
    (vs,) = frames(trial, "vs")

    per_subject = vs.group_by("USUBJID").agg(pl.col("VSSEQ").min().alias("low"), pl.col("VSSEQ").max(), pl.len())

    assert (per_subject["low"] == 1).all()
    assert (per_subject["VSSEQ"] == per_subject["len"]).all()
    assert not vs.select("USUBJID", "VSSEQ").is_duplicated().any()
    assert not vs.select(*trial["vs"].schema.primary_key).is_duplicated().any()
    assert vs.select("USUBJID", "VSTESTCD", "VISITNUM").equals(
        vs.select("USUBJID", "VSTESTCD", "VISITNUM").sort(pl.col("USUBJID").str.tail(9), "VSTESTCD", "VISITNUM")
    )


def test_study_days_count_from_the_first_dose_without_a_day_0(trial):
    vs, dm = frames(trial, "vs", "dm")
    seen = vs.drop_nulls("VSDTC").join(dm.select("USUBJID", "RFSTDTC", "RFENDTC"), on="USUBJID")

    days = (pl.col("VSDTC").str.to_date() - pl.col("RFSTDTC").str.to_date()).dt.total_days()
    wrong = seen.filter(pl.col("VSDY") != days + (days >= 0).cast(pl.Int64))
    ordered = seen.sort("USUBJID", "VSTESTCD", "VISITNUM")

    assert not wrong.height
    assert not (vs["VSDY"] == 0).any()
    assert not (vs["VISITDY"] == 0).any()
    assert ordered["VSDY"].diff().filter(ordered["VISITNUM"].diff() > 0).min() > 0
    ends = seen.group_by("USUBJID").agg(pl.col("VSDTC").max(), pl.col("RFENDTC").first())
    assert (ends["VSDTC"] == ends["RFENDTC"]).all()
    assert min(dm["RFSTDTC"]) == trial.spec.start.isoformat()


def test_epochs_part_at_the_first_dose(trial):
    (vs,) = frames(trial, "vs")
    dosed = [visit.name.upper() for visit in trial.spec.visits if visit.dosed]

    expected = pl.when(pl.col("VISIT").is_in(dosed)).then(pl.lit("TREATMENT")).otherwise(pl.lit("SCREENING"))

    assert vs.select(pl.col("EPOCH").cast(pl.String) == expected)["EPOCH"].all()
    assert set(vs.filter(pl.col("VSLOBXFL") == "Y")["EPOCH"]) == {"SCREENING"}


def test_demographics_have_the_variables_that_every_study_has(trial):
    """In the order of SDTMIG 3.4, those of the cores Required and Expected among them."""
    vs, dm = frames(trial, "vs", "dm")
    expected = """STUDYID DOMAIN USUBJID SUBJID RFSTDTC RFENDTC RFXSTDTC RFXENDTC RFICDTC RFPENDTC DTHDTC DTHFL SITEID
        AGE AGEU SEX RACE ARMCD ARM ACTARMCD ACTARM ARMNRS ACTARMUD COUNTRY"""
    empty = ["RFXENDTC", "DTHDTC", "DTHFL", "RACE", "ARMNRS", "ACTARMUD"]

    first = vs.drop_nulls("VSDTC").group_by("USUBJID").agg(pl.col("VSDTC").min()).join(dm, on="USUBJID")

    assert dm.columns == expected.split()
    assert dm.select(pl.col(empty).is_null().all()).row(0) == (True,) * len(empty)
    assert (first["VSDTC"] == first["RFICDTC"]).all()
    assert (dm["RFICDTC"] <= dm["RFXSTDTC"]).all()
    assert dm["RFPENDTC"].equals(dm["RFENDTC"].alias("RFPENDTC"))


def test_visits_keep_to_their_windows(trial):
    (vs,) = frames(trial, "vs")
    reach = pl.when(pl.col("VISITDY") == 1).then(0).when(pl.col("VISITDY") <= 28).then(3).otherwise(7)

    off = vs.drop_nulls("VSDY").with_columns((pl.col("VSDY") - pl.col("VISITDY")).abs().alias("off"))

    assert not off.filter(pl.col("off") > reach).height
    late = off["VSDY"] - off["VISITDY"]
    assert abs((late > 0).sum() - (late < 0).sum()) <= 4 * (late != 0).sum() ** 0.5 * len(WIDE) ** 0.5
    assert (off["off"] > 0).any() == (trial.spec.realism.visit_windows and trial.spec.visits[-1].day > 28)


def test_fahrenheit_is_what_the_site_read_and_celsius_what_it_converts_to(trial):
    vs, dm = frames(trial, "vs", "dm")
    warm = vs.filter((pl.col("VSTESTCD") == "TEMP") & pl.col("VSSTAT").is_null()).join(dm, on="USUBJID")
    others = vs.filter((pl.col("VSTESTCD") != "TEMP") & pl.col("VSSTAT").is_null())

    for unit, text, number, low in warm.select("VSORRESU", "VSORRES", "VSSTRESN", "VSSTRESC").rows():
        read = float(text)
        assert len(text.partition(".")[2]) == 1
        assert float(low) == number == (read if unit == "C" else round((read - 32) / 1.8, 2))
    assert (others["VSORRES"] == others["VSSTRESC"]).all()
    assert others["VSORRES"].cast(pl.Float64).equals(others["VSSTRESN"])
    assert warm.group_by("SITEID").agg(pl.col("VSORRESU").n_unique())["VSORRESU"].max() == 1
    assert ("F" in set(warm["VSORRESU"])) == (trial.spec.realism.fahrenheit > 0)


def test_the_last_reading_before_the_first_dose_is_the_baseline(trial):
    vs, dm = frames(trial, "vs", "dm")
    with duckdb.connect() as sql:
        expected = sql.sql("""
            SELECT USUBJID, VSTESTCD, max(VISITNUM) AS VISITNUM
            FROM vs JOIN dm USING (USUBJID) WHERE VSDTC <= RFXSTDTC GROUP BY ALL ORDER BY ALL
        """).pl()

    flagged = vs.filter(pl.col("VSLOBXFL") == "Y")

    assert vs["VSLOBXFL"].equals(vs["VSBLFL"].alias("VSLOBXFL"))
    assert flagged.select(expected.columns).sort(expected.columns).equals(expected)
    assert flagged.height == 4 * dm.height


def test_the_demographics_say_what_the_table_of_subjects_says(trial):
    dm, subjects = frames(trial, "dm", "subjects")

    assert dm["SUBJID"].equals(subjects["SubjectID"].alias("SUBJID"))
    assert (dm["USUBJID"] == "ROWMILL-SIM-" + dm["SUBJID"]).all()
    assert dm["USUBJID"].n_unique() == dm.height
    assert dm["AGE"].equals(subjects["Age"].alias("AGE"))
    assert dm["SEX"].equals(subjects["Sex"].alias("SEX"))
    assert dm["SITEID"].cast(pl.Int16).equals(subjects["SiteID"].alias("SITEID"))
    assert dm["ARM"].equals(subjects["TreatmentArm"].alias("ARM"))
    assert dm["ARM"].equals(dm["ACTARM"].alias("ARM"))
    assert dm["ARMCD"].equals(dm["ACTARMCD"].alias("ARMCD"))
    assert dm.select("ARM", "ARMCD").unique().height == len(trial.spec.arms)


def test_a_projection_holds_the_columns_of_the_whole(trial):
    for name in ("vs", "dm"):
        (whole,) = frames(trial, name)
        for column in whole.columns:
            assert trial[name].scan().select(column).collect().equals(whole.select(column)), column


def test_every_value_fits_its_declaration(trial):
    for name in ("vs", "dm"):
        (whole,) = frames(trial, name)
        for field in trial[name].schema.fields:
            values = whole[field.name].drop_nulls()
            assert field.label is not None
            assert len(field.name) <= 8
            assert len(field.label) <= 40
            assert field.nullable or len(values) == whole.height
            if field.values is not None:
                assert set(values) <= set(field.values)
            if field.pattern is not None:
                assert values.str.contains(f"^(?:{field.pattern})$").all()
            if field.length is not None and len(values):
                assert values.str.len_chars().max() <= field.length


@given(st.lists(st.text(max_size=30), min_size=1, max_size=12, unique=True))
def test_arm_codes_are_short_plain_and_different(arms):
    codes = arm_codes(tuple(arms))

    assert len(set(codes)) == len(arms)
    assert all(0 < len(code) <= 20 and set(code) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") for code in codes)


def test_arm_codes_can_be_read():
    assert arm_codes(("Active", "Placebo", "High dose", "High-Dose", "Xanomeline Low Dose 54 mg")) == (
        "ACTIVE", "PLACEBO", "HIGH_DOSE", "HIGH_DOSE_2", "XANOMELINE_LOW_DOSE",
    )  # fmt: skip


def test_limits_that_no_thermometer_in_fahrenheit_can_read_are_met_from_inside():
    ranges = {"temperature": (36.43, 36.96)}
    trial = rowmill.dataset("vitals", seed=1, subjects_per_arm=400, ranges=ranges, realism={"fahrenheit": 1.0})

    vs, vitals = frames(trial, "vs", "vitals")

    warm = vs.filter(pl.col("VSTESTCD") == "TEMP")
    assert 36.43 <= vitals["Temperature"].min() < 36.48
    assert 36.91 < vitals["Temperature"].max() <= 36.96
    assert (warm["VSSTRESN"] == ((warm["VSORRES"].cast(pl.Float64) - 32) / 1.8).round(2)).all()


@pytest.mark.parametrize(
    "fields",
    [
        {"start": dt.date(1899, 12, 31)},
        {"visits": [{"name": "late", "day": 40_000}]},
        {"visits": [{"name": f"Day {day}", "day": day, "dosed": day > 1} for day in range(1, 258)], "method": "rules"},
        {"subjects_per_arm": 333_333_334, "arms": ("High", "Low", "None"), "method": "rules"},
        {"ranges": {"systolic": (60, 401)}},
        {"ranges": {"temperature": (36.0, 36.4)}},
        {"study": "has blanks"},
    ],
)
def test_what_no_trial_has_is_refused(fields):
    with pytest.raises(SpecError, match="data"):
        rowmill.dataset("vitals", seed=1, **fields)
