"""Where a spec's census comes from: a file of the user, or people who are made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from rowmill.core.errors import SpecError, UsageError
from rowmill.core.keys import Key
from rowmill.core.units import day_number
from rowmill.domains.workforce.census.arrays import Census
from rowmill.domains.workforce.census.draws import Makeup
from rowmill.domains.workforce.census.file import read_census
from rowmill.domains.workforce.census.made import make_census
from rowmill.domains.workforce.parameters.writing import weighted_deck
from rowmill.domains.workforce.spec import MAX_EMPLOYEES, WorkforceSpec
from rowmill.model.spec import nearest

CENSUS = "census"
"""Name of the user's file."""


def census_of(spec: WorkforceSpec, own_files: Mapping[str, str]) -> tuple[WorkforceSpec, Census]:
    """Return the census of a seeded spec, and the spec with the digest and the headcount of the file it is read from.

    Args:
        spec: with the digest of the file in ``inputs`` where it was read before.
        own_files: the path of a census, by the name ``census``; empty for people who are made.

    Raises:
        UsageError: if the file cannot be used, or holds another census than the data was begun with.
        SpecError: if it holds too many people.
    """
    for name in own_files:
        if name != CENSUS:
            raise UsageError(f"catalog {name!r}: unknown in workforce; {nearest(name, (CENSUS,))}")
    made = _makeup(spec)
    if CENSUS not in own_files:
        if CENSUS in spec.inputs:
            raise UsageError(
                "census: this data stands on a file of your own; name it with --census FILE, "
                "to verify with --catalog census=FILE"
            )
        return spec, make_census(spec.employees, made)
    path = own_files[CENSUS]
    census = read_census(path, spec.census, made)
    if len(census) > MAX_EMPLOYEES:
        raise SpecError(f"{path}: {len(census):,} people; at most {MAX_EMPLOYEES:,} fit")
    digest = census.digest
    if spec.inputs.get(CENSUS, digest) != digest:
        raise UsageError(
            f"{path}: holds another census (digest {digest}) than the data was begun with ({spec.inputs[CENSUS]}); "
            "give the file as it was, or make new data"
        )
    if "employees" in spec.model_fields_set and spec.employees != len(census):
        raise SpecError(f"data.employees: got {spec.employees:,} beside {path} with {len(census):,} people; drop it")
    inputs = {**spec.inputs, CENSUS: digest}
    return spec.model_copy(update={"employees": len(census), "inputs": inputs}), census


def _makeup(spec: WorkforceSpec) -> Makeup:
    weights = spec.hiring.departments
    names = tuple(sorted(weights))
    return Makeup(
        key=Key.from_seed(spec.seed or 0).child("workforce"),
        first_day=day_number(dt.date(spec.start, 1, 1)),
        years=range(spec.start, spec.end + 1),
        waiting_days=spec.enrollment.waiting_days,
        departments=names,
        department_deck=weighted_deck({n: weights[name] for n, name in enumerate(names)}),
        level_names=tuple(level.name for level in spec.levels),
        pay_bands=tuple((100 * level.lowest, 100 * level.highest) for level in spec.levels),
        population=spec.population,
    )
