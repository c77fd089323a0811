"""Checks as conditions of ``pandas.DataFrame.query``, which knows true and false alone.

What is unknown because a value is missing is neither: so a check is said twice, as where it is true and where it is
false, and a condition is made of the two.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from rowmill.quality.exports.export import NoWordsError, is_truth
from rowmill.quality.rules.checks import Among, Called, Check, Combined, Constant, Matched, Named, columns_of

_SIGNS: Final = {"=": "==", "<>": "!="}
_DATE: Final = "({0}.dt.year * 10000 + {0}.dt.month * 100 + {0}.dt.day)"
_CALLS: Final = {
    "abs": "({0}).abs()",
    "floor": "({0} // 1)",
    "round": "({0}).round()",
    "length": "{0}.str.len()",
    "lower": "{0}.str.lower()",
    "upper": "{0}.str.upper()",
    "year": "{0}.dt.year",
    "month": "{0}.dt.month",
    "day": "{0}.dt.day",
    "left": "{0}.str.slice(0, {1})",
    "right": "{0}.str.slice(-{1})",
}
Types = Mapping[str, str | None]


def where_false(check: Check, types: Types) -> str:
    """Return the condition of the rows where a check is false.

    Args:
        check: what to say.
        types: of the columns.

    Raises:
        NoWordsError: if a condition cannot say it.
    """
    return _condition(check, types, wanted=False)


def _condition(check: Check, types: Types, *, wanted: bool) -> str:  # noqa: PLR0911
    """Return where a check is true, or where it is false."""
    match check:
        case Constant():
            return "(index == index)" if check.value is wanted else "(index != index)"
        case Named():
            return _known(check, f"({_column(check)} == {wanted})")
        case Among():
            among = f"{_value(check.value)}.isin({[_plain(value) for value in check.among]!r})"
            return _known(check.value, among if wanted else f"~{among}")
        case Matched():
            matched = f"{_value(check.value)}.str.fullmatch({check.pattern!r})"
            return _known(check.value, f"({matched} == {wanted})")
        case Combined("not"):
            return _condition(check.values[0], types, wanted=not wanted)
        case Combined("and" | "or" as sign):
            joined = " & " if (sign == "and") is wanted else " | "
            return f"({joined.join(_condition(value, types, wanted=wanted) for value in check.values)})"
        case Combined("null"):
            return _missing(check.values[0], yes=wanted)
        case Combined("distinct"):
            return _distinct(*check.values, wanted=wanted)
        case Combined("=" | "<>" as sign) if any(is_truth(value, types) for value in check.values):
            return _alike(check.values, types, wanted=(sign == "=") is wanted)
        case Combined("=" | "<>" | "<" | "<=" | ">" | ">=" as sign):
            left, right = map(_value, check.values)
            compared = f"({left} {_SIGNS.get(sign, sign)} {right})"
            return _known(check, compared if wanted else f"~{compared}")
    raise NoWordsError("a condition of pandas has no words for it")


def _alike(values: tuple[Check, ...], types: Types, *, wanted: bool) -> str:
    """Return where two truths are equal, or where they are not."""
    one, other = values
    pairs = ((True, wanted), (False, not wanted))
    return " | ".join(
        f"({_condition(one, types, wanted=first)} & {_condition(other, types, wanted=second)})"
        for first, second in pairs
    ).join("()")


def _known(check: Check, condition: str) -> str:
    """Return a condition where all columns of a check have values."""
    columns = dict.fromkeys(_column(column) for column in columns_of(check))
    return f"({' & '.join([*(f'{column}.notnull()' for column in columns), condition])})"


def _missing(check: Check, *, yes: bool) -> str:
    columns = dict.fromkeys(_column(column) for column in columns_of(check))
    if not columns or any(isinstance(each, Called) and each.function == "coalesce" for each in (check,)):
        raise NoWordsError("a condition of pandas cannot tell whether it is missing")
    joined, word = (" | ", "isnull") if yes else (" & ", "notnull")
    return f"({joined.join(f'{column}.{word}()' for column in columns)})"


def _distinct(one: Check, other: Check, *, wanted: bool) -> str:
    if isinstance(other, Constant):
        equal = f"({_missing(one, yes=False)} & ({_value(one)} == {_value(other)}))"
        return f"~{equal}" if wanted else equal
    apart = f"({_missing(one, yes=True)} & {_missing(other, yes=False)})"
    back = f"({_missing(one, yes=False)} & {_missing(other, yes=True)})"
    unequal = _known(Combined("=", (one, other)), f"({_value(one)} != {_value(other)})")
    return f"({apart} | {back} | {unequal})" if wanted else f"~({apart} | {back} | {unequal})"


def _value(check: Check) -> str:
    match check:
        case Constant():
            return repr(_plain(check))
        case Named():
            return _column(check)
        case Combined("+" | "-" | "*" | "/" as sign):
            return f"({_value(check.values[0])} {sign} {_value(check.values[1])})"
        case Called("years"):
            first, last = (_DATE.format(_value(value)) for value in check.values)
            return f"(({last} - {first}) // 10000)"
        case Called() if check.function in _CALLS and (check.function != "round" or len(check.values) == 1):
            return _CALLS[check.function].format(*map(_value, check.values))
    raise NoWordsError(f"a condition of pandas has no words for {getattr(check, 'function', 'it')}")


def _plain(constant: Constant) -> object:
    if isinstance(constant.value, dt.date):
        raise NoWordsError("a condition of pandas compares no date with a literal")
    return constant.value


def _column(column: Named) -> str:
    if column.table:
        raise NoWordsError(f"it names a row of {column.table}")
    if "`" in column.name or "\\" in column.name:
        raise NoWordsError("pandas cannot quote the name of its column")
    return f"`{column.name}`"
