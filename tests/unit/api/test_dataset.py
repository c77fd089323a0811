"""The library: datasets by keywords, tables as frames and batches, and what is written by them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

import rowmill
from rowmill.api.dataset import LazyDataset
from rowmill.core.errors import DestinationError, SpecError, UsageError
from rowmill.core.units import MICROS_PER_DAY
from rowmill.domains.payments import DOMAIN
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.domains.workforce.parameters import statutory
from rowmill.domains.workforce.spec import WorkforceSpec
from support.little import little

ROWS = 2_000
PAYMENTS = rowmill.dataset("payments", rows=ROWS, seed=42, fraud_rate=0.02)


def test_keywords_and_a_spec_are_one_dataset() -> None:
    spec = PaymentsSpec(rows=ROWS, seed=42, fraud_rate=0.02)

    assert rowmill.dataset("payments", spec).fingerprint == PAYMENTS.fingerprint
    assert PAYMENTS.spec == spec
    assert list(PAYMENTS.tables) == ["transactions", "labels", "customers", "cards", "merchants"]
    assert list(PAYMENTS) == list(PAYMENTS.tables)
    assert (len(PAYMENTS), "cards" in PAYMENTS, "card" in PAYMENTS) == (5, True, False)


def test_what_is_raised_on_purpose_has_a_name_in_the_package() -> None:
    with pytest.raises(rowmill.UsageError, match="did you mean 'cards'"):
        PAYMENTS["card"]

    assert issubclass(rowmill.UsageError, rowmill.RowmillError)


def test_what_is_shown_of_a_dataset_is_short() -> None:
    print_ = PAYMENTS.fingerprint
    open_ended = rowmill.dataset("payments", rows_per_day=10, start="2025-01-01", seed=3)

    shown = f"<payments: 2,000 rows, 2025-11-01 to 2025-11-30, seed 42, fingerprint {print_}>"
    assert repr(PAYMENTS) == repr(PAYMENTS.model) == shown
    assert repr(PAYMENTS["cards"]) == f"<cards, {len(PAYMENTS['cards'].schema.names)} columns, of {shown}>"
    assert repr(open_ended).startswith("<payments: open period, from 2025-01-01, seed 3, fingerprint ")
    assert repr(rowmill.dataset("workforce", employees=3, start=2024, end=2026, seed=3)).startswith(
        "<workforce: 3 years, 2024-01-01 to 2026-12-31, seed 3, fingerprint "
    )


def test_limits_that_stand_in_for_unpublished_ones_are_told() -> None:
    def notes(**fields: object) -> tuple[str, ...]:
        return rowmill.dataset("workforce", employees=3, seed=3, **fields).notes

    known = dict.fromkeys(statutory.FIGURES, 1000)
    assert notes(start=2025, end=2026) == ()
    [told] = notes(start=2025, end=2029)
    assert told.startswith("limits of 2027 to 2029: not published; those of 2026 stand in")
    assert not any("stand in" in note for note in notes(start=2027, end=2027, limits={2027: known}))
    assert notes(start=2027, end=2027, limits={2027: {"catch_up": 1}})[0].startswith("limits of 2027: ")


def test_a_seed_is_drawn_once() -> None:
    one, other = rowmill.dataset("payments", rows=1), rowmill.dataset("payments", rows=1)

    assert one.spec.seed is not None
    assert one.fingerprint != other.fingerprint


@pytest.mark.parametrize("name", PAYMENTS.tables)
def test_scan_batches_and_files_hold_the_same_rows(name: str, tmp_path: Path) -> None:
    table = PAYMENTS[name]
    PAYMENTS.write(tmp_path, settings={"workers": 1})
    files = pl.read_parquet(tmp_path / name / "*.parquet")
    batches = pa.Table.from_batches(table.batches(), schema=table.schema.arrow())

    keys = list(table.schema.primary_key)
    assert files.schema == table.scan().collect_schema()
    assert_frame_equal(table.to_polars().sort(keys), files.sort(keys))
    assert_frame_equal(pl.DataFrame(pl.from_arrow(batches)).sort(keys), files.sort(keys))


def test_batches_take_columns_and_windows() -> None:
    batches = list(PAYMENTS["transactions"].batches(columns=["amount", "event_time"], windows=range(3, 5)))
    table = pa.Table.from_batches(batches)

    days = pl.DataFrame(pl.from_arrow(table))["event_time"].dt.date().unique().sort().to_list()
    assert table.column_names == ["event_time", "amount"]
    assert days == [dt.date(2025, 11, 4), dt.date(2025, 11, 5)]


def test_the_head_costs_the_tiles_that_hold_it() -> None:
    model, log = little()
    table = LazyDataset(model)["visits"]
    found = table.head(60, columns=["shop_id", "visit_id"])

    assert found.columns == ["visit_id", "shop_id"]
    assert len(log.tiles) == 2
    assert log.columns == {"visit_id", "shop_id"}
    assert_frame_equal(found, table.to_polars().head(60).select(found.columns))
    assert table.head(0).schema == table.scan().collect_schema()
    assert table.head(10**6).height == 750


@pytest.mark.parametrize("name", ["transactions", "labels"])
def test_windows_are_the_days_of_the_time_column(name: str) -> None:
    """Skipping windows by time is right only where this holds."""
    table, calendar = PAYMENTS[name], PAYMENTS.model.calendar
    assert table.schema.event_time is not None
    start = (calendar.start - dt.date(1970, 1, 1)).days
    for block in range(table.rule.blocks):
        for tile in table.rule.tiles(block, table.windows, [table.schema.event_time]):
            micros = tile.frame[table.schema.event_time].values
            assert (micros // MICROS_PER_DAY == start + tile.window).all()


def test_a_scan_of_a_day_is_the_day_that_is_written(tmp_path: Path) -> None:
    summary = PAYMENTS.write(tmp_path, date="2025-11-28", columns=["amount", "event_time", "transaction_id"])
    scanned = (
        PAYMENTS["transactions"]
        .scan()
        .filter(pl.col("event_time").is_between(*map(pl.lit, (instant(28), instant(29))), closed="left"))
        .select("transaction_id", "event_time", "amount")
        .collect()
    )

    assert summary.rows == scanned.height
    assert summary.slice == "2025-11-28"
    files = pl.read_parquet(tmp_path / "transactions/*.parquet")
    assert_frame_equal(files.sort("transaction_id"), scanned.sort("transaction_id"))


def instant(day: int) -> dt.datetime:
    return dt.datetime(2025, 11, day, tzinfo=dt.UTC)


def test_customers_can_be_made_alone() -> None:
    whole = PAYMENTS["transactions"].to_polars()
    some = whole["customer_id"].unique().sort().to_list()[:3]
    found = PAYMENTS["transactions"].scan(entities=some).collect()

    assert_frame_equal(found, whole.filter(pl.col("customer_id").is_in(some)))
    assert PAYMENTS["customers"].scan(entities=some).collect()["customer_id"].to_list() == some


def test_a_rerun_and_an_overwrite(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    first = PAYMENTS.write(tmp_path, progress=lambda done, total: calls.append((done, total)))
    again = PAYMENTS.write(tmp_path)
    other = rowmill.dataset("payments", rows=5, seed=1)

    assert calls[-1] == (ROWS, ROWS)
    assert (first.skipped, again.skipped) == (False, True)
    assert first.digest == again.digest
    with pytest.raises(DestinationError, match="rows is 2000 there, 5 here"):
        other.write(tmp_path)
    assert other.write(tmp_path, mode="overwrite").rows == 5


def test_lineage_comes_in_order_of_computation() -> None:
    lineage = PAYMENTS["transactions"].lineage()

    seen: set[str] = set()
    for name, needs in lineage.items():
        assert all(need in seen for need in needs if need in lineage)
        seen.add(name)
    assert set(PAYMENTS["transactions"].schema.names) <= seen
    assert all(set(table.schema.names) <= set(table.lineage()) for table in PAYMENTS.tables.values())


def test_what_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="domain 'paymnts': unknown"):
        rowmill.dataset("paymnts")
    with pytest.raises(SpecError, match=r"data\.rwos: unknown key; did you mean 'rows'"):
        rowmill.dataset("payments", rwos=5)
    with pytest.raises(UsageError, match="give one or the other"):
        rowmill.dataset("payments", PaymentsSpec(), rows=5)
    with pytest.raises(UsageError, match="the spec of payments is a PaymentsSpec"):
        rowmill.dataset("payments", little()[0].spec)
    with pytest.raises(UsageError, match="table 'transactons': unknown in payments; did you mean 'transactions'"):
        PAYMENTS["transactons"]
    with pytest.raises(UsageError, match="column 'amout': unknown in transactions; did you mean 'amount'"):
        next(PAYMENTS["transactions"].batches(columns=["amout"]))
    with pytest.raises(SpecError, match=r"run\.format: got 'xml'"):
        PAYMENTS.write(tmp_path, settings={"format": "xml"})
    with pytest.raises(UsageError, match="date: got '2025-11-31'; there is no such day"):
        PAYMENTS.write(tmp_path, date="2025-11-31")
    with pytest.raises(AttributeError, match="no attribute 'datset'"):
        rowmill.datset  # noqa: B018
    assert list(tmp_path.iterdir()) == []


def test_the_package_offers_its_public_names() -> None:
    assert {"dataset", "LazyDataset", "LazyTable", "__version__"} <= set(dir(rowmill))
    assert isinstance(PAYMENTS, rowmill.LazyDataset)
    assert DOMAIN.build(PAYMENTS.spec).fingerprint == PAYMENTS.fingerprint


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("payments", {"rows": 50, "fraud_rate": 0.1}),
        ("vitals", {"subjects_per_arm": 5}),
        ("vitals", {"subjects_per_arm": 5, "method": "rules", "visits": [{"name": "Day 1", "day": 1}]}),
        ("vitals", {"subjects_per_arm": 5, "preset": "realistic", "target_effect": -4.0}),
        ("workforce", {"employees": 200, "end": 2025, "growth": {"mode": "flat", "hire_rate": 0.1}}),
    ],
)
def test_a_finished_spec_is_taken_as_it_is_and_nothing_is_said_of_what_nobody_set(
    name: str, fields: dict[str, Any]
) -> None:
    data = rowmill.dataset(name, seed=1, **fields)

    again = rowmill.dataset(name, data.spec)
    read_back = rowmill.dataset(name, **data.spec.model_dump(mode="json"))

    assert data.fingerprint == again.fingerprint == read_back.fingerprint
    assert (data.notes, again.notes, read_back.notes) == ((), (), ())


def test_a_preset_lies_below_the_fields() -> None:
    simple = rowmill.dataset("workforce", seed=1, employees=5, preset="simple", growth={"hire_rate": 0.1}).spec
    both = rowmill.dataset("vitals", seed=1, subjects_per_arm=5, preset=("realistic", "earlier")).spec

    assert isinstance(simple, WorkforceSpec)
    assert (simple.growth.mode, simple.growth.hire_rate, simple.raises.rate) == ("flat", 0.1, 0.85)
    assert isinstance(both, VitalsSpec)
    assert (both.realism.effect_sd, both.ranges.systolic) == (3.0, (95, 200))
    with pytest.raises(UsageError, match="preset 'realstic': unknown; did you mean 'realistic'"):
        rowmill.dataset("vitals", preset="realstic")
    with pytest.raises(UsageError, match="preset 'simple': unknown; payments has none, leave it out"):
        rowmill.dataset("payments", preset="simple")
    with pytest.raises(UsageError, match="got a spec and the fields preset"):
        rowmill.dataset("vitals", both, preset="earlier")


def test_what_has_no_effect_is_said_by_the_dataset_and_by_what_is_written(tmp_path: Path) -> None:
    data = rowmill.dataset(
        "workforce", seed=1, employees=9, end=2025, limits={2040: {"catch_up": 5}}, change={"rate": 0, "highest": 0.2}
    )

    summary = data.write(tmp_path / "o", settings={"format": "csv", "row_group_rows": 7, "tables": ["census"]})
    trial = rowmill.dataset("vitals", seed=1, subjects_per_arm=5, study="OTHER", llm={"model": "none"})

    assert data.notes == (
        "data.limits.2040.catch_up: no effect: the years are 2025 to 2025",
        "data.change.highest: no effect: change.rate is 0",
    )
    assert summary.notes == (*data.notes, "run.row_group_rows: no effect: files of the format csv have no row groups")
    assert trial.notes == ("run.llm.model: no effect: nothing is asked of a language model",)
    assert trial.write(tmp_path / "t").notes[1:] == (
        "data.study: no effect: only the tables vs and dm show it; ask for them with --tables",
    )
    assert trial.write(tmp_path / "vs", settings={"tables": ["vs"]}).notes == trial.notes


def test_every_public_name_leads_somewhere_and_says_what_it_is():
    for name in rowmill.__all__:
        assert getattr(rowmill, name) is not None
        assert name.startswith("__") or getattr(rowmill, name).__doc__
    assert dir(rowmill) == sorted(rowmill.__all__)


def test_what_lies_at_a_destination_is_read_verified_and_compared_by_public_names(tmp_path):
    rowmill.dataset("payments", rows=200, seed=3).write(tmp_path / "a", settings={"workers": 1})

    assert rowmill.info(tmp_path / "a").seed == 3
    assert sum(batch.num_rows for batch in rowmill.read(tmp_path / "a", "transactions")) == 200
    assert rowmill.verify(tmp_path / "a").ok
    assert rowmill.diff(tmp_path / "a", tmp_path / "a").equal
    assert rowmill.finalize(tmp_path / "a").skipped
