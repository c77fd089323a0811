"""Whoever reads what landed finds the same rows, wherever it landed: told by a DuckDB that knows nothing of us.

It is an earlier version than the product's, so files of DuckDB are opened by one that did not write them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import pytest

from laws.contents import kept, land, source
from laws.domains import SHIPPED
from rowmill.model import ddl
from rowmill.model.dataset import Dataset
from rowmill.model.schema import Schema
from rowmill.run.books.manifest import read
from rowmill.sinks.databases.postgres.url import place as parsed
from support.runs import registered
from support.servers import seaweed
from support.servers.outside import Outside, outside
from support.switches import switch

EVERYTHING = "everything"
DOMAINS = {EVERYTHING: {"seed": 1}, **{case.name: case.fixed[0] for case in SHIPPED}}
LEVELS = ("year", "month", "day")
PARTITIONS = [(EVERYTHING, "day")]
if switch("ROWMILL_FAULTS"):
    PARTITIONS += [(case.name, level) for case in SHIPPED for level in case.partitions]
MAPPED = {"json": "VARCHAR"}
"""Types that not every place has, and what to compare instead; others are compared as what the schema says."""

Query = Callable[[Outside, Dataset, str, str], str]
"""Returns what reads a table, once it is attached."""


def files(_: Outside, dataset: Dataset, out: str, table: str) -> str:
    return source(dataset, out.removeprefix("file://"), table)


def objects(_: Outside, dataset: Dataset, out: str, table: str) -> str:
    found, schema = read(out), dataset.tables[table].schema
    level = found.slices[0].layout.partition_by
    kinds = f", hive_types = {{'{level}': {schema[level].facts.sql}}}" if level in schema.names else ""
    glob = f"{out}/{found.identity.folder(table)}/**/*.parquet"
    return f"read_parquet('{glob}', hive_partitioning = true{kinds})"


def file(reader: Outside, dataset: Dataset, out: str, table: str) -> str:  # noqa: ARG001
    reader.ask(f"ATTACH IF NOT EXISTS {ddl.literal(out.removeprefix('duckdb://'))} AS written (READ_ONLY)")
    return f"written.{ddl.name(table)}"


def schema(reader: Outside, dataset: Dataset, out: str, table: str) -> str:  # noqa: ARG001
    where = parsed(out)
    reader.ask(f"ATTACH IF NOT EXISTS {ddl.literal(where.conninfo)} AS written (TYPE postgres, READ_ONLY)")
    return f"written.{ddl.name(where.schema)}.{ddl.name(table)}"


@dataclass(frozen=True)
class Way:
    """A way of writing, and how somebody else reads that."""

    kind: str
    """Of the place."""
    query: Query
    settings: Mapping[str, str] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    """What a reader sees of types that are others there."""
    typed: bool = True
    """Whether a reader sees types there."""


WAYS = {
    "parquet": Way("file", files, types={"uuid": "VARCHAR", "json": "VARCHAR"}),
    "csv": Way("file", files, {"format": "csv", "compression": "gzip"}, typed=False),
    "s3": Way("s3", objects, types={"uuid": "VARCHAR", "json": "VARCHAR"}),
    "duckdb": Way("duckdb", file),
    "postgresql": Way("postgresql", schema, types={"json": "VARCHAR"}),
}


@pytest.fixture(scope="module")
def reader() -> Iterator[Outside]:
    with outside() as found, registered(EVERYTHING):
        store = seaweed.endpoint().partition("://")[2]
        found.ask(
            f"CREATE SECRET (TYPE s3, KEY_ID '{seaweed.KEY}', SECRET '{seaweed.SECRET}', ENDPOINT '{store}', "
            "URL_STYLE 'path', USE_SSL false, REGION 'us-east-1')"
        )
        yield found


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return a function that gives the Parquet files of a dataset."""
    made: dict[str, str] = {}

    def landed(dataset: Dataset) -> str:
        if dataset.fingerprint not in made:
            made[dataset.fingerprint] = str(tmp_path_factory.mktemp("plain") / "out")
            land(dataset, made[dataset.fingerprint], part_rows=1500)
        return made[dataset.fingerprint]

    return landed


