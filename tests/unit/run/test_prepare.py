"""What a destination takes decides how a run's parts look."""

from __future__ import annotations

import pytest

from rowmill.core.errors import UsageError
from rowmill.model.notes import notes_of
from rowmill.run.prepare import layout_of
from rowmill.run.settings import RunSettings
from rowmill.run.unused import unused_settings
from rowmill.sinks.layout import Layout
from rowmill.sinks.registry import DESTINATIONS
from support.toy import toy


@pytest.fixture(autouse=True)
def database(monkeypatch):
    monkeypatch.setitem(DESTINATIONS, "duckdb", lambda place: place)


def test_a_folder_has_parquet_files_unless_told_otherwise():
    assert layout_of(RunSettings(out="/x")).format == layout_of(RunSettings()).format == "parquet"
    assert layout_of(RunSettings(out="/x", format="csv")).format == "csv"


def test_a_database_has_rows():
    assert layout_of(RunSettings(out="/x.duckdb", part_rows=7)) == Layout(
        "rows", "none", part_rows=7, name="{domain}_{rows}_{date}_{part}"
    )
    assert layout_of(RunSettings(out="/x.duckdb", compression="none", partition_by="none")).format == "rows"


@pytest.mark.parametrize(
    ("name", "value"), [("format", "parquet"), ("format", "csv"), ("compression", "zstd"), ("partition_by", "day")]
)
def test_a_database_takes_no_files(name, value):
    with pytest.raises(UsageError, match=rf"^{name} '{value}': a database takes rows and no files; leave it out$"):
        layout_of(RunSettings(out="/x.duckdb", **{name: value}))


def test_what_only_files_have_has_no_effect_in_a_database():
    names = ("encoding", "row_group_rows", "single_file", "name")
    given = dict.fromkeys((f"run.{name}" for name in names), "")
    settings = RunSettings(out="/x.duckdb", encoding="plain", row_group_rows=7, single_file=True, name="{part}")

    said = notes_of(unused_settings(toy(), settings), given, {})

    assert said == tuple(f"run.{name}: no effect: a database takes rows and no files" for name in names)
    assert notes_of(unused_settings(toy(), settings), {"run.part_rows": ""}, {}) == ()


def test_nobody_asks_for_rows_by_name():
    with pytest.raises(ValueError, match="parquet"):
        RunSettings(format="rows")
