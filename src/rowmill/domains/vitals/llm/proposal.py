"""From a spec without parameters to one with them: what a language model proposes, and what it took."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence

from rowmill.core.errors import UsageError
from rowmill.domains.vitals.fit.settings import PilotReading
from rowmill.domains.vitals.llm import blueprint, rows
from rowmill.domains.vitals.llm.examples import example_rows
from rowmill.domains.vitals.llm.prompt import design_of, parameters_messages
from rowmill.domains.vitals.pilots import DEMOGRAPHICS, PILOT
from rowmill.domains.vitals.shipped import declared
from rowmill.domains.vitals.spec import DEFAULT_EFFECT, VitalsSpec
from rowmill.llm.asking import Asker
from rowmill.llm.budget import Budget
from rowmill.llm.cache import open_cache
from rowmill.llm.client import BASE_ADDRESS, Client, completions_url, read_key
from rowmill.llm.completing import Completed
from rowmill.llm.request import Question
from rowmill.llm.settings import LlmSettings
from rowmill.model.inputs import Inputs

_ROOM_TOKENS, _MEANS_TOKENS = 1024, 48


def completed(spec: VitalsSpec, settings: LlmSettings, inputs: Inputs, *, dry: bool) -> Completed:
    """Return a spec with the model that a language model proposes, or with a stand-in for an estimate.

    A pilot is read only where its rows may be sent; then it has served.
    """
    if PILOT in inputs and not settings.allow_real_rows:
        raise UsageError(
            "--pilot: method llm sends no real rows; give --allow-real-rows to send some as examples, or leave it out"
        )
    if dry:
        stand_in = {"model": declared(spec), "pilot": PilotReading()}
        return Completed(spec.model_copy(update=stand_in), {}, _planned(settings))
    examples = example_rows(inputs, spec) if PILOT in inputs else []
    made, note = propose(spec.model_copy(update={"pilot": PilotReading()}), settings, os.environ, examples)
    return Completed(made, {name: file for name, file in inputs.items() if name not in (PILOT, DEMOGRAPHICS)}, note)


def propose(
    spec: VitalsSpec, settings: LlmSettings, environment: Mapping[str, str], examples: Sequence[str] = ()
) -> tuple[VitalsSpec, str]:
    """Return a spec with the model that a language model proposes, and a line on what asking took.

    Args:
        spec: what is simulated.
        settings: where and what to ask, and the most that it may take.
        environment: where the key is looked up.
        examples: rows of a pilot, as text, that the user allows to be sent.

    Raises:
        UsageError: if endpoint, model or key is missing or refused, or what is asked for is too much for one answer.
        EndpointError: if there is no usable answer within the caps.
    """
    if settings.endpoint is None:
        raise UsageError(f"method llm: no --endpoint; give {BASE_ADDRESS}, or parameters with --model FILE")
    url = completions_url(settings.endpoint)
    if settings.model is None:
        raise UsageError("method llm: no --llm-model; give the name of a model that the endpoint knows")
    key = read_key(environment)
    effect = DEFAULT_EFFECT if spec.target_effect is None else spec.target_effect
    spec = spec.model_copy(update={"target_effect": effect})
    asker = Asker(Client(url, key), settings.model, Budget(settings), open_cache(settings.cache))
    design = design_of(spec, settings.prompt, examples)
    made = (_with_parameters if settings.mode == "parameters" else _with_rows)(spec, settings, asker, design)
    return made, _told(settings, asker)


def _planned(settings: LlmSettings) -> str:
    """Return what a run may take at most, in one line."""
    cost = "" if settings.max_cost is None else f", cost {settings.max_cost:g}"
    return (
        f"{settings.mode} by {settings.model}: not asked; a run may take {settings.max_requests} requests, "
        f"{settings.max_tokens:,} tokens{cost} and {settings.max_seconds:g} s at most"
    )


def _with_parameters(spec: VitalsSpec, settings: LlmSettings, asker: Asker, design: str) -> VitalsSpec:
    means = len(spec.arms) * len(spec.visits)
    if means > blueprint.MAX_MEANS:
        raise UsageError(f"method llm: {means} visits over all arms; one answer holds {blueprint.MAX_MEANS}, use fewer")
    schema = blueprint.blueprint_schema(spec)
    room = _ROOM_TOKENS + _MEANS_TOKENS * means
    question = Question(parameters_messages(design, schema), schema, room, temperature=0.0)
    found = asker.ask(question, lambda text: blueprint.read_blueprint(text, spec))
    source = f"parameters proposed by the language model {settings.model}, {_of(asker)}"
    return spec.model_copy(update={"model": blueprint.model_of(found, spec, source)})


def _with_rows(spec: VitalsSpec, settings: LlmSettings, asker: Asker, design: str) -> VitalsSpec:
    wanted = rows.wanted_rows(spec, settings.rows, settings.max_requests)
    subjects = rows.ask_for_subjects(asker, spec, wanted, design)
    number = wanted.each * len(spec.arms)
    source = f"{number} subjects invented by the language model {settings.model}, {_of(asker)}, and resampled"
    return spec.model_copy(update={"model": rows.model_of(subjects, spec, source), "prototypes": subjects})


def _of(asker: Asker) -> str:
    """Return what names the questions that were answered."""
    return f"question {hashlib.sha256(' '.join(asker.asked).encode()).hexdigest()[:16]}"


def _told(settings: LlmSettings, asker: Asker) -> str:
    """Return what asking took, in one line."""
    budget, what = asker.budget, f"{settings.mode} by {settings.model}"
    if budget.requests == 0:
        return f"{what}: known answers, nothing was sent"
    cost = "" if settings.price_output is None and settings.price_input is None else f", cost {budget.cost:.6g}"
    requests = f"{budget.requests} request{'' if budget.requests == 1 else 's'}"
    return f"{what}: {requests}, {budget.gone.total:,} tokens{cost}"