@contextmanager
def written(dataset: Dataset, way: Way, folder: Path, reader: Outside, **more: str) -> Iterator[str]:
    with import_module(f"support.places.{way.kind}").place(folder) as out:
        land(dataset, out, part_rows=1500, **way.settings, **more)
        try:
            yield out
        finally:
            reader.ask("DETACH DATABASE IF EXISTS written")


def named(schema: Schema) -> str:
    """Return the columns in the types of the schema."""
    kinds = {f.name: MAPPED.get(f.type, f.named(f.facts.duckdb)) for f in schema.fields}
    return ", ".join(f"CAST({ddl.name(name)} AS {kind}) AS {ddl.name(name)}" for name, kind in kinds.items())


def differing(reader: Outside, dataset: Dataset, first: str, out: str, query: Query) -> dict[str, list[int]]:
    """Return by table how many rows are here alone, there alone, and there at all, unless these are as they should."""
    found = {}
    for table, entry in read(out).tables.items():
        columns = named(dataset.tables[table].schema)
        one, other = (
            f"(SELECT {columns} FROM {each})"
            for each in (files(reader, dataset, first, table), query(reader, dataset, out, table))
        )
        counts = ", ".join(
            f"(SELECT count(*) FROM ({asked}))" for asked in (f"{one} EXCEPT ALL {other}", f"{other} EXCEPT ALL {one}")
        )
        ((*alone, rows),) = reader.ask(f"SELECT {counts}, count(*) FROM {other}")
        if (*alone, rows) != (0, 0, entry.rows):
            found[table] = [*alone, rows]
    return found


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", DOMAINS)
def test_a_reader_finds_the_same_rows_wherever_they_landed(name, way, plain, reader, tmp_path):
    dataset, chosen = kept(name, DOMAINS[name]), WAYS[way]

    with written(dataset, chosen, tmp_path, reader) as out:
        assert differing(reader, dataset, plain(dataset), out, chosen.query) == {}
        for table in read(out).tables if chosen.typed else ():
            kinds, schema = chosen.types, dataset.tables[table].schema
            known = ", ".join(
                f"NULL::{kinds.get(f.type, f.named(f.facts.sql))} AS {ddl.name(f.name)}" for f in schema.fields
            )
            seen = f"SELECT {ddl.names(schema.names)} FROM {chosen.query(reader, dataset, out, table)}"
            described, wanted = (reader.ask(f"DESCRIBE {asked}") for asked in (seen, f"SELECT {known}"))
            assert [row[:2] for row in described] == [row[:2] for row in wanted]


@pytest.mark.parametrize("way", ["parquet", "csv", "s3"])
@pytest.mark.parametrize(("name", "level"), PARTITIONS)
def test_folders_by_time_hold_the_rows_of_their_time_and_no_others(name, level, way, plain, reader, tmp_path):
    dataset, chosen = kept(name, DOMAINS[name]), WAYS[way]

    with written(dataset, chosen, tmp_path, reader, partition_by=level) as out:
        assert differing(reader, dataset, plain(dataset), out, chosen.query) == {}
        for table in dataset.tables:
            assert strangers(reader, dataset, out, table, level) == 0


def strangers(reader: Outside, dataset: Dataset, out: str, table: str, level: str) -> int:
    """Return how many rows of a table lie in a folder of another time than theirs."""
    told, moment = LEVELS[: LEVELS.index(level) + 1] if level in LEVELS else (), dataset.tables[table].schema.event_time
    if moment is None or not told:
        return 0
    others = " OR ".join(f"{each}::INT <> date_part('{each}', {ddl.name(moment)}::TIMESTAMPTZ)" for each in told)
    found = read(out)
    glob = f"{out.removeprefix('file://')}/{found.identity.folder(table)}/**/*.*"
    files = f"read_{found.slices[0].layout.format}('{glob}', hive_partitioning = true)"
    return reader.ask(f"SELECT count(*) FILTER ({others}) FROM {files}")[0][0]
