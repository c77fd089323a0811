"""Files of DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def place(folder: Path) -> Iterator[str]:
    """Yield the location of a destination that nobody used before; ``folder`` is empty."""
    yield f"duckdb://{folder}/out.duckdb"
