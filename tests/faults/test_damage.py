"""Verify finds every damage, names the file, and nothing else."""

from __future__ import annotations

import random
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
import pytest

from rowmill.core.errors import DestinationError, IntegrityError, UsageError
from rowmill.model.frame import take_rows
from rowmill.model.table import Tile
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from support.books import manifest as manifest_of
from support.runs import land, shown
from support.toy import ToyTable, toy

EVENTS = "events/toy_1K_2025-12-02_00002.parquet"
THINGS = "things/toy_things_1K_2025-12-02_00000.parquet"


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    out = tmp_path_factory.mktemp("sound") / "out"
    land(toy(), out)
    return out


@pytest.fixture
def out(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "out")


def problems(out):
    return {problem.path: problem.message for problem in verify(out).problems}


def rewrite(path, change, **options):
    table = change(pq.read_table(path))
    pq.write_table(table, path, store_schema=False, **options)


def with_value(table, column, row, value):
    values = table[column].to_pylist()
    values[row] = value
    field = table.schema.field(column)
    return table.set_column(table.schema.names.index(column), field, pa.array(values, field.type))


def test_sound_data_has_no_problems(out):
    report = verify(out)

    assert report.ok
    assert report.files == len(shown(out))
    assert report.rows == sum(table.rows for table in read(out).tables.values())
    assert report.bytes == sum((out / path).stat().st_size for path in shown(out))
    assert report.to_json()["ok"] is True


@pytest.mark.parametrize("seed", range(40))
def test_any_flipped_bit_is_found(out, seed):
    luck = random.Random(seed)
    path = luck.choice(shown(out))
    data = bytearray((out / path).read_bytes())
    data[luck.randrange(len(data))] ^= 1 << luck.randrange(8)

    (out / path).write_bytes(data)

    # A changed key may name no row any more, which is said of its table.
    assert [found for found in problems(out) if found] == [path]


def test_a_cell_changed_in_a_valid_file_is_found(out):
    rewrite(out / EVENTS, lambda table: with_value(table, "count", 17, 4711))

    assert "rows were changed" in problems(out)[EVENTS]
    assert problems(out)[EVENTS].endswith("(of columns: count)")


def test_keys_that_stand_twice_are_told_beside_damage(out):
    def doubled(table):
        return with_value(table, "event_id", 1, table["event_id"][0].as_py())

    rewrite(out / EVENTS, doubled)

    assert problems(out)[""] == "1 rows have the primary key (event_id) of another row"
    assert problems(out)[EVENTS].endswith("(of columns: event_id)")


def test_rows_that_their_table_does_not_find_again_are_not_called_changed(tmp_path, monkeypatch):
    land(toy(), tmp_path)
    monkeypatch.setattr(ToyTable, "locate", lambda _, frame: (np.zeros(len(frame["event_id"]), np.int64),) * 2)

    said = {problem.message for problem in verify(tmp_path, tables=["events"]).problems if problem.path}
    assert all(message.startswith("its bytes are those that were written, and its rows have not") for message in said)
    assert said


def test_a_manifest_of_another_spec_is_named(out):
    manifest = manifest_of(out)
    before = manifest.read_text()
    manifest.write_text(before.replace('"seed": 7', '"seed": 8'))

    assert manifest.read_text() != before
    with pytest.raises(
        IntegrityError, match=r"manifest-\w+\.json: its spec was changed: .*; restore the document from"
    ):
        verify(out)


@pytest.mark.parametrize("column", ["count", "kind", "flag"])
def test_a_value_lost_in_a_valid_file_is_found(out, column):
    table = pq.read_table(out / EVENTS)
    row = next(n for n, value in enumerate(table[column].to_pylist()) if value)

    rewrite(out / EVENTS, lambda table: with_value(table, column, row, None))

    assert "rows were changed" in problems(out)[EVENTS]


def test_ids_that_are_not_unique_are_told_though_all_is_as_the_manifest_says(tmp_path, monkeypatch):
    honest = ToyTable.tiles

    def doubled(table, *place):
        for tile in honest(table, *place):
            rows = np.arange(tile.rows)
            rows[rows == 1] = 0
            yield Tile(tile.block, tile.window, take_rows(tile.frame, rows if table.kind == "remarks" else slice(None)))

    monkeypatch.setattr(ToyTable, "tiles", doubled)
    land(toy(), tmp_path)

    [problem] = verify(tmp_path).problems
    assert (problem.table, problem.path) == ("remarks", "")
    assert problem.message == "18 rows have the primary key (event_id) of another row"


