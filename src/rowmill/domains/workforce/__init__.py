"""Workforce: what happens to employees and their place in a retirement plan, year after year.

A reader's path: ``docs/workforce-rules.md`` (what both engines follow) → ``spec`` (what can be asked) → ``parameters``
(the same as integers) → ``simulation`` (blocks fold over years) → ``year`` (one block through one year) → ``events``
and ``snapshots`` (what is written of it) → ``tables``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from rowmill.core.errors import SpecError
from rowmill.domains.workforce.aims import aims
from rowmill.domains.workforce.bounds import check_exits, check_pay
from rowmill.domains.workforce.census.arrays import Census
from rowmill.domains.workforce.census.source import census_of
from rowmill.domains.workforce.documents import generation_summary
from rowmill.domains.workforce.parameters.integers import Parameters
from rowmill.domains.workforce.parameters.presets import PRESETS
from rowmill.domains.workforce.parameters.statutory import last_year
from rowmill.domains.workforce.parameters.writing import parameters_of
from rowmill.domains.workforce.rules import RULES
from rowmill.domains.workforce.simulation import Simulation, Staff
from rowmill.domains.workforce.spec import WorkforceSpec
from rowmill.domains.workforce.sql.dbt import DATABASE, require_place
from rowmill.domains.workforce.sql.finding import python_with_dbt
from rowmill.domains.workforce.sql.models import COMMANDS, copy_models, run_models
from rowmill.domains.workforce.tables import Company, tables_of
from rowmill.domains.workforce.unused import unused
from rowmill.model.aims import Aim
from rowmill.model.calendar import YEAR, PartitionLevel, Years
from rowmill.model.dataset import Dataset, FileDefaults, Outcome
from rowmill.model.engine import MadeBeforehand, ModelResults, ModelRun, Workplace, WrittenTables
from rowmill.model.inputs import NO_INPUTS, Inputs
from rowmill.model.rules import LinkRule, Rule
from rowmill.model.spec import Spec

DATA_VERSION = "3"
SIMULATION_YEAR = PartitionLevel("simulation_year", "year", column=True)
FILES = FileDefaults(name="{table}_{date}{_part}", compression="zstd", partition_by=SIMULATION_YEAR.name)


@dataclass(frozen=True, slots=True)
class Workforce:
    """The workforce domain."""

    name: str = "workforce"
    data_version: str = DATA_VERSION
    spec_type: type[WorkforceSpec] = WorkforceSpec

    def aims(self, spec: Spec) -> tuple[Aim, ...]:
        """Return the numbers that a spec asks for."""
        return aims(spec) if isinstance(spec, WorkforceSpec) else ()

    @property
    def rules(self) -> Mapping[str, tuple[Rule | LinkRule, ...]]:
        """Return what the rows keep beside their schemas."""
        return RULES

    def build(self, spec: Spec, inputs: Inputs = NO_INPUTS) -> Dataset:
        """Return the dataset of a seeded spec, without making a row.

        Args:
            spec: what to make.
            inputs: a file of people, by the name ``census``.

        Raises:
            SpecError: if the spec cannot be met.
            UsageError: if the census cannot be used, or is another than the spec was made with.
        """
        if not isinstance(spec, WorkforceSpec):
            raise SpecError(f"workforce: got a {type(spec).__name__}; give a WorkforceSpec")
        spec, census = census_of(spec, inputs)
        company = company_of(spec, census)
        calendar = Years(spec.start, spec.years, levels=(SIMULATION_YEAR, YEAR))
        return Dataset(
            self.name,
            DATA_VERSION,
            spec,
            tables_of(company),
            "events",
            calendar,
            None,
            inputs,
            files=FILES,
            notes=(*_notes(spec), *census.told.notes),
            unused=unused(spec, census, company.scenarios[0].counts),
        )

    @property
    def presets(self) -> Mapping[str, Mapping[str, object]]:
        """Return named groups of settings."""
        return PRESETS

    def documents(self, outcome: Outcome) -> Mapping[str, Mapping[str, Any]]:
        """Return the summary of a run that lies beside its events."""
        return generation_summary(outcome)

    @property
    def other_engines(self) -> tuple[str, ...]:
        """Return the engines besides the tables themselves: dbt on DuckDB."""
        return ("sql",)

    def require(self, engine: str) -> None:  # noqa: ARG002 - there is one
        """Refuse SQL where dbt is not installed, or temporary files lie where it cannot work; UsageError says why."""
        python_with_dbt()
        require_place(Path(gettempdir()))

    def make_beforehand(
        self,
        dataset: Dataset,
        engine: str,  # noqa: ARG002 - there is one
        windows: range,
        place: Workplace,
    ) -> MadeBeforehand:
        """Make the rows of some years with dbt, in a database."""
        from rowmill.domains.workforce.sql.engine import make_rows

        return make_rows(dataset, windows, place)

    def with_rows(self, dataset: Dataset, location: str) -> Dataset:
        """Return the dataset with tables that read from such a database."""
        from rowmill.domains.workforce.sql.engine import with_rows

        return with_rows(dataset, location)

    @property
    def model_database(self) -> str:
        """Return the name of the database of the models where no other is asked for."""
        return DATABASE

    @property
    def model_commands(self) -> Mapping[str, str]:
        """Return what can be done with the dbt models over the files of a run."""
        return COMMANDS

    def run_models(self, written: WrittenTables, asked: ModelRun) -> ModelResults:
        """Build the dbt models over the files of a run, and run their tests."""
        return run_models(written, asked)

    def copy_models(self, written: WrittenTables, folder: Path) -> None:
        """Copy the dbt project out, its variables naming the files of a run."""
        copy_models(written, folder)


def _notes(spec: WorkforceSpec) -> tuple[str, ...]:
    carried = spec.carried_limits
    if not carried:
        return ()
    known, years = last_year(), str(carried[0]) if len(carried) == 1 else f"{carried[0]} to {carried[-1]}"
    return (f"limits of {years}: not published; those of {known} stand in for them, unless data.limits sets others",)


def company_of(spec: WorkforceSpec, census: Census) -> Company:
    """Return the scenarios of a spec with its census.

    Raises:
        SpecError: if two scenarios have the same tag in event ids, a year needs too many hires, or numbers could
            exceed 63 bits.
    """
    written = [parameters_of(spec, scenario, len(census)) for scenario in spec.scenarios]
    _check_tags(written)
    departments = tuple(dict.fromkeys((*written[0].department_names, *census.departments)))
    staff = Staff(census, written[0].run.blocks, departments)
    company = Company(tuple(Simulation(parameters, staff, spec.growth.most_hires) for parameters in written))
    for simulation in company.scenarios:
        check_pay(simulation.parameters, int(census.pay_cents.max(initial=0)))
        check_exits(simulation.parameters, simulation.counts)
    return company


def _check_tags(written: list[Parameters]) -> None:
    seen: dict[int, str] = {}
    for run in (parameters.run for parameters in written):
        if run.tag in seen:
            raise SpecError(
                f"data.scenarios: {seen[run.tag]!r} and {run.scenario_id!r} would share event ids; rename one of them"
            )
        seen[run.tag] = run.scenario_id


DOMAIN = Workforce()
