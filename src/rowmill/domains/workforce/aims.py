"""What a spec of a workforce asks for in numbers: people at the start, and the growth of the headcount."""

from __future__ import annotations

from rowmill.domains.workforce.spec import WorkforceSpec
from rowmill.model import ddl
from rowmill.model.aims import Aim


def aims(spec: WorkforceSpec) -> tuple[Aim, ...]:
    """Return the numbers that a spec asks for; with a census of the user's own, what follows from the spec alone."""
    if spec.inputs:
        return ()
    found = [Aim("people at the start", "census", spec.employees, "count(*)")]
    if spec.growth.mode != "target" or not spec.employees:
        return tuple(found)
    for scenario in spec.scenarios:
        there = f"scenario_id = {ddl.literal(scenario)} AND employment_status = 'active'"
        columns = ("scenario_id", "employment_status", "simulation_year")
        people = float(spec.employees)
        for year in range(spec.start, spec.end + 1):
            people = float(int(people * (1 + spec.growth.target) + 0.5))
            measured = f"count(*) FILTER ({there} AND simulation_year = {year})"
            what = f"headcount at the end of {year}" + f", {scenario}" * (len(spec.scenarios) > 1)
            found.append(Aim(what, "snapshots", people, measured, columns, tolerance=1 + year - spec.start))
    return tuple(found)
