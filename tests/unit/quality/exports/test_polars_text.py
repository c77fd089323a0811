"""A check says the same in Polars and in DuckDB, over values that are odd, equal and missing."""

from __future__ import annotations

import datetime as dt

import duckdb
import polars as pl
import pytest

from rowmill.model import ddl
from rowmill.quality.checks.duck import sql
from rowmill.quality.exports.export import NoWordsError
from rowmill.quality.exports.polars_text import polars_text
from rowmill.quality.rules.parsing import parsed

DAYS = [
    dt.date(2000, 2, 29),
    dt.date(2024, 2, 29),
    dt.date(2025, 2, 28),
    dt.date(2025, 3, 1),
    None,
    dt.date(1999, 12, 31),
]
ROWS = pl.DataFrame(
    {
        "n": [1, -3, None, 0, 7, 2],
        "m": [1, 4, 2, None, -7, 2],
        "x": [0.5, -2.5, None, 1e9, 0.125, 2.5],
        "t": ["abc", "", None, "Äb1", "it's", "abc\n"],
        "yes": [True, False, None, True, False, True],
        "day": DAYS,
        "until": [*DAYS[1:], DAYS[0]],
        "at": [dt.datetime(2025, 1, 1, 0, 0, n, tzinfo=dt.UTC) if n != 4 else None for n in range(6)],
        "who": ["a", "a", "b", "b", "b", "c"],
        "place": range(6),
    }
)
CHECKS = [
    "n = m", "n <> m", "n < m or n is null", "n > 0 and m > 0", "not (n > 0 or m > 0)", "n > 0 implies m > 0",
    "n is distinct from m", "n is not distinct from m", "n in (1, 7)", "n not in (1, 7)", "n between 0 and 5",
    "t matches '[a-z]+'", "not t matches '.*b.*'", "length(t) = 3", "left(t, 2) = 'ab'", "right(t, 1) = 'c'",
    "upper(t) = 'ABC'", "lower(t) = 'äb1'", "number(t) is null", "(n > 0) = (m > 0)", "(n > 0) <> yes", "yes",
    "yes = (t is not null)", "abs(n) >= abs(m)", "floor(x) = 0", "round(x) = 3", "round(x, 1) = 0.1",
    "n + m * 2 - 1 > 0",
    "n / 2 = 0.5", "x * 2 = floor(x * 2)", "year(day) = 2025", "month(day) * 100 + day(day) = 229", "day < until",
    "years(day, until) > 0", "days(day, until) >= 1", "day >= date '2025-01-01'", "coalesce(n, m) > 1",
    "coalesce(n > 5, true)", "least(n, m) < 0", "greatest(n, m) > 1", "at > timestamp '2025-01-01T00:00:02Z'",
    "seconds(timestamp '2025-01-01T00:00:00Z', at) <= 2", "null is null", "n = null",
    "day in (date '2025-02-28', date '2024-02-29')",
]  # fmt: skip


@pytest.mark.parametrize("text", CHECKS)
def test_a_check_says_the_same_in_both(text):
    check = parsed(text)
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.register("rows_of", ROWS.to_arrow())
        in_sql = connection.execute(
            f"SELECT {sql(check, lambda c: ddl.name(c.name))} FROM rows_of ORDER BY place"
        ).fetchall()

    in_polars = ROWS.select(eval(polars_text(check), {"pl": pl, "dt": dt})).to_series().to_list()

    found = [value for (value,) in in_sql]
    assert found == (in_polars if len(in_polars) > 1 else in_polars * 6)


def test_the_row_before_and_counts_of_a_group_are_of_the_entity():
    before = polars_text(parsed("previous(n)"), ("who",), ("place",))
    several = polars_text(parsed("count() > 1 and unique(m) >= 1"), ("who",))

    assert ROWS.select(eval(before, {"pl": pl})).to_series().to_list() == [None, 1, None, None, 0, None]
    assert ROWS.select(eval(several, {"pl": pl})).to_series().to_list() == [True, True, True, True, True, False]


def test_a_row_of_another_table_has_no_words():
    with pytest.raises(NoWordsError, match="row of cards"):
        polars_text(parsed("a = cards.b"))
