"""A file of DuckDB: what it holds, what it takes along when it is moved, and what it refuses."""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys

import duckdb
import pytest

from rowmill.cli import main
from rowmill.core.errors import DestinationError, IntegrityError, RowmillError
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.sinks.databases.duck.opening import explained
from rowmill.sinks.registry import destination
from support.runs import land, registered
from support.servers.outside import outside
from support.shop import DOMAIN as SHOP
from support.toy import toy
from support.unprivileged import unprivileged

DATASET = toy(rows=900, blocks=4, days=5)
COLUMNS = """SELECT column_name, data_type, is_nullable, comment FROM duckdb_columns()
    WHERE NOT internal AND table_name IN ('orders', 'customers')"""
KEYS = """SELECT table_name, constraint_column_names FROM duckdb_constraints()
    WHERE constraint_type = 'PRIMARY KEY'"""

PLACES = "SELECT rows, count(*), 1 + max(_row) FROM orders JOIN _rowmill_files ON number = _part GROUP BY _part, rows"


@pytest.fixture(autouse=True)
def _registered():
    with registered("toy"), registered("shop"):
        yield


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out.duckdb"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    made = tmp_path_factory.mktemp("made") / "made.duckdb"
    with registered("toy"):
        land(DATASET, made, part_rows=400)
    return made


@pytest.fixture
def whole(made, out):
    return shutil.copy(made, out)


def asked(out, query):
    with duckdb.connect(out, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_a_file_is_all_that_a_run_leaves_and_it_can_be_taken_elsewhere(whole, tmp_path):
    assert [path.name for path in tmp_path.iterdir()] == ["out.duckdb"]
    moved = tmp_path / "elsewhere" / "data.duckdb"
    moved.parent.mkdir()
    shutil.move(whole, moved)
    folder = tmp_path / "folder"
    land(DATASET, folder)

    assert verify(moved, remake="all").ok
    assert main(["info", str(moved)]) == 0
    assert main(["diff", str(folder), str(moved)]) == 0
    assert land(DATASET, moved, part_rows=400).skipped
    assert [path.name for path in moved.parent.iterdir()] == ["data.duckdb"]


def test_tables_have_types_keys_comments_and_the_rows_places(out):
    land(SHOP.build(SHOP.spec_type(seed=3, customers=90, orders=500)), out)

    columns = {name: more for name, *more in asked(out, COLUMNS)}
    keys = asked(out, KEYS)
    places = asked(out, PLACES)

    assert columns["ordered_at"][:2] == ["TIMESTAMP WITH TIME ZONE", False]
    assert columns["coupon"][1]
    assert all(comment for _, _, comment in columns.values())
    assert sorted(keys) == [("customers", ["customer_id"]), ("orders", ["order_id"])]
    assert all(comment for (comment,) in asked(out, "SELECT comment FROM duckdb_tables()"))
    assert sum(rows for rows, _, _ in places) == 500
    assert all(rows == count == last for rows, count, last in places)


def test_a_new_file_can_be_read_by_every_version_from_one_on(whole):
    assert struct.unpack("<4sQ", whole.read_bytes()[8:20]) == (b"DUCK", 64)


def test_a_database_of_somebody_keeps_what_it_has(out):
    with duckdb.connect(out) as connection:
        connection.execute("CREATE TABLE mine AS SELECT 42 AS answer")

    land(DATASET, out)
    land(toy(rows=300), out, mode="overwrite")

    assert asked(out, "FROM mine") == [(42,)]
    assert verify(out).ok


def test_nights_shares_and_replacements_stand_in_one_file(out):
    for day in range(2):
        land(DATASET, out, Slice(range(day, day + 1)))
    for share in ((1, 2), (2, 2)):
        land(DATASET, out, Slice(range(2, 5), part=share))
        assert out.with_name("out.duckdb.rowmill").is_dir()
    finalize(out)

    assert not out.with_name("out.duckdb.rowmill").exists()
    assert asked(out, "SELECT count(*) FROM events") == [(900,)]
    assert verify(out, remake="all").ok
    land(DATASET, out, Slice(range(1, 2)), mode="overwrite")
    assert verify(out).ok
    land(toy(rows=120, seed=9), out, mode="overwrite")
    assert asked(out, "SELECT count(*) FROM events") == [(120,)]
    assert verify(out, remake="all").ok


def test_columns_that_were_asked_for_are_all_that_a_table_has(out):
    land(DATASET, out, Slice(columns=("event_id", "price")))

    assert [name for name, *_ in asked(out, "DESCRIBE events")] == ["event_id", "price", "_part", "_row"]
    assert verify(out).ok


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("DELETE FROM events WHERE _part = (SELECT min(_part) FROM events)", "is missing"),
        ("DELETE FROM events WHERE _row = 3", r"is [\d,]+ bytes, [\d,]+ were written"),
        ("DROP TABLE things", "is missing"),
        ("DELETE FROM _rowmill_files WHERE name = 'things'", "holds a table 'things' that no run wrote"),
    ],
)
def test_what_is_lost_is_seen_without_reading_and_comes_back(whole, damage, said):
    with duckdb.connect(whole) as connection:
        connection.execute(damage)

    with pytest.raises(RowmillError, match=said):
        land(DATASET, whole, part_rows=400)
    if "_rowmill" not in damage:
        assert land(DATASET, whole, mode="resume", part_rows=400).repaired >= 1
        assert verify(whole, remake="none").ok


