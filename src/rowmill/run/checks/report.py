"""What a verification found."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from rowmill.run.checks.audit import Problem
from rowmill.run.checks.links import ForeignKeyReport


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What verification found."""

    destination: str
    fingerprint: str
    digest: str
    """Digest of the rows that were read."""
    tables: tuple[str, ...]
    """Tables that were read."""
    unread: tuple[str, ...]
    """Tables that are there and were not read."""
    files: int
    rows: int
    """Rows read, over all tables."""
    bytes: int
    seconds: float
    problems: tuple[Problem, ...]
    keyed_rows: int
    """Rows whose key was read and counted: all but those of files without the columns of it."""
    foreign_keys: tuple[ForeignKeyReport, ...]
    """Every foreign key of the tables that were read."""
    tiles: int
    """Tiles that the files read cover."""
    remade: int
    """Tiles of them that were made again from the spec and compared."""

    @property
    def ok(self) -> bool:
        """Return whether everything is as the manifest and the spec say."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """Return plain data, with ``ok``."""
        return {"ok": self.ok, **asdict(self)}
