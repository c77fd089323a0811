"""What a run would cost, measured on some tiles of each table: rows, files, bytes, seconds, and the disk there is."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rowmill.model.dataset import Dataset
from rowmill.model.digest import TableDigest
from rowmill.model.frame import Frame
from rowmill.model.part import Part
from rowmill.model.schema import Schema
from rowmill.model.table import Table, Tile
from rowmill.plan import Plan
from rowmill.run.books.decide import find_done
from rowmill.run.books.survey import Found, survey
from rowmill.run.making.engines import require_engine
from rowmill.run.making.executors import usable_cores
from rowmill.run.naming import partition
from rowmill.run.prepare import wanted_run
from rowmill.run.request import Order, Slice
from rowmill.run.settings import RunSettings
from rowmill.sinks.base import Destination, TellsRoom
from rowmill.sinks.filetypes.hive import written_columns
from rowmill.sinks.layout import FileSpec, Layout
from rowmill.sinks.registry import destination, file_format

START_SECONDS = 0.4
"""Wall-clock seconds before the first row: interpreter, imports, worker processes, the first block's preparation."""

SAMPLE_ROWS = 200_000
"""Rows of a table that are made and encoded to measure it, where it has so many."""


@dataclass(frozen=True, slots=True)
class TableEstimate:
    """One table of an estimate."""

    rows: int
    files: int
    bytes: int
    cpu_seconds: float
    exact: bool
    """Whether the rows are exact; all else is measured on a sample."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """About what a run would make and cost."""

    destination: str
    slice: str
    """Label of the slice."""
    fingerprint: str
    seed: int
    tables: dict[str, TableEstimate]
    workers: int
    seconds: float
    """Wall-clock seconds."""
    free_bytes: int | None
    """Free bytes at the destination; None where nobody knows."""
    shared: tuple[str, ...] = ()
    """Tables without time that stand there already for all slices: they would not be written, and are not counted."""
    complete: bool = False
    """Whether the slice stands there already, so that nothing would be made."""

    @property
    def bytes(self) -> int:
        """Return bytes of all files."""
        return sum(table.bytes for table in self.tables.values())

    @property
    def fits(self) -> bool:
        """Return whether the destination has room for all of it, a tenth to spare, as far as anybody knows."""
        return self.free_bytes is None or self.bytes * 1.1 < self.free_bytes

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with ``bytes`` and ``fits``."""
        return {"dry_run": True, **asdict(self), "bytes": self.bytes, "fits": self.fits}


def estimate(model: Dataset, settings: RunSettings, what: Slice, *, overwrite: bool = False) -> Estimate:
    """Return about what a run would make and cost, from some tiles of each table made and encoded in memory.

    Args:
        model: the dataset.
        settings: destination and layout; what stands at the destination is not made again.
        what: the slice.
        overwrite: whether the run replaces what stands in its way.

    Raises:
        SpecError: if the period is open and the slice has no end.
        UsageError: if the run would be refused for its engine, its partitions or its format.
        IntegrityError: if what stands at the destination is damaged.
    """
    require_engine(model, settings)
    target = destination(settings.out or ".")
    found = Found() if settings.out is None else survey(target)
    run = wanted_run(Order(model, settings, what, "overwrite" if overwrite else "new"), found)
    complete = not overwrite and find_done(found, run) is not None
    parts = {} if complete else _parts(run.plan)
    tables = {name: _table(model, run.job.layout, what, some, target) for name, some in parts.items()}
    share = 1.0 if what.part is None else 1 / what.part[1]
    workers = 0 if complete else min(settings.workers or usable_cores(), len(run.plan.parts))
    making = share * sum(table.cpu_seconds for table in tables.values())
    return Estimate(
        destination=target.shown,
        slice=run.label,
        fingerprint=model.fingerprint,
        seed=model.spec.seed or 0,
        tables=tables,
        workers=workers,
        seconds=0.0 if complete else START_SECONDS + making / workers,
        free_bytes=target.free_bytes(),
        shared=() if complete else tuple(name for name in run.identity.tables if name not in tables),
        complete=complete,
    )


