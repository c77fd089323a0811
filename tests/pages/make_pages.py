"""Make pages for a browser to open: of sound data, and of data whose values and names try to run."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

import rowmill

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.pages import HOSTILE

TEXTS = HOSTILE[:-1]
"""The last one has a character that no file of Parquet holds."""


def main(folder: Path) -> None:
    """Write some pages to a folder."""
    data = folder / "data"
    data.mkdir()
    rowmill.dataset("payments", rows=5_000, seed=1).write(data / "payments")
    rowmill.profile(data / "payments", out=folder / "payments.html")
    columns = {text: [*TEXTS, None] * 3 for text in TEXTS}
    numbers = {f"{text}#": list(range((len(TEXTS) + 1) * 3)) for text in TEXTS}
    name = "<img src=x onerror=document.title='run'>&\"'.parquet"
    pq.write_table(pa.table(columns | numbers), data / name)
    rowmill.profile(data / name, out=folder / "hostile.html")
    with duckdb.connect(str(data / "<script>document.title='run'<&script>.db")) as theirs:
        for n, text in enumerate(TEXTS):
            quoted = text.replace('"', '""')
            refers = "" if not n else f'REFERENCES "{TEXTS[0].replace(chr(34), chr(34) * 2)}" ("k")'
            theirs.execute(f'CREATE TABLE "{quoted}" ("k" INTEGER PRIMARY KEY {refers}, "{quoted}" VARCHAR)')
            theirs.execute(f'INSERT INTO "{quoted}" VALUES (1, ?)', [text])
    rowmill.profile(data / "<script>document.title='run'<&script>.db", out=folder / "database.html")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
