"""A small population with relations to keep, and what may be made of it: twins, shuffled columns, noise, copies."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SHOPS = np.array(["corner", "market", "station", "web"])


def population(rows: int, seed: int) -> pa.Table:
    """Return people: numbers that go together, categories that depend on them, and nulls that depend on a category."""
    random = np.random.default_rng(seed)
    age = random.integers(18, 90, rows)
    income = np.exp(random.normal(9, 0.4, rows) + age / 100)
    spent = income * random.uniform(0.02, 0.1, rows)
    shop = np.where(random.random(rows) < age / 150, random.integers(0, 2, rows), random.integers(2, 4, rows))
    member = random.random(rows) < np.where(shop == 3, 0.8, 0.2)
    visits = pa.array(random.poisson(3, rows), mask=(shop == 3) & (random.random(rows) < 0.7))
    return pa.table(
        {
            "age": age,
            "income": np.round(income, 2),
            "spent": np.round(spent, 2),
            "shop": SHOPS[shop],
            "member": member,
            "visits": visits,
        }
    )


def trial(subjects: int, seed: int, *, effect: float = -6.0, visits: int = 6) -> pa.Table:
    """Return a long table of a trial in two arms: a level of each subject, an effect of the arm, and dropout."""
    random = np.random.default_rng(seed)
    arm = random.permutation(subjects) % 2
    level = random.normal(0, 12, subjects)
    seen = np.minimum(visits, 2 + random.geometric(0.15, subjects))
    subject = np.repeat(np.arange(subjects), seen)
    visit = np.concatenate([np.arange(each) for each in seen])
    pressure = 140 + level[subject] + np.where(visit > 0, effect * arm[subject], 0) + random.normal(0, 8, len(subject))
    pulse = 70 + 0.2 * (pressure - 140) + random.normal(0, 6, len(subject))
    return pa.table(
        {
            "subject": np.char.add(f"S{seed}-", subject.astype(str)),
            "visit": visit,
            "arm": np.array(["Placebo", "Active"])[arm[subject]],
            "pressure": np.round(pressure),
            "pulse": np.round(pulse),
        }
    )


def shuffled(table: pa.Table, seed: int, kept: tuple[str, ...] = ()) -> pa.Table:
    """Return a table whose columns are each shuffled by themselves, but those that are kept."""
    random = np.random.default_rng(seed)
    columns = {
        name: table[name] if name in kept else table[name].take(random.permutation(len(table)))
        for name in table.column_names
    }
    return pa.table(columns)


def noisy(table: pa.Table, seed: int) -> pa.Table:
    """Return rows of numbers and categories that are uniform over their ranges."""
    random = np.random.default_rng(seed)
    columns = {}
    for name in table.column_names:
        values = table[name].drop_null().unique().to_pylist()
        if isinstance(values[0], int | float) and not isinstance(values[0], bool):
            columns[name] = random.uniform(min(values), max(values), len(table)).round(2)
        else:
            columns[name] = random.choice(sorted(values), len(table))
    return pa.table(columns)


def put(table: pa.Table, path: Path) -> str:
    """Write a table as Parquet and return where."""
    pq.write_table(table, path)
    return str(path)


@dataclass(frozen=True)
class InMemory:
    """A table in batches of some size."""

    data: pa.Table
    size: int = 1_000
    counted: bool = True

    @property
    def arrow(self):
        return self.data.schema

    @property
    def rows(self):
        return len(self.data) if self.counted else None

    def batches(self, columns=None):
        yield from self.data.select(columns or self.data.column_names).to_batches(max_chunksize=self.size)
