"""The write-only floor: CPU to write the finished Arrow tables of a run with its settings, and nothing else.

``python floor.py ROWS SEED FOLDER`` makes the dataset part by part, exactly as one worker would. Of each part
the row groups are complete in memory before the clock starts; then they are written to a durable, checksummed file.
Prints one JSON object: CPU seconds of the writing and of the content digest.
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
from rowmill.model.digest import Digester
from rowmill.plan import plan
from rowmill.run.making.tiles import merged, tile_groups
from rowmill.run.prepare import layout_of
from rowmill.run.settings import RunSettings
from rowmill.sinks.base import FileSpec, Layout
from rowmill.sinks.filetypes.arrays import Joiner
from rowmill.sinks.filetypes.parquet import RowGroups, open_writer
from rowmill.sinks.folders.files import Checked, close_durably, open_new


def write(path: Path, file: FileSpec, layout: Layout, tables: list[pa.Table], schema: pa.Schema) -> float:
    """Write finished row groups to a file and remove it; return the CPU seconds."""
    started = process_time()
    handle = open_new(path)
    writer = open_writer(cast(BinaryIO, Checked(handle)), file, layout, schema)
    for table in tables:
        writer.write_table(table, row_group_size=table.num_rows)
    writer.close()
    close_durably(handle)
    seconds = process_time() - started
    path.unlink()
    return seconds


@dataclass(slots=True)
class Floor:
    """CPU seconds over the parts of a dataset."""

    write_seconds: float = 0.0
    digest_seconds: float = 0.0


def measure(dataset: Dataset, folder: Path) -> Floor:
    """Make every part of a dataset, and measure."""
    floor, layout = Floor(), layout_of(RunSettings())
    for part in plan(dataset, dataset.calendar.slice(None, None), part_rows=layout.part_rows).parts:
        table = dataset.tables[part.table]
        file = FileSpec(part.name, table.schema, None, ())
        groups, digester, joiners = RowGroups(file, layout), Digester(table.schema), dict[str, Joiner]()
        finished: list[pa.Table] = []
        for _, tiles, _ in tile_groups(table, part, None):
            started = process_time()
            for tile in tiles:
                digester.add(tile)
            floor.digest_seconds += process_time() - started
            finished.extend(groups.add(merged(tiles, table.schema, joiners)))
        started = process_time()
        digester.finish()
        floor.digest_seconds += process_time() - started
        finished.extend(groups.rest())
        floor.write_seconds += write(folder / "floor.parquet", file, layout, finished, groups.schema)
    return floor


def main() -> None:
    rows, seed, folder = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    dataset = rowmill.dataset("payments", rows=rows, seed=seed).model
    print(json.dumps(asdict(measure(dataset, folder))))


if __name__ == "__main__":
    main()
