"""Verify: recompute every digest from the files and compare it with the manifest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """Something at the destination that is not what the manifest says."""

    table: str
    path: str
    """Relative to the destination; empty where the whole table is meant."""
    message: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What verification found."""

    destination: str
    fingerprint: str
    digest: str
    """Digest that the manifest promises."""
    files: int
    rows: int
    """Rows read, over all tables."""
    bytes: int
    seconds: float
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Return whether everything is as the manifest says."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with ``ok``."""
        return {"ok": self.ok, **asdict(self)}


def verify(
    out: str | Path, *, tables: Sequence[str] | None = None, progress: Callable[[int, int], None] | None = None
) -> VerifyReport:
    """Read every committed file, recompute its digest and compare sizes, row counts, digests and the list of files.

    Args:
        out: destination.
        tables: names to check; None for all.
        progress: called with (bytes read, bytes in all).

    Raises:
        DestinationError: if nothing is committed there.
    """
    raise NotImplementedError
