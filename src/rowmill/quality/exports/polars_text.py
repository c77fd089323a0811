"""Checks as the source text of Polars expressions. What a table says stands in it as literals alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Final

from rowmill.quality.exports.export import NoWordsError
from rowmill.quality.rules.checks import Among, Called, Check, Combined, Constant, Matched, Named

_SIGNS: Final = {"and": "&", "or": "|", "=": "==", "<>": "!="}
_DATE: Final = ".cast(pl.Date)"
_CALLS: Final[dict[str, Callable[..., str]]] = {
    "abs": lambda x: f"{x}.abs()",
    "floor": lambda x: f"{x}.cast(pl.Float64).floor()",
    "round": lambda x, n="0": f'{x}.cast(pl.Float64).round({n}, mode="half_away_from_zero")',
    "length": lambda x: f"{x}.str.len_chars()",
    "lower": lambda x: f"{x}.str.to_lowercase()",
    "upper": lambda x: f"{x}.str.to_uppercase()",
    "year": lambda x: f"{x}.dt.year().cast(pl.Int64)",
    "month": lambda x: f"{x}.dt.month().cast(pl.Int64)",
    "day": lambda x: f"{x}.dt.day().cast(pl.Int64)",
    "years": lambda a, b: (
        f"({b}.dt.year() - {a}.dt.year() - ({b}.dt.month().cast(pl.Int64) * 100 + {b}.dt.day() "
        f"< {a}.dt.month().cast(pl.Int64) * 100 + {a}.dt.day()).cast(pl.Int64))"
    ),
    "days": lambda a, b: f"({b}{_DATE} - {a}{_DATE}).dt.total_days()",
    "seconds": lambda a, b: (
        f'({b}.dt.replace_time_zone(None).cast(pl.Datetime("us")) - '
        f'{a}.dt.replace_time_zone(None).cast(pl.Datetime("us"))).dt.total_microseconds() / 1_000_000'
    ),
    "left": lambda x, n: f"{x}.str.head({n})",
    "right": lambda x, n: f"{x}.str.tail({n})",
    "number": lambda x: f"{x}.cast(pl.Float64, strict=False)",
    "coalesce": lambda *x: f"pl.coalesce({', '.join(x)})",
    "least": lambda *x: f"pl.min_horizontal({', '.join(x)})",
    "greatest": lambda *x: f"pl.max_horizontal({', '.join(x)})",
}
_GROUPS: Final = {
    "count": "{x}.count()", "unique": "{x}.drop_nulls().n_unique()", "sum": "{x}.sum()", "min": "{x}.min()",
    "max": "{x}.max()",
}  # fmt: skip


def polars_text(check: Check, by: tuple[str, ...] = (), order: tuple[str, ...] = ()) -> str:  # noqa: PLR0911
    """Return a check as an expression that is true, false or null.

    Args:
        check: what to say.
        by: columns of an entity, for ``previous`` and counts of groups.
        order: columns that order its rows.

    Raises:
        NoWordsError: if it names rows of other tables.
    """

    def said(inner: Check) -> str:
        return polars_text(inner, by, order)

    match check:
        case Constant():
            return _literal(check)
        case Named() if check.table:
            raise NoWordsError(f"it names a row of {check.table}")
        case Named():
            return f"pl.col({check.name!r})"
        case Among():
            return f"{said(check.value)}.is_in([{', '.join(map(_plain, check.among))}])"
        case Matched():
            return f"{said(check.value)}.str.contains({f'^(?:{check.pattern})$'!r})"
        case Combined():
            return _combined(check.sign, [said(value) for value in check.values])
        case Called("previous"):
            return f"{said(check.values[0])}.shift(1).over({list(by)!r}, order_by={list(order)!r})"
        case Called() if check.function in _GROUPS:
            inner = _GROUPS[check.function].format(x=said(check.values[0])) if check.values else "pl.len()"
            return f"{inner}.over({list(by)!r})"
        case Called("left" | "right" | "round"):
            return _CALLS[check.function](said(check.values[0]), *(repr(_number(value)) for value in check.values[1:]))
        case Called():
            return f"({_CALLS[check.function](*(said(value) for value in check.values))})"


def _number(value: Check) -> object:
    return value.value if isinstance(value, Constant) else None


def _combined(sign: str, values: list[str]) -> str:
    match sign:
        case "not":
            return f"(~{values[0]})"
        case "null":
            return f"{values[0]}.is_null()"
        case "distinct":
            return f"{values[0]}.ne_missing({values[1]})"
    return f"({values[0]} {_SIGNS.get(sign, sign)} {values[1]})"


def _literal(constant: Constant) -> str:
    return f"pl.lit({_plain(constant)})"


def _plain(constant: Constant) -> str:
    match constant.value:
        case dt.datetime() as instant:
            return f"dt.datetime.fromisoformat({instant.isoformat()!r})"
        case dt.date() as day:
            return f"dt.date.fromisoformat({day.isoformat()!r})"
    return repr(constant.value)
