"""Models that need no file: the one that ships with the package, and the one that rules declare."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.model import MODEL_VERSION, Kernel, Matrix, VitalsModel
from rowmill.model.spec import validate

if TYPE_CHECKING:
    from rowmill.domains.vitals.spec import VitalsSpec

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
