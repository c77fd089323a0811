"""Every file of a user that a domain reads, written with two contents, and data that is made with one of them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from support.censuses import people, write_rows
from support.own_files import rows_of, table
from support.pilots import sdtm, trial


@dataclass(frozen=True)
class Kind:
    """One domain, and its files."""

    domain: str
    flags: tuple[str, ...]
    """Of a small dataset."""
    write: Callable[[Path, int], dict[str, Path]]
    """Writes files into a folder, by name; another number writes another content."""
    shortcuts: Mapping[str, str]
    """The domain's own flag for a file, by the name of the file."""


def _catalogs(folder: Path, number: int) -> dict[str, Path]:
    rows, rng = rows_of(), random.Random(number)
    for row in rows["customers"]:
        row["country"] = rng.choice(["US", "DE"])
    for number_of_card, row in enumerate(sorted(rows["cards"], key=lambda row: row["customer_id"]), 1):
        row |= {"card_id": number_of_card, "card_exp_month": rng.randrange(1, 13)}
    for row in rows["merchants"]:
        row["is_online"] = rng.random() < 0.5
    return {name: table(folder / f"{name}.csv", each) for name, each in rows.items()}


def _pilot(folder: Path, number: int) -> dict[str, Path]:
    """Write SDTM: the second VS lacks a subject, and of the second DM two have each other's arm."""
    vs, dm = (Path(path) for path in sdtm(folder, trial(20)))
    if number > 1:
        readings, subjects = pl.read_parquet(vs), pl.read_parquet(dm)
        readings.filter(pl.col("USUBJID") != readings["USUBJID"][-1]).write_parquet(vs)
        arms = [name for name in subjects.columns if name.startswith(("ARM", "ACTARM"))]
        subjects.with_columns(subjects[name].reverse() for name in arms).write_parquet(dm)
    return {"pilot": vs, "demographics": dm}


def _census(folder: Path, number: int) -> dict[str, Path]:
    rows = [{**row, "department": f"Team {number}"} for row in people(30)]
    return {"census": write_rows(folder / "census.csv", rows)}


KINDS = {
    kind.domain: kind
    for kind in (
        Kind("payments", ("--rows", "2000"), _catalogs, {}),
        Kind(
            "vitals",
            ("--subjects-per-arm", "20", "--method", "bootstrap", "--visits", "Day 1=DAY 1,Week 4=WEEK 4"),
            _pilot,
            {"pilot": "--pilot", "demographics": "--demographics"},
        ),
        Kind("workforce", ("--start", "2025", "--end", "2025"), _census, {"census": "--census"}),
    )
}
FILES = [
    ("payments", "customers"),
    ("payments", "cards"),
    ("payments", "merchants"),
    ("vitals", "pilot"),
    ("vitals", "demographics"),
    ("workforce", "census"),
]
"""Every file of every domain."""


@dataclass(frozen=True)
class Given:
    """Files of a domain, files of the same names with other contents, and where data made with the former lies."""

    kind: Kind
    files: dict[str, Path]
    others: dict[str, Path]
    data: Path

    def generate(self, out: Path, files: Mapping[str, Path]) -> list[str]:
        """Return the words that make the data."""
        return ["generate", *self.words(files), "--workers", "1", "--quiet", "--out", str(out)]

    def words(self, files: Mapping[str, Path]) -> list[str]:
        """Return the words that ask for the data with some files."""
        return [self.kind.domain, *self.kind.flags, "--seed", "5", *named(files)]


def named(files: Mapping[str, Path]) -> list[str]:
    """Return the flags that give files to any command."""
    return [word for name, path in files.items() for word in ("--catalog", f"{name}={path}")]


def without(files: Mapping[str, Path], name: str) -> dict[str, Path]:
    """Return all files but one."""
    return {each: path for each, path in files.items() if each != name}


def written(kind: Kind, folder: Path) -> Given:
    """Write the files of a domain with two contents."""
    places = [folder / "these", folder / "those"]
    for place in places:
        place.mkdir()
    files, others = (kind.write(place, number) for number, place in enumerate(places, 1))
    return Given(kind, files, others, folder / "data")
