"""Numbers fit into 63 bits by proof: what the largest pay can be, and which weights can be shared."""

from __future__ import annotations

import numpy as np
import pytest

from rowmill.core.errors import SpecError
from rowmill.domains.workforce import DOMAIN
from rowmill.domains.workforce.bounds import MOST_PAY
from rowmill.model.inputs import inputs_of
from rowmill.model.spec import validate

LIMITS = {"deferral_limit": 18_000, "catch_up": 6_000, "catch_up_60": 6_000, "compensation_limit": 265_000,
          "additions_limit": 53_000, "hce_threshold": 120_000, "wage_base": 118_500}  # fmt: skip
EVERYTHING = {
    "promotion": {"base": 1, "multiplier": 100, "raise_rate": 1, "cap": 1, "cap_dollars": 1_000_000_000},
    "raises": {"cap": 1, "cap_dollars": 1_000_000_000, "cost_of_living": 1},
}


def build(**fields):
    return DOMAIN.build(validate(DOMAIN.spec_type, {"seed": 1, "employees": 40, **fields}, "data"))


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"end": 2064, **EVERYTHING},
            r"data\.promotion, data\.raises: somebody's pay could reach .* in 20\d\d; it",
        ),
        (
            {
                "hiring": {"pay_factor": 10},
                "levels": [
                    {"name": str(n), "lowest": 10**8, "highest": 10**8, "position": 1, "merit": 0} for n in range(5)
                ],
            },
            r"data\.hiring\.pay_factor, data\.levels: hires could be paid 1,090,000,000 dollars",
        ),
        (
            {
                "employees": 400_000,
                "block_employees": 10_000_000,
                "termination": {"first_year": 100, "low_performer": 100},
            },
            r"data\.termination: .* people of a block with weights of up to 655,360,000",
        ),
        ({"start": 2018, "end": 2019}, r"data\.start: got 2018; .* published from 2019 on: .* data\.limits\.2017"),
        (
            {"start": 2018, "end": 2019, "limits": {"2017": {"hce_threshold": 120_000}, "2018": {"catch_up": 6_000}}},
            r"data\.start: got 2018; .* data\.limits\.2018 with deferral_limit, ",
        ),
        ({"enrollment": {"automatic_days": 30, "proactive_days": [7, 35]}}, r"proactive_days: got 35; .* below .* 30"),
        ({"enrollment": {"automatic_days": 1}}, r"data\.enrollment\.automatic_days: got 1"),
        ({"growth": {"new_hire_termination_rate": 0.9999999999999999}}, r"new_hire_termination_rate: got 0\.99"),
        (
            {"match": {"formula": "own", "own": {"0": [{"up_to": 0.1, "rate": 1}] * 300}}},
            r"match\.own: got tiers",
        ),
    ],
)
def test_what_could_not_be_computed_is_refused_before_a_row_is_made(fields, said):
    with pytest.raises(SpecError, match=said) as caught:
        build(**fields)

    assert len(str(caught.value)) < 300


def test_pay_grows_as_far_as_the_proof_says_and_no_sum_wraps():
    """Everybody is promoted every year as far as there are levels, and paid what the highest raise gives."""
    dataset = build(start=2025, end=2031, **EVERYTHING)
    snapshots = [tile.frame for tile in dataset.tables["snapshots"].tiles(0, range(7), None)]
    pay = np.concatenate([np.asarray(frame["current_compensation"].values) for frame in snapshots])
    paid = np.concatenate([np.asarray(frame["employee_contribution"].values) for frame in snapshots])

    assert 10**9 < pay.max() < MOST_PAY
    assert pay.min() > 0
    assert paid.min() >= 0


def test_earlier_years_open_with_their_limits():
    dataset = build(start=2018, end=2019, limits={"2017": {"hce_threshold": 120_000}, "2018": LIMITS})

    assert dataset.calendar.start.year == 2018
    assert next(iter(dataset.tables["snapshots"].tiles(0, range(1), None))).rows >= 40


@pytest.mark.parametrize(("days", "proactive"), [(2, (1, 1)), (30, (7, 29)), (36, (7, 35)), (400, (7, 35))])
def test_the_days_of_automatic_enrolment_can_be_set_alone(days, proactive):
    assert build(enrollment={"automatic_days": days}).spec.enrollment.proactive_days == proactive


def test_a_census_of_the_highest_pay_is_refused_only_where_it_grows(tmp_path):
    census = tmp_path / "census.csv"
    census.write_text("employee_id,birth_date,hire_date,salary\nA,1980-01-01,2010-01-01,999999999\n", "utf-8")
    spec = {"seed": 1, "end": 2025}

    with pytest.raises(SpecError, match=r"somebody's pay could reach .* in 2025; .* or a census of lower pay"):
        DOMAIN.build(validate(DOMAIN.spec_type, spec, "data"), inputs_of({"census": census}))

    still = {"raises": {"cap": 0}, "promotion": {"cap": 0}}
    assert DOMAIN.build(validate(DOMAIN.spec_type, spec | still, "data"), inputs_of({"census": census}))
