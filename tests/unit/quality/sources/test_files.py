"""Files of others: one or many, whatever their names and columns are called; what is no table is refused."""

from __future__ import annotations

import gzip

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rowmill.core.errors import IntegrityError, UsageError
from rowmill.quality.sources.finding import source
from rowmill.quality.sources.scanning import connected, scanned

HOSTILE = ['a"b', "it's", "<script>alert(1)</script>", "x; DROP TABLE t", "ü %s {} \\n", " "]
ROWS = pa.table({name: pa.array([n, None, n + 2]) for n, name in enumerate(HOSTILE)})


def rows_of(table):
    """Return the rows that both ways of reading yield, which are the same."""
    with connected() as connection, scanned(table, connection) as relation:
        found = connection.sql(f"SELECT * FROM {relation}").to_arrow_table()
    yielded = pa.Table.from_batches(list(table.batches()), found.schema)
    assert found == yielded
    assert found.schema == table.arrow
    return found


@pytest.mark.parametrize("name", ["plain.parquet", "it's [1] *.parquet", "<img src=x onerror=alert(1)>.parquet", "no"])
def test_a_file_is_a_table_of_its_name_whatever_is_in_the_names(tmp_path, name):
    pq.write_table(ROWS, tmp_path / name)
    pq.write_table(ROWS.slice(1), tmp_path / "it's 1 other.parquet")

    found = source(tmp_path / name)
    (table,) = found.tables.values()

    assert table.name == name.partition(".")[0]
    assert found.manifest is table.schema is None
    assert table.rows == 3
    assert rows_of(table).to_pylist() == ROWS.to_pylist()
    assert [batch.schema.names for batch in table.batches(HOSTILE[2:0:-1])] == [HOSTILE[2:0:-1]]


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "csv.zst"])
def test_delimited_text_is_read_whatever_compressed_it(tmp_path, ending):
    text = b'id,name,at\n1,"a,b",2025-11-01 10:00:00\n2,,2025-11-02 11:00:00\n'
    pack = {"csv": bytes, "csv.gz": gzip.compress, "csv.zst": lambda data: pa.compress(data, "zstd", asbytes=True)}
    (tmp_path / f"sales.{ending}").write_bytes(pack[ending](text))

    (table,) = source(tmp_path / f"sales.{ending}").tables.values()

    assert rows_of(table).select(["id", "name"]).to_pylist() == [{"id": 1, "name": "a,b"}, {"id": 2, "name": None}]
    assert pa.types.is_timestamp(table.arrow.field("at").type)


@pytest.mark.parametrize("row", ["7", "7,x,y", "7,x,y,z"])
@pytest.mark.parametrize(("rows", "at"), [(2, 0), (3, 2), (40, 20), (3_000, 0), (3_000, 2_999)])
def test_no_line_is_passed_over_where_one_is_not_like_the_header(tmp_path, row, rows, at):
    lines = [f"{n},n{n}" for n in range(rows)]
    lines[at] = row
    (tmp_path / "bad.csv.gz").write_bytes(gzip.compress("\n".join(["id,name", *lines, ""]).encode()))
    values = "1 value" if row == "7" else f"{row.count(',') + 1} values"

    with pytest.raises(UsageError, match=rf"bad\.csv\.gz, line {at + 2}: got {values} under a header of 2;"):
        source(tmp_path / "bad.csv.gz")


@pytest.mark.parametrize(
    "text",
    [
        "id;name\n1;a\n2;'b;c'\n",
        "id\tname\n1\ta\n\n2\tb\n",
        '"id","the, name"\n1,"a\nb"\n2,\n',
        "# a note\nid,name\n1,a\n2,b\n",
        "id,name\n1,a,\n2,b,\n",
        "id\n1\n2\n",
        "\n\nid,name\n1,a\n2,b\n",
        "\ufeffid|name\r\n1|a\r\n2|b\r\n",
    ],
)
def test_text_is_read_whatever_separates_and_quotes_its_values(tmp_path, text):
    (tmp_path / "t.csv").write_bytes(text.encode())

    (table,) = source(tmp_path / "t.csv").tables.values()

    assert rows_of(table)["id"].to_pylist() == [1, 2]
    assert table.arrow.names[1:] in ([], ["name"], ["the, name"])


def test_files_of_unlike_separators_are_one_table(tmp_path):
    for name, mark in (("a", ","), ("b", ";")):
        (tmp_path / f"{name}.csv").write_text(f"id{mark}name\n1{mark}x\n")

    (table,) = source(tmp_path).tables.values()

    assert rows_of(table).to_pylist() == [{"id": 1, "name": "x"}] * 2