def test_rows_in_another_order_are_found(out):
    rewrite(out / THINGS, lambda table: table.take(list(reversed(range(table.num_rows)))))

    assert problems(out)[THINGS].endswith("every one and no other, in another order")


def test_a_valid_but_short_file_is_found(out):
    rewrite(out / EVENTS, lambda table: table.slice(0, table.num_rows - 1))

    assert "rows; the manifest says" in problems(out)[EVENTS]


def test_the_same_rows_in_other_bytes_are_told_apart(out):
    rewrite(out / EVENTS, lambda table: table, compression="zstd")

    assert problems(out) == {EVENTS: "its rows are right, but its bytes were changed: copy or write it again"}


def test_other_columns_are_named(out):
    rewrite(out / EVENTS, lambda table: table.drop_columns(["count"]))

    assert "the schema says event_id int64 not null" in problems(out)[EVENTS]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not a file of ours" * 100])
def test_a_file_that_is_none_is_named(out, content):
    (out / EVENTS).write_bytes(content)

    assert "cannot be read" in problems(out)[EVENTS]


def test_missing_swapped_and_foreign_files_are_named(out):
    first, second, third = (f"events/toy_1K_2025-12-02_0000{n}.parquet" for n in range(3))
    (out / first).rename(out / "x")
    (out / second).rename(out / first)
    (out / "x").rename(out / second)
    (out / third).unlink()
    (out / "events" / "more.parquet").write_bytes((out / first).read_bytes())
    (out / "events" / ".hidden").touch()

    found = problems(out)

    assert set(found) == {first, second, third, "events/more.parquet"}
    assert found[third] == "is missing"
    assert found["events/more.parquet"] == "is in no manifest; remove it"


def test_a_changed_manifest_is_refused(out):
    manifest = manifest_of(out)
    manifest.write_text(manifest.read_text().replace('"rows": 1000', '"rows": 1001', 1))

    with pytest.raises(IntegrityError, match=r"manifest-[0-9a-f]+.json: is damaged \(tables.events.rows"):
        verify(out)


@pytest.mark.parametrize("keep", [0, 1, 100, -30])
def test_a_torn_manifest_is_refused(out, keep):
    manifest = manifest_of(out)
    manifest.write_bytes(manifest.read_bytes()[:keep])

    with pytest.raises(IntegrityError, match="is damaged"):
        verify(out)


def test_tables_can_be_chosen(out):
    (out / EVENTS).unlink()

    assert verify(out, tables=["things", "remarks"]).ok
    with pytest.raises(UsageError, match="did you mean 'things'"):
        verify(out, tables=["thing"])


def test_nothing_to_verify_is_an_error(tmp_path):
    with pytest.raises(DestinationError, match="holds no finished run"):
        verify(tmp_path)


def test_progress_ends_at_all_bytes(out):
    seen = []
    report = verify(out, progress=lambda done, total: seen.append((done, total)))

    assert seen[-1] == (report.bytes, report.bytes)


def test_damage_is_found_where_files_do_not_hold_the_columns_that_locate_their_rows(tmp_path):
    land(toy(), tmp_path, Slice(columns=("count", "flag")), part_rows=400)
    path = next(path for path in shown(tmp_path) if path.startswith("events"))

    assert verify(tmp_path).ok
    rewrite(tmp_path / path, lambda table: with_value(table, "count", 3, 4711))
    assert "rows were changed" in problems(tmp_path)[path]


def test_damage_to_a_csv_file_is_found(tmp_path):
    land(toy(), tmp_path, format="csv")
    path = "events/toy_1K_2025-12-02_00002.csv"
    text = (tmp_path / path).read_text()

    (tmp_path / path).write_text(text.replace("true", "false", 1))
    assert "rows were changed" in problems(tmp_path)[path]
    (tmp_path / path).write_text(text[: len(text) // 2])
    assert problems(tmp_path)[path]
    (tmp_path / path).write_text(text)
    assert verify(tmp_path).ok
    assert pc.read_csv(tmp_path / THINGS.replace("parquet", "csv")).num_rows == 30
