"""Golden values: pinned digests of each domain's data version, and a thousand rows in full to show what has changed.

``make golden`` writes them anew. A changed value needs a new data version and an entry in the changelog first.
"""

from __future__ import annotations

import csv
import datetime as dt
import json
from itertools import zip_longest
from pathlib import Path

import pytest

from laws.contents import build, tile_rows, windows_of
from laws.domains import SHIPPED
from rowmill.domains.registry import domain
from rowmill.domains.vitals.settings import PRESETS
from rowmill.domains.workforce.parameters.presets import SIMPLE
from rowmill.model.digest import TableDigest

HERE = Path(__file__).parent
SHOWN = 8
THOUSAND = "thousand rows"
REALISTIC_TRIAL = PRESETS["realistic"]
DATASETS = {
    "payments": {
        THOUSAND: {"seed": 42, "rows": 1000},
        "several blocks": {
            "seed": 43,
            "rows": 4000,
            "start": "2025-11-27",
            "end": "2025-11-29",
            "sizes": {"customers": 34_000},
        },
        "much fraud": {"seed": 44, "rows": 5000, "fraud_rate": 0.1, "fraud": {"hard_negatives": 2.0}},
        "ids as text, clocks going forward": {
            "seed": 45,
            "rows": 3000,
            "start": "2024-03-01",
            "end": "2024-04-10",
            "ids": "uuid",
        },
        "a far day of an open period": {"seed": 46, "rows_per_day": 2000, "start": "2025-01-01"},
    },
    "vitals": {
        THOUSAND: {"seed": 42, "subjects_per_arm": 25, **REALISTIC_TRIAL},
        "several blocks": {"seed": 43, "subjects_per_arm": 20_000},
        "by rules": {
            "seed": 44,
            "subjects_per_arm": 300,
            "method": "rules",
            "arms": ("High", "Low", "None"),
            "visits": [{"name": "Day 1", "day": 1, "dosed": False}, {"name": "Day 5", "day": 5}],
            "calibrate": True,
        },
        "pilot resampled": {"seed": 45, "subjects_per_arm": 300, "method": "bootstrap", **REALISTIC_TRIAL},
    },
    "workforce": {
        THOUSAND: {"seed": 42, "employees": 150, "start": 2025, "end": 2027},
        "several blocks and scenarios": {
            "seed": 43,
            "employees": 3000,
            "block_employees": 400,
            "scenarios": ["low", "high"],
            "plan": "401k",
        },
        "flat rates": {"seed": 44, "employees": 1000, "start": 2024, "end": 2026, **SIMPLE},
        "everything otherwise": {
            "seed": 45,
            "employees": 2000,
            "start": 2022,
            "end": 2030,
            "growth": {"target": -0.05},
            "enrollment": {"automatic": False, "waiting_days": 90, "yearly_month": 7},
            "escalation": {"hired_from": "2020-01-01", "first_after_years": 2},
            "match": {"formula": "own", "by": "tenure", "own": {0: [{"up_to": 0.04, "rate": 1}]}},
            "core": {"by": "points", "rates": {0: 0.01, 55: 0.03}, "excess": 0.02},
            "raises": {"day": 0},
        },
    },
}
"""Specs by domain and name. An open period is pinned by one day, its hundredth."""
FAR = range(100, 101)
EACH = [(case, name) for case in SHIPPED for name in DATASETS[case.name]]
TABLES = [(case, table) for case in SHIPPED for table in case.tables]


def digests(case, fields):
    """Return the rows and the digest of each column of each table."""
    dataset = build(case.name, fields)
    found = {}
    for name, table in dataset.tables.items():
        span = windows_of(dataset, name) if dataset.calendar.count is not None or not table.timed else FAR
        digest = TableDigest(name)
        for block in range(table.blocks):
            for tile in table.tiles(block, span):
                digest.add([tile], table.schema.values())
        found[name] = digest.to_json()
    return found


def text(value):
    """Return a value as the golden file holds it."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="microseconds")
    return str(value).lower() if isinstance(value, bool) else str(value)


def cells(case, table):
    """Return the header and the rows of a table of the thousand rows, as texts."""
    dataset = build(case.name, DATASETS[case.name][THOUSAND])
    rows = [dataset.tables[table].schema.names]
    for block in range(dataset.tables[table].blocks):
        for batch in tile_rows(dataset, table, block, windows_of(dataset, table)).values():
            rows += [tuple(text(value) for value in row.values()) for row in batch.to_pylist()]
    return rows


def pinned_file(case):
    return HERE / f"{case.name}.json"


@pytest.mark.parametrize(("case", "table"), TABLES, ids=[f"{case.name}, {table}" for case, table in TABLES])
def test_a_thousand_rows_are_the_pinned_ones(case, table, rewrite_golden):
    file = HERE / case.name / f"{table}.csv"
    found = cells(case, table)
    if rewrite_golden:
        file.parent.mkdir(exist_ok=True)
        with file.open("w", encoding="utf-8", newline="") as handle:
            csv.writer(handle, lineterminator="\n").writerows(found)

    with file.open(encoding="utf-8", newline="") as handle:
        expected = [tuple(row) for row in csv.reader(handle)]
    header, changed = expected[0], []
    for number, (new, old) in enumerate(zip_longest(found, expected, fillvalue=())):
        for column, got, want in zip_longest(header, new, old, fillvalue="(nothing)"):
            if got != want and len(changed) < SHOWN:
                changed.append(f"{table}.{column}, row {number}: got {got}, expected {want}")

    assert not changed, "the first changed cells:\n" + "\n".join(changed)


@pytest.mark.parametrize(("case", "name"), EACH, ids=[f"{case.name}, {name}" for case, name in EACH])
def test_digests_are_the_pinned_ones(case, name, rewrite_golden):
    found = digests(case, DATASETS[case.name][name])
    version = domain(case.name).data_version
    if rewrite_golden:
        pin(case, name, version, found)

    pinned = json.loads(pinned_file(case).read_text("utf-8"))
    assert pinned["data_version"] == version, "a new data version needs new golden files: run make golden"
    expected = pinned["datasets"][name]
    changed = [
        f"{table}.{column}"
        for table, one in expected.items()
        for column in sorted({*one["columns"], *found[table]["columns"]})
        if one["columns"].get(column) != found[table]["columns"].get(column)
    ]
    assert {table: one["rows"] for table, one in found.items()} == {t: one["rows"] for t, one in expected.items()}
    assert not changed, f"these columns have other values than data version {version}: {', '.join(changed)}"


def pin(case, name, version, found):
    """Write the digests of one dataset, and drop those that no dataset has any more."""
    file = pinned_file(case)
    old = json.loads(file.read_text("utf-8"))["datasets"] if file.exists() else {}
    known = {other: old.get(other, {}) for other in DATASETS[case.name]}
    document = {"data_version": version, "datasets": known | {name: found}}
    file.write_text(json.dumps(document, indent=1) + "\n", "utf-8")
