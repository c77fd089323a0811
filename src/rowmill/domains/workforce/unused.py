"""What no event, snapshot or person of a workforce dataset depends on as its spec stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rowmill.domains.workforce.census.arrays import Census
from rowmill.domains.workforce.counts import Headcounts
from rowmill.domains.workforce.parameters.integers import blocks_of
from rowmill.domains.workforce.spec import WorkforceSpec
from rowmill.model.notes import Note

_CENSUS = frozenset(("census",))
_OF_HIRES = (
    "growth.new_hire_termination_rate",
    *(f"hiring.{name}" for name in ("ages", "levels", "pay_spread", "pay_factor", "performance")),
    *(f"enrollment.{name}" for name in ("proactive", "proactive_days", "voluntary", "voluntary_income", "opt_out",
                                        "opt_out_income", "opt_out_days", "automatic_days", "automatic_rate")),
)  # fmt: skip
_OF_PROMOTION = ("base", "multiplier", "tenure", "age", "level_step", "month", "day", "least_tenure", "age_limit",
                 "raise_rate", "raise_spread", "cap", "cap_dollars")  # fmt: skip
_OF_RAISES = ("cost_of_living", "cost_of_living_by_year", "months", "day", "least_tenure", "cap", "cap_dollars")
_AUTOMATIC = ("automatic_days", "automatic_rate", "opt_out_days", "opt_out", "opt_out_income", "proactive")
_ENROLLED_BY = ("is_enrolled", "deferral_rate", "employee_contribution")


def unused(spec: WorkforceSpec, census: Census, counts: Headcounts) -> tuple[Note, ...]:
    """Return the keys that nothing depends on.

    Args:
        spec: as asked for.
        census: the start population.
        counts: who comes and leaves.
    """
    rules: tuple[Callable[[WorkforceSpec], Iterator[Note]], ...] = (_growth, _career, _joining, _rates, _match, _core)
    found = [note for rule in rules for note in rule(spec)]
    return (*found, *_years(spec), *_numbers(spec, counts), *_people(spec, census))


def _refused(key: str, rule: str) -> Note:
    return Note(f"data.{key}", rule, refused=True)


def _all(keys: Iterable[str], why: str) -> Iterator[Note]:
    yield from (Note(f"data.{key}", why) for key in keys)


def _growth(spec: WorkforceSpec) -> Iterator[Note]:
    if spec.growth.mode == "flat":
        yield _refused("growth.target", "mode flat hires growth.hire_rate of the headcount, whatever the growth; set "
                       "growth.mode=target, or leave it out")  # fmt: skip
    else:
        yield _refused("growth.hire_rate", "mode target takes the hires from the growth; set growth.mode=flat, as "
                       "--preset simple does, or leave it out")  # fmt: skip


def _career(spec: WorkforceSpec) -> Iterator[Note]:
    for name in ("base", "multiplier"):
        if getattr(spec.promotion, name) == 0:
            others = (f"promotion.{other}" for other in _OF_PROMOTION if other != name)
            yield from _all(others, f"promotion.{name} is 0, so nobody is promoted")
    if spec.raises.rate == 0:
        yield from _all((f"raises.{name}" for name in _OF_RAISES), "raises.rate is 0, so nobody gets a raise")


def _joining(spec: WorkforceSpec) -> Iterator[Note]:
    joining = spec.enrollment
    if joining.automatic:
        names = ("voluntary", "voluntary_income")
        yield from _all((f"enrollment.{name}" for name in names), "enrollment.automatic is true; proactive says who "
                        "enrols before")  # fmt: skip
        if not any(joining.opt_out):
            yield from _all(("enrollment.opt_out_income", "enrollment.opt_out_days"), "enrollment.opt_out is 0 for all")
    else:
        yield from _all((f"enrollment.{name}" for name in _AUTOMATIC), "enrollment.automatic is false")
        if not any(joining.voluntary):
            yield from _all(("enrollment.voluntary_income",), "enrollment.voluntary is 0 for all")
    if not any(joining.yearly):
        yield from _all(("enrollment.yearly_month", "enrollment.yearly_day"), "enrollment.yearly is 0 for all")
    elif joining.yearly_month == 0:
        yield Note("data.enrollment.yearly_day", "enrollment.yearly_month is 0, so days are drawn over the year")


def _rates(spec: WorkforceSpec) -> Iterator[Note]:
    if spec.change.rate == 0:
        yield from _all(("change.steps", "change.highest"), "change.rate is 0")
    if spec.escalation.step == 0:
        names = ("cap", "first_after_years", "hired_from")
        yield from _all((f"escalation.{name}" for name in names), "escalation.step is 0")


def _match(spec: WorkforceSpec) -> Iterator[Note]:
    match = spec.match
    if match.formula != "own" and match.by != "none":
        yield _refused("match.by", f"the formula {match.formula!r} is one for all; set match.formula=own with tiers in "
                       "match.own, or leave it out")  # fmt: skip
    if match.formula == "own" and match.by == "none" and len(match.own) > 1:
        yield _refused("match.own", "match.by is none, so only the tiers of 0 count; set match.by, or give these alone")
    elif match.formula == "own" and match.by != "none" and len(match.own) == 1:
        yield Note("data.match.by", "match.own has one row of tiers, for all")
    if not any(tier.rate for tiers in match.tiers().values() for tier in tiers):
        yield Note("data.match.last_day", "there is no match")


def _core(spec: WorkforceSpec) -> Iterator[Note]:
    core = spec.core
    if core.by == "none" and len(core.rates) > 1:
        yield _refused("core.rates", "core.by is none, so only the rate of 0 counts; set core.by, or give it alone")
    elif core.by != "none" and len(core.rates) == 1:
        yield Note("data.core.by", "core.rates has one rate, for all")
    if not any(core.rates.values()) and core.excess == 0:
        yield Note("data.core.last_day", "there is no core contribution")


def _years(spec: WorkforceSpec) -> Iterator[Note]:
    period = f"the years are {spec.start} to {spec.end}"
    for year, limits in spec.limits.items():
        if not spec.start - 1 <= year <= spec.end:
            yield Note(f"data.limits.{year}", period)
        elif year == spec.start - 1:
            others = (name for name in type(limits).model_fields if name != "hce_threshold")
            yield from _all((f"limits.{year}.{name}" for name in others), f"{period}; of the one before only "
                            "hce_threshold counts")  # fmt: skip
        elif year == spec.end and limits.model_fields_set == {"hce_threshold"}:
            yield Note(f"data.limits.{year}.hce_threshold", f"it counts from {year + 1} on, and {period}")
    by_year = spec.raises.cost_of_living_by_year
    for year in by_year:
        if not spec.start <= year <= spec.end:
            yield Note(f"data.raises.cost_of_living_by_year.{year}", period)
    if all(year in by_year for year in range(spec.start, spec.end + 1)):
        yield Note("data.raises.cost_of_living", "raises.cost_of_living_by_year has one for each of the years")


def _numbers(spec: WorkforceSpec, counts: Headcounts) -> Iterator[Note]:
    if not counts.hires.any():
        yield from _all(_OF_HIRES, "nobody is hired in these years")
        if spec.growth.mode == "target" and counts.exits.any():
            yield Note("data.growth.termination_rate", "growth.target asks for fewer people than it would leave")
    if not counts.exits.any() and not counts.new_exits.any():
        yield Note("data.termination", "nobody leaves in these years")


def _people(spec: WorkforceSpec, census: Census) -> Iterator[Note]:
    usual = WorkforceSpec.model_fields["block_employees"].default
    if blocks_of(len(census), spec.block_employees) == blocks_of(len(census), usual):
        yield Note("data.block_employees", f"{len(census):,} people make as many blocks as with {usual:,}")
    if "census" not in spec.inputs:
        fix = "there is no census to read; give it with --catalog census=FILE, or leave them out"
        yield _refused("census.columns", fix)
        yield Note("data.population.part_time", "only the table census shows it", only_in=_CENSUS)
        return
    told = census.told.columns
    for name, why in (
        ("level_shares", "levels of a census follow from pay where it does not say them"),
        ("escalation_opt_out", "nobody of a census has declined unless auto_escalation_opt_out says so"),
    ):
        yield Note(f"data.population.{name}", why)
    if "performance_tier" in told:
        yield Note("data.population.performance_shares", "the census says everybody's performance_tier")
    if told.intersection(_ENROLLED_BY):
        yield Note("data.population.participation", "the census says who is enrolled")
    hours = "scheduled_hours_per_week"
    why = f"the census says everybody's {hours}" if hours in told else "only the table census shows it"
    yield Note("data.population.part_time", why, only_in=frozenset() if hours in told else _CENSUS)
