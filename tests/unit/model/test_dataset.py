from __future__ import annotations

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.errors import SpecError
from rowmill.model.calendar import Days
from rowmill.model.part import Part

DAYS = st.dates(dt.date(2000, 1, 1), dt.date(2050, 12, 31))
NOVEMBER = Days(dt.date(2025, 11, 1), 30)
OPEN = Days(dt.date(2025, 11, 1), None)


@given(DAYS, st.integers(1, 3_000), st.data())
def test_windows_are_the_days_of_the_period_in_order(start, days, data):
    calendar = Days(start, days)
    window = data.draw(st.integers(0, days - 1))

    assert calendar.first(window) == start + dt.timedelta(days=window)
    assert calendar.window(calendar.first(window)) == window
    assert calendar.end == start + dt.timedelta(days=days - 1)


@given(st.integers(0, 29), st.integers(0, 29))
def test_a_slice_has_both_of_its_days(first, last):
    got = NOVEMBER.slice(NOVEMBER.first(first), NOVEMBER.first(last))

    assert list(got) == list(range(first, last + 1))


def test_what_is_not_said_is_the_period_itself():
    assert NOVEMBER.slice(None, None) == range(30)
    assert NOVEMBER.slice(dt.date(2025, 11, 29), None) == range(28, 30)
    assert NOVEMBER.slice(None, dt.date(2025, 11, 2)) == range(2)


@pytest.mark.parametrize("day", [dt.date(2025, 10, 31), dt.date(2025, 12, 1)])
def test_a_day_outside_a_closed_period_is_an_error_that_names_the_period(day):
    with pytest.raises(SpecError, match=rf"date {day}: outside the period 2025-11-01 to 2025-11-30; ask for"):
        NOVEMBER.window(day)


def test_an_open_period_has_every_later_day_but_no_end():
    assert OPEN.end is None
    assert OPEN.window(dt.date(2035, 1, 1)) == 3_348
    assert OPEN.slice(dt.date(2025, 11, 3), dt.date(2025, 11, 3)) == range(2, 3)
    with pytest.raises(
        SpecError, match=r"2025-10-31: the period begins on 2025-11-01 and has no end; .* set another start"
    ):
        OPEN.window(dt.date(2025, 10, 31))
    with pytest.raises(SpecError, match="an open period has no end: give --date, or --end"):
        OPEN.slice(None, None)


def test_a_part_travels_as_plain_data():
    part = Part("transactions", 12, 3, 5, 0, 30)

    assert Part(**json.loads(json.dumps(part.to_json()))) == part
    assert part.name == "transactions-00012"
    assert (part.blocks, part.windows) == (range(3, 5), range(30))
