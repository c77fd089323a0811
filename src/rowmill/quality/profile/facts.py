"""What a profile finds: plain data, which a page shows and JSON holds."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

from rowmill.model.aims import AimForm
from rowmill.quality.page.blocks import Tone

SPEARMAN = "Spearman correlation"
Kind = Literal["number", "text", "instant", "date", "bool", "other"]
"""What can be asked of a column."""


@dataclass(frozen=True, slots=True)
class Bars:
    """How many values lie in each of several ranges, in order."""

    labels: tuple[str, ...]
    counts: tuple[int, ...]
    ends: tuple[str, str]
    """Lower end of the first range, upper end of the last."""
    scale: Literal["linear", "log", "values"]
    """Whether ranges are alike, each a multiple of the one before, or single values."""


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """Of the finite values of a column of numbers."""

    minimum: float | None
    maximum: float | None
    mean: float | None
    sd: float | None
    zeros: int
    negatives: int
    not_finite: int
    """NaN and infinities, which no other figure counts."""
    quantiles: Mapping[str, float] = field(default_factory=dict)
    """By percent, from "1" to "99"; of the sample."""
    skewness: float | None = None
    """Of the sample."""
    outliers: float | None = None
    """Share of the sample further than three quartile ranges from the middle half."""


@dataclass(frozen=True, slots=True)
class TextFacts:
    """Of the texts of a column; lengths in characters."""

    shortest: int | None
    longest: int | None
    mean_length: float | None
    empty: int
    blank_ends: float
    """Share of the sample that begins or ends with a blank."""
    patterns: tuple[tuple[str, float], ...]
    """The most usual forms, 9 for a digit, a and A for letters, and the share of the sample that has each."""


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column."""

    name: str
    type: str
    kind: Kind
    rows: int
    nulls: int
    distinct: int
    distinct_exact: bool
    meaning: str | None = None
    unit: str | None = None
    number: NumberFacts | None = None
    text: TextFacts | None = None
    first: str | None = None
    """Of days and instants, ISO 8601."""
    last: str | None = None
    trues: int | None = None
    histogram: Bars | None = None
    top: tuple[tuple[str, int], ...] = ()
    """The most frequent values as texts, with their rows."""
    top_of: Literal["all", "sample"] = "all"

    @property
    def filled(self) -> int:
        """Return the rows that have a value."""
        return self.rows - self.nulls

    @property
    def null_share(self) -> float:
        """Return the share of rows without a value."""
        return self.nulls / self.rows if self.rows else 0.0


@dataclass(frozen=True, slots=True)
class Matrix:
    """How strongly columns go together, −1 … 1 or 0 … 1; None where that says nothing."""

    measure: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True, slots=True)
class TimeFacts:
    """Rows over time, by a column."""

    column: str
    unit: Literal["hour", "day", "month", "year"]
    labels: tuple[str, ...]
    counts: tuple[int, ...]
    week: tuple[tuple[int, ...], ...] = ()
    """Rows by day of the week, from Monday, and hour, UTC; none where there are no hours."""


@dataclass(frozen=True, slots=True)
class TableFacts:
    """One table."""

    name: str
    rows: int
    columns: tuple[ColumnFacts, ...]
    sampled: int
    """Rows of the sample; all of them where it is no smaller."""
    key: tuple[str, ...]
    duplicates: int | None
    """Rows whose key another row before has, in the share of keys that was looked at; None where there is no key."""
    keys_looked_at: float
    """Share of the keys that were compared."""
    twins: float
    """Share of the sample that equals another row in every column."""
    bytes: int | None = None
    description: str | None = None
    times: TimeFacts | None = None
    matrices: tuple[Matrix, ...] = ()
    first_rows: tuple[tuple[str | None, ...], ...] = ()
    random_rows: tuple[tuple[str | None, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """Columns that name rows of another table."""

    table: str
    columns: tuple[str, ...]
    other: str
    references: tuple[str, ...]
    rows: int
    """That name one, among the keys that were looked at."""
    found: int
    """Of them, whose row is there."""
    looked_at: float
    """Share of the keys."""
    earlier: bool
    """Whether the row may lie before all that is here."""

    @property
    def share(self) -> float:
        """Return the share whose row is there."""
        return self.found / self.rows if self.rows else 1.0


@dataclass(frozen=True, slots=True)
class AimMet:
    """What was asked of the data, and what it is."""

    what: str
    table: str
    asked: float
    made: float | None
    form: AimForm
    tolerance: float
    """Largest difference that still is what was asked."""

    @property
    def met(self) -> bool:
        """Return whether it is what was asked."""
        return self.made is not None and abs(self.made - self.asked) <= self.tolerance


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at; the heavier, the sooner."""

    weight: int
    tone: Tone
    table: str
    column: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Profile:
    """All that was found at a path."""

    path: str
    tables: tuple[TableFacts, ...]
    relations: tuple[Relation, ...]
    asked: tuple[AimMet, ...]
    findings: tuple[Finding, ...]
    about: Mapping[str, str]
    """What the manifest says, at a destination of ours."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data."""
        found: dict[str, Any] = plain(self)
        return found


def plain(value: Any) -> Any:
    """Return data that JSON has a place for: what is not finite is None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
