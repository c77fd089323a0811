"""What is written: a little dataset of each domain that ships, of several tables, the main one of three parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from rowmill.domains.registry import domain
from rowmill.model.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Subject:
    """One of them."""

    domain: str
    fields: Mapping[str, Any]
    settings: Mapping[str, Any]
    """Of its runs."""
    partition: str | None
    """A level of folders that its windows fit into."""

    @property
    def dataset(self) -> Dataset:
        """Return it."""
        return _built(self.domain, 7)

    @property
    def other(self) -> Dataset:
        """Return the same of another seed."""
        return _built(self.domain, 8)

    @property
    def windows(self) -> int:
        """Return how many slices there may be side by side."""
        return self.dataset.calendar.count or 1


@cache
def _built(name: str, seed: int) -> Dataset:
    found = domain(name)
    return found.build(found.spec_type.model_validate({**SUBJECTS[name].fields, "seed": seed}))


_DAYS = {"start": "2025-11-28", "end": "2025-11-30"}
SUBJECTS = {
    subject.domain: subject
    for subject in (
        Subject(
            "payments", {**_DAYS, "rows": 90, "sizes": {"customers": 20, "merchants": 30}}, {"part_rows": 30}, "day"
        ),
        Subject("vitals", {"subjects_per_arm": 10}, {"tables": ("vitals", "subjects", "dm")}, None),
        Subject("workforce", {"start": 2025, "end": 2027, "employees": 20}, {"part_rows": 20}, "year"),
    )
}
