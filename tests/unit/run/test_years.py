"""Windows of a year: folders by simulation year, files numbered only where there are several, empty years."""

from __future__ import annotations

from dataclasses import dataclass, replace

import duckdb
import pyarrow.parquet as pq
import pytest

from rowmill.api.dataset import LazyDataset, slice_of
from rowmill.core.errors import DestinationError, UsageError
from rowmill.model.calendar import YEAR, PartitionLevel, Years
from rowmill.model.dataset import FileDefaults
from rowmill.model.table import Tile
from rowmill.run.checks.verify import verify
from support.runs import count, difference, land, shown, source
from support.toy import EVENTS, ToyTable, toy

SIMULATION_YEAR = PartitionLevel("simulation_year", "year", column=True)
FILES = FileDefaults(name="{table}_{date}{_part}", compression="zstd", partition_by="simulation_year")


@dataclass(frozen=True)
class Gap(ToyTable):
    """A table without rows in its second window."""

    def rows(self, block, window):
        return 0 if window == 1 else super().rows(block, window)

    def tiles(self, block, windows, columns=None):
        for tile in super().tiles(block, windows, columns):
            frame = {name: cells.take(slice(0)) for name, cells in tile.frame.items()}
            yield Tile(tile.block, tile.window, frame) if tile.window == 1 else tile


def yearly(**fields):
    """Return the toy domain with windows that are the years 2025, 2026 …, three if nothing is said."""
    made = toy(**{"rows": 600, "days": 3, "blocks": 2, **fields})
    return replace(made, calendar=Years(2025, made.spec.days, levels=(SIMULATION_YEAR, YEAR)), files=FILES)


@pytest.fixture
def check(monkeypatch):
    """Return a function that verifies data of a calendar that the toy domain's spec cannot say."""

    def run(out, dataset):
        monkeypatch.setattr("rowmill.run.checks.verify.rebuild", lambda *_, **__: dataset)
        return verify(str(out))

    return run


def events(out):
    return [name for name in shown(out) if name.startswith("events/")]


def test_a_year_is_a_folder_with_one_file(tmp_path, check):
    summary = land(yearly(), tmp_path / "out", part_rows=10_000)

    assert events(tmp_path / "out") == [
        f"events/simulation_year={year}/events_{year}.parquet" for year in (2025, 2026, 2027)
    ]
    assert "things/things_2025.parquet" in shown(tmp_path / "out")
    assert summary.digest == land(yearly(), tmp_path / "flat", partition_by="none").digest
    assert check(tmp_path / "out", yearly()).ok


def test_files_are_numbered_where_a_year_has_several(tmp_path):
    land(yearly(), tmp_path / "out", part_rows=350)

    assert events(tmp_path / "out") == [
        f"events/simulation_year={year}/events_{year}_{n:05d}.parquet" for year in (2025, 2026, 2027) for n in (0, 1)
    ]


def test_compression_is_the_domains_own_where_none_is_asked_for(tmp_path):
    land(yearly(), tmp_path / "out")

    [first, *_] = (tmp_path / "out/events").rglob("*.parquet")
    assert pq.ParquetFile(first).metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_year_without_rows_has_a_typed_empty_file(tmp_path, check):
    made = yearly()
    timed = [made.tables[name] for name in ("events", "remarks")]
    gaps = {table.kind: Gap(table.schema, table.spec, table.key, table.kind) for table in timed}
    gap = replace(made, tables={**made.tables, **gaps})

    land(gap, tmp_path / "out", part_rows=10_000)

    empty = pq.read_table(tmp_path / "out/events/simulation_year=2026/events_2026.parquet", partitioning=None)
    assert empty.num_rows == 0
    assert empty.schema.remove_metadata().names == list(EVENTS.names)
    assert empty.schema.field("happened_at").type == EVENTS["happened_at"].arrow.type
    assert check(tmp_path / "out", gap).ok


def test_years_one_by_one_are_the_whole_period(tmp_path, check):
    made = yearly()
    whole = land(made, tmp_path / "whole", part_rows=10_000)

    for year in (2027, 2025, 2026):
        day = made.calendar.first(year - 2025)
        assert land(made, tmp_path / "years", slice_of(made, (day, day)), part_rows=10_000).slice == str(year)

    assert events(tmp_path / "years") == events(tmp_path / "whole")
    assert difference(*(f"FROM {source(tmp_path / place, 'events')}" for place in ("whole", "years"))) == 0
    assert check(tmp_path / "years", made).digest == whole.digest


def test_the_folders_say_the_year_to_readers(tmp_path):
    land(yearly(), tmp_path / "out")

    found = duckdb.execute(
        f"SELECT simulation_year, count(*) FROM '{tmp_path}/out/events/**/*.parquet' GROUP BY ALL ORDER BY 1"
    ).fetchall()

    assert [year for year, _ in found] == [2025, 2026, 2027]
    assert sum(rows for _, rows in found) == count(tmp_path / "out", "events") == 600


def test_a_lost_file_comes_back(tmp_path):
    made = yearly()
    land(made, tmp_path / "out", part_rows=350)
    lost = tmp_path / "out/events/simulation_year=2026/events_2026_00001.parquet"
    before = lost.read_bytes()
    lost.unlink()

    summary = land(made, tmp_path / "out", part_rows=350, mode="resume")

    assert summary.repaired == 1
    assert lost.read_bytes() == before


@pytest.mark.parametrize("level", ["month", "day"])
def test_a_year_is_not_cut_by_month_or_day(level, tmp_path):
    with pytest.raises(
        UsageError, match=f"partition_by '{level}': windows of a year are parted by simulation_year, year or none"
    ):
        land(yearly(), tmp_path / "out", partition_by=level)


def test_days_have_no_simulation_year(tmp_path):
    with pytest.raises(
        UsageError, match="partition_by 'simulation_year': windows of a day are parted by year, month, day or none"
    ):
        land(toy(), tmp_path / "out", partition_by="simulation_year")


def test_two_years_with_one_name_are_refused(tmp_path):
    made = yearly()
    days = [made.calendar.first(window) for window in (0, 1)]
    land(made, tmp_path / "out", slice_of(made, (days[0], days[0])), partition_by="none", name="{table}-{part}")

    with pytest.raises(DestinationError, match=r"another slice has a file .*; put \{date\} into --name"):
        land(made, tmp_path / "out", slice_of(made, (days[1], days[1])), partition_by="none", name="{table}-{part}")


def test_windows_by_the_year_reach_the_api(tmp_path):
    made = LazyDataset(yearly())

    made.write(tmp_path / "out", date="2026-07-01", settings={"workers": 1})

    assert events(tmp_path / "out") == ["events/simulation_year=2026/events_2026.parquet"]
