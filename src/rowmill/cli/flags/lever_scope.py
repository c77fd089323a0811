"""The scope of levers: for which years, levels and scenarios a row stands, and whether a parameter can be so narrow."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import click

from rowmill.model.missing import said

if TYPE_CHECKING:
    from rowmill.api.config import ConfigDraft

LEVEL, YEAR, SCENARIO = "job_level", "fiscal_year", "scenario_id"
COLUMNS = (LEVEL, YEAR, SCENARIO)
_EVERY = "default"
"""What files of the earlier tool call the scenario whose rows count unless one has its own."""


@dataclass(frozen=True, slots=True)
class Lever:
    """One row of a file."""

    row: int
    name: str
    text: str
    level: int | None
    year: int | None
    scenario: str | None

    def of(self, column: str) -> Any:
        """Return what the row says in a column of its scope, None where it is for all."""
        return {LEVEL: self.level, YEAR: self.year, SCENARIO: self.scenario}[column]


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run has of each."""

    levels: range
    years: range
    scenarios: tuple[str, ...]

    @classmethod
    def of(cls, draft: ConfigDraft) -> Scope:
        """Return what the layers so far ask for; what is no year or name there is refused when they are validated."""
        from rowmill.domains.workforce.parameters.settings import LEVELS
        from rowmill.domains.workforce.spec import WorkforceSpec

        usual = WorkforceSpec.model_fields
        first, last = (draft.get(f"data.{name}") or usual[name].default for name in ("start", "end"))
        years = range(first, last + 1) if isinstance(first, int) and isinstance(last, int) else range(0)
        named = draft.get("data.scenarios") or usual["scenarios"].default
        return cls(range(1, LEVELS + 1), years, tuple(map(str, named)) if isinstance(named, list | tuple) else ())

    def kept(self, levers: Sequence[Lever], where: str) -> tuple[list[Lever], list[str]]:
        """Return the rows that concern the run, and a line on those of other years and scenarios.

        Raises:
            click.UsageError: if there is no such level.
        """
        for lever in levers:
            if lever.level is not None and lever.level not in self.levels:
                levels = f"levels are 1 to {self.levels.stop - 1}"
                raise click.UsageError(f"{where}, row {lever.row}: {LEVEL} {lever.level}; {levels}")
        levers = [
            lever if lever.scenario in self.scenarios or said(lever.scenario) else replace(lever, scenario=None)
            for lever in levers
        ]
        ours = [lever for lever in levers if lever.scenario in (None, _EVERY, *self.scenarios)]
        here = [lever for lever in ours if lever.year is None or lever.year in self.years]
        if len(self.scenarios) == 1:
            own: dict[str, set[tuple[int, int]]] = {}
            for lever in here:
                if lever.scenario == self.scenarios[0] != _EVERY:
                    own.setdefault(lever.name, set()).update(self._cells(lever))
            here = [
                lever
                for lever in here
                if lever.scenario != _EVERY or not self._cells(lever) <= own.get(lever.name, set())
            ]
        others = [lever.row for lever in levers if lever not in ours]
        later = [lever.row for lever in ours if lever.year is not None and lever.year not in self.years]
        run = {SCENARIO: ", ".join(self.scenarios), YEAR: f"{self.years.start} to {self.years.stop - 1}"}
        notes = [
            f"{where}: no effect: {_listed(rows)} of another {column}; the run has {run[column]}"
            for column, rows in ((SCENARIO, others), (YEAR, later))
            if rows
        ]
        return here, notes

    def _cells(self, lever: Lever) -> set[tuple[int, int]]:
        """Return the levels and years that a row stands for."""
        levels = self.levels if lever.level is None else (lever.level,)
        return set(product(levels, self.years if lever.year is None else (lever.year,)))

    def require_all(self, levers: Iterable[Lever], rule: str, where: str, free: Collection[str] = ()) -> None:
        """Refuse rows of one parameter that leave a year, a level or a scenario of the run without its value.

        Args:
            levers: rows with one value.
            rule: what the parameter is, as in "promotion.raise_rate is one for all".
            where: where they stand.
            free: columns in which the parameter may differ.

        Raises:
            click.UsageError: naming the row, the scope and the fix.
        """
        some = list(levers)
        every: dict[str, Collection[Any]] = {LEVEL: self.levels, YEAR: self.years, SCENARIO: self.scenarios}
        bound = [column for column in COLUMNS if column not in free]
        whole = set(product(*(every[column] for column in bound)))
        for lever in some:
            cells = (lever.of(column) for column in bound)
            whole -= set(
                product(*(every[c] if v in (None, _EVERY) else (v,) for c, v in zip(bound, cells, strict=True)))
            )
        if not whole:
            return
        narrow = next(lever for lever in some if any(lever.of(column) not in (None, _EVERY) for column in bound))
        scope = " and ".join(f"{c} {narrow.of(c)}" for c in bound if narrow.of(c) not in (None, _EVERY))
        raise click.UsageError(
            f"{where}, row {narrow.row}: got {narrow.name} {narrow.text} for {scope} alone; {rule}: leave the "
            "column empty, or give that value for all the others too"
        )


def _listed(rows: Sequence[int]) -> str:
    if len(rows) == 1:
        return f"row {rows[0]} is"
    return f"rows {', '.join(map(str, rows[:5]))}{'' if len(rows) <= 5 else f' and {len(rows) - 5} more'} are"
