"""Figures of columns: exact ones in one pass over all rows, quantiles and forms of texts of the sample."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import pyarrow as pa

from rowmill.model import ddl
from rowmill.quality.profile.asking import OpenTable, kind_of, numeric, usable
from rowmill.quality.profile.facts import ColumnFacts, NumberFacts, TextFacts

PERCENTS: Final = (1, 5, 25, 50, 75, 95, 99)
_FENCE: Final = 3.0
"""Quartile ranges beyond the middle half from which on a value is called far out."""
_LARGEST: Final = sys.float_info.max
_FORMS: Final = 2_000
"""Different texts of a sample whose forms are looked at."""
_SHOWN_FORMS: Final = 6
_CLASSES: Final = {
    **dict.fromkeys(map(ord, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "A"),
    **dict.fromkeys(map(ord, "abcdefghijklmnopqrstuvwxyz"), "a"),
    **dict.fromkeys(map(ord, "0123456789"), "9"),
}
_RUN: Final = re.compile(r"(.)\1+", re.DOTALL)


def counted(asked: OpenTable) -> dict[str, Any]:
    """Return the exact figures of all columns in one pass: ``rows``, and others by column and word."""
    wanted = {"rows": "count(*)"}
    for n, field in enumerate(asked.table.arrow):
        wanted |= {f"{n} {word}": expression for word, expression in _expressions(field).items()}
    return asked.one(wanted)


def _expressions(field: pa.Field) -> dict[str, str]:
    name, value = ddl.name(field.name), usable(field)
    found = {"filled": f"count({name})", "distinct": f"approx_count_distinct({value})"}
    match kind_of(field.type):
        case "number":
            number = numeric(field)
            found |= {
                "minimum": f"min({value})",
                "maximum": f"max({value})",
                "mean": f"avg({number})",
                "sd": f"stddev_samp({number})",
                "zeros": f"count(*) FILTER ({name} = 0)",
                "negatives": f"count(*) FILTER ({value} < 0)",
                "finite": f"count({value})",
            }
        case "text":
            long = f"length({name})"
            found |= {"shortest": f"min({long})", "longest": f"max({long})", "mean": f"avg({long})"}
            found["empty"] = f"count(*) FILTER ({name} = '')"
        case "date" | "instant":
            found |= {"first": f"CAST(min({value}) AS VARCHAR)", "last": f"CAST(max({value}) AS VARCHAR)"}
            found |= {"low": f"min({numeric(field)})", "high": f"max({numeric(field)})"}
        case "bool":
            found["trues"] = f"count(*) FILTER ({name})"
    return found


def sampled(asked: OpenTable) -> dict[str, Any]:
    """Return quantiles, skewness and blank ends by column and word, of the sample."""
    wanted: dict[str, str] = {}
    for n, field in enumerate(asked.table.arrow):
        name = ddl.name(field.name)
        match kind_of(field.type):
            case "number":
                number = numeric(field)
                wanted[f"{n} quantiles"] = f"quantile_cont({number}, [{', '.join(str(p / 100) for p in PERCENTS)}])"
                # A sum of cubes that no number can hold says nothing.
                wanted[f"{n} skewness"] = f"skewness(CASE WHEN abs({number}) < 1e100 THEN {number} END)"
            case "text":
                wanted[f"{n} blank"] = f"avg(CAST({name} <> trim({name}) AS DOUBLE))"
    return asked.one(wanted, asked.sample)


def outliers(asked: OpenTable, found: Mapping[str, Any]) -> dict[str, Any]:
    """Return the share of each column of numbers that lies far out, of the sample."""
    wanted = {}
    for n, field in enumerate(asked.table.arrow):
        quantiles = found.get(f"{n} quantiles")
        if not quantiles or quantiles[2] == quantiles[4]:
            continue
        room = _FENCE * (quantiles[4] - quantiles[2])
        low, high = max(quantiles[2] - room, -_LARGEST), min(quantiles[4] + room, _LARGEST)
        inside = f"{numeric(field)} BETWEEN {low!r} AND {high!r}"
        wanted[f"{n} outliers"] = f"avg(CAST(NOT {inside} AS DOUBLE))"
    return asked.one(wanted, asked.sample)


def facts(asked: OpenTable, n: int, counts: Mapping[str, Any], samples: Mapping[str, Any]) -> ColumnFacts:
    """Return what is known of a column so far.

    Args:
        asked: the table.
        n: which column.
        counts: figures of all rows.
        samples: figures of the sample.
    """
    field = asked.table.arrow.field(n)
    schema = asked.table.schema
    own = schema[field.name] if schema is not None and field.name in schema.names else None
    kind, rows, filled = kind_of(field.type), counts["rows"], counts[f"{n} filled"]
    return ColumnFacts(
        name=field.name,
        type=own.type if own else str(field.type),
        kind=kind,
        rows=rows,
        nulls=rows - filled,
        distinct=min(counts[f"{n} distinct"], filled),
        distinct_exact=filled <= 1,
        meaning=own.meaning if own else None,
        unit=own.unit if own else None,
        number=_number(n, counts, samples) if kind == "number" else None,
        text=_text(asked, n, counts, samples) if kind == "text" else None,
        first=counts.get(f"{n} first"),
        last=counts.get(f"{n} last"),
        trues=counts.get(f"{n} trues"),
    )


def _number(n: int, counts: Mapping[str, Any], samples: Mapping[str, Any]) -> NumberFacts:
    quantiles = samples.get(f"{n} quantiles") or []
    low, high = counts[f"{n} minimum"], counts[f"{n} maximum"]
    return NumberFacts(
        minimum=_plain(low),
        maximum=_plain(high),
        mean=counts[f"{n} mean"],
        sd=counts[f"{n} sd"],
        zeros=counts[f"{n} zeros"],
        negatives=counts[f"{n} negatives"],
        not_finite=counts[f"{n} filled"] - counts[f"{n} finite"],
        quantiles={str(percent): value for percent, value in zip(PERCENTS, quantiles, strict=False)},
        skewness=samples.get(f"{n} skewness"),
        outliers=samples.get(f"{n} outliers"),
    )


def _plain(value: Any) -> float | int | None:
    return value if value is None or isinstance(value, int) else float(value)


def _text(asked: OpenTable, n: int, counts: Mapping[str, Any], samples: Mapping[str, Any]) -> TextFacts:
    return TextFacts(
        shortest=counts[f"{n} shortest"],
        longest=counts[f"{n} longest"],
        mean_length=counts[f"{n} mean"],
        empty=counts[f"{n} empty"],
        blank_ends=samples.get(f"{n} blank") or 0.0,
        patterns=_patterns(asked, asked.table.arrow.field(n).name),
    )


def _patterns(asked: OpenTable, column: str) -> tuple[tuple[str, float], ...]:
    name = ddl.name(column)
    found = asked.rows(
        f"SELECT left({name}, 60), count(*) AS rows FROM {asked.sample} WHERE {name} IS NOT NULL GROUP BY ALL "
        f"ORDER BY rows DESC, 1 LIMIT {_FORMS}"
    )
    forms, total = Counter[str](), sum(rows for _, rows in found)
    for text, rows in found:
        forms[pattern(text)] += rows
    return tuple((form, rows / total) for form, rows in forms.most_common(_SHOWN_FORMS))


def pattern(text: str) -> str:
    """Return the form of a text: 9 for a digit, a and A for letters, and how many where there are several."""
    return _RUN.sub(lambda run: f"{run[1]}{{{len(run[0])}}}", text.translate(_CLASSES))
