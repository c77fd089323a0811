"""Tables of others on a server: every type has a place, strange names are quoted, keys are told."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pyarrow as pa
import pytest

from rowmill.core.errors import UsageError
from rowmill.quality.sources.finding import source
from rowmill.quality.sources.scanning import connected, scanned
from support.postgres import shared_server

HOSTILE = '"; DROP TABLE people; -- <script>'


@pytest.fixture(scope="module")
def theirs():
    """Return the URL of a schema that no run of ours wrote."""
    server = shared_server()
    name = HOSTILE.replace('"', '""')
    server.do(
        "CREATE SCHEMA theirs",
        "CREATE TABLE theirs.people (id int PRIMARY KEY, born date, seen timestamptz, at timestamp(3), paid "
        "numeric(10,2), any_number numeric, ok boolean, u uuid, doc jsonb, tags text[], name varchar(9), score real)",
        "INSERT INTO theirs.people VALUES (1, '2001-02-03', '2025-11-01 12:00+02', '2025-11-01 12:00:00.125', 12.30, "
        "1.5, true, '00000000-0000-0000-0000-000000000001', '{\"a\": 1}', ARRAY['x','y'], 'a,\"b\"', 1.25)",
        "INSERT INTO theirs.people VALUES (2, 'infinity', '-infinity', NULL, 'NaN', 'NaN', NULL, NULL, NULL, NULL, "
        "'', NULL)",
        f'CREATE TABLE theirs."{name}" ("{name}" int REFERENCES theirs.people (id))',
        "CREATE SCHEMA nothing",
    )
    return server.url(schema="theirs")


def test_every_type_has_a_place(theirs):
    table = source(theirs).table("people")
    first, second = pa.Table.from_batches(list(table.batches())).to_pylist()

    assert first == {
        "id": 1,
        "born": dt.date(2001, 2, 3),
        "seen": dt.datetime(2025, 11, 1, 10, tzinfo=dt.UTC),
        "at": dt.datetime(2025, 11, 1, 12, 0, 0, 125_000),  # noqa: DTZ001 - it has no zone there
        "paid": Decimal("12.30"),
        "any_number": 1.5,
        "ok": True,
        "u": "00000000-0000-0000-0000-000000000001",
        "doc": '{"a": 1}',
        "tags": "{x,y}",
        "name": 'a,"b"',
        "score": 1.25,
    }
    assert second["born"] is second["seen"] is second["paid"] is None
    assert second["name"] == ""
    with connected() as connection, scanned(table, connection, ["name", "id"]) as relation:
        assert connection.sql(f"SELECT id, name FROM {relation} ORDER BY id").fetchall() == [(1, 'a,"b"'), (2, "")]


def test_strange_names_and_keys_are_told(theirs):
    found = source(theirs)

    assert set(found.tables) == {"people", HOSTILE}
    assert found.table("people").primary_key == ("id",)
    assert [key.table for key in found.table(HOSTILE).foreign_keys] == ["people"]
    assert list(found.table(HOSTILE).batches()) == []
    assert found.manifest is None


def test_an_empty_schema_is_refused(theirs):
    with pytest.raises(UsageError, match="schema 'nothing' holds no table"):
        source(theirs.replace("schema=theirs", "schema=nothing"))
