"""The job: what every part of a run shares, plain data that a worker on any machine can build the dataset from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rowmill.domains.registry import domain
from rowmill.model.dataset import Dataset
from rowmill.model.engine import MakesBeforehand
from rowmill.run.naming import Names
from rowmill.sinks.base import Stage
from rowmill.sinks.layout import Layout


@dataclass(frozen=True, slots=True)
class Job:
    """What every part of a run shares: all that a worker on any machine needs. Plain data."""

    domain: str
    spec: Mapping[str, Any]
    data_version: str
    fingerprint: str
    location: str
    stage: Stage
    columns: tuple[str, ...] | None
    """Columns of the main table; None for all."""
    layout: Layout
    names: Names
    batch_size: int = 65_536
    """Most rows handed to an encoder at once, on this machine."""
    own_files: Mapping[str, str] = field(default_factory=dict)
    """Paths of the user's own files by name, on this machine."""
    made: str | None = None
    """Where an engine made the rows before, on this machine."""

    def dataset(self) -> Dataset:
        """Build the dataset that the job is about."""
        family = domain(self.domain)
        built = family.build(family.spec_type.model_validate(self.spec), self.own_files)
        if self.made is None or not isinstance(family, MakesBeforehand):
            return built
        return family.with_rows(built, self.made)
