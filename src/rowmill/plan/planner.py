"""Cutting a dataset into parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rowmill.model.dataset import Dataset
from rowmill.model.part import Part


@dataclass(frozen=True, slots=True)
class Plan:
    """The parts of every table for one range of windows."""

    parts: tuple[Part, ...]
    weights: tuple[int, ...]
    """About how many rows each part holds."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which ``from_json`` makes an equal plan."""
        raise NotImplementedError

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Plan:
        """Read what ``to_json`` wrote."""
        raise NotImplementedError


def plan(dataset: Dataset, windows: range, *, part_rows: int, single_file: bool) -> Plan:
    """Cut every table of a dataset into parts of about ``part_rows`` rows.

    Args:
        dataset: whose tables say how heavy each tile is.
        windows: windows to write of tables with time; catalogs come whole.
        part_rows: rows that a part aims at.
        single_file: one part a table, whatever its size.
    """
    raise NotImplementedError
