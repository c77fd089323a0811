"""Foreign keys: rows that name no row are found, and none is said to where not all were read."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.api.dataset import dataset
from rowmill.model.frame import Cells
from rowmill.model.schema import ForeignKey
from rowmill.model.table import Tile
from rowmill.run.books.manifest import read
from rowmill.run.checks import links as links_module
from rowmill.run.checks.links import ForeignKeyReport, Links, unchecked
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from support.runs import land
from support.toy import ToyTable, toy


@lru_cache(maxsize=1)
def landed():
    """Return a dataset, and the manifest of it, whole."""
    out = Path(mkdtemp()) / "out"
    land(toy(), out)
    return toy(), read(out)


def found(batches, few):
    """Return (rows, orphans, keys sought) of events → things for batches of (table, keys, missing)."""
    links_module._FEW, kept = few, links_module._FEW
    try:
        with closing(Links(*landed(), ["events", "things"])) as links:
            for table in ("things", "events"):
                for values, nulls in (batch for name, *batch in batches if name == table):
                    cells = Cells(np.array(values, np.int64), np.array(nulls, bool))
                    links.see(table, {"thing_id": cells} | ({"event_id": cells} if table == "events" else {}))
                links.finish(table)
            [(link, sought)] = links.found()
            return link.rows, link.orphans, len(sought)
    finally:
        links_module._FEW = kept


KINDS = ("events", "things")
BATCHES = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.lists(st.tuples(st.integers(-9, 30), st.integers(0, 4)), min_size=1, max_size=30),
    ),
    max_size=8,
)


@given(BATCHES, st.sampled_from([0, 5, 1 << 21]))
def test_as_many_rows_name_no_row_as_sets_say(drawn, few):
    batches = [(name, [value for value, _ in rows], [flag == 0 for _, flag in rows]) for name, rows in drawn]
    there = {table: [v for name, rows in drawn if name == table for v, flag in rows if flag] for table in KINDS}
    things, named = set(there["things"]), there["events"]
    orphans = [value for value in named if value not in things]

    assert found(batches, few) == (len(named), len(orphans), len(set(orphans)))


@pytest.fixture
def lost(monkeypatch, tmp_path):
    """Return a destination whose events of kind "" happened to things that there are none of."""
    made = ToyTable.tiles

    def changed(table, block, windows, columns=None):
        for tile in made(table, block, windows, columns):
            if table.kind == "events" and "thing_id" in tile.frame:
                thing = np.where(tile.frame["level"].values % 9 == 0, 900 + tile.block, tile.frame["thing_id"].values)
                yield Tile(tile.block, tile.window, {**tile.frame, "thing_id": Cells(thing)}, tile.counts)
            else:
                yield tile

    monkeypatch.setattr(ToyTable, "tiles", changed)
    land(toy(), tmp_path / "out")
    return tmp_path / "out"


def test_rows_without_the_row_that_they_name_are_counted_and_the_first_values_shown(lost):
    report = verify(lost)

    events = pl.read_parquet(lost / "events/*.parquet")
    alone = events.filter(pl.col("thing_id") >= 900)["thing_id"]
    [problem] = report.problems
    event_link, remark_link = report.foreign_keys
    assert not report.ok
    assert (event_link.rows, event_link.orphans) == (1000, len(alone))
    assert set(event_link.first) == set(map(str, alone.unique().to_list()))
    assert problem.message.startswith(f"{len(alone)} rows name no row of things (thing_id): thing_id 90")
    first = {str(row["thing_id"]): str(row["event_id"]) for row in reversed(list(events.iter_rows(named=True)))}
    assert event_link.first_rows == tuple(first[thing] for thing in event_link.first)
    assert problem.message.endswith(f"(first in events where event_id is {', '.join(event_link.first_rows)})")
    assert (remark_link.orphans, remark_link.unchecked) == (0, None)
    assert report.to_json()["foreign_keys"][0]["orphans"] == len(alone)


def test_a_key_of_several_columns_is_shown_whole(lost):
    ours, _ = landed()
    both = ("thing_id", "event_id")
    link = ForeignKeyReport("events", both, "events", both)
    rows = pl.read_parquet(lost / "events/*.parquet").head(2).to_arrow().to_batches()
    schema = ours.tables["events"].schema

    hashes = [links_module.key_hashes([Cells(b.column(n).to_numpy()) for n in both]) for b in rows]
    shown = links_module.first_orphans(schema, link, np.sort(np.concatenate(hashes)), rows)
    assert tuple(shown) == tuple(
        f"({row['thing_id']}, {row['event_id']})" for batch in rows for row in batch.to_pylist()
    )


def test_a_table_that_could_not_be_read_makes_no_orphans(tmp_path):
    land(toy(), tmp_path)
    next(tmp_path.glob("things/*")).unlink()

    report = verify(tmp_path)

    assert [problem.message for problem in report.problems] == ["is missing"]
    assert report.foreign_keys[0].unchecked == "not all of things could be read"


def test_tables_and_columns_that_are_not_read_leave_a_key_unchecked(tmp_path):
    land(toy(), tmp_path / "whole")
    land(toy(), tmp_path / "part", Slice(None, ("event_id", "ratio")))

    alone, part = verify(tmp_path / "whole", tables=["events"]), verify(tmp_path / "part")

    assert [link.unchecked for link in alone.foreign_keys] == ["things is not read"]
    assert [link.unchecked for link in part.foreign_keys] == ["events is without thing_id", None]
    assert alone.ok
    assert part.ok


def unchecked_previous(out):
    report = verify(out)
    assert report.ok, report.problems
    return {link.columns[0]: link.unchecked for link in report.foreign_keys if link.unchecked}


def test_slices_leave_out_the_rows_that_may_lie_before_them_and_nothing_else(tmp_path):
    ours = dataset("payments", rows=3000, seed=3, start="2025-11-01", end="2025-11-05")
    for day in ("2025-11-03", "2025-11-01", "2025-11-02"):
        ours.write(tmp_path, settings={"workers": 1}, date=day)
        left = unchecked_previous(tmp_path)
        said = {"previous_txn_id": "it may name rows of transactions that lie before or between the slices"}
        assert left == ({} if day == "2025-11-02" else said)


def test_rows_without_time_cannot_name_rows_of_a_slice_for_certain():
    ours, manifest = landed()
    back = ForeignKey(("thing_id",), "events", ("event_id",))
    part = replace(manifest, slices=(replace(manifest.slices[0], windows=(0, 2)),))

    assert unchecked(ours, manifest, ours.tables, "things", back) is None
    assert unchecked(ours, part, ours.tables, "things", back) == "not all of events is here"


def test_tables_come_after_those_that_they_name():
    with closing(Links(*landed(), ["events", "remarks", "things"])) as links:
        assert links.order() == ["things", "events", "remarks"]
