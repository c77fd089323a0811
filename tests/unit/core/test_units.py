from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.units import MICROS_PER_DAY, date_of, day_number, parse_day, short_count


@given(st.dates())
def test_a_day_number_counts_from_1970_and_comes_back(day):
    midnight = dt.datetime.combine(day, dt.time(), tzinfo=dt.UTC)

    assert day_number(day) * MICROS_PER_DAY == (midnight - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(
        microseconds=1
    )
    assert date_of(day_number(day)) == day


@given(st.integers(0, 10**13))
def test_a_short_count_can_be_read_back_exactly(count):
    text = short_count(count)

    scale = {"K": 10**3, "M": 10**6, "B": 10**9}.get(text[-1], 1)
    assert int(text.rstrip("KMB")) * scale == count


def test_short_counts_as_people_write_them():
    counts = [0, 1, 950, 1_000, 1_001, 12_000, 1_000_000, 2_500_000, 3 * 10**9]

    assert [short_count(n) for n in counts] == ["0", "1", "950", "1K", "1001", "12K", "1M", "2500K", "3B"]


@given(st.dates())
def test_a_day_is_read_as_it_is_written(day):
    assert parse_day(day.isoformat()) == day


@pytest.mark.parametrize("text", ["2025-11-31", "2025-13-01", "2025-02-29", "0000-01-01"])
def test_a_day_that_does_not_exist_is_said(text):
    with pytest.raises(ValueError, match="there is no such day"):
        parse_day(text)


@pytest.mark.parametrize(
    "text", ["", "20251130", "2025-W48-7", "2025-11-3", "30.11.2025", "२०२५-११-३०", "2025-11-30T00"]
)
def test_a_day_in_another_form_is_said(text):
    with pytest.raises(ValueError, match="a date is written YYYY-MM-DD"):
        parse_day(text)
