"""A database is presentation too: rows in PostgreSQL are those of the arrays, whatever was written in whatever order.

What is there is read by psycopg, which knows nothing of ours.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from laws.contents import build, examples, land, rows_of
from laws.domains import CASES
from laws.test_resume import breaks_off
from rowmill.api.compare import compare
from rowmill.core.errors import DestinationError
from rowmill.model import ddl
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.sinks.databases.postgres.url import place as parsed
from support.places.postgresql import place
from support.switches import switch

READ = CASES if switch("ROWMILL_FAULTS") else [case for case in CASES if case.name in ("workforce", "shop")]
"""Cases whose rows psycopg reads; another reader finds those of all domains anyway."""
some_domains = pytest.mark.parametrize(
    "case", [case for case in CASES if case.name in ("payments", "shop")], ids=["payments", "shop"]
)
"""Runs a test over a domain that ships, and one of plain data."""


def asked(out, statement, values=()):
    """Return what another session finds in the schema of a destination."""
    where = parsed(out)
    with psycopg.connect(where.conninfo) as connection:
        connection.execute(f"SET search_path = {ddl.name(where.schema)}; SET TimeZone = 'UTC'")
        return connection.execute(statement, values).fetchall()


def rows_in(out, schema):
    names = ddl.names(schema.names)
    return asked(out, f"SELECT {names} FROM {ddl.name(schema.name)} ORDER BY _part, _row")


def rows_made(dataset, table):
    """Return the rows of the arrays, in the Python values that psycopg gives."""
    schema = dataset.tables[table].schema
    columns = []
    for name, column in zip(schema.names, rows_of(dataset, table).to_pydict().values(), strict=True):
        kind = {"uuid": UUID, "json": json.loads}.get(schema[name].type, lambda value: value)
        columns.append([None if value is None else kind(value) for value in column])
    return list(zip(*columns, strict=True))


def told(rows):
    """Return how often each row stands there, instants in one time zone."""
    return Counter(
        repr([value.astimezone(dt.UTC) if isinstance(value, dt.datetime) else value for value in row]) for row in rows
    )


def keys_in(out):
    """Return the definitions of all keys of the tables, by table."""
    found = asked(
        out,
        "SELECT t.relname, pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid "
        "WHERE c.connamespace = quote_ident(current_schema())::regnamespace "
        "AND t.relname NOT LIKE '\\_rowmill\\_%%'",
    )
    return {(table, definition.replace('"', "")) for table, definition in found}


def keys_wanted(dataset):
    wanted = set()
    for name, table in dataset.tables.items():
        schema = table.schema
        if schema.primary_key:
            wanted.add((name, f"PRIMARY KEY ({', '.join(schema.primary_key)})"))
        wanted |= {(name, f"UNIQUE NULLS NOT DISTINCT ({', '.join(group)})") for group in schema.unique}
        for key in schema.foreign_keys:
            if not key.earlier:
                said = f"FOREIGN KEY ({', '.join(key.columns)}) REFERENCES {key.table}({', '.join(key.references)})"
                wanted.add((name, said))
    return wanted


@pytest.mark.parametrize("case", READ, ids=[case.name for case in READ])
@examples(1)
@given(data=st.data())
def test_another_reader_finds_the_rows_of_the_arrays_whatever_the_order_of_slices(case, plainly, data):
    dataset, plain, whole = plainly(case.name, case.fixed[1])
    days = dataset.calendar.count
    cut = data.draw(st.integers(1, max(1, days - 1)))
    spans = data.draw(st.permutations([span for span in ((0, cut), (cut, days)) if span[0] < span[1]]))

    with place(Path()) as out:
        for start, stop in spans:
            land(dataset, out, Slice(range(start, stop)), part_rows=data.draw(st.sampled_from([600, 500_000])))

        assert read(out).digest == whole.digest
        assert verify(out).ok
        assert compare(plain, out).equal
        assert keys_in(out) == keys_wanted(dataset)
        for name, table in dataset.tables.items():
            assert told(rows_in(out, table.schema)) == told(rows_made(dataset, name))
            (described,) = asked(out, "SELECT obj_description(to_regclass(%s))", [ddl.name(name)])
            assert described == (ddl.line(table.schema.description),)


@some_domains
@examples(1)
@given(data=st.data())
def test_a_run_broken_off_shows_nothing_and_resumes_to_the_same_rows(case, plainly, data):
    dataset, plain, expected = plainly(case.name, data.draw(st.sampled_from(case.fixed)))
    settings = {"part_rows": 300, "batch_size": 150, "workers": data.draw(st.sampled_from([1, 2]))}

    with place(Path()) as out:
        broke = breaks_off(dataset, out, data.draw(st.integers(1, 9)), again=False, **settings)
        if broke:
            names = [
                name for (name,) in asked(out, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
            ]
            assert all(name.startswith("_rowmill_") for name in names)
            with pytest.raises(DestinationError, match="--resume"):
                land(dataset, out, **settings)
        found = land(dataset, out, mode="resume", **settings)

        assert found.digest == expected.digest
        assert compare(plain, out, rows=3).equal


@some_domains
def test_shares_of_several_machines_and_what_they_overwrite(case, plainly):
    dataset, _, expected = plainly(case.name, case.fixed[1])
    other = build(case.name, case.fixed[0])

    with place(Path()) as out:
        land(other, out)
        land(dataset, out, mode="overwrite", part_rows=300)
        assert read(out).digest == expected.digest
        assert verify(out).ok
        assert keys_in(out) == keys_wanted(dataset)
    with place(Path()) as out:
        for share in ((2, 2), (1, 2)):
            land(dataset, out, Slice(part=share), part_rows=300)
        assert finalize(out).digest == expected.digest
        assert verify(out).ok
