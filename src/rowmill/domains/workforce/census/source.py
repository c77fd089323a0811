"""Where a spec's census comes from: a file of the user, or people who are made."""

from __future__ import annotations

import datetime as dt

from rowmill.core.errors import SpecError
from rowmill.core.keys import Key
from rowmill.core.units import day_number
from rowmill.domains.workforce.census.arrays import Census
from rowmill.domains.workforce.census.draws import Makeup
from rowmill.domains.workforce.census.file import read_census
from rowmill.domains.workforce.census.made import make_census
from rowmill.domains.workforce.parameters.writing import weighted_deck
from rowmill.domains.workforce.spec import MAX_EMPLOYEES, WorkforceSpec
from rowmill.model.inputs import InputContent, Inputs, Reader, Reading, read_inputs

CENSUS = "census"
"""Name of the user's file."""


def census_of(spec: WorkforceSpec, inputs: Inputs) -> tuple[WorkforceSpec, Census]:
    """Return the census of a seeded spec, and the spec with the digest and the headcount of the file it is read from.

    Args:
        spec: with the digest of the file where it was read before.
        inputs: a file of people, by the name ``census``; none for people who are made.

    Raises:
        UsageError: if the file cannot be used, or holds another census than the data was made with.
        SpecError: if it holds too many people.
    """
    read = read_inputs(spec, inputs, _READERS)
    if CENSUS not in read.values:
        return spec, make_census(spec.employees, _makeup(spec))
    census: Census = read.values[CENSUS]
    if "employees" in spec.model_fields_set and spec.employees != len(census):
        raise SpecError(
            f"data.employees: got {spec.employees:,} beside {inputs[CENSUS].path} with {len(census):,} people; drop it"
        )
    return read.spec.model_copy(update={"employees": len(census)}), census


def _census(reading: Reading[WorkforceSpec]) -> InputContent:
    census = read_census(reading.path, reading.spec.census, _makeup(reading.spec))
    if len(census) > MAX_EMPLOYEES:
        raise SpecError(f"{reading.path}: {len(census):,} people; at most {MAX_EMPLOYEES:,} fit")
    return InputContent(census, census.digest, census.told.notes)


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


_READERS = {CENSUS: Reader(_census)}
