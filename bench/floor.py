"""The write-only floor: CPU to write the finished Arrow tables of a run with its settings, and nothing else.

``python floor.py ROWS SEED FOLDER REPEAT`` makes the dataset part by part, exactly as one worker would. Of each part
the row groups are complete in memory before the clock starts; then they are written REPEAT times, each time to a
durable, checksummed file of its own. Prints one JSON object: CPU seconds of the writing, one number a repetition, and of
the content digest.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from time import process_time
from typing import BinaryIO, cast

import pyarrow as pa

import rowmill
from rowmill.model.dataset import Dataset
from rowmill.model.digest import TableDigest
from rowmill.plan import plan
from rowmill.run.prepare import layout_of
from rowmill.run.settings import RunSettings
from rowmill.run.work import merged, tile_groups
from rowmill.sinks.arrays import Joiner
from rowmill.sinks.base import FileSpec, Layout
from rowmill.sinks.files import Checked, close_durably, open_new
from rowmill.sinks.parquet import RowGroups, open_writer


def write(path: Path, file: FileSpec, layout: Layout, batches: list[pa.RecordBatch], schema: pa.Schema) -> float:
    """Write finished row groups to a file and remove it; return the CPU seconds."""
    started = process_time()
    handle = open_new(path)
    writer = open_writer(cast(BinaryIO, Checked(handle)), file, layout, schema)
    for batch in batches:
        writer.write_batch(batch, row_group_size=batch.num_rows)
    writer.close()
    close_durably(handle)
    seconds = process_time() - started
    path.unlink()
    return seconds


@dataclass(slots=True)
class Floor:
    """CPU seconds over the parts of a dataset."""

    write_seconds: list[float]
    """One sum a repetition."""
    digest_seconds: float = 0.0


def measure(dataset: Dataset, folder: Path, repeat: int) -> Floor:
    """Make every part of a dataset, and measure."""
    floor, layout = Floor([0.0] * repeat), layout_of(RunSettings())
    for part in plan(dataset, dataset.calendar.slice(None, None), part_rows=layout.part_rows).parts:
        table = dataset.tables[part.table]
        file = FileSpec(part.name, table.schema, None, ())
        groups, digest, joiners = RowGroups(file, layout), TableDigest(part.table), dict[str, Joiner]()
        batches: list[pa.RecordBatch] = []
        for _, tiles in tile_groups(table, part, None):
            started = process_time()
            for tile in tiles:
                digest.add(tile)
            floor.digest_seconds += process_time() - started
            batches.extend(groups.add(merged(tiles, table.schema, joiners)))
        batches.extend(groups.rest())
        for n in range(repeat):
            floor.write_seconds[n] += write(folder / "floor.parquet", file, layout, batches, groups.schema)
    return floor


def main() -> None:
    rows, seed, folder, repeat = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])
    dataset = rowmill.dataset("payments", rows=rows, seed=seed).model
    print(json.dumps(asdict(measure(dataset, folder, repeat))))


if __name__ == "__main__":
    main()
