"""A server that ends, a lock that is held, runs that meet: readers see old rows or new ones, and resume ends well."""

from __future__ import annotations

import psycopg
import pytest

from rowmill.core.errors import DestinationError, DiskError, IntegrityError
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.request import WHOLE_PERIOD, Slice
from rowmill.run.runner import write
from rowmill.run.settings import RunSettings
from rowmill.sinks.databases.postgres import publication
from support.postgres import new_server, shared_server
from support.runs import land
from support.toy import toy

SIZES = {"rows": 240, "blocks": 2, "days": 2}


def rows(server, database):
    """Return the rows of all tables as another session sees them, without those of the load."""
    found = []
    for table in ("events", "remarks", "things"):
        [(there,)] = server.do(f"SELECT to_regclass('{table}')", database=database)
        every = f"SELECT (to_jsonb(t) - '_part' - '_row')::text AS row FROM {table} t ORDER BY row"
        found.append(server.do(every, database=database) if there else [])
    return found


@pytest.fixture
def database():
    """Give the name of an empty database."""
    server = shared_server()
    server.do("DROP DATABASE IF EXISTS faults WITH (FORCE)", "CREATE DATABASE faults")
    yield "faults"
    server.do("DROP DATABASE faults WITH (FORCE)")


def interrupted(out, at, happens):
    """Run until the n-th piece of news, when something happens; return whether the run met it."""
    news = iter(range(1, 1_000_000))

    def progress(*_):
        if next(news) == at:
            happens()

    settings = RunSettings(out=out, workers=1, part_rows=40, batch_size=7)
    try:
        write(toy(**SIZES), settings, WHOLE_PERIOD, progress=progress)
    except (DiskError, DestinationError) as error:
        return "psycopg" not in str(error)
    return False


def expected(tmp_path):
    return land(toy(**SIZES), tmp_path / "plain").digest


@pytest.mark.parametrize("at", [1, 12, 30])
def test_a_connection_that_is_ended_while_rows_are_copied_is_a_clean_error(database, tmp_path, at):
    server = shared_server()
    out = server.url(database)

    def end():
        # Two of them are at work: one copies rows, the other one keeps the books.
        server.do("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'faults'")

    assert interrupted(out, at, end)
    assert rows(server, database) == [[], [], []]
    assert land(toy(**SIZES), out, mode="resume", part_rows=40).digest == expected(tmp_path)
    assert verify(out).ok


def test_a_server_that_starts_again_in_the_midst_of_a_run_keeps_what_was_sealed(tmp_path):
    server = new_server()
    out = server.url()

    def again():
        server.stop("immediate")
        server.start()

    assert interrupted(out, 30, again)
    assert rows(server, "postgres") == [[], [], []]
    kept = server.do("SELECT count(*) FROM _rowmill_files WHERE NOT shown")[0][0]
    assert kept > 0
    assert land(toy(**SIZES), out, mode="resume", part_rows=40).digest == expected(tmp_path)
    assert verify(out).ok
    server.stop("immediate")
    with pytest.raises(DestinationError, match="check host and port"):
        land(toy(**SIZES), out)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(publication, "_LOCK_SECONDS", 0.2)
    monkeypatch.setattr(publication, "_PAUSES", (0.01,))


@pytest.mark.usefixtures("impatient")
def test_a_table_that_somebody_keeps_is_shown_by_the_next_run_and_he_is_named(database):
    server = shared_server()
    out = server.url(database)
    land(toy(**SIZES), out)
    before = rows(server, database)

    with psycopg.connect(out, application_name="a report") as reader:
        reader.execute("SELECT count(*) FROM events")
        with pytest.raises(DestinationError) as refused:
            land(toy(**SIZES, seed=8), out, mode="overwrite")
        assert f"in use by process {reader.info.backend_pid} (postgres, a report, idle in transaction)" in str(
            refused.value
        )
        assert rows(server, database) == before
    land(toy(**SIZES, seed=8), out)

    assert rows(server, database) != before
    assert verify(out).ok


@pytest.mark.usefixtures("impatient")
def test_readers_keep_no_further_slice_from_coming(database):
    server = shared_server()
    out = server.url(database)
    land(toy(**SIZES), out, Slice(range(1)))

    with psycopg.connect(out) as reader:
        reader.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        seen = reader.execute("SELECT count(*) FROM events").fetchone()
        land(toy(**SIZES), out, Slice(range(1, 2)))
        assert reader.execute("SELECT count(*) FROM events").fetchone() == seen

    assert verify(out).ok
    assert len(read(out).slices) == 2


def test_what_others_hang_on_a_table_and_what_they_may_do_stays_when_it_is_written_over(database):
    server = shared_server()
    out = server.url(database)
    land(toy(**SIZES), out)
    server.do("DROP ROLE IF EXISTS analyst", "CREATE ROLE analyst")
    server.do(
        "CREATE VIEW busy AS SELECT thing_id, count(*) AS n FROM events GROUP BY thing_id",
        "GRANT SELECT ON remarks TO analyst",
        database=database,
    )

    land(toy(**SIZES, seed=8), out, mode="overwrite")

    assert verify(out).ok
    assert server.do("SELECT sum(n) FROM busy", database=database) == [(SIZES["rows"],)]
    may = "SELECT has_table_privilege('analyst', '{}', 'SELECT')"
    assert [server.do(may.format(name), database=database)[0][0] for name in ("remarks", "events")] == [True, False]
    server.do("DROP OWNED BY analyst", database=database)
    server.do("DROP ROLE analyst")


def test_a_run_of_other_data_is_refused_where_one_is_at_work(database):
    server = shared_server()
    out = server.url(database)

    def other():
        with pytest.raises(DestinationError):
            land(toy(**SIZES, seed=8), out)
        with pytest.raises(DestinationError, match="by another process"):
            land(toy(**SIZES, seed=8), out, mode="overwrite")

    assert not interrupted(out, 20, other)
    assert verify(out).ok


DAMAGES = {
    "DELETE FROM events WHERE _part = (SELECT min(_part) FROM events)": "is missing",
    "TRUNCATE remarks": "is missing",
    "DROP TABLE remarks": "is missing",
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_rows_that_are_gone_are_named_and_made_again(database, damage):
    server = shared_server()
    out = server.url(database)
    land(toy(**SIZES), out, part_rows=40)
    before, digest = rows(server, database), read(out).digest
    server.do("DELETE FROM remarks", damage, database=database) if "events" in damage else server.do(
        damage, database=database
    )

    problems = verify(out)
    assert any(DAMAGES[damage] in problem.message for problem in problems.problems), problems.problems
    with pytest.raises(IntegrityError, match="--resume"):
        land(toy(**SIZES), out, part_rows=40)
    land(toy(**SIZES), out, mode="resume", part_rows=40)

    assert rows(server, database) == before
    assert verify(out).ok
    assert read(out).digest == digest


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE events SET level = level + 1 WHERE event_id = (SELECT min(event_id) FROM events)",
            "rows were changed",
        ),
        ("DELETE FROM remarks WHERE event_id = (SELECT min(event_id) FROM remarks)", "holds"),
        ("ALTER TABLE events DROP COLUMN note", "cannot be read"),
    ],
)
def test_rows_that_were_changed_are_named(database, change, said):
    server = shared_server()
    out = server.url(database)
    land(toy(**SIZES), out)
    server.do(change, database=database)

    problems = verify(out).problems

    assert any(said in problem.message for problem in problems), problems
