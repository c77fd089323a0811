"""Values at the ends of what a setting takes, and beyond: wrong kinds, wrong lengths, numbers that do not fit."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rowmill.model.schema import Field, Schema
from support.fields import Leaf

EVERYWHERE = (
    None, True, "", "x", [], {}, [None], {"x": None}, 0, -1, 1, 2, 2**31, 2**63 - 1, 2**63, 10**30,
    0.5, 1e-300, 1e308, -1e308, math.nan, math.inf, -math.inf,
)  # fmt: skip
TEXTS = ("x" * 300, "\x00", "\u2028", "\ud800", " ", "../x", "{0}%s$HOME", "😀", "NaN", "0", "a|b")
DAYS = (
    "0001-01-01", "9999-12-31", "10000-01-01", "2025-02-30", "2024-02-29", "2025-11-01T12:00:00", "20251101",
    1_735_689_600, 20_251_101, 1.5, "1900-01-01", "2199-12-31", "2200-01-01",
)  # fmt: skip


def extremes(leaf: Leaf) -> Iterator[Any]:
    """Yield values to try at a leaf, each once, as a JSON file can hold them."""
    seen = set()
    for value in (*_of_kind(leaf), *_at_bounds(leaf), *EVERYWHERE):
        text = json.dumps(value)
        if text not in seen:
            seen.add(text)
            yield value


def _at_bounds(leaf: Leaf) -> Iterator[Any]:
    for bound in filter(None, (leaf.bound(name) for name in ("ge", "gt", "le", "lt"))):
        if isinstance(bound, dt.date):
            yield from ((bound + dt.timedelta(days=step)).isoformat() for step in (-1, 0, 1))
        elif leaf.kind is int:
            yield from (bound - 1, bound, bound + 1)
        else:
            yield from (math.nextafter(bound, -math.inf), bound, math.nextafter(bound, math.inf))
    for bound in filter(None, (leaf.bound(name) for name in ("min_length", "max_length"))):
        if leaf.kind is str:
            yield from ("A" * (bound - 1), "A" * bound, "A" * (bound + 1))


def _of_kind(leaf: Leaf) -> Iterator[Any]:
    kind, value = leaf.kind, leaf.value
    if kind is bool:
        yield from (False, "maybe", "true")
    elif kind is str:
        yield from TEXTS
    elif kind is dt.date:
        yield from DAYS
    elif get_origin(kind) is Literal:
        yield from get_args(kind)
    elif get_origin(kind) is dict:
        value = value or {}
        some = next(iter(value.values()), 1)
        yield from ({key: some} for key in ("", "x", "-1", "0", "999", "x" * 300, "\x00", "2025"))
        yield from ({"1": some, "01": some}, dict(list(value.items())[:1]), dict.fromkeys(value, 0))
        yield from (dict.fromkeys(value, 1e-300), dict.fromkeys(value, 1), {str(n): some for n in range(2_000)})
    elif get_origin(kind) is tuple:
        value = value or []
        some = value[0] if value else 1
        yield from (value[1:], [*value, some], value[::-1], [some] * len(value), [some] * 300, [0] * len(value))
        yield from ([1] * len(value), [1e-300] * len(value), [-1] * len(value), [[]])


def outside(schema: Schema, files: list[Path]) -> str:
    """Return what of a table's Parquet files lies outside its schema; empty where nothing does."""
    for path in files:
        table = pq.ParquetFile(path).read()
        for field in schema.fields:
            if field.name in table.column_names:
                found = _outside(field, table[field.name])
                if found:
                    return f"{schema.name}.{field.name}: {found}"
    return ""


def _outside(field: Field, column: pa.ChunkedArray) -> str:
    if column.null_count and not field.nullable:
        return "null"
    values = column.drop_null()
    if not len(values):
        return ""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    for value in pc.unique(values).to_pylist():
        broken = [
            isinstance(value, float) and not math.isfinite(value),
            field.minimum is not None and value < field.minimum,
            field.maximum is not None and value > field.maximum,
            field.values and value not in field.values,
            field.pattern and not re.fullmatch(field.pattern, value),
            field.length and len(value) > field.length,
        ]
        if any(broken):
            return f"{value!r}"
    return ""


def small_specs(domain: str) -> Mapping[str, tuple[Mapping[str, Any], tuple[str, ...]]]:
    """Return by name (settings of a tiny spec whose tables have entries, fields that other specs try)."""
    return _SMALL[domain]()


def _payments() -> dict[str, tuple[Mapping[str, Any], tuple[str, ...]]]:
    amounts = {"exchange_rates": {"EUR": 0.9}, "price_levels": {"DE": 1.0}}
    people = {"home_countries": {"US": 1, "DE": 2}}
    days = {"start": "2025-11-01", "end": "2025-11-04"}
    elsewhere = ("seed", "people", "places", "calendar", "kinds", "standing", "amounts", "nulls", "inputs", "ids")
    return {
        "closed": ({"rows": 20, "fraud_rate": 0.2, "people": people, "amounts": amounts, **days}, ()),
        "open": ({"rows_per_day": 5, "fraud_rate": 0.2, "start": "2025-11-01"}, elsewhere),
    }


def _vitals() -> dict[str, tuple[Mapping[str, Any], tuple[str, ...]]]:
    from rowmill.domains.vitals.shipped import shipped_model

    model = shipped_model().model_dump(mode="json")
    dropout = {"mechanism": "mar", "retention": 0.5, "strength": 1.0}
    shares = dict.fromkeys(("fahrenheit", "fever", "outliers", "missed"), 0.3)
    realism = {"dropout": dropout, "visit_windows": True, "digit_preference": True, **shares}
    return {
        "model": ({"subjects_per_arm": 3, "target_effect": -5.0, "model": model}, ("rules",)),
        "rules": ({"subjects_per_arm": 3, "method": "rules", "realism": realism, "calibrate": True}, ("model",)),
    }


def _workforce() -> dict[str, tuple[Mapping[str, Any], tuple[str, ...]]]:
    from rowmill.domains.workforce.spec import WorkforceSpec

    tiers = {"0": [{"up_to": 0.03, "rate": 1.0}], "5": [{"up_to": 0.06, "rate": 0.5}]}
    settings = {
        "employees": 30,
        "end": 2026,
        "growth": {"target": 0.3, "most_hires": 10.0},
        "match": {"formula": "own", "by": "tenure", "own": tiers},
        "limits": {"2025": {"deferral_limit": 23_500, "wage_base": 176_100}},
        "raises": {"cost_of_living_by_year": {"2026": 0.02}},
    }
    flat = {"employees": 30, "end": 2026, "growth": {"mode": "flat", "hire_rate": 0.5, "most_hires": 10.0}}
    elsewhere = tuple(WorkforceSpec.model_fields.keys() - {"growth", "enrollment", "hiring", "termination"})
    return {"targets": (settings, ()), "flat": ({**flat, "enrollment": {"automatic": False}}, elsewhere)}


_SMALL = {"payments": _payments, "vitals": _vitals, "workforce": _workforce}
