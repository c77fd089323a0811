"""A census that nobody wrote: ids in order, people as one sees them, the same however many there are."""

from __future__ import annotations

import datetime as dt

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rowmill.core.units import day_number
from support.censuses import made

JAN1 = day_number(dt.date(2025, 1, 1))
SOME = made(40_000)
AGE = (JAN1 - SOME.birth_date) / 365.25
TENURE = (JAN1 - SOME.hire_date) / 365.25


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 400), st.integers(0, 400))
def test_a_person_is_the_same_however_many_there_are(few, more):
    small, large = made(few).to_arrow(), made(few + more).to_arrow()

    assert large.slice(0, few).equals(small)


def test_ids_are_in_byte_order_and_say_what_they_are():
    ids = SOME.employee_id.tolist()

    assert ids == sorted(set(ids))
    assert ids[0] == b"EMP_00000001"
    assert ids[-1] == b"EMP_00040000"


def test_nobody_is_hired_as_a_child_or_in_the_period():
    assert (SOME.hire_date < JAN1).all()
    assert ((SOME.hire_date - SOME.birth_date) / 365.25 >= 17.99).all()
    assert AGE.max() < 75.01


def test_age_and_tenure_are_those_of_a_workforce():
    assert 36 <= np.median(AGE) <= 44
    assert 3.5 <= np.median(TENURE) <= 6.5
    assert 0.10 <= (TENURE < 1).mean() <= 0.25
    assert (TENURE > 20).mean() > 0.05


def test_levels_have_their_shares_and_pay_its_bands():
    shares = np.bincount(SOME.level, minlength=6)[1:] / len(SOME)
    bands = [(56_000, 80_000), (81_000, 120_000), (121_000, 160_000), (161_000, 300_000), (275_000, 500_000)]

    np.testing.assert_allclose(shares, (0.62, 0.22, 0.10, 0.045, 0.015), atol=0.012)
    for level, (low, high) in enumerate(bands, 1):
        pay = SOME.pay_cents[SOME.level == level] / 100
        assert low - 100 <= pay.min()
        assert pay.max() <= high
    assert all(
        AGE[SOME.level == level].mean() < AGE[SOME.level == level + 1].mean()
        and TENURE[SOME.level == level].mean() < TENURE[SOME.level == level + 1].mean() + 0.5
        for level in range(1, 5)
    )


def test_pay_rises_with_tenure_and_saving_with_age():
    staff = SOME.level == 1
    saver = SOME.enrolled

    assert np.corrcoef(TENURE[staff], SOME.pay_cents[staff])[0, 1] > 0.2
    assert SOME.deferral_bp[saver & (AGE > 50)].mean() > SOME.deferral_bp[saver & (AGE < 30)].mean() + 200
    assert 0.68 <= saver.mean() <= 0.80
    assert (SOME.deferral_bp[~saver] == 0).all()


def test_another_seed_makes_other_people_and_another_year_later_hires():
    assert made(500, seed=6).digest != made(500).digest
    assert (made(500, start=2028, end=2028).hire_date - made(500).hire_date == 365 * 3 + 0).all()
