"""Domains that ask a language model for what a spec lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from rowmill.llm.settings import LlmSettings
from rowmill.model.inputs import Inputs
from rowmill.model.spec import Spec


@dataclass(frozen=True, slots=True)
class Completed:
    """A spec that says everything a dataset is made from."""

    spec: Spec
    inputs: Inputs
    """The user's files that are still to be read."""
    note: str | None = None
    """What to tell the user about where the rest of the spec comes from."""


@runtime_checkable
class Completes(Protocol):
    """A domain of which some specs lack what only a language model can say."""

    def complete(self, spec: Spec, llm: LlmSettings, inputs: Inputs, *, dry: bool) -> Completed:
        """Return the whole spec; one that lacks nothing as it is.

        Args:
            spec: what is asked for.
            llm: where and what to ask, and the most that it may take.
            inputs: the user's files.
            dry: whether to ask nothing and take a stand-in instead, to estimate a run.

        Raises:
            UsageError: if what is needed for asking is missing or refused.
            EndpointError: if there is no usable answer.
        """
