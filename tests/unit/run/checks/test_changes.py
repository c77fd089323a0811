"""What a verification says of a broken file: which rows were changed, are gone or came, by their keys."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.mending import mend
from rowmill.run.request import Slice
from support.places.postgresql import place
from support.postgres import shared_server
from support.runs import land
from support.toy import toy

DATASET = toy(rows=300, blocks=2, days=3)


def said(out):
    return {problem.path: problem.message for problem in verify(out).problems if problem.path}


def change(out, work):
    """Change the rows of a file; return where it lies, and its rows before."""
    path = read(out).tables["events"].files[1].path
    rows = pq.ParquetFile(out / path).read()
    pq.write_table(work(rows), out / path, store_schema=False)
    return path, rows


def test_rows_that_were_changed_are_named_by_their_keys(tmp_path):
    land(DATASET, tmp_path)
    flip = pa.array([n in (2, 5) for n in range(150)])

    path, rows = change(
        tmp_path,
        lambda rows: rows.set_column(9, rows.schema.field(9), pc.if_else(flip[: len(rows)], 0.5, rows["ratio"])),
    )

    ids = rows["event_id"].to_pylist()
    assert f": 2 rows changed (event_id {ids[2]}, event_id {ids[5]}) (of columns: ratio)" in said(tmp_path)[path]
    assert "rows changed" not in str(verify(tmp_path, remake="none").problems)


def test_rows_that_went_and_came_are_counted_and_the_first_named(tmp_path):
    land(DATASET, tmp_path)

    path, rows = change(tmp_path, lambda rows: pa.concat_tables([rows.slice(7), rows.slice(10, 1)]))

    ids = rows["event_id"].to_pylist()
    gone = ", ".join(f"event_id {each}" for each in sorted(ids[:7], key=ids.index)[:3])
    assert said(tmp_path)[path].endswith(f": 7 rows gone ({gone}, …), 1 row added (event_id {ids[10]})")


def test_a_file_that_somebody_sorted_has_the_same_rows(tmp_path):
    land(DATASET, tmp_path)

    path, _ = change(tmp_path, lambda rows: rows.sort_by([("ratio", "descending")]))

    assert said(tmp_path)[path] == "holds the rows that were written, every one and no other, in another order"
    assert mend(tmp_path, [path], workers=1) == 1
    assert verify(tmp_path).ok


def test_a_file_without_its_key_is_told_as_it_was(tmp_path):
    land(DATASET, tmp_path, Slice(columns=("happened_at", "ratio")))
    path, _ = change(tmp_path, lambda rows: rows.set_column(1, rows.schema.field(1), pc.add(rows["ratio"], 1)))

    assert said(tmp_path)[path].endswith("is not the one in the manifest (of columns: ratio)")


TABLES = {
    "changed": "UPDATE events SET ratio = ratio + 1 WHERE event_id = {id}",
    "gone": "DELETE FROM events WHERE event_id = {id}",
    "added": "INSERT INTO things VALUES (-5, 'x', (SELECT min(_part) FROM things), 99)",
}


@pytest.mark.parametrize("kind", ["postgresql", "duckdb"])
def test_rows_that_somebody_meddled_with_in_a_database_are_named_and_repaired(kind, tmp_path):
    with place(Path()) as location:
        out = location if kind == "postgresql" else str(tmp_path / "out.duckdb")

        def do(statement):
            if kind == "duckdb":
                with duckdb.connect(out) as connection:
                    return connection.execute(statement).fetchall()
            schema = unquote(out.partition("?schema=")[2])
            return shared_server().do(f'SET search_path = "{schema}"', statement)

        land(DATASET, out)
        ids = [number for (number,) in do("SELECT event_id FROM events WHERE _row = 3 ORDER BY _part")]
        do(TABLES["changed"].format(id=ids[0]))
        do(f"DELETE FROM remarks WHERE event_id = {ids[-1]}")
        do(TABLES["gone"].format(id=ids[-1]))
        do(TABLES["added"])
        broken = said(out)

        assert [path.partition("/")[0] for path in sorted(broken)] == ["events", "events", "things"]
        for what in (f"1 row changed (event_id {ids[0]})", f"1 row gone (event_id {ids[-1]})", "(thing_id -5)"):
            assert any(what in message for message in broken.values()), broken
        assert mend(out, broken, workers=1) == 3
        assert verify(out).ok
        assert do("SELECT count(*) FROM things WHERE thing_id < 0") == [(0,)]


def test_rows_of_no_file_are_found_in_a_schema_by_reading_it():
    with place(Path()) as out:
        land(DATASET, out)
        schema = unquote(out.partition("?schema=")[2])
        shared_server().do(f'SET search_path = "{schema}"', "INSERT INTO things VALUES (-1, 'x', 99, 0)")

        assert said(out) == {"things/rows of part 99": "is in no manifest; remove it"}
