"""Specs: the validated, frozen description of a dataset. No path, clock, worker or secret ever enters one."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Self, TypeVar, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    field_validator,
)

from rowmill.core.errors import SpecError
from rowmill.core.units import parse_day
from rowmill.model.mistakes import Misfit, explain, in_lines, inner_kinds, nearest

__all__ = ["LEAST_WEIGHT", "MAX_SEED", "Misfit", "Section", "Spec", "Weight", "nearest", "plain_day", "validate"]

MAX_SEED = (1 << 63) - 1
LEAST_WEIGHT = 1e-9


def _no_dust(weight: float) -> float:
    if 0 < weight < LEAST_WEIGHT:
        raise ValueError(f"a weight is 0, or {LEAST_WEIGHT:g} or more")
    return weight


Weight = Annotated[float, Field(ge=0, le=1_000_000_000), AfterValidator(_no_dust)]
"""A relative number: what counts is its share of the sum. Sums and quotients of weights stay finite."""


class Section(BaseModel):
    """A frozen group of settings; unknown keys are refused."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True, validate_default=True
    )

    elsewhere: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Keys that users look for here, or give a file for, each with what to do instead; messages say it."""

    @field_validator("*", mode="wrap")
    @classmethod
    def _as_it_was_meant(cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        """Refuse what only looks like the kind declared, and sort the keys of a mapping.

        A fingerprint does not see the order of keys, so no value may depend on it.
        """
        field = cls.model_fields.get(info.field_name or "")
        if field is not None:
            _refuse_lookalikes(field.annotation, value, ())
        found = handler(value)
        if not isinstance(found, dict):
            return found
        if isinstance(value, Mapping) and len(found) < len(value):
            raise Misfit((), f"got keys {', '.join(map(repr, value))}; two of them are the same number")
        return dict(sorted(found.items()))


def _refuse_lookalikes(kind: Any, value: Any, path: tuple[str, ...]) -> None:
    """Refuse truth values given for numbers, and numbers given for dates, anywhere in a table or list."""
    for choice in inner_kinds(kind):
        if choice in (int, float) and isinstance(value, bool):
            raise Misfit(path, f"got {str(value).lower()}; a number is needed")
        if choice is dt.date:
            try:
                plain_day(value)
            except ValueError as error:
                raise Misfit(path, f"got {value!r}; {error}") from None
        if get_origin(choice) is dict and isinstance(value, Mapping):
            for key, item in value.items():
                _refuse_lookalikes(get_args(choice)[1], item, (*path, str(key)))
        if get_origin(choice) is tuple and isinstance(value, list | tuple):
            kinds = get_args(choice)
            for place, item in enumerate(value):
                # Entries beyond the last one declared are refused for their number.
                of = kinds[0] if kinds[1:] == (...,) else kinds[min(place, len(kinds) - 1)]
                _refuse_lookalikes(of, item, (*path, str(place)))


def plain_day(value: Any) -> dt.date | None:
    """Return the day of a date, an instant at midnight or a text YYYY-MM-DD; None stays None.

    Raises:
        ValueError: for anything else: a number could be seconds, days or digits of a date.
    """
    if isinstance(value, dt.datetime):
        if value.time() != dt.time():
            raise ValueError("a day is needed, not an instant; write YYYY-MM-DD")
        return value.date()
    if value is None or isinstance(value, dt.date):
        return value
    return parse_day(value if isinstance(value, str) else "")


class Spec(Section):
    """What every domain's spec shares. A domain adds its own fields and says how many rows of what they ask for."""

    seed: int | None = Field(default=None, ge=0, le=MAX_SEED)
    """Seed of every random value, 0 … 2⁶³ − 1; drawn once, shown and stored when it is not set."""
    inputs: dict[str, str] = Field(default_factory=dict)
    """Digests of your own files that the values depend on, by name; filled in when the files that run.inputs names are
    read."""

    def seeded(self) -> Self:
        """Return this spec with a seed: its own, or a fresh one from the operating system."""
        return self if self.seed is not None else self.model_copy(update={"seed": secrets.randbits(31)})

    def canonical(self) -> str:
        """Return the spec as one line of JSON with sorted keys; equal specs give equal text."""
        return _canonical(self.model_dump(mode="json"))

    def fingerprint(self, domain: str, data_version: str) -> str:
        """Return 32 hexadecimal digits that name the dataset: domain, data version, and every field with the seed."""
        return fingerprint(domain, data_version, self.model_dump(mode="json"))


def as_inputs(*names: str) -> dict[str, str]:
    """Return what to do with the files of some names, as ``elsewhere`` says it."""
    words = "a file is one of the inputs: inputs={{'{0}': FILE}} in Python, run.inputs.{0} in a configuration"
    return {name: words.format(name) for name in names}


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
            known one: ten keys, unknown ones first, and how many more.
    """
    found, mistakes = checked(section, values, where)
    if found is None:
        raise SpecError(in_lines(mistakes)) from None
    return found


def checked(
    section: type[S], values: Mapping[str, Any], where: str, unsaid: Collection[str] = ()
) -> tuple[S | None, list[str]]:
    """Build a section from plain data; return None and a line for each mistake where that cannot be.

    Args:
        section: its kind.
        values: plain data.
        where: what to call the section.
        unsaid: keys that may be lacking, of which nothing is said.
    """
    try:
        return section.model_validate(dict(values)), []
    except ValidationError as error:
        found = [each for each in error.errors() if each["type"] != "missing" or each["loc"][0] not in unsaid]
        return None, explain(section, where, found)
