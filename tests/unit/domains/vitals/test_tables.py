"""Tables of a trial: identifiers, projections, subjects alone."""

from __future__ import annotations

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rowmill
from rowmill.core.errors import UsageError
from rowmill.domains.vitals.people import subject_ids, subject_numbers
from rowmill.domains.vitals.plan import Trial
from rowmill.domains.vitals.shipped import shipped_model
from rowmill.domains.vitals.tables import KeptBlocks, tables_of

TRIAL = rowmill.dataset("vitals", seed=5, subjects_per_arm=9_000, realism={"missed": 0.1})


@given(st.lists(st.tuples(st.integers(0, 9_989), st.integers(0, 799_999_999)), max_size=50))
def test_an_identifier_is_site_and_number_and_reads_back(pairs):
    site, number = (np.array([pair[place] for pair in pairs], np.int64) for place in (0, 1))

    ids = subject_ids(site, number)

    assert ids.to_pylist() == [f"RM{s + 1:04d}-{n + 1:09d}" for s, n in pairs]
    assert subject_numbers(ids).tolist() == number.tolist()


@pytest.mark.parametrize("text", ["", "RM", "RM0001-00000001", "RM0001-00000001x", "RM0001-١٢٣٤٥٦٧٨٩"])
def test_what_is_no_identifier_has_no_number(text):
    assert subject_numbers(pa.array([text]))[0] <= 0


@pytest.mark.parametrize("name", ["vitals", "vs", "subjects", "dm"])
def test_subjects_that_do_not_exist_are_refused(name):
    column = "USUBJID" if name in ("vs", "dm") else "SubjectID"
    known = TRIAL[name].head(1)[column].item()
    other_site = known.replace("RM00", "RM97")
    none_such = [other_site, known[:-9] + "000018001", known[:-9] + "000000000", known[:-1], "", "nobody"]

    assert set(TRIAL[name].scan(entities=[known]).collect()[column]) == {known}
    for entity in none_such:
        with pytest.raises(UsageError, match=f"got {column} {entity}, which does not exist"):
            TRIAL[name].scan(entities=[known, entity])
    with pytest.raises(UsageError, match=f"got 5; {column} is a text"):
        TRIAL[name].scan(entities=[5])


def test_customers_are_named_by_numbers():
    payments = rowmill.dataset("payments", rows=10, seed=1)

    with pytest.raises(UsageError, match="got 'RM0001-000000001'; customer_id is a number"):
        payments["customers"].scan(entities=["RM0001-000000001"])


def test_who_takes_part_is_told_without_measuring():
    spec = rowmill.dataset("vitals", seed=5, subjects_per_arm=50).spec
    kept = KeptBlocks(Trial(spec), None)
    block, tables = kept.block(0), tables_of(kept)

    def rows(table: str, *columns: str) -> int:
        return sum(tile.rows for tile in tables[table].tiles(0, range(1), columns or None))

    assert rows("subjects") == 100
    assert rows("vitals", "SubjectID", "VisitName", "TreatmentArm") == 400
    assert "readings" not in vars(block)
    assert rows("vitals", "HeartRate") == 400
    assert "readings" in vars(block)


def test_columns_say_what_they_are_made_from():
    lineage = TRIAL["vitals"].lineage()

    assert set(TRIAL["vitals"].schema.names) <= set(lineage)
    assert set(lineage["HeartRate"]) == {"block", "rows", "missing"}
    assert set(TRIAL["vs"].schema.names) == set(TRIAL["vs"].lineage())
    assert TRIAL["truth"].lineage()["Value"] == ("rows",)
    assert TRIAL["truth"].lineage()["lent"] == ("trial", "donors")


@pytest.mark.parametrize("method", ["mvn", "rules"])
def test_readers_prefer_digits_under_every_method(method):
    realism = {"digit_preference": True}
    data = rowmill.dataset("vitals", seed=5, subjects_per_arm=2000, method=method, realism=realism)
    plain = rowmill.dataset("vitals", seed=5, subjects_per_arm=2000, method=method)

    for name in ("SystolicBP", "DiastolicBP", "HeartRate"):
        share = data.spec.model.digits[name]
        read, true = (trial["vitals"].to_polars()[name] for trial in (data, plain))
        even = share.exact / 2 + share.even + share.fives / 2 + share.tens
        assert abs((read % 2 == 0).mean() - even) < 0.015
        assert abs((true % 2 == 0).mean() - 0.5) < 0.015


def test_the_truth_says_how_readers_round():
    realism = {"digit_preference": True}
    for fields, digits in (({}, 1.0), ({"realism": realism}, TRIAL.spec.model.digits["HeartRate"].exact)):
        truth = rowmill.dataset("vitals", seed=5, subjects_per_arm=5, **fields)["truth"].to_polars()
        told = {(row["Parameter"], row["Vital"]): row["Value"] for row in truth.iter_rows(named=True)}
        assert told["digits_exact", "HeartRate"] == digits
        assert told["shape_p50", "Temperature"] == TRIAL.spec.model.shapes["Temperature"][9]
        assert told["female", None] == TRIAL.spec.model.people.female


def test_a_site_reads_to_the_unit_or_does_not_for_all_its_subjects():
    model = shipped_model()
    model = model.model_copy(update={"people": model.people.model_copy(update={"subjects_per_site": 100})})
    data = rowmill.dataset("vitals", seed=6, subjects_per_arm=20_000, model=model, realism={"digit_preference": True})
    names, digits = ("SystolicBP", "DiastolicBP", "HeartRate"), model.digits
    tables = data["vitals"].to_polars().join(data["subjects"].to_polars(), on="SubjectID")

    exact = tables.group_by("SiteID").agg((pl.col(name) % 2 == 1).mean() > 0.2 for name in names).sort("SiteID")

    assert exact.height == 400
    for name in names:
        in_each_ten = exact[name].to_numpy().reshape(-1, 10).sum(axis=1)
        assert set(in_each_ten) <= {int(10 * digits[name].exact), int(10 * digits[name].exact) + 1}
    assert exact.filter("SystolicBP")["DiastolicBP"].all()
    assert exact.filter("DiastolicBP")["HeartRate"].all()


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 1.0])
def test_a_share_of_the_thermometers_reads_fahrenheit_in_every_ten_sites(share):
    data = rowmill.dataset("vitals", seed=6, subjects_per_arm=5_000, realism={"fahrenheit": share})

    vs, dm = data["vs"].to_polars(), data["dm"].to_polars()
    sites = (
        vs.filter(pl.col("VSTESTCD") == "TEMP")
        .join(dm, on="USUBJID")
        .group_by("SITEID")
        .agg(pl.col("VSORRESU").n_unique().alias("units"), (pl.col("VSORRESU") == "F").any().alias("f"))
        .sort("SITEID")
    )

    assert (sites["units"] == 1).all()
    assert set(sites["f"].to_numpy().reshape(-1, 10).sum(axis=1).tolist()) == {round(10 * share)}
