"""Levers: parameters of the workforce in a CSV file, by the names that analysts have for them or by their keys."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rowmill.cli.flags.lever_scope import COLUMNS, LEVEL, SCENARIO, YEAR, Lever, Scope
from rowmill.core.paths import at_home
from rowmill.model.missing import said

if TYPE_CHECKING:
    from rowmill.api.config import ConfigDraft

T = TypeVar("T")
U = TypeVar("U")

_POINT = re.compile(r"(?<=\d)\.0+$")
"""What whole numbers end with where other rows of their column are empty."""
_NAME, _VALUE, _EVENT = "parameter_name", "parameter_value", "event_type"
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
    "merit_rate": "raises.rate",
    "automatic_enrollment_rate": "enrollment.automatic_rate",
    "escalation_rate": "escalation.step",
    "escalation_cap": "escalation.cap",
}
"""Keys of the section ``data`` by the name of a lever."""
_SIMPLE = {
    "base_termination_rate": ("growth.termination_rate", False, "termination_rate"),
    "promotion_rate": ("promotion.base", False, "promotion_base_rate, before the factors of age, tenure and level"),
    "enrollment_rate": ("enrollment.yearly", True, "enrollment.yearly, by age band"),
    "base_deferral_rate": ("enrollment.rates", True, "enrollment.rates, by age band"),
}
"""Levers that are one rate for all people, as the preset ``simple`` has them: key, whether it is a table by age band,
and what to use beside other settings."""
_BY_YEAR, _BY_LEVEL = "cola_rate", "merit_base"
_SCOPE = frozenset(f"data.{name}" for name in ("start", "end", "scenarios", "levels", "parameter_source"))
"""Keys that no lever sets: they say what the rows of a file stand for."""


def lay_levers(path: str, draft: ConfigDraft, *, simple: bool) -> None:
    """Lay the levers of a file over a draft that has the years and scenarios of the run.

    Args:
        path: the file.
        draft: what to lay them over.
        simple: whether the preset of that name lies below.

    Raises:
        click.UsageError: if the file cannot be read, or a row cannot be used: one for a year, a level or a scenario
            alone sets a parameter that is one for all.
    """
    where = f"--levers {path}"
    scope = Scope.of(draft)
    levers, notes = scope.kept(_read(path, draft), where)
    for note in notes:
        draft.add_note(note)
    flags = _plain([one for one in levers if one.name not in (_BY_YEAR, _BY_LEVEL)], scope, where, simple=simple)
    cola = [lever for lever in levers if lever.name == _BY_YEAR]
    if cola:
        by_year = _cola(cola, scope, where)
        for key in flags.keys() & by_year.keys():
            raise click.UsageError(f"{flags[key][0]}: {key} is what {_BY_YEAR} sets in row {cola[0].row}; keep one")
        flags |= by_year
    merits = [lever for lever in levers if lever.name == _BY_LEVEL]
    if merits:
        flags["data.levels"] = (where, json.dumps(_levels(merits, draft, scope, where), ensure_ascii=False))
    if levers:
        draft.add_flags({"data.parameter_source": (where, "levers"), **flags})


def _plain(levers: list[Lever], scope: Scope, where: str, *, simple: bool) -> dict[str, tuple[str, str]]:
    """Return the keys that levers of one value set."""
    by_key: dict[str, list[Lever]] = {}
    keys = _each(levers, lambda lever: _key(lever, f"{where}, row {lever.row}", simple=simple))
    for key, lever in zip(keys, levers, strict=True):
        by_key.setdefault(key, []).append(lever)
    flags: dict[str, tuple[str, str]] = {}
    for key, some in by_key.items():
        first = some[0]
        for lever in some:
            if not _same(lever.text, first.text):
                raise click.UsageError(
                    f"{where}, row {lever.row}: {lever.name} is {lever.text}, and {first.text} in row {first.row}; it "
                    "has one value for all levels and years"
                )
        scope.require_all(some, f"{key.removeprefix('data.')} is one for all years, levels and scenarios", where)
        table = first.name in _SIMPLE and _SIMPLE[first.name][1]
        flags[key] = (
            f"{where}, row {first.row}",
            json.dumps([_number(first, where)] * _bands()) if table else first.text,
        )
    return flags


def _same(one: str, other: str) -> bool:
    try:
        return one == other or float(one) == float(other)
    except ValueError:
        return False


def _bands() -> int:
    from rowmill.domains.workforce.parameters.settings import Bands

    return len(Bands().enrollment_age) + 1


def _read(path: str, draft: ConfigDraft) -> list[Lever]:
    try:
        reader = csv.DictReader(Path(at_home(path, "--levers")).read_text(encoding="utf-8-sig").splitlines())
        rows = list(reader)
    except FileNotFoundError:
        raise click.UsageError(f"--levers {path}: no such file; give a CSV file of {_NAME} and {_VALUE}") from None
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise click.UsageError(f"--levers {path}: cannot be read: {error}") from None
    found = [{name and name.strip(): cell for name, cell in row.items()} for row in rows]
    names = [name for name in found[0] if name] if found else []
    if not {_NAME, _VALUE} <= set(names):
        from rowmill.model.tablefile import separated, shown

        if problem := separated(names):
            raise click.UsageError(f"--levers {path}: {problem}")
        has = shown(names) if names else "has no row"
        raise click.UsageError(f"--levers {path}: {has}; the columns {_NAME} and {_VALUE} are needed")
    called = Counter(name.strip() for name in reader.fieldnames or ())
    if again := [name for name, times in called.items() if name and times > 1]:
        raise click.UsageError(f"--levers {path}: two columns are called {again[0]!r}; keep one of them")
    others = [name for name in names if name not in (_NAME, _VALUE, _EVENT, *COLUMNS)]
    if others:
        draft.add_note(f"--levers {path}: no effect: the columns {', '.join(others)} are not read")
    return _each(enumerate(found, 1), lambda row: _lever(row[1], row[0], path))


def _each(items: Iterable[T], use: Callable[[T], U]) -> list[U]:
    """Return what can be made of each of some rows.

    Raises:
        click.UsageError: if some cannot be used: of each why, ten of them and how many more.
    """
    from rowmill.model.mistakes import in_lines

    made, mistakes = list[U](), list[str]()
    for item in items:
        try:
            made.append(use(item))
        except click.UsageError as error:
            mistakes.append(error.message)
    if mistakes:
        raise click.UsageError(in_lines(mistakes))
    return made


def _lever(row: dict[str | None, Any], number: int, path: str) -> Lever:
    if None in row:
        raise click.UsageError(f"--levers {path}, row {number}: has more cells than the header; quote one with a comma")
    name, text = said(row[_NAME]), said(row[_VALUE])
    if not name or not text:
        raise click.UsageError(f"--levers {path}, row {number}: {_NAME if not name else _VALUE} is missing")
    whole: list[int | None] = []
    for column in (LEVEL, YEAR):
        cell = _POINT.sub("", said(row.get(column)))
        if cell and not cell.isdecimal():
            raise click.UsageError(f"--levers {path}, row {number}: got {column} {cell!r}; give a whole number")
        whole.append(int(cell) if cell else None)
    return Lever(number, name, text, whole[0], whole[1], str(row.get(SCENARIO) or "").strip() or None)


def _key(lever: Lever, where: str, *, simple: bool) -> str:
    """Return the key that a lever sets."""
    if lever.name in _KEYS:
        return f"data.{_KEYS[lever.name]}"
    if lever.name in _SIMPLE:
        key, _, instead = _SIMPLE[lever.name]
        if not simple:
            raise click.UsageError(
                f"{where}: {lever.name} is one rate for all, which --preset simple has; add that, or use {instead}"
            )
        return f"data.{key}"
    if "." in lever.name:
        key = lever.name if lever.name.startswith("data.") else f"data.{lever.name}"
        if key in _SCOPE:
            raise click.UsageError(f"{where}: {lever.name}: no lever, as rows stand for years, levels and scenarios; "
                                   "give it with a flag or in a file of --config")  # fmt: skip
        return key
    from rowmill.model.spec import nearest

    known = (*_KEYS, *_SIMPLE, _BY_YEAR, _BY_LEVEL)
    raise click.UsageError(
        f"{where}: {lever.name}: no lever; {nearest(lever.name, known)}, or a key such as growth.target"
    )


def _number(lever: Lever, where: str) -> float:
    try:
        return float(lever.text)
    except ValueError:
        raise click.UsageError(f"{where}, row {lever.row}: got {lever.name} {lever.text!r}; give a number") from None


def _once(levers: list[Lever], by: Callable[[Lever], int | None], where: str, each: str) -> dict[int | None, float]:
    """Return one value for each year or level; rows that differ in something else must agree."""
    found: dict[int | None, tuple[float, int]] = {}
    for lever in levers:
        value = _number(lever, where)
        known, row = found.setdefault(by(lever), (value, lever.row))
        if known != value:
            raise click.UsageError(
                f"{where}, row {lever.row}: {lever.name} is {value:g}, and {known:g} in row {row}; it has one "
                f"value for {each}"
            )
    return {key: value for key, (value, _) in found.items()}


def _cola(levers: list[Lever], scope: Scope, where: str) -> dict[str, tuple[str, str]]:
    by_year = _once(levers, lambda lever: lever.year, where, "a year, whatever the level and scenario")
    for year in by_year:
        rule = "cost of living is one for all levels and scenarios of a year"
        scope.require_all([lever for lever in levers if lever.year == year], rule, where, free=(YEAR,))
    flags: dict[str, tuple[str, str]] = {}
    if None in by_year:
        flags["data.raises.cost_of_living"] = (where, repr(by_year.pop(None)))
    if by_year:
        flags["data.raises.cost_of_living_by_year"] = (where, json.dumps(by_year))
    return flags


def _levels(levers: list[Lever], draft: ConfigDraft, scope: Scope, where: str) -> list[dict[str, Any]]:
    """Return the levels with the merit that levers give them; a lever without a level is for all."""
    from rowmill.domains.workforce.parameters.settings import DEFAULT_LEVELS

    stated = draft.get("data.levels")
    levels = [dict(level) for level in stated] if stated else [level.model_dump() for level in DEFAULT_LEVELS]
    by_level = _once(levers, lambda lever: lever.level, where, "a level, whatever the year and scenario")
    for level in by_level:
        rule = "merit is one for all years and scenarios of a level"
        scope.require_all([lever for lever in levers if lever.level == level], rule, where, free=(LEVEL,))
    # A row of one level goes over a row for all, wherever it stands.
    for level, merit in sorted(by_level.items(), key=lambda found: found[0] or 0):
        for number, one in enumerate(levels, 1):
            if level in (None, number):
                one["merit"] = merit
    return levels
