"""Scans: the same rows as filtering the whole, at the cost of the slice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from rowmill.api.dataset import LazyDataset, LazyTable
from rowmill.api.scan import time_bounds
from rowmill.core.errors import SpecError, UsageError
from support.little import VISITS, Log, little

at = pl.col("at")
DAYS, BLOCKS = 5, 3
FIRST = dt.datetime(2025, 11, 1, tzinfo=dt.UTC)
MICRO = dt.timedelta(microseconds=1)


def day(number: int) -> dt.datetime:
    return FIRST + dt.timedelta(days=number)


def visits(**fields: object) -> tuple[LazyTable, Log]:
    model, log = little(**fields)
    return LazyDataset(model)["visits"], log


WHOLE = visits()[0].to_polars()


def windows_made(log: Log) -> set[int]:
    return {window for _, _, window in log.tiles}


def test_the_whole_is_every_tile_once_in_the_schema_s_types() -> None:
    table, log = visits()
    frame = table.to_polars()

    assert frame.schema == pl.Schema(
        {
            "visit_id": pl.Int64,
            "at": pl.Datetime("us", "UTC"),
            "shop_id": pl.Int32,
            "kind": pl.String,
            "spent": pl.Int64,
        }
    )
    assert frame.height == DAYS * BLOCKS * 50
    assert sorted(log.tiles) == sorted({("visits", b, w) for b in range(BLOCKS) for w in range(DAYS)})
    assert frame["spent"].null_count() == DAYS * BLOCKS * 7


def test_only_the_columns_of_a_query_are_computed() -> None:
    table, log = visits()
    found = table.scan().filter(pl.col("spent") > 500).select("kind").collect()

    assert log.columns == {"kind", "spent"}
    assert_frame_equal(found, WHOLE.filter(pl.col("spent") > 500).select("kind"))


def test_counting_computes_one_column() -> None:
    table, log = visits()

    assert table.scan().select(pl.len()).collect().item() == WHOLE.height
    assert len(log.columns) == 1


@pytest.mark.parametrize(
    ("predicate", "windows"),
    [
        ((at >= day(1)) & (day(3) > at), {1, 2, 3}),
        (at < day(2), {0, 1, 2}),
        (at <= day(2) - MICRO, {0, 1}),
        (at > day(4) - MICRO, {3, 4}),
        (at >= day(4), {4}),
        (at == day(2), {2}),
        (at.is_between(day(1), day(2) - MICRO), {1}),
        ((at >= day(1)) & (pl.col("spent") > 3) & (at < day(2) - MICRO), {1}),
        (at >= dt.date(2025, 11, 4), {3, 4}),
        (at >= dt.datetime(2025, 11, 4, 2, tzinfo=dt.timezone(dt.timedelta(hours=2))), {3, 4}),
        (at >= pl.datetime(2025, 11, 4, time_zone="UTC"), {3, 4}),
        (at >= pl.lit(day(3)) + pl.duration(days=1), {4}),
        (at > day(9), set()),
        (at < day(0) - MICRO, set()),
        ((at > day(3)) & (at < day(1)), set()),
        # What is no plain comparison skips nothing.
        ((at >= day(3)) | (pl.col("spent") > 900), {0, 1, 2, 3, 4}),
        (~((at < day(3)) & (pl.col("spent") > 5)), {0, 1, 2, 3, 4}),
        (at != day(3), {0, 1, 2, 3, 4}),
        (at.dt.date() == dt.date(2025, 11, 3), {0, 1, 2, 3, 4}),
        (at.dt.offset_by("1d") >= day(3), {0, 1, 2, 3, 4}),
        (pl.lit(day(3)) <= pl.max_horizontal(at, pl.lit(day(4))), {0, 1, 2, 3, 4}),
    ],
)
def test_windows_are_skipped_for_plain_comparisons_alone(predicate: pl.Expr, windows: set[int]) -> None:
    table, log = visits()
    found = table.scan().filter(predicate).collect()

    assert_frame_equal(found, WHOLE.filter(predicate))
    assert windows_made(log) <= windows
    if found.height:
        assert windows_made(log) == windows


OPERATORS: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "ne_missing": lambda a, b: a.ne_missing(b),
    "eq_missing": lambda a, b: a.eq_missing(b),
}
INSTANTS = st.sampled_from([day(n) + k * MICRO for n in range(-1, 7) for k in (-1, 0, 1)]) | st.none()


@st.composite
def predicates(draw: st.DrawFn, depth: int = 2) -> pl.Expr:
    if depth and draw(st.booleans()):
        one, other = draw(predicates(depth - 1)), draw(predicates(depth - 1))
        return draw(st.sampled_from([one & other, one | other, one.xor(other), ~one]))
    literal = pl.lit(draw(INSTANTS), dtype=pl.Datetime("us", "UTC"))
    compare = OPERATORS[draw(st.sampled_from(sorted(OPERATORS)))]
    plain = compare(literal, at) if draw(st.booleans()) else compare(at, literal)
    other = pl.col("spent") > draw(st.integers(0, 1000))
    return draw(st.sampled_from([plain, other, at.is_between(literal, literal), at.dt.truncate("1d") >= literal]))


@given(predicates(), st.sampled_from(["in-memory", "streaming"]), st.sampled_from([None, 0, 1, 60, 10_000]))
def test_a_filtered_scan_is_the_filtered_whole(predicate: pl.Expr, engine: str, limit: int | None) -> None:
    def ask(frame: pl.LazyFrame) -> pl.DataFrame:
        limited = frame if limit is None else frame.head(limit)
        return limited.filter(predicate).select("kind", "at").collect(engine=engine)

    assert_frame_equal(ask(visits()[0].scan()), ask(WHOLE.lazy()))


def test_a_row_limit_stops_early_and_counts_before_the_predicate() -> None:
    table, log = visits()
    found = table.scan().head(60).filter(pl.col("spent") > 500).collect()

    assert_frame_equal(found, WHOLE.head(60).filter(pl.col("spent") > 500))
    assert len(log.tiles) == 2


def test_filters_around_a_limit_do_not_narrow_what_is_counted() -> None:
    table, _ = visits()
    late = (at >= day(1)) & (at < day(2))

    assert_frame_equal(table.scan().head(70).filter(late).collect(), WHOLE.head(70).filter(late))
    assert_frame_equal(table.scan().filter(late).head(70).collect(), WHOLE.filter(late).head(70))


def test_entities_make_their_blocks_alone() -> None:
    table, log = visits()
    found = table.scan(entities=[5, 9]).filter(at < day(2)).collect()

    assert_frame_equal(found, WHOLE.filter(pl.col("shop_id").is_in([5, 9]) & (at < day(2))))
    assert {block for _, block, _ in log.tiles} == {1, 2}
    assert table.scan(entities=[]).collect().height == 0


def test_entities_work_without_their_column() -> None:
    table, _ = visits()
    found = table.scan(entities=[5]).select("visit_id").collect()

    assert_frame_equal(found, WHOLE.filter(pl.col("shop_id") == 5).select("visit_id"))


def test_entities_of_a_catalog_are_its_rows() -> None:
    model, log = little()
    found = LazyDataset(model)["shops"].scan(entities=[5]).collect()

    assert found.rows() == [(5, "café")]
    assert log.tiles == [("shops", 1, 0)]


@pytest.mark.parametrize("entity", [-1, 12, 10**9])
def test_an_entity_that_does_not_exist_is_refused(entity: int) -> None:
    with pytest.raises(UsageError, match=f"got shop_id {entity}, which does not exist"):
        visits()[0].scan(entities=[entity])


def test_a_scan_joins_with_another() -> None:
    model, _ = little()
    data = LazyDataset(model)
    joined = data["visits"].scan().join(data["shops"].scan(), on="shop_id").collect()

    assert joined.height == WHOLE.height
    assert (joined["kind"] == joined["kind_right"]).all()


def test_an_open_period_needs_a_bound_and_costs_its_days() -> None:
    table, log = visits(days=None)
    found = table.scan().filter((at >= day(200)) & (at < day(201) - MICRO)).collect()

    assert found.height == BLOCKS * 50
    assert windows_made(log) == {200}
    with pytest.raises((SpecError, pl.exceptions.ComputeError), match="open period has no end"):
        table.scan().collect()


def test_unknown_columns_are_polars_own_error() -> None:
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        visits()[0].scan().select("nope").collect()


def test_bounds_of_a_broken_expression_skip_nothing() -> None:
    class Broken:
        meta = None

    assert time_bounds(Broken(), "at") == (None, None)
    assert VISITS.event_time == "at"