def test_a_folder_of_like_files_is_one_table_and_of_unlike_ones_several(tmp_path):
    for n in (1, 2):
        pq.write_table(pa.table({"a": [n]}), tmp_path / f"part-{n}.parquet")
    (tmp_path / "_SUCCESS").write_bytes(b"")
    (one,) = source(tmp_path).tables.values()
    assert rows_of(one).to_pylist() == [{"a": 1}, {"a": 2}]
    assert one.name == tmp_path.name

    pq.write_table(pa.table({"b": ["x"]}), tmp_path / "other.parquet")
    assert list(source(tmp_path).tables) == ["other", "part-1", "part-2"]
    (pattern,) = source(tmp_path / "part-*.parquet").tables.values()
    assert (pattern.name, pattern.rows) == ("part", 2)


def test_folders_tell_columns_or_tables(tmp_path):
    for year in (2024, 2025):
        (tmp_path / "hive" / f"year={year}").mkdir(parents=True)
        pq.write_table(pa.table({"a": [year % 100]}), tmp_path / "hive" / f"year={year}" / "x.parquet")
    for name in ("orders", "people"):
        (tmp_path / "many" / name).mkdir(parents=True)
        pq.write_table(pa.table({name: [1]}), tmp_path / "many" / name / "x.parquet")

    (hive,) = source(tmp_path / "hive").tables.values()

    assert rows_of(hive).to_pylist() == [{"a": 24, "year": 2024}, {"a": 25, "year": 2025}]
    assert list(source(tmp_path / "many").tables) == ["orders", "people"]


def test_a_file_of_duckdb_has_its_tables_and_keys_but_no_views(tmp_path):
    with duckdb.connect(str(tmp_path / "theirs.db")) as theirs:
        theirs.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, name VARCHAR)")
        theirs.execute("""CREATE TABLE "or""ders" (id INTEGER, person INTEGER REFERENCES people (id))""")
        theirs.execute("CREATE SCHEMA more; CREATE TABLE more.people AS SELECT 1 AS x")
        theirs.execute("CREATE VIEW spy AS SELECT * FROM read_text('/etc/hostname')")
        theirs.execute("INSERT INTO people VALUES (1, 'a'), (2, NULL)")

    found = source(tmp_path / "theirs.db")

    assert list(found.tables) == ['or"ders', "people", "more.people"]
    assert found.table("people").primary_key == ("id",)
    assert [(key.columns, key.table) for key in found.table('or"ders').foreign_keys] == [(("person",), "people")]
    assert rows_of(found.table("people")).num_rows == found.table("people").rows == 2
    assert rows_of(found.table('or"ders')).num_rows == 0
    with pytest.raises(UsageError, match="there is no table 'peopl'; did you mean 'people'"):
        found.table("peopl")


BAD = {
    "empty.csv": (b"", "is empty"),
    "empty.parquet": (b"", "is empty"),
    "book.xlsx": (b"PK\x03\x04....", "workbook"),
    "cut.parquet": (b"PAR1 and no end", "cannot be read"),
    "no.parquet": (b"hello", "neither Parquet"),
    "noise": (b"\0\1\2\3", "neither Parquet"),
    "sqlite.db": (b"SQLite format 3\0", "database of SQLite"),
    "cut.csv.gz": (gzip.compress(b"a,b\n1,2\n" * 9_999)[:40], "cannot be read"),
    "cut.duckdb": (b"12345678DUCK cut", "cannot be used|no database"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_table_is_refused_in_a_line(tmp_path, name):
    content, said = BAD[name]
    (tmp_path / name).write_bytes(content)

    with pytest.raises((UsageError, IntegrityError), match=said) as raised:
        source(tmp_path / name)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["nothing", "nothing.duckdb", "no*.parquet", "empty"])
def test_what_is_not_there_is_refused(tmp_path, name):
    (tmp_path / "empty").mkdir()

    with pytest.raises(UsageError, match=r"no such file|no file has|holds no Parquet"):
        source(tmp_path / name)


def test_a_destination_without_a_finished_run_is_told(tmp_path):
    (tmp_path / "_rowmill").mkdir()

    with pytest.raises(UsageError, match="holds no finished run"):
        source(tmp_path)
    pq.write_table(ROWS, tmp_path / "x.parquet")
    with pytest.raises(UsageError, match="no windows"):
        source(tmp_path / "x.parquet", range(1))
