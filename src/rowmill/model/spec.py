"""Specs: the validated, frozen description of a dataset. No path, clock, worker or secret ever enters one."""

from __future__ import annotations

import difflib
import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Self, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from rowmill.core.errors import SpecError

MAX_SEED = (1 << 63) - 1
_LONGEST_WHOLE = 10**15
"""Whole numbers below this are shown with all their digits, however they were written."""


class Section(BaseModel):
    """A frozen group of settings; unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True, validate_default=True
    )

    @field_validator("*", mode="after")
    @classmethod
    def _in_order_of_keys(cls, value: Any) -> Any:
        """Sort the keys of a mapping: a fingerprint does not see their order, so no value may depend on it."""
        return dict(sorted(value.items())) if isinstance(value, dict) else value


class Spec(Section):
    """What every domain's spec shares. A domain adds its own fields and says how many rows of what they ask for."""

    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)
    """Seed of every random value, 0 … 2⁶³ − 1; drawn once, shown and stored when it is not set."""

    def seeded(self) -> Self:
        """Return this spec with a seed: its own, or a fresh one from the operating system."""
        return self if self.seed is not None else self.model_copy(update={"seed": secrets.randbits(31)})

    def canonical(self) -> str:
        """Return the spec as one line of JSON with sorted keys; equal specs give equal text."""
        return _canonical(self.model_dump(mode="json"))

    def fingerprint(self, domain: str, data_version: str) -> str:
        """Return 32 hexadecimal digits that name the dataset: domain, data version, and every field with the seed."""
        return fingerprint(domain, data_version, self.model_dump(mode="json"))


def fingerprint(domain: str, data_version: str, spec: Mapping[str, Any]) -> str:
    """Return the fingerprint of a spec that is plain data, as one that was stored is."""
    return hashlib.sha256(f"{domain}\n{data_version}\n{_canonical(spec)}".encode()).hexdigest()[:32]


def _canonical(spec: Mapping[str, Any]) -> str:
    return json.dumps(spec, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


S = TypeVar("S", bound=Section)


def validate(section: type[S], values: Mapping[str, Any], where: str) -> S:
    """Build a section from plain data.

    Raises:
        SpecError: naming the key as ``where.key``, the value received, the rule, and for an unknown key the nearest
            known one.
    """
    try:
        return section.model_validate(dict(values))
    except ValidationError as error:
        raise SpecError("\n".join(_explain(section, where, problem) for problem in error.errors()[:3])) from None


def _explain(section: type[Section], where: str, problem: Mapping[str, Any]) -> str:
    path = [str(step) for step in problem["loc"]]
    name = ".".join([where, *path])
    if problem["type"] == "extra_forbidden":
        known = _keys_at(section, path[:-1])
        return f"{name}: unknown key; {nearest(path[-1], known)}"
    message = str(problem["msg"]).removeprefix("Value error, ")
    if problem["type"] == "value_error" and not path:
        return message
    received = problem.get("input")
    if isinstance(received, float) and received.is_integer() and abs(received) < _LONGEST_WHOLE:
        received = int(received)
    return f"{name}: got {received!r}; {message[:1].lower()}{message[1:]}"


def _keys_at(section: type[Section], path: list[str]) -> list[str]:
    """Return the keys of the section that a path leads to, through tables of sections too; none if it leads nowhere."""
    current: Any = section
    for step in path:
        if _is_section(current):
            info = current.model_fields.get(step)
            current = info.annotation if info else None
        else:
            current = get_args(current)[1] if get_origin(current) is dict else None
    return list(current.model_fields) if _is_section(current) else []


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Section)


def nearest(received: str, known: Iterable[str]) -> str:
    """Return a hint for a name that is not known: the nearest known one, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(received, names, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(names) or 'none'}"