def _parts(planned: Plan) -> dict[str, list[tuple[Part, int]]]:
    """Return the parts of each table with their weights."""
    found: dict[str, list[tuple[Part, int]]] = {}
    for part, weight in zip(planned.parts, planned.weights, strict=True):
        found.setdefault(part.table, []).append((part, weight))
    return found


def _table(
    model: Dataset, layout: Layout, what: Slice, parts: list[tuple[Part, int]], target: Destination
) -> TableEstimate:
    name = parts[0][0].table
    main = name == model.main
    columns = what.columns if main else None
    tiles, seconds = _sample(model.tables[name], parts[0][0], columns)
    began = time.process_time()
    digest = TableDigest(name)
    digest.add(tiles, model.tables[name].schema.values())
    rows, exact = _rows(model.tables[name], parts, tiles)
    if main and what.windows is None and model.total is not None:
        rows, exact = model.total, True
    schema = model.tables[name].schema
    scale = rows / max(digest.rows, 1)
    files = sum(len({_folder(model, layout, name, window) for window in part.windows}) for part, _ in parts)
    if isinstance(target, TellsRoom):
        file = _file(schema, columns, layout)
        size = target.room(file, layout, [tile.frame for tile in tiles]) * scale
    else:
        groups: dict[tuple[str, ...], list[Frame]] = {}
        for tile in tiles:
            groups.setdefault(_folder(model, layout, name, tile.window), []).append(tile.frame)
        sizes = [_encoded_bytes(frames, schema, columns, layout) for frames in groups.values()]
        overhead = _encoded_bytes([], schema, columns, layout)
        size = files * overhead + (sum(sizes) - len(sizes) * overhead) * scale
    seconds += time.process_time() - began
    return TableEstimate(rows, files, round(size), seconds * scale, exact)


def _rows(table: Table, parts: list[tuple[Part, int]], tiles: Sequence[Tile]) -> tuple[int, bool]:
    """Return the rows of all parts, and whether they are exact because the sample is all there is."""
    made = sum(tile.rows for tile in tiles)
    if len(tiles) == sum(len(part.blocks) * len(part.windows if table.timed else range(1)) for part, _ in parts):
        return made, True
    weight = sum(table.weight(tile.block, tile.window) for tile in tiles)
    expected = sum(weight for _, weight in parts)
    return (round(made * expected / weight) if weight else expected), False


def _sample(table: Table, part: Part, columns: Sequence[str] | None) -> tuple[list[Tile], float]:
    """Return the first tiles of a part, and the CPU seconds that so many rows cost."""
    tiles: list[Tile] = []
    seconds: list[float] = []
    for block in part.blocks:
        made = iter(table.tiles(block, part.windows, columns))
        while sum(tile.rows for tile in tiles) < SAMPLE_ROWS:
            began = time.process_time()
            tile = next(made, None)
            if tile is None:
                break
            tiles.append(tile)
            seconds.append(time.process_time() - began)
    # The first tile also pays for what is prepared once, so the others stand for it where there are some.
    rows = [tile.rows for tile in tiles]
    if sum(rows[1:]):
        return tiles, sum(seconds[1:]) * sum(rows) / sum(rows[1:])
    return tiles, sum(seconds)


def _encoded_bytes(frames: Sequence[Frame], schema: Schema, columns: tuple[str, ...] | None, layout: Layout) -> int:
    held, file = io.BytesIO(), _file(schema, columns, layout)
    encoder = file_format(layout.format).encoder(held, file, layout)
    for frame in frames:
        encoder.write(frame)
    encoder.finish()
    return held.tell()


def _file(schema: Schema, columns: tuple[str, ...] | None, layout: Layout) -> FileSpec:
    return FileSpec(f"{schema.name}/0", schema, written_columns(schema, columns, layout), ())


def _folder(model: Dataset, layout: Layout, table: str, window: int) -> tuple[str, ...]:
    """Return what the files of a window share by the partitioning asked for."""
    return partition(layout.partition_by, model.calendar, window) if model.tables[table].timed else ()
