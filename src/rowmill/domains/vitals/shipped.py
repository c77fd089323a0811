"""Models that need no file: the one that ships with the package, the one that rules declare, and which a spec uses."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.model import MODEL_VERSION, Kernel, Matrix, VitalsModel
from rowmill.domains.vitals.settings import Visit
from rowmill.domains.vitals.spec import DEFAULT_EFFECT, VitalsSpec
from rowmill.model.spec import validate

DECLARED = "declared by rules"
"""Source of a model that rules declare."""
_NUMBERS = re.compile(r'\[\n\s+([^\[\]{}"]+?)\n\s*\]')
"""A list of numbers over several lines."""


def shipped_model() -> VitalsModel:
    """Return the model fitted to the CDISC pilot study: aggregates only."""
    text = files("rowmill.domains.vitals").joinpath("pilot_model.json").read_text(encoding="utf-8")
    return validate(VitalsModel, json.loads(text), "model")


def read_model(text: str, where: str) -> VitalsModel:
    """Return a model from JSON.

    Raises:
        SpecError: if the text is no model of this version, or a covariance is not positive definite.
    """
    try:
        data: Any = json.loads(text)
    except ValueError as error:
        raise SpecError(f"{where}: is not JSON ({error}); write one with 'rowmill fit vitals'") from None
    if not isinstance(data, dict):
        raise SpecError(f"{where}: holds a {type(data).__name__}; a model is a JSON object")
    if data.get("version") != MODEL_VERSION:
        raise SpecError(
            f"{where}: model of version {data.get('version')!r}; known is {MODEL_VERSION}: fit it with this rowmill"
        )
    try:
        return validate(VitalsModel, data, where)
    except SpecError as error:
        told = str(error)
        raise SpecError(told if told.startswith(where) else f"{where}: {told}") from None


def model_text(model: VitalsModel) -> str:
    """Return a model as JSON that people can read: one line a list of numbers."""
    text = json.dumps(model.model_dump(mode="json"), indent=1, ensure_ascii=False)
    return _NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text) + "\n"


def resolved(spec: VitalsSpec) -> VitalsSpec:
    """Return a spec with the model that its method uses, so that the fingerprint covers every number.

    Raises:
        SpecError: if the method needs a model that is not there or does not fit arms and visits.
    """
    if spec.method == "llm" and spec.model is None:
        raise SpecError("method llm: no parameters yet; ask an endpoint with --endpoint, or give --model FILE")
    if spec.method == "rules" and spec.model is not None and spec.model.source != DECLARED:
        raise SpecError(
            "data.model: method rules declares its own parameters, in data.rules; leave the model out, or use mvn"
        )
    own = spec.model if spec.method != "rules" else None
    named = spec if own is None else _as_in(spec, own)
    model = own or (declared(spec) if spec.method == "rules" else shipped_model())
    for name in (visit.name for visit in named.visits):
        if name not in model.visits:
            raise SpecError(f"data.visits: got {name!r}; the model knows {', '.join(model.visits)}")
    for arm in named.arms:
        if arm not in model.arms:
            raise SpecError(f"data.arms: got {arm!r}; the model knows {', '.join(model.arms)}")
    effect = DEFAULT_EFFECT if spec.target_effect is None and own is None else spec.target_effect
    realism = spec.realism.resolved(own, named.arms, [visit.name for visit in named.visits])
    # Arms and visits count as named from here on: a spec that is handed on whole does not take the model's again.
    whole = {"arms": named.arms, "visits": named.visits, "model": model, "target_effect": effect, "realism": realism}
    return named.model_copy(update=whole)


def _as_in(spec: VitalsSpec, model: VitalsModel) -> VitalsSpec:
    """Return a spec with the arms and visits of a model, where it does not name its own."""
    visits = tuple(
        Visit(name=name, day=day, dosed=dosed)
        for name, day, dosed in zip(model.visits, model.visit_days, model.dosed, strict=True)
    )
    of_model = {"arms": model.arms, "visits": visits}
    unnamed = {key: value for key, value in of_model.items() if key not in spec.model_fields_set}
    return spec.model_copy(update=unnamed)


def declared(spec: VitalsSpec) -> VitalsModel:
    """Return the model that the spec's rules declare: one trend for all arms, the effect comes on top.

    Readers round as those of the shipped model do, where digit preference is on.
    """
    rules, visits = spec.rules, spec.visits
    last = max(visit.day for visit in visits)
    means = {
        visit.name: tuple(
            base + slope * max(0, visit.day - 1) / max(1, last - 1)
            for base, slope in zip(rules.baseline, rules.trend, strict=True)
        )
        for visit in visits
    }
    return VitalsModel.model_validate(
        {
            "source": DECLARED,
            "arms": spec.arms,
            "visits": tuple(visit.name for visit in visits),
            "visit_days": tuple(visit.day for visit in visits),
            "dosed": tuple(visit.dosed for visit in visits),
            "means": dict.fromkeys(spec.arms, means),
            "between": _covariance(rules.sd, rules.icc, rules.pressure_correlation),
            "within": _covariance(rules.sd, 1 - rules.icc, rules.pressure_correlation),
            "kernel": Kernel(slow=0.0),
            "digits": shipped_model().digits,
        }
    )


def _covariance(sd: tuple[float, ...], share: float, correlation: float) -> Matrix:
    rows = []
    for i in range(4):
        row = []
        for j in range(4):
            r = 1.0 if i == j else correlation if {i, j} == {0, 1} else 0.0
            row.append(r * sd[i] * sd[j] * share)
        rows.append(tuple(row))
    return tuple(rows)  # type: ignore[return-value]
