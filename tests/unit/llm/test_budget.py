"""Caps hold whatever is asked and answered."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.errors import EndpointError, UsageError
from rowmill.llm.budget import LEAST_ANSWER, Budget, Tokens
from rowmill.llm.settings import LlmSettings

PRICES = st.sampled_from([0, 0.05, 0.15, 1.1, 2.5, 75])


@given(
    caps=st.fixed_dictionaries(
        {"max_requests": st.integers(1, 12), "max_tokens": st.integers(1, 20_000)},
        optional={"max_cost": st.sampled_from([1e-4, 0.003, 0.01, 0.7])},
    ),
    prices=st.tuples(PRICES, PRICES),
    calls=st.lists(
        st.tuples(st.integers(1, 6_000), st.integers(LEAST_ANSWER, 6_000), st.none() | st.floats(0, 1)), max_size=20
    ),
)
def test_no_cap_is_exceeded_even_where_every_reservation_is_used_up(caps, prices, calls):
    budget = Budget(LlmSettings(price_input=prices[0], price_output=prices[1], **caps), clock=lambda: 0.0)
    asked = answered = sent = 0
    for question, wanted, part in calls:
        try:
            held = budget.reserve(question, wanted)
        except EndpointError:
            break
        sent += 1
        assert held.asked == question
        assert LEAST_ANSWER <= held.answered <= wanted
        taken = held if part is None else Tokens(int(held.asked * part), int(held.answered * part))
        budget.settle(held, taken)
        asked, answered = asked + taken.asked, answered + taken.answered

    cost = (asked * Fraction(str(prices[0])) + answered * Fraction(str(prices[1]))) / 10**6

    assert sent == budget.requests <= caps["max_requests"]
    assert asked + answered == budget.gone.total <= caps["max_tokens"]
    assert cost <= Fraction(str(caps.get("max_cost", 10**9)))
    assert budget.cost == float(cost)


def test_what_is_set_aside_counts_before_anything_is_settled():
    budget = Budget(LlmSettings(max_tokens=1000))
    budget.reserve(300, 400)

    with pytest.raises(EndpointError, match=r"700 tokens are gone.*--max-tokens 1000"):
        budget.reserve(300, 400)


def test_an_answer_gets_what_the_caps_leave():
    tokens = Budget(LlmSettings(max_tokens=1000))
    money = Budget(LlmSettings(max_cost=0.001, price_input=1, price_output=2))

    assert tokens.reserve(300, 5000) == Tokens(300, 700)
    assert money.reserve(400, 5000) == Tokens(400, 300)


def test_time_that_is_over_stops_the_next_request():
    now = [100.0]
    budget = Budget(LlmSettings(max_seconds=5), clock=lambda: now[0])
    budget.reserve(10, 100)
    now[0] = 105.0

    with pytest.raises(EndpointError, match=r"the time is over.*--max-seconds 5"):
        budget.reserve(10, 100)


@pytest.mark.parametrize("prices", [{}, {"price_input": 1.0}, {"price_output": 1.0}])
def test_money_is_capped_only_with_both_prices(prices):
    with pytest.raises(UsageError, match=r"--max-cost 2.*--price-input and --price-output"):
        Budget(LlmSettings(max_cost=2, **prices))
