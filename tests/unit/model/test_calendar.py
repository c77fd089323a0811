"""Calendars of years; those of days are tried with the datasets."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.errors import SpecError
from rowmill.core.units import day_number
from rowmill.model.calendar import Years

FIVE = Years(2025, 5)


@given(st.integers(1990, 2100), st.integers(1, 20), st.data())
def test_every_day_belongs_to_the_window_of_its_year(first, count, data):
    calendar = Years(first, count)
    day = data.draw(st.dates(calendar.start, calendar.end))

    window = calendar.window(day)

    assert calendar.first(window) <= day <= calendar.last(window)
    assert calendar.position(day_number(day)) == window
    assert calendar.text(window) == str(day.year)
    assert 0 <= window < count


def test_a_slice_has_the_whole_years_of_both_days():
    assert FIVE.slice(None, None) == range(5)
    assert FIVE.slice(dt.date(2026, 12, 31), dt.date(2027, 1, 1)) == range(1, 3)


@pytest.mark.parametrize("day", [dt.date(2024, 12, 31), dt.date(2030, 1, 1)])
def test_a_year_outside_the_period_is_an_error_that_names_the_period(day):
    with pytest.raises(SpecError, match=rf"year {day.year}: outside 2025 to 2029; ask for a year inside"):
        FIVE.window(day)


@pytest.mark.parametrize(("day", "position"), [(-(10**9), -2024), (10**9, 9999 - 2025)])
def test_the_position_of_a_day_beyond_all_calendars_lies_outside_too(day, position):
    assert FIVE.position(day) == position
