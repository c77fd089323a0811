"""Vitals: clinical-trial vital signs by subject, visit and arm.

A reader's path: ``spec`` (what can be asked) → ``model`` (the parameters) → ``plan`` (the resolved trial) →
``trajectories`` (values by method) → ``block`` (one block of subjects, rounded, limited) → ``tables`` → ``sdtm``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.aims import aims
from rowmill.domains.vitals.fit.settings import PilotFit
from rowmill.domains.vitals.pilots import DEMOGRAPHICS, PILOT, SYNTHETIC, with_pilot
from rowmill.domains.vitals.plan import Trial
from rowmill.domains.vitals.prototypes import donors_of
from rowmill.domains.vitals.rules import RULES
from rowmill.domains.vitals.settings import PRESETS
from rowmill.domains.vitals.shipped import model_text
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.domains.vitals.tables import DEFAULT_TABLES, KeptBlocks, tables_of
from rowmill.domains.vitals.unused import unused
from rowmill.llm.completing import Completed
from rowmill.llm.settings import LlmSettings
from rowmill.model.aims import Aim
from rowmill.model.calendar import Days
from rowmill.model.dataset import Dataset
from rowmill.model.fitting import Fitted, Report
from rowmill.model.inputs import NO_INPUTS, Inputs
from rowmill.model.rules import LinkRule, Rule
from rowmill.model.spec import Section, Spec

DATA_VERSION = "4"
NO_PILOT = "bootstrap: no pilot given; subjects come from a synthetic pilot made from the model, not from data"


@dataclass(frozen=True, slots=True)
class Vitals:
    """The vitals domain."""

    name: str = "vitals"
    data_version: str = DATA_VERSION
    spec_type: type[VitalsSpec] = VitalsSpec

    def aims(self, spec: Spec) -> tuple[Aim, ...]:
        """Return the numbers that a spec asks for."""
        return aims(spec) if isinstance(spec, VitalsSpec) else ()

    @property
    def rules(self) -> Mapping[str, tuple[Rule | LinkRule, ...]]:
        """Return what the rows keep beside their schemas."""
        return RULES

    def build(self, spec: Spec, inputs: Inputs = NO_INPUTS) -> Dataset:
        """Return the dataset of a seeded spec, without making a row.

        Args:
            spec: what to make.
            inputs: a pilot and its demographics, by these names: the model is fitted to them, or the bootstrap
                draws its subjects from them.

        Raises:
            SpecError: if the spec cannot be met.
            UsageError: if a file cannot be used, or is another than the spec was made with.
        """
        if not isinstance(spec, VitalsSpec):
            raise SpecError(f"vitals: got a {type(spec).__name__}; give a VitalsSpec")
        spec, donors, told = with_pilot(spec, inputs)
        trial = Trial(spec)
        kept = KeptBlocks(trial, donors_of(trial) if spec.prototypes else donors)
        return Dataset(
            self.name,
            DATA_VERSION,
            spec,
            tables_of(kept),
            "vitals",
            Days(spec.start, 1),
            spec.subjects * len(spec.visits),
            inputs,
            default_tables=DEFAULT_TABLES,
            notes=(NO_PILOT,) if spec.inputs.get(PILOT) == SYNTHETIC else told,
            unused=unused(spec),
        )

    @property
    def presets(self) -> Mapping[str, Mapping[str, object]]:
        """Return named groups of settings."""
        return PRESETS

    def complete(self, spec: Spec, llm: LlmSettings, inputs: Inputs, *, dry: bool) -> Completed:
        """Return a spec of the method llm with the model that a language model proposes; any other as it is.

        Raises:
            UsageError: if endpoint, model or key is missing or refused, or a pilot is given that may not be sent.
            EndpointError: if there is no usable answer within the caps.
        """
        if not isinstance(spec, VitalsSpec) or spec.method != "llm" or spec.model is not None:
            return Completed(spec, inputs)
        from rowmill.domains.vitals.llm.proposal import completed

        return completed(spec, llm, inputs, dry=dry)

    @property
    def fit_type(self) -> type[Section]:
        """Return the model of what a fit is asked for."""
        return PilotFit

    @property
    def fit_inputs(self) -> tuple[str, ...]:
        """Return the fields of it that are paths of files."""
        return PILOT, DEMOGRAPHICS

    def fit(self, asked: Section) -> Fitted:
        """Return a model fitted to a pilot.

        Raises:
            UsageError: if a file cannot be read.
            SpecError: if it cannot be used.
        """
        if not isinstance(asked, PilotFit):
            raise SpecError(f"vitals: got a {type(asked).__name__}; give a PilotFit")
        from rowmill.domains.vitals.fit.fitting import fit
        from rowmill.domains.vitals.fit.report import facts, lines

        found = fit(asked.pilot, asked.demographics, asked.reading, asked.source)
        return Fitted(found.model, model_text(found.model), Report(facts(found), "\n".join(lines(found))))


DOMAIN = Vitals()
