"""Checks in DuckDB's SQL. Names are quoted, values are literals, and functions are of a closed list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from rowmill.model import ddl
from rowmill.quality.rules.checks import Among, Called, Check, Combined, Constant, Matched, Named

Resolve = Callable[[Named], str]
"""Returns the SQL of a column."""
Aside = Callable[[Called], str | None]
"""Returns the SQL of a call that is worked out elsewhere, such as ``previous``; None where it is an ordinary one."""

_CALLS: Final = {
    "abs": "abs({0})",
    "floor": "floor({0})",
    "length": "length({0})",
    "lower": "lower({0})",
    "upper": "upper({0})",
    "year": "year({0})",
    "month": "month({0})",
    "day": "day({0})",
    "years": (
        "(year({1}) - year({0}) - "
        "CASE WHEN month({1}) * 100 + day({1}) < month({0}) * 100 + day({0}) THEN 1 ELSE 0 END)"
    ),
    "days": "(CAST({1} AS DATE) - CAST({0} AS DATE))",
    "seconds": "((epoch_us({1}) - epoch_us({0})) / 1000000)",
    "left": "left({0}, {1})",
    "right": "right({0}, {1})",
    "number": "TRY_CAST({0} AS DOUBLE)",
    "count": "count({0})",
    "unique": "count(DISTINCT {0})",
    "sum": "sum({0})",
    "min": "min({0})",
    "max": "max({0})",
}


def _no_call(call: Called) -> None:  # noqa: ARG001 - the same call for every aside
    return None


def sql(check: Check, column: Resolve, aside: Aside = _no_call) -> str:
    """Return a check as an expression that is true, false or NULL.

    Args:
        check: what to say.
        column: what stands for a column.
        aside: what stands for calls that are worked out elsewhere.
    """

    def said(inner: Check) -> str:
        return sql(inner, column, aside)

    match check:
        case Constant():
            return literal(check)
        case Named():
            return column(check)
        case Among():
            return f"({said(check.value)} IN ({', '.join(literal(value) for value in check.among)}))"
        case Matched():
            return f"regexp_full_match({said(check.value)}, {ddl.literal(check.pattern)})"
        case Combined():
            return _combined(check.sign, [said(value) for value in check.values])
        case Called():
            found = aside(check)
            return found if found is not None else _called(check.function, [said(value) for value in check.values])


def _combined(sign: str, values: list[str]) -> str:
    match sign:
        case "not":
            return f"(NOT {values[0]})"
        case "null":
            return f"({values[0]} IS NULL)"
        case "distinct":
            return f"({values[0]} IS DISTINCT FROM {values[1]})"
    return f"({values[0]} {sign.upper()} {values[1]})"


def _called(function: str, values: list[str]) -> str:
    if function == "count" and not values:
        return "count(*)"
    if function in {"coalesce", "least", "greatest", "round"}:
        return f"{function}({', '.join(values)})"
    return _CALLS[function].format(*values)


def literal(value: Constant) -> str:
    """Return a value as a literal."""
    match value.value:
        case None:
            said = "NULL"
        case bool() as truth:
            said = str(truth).upper()
        case int() as whole:
            said = f"({whole})"
        case float() as number:
            said = f"CAST({ddl.literal(repr(number))} AS DOUBLE)"
        case dt.datetime() as instant:
            said = f"CAST({ddl.literal(instant.isoformat())} AS TIMESTAMPTZ)"
        case dt.date() as day:
            said = f"CAST({ddl.literal(day.isoformat())} AS DATE)"
        case text:
            said = ddl.literal(text)
    return said
