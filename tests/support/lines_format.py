"""A file format of a test's own: a JSON object a line. ``python -m support.lines_format FOLDER`` writes and checks one.

It is registered by one line, before anything else looks at the list of formats.
"""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.json as pj

from rowmill.sinks.filetypes.arrays import arrow_array
from rowmill.sinks.filetypes.format import Untold
from rowmill.sinks.filetypes.formats import FORMATS, FormatEntry


class LinesFormat(Untold):
    """JSON lines, plain."""

    def check(self, schema, columns):
        """Accept any table."""

    def encoder(self, handle, file, layout):  # noqa: ARG002
        """Return an encoder that writes to an open file."""
        return LinesEncoder(handle, file)

    def batches(self, handle, schema, columns, layout):  # noqa: ARG002
        """Yield the rows of a file in order."""
        data = handle.read()
        if data:
            plain = pj.read_json(io.BytesIO(data)).select(list(columns))
            yield from plain.cast(pa.schema([schema[name].arrow for name in columns])).to_batches()


class LinesEncoder:
    """Writes rows as they come."""

    def __init__(self, handle, file):
        self._handle = handle
        self._fields = [f for f in file.schema.fields if file.columns is None or f.name in file.columns]

    def write(self, frame):
        """Add rows."""
        arrays = [arrow_array(field, frame[field.name], encode=False) for field in self._fields]
        for row in pa.RecordBatch.from_arrays(arrays, names=[field.name for field in self._fields]).to_pylist():
            self._handle.write(json.dumps(row).encode() + b"\n")

    def finish(self):
        """End the file."""

    def discard(self):
        """Let go of everything."""


def main() -> None:
    """Write data in the format with the command, and check, compare and extend it."""
    FORMATS["lines"] = FormatEntry("support.lines_format:LinesFormat", {"none": ".jsonl"})
    from rowmill.cli import main as rowmill

    out = Path(sys.argv[1])
    made = "generate vitals --seed 3 --set data.subjects_per_arm=20 --workers 1 --quiet --format"
    lines = [
        f"{made} lines --out {out}/lines",
        f"{made} parquet --out {out}/parquet",
        f"{made} lines --out {out}/lines",
        f"verify {out}/lines --quiet --remake all",
        f"diff {out}/lines {out}/parquet --rows",
    ]
    codes = [rowmill(line.split()) for line in lines]
    unknown = rowmill(f"{made} orc --out {out}/orc".split())
    files = sorted(path.name.partition(".")[2] for path in (out / "lines").glob("*/*") if path.suffix == ".jsonl")
    sys.stdout.write(json.dumps({"codes": codes, "unknown": unknown, "files": files}))


if __name__ == "__main__":
    sys.modules["support.lines_format"] = sys.modules["__main__"]
    main()
