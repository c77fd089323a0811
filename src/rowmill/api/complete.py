"""The step before a dataset is built: a spec that lacks what only a language model can say gets it here."""

from __future__ import annotations

from rowmill.llm.completing import Completed, Completes
from rowmill.llm.settings import LlmSettings
from rowmill.model.dataset import Domain
from rowmill.model.inputs import Inputs
from rowmill.model.spec import Spec


def complete(domain: Domain, spec: Spec, llm: LlmSettings, inputs: Inputs, *, dry: bool = False) -> Completed:
    """Return the whole spec: as it is, unless its domain has to ask first.

    Raises:
        UsageError: if what is needed for asking is missing or refused.
        EndpointError: if there is no usable answer.
    """
    return domain.complete(spec, llm, inputs, dry=dry) if isinstance(domain, Completes) else Completed(spec, inputs)
