"""What it costs to load PostgreSQL: a whole run against a raw COPY of the same rows, and the memory of a large run.

``python bench/postgres.py`` starts a server as the tests do; ``--url postgresql://…`` takes one that is there, where it
makes and drops a schema. ``make bench`` needs no server.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter

import psycopg
import pyarrow as pa
import report
from figures import cores
from pgpq import ArrowToPostgresBinaryEncoder

import rowmill
from rowmill.api.batches import plain_batch
from rowmill.api.measure import peak_memory_mb
from rowmill.model import ddl
from rowmill.model.dataset import Dataset
from rowmill.model.schema import Schema

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))
_SEED = 42
_MILLION = 1_000_000
_SCHEMA = "rowmill_bench"
_TRIALS = ("vitals", "--tables", "vitals")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/postgres.py", description=__doc__, allow_abbrev=False)
    parser.add_argument("--url", help="a database to use (default: a server of its own)")
    parser.add_argument("--rows", type=int, default=_MILLION, help="payments of the whole run")
    parser.add_argument("--large", type=int, default=10 * _MILLION, help="rows of vitals; 0 leaves them out")
    parser.add_argument("--workers", type=int, default=min(2, cores()), help="workers of whole runs")
    parser.add_argument("--repeat", type=int, default=3, help="rounds; medians are shown")
    return parser.parse_args()


@contextmanager
def schema(url: str) -> Iterator[str]:
    """Yield the URL of an empty schema."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"DROP SCHEMA IF EXISTS {_SCHEMA} CASCADE")
        connection.execute(f"CREATE SCHEMA {_SCHEMA}")
        connection.execute("CHECKPOINT")
        yield f"{url}?schema={_SCHEMA}"
        connection.execute(f"DROP SCHEMA {_SCHEMA} CASCADE")


def ready(dataset: Dataset) -> dict[str, list[pa.RecordBatch]]:
    """Return the rows of all tables as plain Arrow batches."""
    found = {}
    for name, table in dataset.tables.items():
        windows = range(dataset.calendar.count or 0) if table.timed else range(1)
        tiles = (tile for block in range(table.blocks) for tile in table.tiles(block, windows))
        found[name] = [plain_batch(tile.frame, table.schema) for tile in tiles if tile.rows]
    return found


def raw(url: str, dataset: Dataset, tables: dict[str, list[pa.RecordBatch]]) -> tuple[float, float]:
    """Copy rows that are ready, then make keys and statistics; return the seconds of all, and of the keys."""
    schemas = ddl.in_order([dataset.tables[name].schema for name in tables])
    with schema(url), psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET search_path = {_SCHEMA}")
        started = perf_counter()
        for each in schemas:
            connection.execute(f"CREATE TABLE {ddl.name(each.name)} ({', '.join(map(ddl.column, each.fields))})")
            encoder = ArrowToPostgresBinaryEncoder(each.arrow())
            statement = f"COPY {ddl.name(each.name)} FROM STDIN (FORMAT binary)"
            with connection.cursor() as cursor, cursor.copy(statement) as copy:
                copy.write(encoder.write_header())
                for batch in tables[each.name]:
                    copy.write(encoder.write_batch(batch))
                copy.write(encoder.finish())
        copied = perf_counter()
        for each in schemas:
            for key in keys_of(each):
                connection.execute(f"ALTER TABLE {ddl.name(each.name)} ADD {key}")
            connection.execute(f"ANALYZE {ddl.name(each.name)}")
        ended = perf_counter()
    return ended - started, ended - copied


def keys_of(schema: Schema) -> list[str]:
    """Return the keys that a run makes too."""
    unique = [f"UNIQUE NULLS NOT DISTINCT ({ddl.names(columns)})" for columns in schema.unique]
    links = [ddl.reference(key) for key in schema.foreign_keys if not key.earlier]
    return [f"PRIMARY KEY ({ddl.names(schema.primary_key)})", *unique, *links]


def whole(url: str, rows: int, workers: int, *more: str) -> tuple[float, float]:
    """Run a command; return its seconds as it tells them, and with the start of Python."""
    words = ("payments", "--rows", str(rows)) if not more else (*more, "--subjects-per-arm", str(rows // 8))
    with schema(url) as out:
        command = [sys.executable, "-m", "rowmill", "generate", *words, "--seed", str(_SEED), "--json"]
        started = perf_counter()
        done = subprocess.run([*command, "--workers", str(workers), "--out", out], check=True, stdout=subprocess.PIPE)
        wall = perf_counter() - started
    return json.loads(done.stdout)["seconds"], wall


def memory(url: str, rows: int, workers: int) -> float | None:
    with schema(url) as out:
        words = ["generate", *_TRIALS, "--subjects-per-arm", str(rows // 8), "--workers", str(workers)]
        return peak_memory_mb([sys.executable, "-m", "rowmill", *words, "--seed", str(_SEED), "--quiet", "--out", out])


def main() -> None:
    asked = arguments()
    url = asked.url
    if url is None:
        from support.postgres import new_server

        url = new_server().url()
    dataset = rowmill.dataset("payments", rows=asked.rows, seed=_SEED).model
    tables = ready(dataset)
    rounds = []
    for number in range(asked.repeat):
        rounds.append((*whole(url, asked.rows, asked.workers), *raw(url, dataset, tables)))
        print(f"  round {number + 1}: {rounds[-1]}", file=sys.stderr, flush=True)
    seconds, wall, copied, keys = (statistics.median(column) for column in zip(*rounds, strict=True))
    ratio = statistics.median(copy / run for run, _, copy, _ in rounds)
    grids = [
        report.Grid(
            (f"{asked.rows:,} payments and their catalogs, keys, statistics", "s", "rows/s"),
            (
                ("whole run", f"{seconds:.2f}", f"{asked.rows / seconds:,.0f}"),
                ("whole run with the start of Python", f"{wall:.2f}", f"{asked.rows / wall:,.0f}"),
                ("raw binary COPY of ready rows", f"{copied:.2f}", f"{asked.rows / copied:,.0f}"),
                ("of it keys and statistics", f"{keys:.2f}", ""),
                ("speed of the run / raw COPY (≥ 0.8)", f"{ratio:.2f}", ""),
            ),
        )
    ]
    if asked.large:
        speeds = [whole(url, asked.large, asked.workers, *_TRIALS)[0] for _ in range(asked.repeat)]
        peaks = [memory(url, rows, asked.workers) for rows in (asked.large // 4, asked.large)]
        grids.append(
            report.Grid(
                (f"{asked.large:,} rows of vitals", ""),
                (
                    ("rows/s (≥ 500,000)", f"{asked.large / statistics.median(speeds):,.0f}"),
                    ("peak PSS MB, a quarter of the rows", f"{peaks[0] or 0:.0f}"),
                    ("peak PSS MB", f"{peaks[1] or 0:.0f}"),
                ),
            )
        )
    report.show(f"{cores()} cores, {asked.workers} workers", grids)


if __name__ == "__main__":
    main()
