"""The report of a comparison: what changed, the greatest change first, in words and as plain data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Final

from rowmill.quality.drift.judging import DriftChange
from rowmill.quality.drift.measures import Kind

_MOST_SAID: Final = 3


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What some rows have and earlier ones had not."""

    judged: str
    """What was judged."""
    earlier: str
    """What it was held against."""
    nights: int
    """Slices that tell how much days differ; 1 where everything earlier was taken together."""
    gone: tuple[str, ...]
    """Tables and columns that are there in one of both alone, a line each."""
    changes: tuple[DriftChange, ...]
    """Every measure, the greatest change first."""

    @property
    def drifted(self) -> tuple[DriftChange, ...]:
        """Return the changes that are larger than what is allowed."""
        return tuple(change for change in self.changes if change.drifted)

    @property
    def ok(self) -> bool:
        """Return whether nothing drifted."""
        return not self.gone and not self.drifted

    @property
    def reason(self) -> str:
        """Return what drifted most, in one line."""
        said = [*self.gone, *map(told, self.drifted)]
        more = f"; and {len(said) - _MOST_SAID} more" if len(said) > _MOST_SAID else ""
        return "; ".join(said[:_MOST_SAID]) + more

    def to_json(self, *, drifted: bool = False) -> dict[str, Any]:
        """Return plain data: of every measure, or of those alone that drifted."""
        changes = [
            {
                **asdict(change.key),
                **asdict(change),
                "weight": change.weight,
                "drifted": change.drifted,
                "text": told(change),
            }
            for change in (self.drifted if drifted else self.changes)
        ]
        for change in changes:
            del change["key"]
        return {
            "ok": self.ok,
            "judged": self.judged,
            "earlier": self.earlier,
            "nights": self.nights,
            "reason": self.reason,
            "gone": self.gone,
            "changes": changes,
        }


def told(change: DriftChange) -> str:
    """Return what a change is, in words."""
    return f"{name(change)}: {_WORDS[change.key.kind](change)}"


def name(change: DriftChange) -> str:
    """Return what a change is of: a table, or a column of it."""
    key = change.key
    return f"{key.table}.{key.column}" if key.column else key.table


def _from_to(change: DriftChange) -> str:
    return f"{change.before:.3%} → {change.after:.3%} (± {change.allowed:.3%})"


def _elsewhere(change: DriftChange) -> str:
    return f"{change.after:.2%} of the rows lie elsewhere (± {change.allowed:.2%}), {change.detail}"


_WORDS: Final[Mapping[Kind, Callable[[DriftChange], str]]] = MappingProxyType(
    {
        "rows": lambda change: f"rows for each of the main table {_from_to(change)}",
        "missing": lambda change: f"missing {_from_to(change)}",
        "true": lambda change: f"true {_from_to(change)}",
        "value": lambda change: f"{change.key.detail} {_from_to(change)}",
        "tail": lambda change: f"{change.key.detail} {_from_to(change)}",
        "values": _elsewhere,
        "numbers": _elsewhere,
        "hours": _elsewhere,
        "clock": lambda change: (
            f"rows moved by {change.after:.2f} hours of the day (± {change.allowed:.2f}), {change.detail}"
        ),
    }
)
