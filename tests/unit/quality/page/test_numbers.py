"""Numbers as people read them."""

from __future__ import annotations

import pytest

from rowmill.quality.page import numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (999, "999"), (999.9, "1k"), (1_234_567, "1.23M"), (-5e9, "-5G"), (2e15, "2e+03T")],
)
def test_short_numbers_have_a_unit(value, text):
    assert numbers.short(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (1234567, "1,234,567"),
        (2.0, "2"),
        (1234.56789, "1234.57"),
        (12345.6789, "12,345.7"),
        (2025, "2025"),
        (0.000123456789, "0.000123457"),
        (1e-9, "1e-09"),
        (1.5e20, "1.5e+20"),
        (float("nan"), "nan"),
        (123456.7, "123,457"),
    ],
)
def test_numbers_have_the_digits_that_say_something(value, text):
    assert numbers.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 %"), (1, "100 %"), (0.00001, "< 0.01 %"), (0.99999, "> 99.99 %"), (0.1234, "12.3 %"), (0.0123, "1.23 %")],
)
def test_a_share_that_is_not_all_or_none_never_looks_like_it(value, text):
    assert numbers.percent(value).replace("\u202f", " ") == text


def test_sizes_have_the_unit_that_suits_them():
    assert [numbers.size(n) for n in (999, 1000, 1_234_567, 5 * 10**9, 10**13)] == [
        "999 B",
        "1 kB",
        "1.23 MB",
        "5 GB",
        "10 TB",
    ]
    assert numbers.count(1_000_000) == "1,000,000"
