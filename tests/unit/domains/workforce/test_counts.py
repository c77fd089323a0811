"""Headcounts: growth to the unit, whatever the rates, and every block's share of it."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.errors import SpecError
from rowmill.domains.workforce.counts import counts_of, year_counts
from rowmill.domains.workforce.parameters.integers import blocks_of
from rowmill.domains.workforce.parameters.writing import parameters_of
from rowmill.domains.workforce.spec import WorkforceSpec

RATES = st.integers(0, 6000).map(lambda bp: bp / 10_000)
GROWTH = st.fixed_dictionaries(
    {"most_hires": st.just(10.0)},
    optional={
        "target": st.integers(-5000, 5000).map(lambda bp: bp / 10_000),
        "termination_rate": RATES,
        "new_hire_termination_rate": RATES,
    },
)
BLOCKS = st.lists(st.integers(0, 4000), min_size=1, max_size=8)


def written(growth, years=4, seed=5):
    return parameters_of(WorkforceSpec(seed=seed, start=2025, end=2024 + years, growth=growth), "baseline", 1)


@given(GROWTH, st.integers(0, 50_000))
def test_the_headcount_grows_by_the_target_exactly(growth, start):
    exits, hires, new_exits = year_counts(written(growth), 0, start)

    target = floor(start * (1 + Fraction(str(growth.get("target", 0.03)))) + Fraction(1, 2))
    assert start - exits + hires - new_exits == target
    assert 0 <= exits <= start
    assert 0 <= new_exits <= hires
    if hires:
        staying = 1 - Fraction(str(growth.get("new_hire_termination_rate", 0.25)))
        assert exits == floor(start * Fraction(str(growth.get("termination_rate", 0.12))))
        assert hires == ceil((target - start + exits) / staying)


def test_five_thousand_people_by_hand():
    assert year_counts(written({}), 0, 5000) == (600, 1000, 250)


def test_a_shrinking_company_hires_nobody():
    assert year_counts(written({"target": -0.2}), 0, 1000) == (200, 0, 0)


def test_flat_rates_are_shares_of_the_headcount():
    growth = {"mode": "flat", "new_hire_termination_rate": 0.15}

    assert year_counts(written(growth), 0, 1000) == (120, 150, 22)


@given(GROWTH, BLOCKS, st.integers(0, 2**63 - 1))
def test_blocks_add_up_to_the_years_and_none_loses_more_than_it_has(growth, blocks, seed):
    parameters = written(growth, seed=seed)
    counts = counts_of(parameters, np.array(blocks, np.int64), 10.0)

    for year in range(4):
        expected = year_counts(parameters, year, int(counts.start[year].sum()))
        assert tuple(int(each[year].sum()) for each in (counts.exits, counts.hires, counts.new_exits)) == expected
        assert (counts.exits[year] <= counts.start[year]).all()
        assert (counts.new_exits[year] <= counts.hires[year]).all()
        left = counts.start[year] - counts.exits[year] + counts.hires[year] - counts.new_exits[year]
        assert year == 3 or (left == counts.start[year + 1]).all()
        assert counts.hires_before[year] == counts.hires[:year].sum()
        assert counts.first_hire[year].tolist() == (np.cumsum(counts.hires[year]) - counts.hires[year]).tolist()


def test_too_many_hires_are_refused_with_the_year_and_the_rule():
    with pytest.raises(SpecError, match=r"2025 needs .* hires for 1,000 people; at most 0.5"):
        counts_of(written({"target": 0.5}), np.array([1000]), 0.5)


def test_more_numbers_than_there_are_is_refused():
    parameters = written({"target": 1.0, "new_hire_termination_rate": 0.0}, years=8)

    with pytest.raises(SpecError, match="numbers go to 48,995,100"):
        counts_of(parameters, np.array([1_000_000]), 10.0)


@given(st.integers(0, 10**7), st.integers(1, 10**6))
def test_blocks_are_the_smallest_power_of_two_that_holds_everybody(employees, most):
    blocks = blocks_of(employees, most)

    assert blocks & (blocks - 1) == 0
    assert employees <= blocks * most
    assert blocks == 1 or employees > blocks // 2 * most
