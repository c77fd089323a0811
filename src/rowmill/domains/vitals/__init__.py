"""Vitals: clinical-trial vital signs by subject, visit and arm.

A reader's path: ``spec`` (what can be asked) → ``model`` (the parameters) → ``plan`` (the resolved trial) →
``trajectories`` (values by method) → ``block`` (one block of subjects, rounded, limited) → ``tables`` → ``sdtm``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rowmill.core.errors import SpecError, UsageError
from rowmill.domains.vitals.pilots import synthetic
from rowmill.domains.vitals.plan import Trial
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.domains.vitals.tables import SDTM_TABLES, WIDE_TABLES, Blocks, VitalsTable
from rowmill.model.dataset import Calendar, Dataset
from rowmill.model.spec import Spec

DATA_VERSION = "1"


@dataclass(frozen=True, slots=True)
class Vitals:
    """The vitals domain."""

    name: str = "vitals"
    data_version: str = DATA_VERSION
    spec_type: type[VitalsSpec] = VitalsSpec

    def build(self, spec: Spec, own_files: Mapping[str, str] = MappingProxyType({})) -> Dataset:
        """Return the dataset of a seeded spec, without making a row.

        Args:
            spec: what to make.
            own_files: paths of the user's own files by name; none takes the place of a table of this domain.

        Raises:
            SpecError: if the spec cannot be met.
            UsageError: if a file is given.
        """
        for name in own_files:
            raise UsageError(f"catalog {name!r}: no table of vitals can be replaced; leave it out")
        if not isinstance(spec, VitalsSpec):
            raise SpecError(f"vitals: got a {type(spec).__name__}; give a VitalsSpec")
        spec = spec.resolved()
        trial = Trial(spec)
        donors = synthetic(trial) if spec.method == "bootstrap" else None
        blocks = Blocks(trial, donors)
        tables = {name: VitalsTable(blocks, name) for name in (*WIDE_TABLES, *SDTM_TABLES)}
        return Dataset(
            self.name,
            DATA_VERSION,
            spec,
            tables,
            "vitals",
            Calendar(spec.start, 1),
            spec.subjects * len(spec.visits),
            default_tables=WIDE_TABLES,
        )


DOMAIN = Vitals()
