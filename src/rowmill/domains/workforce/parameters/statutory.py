"""Limits that US law sets on retirement plans year by year, in dollars, as the IRS and the SSA publish them.

The table names the notice of each year; wage bases are the Social Security Administration's contribution and benefit
base. Beyond the last year of the table its figures stay, and whoever makes such years is told.
"""

from __future__ import annotations

import csv
from functools import lru_cache
from importlib.resources import files

FIGURES = (
    "deferral_limit",
    "catch_up",
    "catch_up_60",
    "compensation_limit",
    "additions_limit",
    "hce_threshold",
    "wage_base",
)
"""402(g), catch-up from 50 and at 60–63 (414(v)), 401(a)(17), 415(c), 414(q), and the Social Security wage base."""


@lru_cache(maxsize=1)
def _table() -> dict[int, dict[str, int]]:
    text = files(__package__).joinpath("statutory.csv").read_text("utf-8")
    return {int(row["year"]): {name: int(row[name]) for name in FIGURES} for row in csv.DictReader(text.splitlines())}


def first_year() -> int:
    """Return the first year whose figures are published."""
    return min(_table())


def last_year() -> int:
    """Return the last year whose figures are published; they stand for every later one."""
    return max(_table())


def figures(year: int) -> dict[str, int]:
    """Return the figures of a year in dollars, those of the last year known for a later one; none before the first."""
    return dict(_table().get(min(year, last_year()), {}))
