"""Censuses for tests: rows of a user's file, and the file."""

from __future__ import annotations

import csv
import gzip
import random

import pyarrow as pa
import pyarrow.parquet as pq

from rowmill.domains.workforce.census.source import census_of
from rowmill.domains.workforce.spec import WorkforceSpec
from rowmill.model.inputs import inputs_of

LEVELS = ("Staff", "Manager", "SrMgr", "Director", "VP")


def write_rows(path, rows):
    """Write rows, dictionaries of equal keys, as CSV (gzipped by its name) or Parquet."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def people(count=40, seed=1):
    """Return rows with every column that a census may have, by the names of plan administrators."""
    rng = random.Random(seed)
    return [_person(rng, n) for n in rng.sample(range(10_000), count)]


def _person(rng, number):
    pay = rng.randrange(40_000, 300_000) + rng.randrange(100) / 100
    rate = rng.choice([0.0, 0.03, 0.06, 0.125])
    hired = f"{rng.randrange(1995, 2024)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}"
    return {
        "employee_id": f"P{number:05d}",
        "employee_ssn": f"{rng.randrange(100, 700)}-{rng.randrange(10, 99)}-{rng.randrange(1000, 9999)}",
        "employee_birth_date": f"{rng.randrange(1960, 1977)}-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}",
        "employee_hire_date": hired,
        "employee_termination_date": "",
        "employee_gross_compensation": f"{pay:.2f}",
        "employee_capped_compensation": f"{min(pay, 345_000):.2f}",
        "active": "true",
        "employee_deferral_rate": f"{rate}",
        "pre_tax_contribution": f"{pay * rate:.2f}",
        "eligibility_entry_date": hired,
        "scheduled_hours_per_week": "40",
        "auto_escalation_opt_out": rng.choice(["true", "false"]),
        "eligibility_override": "false",
    }


def read(path, **fields):
    """Return the census of a file as the workforce of 2025 reads it."""
    return census_of(WorkforceSpec.model_validate({"seed": 5, "start": 2025, **fields}), inputs_of({"census": path}))[1]


def made(count, **fields):
    """Return a census that nobody wrote."""
    spec = WorkforceSpec.model_validate({"seed": 5, "start": 2025, "employees": count, **fields})
    return census_of(spec, {})[1]
