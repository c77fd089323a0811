"""Levers: parameters of the workforce in a CSV file, by the names that analysts have for them or by their keys."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rowmill.core.paths import at_home
from rowmill.model.missing import said

if TYPE_CHECKING:
    from rowmill.api.config import Draft

_NAME, _VALUE, _LEVEL, _YEAR = "parameter_name", "parameter_value", "job_level", "fiscal_year"
_KEYS = {
    "target_growth_rate": "growth.target",
    "hire_rate": "growth.hire_rate",
    "termination_rate": "growth.termination_rate",
    "total_termination_rate": "growth.termination_rate",
    "new_hire_termination_rate": "growth.new_hire_termination_rate",
    "new_hire_salary_adjustment": "hiring.pay_factor",
    "promotion_base_rate": "promotion.base",
    "promotion_multiplier": "promotion.multiplier",
    "promotion_raise": "promotion.raise_rate",
    "automatic_enrollment_rate": "enrollment.automatic_rate",
    "escalation_rate": "escalation.step",
    "escalation_cap": "escalation.cap",
}
"""Keys of the section ``data`` by the name of a lever."""
_BY_YEAR, _BY_LEVEL = "cola_rate", "merit_base"


@dataclass(frozen=True, slots=True)
class _Lever:
    """One row of a file."""

    row: int
    name: str
    text: str
    level: int | None
    year: int | None


def lay_levers(path: str, draft: Draft) -> None:
    """Lay the levers of a file over a draft.

    Raises:
        click.UsageError: if the file cannot be read, or a row cannot be used.
    """
    levers = _read(path)
    flags: dict[str, tuple[str, str]] = {}
    seen: dict[str, _Lever] = {}
    for lever in levers:
        where = f"--levers {path}, row {lever.row}"
        if lever.name in (_BY_YEAR, _BY_LEVEL):
            continue
        key = _key(lever, where)
        before = seen.setdefault(key, lever)
        if before.text != lever.text:
            raise click.UsageError(
                f"{where}: {lever.name} is {lever.text}, and {before.text} in row {before.row}; it has one value for "
                "all levels and years"
            )
        flags[key] = (where, lever.text)
    where = f"--levers {path}"
    cola = [lever for lever in levers if lever.name == _BY_YEAR]
    if cola:
        flags |= _cola(cola, where)
    merits = [lever for lever in levers if lever.name == _BY_LEVEL]
    if merits:
        flags["data.levels"] = (where, json.dumps(_levels(merits, draft, where)))
    draft.add_flags({"data.parameter_source": (where, "levers"), **flags})


def _read(path: str) -> list[_Lever]:
    try:
        rows = list(csv.DictReader(Path(at_home(path, "--levers")).read_text(encoding="utf-8-sig").splitlines()))
    except FileNotFoundError:
        raise click.UsageError(f"--levers {path}: no such file; give a CSV file of {_NAME} and {_VALUE}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise click.UsageError(f"--levers {path}: cannot be read: {error}") from None
    if not rows or not {_NAME, _VALUE} <= rows[0].keys():
        from rowmill.model.tablefile import shown

        has = shown(list(filter(None, rows[0]))) if rows else "has no row"
        raise click.UsageError(f"--levers {path}: {has}; the columns {_NAME} and {_VALUE} are needed")
    return [_lever(row, n, path) for n, row in enumerate(rows, 1)]


def _lever(row: dict[str, Any], number: int, path: str) -> _Lever:
    name, text = said(row[_NAME]), said(row[_VALUE])
    if not name or not text:
        raise click.UsageError(f"--levers {path}, row {number}: {_NAME if not name else _VALUE} is missing")
    whole: list[int | None] = []
    for column in (_LEVEL, _YEAR):
        cell = said(row.get(column))
        if cell and not cell.isdecimal():
            raise click.UsageError(f"--levers {path}, row {number}: got {column} {cell!r}; give a whole number")
        whole.append(int(cell) if cell else None)
    return _Lever(number, name, text, whole[0], whole[1])


def _key(lever: _Lever, where: str) -> str:
    """Return the key that a lever sets."""
    if lever.name in _KEYS:
        return f"data.{_KEYS[lever.name]}"
    if "." in lever.name:
        return lever.name if lever.name.startswith("data.") else f"data.{lever.name}"
    from rowmill.model.spec import nearest

    known = (*_KEYS, _BY_YEAR, _BY_LEVEL)
    raise click.UsageError(
        f"{where}: {lever.name}: no lever; {nearest(lever.name, known)}, or a key such as growth.target"
    )


def _number(lever: _Lever, where: str) -> float:
    try:
        return float(lever.text)
    except ValueError:
        raise click.UsageError(f"{where}, row {lever.row}: got {lever.name} {lever.text!r}; give a number") from None


def _once(levers: list[_Lever], by: Callable[[_Lever], int | None], where: str) -> dict[int | None, float]:
    """Return one value for each year or level; rows that differ in something else must agree."""
    found: dict[int | None, float] = {}
    for lever in levers:
        value = _number(lever, where)
        if found.setdefault(by(lever), value) != value:
            raise click.UsageError(f"{where}, row {lever.row}: {lever.name} has another value in a row before")
    return found


def _cola(levers: list[_Lever], where: str) -> dict[str, tuple[str, str]]:
    by_year = _once(levers, lambda lever: lever.year, where)
    flags: dict[str, tuple[str, str]] = {}
    if None in by_year:
        flags["data.raises.cost_of_living"] = (where, repr(by_year.pop(None)))
    if by_year:
        flags["data.raises.cost_of_living_by_year"] = (where, json.dumps(by_year))
    return flags


def _levels(levers: list[_Lever], draft: Draft, where: str) -> list[dict[str, Any]]:
    """Return the levels with the merit that levers give them; a lever without a level is for all."""
    from rowmill.domains.workforce.settings import DEFAULT_LEVELS

    stated = draft.get("data.levels")
    levels = [dict(level) for level in stated] if stated else [level.model_dump() for level in DEFAULT_LEVELS]
    for level, merit in _once(levers, lambda lever: lever.level, where).items():
        if level is not None and not 1 <= level <= len(levels):
            raise click.UsageError(f"{where}: {_LEVEL} {level}; levels are 1 to {len(levels)}")
        for number, one in enumerate(levels, 1):
            if level in (None, number):
                one["merit"] = merit
    return levels