@pytest.mark.parametrize("remake", ["sample", "none"])
def test_a_changed_row_is_called_changed_and_comes_back(whole, remake):
    with duckdb.connect(whole) as connection:
        [(key,)] = connection.execute("SELECT min(event_id) FROM events").fetchall()
        connection.execute(f"UPDATE events SET level = level + 1 WHERE event_id = {key}")

    [problem] = verify(whole, remake=remake).problems

    assert problem.message.startswith("its rows were changed (--repair makes them again): ")
    assert problem.message.endswith(" (of columns: level)")
    assert (f": 1 row changed (event_id {key})" in problem.message) == (remake == "sample")
    assert main(["verify", "--repair", "--quiet", str(whole)]) == 0


def test_rows_of_no_file_are_strangers(whole):
    with duckdb.connect(whole) as connection:
        connection.execute("INSERT INTO things VALUES (-1, 'x', 99, 0)")

    assert "things/rows of part 99" in {problem.path for problem in verify(whole).problems}


def test_a_key_keeps_rows_from_standing_there_twice(whole):
    with duckdb.connect(whole) as connection, pytest.raises(duckdb.ConstraintException):
        connection.execute("INSERT INTO events FROM events LIMIT 1")


def test_a_file_that_others_have_open_is_refused_and_nothing_is_left(whole, tmp_path, monkeypatch):
    monkeypatch.setattr("rowmill.sinks.databases.duck.opening._SHORT_SECONDS", 0.1)
    hold = f"import duckdb; c = duckdb.connect({str(whole)!r}, read_only=True); print(1, flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        with pytest.raises(DestinationError, match=rf"is open in another program \(process {holder.pid}\); close it"):
            land(toy(rows=60), whole, mode="overwrite")
        assert read(whole).rows == 900
        holder.communicate(b"\n")

    with duckdb.connect(whole), pytest.raises(DestinationError, match="is open in this process; close that connection"):
        land(toy(rows=60), whole, mode="overwrite")
    assert [path.name for path in tmp_path.iterdir()] == ["out.duckdb"]


def test_a_folder_a_text_and_a_foreign_table_are_refused_and_nothing_is_left(out, tmp_path):
    out.mkdir()
    with pytest.raises(DestinationError, match="is a folder, and the ending stands for a file of DuckDB; name another"):
        land(DATASET, out)
    out.rmdir()
    out.write_text("none\n" * 999)
    with pytest.raises(DestinationError, match="is no database of DuckDB; name another file, or remove it"):
        land(DATASET, out)
    out.unlink()
    with duckdb.connect(out) as connection:
        connection.execute("CREATE VIEW Events AS SELECT 1")
    with pytest.raises(DestinationError, match="holds a table 'events' that no run wrote; drop it, or choose another"):
        land(DATASET, out)
    assert [path.name for path in tmp_path.iterdir()] == ["out.duckdb"]


@pytest.mark.parametrize("closed", [".", "out.duckdb"])
def test_a_file_that_may_not_be_written_is_refused(whole, tmp_path, closed):
    (tmp_path / closed).chmod(0o500)

    try:
        with unprivileged(), pytest.raises(DestinationError, match=r"Permission denied; choose|not writable; choose"):
            land(toy(rows=60), whole, mode="overwrite")
        assert verify(whole).ok
    finally:
        (tmp_path / closed).chmod(0o700)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.02, 0.3, 0.6])
@pytest.mark.parametrize("command", ["info", "verify"])
def test_a_file_that_is_cut_is_said_to_be_in_a_line(whole, share, command, capsys):
    with whole.open("r+b") as handle:
        handle.truncate(int(whole.stat().st_size * share))

    code = main([command, str(whole)])

    said = capsys.readouterr().err
    assert "Traceback" not in said
    assert code in ((2, 3) if share < 0.5 else (0, 2, 3))


def test_a_file_of_a_newer_version_is_left_as_it_is_and_an_upgrade_is_asked_for(out):
    """What an older DuckDB says of it is that one's own words."""
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{out}' AS newer (STORAGE_VERSION 'latest')")
        connection.execute("CREATE TABLE newer.x AS SELECT 1")
    with outside() as older, pytest.raises(RuntimeError) as said:
        older.ask(f"ATTACH '{out}' AS newer")

    wanted = "was written by a newer DuckDB than is here; upgrade it, or name another file"
    with pytest.raises(DestinationError, match=wanted), explained(out):
        raise duckdb.IOException(str(said.value).partition(": ")[2])


def test_a_path_is_no_pattern_and_no_statement(tmp_path):
    out = tmp_path / "o'dd [a-z]*" / "it's.duckdb"
    out.parent.mkdir()

    land(DATASET, out)

    assert verify(out).ok
    assert destination(f"duckdb://{out}").shown == str(out)


def test_a_link_leads_to_the_file_and_what_lies_beside_it(whole, tmp_path):
    link = tmp_path / "links" / "l.duckdb"
    link.parent.mkdir()
    link.symlink_to(whole)

    land(toy(rows=60), link, mode="overwrite")

    assert verify(whole).rows > 60
    assert link.is_symlink()
    assert [path.name for path in link.parent.iterdir()] == ["l.duckdb"]


def test_a_database_that_lost_its_documents_is_no_run(whole):
    with duckdb.connect(whole) as connection:
        connection.execute("UPDATE _rowmill_documents SET data = 'x' WHERE name = 'head.json'")

    with pytest.raises(IntegrityError, match=r"head\.json: is damaged"):
        read(whole)
