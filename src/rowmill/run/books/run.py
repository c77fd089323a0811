"""A planned run: everything that another machine, or a later attempt, needs to go on with it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any

from xxhash import xxh3_64_hexdigest

from rowmill.plan import Plan
from rowmill.run.books.forms import FORM
from rowmill.run.books.records import Entry, Identity, shallow
from rowmill.run.books.stored_run import read_run
from rowmill.run.making.job import Job
from rowmill.run.naming import Names
from rowmill.sinks.base import Stage


@dataclass(frozen=True, slots=True)
class Run:
    """A slice to be written, its parts, and how its files look."""

    label: str
    windows: tuple[int, int]
    dates: tuple[str, str]
    job: Job
    plan: Plan
    overwrite: bool
    """Whether it replaces what stands in its way."""
    schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The schema of each table, as ``Schema.to_json`` returns it."""

    def to_json(self) -> dict[str, Any]:
        """Return plain data from which ``from_json`` makes an equal run, wherever the destination lies."""
        return {**self._facts(), "run": self.stage.run, "overwrite": self.overwrite, "schemas": self.schemas}

    def _facts(self) -> dict[str, Any]:
        own = {key: getattr(self, key) for key in ("label", "windows", "dates")}
        looks = {"layout": shallow(self.job.layout), "names": shallow(self.job.names)}
        return {"form": FORM, **own, **looks, "identity": self.identity.to_json(), "parts": self.plan.to_json()}

    @property
    def identity(self) -> Identity:
        """Return what it shares with the slices that it may stand beside."""
        return self.job.identity

    @property
    def stage(self) -> Stage:
        """Return where its files wait."""
        return self.job.stage

    def named(self) -> Run:
        """Return the run under its name, which tells it from every run of other rows, slices, parts or files."""
        name = xxh3_64_hexdigest(json.dumps(self._facts(), sort_keys=True).encode())
        return replace(self, job=replace(self.job, stage=Stage(self.label, name)))

    @classmethod
    def from_json(cls, data: bytes, location: str, label: str) -> Run:
        """Read what ``to_json`` made of the run of a slice, as JSON.

        Raises:
            BadForm: if it was written by a later version, or changed since.
        """
        read = read_run(data, label)
        job = Job(read.identity, location, Stage(label), read.layout, Names(**shallow(read.names)))
        plan = Plan.from_json([shallow(part) for part in read.parts])
        return cls(read.label, read.windows, read.dates, job, plan, read.overwrite, read.schemas).named()


def plan_name(label: str, run: str) -> str:
    """Return the name of the document that holds the plan of a run."""
    return f"{label}/plan-{run}.json"


def same_slice(one: Run | Entry, other: Run | Entry) -> bool:
    """Return whether two are the same rows, in whatever files."""
    return one.identity == other.identity and one.label == other.label and one.windows == other.windows
